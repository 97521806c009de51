package signer

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Appearance is what a signature shows. Vector returns operators of a PDF content
// stream that need no resources. They paint into a box of the given width and height in
// millimetres, origin at its lower left, y upwards. The result is stamped at that true
// size in the middle of the field. An Appearance that also has Opacity() float64, below
// 1, is painted with that constant alpha (ISO 32000-2, 11.6.4.4), except in a document
// that conforms to PDF/A-1. In PDF/A (ISO 19005), colours that its output intent does not
// define are shown in a space that depends on no device; [ErrArchive] says that this cannot
// be done.
type Appearance interface {
	Vector() (content []byte, widthMM, heightMM float64)
}

// resourced is an Appearance of this package whose content paints pictures by
// name.
type resourced interface {
	Appearance
	xobjects(add func(pdf.Object) pdf.Ref, p palette) (*pdf.Dict, error)
}

// translucent is an Appearance whose ink lets the page show through, as a seal's
// Artwork may. Opacity is 0 to 1; 1 hides what is under it.
type translucent interface{ Opacity() float64 }

// opacity returns the opacity of an appearance, 1 if it states none.
func opacity(a Appearance) float64 {
	if t, ok := a.(translucent); ok {
		return min(max(t.Opacity(), 0), 1)
	}
	return 1
}

// formXObject makes a form XObject (ISO 32000-2, 8.10).
func formXObject(box pdf.Rect, matrix pdf.Array, content []byte) *pdf.Stream {
	d := pdf.NewDict(pdf.Name("Type"), pdf.Name("XObject"), pdf.Name("Subtype"), pdf.Name("Form"),
		pdf.Name("BBox"), box.Array(), pdf.Name("Resources"), pdf.NewDict())
	if matrix != nil {
		d = d.With("Matrix", matrix)
	}
	return &pdf.Stream{Dict: d, Data: content}
}

// upright turns an appearance so that it stands upright on a rotated page.
func upright(rotate int) pdf.Array {
	i := func(a, b, c, d pdf.Integer) pdf.Array {
		return pdf.Array{a, b, c, d, pdf.Integer(0), pdf.Integer(0)}
	}
	switch rotate {
	case 90:
		return i(0, 1, -1, 0)
	case 180:
		return i(-1, 0, 0, -1)
	case 270:
		return i(0, -1, 1, 0)
	}
	return nil
}

// artwork is an appearance prepared for one document.
type artwork struct {
	w, h      float64 // mm
	content   []byte  // compressed
	resources *pdf.Dict
	shared    pdf.Ref // the whole as its own form, once it is needed
}

// artwork compresses an appearance and adds the pictures it needs, in the colours that the
// document lets it use.
func (f *form) artwork(a Appearance) (*artwork, error) {
	content, w, h := a.Vector()
	if !(w > 0 && h > 0 && w <= maxPageSide && h <= maxPageSide) {
		return nil, fmt.Errorf("%w: %v × %v mm", ErrBoxTooSmall, w, h)
	}
	p, err := f.d.palette()
	if err != nil {
		return nil, err
	}
	art := &artwork{w: w, h: h, resources: pdf.NewDict()}
	if r, pictures := a.(resourced); pictures {
		x, err := r.xobjects(f.addOnce, p)
		if err != nil {
			return nil, err
		}
		art.resources = pdf.NewDict(pdf.Name("XObject"), x)
	}
	if content, art.resources, err = p.recolour(content, art.resources); err != nil {
		return nil, err
	}
	if state := ink(a); state != nil && !p.opaque() {
		content = append([]byte("/Ink gs\n"), content...)
		art.resources = art.resources.With("ExtGState", pdf.NewDict(pdf.Name("Ink"), state))
	}
	art.content, err = pdf.Deflate(content)
	return art, err
}

// ink returns the graphics state that an appearance asks for, nil if it asks for none. A picture
// is laid over the page as ink is (ISO 32000-2, 11.3.5.2, Multiply): its white hides nothing.
func ink(a Appearance) *pdf.Dict {
	state := pdf.NewDict(pdf.Name("Type"), pdf.Name("ExtGState"))
	_, picture := a.(resourced)
	o := opacity(a)
	if !picture && o == 1 {
		return nil
	}
	if picture {
		state = state.With("BM", pdf.Name("Multiply"))
	}
	if o < 1 {
		state = state.With("ca", pdf.Float(o))
	}
	return state
}

// form makes a form XObject of the artwork in a box in its own millimetres.
func (a *artwork) form(box pdf.Rect, matrix pdf.Array) *pdf.Stream {
	st := formXObject(box, matrix, a.content)
	st.Dict = st.Dict.With("Resources", a.resources).With("Filter", pdf.Name("FlateDecode"))
	return st
}

// whole returns the artwork as a form that others paint.
func (a *artwork) whole(f *form) pdf.Ref {
	if a.shared == (pdf.Ref{}) {
		a.shared = f.u.Add(a.form(pdf.Rect{X1: a.w, Y1: a.h}, nil))
	}
	return a.shared
}

// stamp makes the appearance stream of a field: the artwork in the middle of
// the box at its true size.
func (a *artwork) stamp(page pdf.Page, rect pdf.Rect) (*pdf.Stream, error) {
	box, err := a.fit(page, rect)
	if err != nil {
		return nil, err
	}
	return a.form(box, upright(page.Rotate)), nil
}

// fit returns a field's rectangle in the millimetres of the artwork. Both have the same
// centre.
func (a *artwork) fit(page pdf.Page, rect pdf.Rect) (pdf.Rect, error) {
	_, _, bw, bh := page.ToDisplay(rect)
	bw, bh = bw/pointsPerMM, bh/pointsPerMM
	if !(Box{W: bw, H: bh}).Fits(a.w, a.h) {
		return pdf.Rect{}, fmt.Errorf("%w: %.1f × %.1f mm in %.1f × %.1f mm", ErrBoxTooSmall, a.w, a.h, bw, bh)
	}
	return pdf.Rect{X0: (a.w - bw) / 2, Y0: (a.h - bh) / 2, X1: (a.w + bw) / 2, Y1: (a.h + bh) / 2}, nil
}
