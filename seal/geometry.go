package seal

import (
	"math"
	"sort"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

type point = font.Point

// A matrix maps (x, y) to (a·x + c·y + e, b·x + d·y + f), as in PDF and SVG.
type matrix struct{ a, b, c, d, e, f float64 }

func (m matrix) apply(p point) point {
	return point{X: m.a*p.X + m.c*p.Y + m.e, Y: m.b*p.X + m.d*p.Y + m.f}
}

// then returns the matrix that maps first by m and then by n.
func (m matrix) then(n matrix) matrix {
	o := n.apply(point{X: m.e, Y: m.f})
	return matrix{
		a: n.a*m.a + n.c*m.b, b: n.b*m.a + n.d*m.b,
		c: n.a*m.c + n.c*m.d, d: n.b*m.c + n.d*m.d,
		e: o.X, f: o.Y,
	}
}

// at returns the matrix that only moves to p.
func at(p point) matrix { return matrix{a: 1, d: 1, e: p.X, f: p.Y} }

// A curve is an ellipse about the origin measured by the length of its arc,
// clockwise from the top. A circle is the case of equal axes.
type curve struct {
	rx, ry float64
	length []float64 // length[i]: arc from the top to angle i·2π/curveSteps
}

// curveSteps makes the table exact to 1e-9 of the axis: each step is integrated
// by Gauss–Legendre with three points.
const curveSteps = 256

func newCurve(rx, ry float64) curve {
	c := curve{rx, ry, make([]float64, curveSteps+1)}
	const h = 2 * math.Pi / curveSteps
	const node = 0.7745966692414834 // √(3/5)
	for i := range curveSteps {
		mid := (float64(i) + 0.5) * h
		c.length[i+1] = c.length[i] + h/2*(5*c.speed(mid-node*h/2)+8*c.speed(mid)+5*c.speed(mid+node*h/2))/9
	}
	return c
}

// speed is the length of the derivative at angle t.
func (c curve) speed(t float64) float64 { return math.Hypot(c.rx*math.Cos(t), c.ry*math.Sin(t)) }

// radius returns the radius of curvature at a point of the curve.
func (c curve) radius(p point) float64 {
	v := math.Hypot(c.rx*p.Y/c.ry, c.ry*p.X/c.rx)
	return v * v * v / (c.rx * c.ry)
}

func (c curve) perimeter() float64 { return c.length[curveSteps] }

// arc returns the length of the arc that spans the given degrees of the
// parameter, half either side of the top.
func (c curve) arc(degrees float64) float64 {
	t := degrees / 720 * curveSteps // table steps in one half
	i := min(int(t), curveSteps-1)
	return 2 * (c.length[i] + (t-float64(i))*(c.length[i+1]-c.length[i]))
}

// degrees is the inverse of arc.
func (c curve) degrees(length float64) float64 {
	if length >= c.perimeter() {
		return 360
	}
	p, _ := c.at(length / 2)
	return math.Atan2(p.X/c.rx, p.Y/c.ry) * 360 / math.Pi
}

// at returns the point at arc length s and the unit tangent there, clockwise.
func (c curve) at(s float64) (p, tangent point) {
	whole := c.perimeter()
	s = math.Mod(s, whole)
	if s < 0 {
		s += whole
	}
	i := min(max(sort.SearchFloat64s(c.length, s)-1, 0), curveSteps-1)
	const h = 2 * math.Pi / curveSteps
	t := (float64(i) + (s-c.length[i])/(c.length[i+1]-c.length[i])) * h
	// The table is linear between its steps; Simpson's rule corrects the rest.
	start := float64(i) * h
	got := c.length[i] + (t-start)/6*(c.speed(start)+4*c.speed((start+t)/2)+c.speed(t))
	t -= (got - s) / c.speed(t)

	sin, cos := math.Sincos(t)
	v := c.speed(t)
	return point{X: c.rx * sin, Y: c.ry * cos}, point{X: c.rx * cos / v, Y: -c.ry * sin / v}
}

// ellipse returns a closed contour of eight cubics, within 1e-5 of the axis.
// It runs counter-clockwise, or clockwise to cut a hole.
func ellipse(rx, ry float64, hole bool) []font.Segment {
	const arcs = 8
	step := 2 * math.Pi / arcs
	if hole {
		step = -step
	}
	k := 4.0 / 3 * math.Tan(step/4)
	path := []font.Segment{{Op: font.MoveTo, P: [3]point{{X: rx}}}}
	for i := range arcs {
		s0, c0 := math.Sincos(float64(i) * step)
		s1, c1 := math.Sincos(float64(i+1) * step)
		path = append(path, font.Segment{Op: font.CubeTo, P: [3]point{
			{X: rx * (c0 - k*s0), Y: ry * (s0 + k*c0)},
			{X: rx * (c1 + k*s1), Y: ry * (s1 - k*c1)},
			{X: rx * c1, Y: ry * s1},
		}})
	}
	return path
}

// polygon returns a closed contour through corners.
func polygon(corners ...point) []font.Segment {
	path := make([]font.Segment, len(corners))
	for i, p := range corners {
		path[i] = font.Segment{Op: font.LineTo, P: [3]point{p}}
	}
	path[0].Op = font.MoveTo
	return path
}

// frame returns the rim of a rectangle w by h about the origin.
func frame(w, h, border float64) []font.Segment {
	x, y := w/2, h/2
	outer := polygon(point{X: -x, Y: -y}, point{X: x, Y: -y}, point{X: x, Y: y}, point{X: -x, Y: y})
	x, y = x-border, y-border
	return append(outer, polygon(point{X: -x, Y: -y}, point{X: -x, Y: y}, point{X: x, Y: y}, point{X: x, Y: -y})...)
}

// star returns the regular five-pointed star with one point up whose points lie
// on a circle of the given diameter about the origin. The notches lie where the
// sides of the pentagram cross.
func star(diameter float64) []font.Segment {
	outer := diameter / 2
	inner := outer * math.Sin(math.Pi/10) / math.Sin(3*math.Pi/10)
	var corners [10]point
	for i := range corners {
		r := outer
		if i%2 == 1 {
			r = inner
		}
		sin, cos := math.Sincos(float64(i) * math.Pi / 5)
		corners[i] = point{X: -r * sin, Y: r * cos}
	}
	return polygon(corners[:]...)
}
