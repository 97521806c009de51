package widget

import "fmt"

// Mark is the shape that a button shows when it is on (ISO 32000-2, table 192, /CA in
// ZapfDingbats).
type Mark byte

// The marks.
const (
	Tick    Mark = '4'
	Disc    Mark = 'l'
	Cross   Mark = '8'
	Diamond Mark = 'u'
	Square  Mark = 'n'
	Star    Mark = 'H'
)

// shapes are polygons in a square from -1 to 1.
var shapes = map[Mark][][2]float64{
	Tick:    {{-0.62, 0.02}, {-0.42, 0.16}, {-0.2, -0.2}, {0.42, 0.62}, {0.6, 0.54}, {-0.14, -0.62}, {-0.26, -0.62}},
	Cross:   {{-0.6, 0.45}, {-0.45, 0.6}, {0, 0.15}, {0.45, 0.6}, {0.6, 0.45}, {0.15, 0}, {0.6, -0.45}, {0.45, -0.6}, {0, -0.15}, {-0.45, -0.6}, {-0.6, -0.45}, {-0.15, 0}},
	Diamond: {{0, 0.65}, {0.65, 0}, {0, -0.65}, {-0.65, 0}},
	Square:  {{-0.55, -0.55}, {-0.55, 0.55}, {0.55, 0.55}, {0.55, -0.55}},
	Star:    {{0, 0.7}, {0.16, 0.22}, {0.67, 0.22}, {0.26, -0.08}, {0.41, -0.57}, {0, -0.27}, {-0.41, -0.57}, {-0.26, -0.08}, {-0.67, 0.22}, {-0.16, 0.22}},
}

// draw fills the mark in the middle of a box.
func (m Mark) draw(b []byte, w, h float64) []byte {
	half := min(w, h) / 2
	if m == Disc {
		return append(circle(b, w/2, h/2, 0.5*half), "f\n"...)
	}
	points, ok := shapes[m]
	if !ok {
		points = shapes[Tick]
	}
	op := "m"
	for _, p := range points {
		b = fmt.Appendf(b, "%.3f %.3f %s\n", w/2+p[0]*half, h/2+p[1]*half, op)
		op = "l"
	}
	return append(b, "h f\n"...)
}

// circle adds a circle to the path.
func circle(b []byte, x, y, r float64) []byte {
	if r <= 0 {
		return b
	}
	k := 0.5523 * r // of the control points
	return fmt.Appendf(b, "%.3f %.3f m %.3f %.3f %.3f %.3f %.3f %.3f c %.3f %.3f %.3f %.3f %.3f %.3f c %.3f %.3f %.3f %.3f %.3f %.3f c %.3f %.3f %.3f %.3f %.3f %.3f c h\n",
		x+r, y, x+r, y+k, x+k, y+r, x, y+r, x-k, y+r, x-r, y+k, x-r, y, x-r, y-k, x-k, y-r, x, y-r, x+k, y-r, x+r, y-k, x+r, y)
}
