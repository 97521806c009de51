package photo

import (
	"math"
	"slices"
)

// A lighting is the light on the paper of a photo and where there is paper, in
// squares of size pixels.
type lighting struct {
	colour [3]plane
	size   int
	bright float32 // the sum of the colours of bright paper
	desk   plane   // 1 where another thing lies beside the paper
	strip  plane   // 1 there too, and in narrow strips along the rim that may be ink
}

// The squares along the longer side of a photo; the least side, in squares, of an area
// that is desk and not ink; the part of a side along which a strip from a corner must
// run.
const (
	lightSquares = 48
	deskSquares  = 4
	stripPart    = 0.15
)

// lightOf estimates the colour of the lit paper. It is the brightest quarter of each
// square, if that is paper and not solid ink or print, and otherwise that of the
// squares around.
func lightOf(rgb *[3]plane) *lighting {
	w, h := rgb[0].w, rgb[0].h
	l := &lighting{size: max(4, (max(w, h)+lightSquares-1)/lightSquares)}
	bw, bh := (w+l.size-1)/l.size, (h+l.size-1)/l.size
	for c := range l.colour {
		l.colour[c] = newPlane(bw, bh)
	}
	sums := make([]float32, 0, l.size*l.size)
	for by := range bh {
		for bx := range bw {
			x0, x1 := bx*l.size, min(w, (bx+1)*l.size)
			y0, y1 := by*l.size, min(h, (by+1)*l.size)
			sums = sums[:0]
			for y := y0; y < y1; y++ {
				for i := y*w + x0; i < y*w+x1; i++ {
					sums = append(sums, rgb[0].v[i]+rgb[1].v[i]+rgb[2].v[i])
				}
			}
			slices.Sort(sums)
			least := sums[len(sums)*3/4]
			var total vec
			var n float32
			for y := y0; y < y1; y++ {
				for i := y*w + x0; i < y*w+x1; i++ {
					if v := (vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]}); v[0]+v[1]+v[2] >= least {
						total = vec{total[0] + v[0], total[1] + v[1], total[2] + v[2]}
						n++
					}
				}
			}
			for c := range l.colour {
				l.colour[c].v[by*bw+bx] = total[c] / n
			}
		}
	}
	known := l.paper()
	l.desk = deskAround(known)
	l.strip = stripsAround(known, l.desk)
	value, weight := newPlane(bw, bh), newPlane(bw, bh)
	for c := range l.colour {
		l.colour[c].fill(known, value, weight, 1, 6)
		l.colour[c].blur(1)
	}
	return l
}

// paper marks the squares that show paper. It begins with bright squares of the most
// common tint among the brightest, and goes on to squares that differ little from the
// one beside them: light may change its strength and tint, but slowly.
func (l *lighting) paper() plane {
	w, h := l.colour[0].w, l.colour[0].h
	n := w * h
	known, sum := newPlane(w, h), newPlane(w, h)
	red, blue := make([]float32, n), make([]float32, n)
	for i := range n {
		s := l.colour[0].v[i] + l.colour[1].v[i] + l.colour[2].v[i] + 1e-3
		sum.v[i], red[i], blue[i] = s, l.colour[0].v[i]/s, l.colour[2].v[i]/s
	}
	sorted := slices.Sorted(slices.Values(sum.v))
	l.bright = sorted[n*9/10]
	var reds, blues []float32
	for i, s := range sum.v {
		if s >= sorted[n*3/4] {
			reds, blues = append(reds, red[i]), append(blues, blue[i])
		}
	}
	slices.Sort(reds)
	slices.Sort(blues)
	r, b := reds[len(reds)/2], blues[len(blues)/2]
	off := func(i int, r, b float32) float64 {
		return math.Abs(float64(red[i]-r)) + math.Abs(float64(blue[i]-b))
	}
	var front []int
	for i, s := range sum.v {
		if off(i, r, b) < 0.03 && s > 0.6*l.bright {
			known.v[i] = 1
			front = append(front, i)
		}
	}
	for len(front) > 0 {
		i := front[len(front)-1]
		front = front[:len(front)-1]
		x, y := i%w, i/w
		for _, p := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			if p[0] < 0 || p[1] < 0 || p[0] >= w || p[1] >= h {
				continue
			}
			k := p[1]*w + p[0]
			if known.v[k] != 0 || off(k, r, b) > 0.22 {
				continue
			}
			step, ratio := off(k, red[i], blue[i]), sum.v[k]/sum.v[i]
			if step < 0.015 && ratio > 0.45 {
				known.v[k] = 1
				front = append(front, k)
			}
		}
	}
	leaveInk(known, sum)
	return known
}

// leaveInk removes from known the solid ink that was taken for paper because neither
// has a tint. These are squares much darker than the paper on all four sides of them.
// sum is how bright a square is. The middle of a star is near enough to its notches.
func leaveInk(known, sum plane) {
	const reach, dark = 10, 0.6 // squares; share of the brightness of the paper
	var ink []int
	for i, s := range sum.v {
		x, y := i%known.w, i/known.w
		beside := func(dx, dy int) bool {
			for k := 1; k <= reach; k++ {
				u, v := x+k*dx, y+k*dy
				if u < 0 || v < 0 || u >= known.w || v >= known.h {
					return false
				}
				if j := v*known.w + u; known.v[j] != 0 && dark*sum.v[j] > s {
					return true
				}
			}
			return false
		}
		if known.v[i] != 0 && beside(-1, 0) && beside(1, 0) && beside(0, -1) && beside(0, 1) {
			ink = append(ink, i)
		}
	}
	for _, i := range ink {
		known.v[i] = 0
	}
}

// deskAround finds broad areas that are not paper and reach the rim of the picture.
func deskAround(known plane) plane {
	w, h := known.w, known.h
	broad := newPlane(w, h)
	for y := 0; y+deskSquares <= h; y++ {
		for x := 0; x+deskSquares <= w; x++ {
			empty := true
			for k := 0; k < deskSquares*deskSquares && empty; k++ {
				empty = known.v[(y+k/deskSquares)*w+x+k%deskSquares] == 0
			}
			for k := 0; k < deskSquares*deskSquares && empty; k++ {
				broad.v[(y+k/deskSquares)*w+x+k%deskSquares] = 1
			}
		}
	}
	label, found := broad.patches(0.5, broad)
	desk := newPlane(w, h)
	for i, n := range label {
		if n == 0 {
			continue
		}
		// A stripe across the picture is not a desk: it has paper on both sides.
		b := found[n-1].box
		upright, level := b.Min.X == 0 || b.Max.X == w, b.Min.Y == 0 || b.Max.Y == h
		if upright && level || upright && b.Dy()*3 > h || level && b.Dx()*3 > w {
			desk.v[i] = 1
		}
	}
	desk.grow(1) // its blurred edge
	return desk
}

// stripsAround adds to desk the parts along the rim of the picture that are not paper.
func stripsAround(known, desk plane) plane {
	out := desk.copied()
	rim := func(start, n, step int) {
		for i := 0; i < n; {
			j := i
			for j < n && known.v[start+j*step] == 0 {
				j++
			}
			for k := i; k < j && ((i == 0 || j == n) && float64(j-i) >= stripPart*float64(n) || (j-i)*3 > n); k++ {
				out.v[start+k*step] = 1
			}
			i = j + 1
		}
	}
	w, h := known.w, known.h
	rim(0, w, 1)
	rim((h-1)*w, w, 1)
	rim(0, h, w)
	rim(w-1, h, w)
	for range deskSquares { // inwards
		last := out.copied()
		last.grow(1)
		for i, v := range last.v {
			if v != 0 && known.v[i] == 0 {
				out.v[i] = 1
			}
		}
	}
	out.grow(1)
	return out
}

// covers reports whether a pixel lies in a square that is marked.
func (l *lighting) covers(marked plane, x, y int) bool {
	return marked.v[y/l.size*marked.w+x/l.size] != 0
}

// stripColour returns the mean of what the strips have lost, and their number of
// pixels.
func (l *lighting) stripColour(rgb *[3]plane) (mean vec, n int) {
	for i := range rgb[0].v {
		x, y := i%rgb[0].w, i/rgb[0].w
		if l.covers(l.strip, x, y) && !l.covers(l.desk, x, y) {
			if v := (vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]}); v.mean() > 0.15 {
				mean = vec{mean[0] + v[0], mean[1] + v[1], mean[2] + v[2]}
				n++
			}
		}
	}
	for c := range mean {
		mean[c] /= float32(max(n, 1))
	}
	return mean, n
}

// loss divides by the light, and turns what is left into what is lost.
func (l *lighting) loss(rgb *[3]plane) {
	w, h, bw := rgb[0].w, rgb[0].h, l.desk.w
	row := make([]float32, bw)
	size := float32(l.size)
	for y := range h {
		j, v := split((float32(y)+0.5)/size-0.5, l.desk.h)
		for c := range rgb {
			near := l.colour[c].v[j*bw:]
			far := near
			if j+1 < l.desk.h {
				far = near[bw:]
			}
			for i := range row {
				row[i] = near[i] + v*(far[i]-near[i])
			}
			line := rgb[c].v[y*w:][:w]
			for x, value := range line {
				i, u := split((float32(x)+0.5)/size-0.5, bw)
				light := row[i]
				if u > 0 {
					light += u * (row[i+1] - row[i])
				}
				line[x] = min(max(1-value/max(light, 0.02), -0.15), 1)
			}
		}
	}
}

// split divides a place among n values into an index and the way to the next one.
// Beyond the rim it returns the place on the rim.
func split(at float32, n int) (int, float32) {
	if at <= 0 {
		return 0, 0
	}
	i := int(at)
	if i >= n-1 {
		return n - 1, 0
	}
	return i, at - float32(i)
}
