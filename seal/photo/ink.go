package photo

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

// A vec is red, green and blue. Here it is mostly what the paper's light has lost: 0 is
// paper, 1 is black.
type vec [3]float32

func (a vec) dot(b vec) float32 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a vec) mean() float32     { return (a[0] + a[1] + a[2]) / 3 }

// chroma returns a vec without its gray, in a plane in which red ink points along x and
// blue ink lies at about 135 degrees.
func (a vec) chroma() (x, y float32) {
	return (a[1] + a[2] - 2*a[0]) * 0.40824829, (a[1] - a[2]) * 0.70710678
}

// extract separates the ink of a kind from paper and print. long is the length of the
// seal in pixels, or 0 if it is not found yet. clear reports where there cannot be ink;
// nil means nowhere. The planes are overwritten.
func extract(rgb *[3]plane, kind Ink, long float64, clear func(x, y int) bool) (extraction, bool) {
	w, h := rgb[0].w, rgb[0].h
	if clear != nil {
		for i := range rgb[0].v {
			if clear(i%w, i/w) {
				rgb[0].v[i], rgb[1].v[i], rgb[2].v[i] = 0, 0, 0
			}
		}
	}
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
		full.v[i] = vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]}.dot(k) / square
	}
	if coloured {
		apart(full, rgb, k, long)
	}
	*rgb = [3]plane{}
	if long > 400 {
		full.blur(1)
	}
	for i, v := range full.v {
		full.v[i] = min(max((v-0.14)/0.52, 0), 1)
	}
	e := extraction{alpha: full, black: !coloured}
	for i, c := range []*uint8{&e.ink.R, &e.ink.G, &e.ink.B} {
		*c = uint8(min(max(1-k[i], 0), 1)*255 + 0.5)
	}
	e.ink.A = 255
	return e, e.sweep(long)
}

// apart removes other colours from full, the darkness that ink k may have made, and
// closes ink that print hides. It overwrites rgb.
func apart(full plane, rgb *[3]plane, k vec, long float64) {
	tint, gray, open := rgb[0], rgb[1], rgb[2]
	aside := newPlane(full.w, full.h) // of the ink's hue
	kx, ky := k.chroma()
	for i := range full.v {
		v := vec{rgb[0].v[i], rgb[1].v[i], rgb[2].v[i]}
		x, y := v.chroma()
		tint.v[i] = (x*kx + y*ky) / (kx*kx + ky*ky)
		aside.v[i] = (y*kx - x*ky) / (kx*kx + ky*ky)
		gray.v[i] = v.mean()
		open.v[i] = 1 - min(v[0], v[1], v[2])
	}
	// Cameras keep colours at half the resolution or less. So colours are taken from a
	// neighbourhood, the near one or the wider, whichever has more of the ink's colour.
	// The shape comes from all three channels.
	r := 1
	if long > 600 {
		r = 2
	}
	near := full.copied()
	for _, p := range []plane{tint, aside, gray, near} {
		p.blur(r)
	}
	open.blur(1)
	mean := k.mean()
	least := min(k[0], k[1], k[2])
	known, ratios := newPlane(full.w, full.h), aside
	for i, n := range near.v {
		other := float32(math.Abs(float64(aside.v[i]))) / max(tint.v[i], 0.06)
		full.v[i] = min(max(full.v[i], 0), 1) * (1 - rise(0.55, 0.9, other))
		ratios.v[i] = tint.v[i] / max(n, 0.05)
		known.v[i] = gray.v[i] - tint.v[i]*mean
	}
	wide := tint.copied()
	for _, p := range []plane{wide, gray, near} {
		p.blur(2)
	}
	for i, n := range near.v {
		full.v[i] *= rise(0.2, 0.45, max(ratios.v[i], wide.v[i]/max(n, 0.05)))
		known.v[i] = 1 - rise(0.2, 0.36, min(known.v[i], gray.v[i]-wide.v[i]*mean))
	}
	known.shrink(1)
	full.fill(known, near, wide, max(1, int(long/400)), 4)
	// Print that lets some light through shows the ink under it: the remaining light
	// has lost the same share of its colours.
	for i, m := range open.v {
		q := tint.v[i] / max(m, 0.02)
		seen := rise(0.25, 0.7, q/(1+q*least))
		trust := (1 - known.v[i]) * rise(0.03, 0.09, m)
		full.v[i] += trust * (seen - full.v[i])
	}
}

// rise is 0 up to low, 1 from high, and linear in between.
func rise(low, high, v float32) float32 { return min(max((v-low)/(high-low), 0), 1) }

// sweep removes specks, and haze that is not next to ink. It reports false if nothing
// is left.
func (e *extraction) sweep(long float64) bool {
	least := max(4, long*long*30e-6) // of ink; twice that where it is thin
	label, found := e.alpha.patches(0.3, e.alpha)
	large := func(f *patch) bool {
		return f.weight >= 2*least || f.weight >= max(least, float64(f.pixels)/2)
	}
	keep := newPlane(e.alpha.w, e.alpha.h)
	left := false
	for i, n := range label {
		if n > 0 && large(&found[n-1]) {
			keep.v[i], left = 1, true
		}
	}
	keep.grow(max(1, int(long/700)))
	for i, k := range keep.v {
		e.alpha.v[i] *= k
	}
	return left
}

// inkColour finds the strongest colour of a kind: what solid ink takes from the
// light of the paper.
func inkColour(rgb *[3]plane, kind Ink) (vec, bool) {
	const faint = 0.07 // chroma below which a pixel has no colour
	const bins = 72
	var hues [bins]float64
	step := sampling(len(rgb[0].v))
	least := max(20, len(rgb[0].v)/step/1000)
	each := func(do func(v vec, chroma float64, hue float64)) {
		for i := 0; i < len(rgb[0].v); i += step {
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
		if !kind.has(hue) {
			return
		}
		hues[bin(hue)] += c * c
		coloured++
	})
	if coloured < least {
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
	if n < least {
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
		if like(hue) && c > strong*0.7 {
			total = vec{total[0] + v[0], total[1] + v[1], total[2] + v[2]}
			count++
		}
	})
	if count == 0 || strong < 0.09 {
		return vec{}, false
	}
	return vec{total[0] / count, total[1] / count, total[2] / count}, true
}

// taken returns what the ink takes from white light.
func (e *extraction) taken() vec {
	return vec{1 - float32(e.ink.R)/255, 1 - float32(e.ink.G)/255, 1 - float32(e.ink.B)/255}
}

// alike reports whether what two colours take from the light may come from one ink,
// more or less of it.
func alike(a, b vec) bool {
	cos := float64(a.dot(b)) / math.Sqrt(float64(a.dot(a)*b.dot(b)))
	return cos > math.Cos(8*math.Pi/180)
}

// sampling returns the step between the pixels whose colour is examined.
func sampling(pixels int) int { return 1 + 2*(pixels/600_000) }

// darkColour returns what the darkest ink takes from the light.
func darkColour(rgb *[3]plane) (vec, bool) {
	var dark []float32
	for i := 0; i < len(rgb[0].v); i += sampling(len(rgb[0].v)) {
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
