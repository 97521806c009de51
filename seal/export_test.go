package seal

import "github.com/dajiaqian/dajiaqian/internal/font"

// EllipsePoints places n points at equal arc lengths on an ellipse, clockwise
// from the top, with the tangents there.
func EllipsePoints(rx, ry float64, n int) (points, tangents [][2]float64, perimeter float64) {
	c := newCurve(rx, ry)
	for i := range n {
		p, t := c.at(c.perimeter() * float64(i) / float64(n))
		points = append(points, [2]float64{p.X, p.Y})
		tangents = append(tangents, [2]float64{t.X, t.Y})
	}
	return points, tangents, c.perimeter()
}

// Handwritten returns the middles and half widths of the lines of a handwriting, in mm,
// and a function that reports whether the outlines drawn for them cover a place.
func Handwritten(h Handwriting, width, height, line float64) (lines [][][3]float64, covers func(x, y float64) bool) {
	drawn, _, err := h.ink(width, height, line)
	if err != nil {
		panic(err)
	}
	var path []font.Segment
	for _, l := range drawn {
		path = appendOutline(path, l)
		var marks [][3]float64
		for _, m := range l {
			marks = append(marks, [3]float64{m.at.X, m.at.Y, m.half})
		}
		lines = append(lines, marks)
	}
	type edge struct{ a, b point }
	var edges []edge
	var start, last point
	for _, s := range path {
		to := s.P[s.Op.Points()-1]
		switch s.Op {
		case font.MoveTo:
			edges = append(edges, edge{last, start})
			start = to
		case font.LineTo:
			edges = append(edges, edge{last, to})
		case font.CubeTo:
			from := last
			for i := 1; i < 12; i++ {
				p := onCubic(from, s.P, float64(i)/12)
				edges = append(edges, edge{last, p})
				last = p
			}
			edges = append(edges, edge{last, to}) // exactly to the last bit, or a ray passes through
		}
		last = to
	}
	edges = append(edges, edge{last, start})
	return lines, func(x, y float64) bool {
		winding := 0
		for _, e := range edges {
			if (e.a.Y > y) == (e.b.Y > y) {
				continue
			}
			if e.a.X+(y-e.a.Y)/(e.b.Y-e.a.Y)*(e.b.X-e.a.X) > x {
				if e.b.Y > e.a.Y {
					winding++
				} else {
					winding--
				}
			}
		}
		return winding != 0
	}
}
