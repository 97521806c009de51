package seal

import (
	"image/color"
	"math"
	"slices"
)

// An extraction is how much ink covers each pixel of a photo.
type extraction struct {
	alpha plane
	ink   color.NRGBA
	black bool
}

// A vec is red, green and blue; here mostly what the paper's light has lost: 0 is
// paper, 1 is none left.
type vec [3]float32

func (a vec) dot(b vec) float32 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a vec) mean() float32     { return (a[0] + a[1] + a[2]) / 3 }

// chroma is what is left of a vec without its gray, in a plane in which red ink
// points along x and blue ink lies at some 135 degrees.
func (a vec) chroma() (x, y float32) {
	return (a[1] + a[2] - 2*a[0]) * 0.40824829, (a[1] - a[2]) * 0.70710678
}

// extract separates the ink of a kind from paper and print. long is the length of
// the seal in pixels, 0 where it is yet to be found. The planes are used up.
func extract(rgb *[3]plane, kind PhotoInk, long float64) (extraction, bool) {
	loss(rgb)
	at := func(i int) vec { return vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]} }
	w, h := rgb[0].w, rgb[0].h
	k, coloured := vec{}, false
	if kind != InkBlack {
		k, coloured = inkColour(rgb, kind)
	}
	if !coloured {
		if kind != InkBlack && kind != InkAny {
			return extraction{}, false
		}
		var ok bool
		if k, ok = darkColour(rgb); !ok {
			return extraction{}, false
		}
	}
	if long == 0 {
		long = float64(max(w, h)) / 2
	}
	full := newPlane(w, h)
	square := k.dot(k)
	for i := range full.v {
		full.v[i] = at(i).dot(k) / square
	}
	if coloured {
		tint, gray, open := newPlane(w, h), newPlane(w, h), newPlane(w, h)
		kx, ky := k.chroma()
		for i := range tint.v {
			v := at(i)
			x, y := v.chroma()
			tint.v[i] = (x*kx + y*ky) / (kx*kx + ky*ky)
			gray.v[i] = v.mean()
			open.v[i] = 1 - min(v[0], v[1], v[2])
		}
		// Cameras keep colours at half the resolution: they are asked of a
		// neighbourhood, the shape comes from all three channels.
		r := 1
		if long > 600 {
			r = 2
		}
		tint, gray, open = tint.blurred(r), gray.blurred(r), open.blurred(1)
		near := full.blurred(r)
		mean := k.mean()
		least := min(k[0], k[1], k[2])
		known := newPlane(w, h)
		for i := range full.v {
			ratio := tint.v[i] / max(near.v[i], 0.05)
			full.v[i] = min(max(full.v[i], 0), 1) * ramp(0.35, 0.65, ratio)
			known.v[i] = 1 - ramp(0.2, 0.36, gray.v[i]-tint.v[i]*mean)
		}
		gray, near = plane{}, plane{}
		known = known.spread(1, -1)
		full.filled(known, max(1, int(long/400)), 4)
		// Print that lets some light through shows the ink on it: what is left of
		// the light has lost the same share of its colours.
		for i, m := range open.v {
			q := tint.v[i] / max(m, 0.02)
			seen := ramp(0.25, 0.7, q/(1+q*least))
			trust := (1 - known.v[i]) * ramp(0.03, 0.09, m)
			full.v[i] += trust * (seen - full.v[i])
		}
		tint, open, known = plane{}, plane{}, plane{}
	}
	*rgb = [3]plane{}
	if long > 400 {
		full = full.blurred(1)
	}
	for i, v := range full.v {
		full.v[i] = min(max((v-0.2)/0.55, 0), 1)
	}
	e := extraction{alpha: full, black: !coloured}
	for i, c := range []*uint8{&e.ink.R, &e.ink.G, &e.ink.B} {
		*c = uint8(min(max(1-k[i], 0), 1)*255 + 0.5)
	}
	e.ink.A = 255
	return e, e.sweep(long)
}

// ramp is 0 up to low, 1 from high, straight between.
func ramp(low, high, v float32) float32 { return min(max((v-low)/(high-low), 0), 1) }

// sweep takes away specks, and haze that is not next to ink. False if nothing is
// left.
func (e *extraction) sweep(long float64) bool {
	least := max(5, int(long*long*25e-6))
	label, found := e.alpha.patches(0.3, e.alpha)
	keep := newPlane(e.alpha.w, e.alpha.h)
	left := false
	for i, n := range label {
		if n > 0 && found[n-1].pixels >= least {
			keep.v[i], left = 1, true
		}
	}
	keep = keep.spread(max(1, int(long/700)), 1)
	for i, k := range keep.v {
		e.alpha.v[i] *= k
	}
	return left
}

// loss divides by the light and turns what is left into what is lost.
func loss(rgb *[3]plane) {
	light, size := paper(rgb)
	w, h := rgb[0].w, rgb[0].h
	for c := range rgb {
		for y := range h {
			for x := range w {
				l := light[c].edge((float64(x)+0.5)/float64(size)-0.5, (float64(y)+0.5)/float64(size)-0.5)
				i := y*w + x
				rgb[c].v[i] = min(max(1-rgb[c].v[i]/max(l, 0.02), -0.15), 1)
			}
		}
	}
}

// edge interpolates; beyond the rim it goes on as at the rim.
func (p plane) edge(x, y float64) float32 {
	return p.at(min(max(x, 0), float64(p.w-1)), min(max(y, 0), float64(p.h-1)))
}

// paper estimates the colour of the lit paper in squares of size pixels: the
// brightest quarter of each square, where that is paper and not solid ink or
// print, and else the squares around.
func paper(rgb *[3]plane) (light [3]plane, size int) {
	w, h := rgb[0].w, rgb[0].h
	size = max(4, (max(w, h)+47)/48)
	bw, bh := (w+size-1)/size, (h+size-1)/size
	for c := range light {
		light[c] = newPlane(bw, bh)
	}
	sums := make([]float32, 0, size*size)
	for by := range bh {
		for bx := range bw {
			sums = sums[:0]
			each := func(do func(i int, sum float32)) {
				for y := by * size; y < min(h, (by+1)*size); y++ {
					for x := bx * size; x < min(w, (bx+1)*size); x++ {
						i := y*w + x
						do(i, rgb[0].v[i]+rgb[1].v[i]+rgb[2].v[i])
					}
				}
			}
			each(func(_ int, s float32) { sums = append(sums, s) })
			slices.Sort(sums)
			least := sums[len(sums)*3/4]
			var total vec
			var n float32
			each(func(i int, s float32) {
				if s >= least {
					total = vec{total[0] + rgb[0].v[i], total[1] + rgb[1].v[i], total[2] + rgb[2].v[i]}
					n++
				}
			})
			for c := range light {
				light[c].v[by*bw+bx] = total[c] / n
			}
		}
	}
	known := paperSquares(&light)
	for c := range light {
		light[c].filled(known, 1, 6)
		light[c] = light[c].blurred(1)
	}
	return light, size
}

// paperSquares says which squares show paper: those of its usual tint that are
// not much darker than the ones near them.
func paperSquares(light *[3]plane) plane {
	n := len(light[0].v)
	known, sum := newPlane(light[0].w, light[0].h), newPlane(light[0].w, light[0].h)
	for i := range sum.v {
		sum.v[i] = light[0].v[i] + light[1].v[i] + light[2].v[i] + 1e-3
	}
	sorted := slices.Sorted(slices.Values(sum.v))
	var red, blue []float32
	for i, s := range sum.v {
		if s >= sorted[n/2] {
			red, blue = append(red, light[0].v[i]/s), append(blue, light[2].v[i]/s)
		}
	}
	slices.Sort(red)
	slices.Sort(blue)
	r, b := red[len(red)/2], blue[len(blue)/2]
	top := sum.spread(3, 1)
	for i, s := range sum.v {
		off := math.Abs(float64(light[0].v[i]/s-r)) + math.Abs(float64(light[2].v[i]/s-b))
		if off < 0.03 && s > 0.55*top.v[i] {
			known.v[i] = 1
		}
	}
	return known
}

// inkColour finds the strongest colour of a kind: what solid ink takes from the
// light of the paper.
func inkColour(rgb *[3]plane, kind PhotoInk) (vec, bool) {
	const faint = 0.07 // chroma below which a pixel has no colour
	const bins = 72
	var hues [bins]float64
	each := func(do func(v vec, chroma float64, hue float64)) {
		for i := range rgb[0].v {
			v := vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]}
			x, y := v.chroma()
			if c := math.Hypot(float64(x), float64(y)); c > faint {
				do(v, c, math.Atan2(float64(y), float64(x))*180/math.Pi)
			}
		}
	}
	bin := func(hue float64) int { return int((hue+360)/360*bins) % bins }
	coloured := 0
	each(func(_ vec, c, hue float64) {
		if kind == InkRed && math.Abs(hue) > 45 || kind == InkBlue && hue < 70 && hue > -165 {
			return
		}
		hues[bin(hue)] += c * c
		coloured++
	})
	if coloured < max(20, len(rgb[0].v)/1000) {
		return vec{}, false
	}
	best, most := 0, 0.0
	for i := range hues {
		sum := 0.0
		for j := -3; j <= 3; j++ {
			sum += hues[(i+j+bins)%bins]
		}
		if sum > most {
			best, most = i, sum
		}
	}
	peak := (float64(best) + 0.5) * 360 / bins
	like := func(hue float64) bool { return math.Abs(math.Remainder(hue-peak, 360)) < 25 }

	var levels [256]int // of chroma
	n := 0
	each(func(_ vec, c, hue float64) {
		if like(hue) {
			levels[min(int(c*200), 255)]++
			n++
		}
	})
	if n < max(20, len(rgb[0].v)/1000) {
		return vec{}, false
	}
	level, over := 255, 0
	for over+levels[level] < n/8 {
		over += levels[level]
		level--
	}
	strong := float64(level) / 200
	var total vec
	count := float32(0)
	each(func(v vec, c, hue float64) {
		if like(hue) && c > strong*0.85 {
			total = vec{total[0] + v[0], total[1] + v[1], total[2] + v[2]}
			count++
		}
	})
	if count == 0 || strong < 0.09 {
		return vec{}, false
	}
	return vec{total[0] / count, total[1] / count, total[2] / count}, true
}

// darkColour is what the darkest ink takes from the light.
func darkColour(rgb *[3]plane) (vec, bool) {
	var dark []float32
	for i := range rgb[0].v {
		if m := (vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]}).mean(); m > 0.25 {
			dark = append(dark, m)
		}
	}
	if len(dark) < 20 {
		return vec{}, false
	}
	slices.Sort(dark)
	k := dark[len(dark)*3/4]
	return vec{k, k, k}, true
}
