package photo

import (
	"image"
	"math"
	"slices"
)

// A plane is one value per pixel, row by row.
type plane struct {
	w, h int
	v    []float32
}

func newPlane(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

func (p plane) copied() plane { return plane{p.w, p.h, slices.Clone(p.v)} }

// blur replaces each value by the mean over a square of 2r+1, cut at the rim.
func (p plane) blur(r int) {
	line := make([]float32, p.w)
	for y := range p.h {
		row := p.v[y*p.w:][:p.w]
		copy(line, row)
		meanLine(row, line, r)
	}
	// Columns side by side: sums of each, and a ring of the rows that must be
	// subtracted later but are overwritten by then.
	sums, ring := make([]float64, p.w), make([][]float32, r+1)
	for i := range ring {
		ring[i] = make([]float32, p.w)
	}
	count := 0
	for y := -r; y < p.h; y++ {
		if y+r < p.h {
			for x, v := range p.v[(y+r)*p.w:][:p.w] {
				sums[x] += float64(v)
			}
			count++
		}
		if y < 0 {
			continue
		}
		saved := ring[y%(r+1)]
		if y > r {
			for x, v := range saved {
				sums[x] -= float64(v)
			}
			count--
		}
		row, scale := p.v[y*p.w:][:p.w], 1/float64(count)
		copy(saved, row)
		for x, sum := range sums {
			row[x] = float32(sum * scale)
		}
	}
}

func meanLine(to, from []float32, r int) {
	n := len(from)
	sum, count := 0.0, min(r, n)
	for _, v := range from[:count] {
		sum += float64(v)
	}
	for i := range to {
		if i+r < n {
			sum += float64(from[i+r])
			count++
		}
		if i > r {
			sum -= float64(from[i-r-1])
			count--
		}
		to[i] = float32(sum / float64(count))
	}
}

// grow replaces nonzero values by 1, and everything within r pixels of them.
func (p plane) grow(r int) {
	for i, v := range p.v {
		if v != 0 {
			p.v[i] = 1 // sums of these are exact
		}
	}
	p.blur(r)
	for i, v := range p.v {
		if v != 0 {
			p.v[i] = 1
		}
	}
}

// shrink replaces each value by the least within a square of 2r+1.
func (p plane) shrink(r int) {
	line := make([]float32, max(p.w, p.h))
	least := func(start, n, step int) {
		for i := range n {
			line[i] = p.v[start+i*step]
		}
		for i := range n {
			p.v[start+i*step] = slices.Min(line[max(0, i-r):min(n, i+r+1)])
		}
	}
	for y := range p.h {
		least(y*p.w, p.w, 1)
	}
	for x := range p.w {
		least(x, p.h, p.w)
	}
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

// fill replaces values that are little known (weights of 0 to 1) by the mean of known
// ones around, first from near and then from farther. It overwrites value and weight.
func (p plane) fill(known, value, weight plane, radius, rounds int) {
	copy(weight.v, known.v)
	missing := make([]uint8, len(p.v)) // of 255
	for i, k := range known.v {
		p.v[i] *= k
		value.v[i] = p.v[i]
		missing[i] = uint8((1-k)*255 + 0.5)
	}
	for round := range rounds {
		for range 2 {
			value.blur(radius)
			weight.blur(radius)
		}
		last := round == rounds-1
		for i, m := range missing {
			if m > 0 && (weight.v[i] > 0.12 || last && weight.v[i] > 1e-4) {
				p.v[i] += float32(m) / 255 * value.v[i] / weight.v[i]
				missing[i] = 0
			}
		}
		radius *= 2
	}
}
