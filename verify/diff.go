package verify

import (
	"fmt"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// step explains what one revision changed. Every object that the older revision
// knew and the newer one replaces needs a role that allows the change; what no
// role explains is ChangeOther (attacks.md D1).
type step struct {
	grade
	prev, cur *pdf.File
	rev       pdf.Revision
	edges     *edgeIndex

	form    pdf.Form         // of the older revision
	pages   map[uint32]bool  // page objects
	annots  map[uint32]bool  // annotation arrays that are objects of their own
	signers map[pdf.Ref]bool // fields signed by this revision
	values  map[pdf.Ref]bool // their signature dictionaries
	widgets map[pdf.Ref]bool // widgets of those fields
	added   map[pdf.Ref]bool // fields that are new
}

func (s *step) other(format string, args ...any) {
	s.level = ChangeOther
	s.list = append(s.list, fmt.Sprintf(format, args...))
}

func (s *step) run(covering []*candidate) error {
	s.level = ChangeNone
	s.trailer()
	if err := s.roles(covering); err != nil {
		return err
	}
	changed := false
	for _, num := range s.rev.Numbers() {
		what, err := s.compare(num)
		if err != nil {
			return err
		}
		changed = changed || what
	}
	if len(covering) > 0 {
		s.level = max(s.level, ChangeSign)
		for _, c := range covering {
			s.list = append(s.list, fmt.Sprintf("field %q was signed", c.Field))
			s.signed = append(s.signed, c.Field)
		}
		return nil
	}
	if changed {
		s.other("changed, and no valid signature covers the change")
	} else if len(s.rev.Numbers()) > 0 && s.level == ChangeNone {
		s.level = ChangeLTA
		s.list = append(s.list, "objects that nothing refers to were added")
	}
	return nil
}

// trailer keys say what the whole document is.
func (s *step) trailer() {
	a, b := s.prev.Trailer(), s.cur.Trailer()
	for _, key := range []pdf.Name{"Root", "Info", "Encrypt"} {
		if x, y := a.Get(key), b.Get(key); x != y {
			s.other("the trailer's /%s was changed", string(key))
		}
	}
	known := map[pdf.Name]bool{"Root": true, "Info": true, "Encrypt": true, "Size": true, "Prev": true, "ID": true,
		"XRefStm": true, "Type": true, "W": true, "Index": true, "Length": true, "Filter": true, "DecodeParms": true}
	for _, e := range b.Entries {
		if !known[e.Key] && a.Entry(e.Key) == nil {
			s.other("the trailer has a new key /%s", string(e.Key))
		}
	}
	if b.Duplicate {
		s.other("the trailer has a key twice")
	}
	x, _ := a.Get("Size").(pdf.Integer)
	y, _ := b.Get("Size").(pdf.Integer)
	if y < x {
		s.other("the trailer's /Size shrank")
	}
}

// roles finds out which objects may change, and how.
func (s *step) roles(covering []*candidate) error {
	var err error
	if s.form, err = s.prev.Form(); err != nil {
		return err
	}
	s.pages, s.annots = map[uint32]bool{}, map[uint32]bool{}
	err = s.prev.Pages(func(_ int, p pdf.Page) bool {
		s.pages[p.Ref.Num] = true
		if ref, ok := p.Dict.Get("Annots").(pdf.Ref); ok {
			s.annots[ref.Num] = true
		}
		return true
	})
	if err != nil {
		return err
	}
	form, err := s.cur.Form()
	if err != nil {
		return err
	}
	s.signers, s.values, s.widgets = map[pdf.Ref]bool{}, map[pdf.Ref]bool{}, map[pdf.Ref]bool{}
	s.added = map[pdf.Ref]bool{}
	names := map[string]bool{}
	for _, fd := range form.Fields {
		if names[fd.Name] {
			s.other("two fields are called %q", fd.Name)
		}
		names[fd.Name] = true
	}
	for _, c := range covering {
		for _, fd := range form.Fields {
			if fd.Ref != c.field || fd.Name != c.Field {
				continue
			}
			s.signers[fd.Ref], s.values[c.ref] = true, true
			s.widgets[fd.Ref] = true
			for _, k := range fd.Kids {
				s.widgets[k] = true
			}
		}
	}
	for ref := range s.signers {
		if !slices.ContainsFunc(s.form.Fields, func(fd pdf.Field) bool { return fd.Ref == ref }) {
			s.added[ref] = true
		}
	}
	return nil
}

// compare judges one object of the revision. It tells whether the object
// changes anything that the older revision shows.
func (s *step) compare(num uint32) (bool, error) {
	was, had := s.prev.Lookup(num)
	is, has := s.cur.Lookup(num)
	had = had && was.Kind != pdf.EntryFree
	has = has && is.Kind != pdf.EntryFree
	if !had && !has {
		return false, nil
	}
	if had && !has {
		s.other("object %d was removed", num)
		return true, nil
	}
	b, err := s.cur.Object(pdf.Ref{Num: num, Gen: is.Gen})
	if err != nil {
		return false, err
	}
	if !had {
		s.created(num, is)
		return false, nil
	}
	a, err := s.prev.Object(pdf.Ref{Num: num, Gen: was.Gen})
	if err != nil {
		return false, err
	}
	same, err := pdf.Equal(s.prev, a, s.cur, b)
	if err != nil || (same && was.Gen == is.Gen) {
		return false, err
	}
	if !s.explained(num, a, b) {
		s.other("object %d was changed", num)
	}
	return true, nil
}

// created refuses a new object that an older one was waiting for (A11, A14): a
// number below the old /Size, or one that was referred to before it existed.
func (s *step) created(num uint32, e pdf.XRefEntry) {
	if num < s.prev.MaxObject() || e.Gen != 0 {
		s.other("object number %d was taken up again", num)
	}
	if len(s.edges.to[num]) > 0 {
		s.other("object %d was referred to before it existed", num)
	}
}

func (s *step) explained(num uint32, a, b pdf.Object) bool {
	_, root, err := s.prev.Catalog()
	if err != nil {
		return false
	}
	x, xok := a.(*pdf.Dict)
	y, yok := b.(*pdf.Dict)
	ref := pdf.Ref{Num: num}
	switch {
	case xok != yok:
		return false
	case num == root.Num:
		return s.catalog(x, y)
	case s.form.Ref == ref && s.form.Ref != (pdf.Ref{}):
		return xok && s.formDict(x, y) && s.only(num, "AcroForm")
	case xok && s.pages[num]:
		return s.page(x, y)
	case xok && (s.signers[ref] || s.widgets[ref]):
		return s.field(ref, x, y)
	case s.annots[num]:
		return appended(a, b, s.widgets) && s.only(num, "Annots")
	case s.isFields(num):
		return appended(a, b, s.added) && s.only(num, "Fields")
	}
	return false
}

// isFields tells whether the form's field array is an object of its own.
func (s *step) isFields(num uint32) bool {
	ref, ok := s.form.Dict.Get("Fields").(pdf.Ref)
	return ok && ref.Num == num
}

// only holds that every reference to an object stands directly under key.
func (s *step) only(num uint32, key pdf.Name) bool {
	for _, e := range s.edges.to[num] {
		if e.Key != key || e.Deep {
			return false
		}
	}
	return true
}

// changedOnly tells whether a and b differ at most in the given keys.
func changedOnly(a, b *pdf.Dict, keys ...pdf.Name) bool {
	for _, k := range pdf.DiffKeys(a, b) {
		if !slices.Contains(keys, k) {
			return false
		}
	}
	return true
}

// appended tells whether b is a with some of the allowed references behind it.
func appended(a, b pdf.Object, allowed map[pdf.Ref]bool) bool {
	x, ok1 := a.(pdf.Array)
	y, ok2 := b.(pdf.Array)
	if a == nil {
		ok1 = true
	}
	if !ok1 || !ok2 || len(y) < len(x) {
		return false
	}
	for i, o := range y {
		ref, ok := o.(pdf.Ref)
		if i < len(x) {
			if same, err := pdf.Equal(nil, x[i], nil, o); err != nil || !same {
				return false
			}
		} else if !ok || !allowed[ref] {
			return false
		}
	}
	return true
}

// catalog may gain a form, or change one that stands in it directly.
func (s *step) catalog(a, b *pdf.Dict) bool {
	if a == nil || b == nil || !changedOnly(a, b, "AcroForm") {
		return false
	}
	x, y := a.Get("AcroForm"), b.Get("AcroForm")
	if x == y {
		return true
	}
	if _, wasRef := x.(pdf.Ref); wasRef {
		return false
	}
	now, err := s.cur.Dict(y)
	if err != nil || now == nil {
		return false
	}
	was, ok := x.(*pdf.Dict)
	if !ok && x != nil {
		return false
	}
	if was == nil {
		was = &pdf.Dict{}
	}
	return s.formDict(was, now)
}

// formDict may gain the new fields and set bits of SigFlags (A22).
func (s *step) formDict(a, b *pdf.Dict) bool {
	if !changedOnly(a, b, "Fields", "SigFlags") {
		return false
	}
	x, _ := a.Get("SigFlags").(pdf.Integer)
	y, _ := b.Get("SigFlags").(pdf.Integer)
	if x&^y != 0 || y&^3 != 0 && x != y {
		return false
	}
	if ref, ok := a.Get("Fields").(pdf.Ref); ok {
		return b.Get("Fields") == ref
	}
	was, err := s.prev.Array(a.Get("Fields"))
	if err != nil {
		return false
	}
	now, err := s.cur.Array(b.Get("Fields"))
	return err == nil && appended(was, now, s.added)
}

// page may gain the widgets of the signed fields.
func (s *step) page(a, b *pdf.Dict) bool {
	if !changedOnly(a, b, "Annots") {
		return false
	}
	if _, ok := a.Get("Annots").(pdf.Ref); ok {
		return false // the array is an object of its own and changes there
	}
	now, err := s.cur.Array(b.Get("Annots"))
	return err == nil && appended(a.Get("Annots"), now, s.widgets)
}

// field may gain a value that is new in this revision, and an appearance.
func (s *step) field(ref pdf.Ref, a, b *pdf.Dict) bool {
	if !changedOnly(a, b, "V", "AP", "AS") || a.Get("V") != nil {
		return false
	}
	if s.signers[ref] {
		value, ok := b.Get("V").(pdf.Ref)
		if !ok || !s.values[value] || value.Num < s.prev.MaxObject() {
			return false
		}
	} else if b.Get("V") != nil {
		return false
	}
	for _, e := range s.edges.to[ref.Num] {
		switch e.Key {
		case "K": // of a structure element, where the widget is an OBJR
			if !e.Deep {
				return false
			}
		case "Fields", "Annots", "Kids", "Obj", "":
			if e.Deep {
				return false
			}
			if e.Key == "" && !s.annots[e.From] && !s.isFields(e.From) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
