package seal

import "unicode/utf8"

// A 法人章 holds a name of up to four characters and 印 or 之印, read in columns from
// the right.
const (
	squareSide   = 20.0 // mm
	squareBorder = 1.0  // mm
	squareMin    = 2    // characters
	squareName   = 4    // characters at most
	squareMax    = 6    // characters with Text
)

// drawSquare draws Name followed by Text: 张三 with 印 reads 张 | 三 印.
func (spec *Spec) drawSquare() (*Artwork, error) {
	if spec.Code != "" || spec.RingCode != "" {
		return nil, &CodeError{"Code", spec.Code + spec.RingCode, CodePlace}
	}
	w, err := side("Width", spec.Width, squareSide)
	if err != nil {
		return nil, err
	}
	h, err := side("Height", spec.Height, w)
	if err != nil {
		return nil, err
	}
	border, err := measure("Measure.Border", spec.Measure.Border, squareBorder*min(w, h)/squareSide, 0.1, min(w, h)/4, true)
	if err != nil {
		return nil, err
	}
	name, err := checkText("Name", spec.Name, squareName)
	if err != nil {
		return nil, err
	}
	text := name + spec.Text
	if text, err = checkText("Text", text, squareMax); err != nil {
		return nil, err
	}
	face, _, err := spec.faces()
	if err != nil {
		return nil, err
	}
	letters, err := face.letters(text)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(text) < squareMin {
		return nil, &FitError{"Name"}
	}
	var shapes []shape
	if border > 0 {
		shapes = append(shapes, shape{frame(w, h, border), at(point{})})
	}
	pad := 0.05 * min(w, h)
	for i, cell := range columns(len(letters), w-2*border-2*pad, h-2*border-2*pad) {
		if len(letters[i].glyph.Path) > 0 {
			shapes = append(shapes, letters[i].within(cell, pad/2))
		}
	}
	return newArtwork(spec, w, h, shapes)
}

// A cell is an upright rectangle about its centre, in mm.
type cell struct {
	centre point
	w, h   float64
}

// columns divides w by h about the origin into cells for n characters, in two columns
// from the right. If n is odd, the first character, the family name, has the first
// column alone.
func columns(n int, w, h float64) []cell {
	right, left := n/2, n-n/2
	var out []cell
	for i, rows := range []int{right, left} {
		for row := range rows {
			x := w / 4 * float64(1-2*i)
			y := h/2 - h/float64(rows)*(float64(row)+0.5)
			out = append(out, cell{point{X: x, Y: y}, w / 2, h / float64(rows)})
		}
	}
	return out
}

// within stretches the ink of l over c minus a margin, but to at most maxStretch times
// its own proportion.
func (l letter) within(c cell, margin float64) shape {
	const maxStretch = 1.7
	b := l.glyph.Bounds
	w, h := c.w-2*margin, c.h-2*margin
	sx, sy := w/max(b.Width(), 0.5), h/max(b.Height(), 0.5)
	sx, sy = min(sx, sy*maxStretch), min(sy, sx*maxStretch)
	m := matrix{a: sx, d: sy}
	o := m.apply(point{X: l.mid, Y: (b.Min.Y + b.Max.Y) / 2})
	m.e, m.f = c.centre.X-o.X, c.centre.Y-o.Y
	return shape{l.glyph.Path, m}
}
