package seal

import (
	"image"
	"math"
	"slices"
)

// A plane is one value a pixel, row by row.
type plane struct {
	w, h int
	v    []float32
}

func newPlane(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

// blurred returns the mean over squares of 2r+1, cut at the rim.
func (p plane) blurred(r int) plane {
	rows := newPlane(p.w, p.h)
	for y := range p.h {
		meanLine(rows.v[y*p.w:], p.v[y*p.w:], p.w, 1, r)
	}
	out := newPlane(p.w, p.h)
	for x := range p.w {
		meanLine(out.v[x:], rows.v[x:], p.h, p.w, r)
	}
	return out
}

func meanLine(to, from []float32, n, step, r int) {
	sum, count := 0.0, 0
	for i := range min(r, n) {
		sum += float64(from[i*step])
		count++
	}
	for i := range n {
		if i+r < n {
			sum += float64(from[(i+r)*step])
			count++
		}
		if i-r-1 >= 0 {
			sum -= float64(from[(i-r-1)*step])
			count--
		}
		to[i*step] = float32(sum / float64(count))
	}
}

// spread returns the most (or the least, with sign -1) within squares of 2r+1.
func (p plane) spread(r int, sign float32) plane {
	rows, out := newPlane(p.w, p.h), newPlane(p.w, p.h)
	for y := range p.h {
		for x := range p.w {
			best := sign * p.v[y*p.w+x]
			for i := max(0, x-r); i <= min(p.w-1, x+r); i++ {
				best = max(best, sign*p.v[y*p.w+i])
			}
			rows.v[y*p.w+x] = best
		}
	}
	for y := range p.h {
		for x := range p.w {
			best := rows.v[y*p.w+x]
			for j := max(0, y-r); j <= min(p.h-1, y+r); j++ {
				best = max(best, rows.v[j*p.w+x])
			}
			out.v[y*p.w+x] = sign * best
		}
	}
	return out
}

// at interpolates at a place in pixels; the outside is zero.
func (p plane) at(x, y float64) float32 {
	fx, fy := math.Floor(x), math.Floor(y)
	u, v := float32(x-fx), float32(y-fy)
	get := func(i, j int) float32 {
		if i < 0 || j < 0 || i >= p.w || j >= p.h {
			return 0
		}
		return p.v[j*p.w+i]
	}
	i, j := int(fx), int(fy)
	return (1-v)*((1-u)*get(i, j)+u*get(i+1, j)) + v*((1-u)*get(i, j+1)+u*get(i+1, j+1))
}

// turned returns the plane turned clockwise about its middle by degrees.
func (p plane) turned(degrees float64) plane {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w := int(math.Ceil(float64(p.w)*math.Abs(cos) + float64(p.h)*math.Abs(sin)))
	h := int(math.Ceil(float64(p.w)*math.Abs(sin) + float64(p.h)*math.Abs(cos)))
	out := newPlane(w, h)
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-float64(w-1)/2, float64(y)-float64(h-1)/2
			out.v[y*w+x] = p.at(cos*dx+sin*dy+float64(p.w-1)/2, -sin*dx+cos*dy+float64(p.h-1)/2)
		}
	}
	return out
}

// box returns the box of the pixels above a level.
func (p plane) box(level float32) image.Rectangle {
	box := image.Rectangle{Min: image.Pt(p.w, p.h)}
	for y := range p.h {
		for x := range p.w {
			if p.v[y*p.w+x] > level {
				box.Min = image.Pt(min(box.Min.X, x), min(box.Min.Y, y))
				box.Max = image.Pt(max(box.Max.X, x+1), max(box.Max.Y, y+1))
			}
		}
	}
	return box
}

// body returns the box of the rows and columns with at least n pixels above a
// level.
func (p plane) body(level float32, n int) image.Rectangle {
	rows, columns := make([]int, p.h), make([]int, p.w)
	for i, v := range p.v {
		if v > level {
			rows[i/p.w]++
			columns[i%p.w]++
		}
	}
	ends := func(counts []int) (first, last int) {
		first = len(counts)
		for i, c := range counts {
			if c >= n {
				first, last = min(first, i), i+1
			}
		}
		return first, last
	}
	x0, x1 := ends(columns)
	y0, y1 := ends(rows)
	return image.Rectangle{Min: image.Pt(x0, y0), Max: image.Pt(x1, y1)}
}

// bytes returns the part in box, which may reach over the rim, as opacities.
func (p plane) bytes(box image.Rectangle) []uint8 {
	out := make([]uint8, box.Dx()*box.Dy())
	part := box.Intersect(image.Rect(0, 0, p.w, p.h))
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			out[(y-box.Min.Y)*box.Dx()+x-box.Min.X] = uint8(p.v[y*p.w+x]*255 + 0.5)
		}
	}
	return out
}

// A patch is a connected set of pixels.
type patch struct {
	pixels int
	weight float64
	box    image.Rectangle
}

// patches numbers the 8-connected sets of pixels above a level from 1; 0 is the
// ground. weight sums up the values of by.
func (p plane) patches(level float32, by plane) (label []int32, found []patch) {
	label = make([]int32, len(p.v))
	var stack []int
	for start, v := range p.v {
		if v <= level || label[start] != 0 {
			continue
		}
		found = append(found, patch{box: image.Rectangle{Min: image.Pt(p.w, p.h)}})
		f, n := &found[len(found)-1], int32(len(found))
		label[start] = n
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			k := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := k%p.w, k/p.w
			f.pixels++
			f.weight += float64(by.v[k])
			f.box.Min = image.Pt(min(f.box.Min.X, x), min(f.box.Min.Y, y))
			f.box.Max = image.Pt(max(f.box.Max.X, x+1), max(f.box.Max.Y, y+1))
			for j := max(0, y-1); j <= min(p.h-1, y+1); j++ {
				for i := max(0, x-1); i <= min(p.w-1, x+1); i++ {
					if o := j*p.w + i; label[o] == 0 && p.v[o] > level {
						label[o] = n
						stack = append(stack, o)
					}
				}
			}
		}
	}
	return label, found
}

// filled replaces what is little known (weights of 0 to 1) by the mean of what
// is known around it, from near and then from farther.
func (p plane) filled(known plane, radius, rounds int) {
	value := newPlane(p.w, p.h)
	weight := plane{p.w, p.h, slices.Clone(known.v)}
	for i, v := range p.v {
		value.v[i] = v * known.v[i]
	}
	for i := range p.v {
		p.v[i] *= known.v[i]
	}
	missing := make([]float32, len(p.v))
	for i, k := range known.v {
		missing[i] = 1 - k
	}
	for round := range rounds {
		near, sum := value.blurred(radius).blurred(radius), weight.blurred(radius).blurred(radius)
		last := round == rounds-1
		for i, m := range missing {
			if m > 0 && (sum.v[i] > 0.12 || last && sum.v[i] > 1e-4) {
				p.v[i] += m * near.v[i] / sum.v[i]
				missing[i] = 0
			}
		}
		radius *= 2
	}
}
