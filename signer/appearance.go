package signer

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Appearance is what a signature shows. Vector returns operators of a PDF
// content stream that paint into a box of the given width and height whose unit
// is the millimetre, origin at its lower left, y upwards, needing no resources.
// It is stamped at that true size in the middle of the field.
type Appearance interface {
	Vector() (content []byte, widthMM, heightMM float64)
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

// stamp makes the appearance stream of a field: the artwork in the middle of
// the box at its true size.
func stamp(a Appearance, page pdf.Page, rect pdf.Rect) (*pdf.Stream, error) {
	content, w, h := a.Vector()
	_, _, bw, bh := page.ToDisplay(rect)
	bw, bh = bw/pointsPerMM, bh/pointsPerMM
	const slack = 0.02 // mm
	if w > bw+slack || h > bh+slack {
		return nil, fmt.Errorf("%w: %.1f × %.1f mm in %.1f × %.1f mm", ErrBoxTooSmall, w, h, bw, bh)
	}
	box := pdf.Rect{X0: (w - bw) / 2, Y0: (h - bh) / 2, X1: (w + bw) / 2, Y1: (h + bh) / 2}
	data, err := pdf.Deflate(content)
	if err != nil {
		return nil, err
	}
	st := formXObject(box, upright(page.Rotate), data)
	st.Dict = st.Dict.With("Filter", pdf.Name("FlateDecode"))
	return st, nil
}
