package signer

import "github.com/dajiaqian/dajiaqian/internal/pdf"

// PageSizes returns the width and height in millimetres of every page as it is
// displayed, the first at index 0: the results of [Document.PageSize], in one walk.
func (d *Document) PageSizes() ([][2]float64, error) {
	var out [][2]float64
	err := d.f.Pages(func(_ int, p pdf.Page) bool {
		w, h := p.Size()
		out = append(out, [2]float64{w / pointsPerMM, h / pointsPerMM})
		return true
	})
	if err != nil {
		return nil, &InputError{err}
	}
	return out, nil
}
