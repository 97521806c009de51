package signer

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Strip is one page's part of a straddling seal.
type Strip struct {
	Place
	Appearance Appearance
}

// Strips cuts an appearance for a document that is already signed. There, new button
// fields would break the earlier signatures, so each strip is signed in its own
// signature field.
func (s Straddle) Strips(d *Document, a Appearance) ([]Strip, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	_, w, h := a.Vector()
	out := make([]Strip, 0, len(s.Pages))
	for _, pages := range s.seals() {
		for i, no := range pages {
			page, err := d.page(no)
			if err != nil {
				return nil, err
			}
			out = append(out, Strip{Place{no, s.box(page, len(pages))}, strip{a, s.Side.part(i, len(pages), w, h)}})
		}
	}
	return out, nil
}

// strip is a part of an appearance.
type strip struct {
	whole Appearance
	part  pdf.Rect
}

// Vector implements [Appearance].
func (s strip) Vector() ([]byte, float64, float64) {
	content, _, _ := s.whole.Vector()
	w, h := s.part.Width(), s.part.Height()
	b := fmt.Appendf(nil, "q 0 0 %.4f %.4f re W n 1 0 0 1 %.4f %.4f cm\n", w, h, -s.part.X0, -s.part.Y0)
	return append(append(b, content...), " Q\n"...), w, h
}

// Opacity returns the opacity of the whole seal.
func (s strip) Opacity() float64 { return opacity(s.whole) }

func (s strip) xobjects(add func(pdf.Object) pdf.Ref, p palette) (*pdf.Dict, error) {
	if r, ok := s.whole.(resourced); ok {
		return r.xobjects(add, p)
	}
	return pdf.NewDict(), nil
}
