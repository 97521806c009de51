package seal

import (
	"fmt"
	"io"
	"math"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// pointsPerMM turns mm into points of 1/72 inch.
const pointsPerMM = 72 / 25.4

// Vector returns PDF content-stream operators (ISO 32000-2, 8.5) that paint the
// artwork into a box of widthMM by heightMM whose unit is one millimetre, with
// the origin lower left and y up. They are paths filled with the ink in
// DeviceRGB: no fonts and no resources. The graphics state is restored.
func (a *Artwork) Vector() (content []byte, widthMM, heightMM float64) {
	b := append([]byte(nil), "q "...)
	for _, v := range []uint8{a.ink.R, a.ink.G, a.ink.B} {
		b = append(appendDecimal(b, float64(v)/255, 4), ' ')
	}
	b = append(b, "rg\n"...)
	for _, s := range a.shapes {
		b = append(b, "q "...)
		b = s.appendMatrix(b)
		b = append(b, " cm\n"...)
		b = appendPath(b, s.path)
		b = append(b, "f Q\n"...)
	}
	return append(b, "Q\n"...), a.width, a.height
}

// appendPath writes path in thousandths. PDF has no quadratic curves: each
// becomes the cubic with the same shape, or two become the one that they stood
// for.
func appendPath(b []byte, path []font.Segment) []byte {
	var last point
	for i := 0; i < len(path); i++ {
		seg := path[i]
		if i+1 < len(path) {
			if joined, ok := join(last, seg, path[i+1]); ok {
				seg = joined
				i++
			}
		}
		switch seg.Op {
		case font.MoveTo:
			b = append(appendPoints(b, seg.P[:1]), " m\n"...)
		case font.LineTo:
			b = append(appendPoints(b, seg.P[:1]), " l\n"...)
		case font.QuadTo:
			b = append(appendPoints(b, []point{
				mix(last, seg.P[0], 2.0/3), mix(seg.P[1], seg.P[0], 2.0/3), seg.P[1],
			}), " c\n"...)
		case font.CubeTo:
			b = append(appendPoints(b, seg.P[:3]), " c\n"...)
		}
		last = seg.P[seg.Op.Points()-1]
	}
	return b
}

// join returns the cubic that was split into the quadratics a and b on the way
// to TrueType, if it stays within a thousandth of an em of them. Otherwise a
// third of the outline would be said twice.
func join(start point, a, b font.Segment) (font.Segment, bool) {
	const tolerance = 1.0 / thousandths
	if a.Op != font.QuadTo || b.Op != font.QuadTo {
		return font.Segment{}, false
	}
	middle, end := a.P[1], b.P[1]
	// Halves of a cubic have controls at 3/4 of its tangents.
	c1 := point{X: start.X + (a.P[0].X-start.X)*4/3, Y: start.Y + (a.P[0].Y-start.Y)*4/3}
	c2 := point{X: end.X + (b.P[0].X-end.X)*4/3, Y: end.Y + (b.P[0].Y-end.Y)*4/3}
	for _, probe := range []struct {
		t    float64
		want point
	}{
		{0.25, quadratic(start, a.P[0], middle, 0.5)},
		{0.5, middle},
		{0.75, quadratic(middle, b.P[0], end, 0.5)},
	} {
		got := cubic(start, c1, c2, end, probe.t)
		if math.Hypot(got.X-probe.want.X, got.Y-probe.want.Y) > tolerance {
			return font.Segment{}, false
		}
	}
	return font.Segment{Op: font.CubeTo, P: [3]point{c1, c2, end}}, true
}

// mix returns the point t of the way from p to q.
func mix(p, q point, t float64) point {
	return point{X: p.X + (q.X-p.X)*t, Y: p.Y + (q.Y-p.Y)*t}
}

func quadratic(p, c, q point, t float64) point { return mix(mix(p, c, t), mix(c, q, t), t) }

func cubic(p, c, d, q point, t float64) point {
	return mix(quadratic(p, c, d, t), quadratic(c, d, q, t), t)
}

// PDF writes the artwork as a PDF 1.4 document of one page of its true size.
func (a *Artwork) PDF(w io.Writer) error {
	content, width, height := a.Vector()
	scale := appendDecimal(nil, pointsPerMM, 7)
	stream := fmt.Appendf(nil, "q %s 0 0 %s 0 0 cm\n%sQ\n", scale, scale, content)
	objects := [][]byte{
		[]byte("<< /Type /Catalog /Pages 2 0 R >>"),
		[]byte("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
		fmt.Appendf(nil, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Resources << >> /Contents 4 0 R >>",
			number(width*pointsPerMM), number(height*pointsPerMM)),
		fmt.Appendf(nil, "<< /Length %d >>\nstream\n%sendstream", len(stream), stream),
	}
	b := []byte("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = len(b)
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := len(b)
	b = fmt.Appendf(b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		b = fmt.Appendf(b, "%010d 00000 n \n", offset)
	}
	b = fmt.Appendf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	_, err := w.Write(b)
	return err
}
