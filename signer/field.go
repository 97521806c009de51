package signer

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Box is a rectangle in millimetres. X and Y are its top left corner, measured from the
// top left corner of the displayed page.
type Box struct{ X, Y, W, H float64 }

// Around returns the box of a width and height whose centre is (x, y).
func Around(x, y, width, height float64) Box {
	return Box{x - width/2, y - height/2, width, height}
}

// Fits reports whether something of a width and height in mm goes into the box, to
// 0.02 mm.
func (b Box) Fits(width, height float64) bool {
	const slack = 0.02 // mm
	return width <= b.W+slack && height <= b.H+slack
}

// CheckOnPage returns ErrOffPage if the box is empty, or leaves a page of a width and
// height in mm by more than 0.01 mm.
func (b Box) CheckOnPage(width, height float64) error {
	const slack = 0.01 // mm: rounding
	if b.W > 0 && b.H > 0 && b.X >= -slack && b.Y >= -slack && b.X+b.W <= width+slack && b.Y+b.H <= height+slack {
		return nil
	}
	return fmt.Errorf("%w: %.1f × %.1f mm at (%.1f, %.1f) on a page of %.1f × %.1f mm", ErrOffPage, b.W, b.H, b.X, b.Y, width, height)
}

// Element is something that [Layout] puts on pages: a [Field]; what a party fills in, which
// is a [TextField], [CheckBox], [RadioGroup], [Dropdown] or [PictureField]; or a mark for
// everybody, a [Watermark] or a [QRCode].
type Element interface {
	addTo(f *form) error
}

// Field is a signature field to be made. A zero Box makes it invisible.
type Field struct {
	Name     string // unique in the document, without dots
	Page     int    // from 1; an invisible field belongs to a page too, and 0 means the first
	Box      Box
	Also     []Place   // further places that show the appearance, at most 1,000; not in a signed document
	Straddle *Straddle // a seal across the edges of several pages (骑缝章); nil for none; not in a signed document
	Lock     Lock      // what its signature locks besides itself, its further places and slices
}

// annotFlags are Print and Locked (ISO 32000-2, table 167).
const annotFlags = 4 | 128

// Layout writes the document with empty fields added in one revision, each with an
// empty appearance. A signature field has a lock on itself (ISO 32000-2, 12.7.5.5).
// Call it before anyone signs: verifiers refuse a field that is added after a signature
// and not signed in the same revision. It returns a [*Finding] if a signing could not follow.
// If an error is returned before the copy starts,
// nothing is written.
func Layout(ctx context.Context, w io.Writer, d *Document, elements ...Element) error {
	u, err := d.layout(elements)
	if err != nil {
		return err
	}
	l, err := u.Layout()
	if err != nil {
		return &InputError{err}
	}
	if err := newGrowing(d).read(ctx, w); err != nil {
		return err
	}
	if u.Takes(d.awaited) {
		if u, err = d.layout(elements); err != nil {
			return err
		}
		if l, err = u.Layout(); err != nil {
			return &InputError{err}
		}
	}
	_, err = w.Write(l.Bytes)
	return err
}

// layout makes the revision that adds elements.
func (d *Document) layout(elements []Element) (*pdf.Update, error) {
	u := d.f.NewUpdate(d.awaited)
	form, err := newForm(d, u)
	if err != nil {
		return nil, err
	}
	if form.old.Signed() {
		return nil, ErrSigned
	}
	if err := d.stop(Request{}); err != nil {
		return nil, err
	}
	for _, first := range []bool{true, false} { // locks name the buttons of choices
		for _, e := range elements {
			if _, choice := e.(RadioGroup); choice != first {
				continue
			}
			if err := e.addTo(form); err != nil {
				return nil, err
			}
		}
	}
	if len(form.added) == 0 { // only marks
		return u, nil
	}
	return u, form.finish()
}

func (fd Field) addTo(f *form) error {
	_, err := f.add(fd)
	return err
}

// form adds fields to a document's interactive form within one update.
type form struct {
	d     *Document
	u     *pdf.Update
	old   pdf.Form
	names map[string]bool
	added []pdf.Ref
	annot map[pdf.Ref][]pdf.Ref // page → new widgets
	order []pdf.Ref             // pages, in the order in which they were met

	byName  map[string]pdf.Field   // of old
	choices map[string][]pdf.Field // group → its buttons, of old
	grouped map[string][]string    // new group → the names of its buttons
	sharing map[pdf.Ref]int        // array of annotations → pages that use it, once it is known
	on      map[pdf.Ref]pdf.Page   // pages that have new widgets
	pages   map[kid]pdf.Ref        // pages that became objects
	tagged  *tags                  // once it is known
	buttons map[pdf.Ref][]pdf.Ref  // new signature field → the buttons that also show it

	shields  map[pdf.Ref]bool   // pages whose content can be followed by more
	named    map[named]naming   // forms among resources
	contents map[string]pdf.Ref // content streams that were added
	shown    []pdf.Ref          // pictures of earlier signatures, once they are known

	measured bool // text is measured and not drawn: nothing is written
}

func newForm(d *Document, u *pdf.Update) (*form, error) {
	old, err := d.f.Form()
	if err != nil {
		return nil, &InputError{err}
	}
	f := &form{d: d, u: u, old: old, names: map[string]bool{}, byName: map[string]pdf.Field{}, choices: map[string][]pdf.Field{}, grouped: map[string][]string{}, annot: map[pdf.Ref][]pdf.Ref{},
		on: map[pdf.Ref]pdf.Page{}, pages: map[kid]pdf.Ref{}, buttons: map[pdf.Ref][]pdf.Ref{}}
	for _, fd := range old.Fields {
		f.names[fd.Name] = true
		if _, ok := f.byName[fd.Name]; !ok {
			f.byName[fd.Name] = fd
			if g := group(fd); g != fd.Name {
				f.choices[g] = append(f.choices[g], fd)
				f.names[g] = true
			}
		}
		for i, c := range fd.Name { // the nodes above it have names too
			if c == '.' {
				f.names[fd.Name[:i]] = true
			}
		}
	}
	return f, nil
}

// fieldNames returns names with those of buttons in place of their group.
func (f *form) fieldNames(names []string) []string {
	var out []string
	for _, n := range names {
		s, ok := f.slot(n)
		switch buttons := f.grouped[n]; {
		case ok && s.choice:
			out = append(out, s.names()...)
		case len(buttons) > 0:
			out = append(out, buttons...)
		default:
			out = append(out, n)
		}
	}
	return out
}

// find returns the first field of a name that the document has.
func (f *form) find(name string) (pdf.Field, bool) {
	fd, ok := f.byName[name]
	return fd, ok
}

// add makes an empty signature field, with the buttons that will also show it, and
// returns its reference.
func (f *form) add(fd Field) (pdf.Ref, error) {
	lock := fd.Lock
	if !lock.All {
		lock.Fields = append([]string{fd.Name}, f.fieldNames(lock.Fields)...)
	}
	if f.old.Signed() && (len(fd.Also) > 0 || fd.Straddle != nil) {
		return pdf.Ref{}, fmt.Errorf("%w: further places of a signature are laid out before the first one", ErrSigned)
	}
	names, copies, err := f.addCopies(fd.Name, fd.Also)
	if err != nil {
		return pdf.Ref{}, err
	}
	if fd.Straddle != nil {
		more, slices, err := f.addSlices(fd.Name, *fd.Straddle)
		if err != nil {
			return pdf.Ref{}, err
		}
		names, copies = append(names, more...), append(copies, slices...)
	}
	if !lock.All {
		lock.Fields = append(lock.Fields, names...)
	}
	ref, err := f.addWidget(fd.Name, fd.Page, fd.Box, func(rect pdf.Rect) *pdf.Dict {
		return pdf.NewDict(pdf.Name("FT"), pdf.Name("Sig"), pdf.Name("Lock"), f.u.Add(lock.dict()),
			pdf.Name("AP"), pdf.NewDict(pdf.Name("N"), f.empty(rect)))
	})
	f.buttons[ref] = copies
	return ref, err
}

// dict returns the lock as a SigFieldLock dictionary (ISO 32000-2, table 236).
func (l Lock) dict() *pdf.Dict {
	d := pdf.NewDict(pdf.Name("Type"), pdf.Name("SigFieldLock"))
	if l.All {
		return d.With("Action", pdf.Name("All"))
	}
	var names pdf.Array
	for _, n := range l.Fields {
		names = append(names, pdf.TextString(n))
	}
	return d.With("Action", pdf.Name("Include")).With("Fields", names)
}

// empty returns an appearance that shows nothing.
func (f *form) empty(rect pdf.Rect) pdf.Ref {
	return f.u.Add(formXObject(pdf.Rect{X1: rect.Width(), Y1: rect.Height()}, nil, nil))
}

// addWidget makes a field that is its own widget, with the keys that its kind adds.
func (f *form) addWidget(name string, page int, box Box, kind func(pdf.Rect) *pdf.Dict) (pdf.Ref, error) {
	if err := f.claim(name); err != nil {
		return pdf.Ref{}, err
	}
	ref, err := f.widget(name, page, box, func(_ pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		d := pdf.NewDict(pdf.Name("T"), pdf.TextString(name))
		d.Entries = append(d.Entries, kind(rect).Entries...)
		return d, nil
	})
	f.added = append(f.added, ref)
	return ref, err
}

// addDrawn is addWidget for a kind that is drawn, and has a box.
func (f *form) addDrawn(name string, page int, box Box, kind func(pdf.Page, pdf.Rect) (*pdf.Dict, error)) error {
	if err := f.claim(name); err != nil {
		return err
	}
	ref, err := f.boxed(name, page, box, func(p pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		d, err := kind(p, rect)
		if err != nil {
			return nil, err
		}
		return d.With("T", pdf.TextString(name)), nil
	})
	f.added = append(f.added, ref)
	return err
}

// boxed is widget for what needs a box.
func (f *form) boxed(name string, page int, box Box, keys func(pdf.Page, pdf.Rect) (*pdf.Dict, error)) (pdf.Ref, error) {
	if box == (Box{}) {
		return pdf.Ref{}, fmt.Errorf("%w: %q needs a box", ErrNoField, name)
	}
	return f.widget(name, page, box, keys)
}

// claim takes a name for a new field.
func (f *form) claim(name string) error {
	if name == "" || f.names[name] {
		return fmt.Errorf("%w: %q", ErrFieldExists, name)
	}
	for _, c := range name {
		if c == '.' || c < ' ' {
			return fmt.Errorf("%w: the name %q has a dot or control character", ErrNoField, name)
		}
	}
	f.names[name] = true
	return nil
}

// widget makes a widget on a page, with the keys that its field adds.
func (f *form) widget(name string, page int, box Box, keys func(pdf.Page, pdf.Rect) (*pdf.Dict, error)) (pdf.Ref, error) {
	p, err := f.pageFor(page, box)
	if err != nil {
		return pdf.Ref{}, err
	}
	rect, err := box.on(p)
	if err == nil && p.Ref == (pdf.Ref{}) {
		p.Ref, err = f.standalone(p)
	}
	if err != nil {
		return pdf.Ref{}, err
	}
	more, err := keys(p, rect)
	if err != nil {
		return pdf.Ref{}, err
	}
	d := pdf.NewDict(pdf.Name("Type"), pdf.Name("Annot"), pdf.Name("Subtype"), pdf.Name("Widget"),
		pdf.Name("F"), pdf.Integer(annotFlags), pdf.Name("P"), p.Ref, pdf.Name("Rect"), rect.Array())
	d.Entries = append(d.Entries, more.Entries...)
	ref := f.u.Alloc()
	if d, err = f.tag(ref, p.Ref, d, name, rect.Width() > 0 && rect.Height() > 0); err != nil {
		return pdf.Ref{}, err
	}
	f.u.Set(ref, d)
	if _, ok := f.annot[p.Ref]; !ok {
		f.order = append(f.order, p.Ref)
	}
	f.annot[p.Ref] = append(f.annot[p.Ref], ref)
	f.on[p.Ref] = p
	return ref, nil
}

// on maps a box to the user space of a page. It refuses a box that leaves the page.
func (b Box) on(p pdf.Page) (pdf.Rect, error) {
	if b == (Box{}) {
		return pdf.Rect{}, nil
	}
	w, h := p.Size()
	if err := b.CheckOnPage(w/pointsPerMM, h/pointsPerMM); err != nil {
		return pdf.Rect{}, err
	}
	return p.ToUser(b.X*pointsPerMM, b.Y*pointsPerMM, b.W*pointsPerMM, b.H*pointsPerMM), nil
}

// pageFor returns the page of a new widget. What nobody sees may stand on any, and 0 is the
// first that is an object.
func (f *form) pageFor(page int, box Box) (pdf.Page, error) {
	if page != 0 || box != (Box{}) {
		return f.d.page(page)
	}
	var out pdf.Page
	err := f.d.f.Pages(func(_ int, p pdf.Page) bool {
		out = p
		return p.Ref == (pdf.Ref{})
	})
	return out, inputFault(err)
}

// standalone makes an object of a page that stands in its node itself, so that widgets can
// name it (ISO 32000-2, 7.7.3.2 requires this). A signed page tree stays as it is.
func (f *form) standalone(p pdf.Page) (pdf.Ref, error) {
	at := kid{p.Node, p.Kid}
	if ref, ok := f.pages[at]; ok {
		return ref, nil
	}
	if f.old.Signed() {
		return pdf.Ref{}, fmt.Errorf("%w: its page is no object, which widgets could name", ErrSigned)
	}
	node, err := f.u.Dict(p.Node)
	if err != nil {
		return pdf.Ref{}, &InputError{err}
	}
	held := node.Get("Kids")
	list, indirect := held.(pdf.Ref)
	if indirect {
		if held, err = f.u.Object(list); err != nil {
			return pdf.Ref{}, &InputError{err}
		}
	}
	kids, _ := held.(pdf.Array)
	kids = slices.Clone(kids)
	ref := f.u.Add(p.Dict.With("Parent", p.Node))
	kids[p.Kid] = ref
	if indirect {
		f.u.Set(list, kids)
	} else {
		f.u.Set(p.Node, node.With("Kids", kids))
	}
	f.pages[at] = ref
	return ref, nil
}

// kid is a place in a page tree node.
type kid struct {
	node pdf.Ref
	at   int
}

// finish enters the added fields into their pages and the form dictionary.
func (f *form) finish() error {
	if most := pdf.DefaultLimits().Fields; len(f.old.Fields)+len(f.added) > most {
		return &InputError{&pdf.LimitError{Resource: "FIELDS", Limit: int64(most)}}
	}
	for _, page := range f.order {
		if err := f.annotate(page, f.annot[page]); err != nil {
			return &InputError{err}
		}
	}
	if err := f.finishTags(); err != nil {
		return inputFault(err)
	}
	return f.register()
}

func refs(a pdf.Array, more []pdf.Ref) pdf.Array {
	out := append(pdf.Array(nil), a...)
	for _, r := range more {
		out = append(out, r)
	}
	return out
}

// annotate appends widgets to a page, in the array object of the page if it has one.
func (f *form) annotate(page pdf.Ref, widgets []pdf.Ref) error {
	d, err := f.u.Dict(page)
	if err != nil {
		return err
	}
	o, err := f.d.f.Resolve(d.Get("Annots"))
	if err != nil {
		return err
	}
	a, _ := o.(pdf.Array) // to readers, anything else is none
	if ref, ok := d.Get("Annots").(pdf.Ref); ok && a != nil {
		shared, err := f.shared(ref)
		if err != nil {
			return err
		}
		if !shared {
			f.u.Set(ref, refs(a, widgets))
			return nil
		}
	}
	f.u.Set(page, d.With("Annots", refs(a, widgets)))
	return nil
}

// shared reports whether more than one page uses the same array of annotations.
func (f *form) shared(annots pdf.Ref) (bool, error) {
	if f.sharing == nil {
		f.sharing = map[pdf.Ref]int{}
		seen := map[pdf.Ref]bool{} // a page may stand in the tree twice
		err := f.d.f.Pages(func(_ int, p pdf.Page) bool {
			if ref, ok := p.Dict.Get("Annots").(pdf.Ref); ok && !seen[p.Ref] {
				f.sharing[ref]++
			}
			seen[p.Ref] = p.Ref != pdf.Ref{}
			return true
		})
		if err != nil {
			return false, err
		}
	}
	return f.sharing[annots] > 1, nil
}

// register appends the fields to the form and sets SigFlags to SignaturesExist
// and AppendOnly (ISO 32000-2, table 225).
func (f *form) register() error {
	const both = 3
	cat, catRef, err := f.d.f.Catalog()
	if err != nil {
		return &InputError{err}
	}
	dict := f.old.Dict
	if dict == nil {
		dict = pdf.NewDict(pdf.Name("Fields"), refs(nil, f.added), pdf.Name("SigFlags"), pdf.Integer(both))
		f.u.Set(catRef, cat.With("AcroForm", f.u.Add(dict)))
		return nil
	}
	if dict, err = f.drawn(dict); err == nil {
		dict, err = f.withoutXFA(dict)
	}
	if err != nil {
		return inputFault(err)
	}
	changed := dict != f.old.Dict
	if flags, _ := dict.Get("SigFlags").(pdf.Integer); flags&both != both {
		dict, changed = dict.With("SigFlags", flags|both), true
	}
	if len(f.added) > 0 {
		o, err := f.d.f.Resolve(dict.Get("Fields"))
		if err != nil {
			return &InputError{err}
		}
		a, _ := o.(pdf.Array)
		if ref, ok := dict.Get("Fields").(pdf.Ref); ok && a != nil {
			f.u.Set(ref, refs(a, f.added))
		} else {
			dict, changed = dict.With("Fields", refs(a, f.added)), true
		}
	}
	if !changed {
		return nil
	}
	return f.setDict(dict)
}

// setDict changes the form's dictionary.
func (f *form) setDict(dict *pdf.Dict) error {
	if f.old.Ref != (pdf.Ref{}) {
		f.u.Set(f.old.Ref, dict)
		return nil
	}
	cat, ref, err := f.d.f.Catalog()
	if err != nil {
		return &InputError{err}
	}
	f.u.Set(ref, cat.With("AcroForm", dict))
	return nil
}
