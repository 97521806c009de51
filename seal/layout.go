package seal

import (
	"math"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// A ring is a text along the inside of a curved rim, with its letters upright on the
// curve: heads outwards in the upper half, heads inwards in the lower half.
type ring struct {
	letters []letter
	face    typeface
	rx, ry  float64 // half axes of the curve that the outer side of the text touches
	below   bool    // along the lower edge, read from left to right
	sweep   float64 // degrees that it may take at most

	height, minHeight float64 // mm of the model character: wished, and the least legible
	width, minWidth   float64 // horizontal scale: wished, and the least legible
	gap               float64 // mm between two cells: wished

	sides [][]point // of each letter, the points that may reach farthest along the curve; fit sets it
}

// A setting is a ring that fits.
type setting struct {
	curve  curve
	em     float64   // mm to one em, upright
	scale  float64   // horizontal scale
	gap    float64   // mm
	degree float64   // of the parameter that the text takes
	places []float64 // of the letters, arc lengths
}

// shrink is the step by which a text loses height until it fits.
const shrink = 0.97

// fit finds the largest setting. It first tightens the gaps, then narrows the letters,
// then shrinks them. It reports false if even the least legible letters touch.
func (r ring) fit() (setting, bool) {
	if len(r.letters) == 0 {
		return setting{}, false
	}
	r.sides = make([][]point, len(r.letters))
	for i, l := range r.letters {
		r.sides[i] = sides(l.glyph.Path)
	}
	for height := r.height; height >= r.minHeight; height *= shrink {
		if height/2 >= min(r.rx, r.ry) {
			continue
		}
		s := setting{
			curve: newCurve(r.rx-height/2, r.ry-height/2),
			em:    height / r.face.height,
			scale: r.width,
		}
		limit := s.curve.arc(r.sweep)
		if s.gap = r.gap * height / r.height; r.length(s) > limit {
			s = r.fill(s, limit)
		}
		if r.clear(s) {
			return r.settled(s), true
		}
		// Letters that touch are narrowed; the gaps get the space that is left.
		if narrow := r.fill(s.narrowed(r.minWidth), limit); r.clear(narrow) {
			low, high := r.minWidth, r.width
			for range 12 {
				mid := (low + high) / 2
				if r.clear(r.fill(s.narrowed(mid), limit)) {
					low = mid
				} else {
					high = mid
				}
			}
			return r.settled(r.fill(s.narrowed(low), limit)), true
		}
	}
	return setting{}, false
}

// settled completes a setting that fits.
func (r ring) settled(s setting) setting {
	s.degree = s.curve.degrees(r.length(s))
	s.places = r.places(s)
	return s
}

func (s setting) narrowed(scale float64) setting {
	s.scale = scale
	return s
}

// fill makes the gaps as wide as limit allows, but no wider than wished.
func (r ring) fill(s setting, limit float64) setting {
	s.gap = 0
	if n := len(r.letters); n > 1 {
		s.gap = min((limit-r.length(s))/float64(n-1), r.gap)
	}
	return s
}

// length returns the arc from the first cell's start to the last cell's end.
func (r ring) length(s setting) float64 {
	sum := s.gap * float64(len(r.letters)-1)
	for _, l := range r.letters {
		sum += l.cell * s.em * s.scale
	}
	return sum
}

// clear reports whether the gaps do not overlap and any two neighbours are at least a
// hair apart, at their feet, where the curve crowds them, and everywhere else.
func (r ring) clear(s setting) bool {
	hair := 0.12 + 0.02*s.em
	places := r.places(s)
	if s.gap < 0 || len(places) == 1 && r.length(s) > s.curve.arc(r.sweep) {
		return false
	}
	for i := 1; i < len(places); i++ {
		p, u := s.curve.at(places[i-1])
		q, v := s.curve.at(places[i])
		chord := math.Hypot(q.X-p.X, q.Y-p.Y)
		turn := math.Acos(max(-1, min(1, u.X*v.X+u.Y*v.Y))) / 2
		width := (r.letters[i-1].ink + r.letters[i].ink) / 2 * s.em * s.scale
		if chord-s.em*math.Sin(turn)-width*math.Cos(turn) < hair {
			return false
		}
	}
	return true
}

// places returns the arc lengths at which the letters stand. Cells follow each other.
// Each has in its middle the part of the curve that the ink takes: the foot of 广
// reaches farther round than its head. The ink of the whole text, not its cells, is
// centred on the axis.
func (r ring) places(s setting) []float64 {
	k := s.em * s.scale
	out := make([]float64, len(r.letters))
	var start, end float64 // of the ink
	along := -r.length(s) / 2
	for i, l := range r.letters {
		middle := along + l.cell*k/2
		from, to := r.reach(s, i, middle)
		if out[i] = middle - (from+to)/2; i == 0 {
			start = middle - (to-from)/2
		}
		end = middle + (to-from)/2
		along += l.cell*k + s.gap
	}
	for i := range out {
		if out[i] -= (start + end) / 2; r.below {
			out[i] = s.curve.perimeter()/2 - out[i]
		}
	}
	return out
}

// reach returns the range along the curve that the ink of a letter takes, as seen from
// the centre of curvature there. It is in mm from the middle of the letter's box, which
// stands at the arc length along.
func (r ring) reach(s setting, i int, along float64) (from, to float64) {
	up := 1.0
	if r.below {
		along, up = s.curve.perimeter()/2-along, -1
	}
	p, _ := s.curve.at(along)
	radius := s.curve.radius(p)
	for _, q := range r.sides[i] {
		away := max(radius+up*(q.Y-r.face.middle)*s.em, radius/4)
		slope := (q.X - r.letters[i].mid) * s.em * s.scale / away
		from, to = min(from, slope), max(to, slope)
	}
	return radius * math.Atan(from), radius * math.Atan(to)
}

// sides returns the points of a path that lie farthest to the left or the right, as
// seen from below or above, near or far.
func sides(path []font.Segment) []point {
	const leans, steep = 7, 0.36 // half the width of a square letter to the least radius
	if len(path) == 0 {
		return nil
	}
	var lean, left, right [leans]float64
	for i := range lean {
		lean[i] = (2*float64(i)/(leans-1) - 1) * steep
		left[i], right[i] = math.Inf(1), math.Inf(-1)
	}
	far := make([]point, 2*leans)
	see := func(p point) {
		for i, l := range lean {
			v := p.X - l*p.Y
			if v < left[i] {
				left[i], far[i] = v, p
			}
			if v > right[i] {
				right[i], far[leans+i] = v, p
			}
		}
	}
	last := point{}
	for _, g := range path {
		to := g.P[g.Op.Points()-1]
		switch g.Op {
		case font.QuadTo:
			see(between(between(last, g.P[0], 0.5), between(g.P[0], to, 0.5), 0.5))
		case font.CubeTo:
			see(onCubic(last, g.P, 0.5))
		}
		see(to)
		last = to
	}
	return far
}

// shapes sets the letters about the origin.
func (r ring) shapes(s setting) []shape {
	out := make([]shape, 0, len(r.letters))
	for i, along := range s.places {
		p, right := s.curve.at(along)
		if r.below {
			right = point{X: -right.X, Y: -right.Y}
		}
		if l := r.letters[i]; len(l.glyph.Path) > 0 {
			out = append(out, l.upon(p, right, s.em*s.scale, s.em, r.face.middle))
		}
	}
	return out
}

// upon places l with the middle of its ink on p, its line running along the unit
// vector right; w and h are the mm of one em along and across the line.
func (l letter) upon(p, right point, w, h, middle float64) shape {
	m := matrix{a: right.X * w, b: right.Y * w, c: -right.Y * h, d: right.X * h}
	o := m.apply(point{X: l.mid, Y: middle})
	m.e, m.f = p.X-o.X, p.Y-o.Y
	return shape{l.glyph.Path, m}
}

// A line is a straight text about a centre.
type line struct {
	letters []letter
	face    typeface
	centre  point
	room    float64 // mm it may take at most

	height, minHeight float64 // mm of the model character
	width, minWidth   float64 // horizontal scale
	gap               float64 // em between two cells, before the horizontal scale
}

// shapes sets the line: wished scale first, then narrower, then smaller. It
// reports false when even the least legible letters are too long.
func (l line) shapes() ([]shape, bool) {
	em, scale := l.height/l.face.height, l.width
	if length := l.length() * em; length*scale > l.room {
		scale = max(l.room/length, l.minWidth)
		em = min(em, l.room/(l.length()*scale))
	}
	if em*l.face.height < l.minHeight {
		return nil, false
	}
	first, last := l.letters[0], l.letters[len(l.letters)-1]
	x := -l.length()/2 + ((last.cell-last.ink)-(first.cell-first.ink))/4
	var out []shape
	for _, c := range l.letters {
		p := point{X: l.centre.X + (x+c.cell/2)*em*scale, Y: l.centre.Y}
		if len(c.glyph.Path) > 0 {
			out = append(out, c.upon(p, point{X: 1}, em*scale, em, l.face.middle))
		}
		x += c.cell + l.gap
	}
	return out, true
}

// length returns the em of the line at full width.
func (l line) length() float64 {
	sum := l.gap * float64(len(l.letters)-1)
	for _, c := range l.letters {
		sum += c.cell
	}
	return sum
}
