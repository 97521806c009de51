package photo

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// seal returns the box of the seal, and marks with 1 where it may reach, or all ink.
// The seal is the group with the most ink. A group with a ring or a frame comes before
// letters, and one that continues beyond the picture comes last. Black ink without a
// frame is print: the box is empty.
func (e *extraction) seal(all bool) (image.Rectangle, plane) {
	solid := newPlane(e.alpha.w, e.alpha.h)
	for i, v := range e.alpha.v {
		if v > 0.4 {
			solid.v[i] = 1
		}
	}
	if all {
		return solid.inside()
	}
	var best image.Rectangle
	var reach plane
	most := 0.0
	// Parts that belong together are near each other. A worn rim needs a longer reach,
	// which may include the seal beside it.
	var seen []float64
	joined, own, area, spare := solid.copied(), solid.copied(), solid.copied(), solid.copied()
	for _, part := range []int{320, 130, 45} {
		copy(joined.v, solid.v)
		joined.grow(max(2, max(e.alpha.w, e.alpha.h)/part))
		label, groups := joined.patches(0.5, solid)
		for _, n := range largest(groups, candidates) {
			if slices.Contains(seen, groups[n].weight) {
				continue // same as with a shorter reach
			}
			seen = append(seen, groups[n].weight)
			for i, l := range label {
				own.v[i], area.v[i] = 0, 0
				if int(l) == n+1 {
					own.v[i], area.v[i] = solid.v[i], 1
				}
			}
			area.close(spare)
			worth := 0.0
			for i, v := range area.v {
				worth += float64(v * solid.v[i])
			}
			framed, b := own.framed(spare), own.box(0.5)
			switch {
			case e.black && max(b.Dx(), b.Dy())*16 < max(solid.w, solid.h):
				continue // a letter may have a frame, too
			case max(b.Dx(), b.Dy()) > 3*min(b.Dx(), b.Dy()):
				if e.black {
					continue // a line of letters is its own frame
				}
				worth /= 6 // a heading in red
			case framed >= ringShare:
				worth *= 4
			case e.black && framed < frameShare:
				continue
			}
			if b.Min.X == 0 || b.Min.Y == 0 || b.Max.X == solid.w || b.Max.Y == solid.h {
				worth /= 4
			}
			if worth > most {
				best, reach, most = b, area.copied(), worth
			}
		}
	}
	return best, reach
}

// inside returns the box of all marks and where they are. It leaves out groups that
// continue beyond the rim if most do not: they belong to a seal beside it.
func (p plane) inside() (image.Rectangle, plane) {
	near := p.copied()
	near.grow(max(2, max(p.w, p.h)/100))
	label, groups := near.patches(0.5, p)
	cut, all := 0.0, 0.0
	outer := make([]bool, len(groups)+1)
	for i, g := range groups {
		outer[i+1] = g.box.Min.X == 0 || g.box.Min.Y == 0 || g.box.Max.X == p.w || g.box.Max.Y == p.h
		if all += g.weight; outer[i+1] {
			cut += g.weight
		}
	}
	if cut > all/4 {
		return p.box(0.5), plane{}
	}
	kept := p.copied()
	reach := newPlane(p.w, p.h)
	for i, n := range label {
		if outer[n] {
			kept.v[i] = 0
		} else {
			reach.v[i] = 1
		}
	}
	return kept.box(0.5), reach
}

// candidates is how many groups of ink are examined.
const candidates = 5

// largest returns the indices of the n patches of the largest weights. It leaves out
// those of less than a tenth of the largest.
func largest(found []patch, n int) []int {
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(found[b].weight, found[a].weight) })
	for n = min(n, len(order)); n > 1 && found[order[n-1]].weight*10 < found[order[0]].weight; {
		n--
	}
	return order[:n]
}

// frameShare is how much of the hull of a black seal must be inked at least: a ring or
// a frame is complete, lines of print are not. With ringShare it surely is one.
const (
	frameShare = 0.85
	ringShare  = 0.93
)

// framed returns the share of the convex hull's outline that has marks within two
// pixels or one eightieth of its size, or 0 if there is no hull. It overwrites spare.
func (p plane) framed(spare plane) float64 {
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
	near := spare
	copy(near.v, p.v)
	near.grow(max(2, max(box.Dx(), box.Dy())/80))
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

// close marks pixels that have marks on all four sides: the inside of a ring, even a
// worn one. It overwrites spare.
func (p plane) close(spare plane) {
	out := spare
	clear(out.v)
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
		p.v[i] = max(v-1, 0)
	}
}

// The width of a shape is measured every half degree of a half turn.
const supportSteps = 360

// skew returns by how many degrees the seal must be turned clockwise to stand upright.
// It returns 0 for round seals and if the shape does not show it.
func (e *extraction) skew() float64 {
	var width [supportSteps]float64
	xs, ys := e.alpha.rim(0.5)
	if len(xs) == 0 {
		return 0
	}
	far := make([]float64, len(xs))
	outliers := len(xs) / 150 // what print has left at the rim
	for s := range supportSteps {
		sin, cos := math.Sincos(float64(s) * math.Pi / supportSteps)
		for i := range xs {
			far[i] = xs[i]*cos + ys[i]*sin
		}
		slices.Sort(far)
		width[s] = far[len(far)-1-outliers] - far[outliers] + 1
	}
	at := func(s int) float64 { return width[(s+2*supportSteps)%supportSteps] }

	// In an ellipse the squares of two widths at a right angle always have the same
	// sum. In a rectangle they do not.
	least, most := math.Inf(1), 0.0
	for s := range supportSteps / 2 {
		sum := at(s)*at(s) + at(s+supportSteps/2)*at(s+supportSteps/2)
		least, most = min(least, sum), max(most, sum)
	}
	if most/least < 1.25 {
		return e.skewOval(&width)
	}
	best, size := 0, math.Inf(1)
	for s := -2 * MaxSkew; s <= 2*MaxSkew; s++ {
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

// skewOval measures the direction of the long axis: the second harmonic of the squared
// width.
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
	if math.Abs(degrees) < 0.15 || math.Abs(degrees) > MaxSkew+0.5 {
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
