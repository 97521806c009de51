package font

import (
	"math"
	"strconv"
)

// Thousandths is the number of parts of a path's own unit (of an em for a letter, of a mm
// for a rim): vector formats write its coordinates as whole parts, as fonts do. The
// matrix of the shape scales them.
const Thousandths = 1000

// AppendPoints writes points as "x y x y".
func AppendPoints(b []byte, points []Point) []byte {
	for i, p := range points {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(math.Round(p.X*Thousandths)), 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(math.Round(p.Y*Thousandths)), 10)
	}
	return b
}

// AppendPDF writes a path as operators of a PDF content stream, in whole
// thousandths of the path's own unit. PDF has no quadratic curves: each
// becomes the cubic with the same shape, or two become the one that they stood
// for.
func AppendPDF(b []byte, path []Segment) []byte {
	var last Point
	for i := 0; i < len(path); i++ {
		seg := path[i]
		if i+1 < len(path) {
			if joined, ok := join(last, seg, path[i+1]); ok {
				seg = joined
				i++
			}
		}
		switch seg.Op {
		case MoveTo:
			b = append(AppendPoints(b, seg.P[:1]), " m\n"...)
		case LineTo:
			b = append(AppendPoints(b, seg.P[:1]), " l\n"...)
		case QuadTo:
			b = append(AppendPoints(b, []Point{
				mix(last, seg.P[0], 2.0/3), mix(seg.P[1], seg.P[0], 2.0/3), seg.P[1],
			}), " c\n"...)
		case CubeTo:
			b = append(AppendPoints(b, seg.P[:3]), " c\n"...)
		}
		last = seg.P[seg.Op.Points()-1]
	}
	return b
}

// join returns the cubic that was split into the quadratics a and b on the way to
// TrueType, if it stays within a thousandth of an em of them. Without it a third of the
// outline would be written twice.
func join(start Point, a, b Segment) (Segment, bool) {
	const tolerance = 1.0 / Thousandths
	if a.Op != QuadTo || b.Op != QuadTo {
		return Segment{}, false
	}
	middle, end := a.P[1], b.P[1]
	// Halves of a cubic have controls at 3/4 of its tangents.
	c1 := Point{X: start.X + (a.P[0].X-start.X)*4/3, Y: start.Y + (a.P[0].Y-start.Y)*4/3}
	c2 := Point{X: end.X + (b.P[0].X-end.X)*4/3, Y: end.Y + (b.P[0].Y-end.Y)*4/3}
	for _, probe := range []struct {
		t    float64
		want Point
	}{
		{0.25, quadratic(start, a.P[0], middle, 0.5)},
		{0.5, middle},
		{0.75, quadratic(middle, b.P[0], end, 0.5)},
	} {
		got := cubic(start, c1, c2, end, probe.t)
		if math.Hypot(got.X-probe.want.X, got.Y-probe.want.Y) > tolerance {
			return Segment{}, false
		}
	}
	return Segment{Op: CubeTo, P: [3]Point{c1, c2, end}}, true
}

// mix returns the point t of the way from p to q.
func mix(p, q Point, t float64) Point {
	return Point{X: p.X + (q.X-p.X)*t, Y: p.Y + (q.Y-p.Y)*t}
}

func quadratic(p, c, q Point, t float64) Point { return mix(mix(p, c, t), mix(c, q, t), t) }

func cubic(p, c, d, q Point, t float64) Point {
	return mix(quadratic(p, c, d, t), quadratic(c, d, q, t), t)
}
