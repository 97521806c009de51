package seal

import (
	"image"
	"math"
	"slices"
)

// seal returns the box of the largest group of ink and marks, with 1, where it
// may reach; or all ink, and nothing is marked. Black ink that has no frame is
// print: the box is empty.
func (e *extraction) seal(all bool) (image.Rectangle, plane) {
	if all {
		return e.alpha.box(0.4), plane{}
	}
	// Parts that belong together are near each other; strokes of a pen less so.
	reach := max(2, max(e.alpha.w, e.alpha.h)/45)
	if e.black {
		reach *= 2
	}
	solid := newPlane(e.alpha.w, e.alpha.h)
	for i, v := range e.alpha.v {
		if v > 0.4 {
			solid.v[i] = 1
		}
	}
	joined := solid.copied()
	joined.grow(reach)
	label, groups := joined.patches(0.5, solid)
	best := 0
	worth := func(g *patch) float64 {
		if b := g.box; b.Min.X == 0 || b.Min.Y == 0 || b.Max.X == e.alpha.w || b.Max.Y == e.alpha.h {
			return g.weight / 4 // goes on beyond the picture
		}
		return g.weight
	}
	for i := range groups {
		if worth(&groups[i]) > worth(&groups[best]) {
			best = i
		}
	}
	if len(groups) == 0 {
		return image.Rectangle{}, plane{}
	}
	for i, n := range label {
		if int(n) != best+1 {
			solid.v[i], joined.v[i] = 0, 0
		}
	}
	if e.black && solid.framed() < frameShare {
		return image.Rectangle{}, plane{} // print, or a shadow
	}
	return solid.box(0.5), joined.within()
}

// frameShare is how much of the hull of a black seal must be inked at least: a
// ring or a frame is all there, lines of print are not.
const frameShare = 0.85

// framed returns the share of the convex hull's outline that has marks within a
// fiftieth of its size, 0 if there is no hull.
func (p plane) framed() float64 {
	xs, ys := p.rim(0.5) // row by row
	cross := func(hull []int, i int) bool {
		a, b := hull[len(hull)-2], hull[len(hull)-1]
		return (xs[b]-xs[a])*(ys[i]-ys[a])-(ys[b]-ys[a])*(xs[i]-xs[a]) <= 0
	}
	var hull []int
	for _, back := range []bool{false, true} {
		start := len(hull)
		for n := range xs {
			i := n
			if back {
				i = len(xs) - 1 - n
			}
			if !back && i%2 == 0 || back && i%2 == 1 {
				continue // right ends on the way down, left ones on the way up
			}
			for len(hull) >= start+2 && cross(hull, i) {
				hull = hull[:len(hull)-1]
			}
			hull = append(hull, i)
		}
	}
	if len(hull) < 3 {
		return 0
	}
	box := p.box(0.5)
	near := p.copied()
	near.grow(max(1, max(box.Dx(), box.Dy())/50))
	inked, all := 0, 0
	for n, i := range hull {
		j := hull[(n+1)%len(hull)]
		steps := int(math.Max(math.Abs(xs[j]-xs[i]), math.Abs(ys[j]-ys[i])))
		for k := range steps {
			t := float64(k) / float64(steps)
			x, y := int(xs[i]+t*(xs[j]-xs[i])), int(ys[i]+t*(ys[j]-ys[i]))
			all++
			if near.v[y*p.w+x] != 0 {
				inked++
			}
		}
	}
	return float64(inked) / float64(max(all, 1))
}

// within marks what has marks on all four sides of it: what a ring holds, even a
// worn one.
func (p plane) within() plane {
	out := newPlane(p.w, p.h)
	span := func(start, n, step int) {
		first, last := n, -1
		for i := range n {
			if p.v[start+i*step] != 0 {
				first, last = min(first, i), i
			}
		}
		for i := first; i <= last; i++ {
			out.v[start+i*step]++
		}
	}
	for y := range p.h {
		span(y*p.w, p.w, 1)
	}
	for x := range p.w {
		span(x, p.h, p.w)
	}
	for i, v := range out.v {
		out.v[i] = max(v-1, 0)
	}
	return out
}

// The support of a shape is measured every half degree of a half turn.
const supportSteps = 360

// skew returns by how many degrees the seal has to be turned clockwise to stand
// upright, 0 for round seals and where the shape does not say.
func (e *extraction) skew() float64 {
	var width [supportSteps]float64
	xs, ys := e.alpha.rim(0.5)
	if len(xs) == 0 {
		return 0
	}
	var low, high [supportSteps]float64
	for s := range supportSteps {
		low[s], high[s] = math.Inf(1), math.Inf(-1)
	}
	for s := range supportSteps {
		sin, cos := math.Sincos(float64(s) * math.Pi / supportSteps)
		for i := range xs {
			d := xs[i]*cos + ys[i]*sin
			low[s], high[s] = min(low[s], d), max(high[s], d)
		}
		width[s] = high[s] - low[s] + 1
	}
	at := func(s int) float64 { return width[(s+2*supportSteps)%supportSteps] }

	// In an ellipse the squares of two widths at a right angle always have the
	// same sum. In a rectangle they have not.
	least, most := math.Inf(1), 0.0
	for s := range supportSteps / 2 {
		sum := at(s)*at(s) + at(s+supportSteps/2)*at(s+supportSteps/2)
		least, most = min(least, sum), max(most, sum)
	}
	if most/least < 1.25 {
		return e.skewOval(&width)
	}
	best, size := 0, math.Inf(1)
	for s := -2 * MaxPhotoSkew; s <= 2*MaxPhotoSkew; s++ {
		if a := at(s) * at(s+supportSteps/2); a < size {
			best, size = s, a
		}
	}
	// Between the half degrees, the two straight flanks meet.
	left, mid, right := at(best-1)*at(best-1+supportSteps/2), size, at(best+1)*at(best+1+supportSteps/2)
	slope := max(left, right) - mid
	if slope <= 0 {
		return 0
	}
	off := float64(best) + (left-right)/(2*slope)
	return upright(-off / 2)
}

// skewOval measures the direction of the long axis: the second harmonic of the
// squared width.
func (e *extraction) skewOval(width *[supportSteps]float64) float64 {
	var c, s, mean float64
	for i, w := range width {
		sin, cos := math.Sincos(2 * float64(i) * math.Pi / supportSteps)
		c, s, mean = c+w*w*cos, s+w*w*sin, mean+w*w
	}
	if math.Hypot(c, s) < 0.04*mean {
		return 0 // round
	}
	angle := math.Atan2(s, c) / 2 * 180 / math.Pi // of the long axis
	if math.Abs(angle) > 45 {
		angle -= math.Copysign(90, angle)
	}
	return upright(-angle)
}

// upright drops turns that are too small to see or larger than allowed.
func upright(degrees float64) float64 {
	if math.Abs(degrees) < 0.15 || math.Abs(degrees) > MaxPhotoSkew+0.5 {
		return 0
	}
	return degrees
}

// rim returns the first and the last point above a level of each row.
func (p plane) rim(level float32) (xs, ys []float64) {
	for y := range p.h {
		row := p.v[y*p.w:][:p.w]
		first := slices.IndexFunc(row, func(v float32) bool { return v > level })
		if first < 0 {
			continue
		}
		last := p.w - 1
		for row[last] <= level {
			last--
		}
		xs, ys = append(xs, float64(first), float64(last)), append(ys, float64(y), float64(y))
	}
	return xs, ys
}
