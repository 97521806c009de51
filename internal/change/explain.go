package change

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// explain finds the role of a changed object and checks the change against it. An
// object that is also reached in a way outside its role has none.
func (s *step) explain(num uint32, a, b pdf.Object) {
	x, xok := a.(*pdf.Dict)
	y, yok := b.(*pdf.Dict)
	_, array := a.(pdf.Array)
	dicts := xok && yok && !y.Duplicate
	fd, isField := s.form.ByObject(num)
	switch {
	case num == s.root && dicts:
		s.checkCatalog(x, y)
	case dicts && s.isPage(num):
		s.checkPage(num, x, y)
	case dicts && isField:
		s.checkField(fd, pdf.Ref{Num: num}, x, y)
	case dicts && s.reached(num, s.root, "AcroForm"):
		s.checkForm(x, y)
	case s.reachedBy(num, s.isForm, "Fields") && s.appendedFields(a, b):
	case array && s.reachedBy(num, s.isPage, "Annots"):
		s.checkAnnots(num, a, b)
	case s.checkDSSPart(num, a, b):
	case dicts && s.reached(num, 0, "Info"):
		s.raise(LTA, InfoChanged)
	case s.reached(num, s.root, "Metadata") && s.isXMP(b):
		s.raise(LTA, MetadataChanged)
	case dicts && s.reached(num, s.root, "Extensions"):
		s.raise(LTA, ExtensionsChanged)
	case s.checkStructure(num, a, b):
	case s.checkAppearance(num, a, b):
	case dicts && s.checkAnnotation(num, x, y):
	default:
		s.other(ObjectChanged, object(num))
	}
}

func (s *step) isPage(num uint32) bool { _, ok := s.pages[num]; return ok }

// isForm reports whether an object is the form, or the catalog that holds it.
func (s *step) isForm(num uint32) bool {
	if s.form.Ref != (pdf.Ref{}) {
		return num == s.form.Ref.Num
	}
	return num == s.root
}

// reached reports whether an object is referred to only from one place, directly under
// a key.
func (s *step) reached(num, from uint32, key pdf.Name) bool {
	return s.reachedBy(num, func(n uint32) bool { return n == from }, key)
}

func (s *step) reachedBy(num uint32, from func(uint32) bool, keys ...pdf.Name) bool {
	to := s.edges.to[num]
	for _, e := range to {
		inline := e.From == s.root && e.Key == "AcroForm" && e.Deep // the form's own key is in the catalog
		if !from(e.From) || !inline && (e.Deep || !slices.Contains(keys, e.Key)) {
			return false
		}
	}
	return len(to) > 0
}

// checkCatalog checks the catalog, which may gain a form, a DSS, extensions, a later
// version, other metadata (A21, A25).
func (s *step) checkCatalog(a, b *pdf.Dict) {
	for _, key := range pdf.DiffKeys(a, b) {
		was, now := a.Get(key), b.Get(key)
		ref, isRef := now.(pdf.Ref)
		fresh := isRef && s.isNew(ref)
		switch key {
		case "AcroForm":
			if _, wasRef := was.(pdf.Ref); wasRef || now == nil || isRef && !fresh {
				s.other(FormReplaced)
				continue
			}
			d, err := s.cur.Dict(now)
			old, ok := was.(*pdf.Dict)
			if err != nil || d == nil || !ok && was != nil {
				s.other(FormReplaced)
				continue
			}
			if old == nil {
				old = &pdf.Dict{}
			}
			s.checkForm(old, d)
		case "DSS":
			s.checkDSSValue(was, now)
		case "Extensions":
			if _, direct := now.(*pdf.Dict); direct || fresh {
				s.raise(LTA, ExtensionsChanged)
			} else {
				s.other(ExtensionsReplaced)
			}
		case "Version":
			v, _ := now.(pdf.Name)
			o, _ := was.(pdf.Name)
			if isVersion(v) && v > o && string(v) > s.header() {
				s.raise(LTA, VersionRaised, string(v))
			} else {
				s.other(VersionChanged)
			}
		case "Metadata":
			if o, err := s.cur.Resolve(now); fresh && err == nil && s.isXMP(o) {
				s.raise(LTA, MetadataChanged)
			} else {
				s.other(MetadataReplaced)
			}
		default:
			s.other(CatalogKeyChanged, string(key))
		}
	}
}

// header returns the version that the file starts with.
func (s *step) header() string {
	var b [8]byte
	if n, _ := s.cur.ReaderAt().ReadAt(b[:], s.cur.Base()); n < len(b) {
		return ""
	}
	return string(b[len("%PDF-"):])
}

// isVersion reports whether v is a version of PDF.
func isVersion(v pdf.Name) bool {
	return len(v) == 3 && (v[:2] == "1." && v[2] >= '0' && v[2] <= '7' || v == "2.0")
}

// isXMP reports whether an object is a stream of well-formed XMP that defines no
// entities. All revisions share a limit.
func (s *step) isXMP(o pdf.Object) bool {
	st, ok := o.(*pdf.Stream)
	if !ok {
		return false
	}
	const limit = 1 << 20
	data, err := s.cur.Decode(st, limit)
	if err != nil || len(data) > *s.xmp {
		return false
	}
	*s.xmp -= len(data)
	d := xml.NewDecoder(bytes.NewReader(data))
	first := true
	for {
		tok, err := d.RawToken()
		if err != nil {
			return errors.Is(err, io.EOF) && !first
		}
		switch t := tok.(type) {
		case xml.Directive:
			return false
		case xml.StartElement:
			if first && (t.Name.Local != "xmpmeta" && t.Name.Local != "RDF") {
				return false
			}
			first = false
		}
	}
}

// checkForm checks the form, which may gain the new fields and set bits of SigFlags
// (A22). Keys that only programs for filling forms change count as filling.
func (s *step) checkForm(a, b *pdf.Dict) {
	if b.Duplicate {
		s.other(FormKeyTwice)
		return
	}
	for _, key := range pdf.DiffKeys(a, b) {
		switch key {
		case "Fields":
			if ref, ok := a.Get(key).(pdf.Ref); ok {
				if next, ok := b.Get(key).(pdf.Ref); !ok || next != ref && !s.isNew(next) {
					s.other(FieldArrayReplaced)
					continue
				}
			}
			was, err := s.prev.Array(a.Get(key))
			now, err2 := s.cur.Array(b.Get(key))
			if err != nil || err2 != nil || !s.appendedFields(orEmpty(was), orEmpty(now)) {
				s.other(FormFieldsChanged)
			}
		case "SigFlags":
			x, _ := a.Get(key).(pdf.Integer)
			y, _ := b.Get(key).(pdf.Integer)
			if x&^y != 0 || y&^3 != 0 {
				s.other(SigFlagsChanged)
			}
		case "DR", "DA", "Q":
			s.raise(Form, FormKeyChanged, string(key))
		case "NeedAppearances":
			if b.Get(key) == true {
				s.other(NeedAppearancesSet)
			} else {
				s.raise(Form, NeedAppearancesCleared)
			}
		default:
			s.other(FormKeyChanged, string(key))
		}
	}
}

func orEmpty(a pdf.Array) pdf.Array {
	if a == nil {
		return pdf.Array{}
	}
	return a
}

// appendedFields reports whether b is a followed by fields that this revision added and
// signed.
func (s *step) appendedFields(a, b pdf.Object) bool {
	more, ok := appended(a, b)
	if !ok {
		return false
	}
	for _, o := range more {
		if ref, isRef := o.(pdf.Ref); !isRef || !s.added[ref] {
			return false
		}
	}
	return true
}

// appended returns what follows all of one array in another.
func appended(a, b pdf.Object) (pdf.Array, bool) {
	x, ok1 := a.(pdf.Array)
	y, ok2 := b.(pdf.Array)
	if !ok1 || !ok2 || len(y) < len(x) {
		return nil, false
	}
	for i := range x {
		if same, err := pdf.Equal(nil, x[i], nil, y[i]); err != nil || !same {
			return nil, false
		}
	}
	return y[len(x):], true
}

// checkPage checks a page, which may gain the widgets of the signed fields, or annotations.
func (s *step) checkPage(num uint32, a, b *pdf.Dict) {
	for _, key := range pdf.DiffKeys(a, b) {
		switch key {
		case "Annots":
			if ref, ok := b.Get(key).(pdf.Ref); ok && b.Get(key) != a.Get(key) && !s.isNew(ref) {
				s.other(AnnotationsReplaced, page(s.pages[num].number))
				continue
			}
			was, err := s.prev.Array(a.Get(key))
			now, err2 := s.cur.Array(b.Get(key))
			if err != nil || err2 != nil {
				s.other(AnnotationsUnreadable, page(s.pages[num].number))
				continue
			}
			s.annotated(num, orEmpty(was), orEmpty(now))
		case "Tabs":
			if n, _ := b.Get(key).(pdf.Name); len(n) != 1 || !strings.Contains("RCSAW", string(n)) { // ISO 32000-2, table 31
				s.other(PageKeyChanged, page(s.pages[num].number), string(key))
				continue
			}
			s.tabbed = append(s.tabbed, num)
			s.raise(LTA, TabOrderSet, page(s.pages[num].number))
		default:
			s.other(PageKeyChanged, page(s.pages[num].number), string(key))
		}
	}
}

// checkAnnots checks an annotation array that is a separate object. Pages that share one
// would all show what is added.
func (s *step) checkAnnots(num uint32, a, b pdf.Object) {
	to := s.edges.to[num]
	if len(to) != 1 {
		s.other(AnnotationsShared, object(num), len(to))
		return
	}
	s.annotated(to[0].From, a, b)
}

func (s *step) annotated(on uint32, a, b pdf.Object) {
	more, gone, ok := survived(a, b)
	for _, o := range gone {
		ok = ok && s.removedNote(on, o)
	}
	if !ok {
		s.other(AnnotationsMoved, page(s.pages[on].number))
		return
	}
	for _, o := range more {
		ref, isRef := o.(pdf.Ref)
		if isRef && s.widgets[ref] != Unchecked {
			s.gained[on] = true
			continue
		}
		d, err := s.cur.Dict(o)
		if err != nil || d == nil || d.Get("Subtype") == pdf.Name("Widget") || isRef && !s.isNew(ref) {
			s.other(AnnotationTakesPart, page(s.pages[on].number))
			continue
		}
		if isRef {
			s.notes[ref] = true
		} else {
			s.checkActs(0, d, true)
		}
		r, err := s.cur.Rect(d.Get("Rect"))
		if err != nil {
			r = pdf.Rect{}
		}
		s.raise(Annotation, AnnotationAdded, d.Get("Subtype"), s.where(on, r))
	}
}

// survived compares two lists: what follows the members of a that b kept, in their order,
// and which of them it left out.
func survived(a, b pdf.Object) (more, gone pdf.Array, ok bool) {
	x, ok1 := a.(pdf.Array)
	y, ok2 := b.(pdf.Array)
	if !ok1 || !ok2 {
		return nil, nil, false
	}
	for _, o := range x {
		if len(y) > 0 && same(o, y[0]) {
			y = y[1:]
		} else {
			gone = append(gone, o)
		}
	}
	return y, gone, true
}

// removedNote records that a page lost an annotation. It returns false for a widget, or
// for what is no annotation.
func (s *step) removedNote(on uint32, o pdf.Object) bool {
	d, err := s.prev.Dict(o)
	if err != nil || d == nil || d.Get("Subtype") == nil || d.Get("Subtype") == pdf.Name("Widget") {
		return false
	}
	r, err := s.prev.Rect(d.Get("Rect"))
	if err != nil {
		r = pdf.Rect{}
	}
	s.raise(Annotation, AnnotationRemoved, d.Get("Subtype"), s.where(on, r))
	return true
}

// where returns where a rectangle of a page is shown.
func (s *step) where(page uint32, r pdf.Rect) spot {
	p, ok := s.pages[page]
	if !ok {
		return spot{}
	}
	x, y, w, h := p.page.ToDisplay(r)
	width, height := p.page.Size()
	const mm = 25.4 / 72
	return spot{p.number, [4]float64{x * mm, y * mm, w * mm, h * mm}, [2]float64{width * mm, height * mm}}
}

// checkAnnotation checks an annotation, which may change if annotations may (A12).
func (s *step) checkAnnotation(num uint32, a, b *pdf.Dict) bool {
	sub := a.Get("Subtype")
	if sub == nil || sub == pdf.Name("Widget") || !same(b.Get("Subtype"), sub) {
		return false
	}
	shown := false
	for _, e := range s.edges.to[num] {
		switch {
		case s.isPage(e.From) && e.Key == "Annots" && !e.Deep:
			shown = true
		case e.Key == "Popup", e.Key == "Parent", e.Key == "IRT":
		case e.Key == "" && s.reachedBy(e.From, s.isPage, "Annots"):
			shown = true
		default:
			return false
		}
	}
	if !shown {
		return false
	}
	for _, key := range acting {
		if now := b.Get(key); now != nil && !same(a.Get(key), now) && !(key == "A" && s.onlyLeads(now)) {
			s.other(ActionAdded, object(num), string(key))
		}
	}
	s.raise(Annotation, AnnotationChanged, sub)
	return true
}

// checkStructure lets the tree of a tagged document gain elements for new widgets (D6):
// arrays are only appended to, and only with new objects.
func (s *step) checkStructure(num uint32, a, b pdf.Object) bool {
	to := s.edges.to[num]
	if len(to) == 0 || slices.ContainsFunc(to, func(e pdf.Edge) bool { return !s.structural(e) }) {
		return false
	}
	grown := func(a, b pdf.Object) bool {
		more, ok := appended(a, b)
		for _, o := range more {
			switch v := o.(type) {
			case pdf.Integer:
			case pdf.Ref:
				ok = ok && s.isNew(v)
			default:
				ok = false
			}
		}
		return ok
	}
	if _, isArray := a.(pdf.Array); isArray {
		if !grown(a, b) {
			return false
		}
	} else {
		x, ok1 := a.(*pdf.Dict)
		y, ok2 := b.(*pdf.Dict)
		if !ok1 || !ok2 || x.Get("Nums") == nil && x.Get("Type") != pdf.Name("StructTreeRoot") && x.Get("Type") != pdf.Name("StructElem") {
			return false
		}
		for _, key := range pdf.DiffKeys(x, y) {
			switch key {
			case "K", "Nums":
				if !grown(asArray(x.Get(key)), asArray(y.Get(key))) {
					return false
				}
			case "ParentTreeNextKey":
				p, _ := x.Get(key).(pdf.Integer)
				if q, ok := y.Get(key).(pdf.Integer); !ok || q < p {
					return false
				}
			default:
				return false
			}
		}
	}
	level := Form
	if s.byPerson {
		level = Sign
	}
	s.raise(level, StructureGrew)
	return true
}

// structural reports whether a reference belongs to a tagged document's structure. The
// keys of number trees occur elsewhere too.
func (s *step) structural(e pdf.Edge) bool {
	if e.Deep {
		return false
	}
	switch e.Key {
	case "K", "P":
		return true
	case "StructTreeRoot":
		return e.From == s.root
	case "ParentTree", "Nums", "Kids":
		return s.inParentTree(e.From)
	case "":
		return s.inParentTree(e.From) || s.reachedBy(e.From, func(uint32) bool { return true }, "K")
	}
	return false
}

// inParentTree reports whether an object is a part of the older revision's parent tree:
// its root or one of its arrays. A tree that can also be reached from elsewhere, such
// as that of the pages, does not count.
func (s *step) inParentTree(num uint32) bool {
	if s.parents == nil {
		s.parents = parentTree(s.prev)
		for n := range s.parents {
			for _, e := range s.edges.to[n] {
				up := e.Key == "ParentTree" || e.Key == "Nums" || e.Key == "Kids" || e.Key == ""
				if e.Deep || !(up && s.parents[e.From] || e.Key == "StructTreeRoot" && e.From == s.root || e.Key == "P" || e.Key == "K") {
					s.parents = map[uint32]bool{}
					return false
				}
			}
		}
	}
	return s.parents[num]
}

// parentTree returns the objects of which the parent tree of a tagged document
// consists. Of a tree with very many nodes only some are known.
func parentTree(f *pdf.File) map[uint32]bool {
	const limit = 500
	out := map[uint32]bool{}
	mark := func(o pdf.Object) bool {
		ref, ok := o.(pdf.Ref)
		known := ok && out[ref.Num]
		if ok {
			out[ref.Num] = true
		}
		return !known
	}
	cat, _, err := f.Catalog()
	if err != nil {
		return out
	}
	mark(cat.Get("StructTreeRoot"))
	root, err := f.Dict(cat.Get("StructTreeRoot"))
	if err != nil {
		return out
	}
	stack := []pdf.Object{root.Get("ParentTree")}
	for n := 0; len(stack) > 0 && n < limit; n++ {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !mark(o) {
			continue
		}
		node, err := f.Dict(o)
		if err != nil {
			return out
		}
		mark(node.Get("Nums"))
		mark(node.Get("Kids"))
		kids, err := f.Array(node.Get("Kids"))
		if err != nil {
			return out
		}
		stack = append(stack, kids[:min(len(kids), limit)]...)
	}
	return out
}

// asArray makes a list of a value that may stand alone.
func asArray(o pdf.Object) pdf.Object {
	switch o.(type) {
	case nil:
		return pdf.Array{}
	case pdf.Array:
		return o
	}
	return pdf.Array{o}
}
