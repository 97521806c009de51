package change

import (
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// step explains what one revision changed. Every object of the older revision that the
// newer one replaces or frees needs a role that allows the change; what no role
// explains is Other (attacks.md D1).
type step struct {
	Revision
	prev, cur *pdf.File
	rev       pdf.Revision
	edges     *edgeIndex
	work      *work   // what all revisions together may still read
	paper     *canvas // where the first signed revision is painted
	trees     *parents

	root       uint32              // the catalog
	form       pdf.Form            // of the older revision
	pages      map[uint32]numbered // page objects
	signers    map[pdf.Ref]Level   // fields signed by this revision, and their level
	values     map[pdf.Ref]bool    // their signature dictionaries
	widgets    map[pdf.Ref]Level   // widgets of those fields
	added      map[pdf.Ref]bool    // fields that are new
	notes      map[pdf.Ref]bool    // new annotations
	byPerson   bool                // at least one of the signatures is not a document timestamp
	locks      []*Lock             // of the signatures that cover this revision
	changed    []uint32            // objects that differ
	differs    map[uint32]bool     // the same, once something was freed
	left       map[uint32]uint32   // what they refer to in the newer revision, and one object that does
	evidenceOf map[pdf.Ref]bool    // what the older DSS lists
	parents    map[uint32]bool     // objects of the parent tree of a tagged document

	tabbed    []uint32        // pages whose order of tabs was set
	gained    map[uint32]bool // pages that gained a widget of a signature
	reachable map[uint32]bool // new objects that something leads to
	holds     map[uint32]bool // object streams of this revision
}

func (s *step) other(code Code, args ...any) { s.raise(Other, code, args...) }

// raise records a change.
func (s *step) raise(level Level, code Code, args ...any) {
	s.Level = max(s.Level, level)
	switch code {
	case InfoAdded, InfoChanged, MetadataChanged, TabOrderSet:
		s.Described = true
	}
	if len(s.Items) == MaxItems {
		return
	}
	if it := NewItem(level, code, args...); !slices.Contains(s.Items, it) {
		s.Items = append(s.Items, it)
	}
}

// run grades the revision. covering are the intact signatures and timestamps that end
// it.
func (s *step) run(covering []Cover) error {
	s.Level = None
	s.checkTrailer()
	s.checkHybrid()
	if err := s.findRoles(covering); err != nil {
		return err
	}
	nums := s.rev.Numbers()
	for _, num := range nums {
		if err := s.compare(num); err != nil {
			return err
		}
	}
	if err := s.reachNew(nums); err != nil {
		return err
	}
	for _, num := range nums {
		if err := s.checkCreated(num); err != nil {
			return err
		}
	}
	for _, c := range covering {
		level := s.signers[c.Field]
		if level == Unchecked {
			s.other(FieldNotOfSignature, field(c.Name))
			continue
		}
		if c.Archive {
			s.raise(level, DocumentTimestamp, field(c.Name))
		} else {
			s.shownAt(level, c)
			if s.added[c.Field] && c.Visible {
				s.NewVisible = true
			}
		}
		s.Touched = append(s.Touched, Touch{c.Name, c.Archive})
	}
	for _, num := range s.tabbed {
		if !s.gained[num] { // D6: beside a new widget only
			s.other(PageKeyChanged, page(s.pages[num].number), "Tabs")
		}
	}
	if len(nums) > 0 && s.Level == None {
		s.raise(LTA, SavedAgain)
	}
	return nil
}

// shownAt lists a signature once for each place where it is shown, so that none hides
// behind another (A43).
func (s *step) shownAt(level Level, c Cover) {
	shown := false
	for _, p := range c.Places {
		if p.Rect == [4]float64{} && len(c.Places) > 1 {
			continue
		}
		shown = true
		s.raise(level, FieldSigned, field(c.Name), spot{page: p.Page, rect: p.Rect})
		if p.Off {
			s.raise(level, WidgetOffPage, field(c.Name), spot{page: p.Page, rect: p.Rect})
		}
		if p.Rect != [4]float64{} && len(s.Items) < MaxItems && s.paper.covers(p.Page, p.Rect) {
			s.raise(level, WidgetCovers, field(c.Name), spot{page: p.Page, rect: p.Rect})
		}
	}
	if !shown {
		s.raise(level, FieldSigned, field(c.Name), spot{})
	}
}

// checkTrailer checks the trailer, whose keys describe the whole document (A20).
func (s *step) checkTrailer() {
	a, b := s.prev.Trailer(), s.cur.Trailer()
	if !same(a.Get("Root"), b.Get("Root")) {
		s.other(RootChanged)
	}
	if !same(a.Get("Encrypt"), b.Get("Encrypt")) {
		s.other(EncryptChanged)
	}
	if x, y := a.Get("Info"), b.Get("Info"); !same(x, y) {
		if ref, ok := y.(pdf.Ref); ok && x == nil && s.isNew(ref) {
			s.raise(LTA, InfoAdded)
		} else {
			s.other(InfoReplaced)
		}
	}
	if x, y := firstID(s.prev, a), firstID(s.cur, b); x != "" && y != "" && x != y {
		if s.cur.Encrypted() { // it is a part of the key
			s.other(IDChanged)
		} else {
			s.raise(LTA, IDChanged)
		}
	}
	known := map[pdf.Name]bool{"Root": true, "Info": true, "Encrypt": true, "Size": true, "Prev": true, "ID": true,
		"XRefStm": true, "Type": true, "W": true, "Index": true, "Length": true, "Filter": true, "DecodeParms": true}
	for _, key := range pdf.DiffKeys(a, b) {
		if !known[key] && a.Get(key) == nil {
			s.other(TrailerKeyAdded, string(key))
			break
		}
	}
	if b.Duplicate {
		s.other(TrailerKeyTwice)
	}
	x, _ := a.Get("Size").(pdf.Integer)
	y, _ := b.Get("Size").(pdf.Integer)
	if y < x {
		s.other(SizeShrank)
	}
	if nums := s.rev.Numbers(); len(nums) > 0 && pdf.Integer(nums[len(nums)-1]) >= y {
		s.other(ObjectBeyondSize, object(nums[len(nums)-1]))
	}
}

// same compares two direct values. With == those that hold slices would panic.
func same(a, b pdf.Object) bool {
	ok, err := pdf.Equal(nil, a, nil, b)
	return err == nil && ok
}

func firstID(f *pdf.File, d *pdf.Dict) string {
	a, err := f.Array(d.Get("ID"))
	if err != nil || len(a) == 0 {
		return ""
	}
	id, _ := a[0].(pdf.String)
	return string(id.Bytes)
}

// checkHybrid refuses a revision in which old and new readers see different objects
// (A18).
func (s *step) checkHybrid() {
	for _, sec := range s.rev.Sections {
		if sec.Hybrid != nil {
			s.other(HybridUpdate)
		}
	}
}

// isNew reports whether a number was not in use, nor reserved, before.
func (s *step) isNew(ref pdf.Ref) bool { return ref.Num >= s.prev.MaxObject() && ref.Gen == 0 }

// findRoles finds out which objects may change, and how.
func (s *step) findRoles(covering []Cover) error {
	_, root, err := s.prev.Catalog()
	if err != nil {
		return err
	}
	s.root = root.Num
	if s.form, err = s.prev.Form(); err != nil {
		return err
	}
	form, err := s.cur.Form()
	if err != nil {
		return err
	}
	s.signers, s.values, s.widgets = map[pdf.Ref]Level{}, map[pdf.Ref]bool{}, map[pdf.Ref]Level{}
	s.added, s.notes, s.gained = map[pdf.Ref]bool{}, map[pdf.Ref]bool{}, map[uint32]bool{}
	for _, name := range form.Doubled() {
		if !slices.Contains(s.form.Doubled(), name) {
			s.other(FieldNameTwice, field(name))
		}
	}
	for _, c := range covering {
		if !c.Archive {
			s.byPerson, s.locks = true, append(s.locks, c.Locks...)
		}
		if fd, ok := form.ByObject(c.Field.Num); ok && fd.Ref == c.Field && fd.Name == c.Name {
			level := Sign
			if c.Archive { // anyone can get one
				if level = LTA; c.Visible {
					level = Form
				}
			}
			s.signers[fd.Ref], s.values[c.Value], s.widgets[fd.Ref] = level, true, level
			if _, had := s.form.ByObject(fd.Ref.Num); !had {
				s.added[fd.Ref] = true
			}
			for _, k := range fd.Kids {
				if was, had := s.form.ByObject(k.Num); had && was.Ref != fd.Ref || !had && !s.isNew(k) {
					s.other(FieldTakesWidget, field(fd.Name))
					continue
				}
				s.widgets[k] = level
			}
		}
	}
	return nil
}

// compare checks an object of the revision that the older one had too.
func (s *step) compare(num uint32) error {
	was, had := s.prev.Lookup(num)
	is, has := s.cur.Lookup(num)
	if !had || was.Kind == pdf.EntryFree {
		return nil
	}
	a, err := s.prev.Object(pdf.Ref{Num: num, Gen: was.Gen})
	if err != nil {
		return err
	}
	if !has || is.Kind == pdf.EntryFree {
		s.changed = append(s.changed, num)
		return nil // checkFreed checks it, once all changes are known
	}
	b, err := s.cur.Object(pdf.Ref{Num: num, Gen: is.Gen})
	if err != nil {
		return err
	}
	same, err := pdf.Equal(s.prev, a, s.cur, b)
	if err != nil || (same && was.Gen == is.Gen) {
		return err
	}
	s.changed = append(s.changed, num)
	if was.Gen != is.Gen {
		s.other(GenerationChanged, object(num))
		return nil
	}
	if !s.explain(num, a, b) {
		s.other(ObjectChanged, object(num))
	}
	return nil
}

// checkCreated checks what is new or gone (A19). A new object is refused if an older one already
// referred to it (A11, A14), its number was in use before, or it would be a page or a
// catalog. A freed one must have lost all references to it (D3, D4).
func (s *step) checkCreated(num uint32) error {
	was, had := s.prev.Lookup(num)
	had = had && was.Kind != pdf.EntryFree
	is, has := s.cur.Lookup(num)
	has = has && is.Kind != pdf.EntryFree
	switch {
	case had && !has:
		return s.checkFreed(num)
	case had || !has:
		return nil
	}
	o, err := s.cur.Object(pdf.Ref{Num: num, Gen: is.Gen})
	if err != nil {
		return err
	}
	if o == nil && is.Gen == 0 {
		return nil // a null object says what its absence said (ISO 32000-2, 7.3.10)
	}
	if !s.isNew(pdf.Ref{Num: num, Gen: is.Gen}) {
		s.other(NumberReused, object(num))
	}
	s.checkAwaited(num, o)
	if !s.reachable[num] {
		s.checkOrphan(num, o)
	}
	d, ok := o.(*pdf.Dict)
	if st, isStream := o.(*pdf.Stream); isStream {
		s.checkHolder(num, is, st)
	}
	if !ok {
		return nil
	}
	ref := pdf.Ref{Num: num}
	if d.Duplicate && (s.widgets[ref] != Unchecked || s.notes[ref]) {
		s.other(WidgetKeyTwice, object(num))
	}
	if s.widgets[ref] != Unchecked && !isWidget(d) {
		s.other(WidgetIsOther, object(num))
	}
	s.checkElement(num, d)
	s.checkActs(num, d, s.notes[ref])
	switch d.Get("Type") {
	case pdf.Name("Catalog"), pdf.Name("Page"), pdf.Name("Pages"):
		s.other(ObjectNewKind, object(num), d.Get("Type"))
	case pdf.Name("Annot"):
		if s.widgets[ref] == Unchecked && !s.notes[ref] {
			s.other(AnnotationNotShown, object(num))
		}
	}
	return nil
}

// isWidget reports whether a new part of a signature field is a widget, or nothing that
// pages show: readers draw other annotations by keys of their own, wherever those say.
func isWidget(d *pdf.Dict) bool {
	return d.Get("AF") == nil && (d.Get("Subtype") == pdf.Name("Widget") || d.Get("Subtype") == nil && d.Get("Rect") == nil && d.Get("AP") == nil)
}

// checkFreed allows freeing an object that was reached only through replaced values.
func (s *step) checkFreed(num uint32) error {
	if s.left == nil {
		if err := s.findRemains(); err != nil {
			return err
		}
	}
	if held, err := s.stillHolds(num); err != nil {
		return err
	} else if held {
		s.other(RemovedObjectStream, object(num))
		return nil
	}
	for _, e := range s.edges.to[num] {
		if !s.differs[e.From] {
			s.other(ObjectRemovedInUse, object(num), object(e.From))
			return nil
		}
	}
	if from, ok := s.left[num]; ok {
		s.other(ObjectRemovedInUse, object(num), object(from))
	}
	s.raise(LTA, OrphanRemoved, object(num))
	return nil
}

// findRemains finds out, once, what the changed objects refer to now.
func (s *step) findRemains() error {
	s.left, s.differs = map[uint32]uint32{}, map[uint32]bool{}
	for _, from := range s.changed {
		s.differs[from] = true
		e, ok := s.cur.Lookup(from)
		if !ok || e.Kind == pdf.EntryFree {
			continue
		}
		o, err := s.cur.Object(pdf.Ref{Num: from, Gen: e.Gen})
		if err != nil {
			return err
		}
		pdf.Edges(from, o, func(to pdf.Ref, _ pdf.Edge) { s.left[to.Num] = from })
	}
	return nil
}

// stillHolds reports whether an object stream of the older revision has objects that the
// newer one takes from it. It asks the stream, not the whole file (A46).
func (s *step) stillHolds(num uint32) (bool, error) {
	members, err := s.prev.Members(num)
	for _, m := range members {
		if e, ok := s.cur.Lookup(m); ok && e.Kind == pdf.EntryCompressed && e.Stream == num {
			return true, nil
		}
	}
	return false, err
}
