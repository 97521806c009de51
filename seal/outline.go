package seal

import (
	"math"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// fitTolerance is how far a cubic may lie off the outline it stands for, in mm.
const fitTolerance = 0.008

// appendOutline appends the outline of a line as closed contours, all
// counter-clockwise, to be filled together by the non-zero rule. If the line turns more
// sharply than its thickness allows, or its width grows faster than the line advances,
// the contour ends in a round and a new one begins: no contour turns inside out.
func appendOutline(path []font.Segment, line []mark) []font.Segment {
	if len(line) == 1 {
		return appendDot(path, line[0])
	}
	first := 0
	for i := 1; i < len(line); i++ {
		if i == len(line)-1 || tight(line[i-1], line[i], line[i+1]) || steep(line[i-1], line[i]) || steep(line[i], line[i+1]) {
			path = appendPiece(path, line[first:i+1])
			first = i
		}
	}
	return path
}

// tight reports whether the line turns about b in less than its own thickness.
func tight(a, b, c mark) bool {
	in, out := direction(a.at, b.at), direction(b.at, c.at)
	turn := math.Abs(math.Atan2(in.X*out.Y-in.Y*out.X, in.X*out.X+in.Y*out.Y))
	return turn*b.half > 0.8*min(distance(a.at, b.at), distance(b.at, c.at))
}

// steep reports whether the width of the line changes from a to b nearly as fast as the
// line advances.
func steep(a, b mark) bool { return math.Abs(b.half-a.half) >= 0.8*distance(a.at, b.at) }

// direction returns the unit vector from p to q, or the zero vector if they are equal.
func direction(p, q point) point {
	d := distance(p, q)
	if d == 0 {
		return point{X: 1}
	}
	return point{X: (q.X - p.X) / d, Y: (q.Y - p.Y) / d}
}

// appendDot appends the round of one place.
func appendDot(path []font.Segment, m mark) []font.Segment {
	for _, s := range ellipse(m.half, m.half, false) {
		for j := range s.Op.Points() {
			s.P[j] = point{X: s.P[j].X + m.at.X, Y: s.P[j].Y + m.at.Y}
		}
		path = append(path, s)
	}
	return path
}

// appendPiece appends the outline of a part of a line without sharp turns: along its
// right side, round the end, back on the left, round the start. The sides touch the
// rounds of the pen: behind the middle where the line becomes thicker, before it where
// it becomes thinner.
func appendPiece(path []font.Segment, line []mark) []font.Segment {
	n := len(line)
	if a, b := line[0], line[n-1]; n == 2 && math.Abs(b.half-a.half) >= distance(a.at, b.at) {
		if a.half > b.half {
			return appendDot(path, a)
		}
		return appendDot(path, b)
	}
	right, left := make([]point, n), make([]point, n)
	backs := make([]float64, n) // the angle by which the sides touch behind the middle
	for i, m := range line {
		a, b := line[max(i-1, 0)], line[min(i+1, n-1)]
		d := direction(a.at, b.at)
		swell := min(max((b.half-a.half)/distance(a.at, b.at), -1), 1)
		across := math.Sqrt(1-swell*swell) * m.half
		back := point{X: m.at.X - d.X*swell*m.half, Y: m.at.Y - d.Y*swell*m.half}
		right[i] = point{X: back.X + d.Y*across, Y: back.Y - d.X*across}
		left[n-1-i] = point{X: back.X - d.Y*across, Y: back.Y + d.X*across}
		backs[i] = math.Asin(swell)
	}
	path = append(path, font.Segment{Op: font.MoveTo, P: [3]point{right[0]}})
	path = appendFit(path, right)
	path = appendRound(path, line[n-1].at, right[n-1], math.Pi+2*backs[n-1])
	path = appendFit(path, left)
	return appendRound(path, line[0].at, left[n-1], math.Pi-2*backs[0])
}

// appendRound appends an arc about a middle, counter-clockwise from a point.
func appendRound(path []font.Segment, middle, from point, angle float64) []font.Segment {
	parts := math.Ceil(angle / (math.Pi / 2) * 0.999) // each a quarter at most
	sin, cos := math.Sincos(angle / parts)
	k := 4.0 / 3 * math.Tan(angle/parts/4)
	x, y := from.X-middle.X, from.Y-middle.Y
	for range int(parts) {
		p := func(along, across float64) point {
			return point{X: middle.X + along*x - across*y, Y: middle.Y + along*y + across*x}
		}
		path = append(path, font.Segment{Op: font.CubeTo, P: [3]point{p(1, k), p(cos+k*sin, sin-k*cos), p(cos, sin)}})
		x, y = cos*x-sin*y, sin*x+cos*y
	}
	return path
}

// appendFit appends cubics that follow points, each as long as the tolerance lets
// it be (P. J. Schneider's method, Graphics Gems, 1990).
func appendFit(path []font.Segment, points []point) []font.Segment {
	type run struct{ from, to int }
	todo := []run{{0, len(points) - 1}}
	for len(todo) > 0 {
		r := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		part := points[r.from : r.to+1]
		if len(part) == 2 {
			path = append(path, font.Segment{Op: font.LineTo, P: [3]point{part[1]}})
			continue
		}
		// Neighbours share the tangent at their joint.
		start := direction(points[max(r.from-1, 0)], points[r.from+1])
		end := direction(points[min(r.to+1, len(points)-1)], points[r.to-1])
		c, worst := fitCubic(part, start, end)
		if worst > 0 {
			todo = append(todo, run{r.from + worst, r.to}, run{r.from, r.from + worst})
			continue
		}
		path = append(path, font.Segment{Op: font.CubeTo, P: c})
	}
	return path
}

// fitCubic returns the controls and end of the best cubic through the ends of points
// that leaves and arrives along the given directions. It also returns the index of the
// point farthest from it, or 0 if all are within the tolerance.
func fitCubic(points []point, start, end point) (c [3]point, worst int) {
	n := len(points) - 1
	u := make([]float64, n+1)
	for i := 1; i <= n; i++ {
		u[i] = u[i-1] + distance(points[i-1], points[i])
	}
	whole := u[n]
	if whole == 0 {
		return [3]point{points[n], points[n], points[n]}, 0
	}
	for i := range u {
		u[i] /= whole
	}
	for range 4 {
		c = leastSquares(points, u, start, end, whole)
		worst = 0
		most := fitTolerance
		for i := 1; i < n; i++ {
			if d := distance(onCubic(points[0], c, u[i]), points[i]); d > most {
				most, worst = d, i
			}
		}
		if worst == 0 || most > 20*fitTolerance {
			return c, worst
		}
		for i := 1; i < n; i++ {
			u[i] = nearer(points[0], c, points[i], u[i])
		}
	}
	return c, worst
}

// leastSquares places the two controls for parameters u of the points.
func leastSquares(points []point, u []float64, start, end point, whole float64) [3]point {
	first, last := points[0], points[len(points)-1]
	var aa, ab, bb, ax, bx float64
	for i, p := range points {
		t := u[i]
		s := 1 - t
		b1, b2 := 3*s*s*t, 3*s*t*t
		b0, b3 := s*s*s+b1, b2+t*t*t
		x, y := p.X-first.X*b0-last.X*b3, p.Y-first.Y*b0-last.Y*b3
		aa += b1 * b1
		ab += b1 * b2 * (start.X*end.X + start.Y*end.Y)
		bb += b2 * b2
		ax += b1 * (start.X*x + start.Y*y)
		bx += b2 * (end.X*x + end.Y*y)
	}
	one, two := whole/3, whole/3
	if det := aa*bb - ab*ab; det > 1e-12 {
		a, b := (ax*bb-bx*ab)/det, (aa*bx-ab*ax)/det
		if a > whole*1e-3 && b > whole*1e-3 && a < whole && b < whole {
			one, two = a, b
		}
	}
	return [3]point{
		{X: first.X + start.X*one, Y: first.Y + start.Y*one},
		{X: last.X + end.X*two, Y: last.Y + end.Y*two},
		last,
	}
}

func onCubic(p point, c [3]point, t float64) point {
	a, b, d := between(p, c[0], t), between(c[0], c[1], t), between(c[1], c[2], t)
	return between(between(a, b, t), between(b, d, t), t)
}

// nearer moves t one step of Newton's method towards the foot of q on the cubic.
func nearer(p point, c [3]point, q point, t float64) float64 {
	s := 1 - t
	d1 := func(a, b, d, e float64) float64 { return 3 * (s*s*(b-a) + 2*s*t*(d-b) + t*t*(e-d)) }
	d2 := func(a, b, d, e float64) float64 { return 6 * (s*(d-2*b+a) + t*(e-2*d+b)) }
	x, y := d1(p.X, c[0].X, c[1].X, c[2].X), d1(p.Y, c[0].Y, c[1].Y, c[2].Y)
	xx, yy := d2(p.X, c[0].X, c[1].X, c[2].X), d2(p.Y, c[0].Y, c[1].Y, c[2].Y)
	at := onCubic(p, c, t)
	slope := x*x + y*y + (at.X-q.X)*xx + (at.Y-q.Y)*yy
	if slope <= 0 {
		return t
	}
	return min(max(t-((at.X-q.X)*x+(at.Y-q.Y)*y)/slope, 0), 1)
}
