package seal

import (
	"math"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// How a pen moves. Lengths are mm on the finished signature.
const (
	sampleStep   = 0.12 // between two places of a line
	smoothPlaces = 0.15 // least deviation of the smoothing of places: a corner remains a corner
	smoothPixels = 2.5  // the same, in units of the pad, so that its pixels do not show
	smoothMost   = 0.4  // most deviation of the smoothing of places
	smoothWidths = 0.9  // deviation of the smoothing of widths, so that a line does not look like beads
	maxGrowth    = 4.0  // how many times a signature may be larger than its pad would be in the box
)

// A mark is one place of a line: its middle and half its width there, in mm.
type mark struct {
	at   point
	half float64
}

// ink returns the lines of the handwriting and the box of their ink. The box fills
// width by height in one direction, unless the handwriting is small on its pad.
func (h Handwriting) ink(width, height, line float64) (lines [][]mark, box font.Box, err error) {
	written := h.box()
	most := maxGrowth * min(width/h.Width, height/h.Height)
	// A width of 0 is no limit.
	scale := min(most, (width-line)/written.Width(), (height-line)/written.Height())
	if h.length()*scale > MaxInkLength {
		return nil, font.Box{}, &HandwritingError{Fault: HandwritingTooLong}
	}
	for range 3 { // how far the ink reaches beyond the pen's way is known only afterwards
		lines = h.lines(scale, line)
		box = inked(lines)
		x, y := box.Width()-written.Width()*scale, box.Height()-written.Height()*scale
		scale = min(most, (width-x)/written.Width(), (height-y)/written.Height())
	}
	return lines, box, nil
}

// lines returns the lines of the handwriting at a scale in mm per unit of the pad.
func (h Handwriting) lines(scale, line float64) [][]mark {
	feel := h.feel(scale)
	var out [][]mark
	for _, s := range h.Strokes {
		if len(s) > 0 {
			out = append(out, feel.marks(resample(s, scale), line))
		}
	}
	return out
}

// inked returns the box of the ink of lines.
func inked(lines [][]mark) font.Box {
	box := font.Box{Min: point{X: math.Inf(1), Y: math.Inf(1)}, Max: point{X: math.Inf(-1), Y: math.Inf(-1)}}
	for _, l := range lines {
		for _, m := range l {
			box.Min = point{X: min(box.Min.X, m.at.X-m.half), Y: min(box.Min.Y, m.at.Y-m.half)}
			box.Max = point{X: max(box.Max.X, m.at.X+m.half), Y: max(box.Max.Y, m.at.Y+m.half)}
		}
	}
	return box
}

// box returns where the pen was, in the unit of the pad.
func (h Handwriting) box() font.Box {
	box := font.Box{Min: point{X: math.Inf(1), Y: math.Inf(1)}, Max: point{X: math.Inf(-1), Y: math.Inf(-1)}}
	for _, s := range h.Strokes {
		for _, p := range s {
			box.Min = point{X: min(box.Min.X, p.X), Y: min(box.Min.Y, p.Y)}
			box.Max = point{X: max(box.Max.X, p.X), Y: max(box.Max.Y, p.Y)}
		}
	}
	return box
}

// length returns how far the pen went, in the unit of the pad.
func (h Handwriting) length() (sum float64) {
	for _, s := range h.Strokes {
		for i := 1; i < len(s); i++ {
			sum += math.Hypot(s[i].X-s[i-1].X, s[i].Y-s[i-1].Y)
		}
	}
	return sum
}

// A place is where the pen was, in mm with y up, and what the pad measured there.
type place struct {
	at          point
	time, press float64
}

// resample returns the places of a stroke at equal steps of a smooth curve
// through its points.
func resample(s Stroke, scale float64) []place {
	const apart = 0.02 // mm: nearer points are one
	knots := []place{}
	for _, p := range s {
		q := place{point{X: p.X * scale, Y: -p.Y * scale}, p.Time, p.Pressure}
		if n := len(knots); n > 0 && distance(knots[n-1].at, q.at) < apart {
			knots[n-1].press = max(knots[n-1].press, q.press)
			continue
		}
		knots = append(knots, q)
	}
	out := knots[:1:1]
	rest := sampleStep // to the next place
	for i := 0; i+1 < len(knots); i++ {
		a, b := knots[i], knots[i+1]
		before, after := knots[max(i-1, 0)].at, knots[min(i+2, len(knots)-1)].at
		n := int(math.Ceil(4 * distance(a.at, b.at) / sampleStep))
		last := a.at
		for k := 1; k <= n; k++ {
			t := float64(k) / float64(n)
			p := catmullRom(before, a.at, b.at, after, t)
			if rest -= distance(last, p); rest <= 0 {
				out = append(out, place{p, a.time + (b.time-a.time)*t, a.press + (b.press-a.press)*t})
				rest += sampleStep
			}
			last = p
		}
	}
	if end := knots[len(knots)-1]; len(knots) > 1 && distance(out[len(out)-1].at, end.at) > sampleStep/4 {
		out = append(out, end)
	}
	xs, ys := make([]float64, len(out)), make([]float64, len(out))
	for i, p := range out {
		xs[i], ys[i] = p.at.X, p.at.Y
	}
	deviation := min(max(smoothPlaces, smoothPixels*scale), smoothMost) / sampleStep
	xs, ys = smooth(xs, deviation, true), smooth(ys, deviation, true)
	for i := range out {
		out[i].at = point{X: xs[i], Y: ys[i]}
	}
	return out
}

// catmullRom returns the place t of the way from b to c on the centripetal
// Catmull–Rom curve, which has neither loops nor cusps between its points.
func catmullRom(a, b, c, d point, t float64) point {
	knot := func(p, q point) float64 { return math.Sqrt(distance(p, q)) }
	t1 := knot(a, b)
	t2 := t1 + knot(b, c)
	t3 := t2 + knot(c, d)
	t = t1 + (t2-t1)*t
	on := func(p, q point, from, to float64) point {
		if to == from {
			return p
		}
		return between(p, q, (t-from)/(to-from))
	}
	ab, bc, cd := on(a, b, 0, t1), on(b, c, t1, t2), on(c, d, t2, t3)
	return on(on(ab, bc, 0, t2), on(bc, cd, t1, t3), t1, t2)
}

// smooth returns the values after a Gaussian of the given deviation, in steps. If
// pinned, the ends stay: near them the window narrows. Otherwise the window is cut
// there.
func smooth(values []float64, deviation float64, pinned bool) []float64 {
	reach := int(math.Ceil(3 * deviation))
	weight := make([]float64, reach+1)
	for i := range weight {
		weight[i] = math.Exp(-float64(i*i) / (2 * deviation * deviation))
	}
	out := make([]float64, len(values))
	for i := range values {
		before, after := min(reach, i), min(reach, len(values)-1-i)
		if pinned {
			before, after = min(before, after), min(before, after)
		}
		sum, total := 0.0, 0.0
		for k := -before; k <= after; k++ {
			w := weight[max(k, -k)]
			sum += w * values[i+k]
			total += w
		}
		out[i] = sum / total
	}
	return out
}

// A feel decides how thick a line is.
type feel struct {
	pressed bool    // the pad measures pressure
	usual   float64 // mm per millisecond, the middling speed; 0 if the pad has no clock
}

// feel finds out what the pad measures.
func (h Handwriting) feel(scale float64) feel {
	least, most := math.Inf(1), math.Inf(-1)
	var speeds []float64
	for _, s := range h.Strokes {
		for i, p := range s {
			least, most = min(least, p.Pressure), max(most, p.Pressure)
			if i == 0 || !(p.Time > s[i-1].Time) {
				continue
			}
			way := math.Hypot(p.X-s[i-1].X, p.Y-s[i-1].Y) * scale
			if way > 0 {
				speeds = append(speeds, way/(p.Time-s[i-1].Time))
			}
		}
	}
	f := feel{pressed: most-least > 0.05}
	if len(speeds) > 0 {
		slices.Sort(speeds)
		f.usual = speeds[len(speeds)/2]
	}
	return f
}

// marks gives the places of a line their widths.
func (f feel) marks(places []place, line float64) []mark {
	if len(places)*2 < int(line/sampleStep) { // a dot (点): the pen came down and went up
		return []mark{{places[len(places)/2].at, 0.65 * line}}
	}
	widths := make([]float64, len(places))
	for i := range places {
		widths[i] = line * f.swell(places, i)
	}
	widths = smooth(widths, smoothWidths/sampleStep, false)
	fast := !f.pressed && f.usual > 0 && speed(places, len(places)-1) > f.usual
	out := make([]mark, len(places))
	for i, p := range places {
		from, to := float64(i)*sampleStep, float64(len(places)-1-i)*sampleStep
		w := widths[i] * taper(from, 2*line, 0.75)
		if fast {
			w *= taper(to, 4*line, 0.3) // 出锋: the pen left while it moved
		} else {
			w *= taper(to, 2*line, 0.7)
		}
		out[i] = mark{p.at, w / 2}
	}
	return out
}

// swell returns how thick the line is at a place; 1 is the middle.
func (f feel) swell(places []place, i int) float64 {
	switch {
	case f.pressed:
		return 0.4 + 1.2*places[i].press
	case f.usual > 0:
		return 1.5 / (1 + 0.5*min(speed(places, i)/f.usual, 4))
	}
	return 1
}

// speed returns mm per millisecond around a place.
func speed(places []place, i int) float64 {
	const reach = 3
	a, b := places[max(i-reach, 0)], places[min(i+reach, len(places)-1)]
	if !(b.time > a.time) {
		return 0
	}
	return distance(a.at, b.at) / (b.time - a.time)
}

// taper rises from low to 1 over the given length.
func taper(way, length, low float64) float64 {
	if way >= length {
		return 1
	}
	t := way / length
	return low + (1-low)*t*(2-t)
}

func distance(p, q point) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }

// between returns the point t of the way from p to q.
func between(p, q point, t float64) point {
	return point{X: p.X + (q.X-p.X)*t, Y: p.Y + (q.Y-p.Y)*t}
}
