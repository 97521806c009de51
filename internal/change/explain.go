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

// explain finds the role of a changed object and checks the change against it. It
// reports whether there is one: an object that is also reached in a way outside its role
// has none.
func (s *step) explain(num uint32, a, b pdf.Object) bool {
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
	case dicts && s.isResource(num):
		s.checkResources(x, y)
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
		return false
	}
	return true
}

// checkAwaited checks a new object that an older one already referred to, although it did
// not exist (A11, A14): it is explained like one that was empty. A new signature, or its
// field, may also have the number that an outline, a place or a way back to a page names,
// because the next free number is what every producer takes. It then has no key but its
// own, so that it is nothing else to whatever names it.
func (s *step) checkAwaited(num uint32, o pdf.Object) {
	if len(s.edges.to[num]) == 0 {
		return
	}
	var was pdf.Object = &pdf.Dict{}
	if _, ok := o.(pdf.Array); ok {
		was = pdf.Array{}
	}
	ref := pdf.Ref{Num: num}
	d, _ := o.(*pdf.Dict)
	own := d != nil && (s.signers[ref] != Unchecked || s.values[ref] || s.widgets[ref] != Unchecked)
	for _, e := range s.edges.to[num] {
		own = own && !e.Deep && slices.Contains(leading, e.Key)
	}
	for i := 0; own && i < len(d.Entries); i++ {
		own = slices.Contains(ofSignatures, d.Entries[i].Key)
	}
	switch {
	case own:
		s.raise(LTA, NumberAwaited, object(num))
	case !s.explain(num, was, o):
		s.other(ObjectAwaited, object(num))
	}
}

// leading are the keys that lead to a place or back to a page: nothing inherits from, shows
// or does what they name. /Parent is none: readers inherit through it.
var leading = []pdf.Name{"P", "Pg", "Dest", "Prev", "Next", "First", "Last", "Popup", "Obj"}

// ofSignatures are the keys of signature fields, their widgets, and signatures that mean
// nothing anywhere else (ISO 32000-2, tables 166, 191, 226, 227, 234 and 255).
var ofSignatures = []pdf.Name{"Type", "Subtype", "FT", "T", "TU", "Ff", "F", "Rect", "P", "V", "AP", "AS", "MK", "Lock", "StructParent", "DA", "Q", "H", "NM",
	"Filter", "SubFilter", "ByteRange", "Contents", "Cert", "Reference", "M", "Location", "Reason", "ContactInfo", "Name", "R", "Prop_Build", "Prop_AuthTime", "Prop_AuthType"}

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
	if err != nil || len(data) > s.work.xmp {
		return false
	}
	s.work.xmp -= len(data)
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
		case "DR":
			if ref, ok := b.Get(key).(pdf.Ref); ok && b.Get(key) != a.Get(key) && !s.isNew(ref) {
				s.other(FormKeyChanged, string(key))
				continue
			}
			was, err := s.prev.Dict(a.Get(key))
			now, err2 := s.cur.Dict(b.Get(key))
			if err != nil || err2 != nil || now == nil {
				s.other(FormKeyChanged, string(key))
				continue
			}
			s.checkResources(was, now)
		case "DA", "Q":
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

// isResource reports whether an object is the form's default resources, or one category of
// them, and nothing else.
func (s *step) isResource(num uint32) bool {
	own, isRef := s.form.Dict.Get("DR").(pdf.Ref)
	holds := func(n uint32) bool { return s.isForm(n) || isRef && n == own.Num }
	d, err := s.prev.Dict(s.form.Dict.Get("DR"))
	if err != nil || d == nil {
		return false
	}
	named := isRef && own.Num == num
	for _, e := range d.Entries {
		ref, ok := e.Value.(pdf.Ref)
		named = named || ok && ref.Num == num
	}
	to := s.edges.to[num]
	for _, e := range to {
		if !holds(e.From) || e.From != s.root && e.Deep && e.Key != "DR" || e.From == s.root && e.Key != "AcroForm" {
			return false
		}
	}
	return named && len(to) > 0
}

// checkResources checks the form's default resources. A signature may bring its fonts: they
// grow by new names, and what they had stays. If the form has other fields, which could
// show their values with what is new, this counts as filling, and so do other changes.
func (s *step) checkResources(a, b *pdf.Dict) {
	level := Form
	if s.byPerson && s.grew(a, b, true) &&
		!slices.ContainsFunc(s.form.Fields, func(fd pdf.Field) bool { return fd.Type != "Sig" }) {
		level = Sign
	}
	s.raise(level, FormKeyChanged, "DR")
}

// grew reports whether a dictionary kept its entries and gained others, if deep one of
// those that it holds too.
func (s *step) grew(a, b *pdf.Dict, deep bool) bool {
	if a == nil {
		a = &pdf.Dict{}
	}
	if b.Duplicate {
		return false
	}
	for _, key := range pdf.DiffKeys(a, b) {
		if a.Get(key) == nil {
			continue
		}
		x, err := s.prev.Dict(a.Get(key))
		y, err2 := s.cur.Dict(b.Get(key))
		if !deep || err != nil || err2 != nil || x == nil || y == nil || !s.grew(x, y, false) {
			return false
		}
	}
	return true
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
		case "StructParents": // D6: its place in the parent tree
			n, ok := b.Get(key).(pdf.Integer)
			if !ok || a.Get(key) != nil || !s.newParent(n) {
				s.other(PageKeyChanged, page(s.pages[num].number), string(key))
				continue
			}
			s.raise(s.structure(), StructureGrew)
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
