package change

import (
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// checkField checks a change of a field or of one of its widgets.
func (s *step) checkField(fd pdf.Field, ref pdf.Ref, a, b *pdf.Dict) {
	if !s.ownWidget(ref.Num) {
		s.other(FieldObjectShared, object(ref.Num), field(fd.Name))
		return
	}
	keys := pdf.DiffKeys(a, b)
	if a.Get("AP") != nil && b.Get("AP") == nil {
		s.other(AppearanceRemoved, field(fd.Name))
		return
	}
	if ap, ok := a.Get("AP").(pdf.Ref); ok && b.Get("AP") != a.Get("AP") {
		for _, e := range s.edges.to[ap.Num] {
			if other, isField := s.form.ByObject(e.From); !isField || e.Key != "AP" || other.Ref != fd.Ref {
				s.other(AppearanceShared, field(fd.Name))
				return
			}
		}
	}
	for _, k := range keys {
		if !s.wellFormed(k, b.Get(k)) {
			s.other(FieldKeyChanged, field(fd.Name), string(k))
			return
		}
	}
	if fd.Type == "Sig" {
		s.checkSignatureField(fd, ref, a, b, keys)
		return
	}
	s.Touched = append(s.Touched, Touch{Field: fd.Name})
	for _, k := range keys {
		if !slices.Contains([]pdf.Name{"V", "AP", "AS", "I", "RV", "DA", "Q", "F", "Ff", "Type", "MK", "M"}, k) {
			s.other(FieldKeyChanged, field(fd.Name), string(k))
			return
		}
	}
	if !s.freshValue(a, b) {
		s.other(FieldTakesPart, field(fd.Name))
		return
	}
	was, err := s.standing(s.prev, a)
	if err != nil {
		s.other(FieldTakesPart, field(fd.Name))
		return
	}
	// D2: filled by a signer, in a revision that their signature covers and locks. The
	// field was there before, and empty: one that is added after a signature is Other,
	// and a value that stood is replaced (A44).
	filled := s.byPerson && was == "" &&
		slices.ContainsFunc(s.locks, func(l *Lock) bool { return l.names(fd.Name) })
	for _, k := range keys {
		filled = filled && (k == "V" || k == "AP" || k == "AS")
	}
	level := Form
	if filled {
		level = Sign
	}
	now, err := s.standing(s.cur, b)
	switch {
	case err != nil:
		s.other(FieldTakesPart, field(fd.Name))
	case was == "":
		s.raise(level, FieldFilled, field(fd.Name), s.shown(b))
	case was == now:
		s.raise(level, FieldRedrawn, field(fd.Name), s.shown(b))
	default:
		s.raise(level, FieldReplaced, field(fd.Name), brief(was), brief(now), s.shown(b))
	}
}

// standing returns the text of a field's value, its own or that of a node above it, and
// "" if it has none. A button that is off has none.
func (s *step) standing(f *pdf.File, d *pdf.Dict) (string, error) {
	const levels = 32
	for range levels {
		v, err := f.Resolve(d.Get("V"))
		if err != nil {
			return "", err
		}
		if v != nil {
			return valueText(v), nil
		}
		up, err := f.Dict(d.Get("Parent"))
		if err != nil || up == nil {
			return "", err
		}
		d = up
	}
	return "", nil
}

// valueText returns a field's value as text.
func valueText(o pdf.Object) string {
	switch v := o.(type) {
	case pdf.String:
		return v.Text()
	case pdf.Name:
		if v == "Off" {
			return ""
		}
		return string(v)
	case pdf.Array:
		var parts []string
		for _, e := range v {
			if t := valueText(e); t != "" {
				parts = append(parts, t)
			}
		}
		return strings.Join(parts, ", ")
	case nil:
		return ""
	}
	return "…" // a stream, as for rich text, or what is no value of a field
}

// brief shortens a text to what a report has space for.
func brief(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// wellFormed reports whether the new value of a field's key is of the right kind.
func (s *step) wellFormed(key pdf.Name, o pdf.Object) bool {
	if o == nil {
		return key != "Type"
	}
	ok := true
	switch key {
	case "AP":
		var d *pdf.Dict
		if o, err := s.cur.Resolve(o); err == nil {
			d, _ = o.(*pdf.Dict)
		}
		if ok = d != nil; ok {
			for _, e := range d.Entries {
				v, err := s.cur.Resolve(e.Value)
				_, stream := v.(*pdf.Stream)
				_, states := v.(*pdf.Dict)
				ok = ok && err == nil && (stream || states) && (e.Key == "N" || e.Key == "R" || e.Key == "D")
			}
		}
	case "AS":
		_, ok = o.(pdf.Name)
	case "Type":
		ok = o == pdf.Name("Annot")
	case "F", "Ff", "Q":
		_, ok = o.(pdf.Integer)
	case "DA", "M":
		_, ok = o.(pdf.String)
	case "MK":
		_, ok = o.(*pdf.Dict)
	}
	return ok
}

// shown returns where a widget is shown.
func (s *step) shown(w *pdf.Dict) spot {
	ref, ok := w.Get("P").(pdf.Ref)
	if !ok {
		return spot{}
	}
	r, err := s.cur.Rect(w.Get("Rect"))
	if err != nil {
		return spot{}
	}
	return s.where(ref.Num, r)
}

// checkSignatureField checks a signature field, which may gain a value that is new in this
// revision, and an appearance (A13).
func (s *step) checkSignatureField(fd pdf.Field, ref pdf.Ref, a, b *pdf.Dict, keys []pdf.Name) {
	if s.widgets[ref] == Unchecked || a.Get("V") != nil {
		for _, k := range keys {
			if k != "Ff" && k != "Type" {
				s.other(SignatureFieldKeyChanged, field(fd.Name), string(k))
				return
			}
		}
		s.raise(Form, SignatureFlagsChanged, field(fd.Name))
		return
	}
	for _, k := range keys {
		if !slices.Contains([]pdf.Name{"V", "AP", "AS", "F", "Ff", "MK", "DA", "Q", "Type", "Rect"}, k) {
			s.other(SignatureFieldKeyChanged, field(fd.Name), string(k))
			return
		}
		if k == "Rect" && !s.moved(fd, ref, a, b) {
			s.other(SignatureFieldKeyChanged, field(fd.Name), string(k))
			return
		}
	}
	if s.signers[ref] != Unchecked {
		value, ok := b.Get("V").(pdf.Ref)
		if !ok || !s.values[value] || !s.isNew(value) {
			s.other(SignatureValueNotNew, field(fd.Name))
		}
	} else if b.Get("V") != nil {
		s.other(WidgetHasValue, field(fd.Name))
	}
	if !s.freshAP(a, b) {
		s.other(SignatureAppearanceTakesPart, field(fd.Name))
	}
}

// moved records where the widget was of a field that is signed now, at another place. A
// signer could as well have added a field there, so it counts as one where it can be
// seen. It returns false for what is no rectangle.
func (s *step) moved(fd pdf.Field, ref pdf.Ref, a, b *pdf.Dict) bool {
	corners, err := s.cur.Array(b.Get("Rect"))
	if err != nil || len(corners) != 4 || slices.ContainsFunc(corners, func(o pdf.Object) bool { _, ok := pdf.Number(o); return !ok }) {
		return false
	}
	r, err := s.cur.Rect(corners)
	if err != nil {
		return false
	}
	if r.Width() > 0 || r.Height() > 0 {
		s.NewVisible = true
	}
	s.raise(s.widgets[ref], WidgetMoved, field(fd.Name), s.shown(a))
	return true
}

// ownWidget reports whether a widget is referred to only as a widget.
func (s *step) ownWidget(num uint32) bool {
	for _, e := range s.edges.to[num] {
		switch e.Key {
		case "K": // of a structure element, where the widget is an OBJR
			if !e.Deep {
				return false
			}
		case "Fields", "Annots", "Kids", "Obj", "Parent":
			if e.Deep {
				return false
			}
		case "AcroForm": // a form in the catalog
			if e.From != s.root {
				return false
			}
		case "":
			if e.Deep || !s.reachedBy(e.From, s.isPage, "Annots") && !s.reachedBy(e.From, s.isForm, "Fields") &&
				!s.reachedBy(e.From, func(n uint32) bool { _, ok := s.form.ByObject(n); return ok || s.isNode(n) }, "Kids") {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isNode reports whether an object is an inner node of the field tree.
func (s *step) isNode(num uint32) bool {
	e, ok := s.prev.Lookup(num)
	if !ok {
		return false
	}
	d, err := s.prev.Dict(pdf.Ref{Num: num, Gen: e.Gen})
	return err == nil && d != nil && d.Get("Kids") != nil && d.Get("T") != nil
}

// freshValue reports whether a field now refers only to new objects, or to its own from
// before.
func (s *step) freshValue(a, b *pdf.Dict) bool {
	if ref, ok := b.Get("V").(pdf.Ref); ok && b.Get("V") != a.Get("V") && !s.isNew(ref) {
		return false
	}
	return s.freshAP(a, b)
}

func (s *step) freshAP(a, b *pdf.Dict) bool {
	own := map[pdf.Ref]bool{}
	collect := func(f *pdf.File, d *pdf.Dict) []pdf.Ref {
		var out []pdf.Ref
		ap := d.Get("AP")
		if ref, ok := ap.(pdf.Ref); ok {
			out = append(out, ref)
		}
		o, err := f.Resolve(ap)
		if err != nil {
			return out
		}
		pdf.Edges(0, o, func(to pdf.Ref, _ pdf.Edge) { out = append(out, to) })
		return out
	}
	for _, r := range collect(s.prev, a) {
		own[r] = true
	}
	for _, r := range collect(s.cur, b) {
		if !own[r] && !s.isNew(r) {
			return false
		}
	}
	return true
}

// checkAppearance checks an appearance that was overwritten in place. This is allowed for
// form fields and annotations if nothing else shows it (A23, A24).
func (s *step) checkAppearance(num uint32, a, b pdf.Object) bool {
	level := Unchecked
	for _, e := range s.edges.to[num] {
		l := s.showsWith(e)
		if l == Unchecked {
			return false
		}
		level = max(level, l)
	}
	if level == Unchecked {
		return false
	}
	x, ok1 := a.(*pdf.Stream)
	y, ok2 := b.(*pdf.Stream)
	if ok1 != ok2 || ok1 && !same(x.Dict.Get("Subtype"), y.Dict.Get("Subtype")) {
		return false
	}
	if !ok1 {
		if _, dict := b.(*pdf.Dict); !dict {
			return false
		}
	}
	// The new one refers only to new objects, or to those of the old one.
	own, fresh := map[pdf.Ref]bool{}, true
	pdf.Edges(num, a, func(to pdf.Ref, _ pdf.Edge) { own[to] = true })
	pdf.Edges(num, b, func(to pdf.Ref, _ pdf.Edge) { fresh = fresh && (own[to] || s.isNew(to)) })
	if !fresh {
		return false
	}
	s.raise(level, AppearanceChanged, object(num))
	return true
}

// showsWith returns what a reference to an appearance belongs to: a form field, an
// annotation, or something else.
func (s *step) showsWith(e pdf.Edge) Level {
	if e.Key != "AP" {
		// An appearance dictionary that is a separate object.
		if e.Key != "N" && e.Key != "D" && e.Key != "R" {
			return Unchecked
		}
		level := Unchecked
		for _, up := range s.edges.to[e.From] {
			if up.Key != "AP" || up.Deep {
				return Unchecked
			}
			l := s.showsWith(up)
			if l == Unchecked {
				return l
			}
			level = max(level, l)
		}
		return level
	}
	if fd, ok := s.form.ByObject(e.From); ok {
		if fd.Type == "Sig" {
			return s.widgets[pdf.Ref{Num: e.From}] // of the field that is signed now, if it is
		}
		s.Touched = append(s.Touched, Touch{Field: fd.Name})
		return Form
	}
	if e.From != 0 && s.reachedBy(e.From, s.isPage, "Annots") {
		return Annotation
	}
	return Unchecked
}
