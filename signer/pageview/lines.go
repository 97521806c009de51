package pageview

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/dajiaqian/dajiaqian/signer"
)

// fold converts a text to the form in which it is compared: NFKC, without white space
// and without characters that have no shape.
func fold(s string) []rune {
	var out []rune
	for _, r := range norm.NFKC.String(s) {
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			out = append(out, r)
		}
	}
	return out
}

// char is a character on the displayed page.
type char struct {
	runes []rune     // folded; more than one for a ligature
	box   signer.Box // of its ink
	dir   int        // the way its line runs, in degrees counted clockwise from rightwards, rounded
	// The box in a frame turned so that the line runs along u, and v grows
	// downwards from line to line.
	u0, u1, v0, v1 float64
}

func newChar(runes []rune, box signer.Box, angle float64, turns int) char {
	c := char{runes: runes, box: box}
	deg := int(math.Round(angle*180/math.Pi)) + 90*turns
	c.dir = (deg%360 + 360) % 360
	sin, cos := math.Sincos(float64(c.dir) * math.Pi / 180)
	x, y := box.X+box.W/2, box.Y+box.H/2
	u, v := x*cos+y*sin, -x*sin+y*cos
	// The upright box of a slanted glyph is larger than the glyph; along the axes this
	// is exact.
	w, h := box.W, box.H
	if c.dir%180 == 90 {
		w, h = h, w
	}
	c.u0, c.u1, c.v0, c.v1 = u-w/2, u+w/2, v-h/2, v+h/2
	return c
}

func (c *char) em() float64 { return max(c.u1-c.u0, c.v1-c.v0) }

// sameLine reports whether d may follow c on one line: it continues from c, at the same
// height, with a gap of at most four characters.
func sameLine(c, d *char) bool {
	em := max(c.em(), d.em())
	gap := d.u0 - c.u1
	return c.dir == d.dir && math.Abs((c.v0+c.v1)-(d.v0+d.v1))/2 <= 0.6*em && gap >= -0.6*em && gap <= 4*em
}

// nextLine reports whether d, which follows c in the file, may begin the next line of
// c's paragraph or stand under c in a vertical line.
func nextLine(c, d *char) bool {
	em := max(c.em(), d.em())
	fall := (d.v0 + d.v1 - c.v0 - c.v1) / 2
	return c.dir == d.dir && fall > 0.6*em && fall <= 3*em && d.u0 <= c.u0+0.6*em
}

// run is characters that are searched one behind the other.
type run struct {
	chars []char
	runes []rune
	from  []int // the character that a rune comes from
}

func newRun(text []char) run {
	r := run{chars: text}
	for i := range text {
		for _, c := range text[i].runes {
			r.runes, r.from = append(r.runes, c), append(r.from, i)
		}
	}
	return r
}

// words is a page that is searched for words: in the order of the file, which has line ends
// and vertical writing, and along the lines as they appear, for files that write a line in
// another order than it is read.
type words struct {
	file  run
	lines []run
	all   string // both, to pass over a word that stands nowhere
}

func newWords(text []char) *words {
	p := &words{file: newRun(text)}
	all := []string{string(p.file.runes)}
	for _, line := range lines(text) {
		r := newRun(line)
		p.lines, all = append(p.lines, r), append(all, string(r.runes))
	}
	p.all = strings.Join(all, " ") // no word has white space
	return p
}

// search returns the boxes of the places where word stands, in reading order.
func (p *words) search(word []rune) ([]signer.Box, error) {
	if !strings.Contains(p.all, string(word)) {
		return nil, nil
	}
	found := p.file.scan(word, func(c, d *char) bool { return sameLine(c, d) || nextLine(c, d) })
	for i := range p.lines {
		found = append(found, p.lines[i].scan(word, sameLine)...)
		if len(found) > 2*maxMatches {
			return nil, &LimitError{"matches", maxMatches}
		}
	}
	var out []signer.Box
	for _, b := range found {
		if !slices.ContainsFunc(out, func(o signer.Box) bool { return covers(o, b) }) {
			out = append(out, b)
		}
	}
	order(out)
	return out, nil
}

// scan finds word among characters that belong together according to joins.
func (r *run) scan(word []rune, joins func(c, d *char) bool) []signer.Box {
	var out []signer.Box
	for i := 0; i+len(word) <= len(r.runes) && len(out) <= maxMatches; {
		if !slices.Equal(r.runes[i:i+len(word)], word) {
			i++
			continue
		}
		box, ok := enclose(r.chars, r.from[i:i+len(word)], joins)
		if !ok {
			i++
			continue
		}
		out = append(out, box)
		i += len(word)
	}
	return out
}

// enclose returns the box around the characters at the given places, as far as they
// stand on the first line. It reports false if two of them do not belong together.
func enclose(text []char, at []int, joins func(c, d *char) bool) (signer.Box, bool) {
	box, first := text[at[0]].box, true
	for k := 1; k < len(at); k++ {
		c, d := &text[at[k-1]], &text[at[k]]
		if at[k] == at[k-1] {
			continue
		}
		if !joins(c, d) {
			return box, false
		}
		vertical := math.Abs(c.u0+c.u1-d.u0-d.u1)/2 <= 0.6*max(c.em(), d.em())
		if first = first && (sameLine(c, d) || vertical); first {
			box = union(box, d.box)
		}
	}
	return box, true
}

// lines groups characters by the line they appear to stand on.
func lines(text []char) [][]char {
	sorted := slices.Clone(text)
	slices.SortStableFunc(sorted, func(a, b char) int {
		return cmp.Or(cmp.Compare(a.dir, b.dir), cmp.Compare(a.v0+a.v1, b.v0+b.v1))
	})
	var out [][]char
	for i := 0; i < len(sorted); {
		// A line is as high as the characters that overlap at their middles.
		j := i + 1
		for j < len(sorted) && sorted[j].dir == sorted[i].dir &&
			(sorted[j].v0+sorted[j].v1-sorted[j-1].v0-sorted[j-1].v1)/2 <= 0.25*min(sorted[j].em(), sorted[j-1].em()) {
			j++
		}
		line := sorted[i:j:j]
		slices.SortStableFunc(line, func(a, b char) int { return cmp.Compare(a.u0, b.u0) })
		out = append(out, line)
		i = j
	}
	return out
}

func union(a, b signer.Box) signer.Box {
	x, y := min(a.X, b.X), min(a.Y, b.Y)
	return signer.Box{X: x, Y: y, W: max(a.X+a.W, b.X+b.W) - x, H: max(a.Y+a.H, b.Y+b.H) - y}
}

// covers reports whether two boxes are one place: more than half of the smaller lies in
// the other.
func covers(a, b signer.Box) bool {
	w := min(a.X+a.W, b.X+b.W) - max(a.X, b.X)
	h := min(a.Y+a.H, b.Y+b.H) - max(a.Y, b.Y)
	return w > 0 && h > 0 && 2*w*h > min(a.W*a.H, b.W*b.H)
}

// order sorts boxes in reading order: boxes that overlap in height by half are one
// line, and a line is read from the left.
func order(boxes []signer.Box) {
	slices.SortStableFunc(boxes, func(a, b signer.Box) int { return cmp.Compare(a.Y+a.H/2, b.Y+b.H/2) })
	for i := 0; i < len(boxes); {
		j := i + 1
		for j < len(boxes) && (boxes[j].Y+boxes[j].H/2)-(boxes[i].Y+boxes[i].H/2) <= min(boxes[i].H, boxes[j].H)/2 {
			j++
		}
		slices.SortStableFunc(boxes[i:j], func(a, b signer.Box) int { return cmp.Compare(a.X, b.X) })
		i = j
	}
}
