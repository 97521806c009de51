package report

// Tone colours a [Page.Banner].
type Tone int

// The tones. The zero value is neutral.
const (
	Plain Tone = iota
	Good
	Doubt
	Bad
)

// colour is red, green and blue, of 255 each.
type colour [3]uint8

var (
	black = colour{0, 0, 0}
	grey  = colour{130, 130, 130}
	paper = colour{250, 250, 250}
)

// ink and fill return the colours of a tone.
func (t Tone) ink() colour {
	switch t {
	case Good:
		return colour{20, 110, 50}
	case Doubt:
		return colour{150, 95, 0}
	case Bad:
		return colour{175, 20, 20}
	}
	return colour{60, 60, 60}
}

func (t Tone) fill() colour {
	switch t {
	case Good:
		return colour{228, 243, 232}
	case Doubt:
		return colour{252, 242, 220}
	case Bad:
		return colour{250, 228, 228}
	}
	return colour{238, 238, 238}
}

// Banner sets one line in a coloured box over the whole column. A text that does not fit
// is cut.
func (p *Page) Banner(s string, t Tone) {
	const height = 10.0
	if p.y+height > bottom {
		p.turn()
	}
	p.box(left, p.y, right-left, height, t.ink(), t.fill(), 0.6)
	p.set(12)
	p.colour(t.ink())
	p.put(left+4, p.y+2.9, p.cut(p.clean(s), right-left-8))
	p.colour(black)
	p.set(bodySize)
	p.y += height + 2.5
}

// Title sets a line between a heading and rows, in a tone's colour, and keeps room for
// some rows below it.
func (p *Page) Title(s string, t Tone) {
	p.y += 1.5
	if p.y > bottom-25 {
		p.turn()
	}
	p.set(10.5)
	p.colour(t.ink())
	p.put(left, p.y, p.cut(p.clean(s), right-left))
	p.colour(black)
	p.y += 6
	p.set(bodySize)
}

// Sketch is the outline of a page, with rectangles on it.
type Sketch struct {
	Caption       string
	Width, Height float64 // of the page, in mm
	Marks         []Mark
}

// Mark is a rectangle on a page.
type Mark struct {
	X, Y, Width, Height float64 // in mm from the page's top left corner
	Label               string  // one to three characters
	Tone                Tone
}

// Sketches draws outlines in true proportion, four in a line. What of a mark lies off its
// page is not drawn. A sketch without an area is left out.
func (p *Page) Sketches(list []Sketch) {
	const columns, gap, tallest, caption = 4, 6.0, 52.0, 6.0
	const widest = (right - left - (columns-1)*gap) / columns
	var line []Sketch
	for i, s := range list {
		if s.Width > 0 && s.Height > 0 {
			line = append(line, s)
		}
		if len(line) == 0 || len(line) < columns && i < len(list)-1 {
			continue
		}
		height := 0.0
		for _, s := range line {
			height = max(height, s.Height*scale(s, widest, tallest))
		}
		if p.y+height+caption+2 > bottom {
			p.turn()
		}
		for n, s := range line {
			x := left + float64(n)*(widest+gap)
			k := scale(s, widest, tallest)
			p.box(x, p.y, s.Width*k, s.Height*k, grey, paper, 0.5)
			for _, draw := range []func(x, y float64, s Sketch, m Mark, k float64){p.mark, p.label} { // labels on top
				for _, m := range s.Marks {
					draw(x, p.y, s, m, k)
				}
			}
			p.set(8)
			p.put(x, p.y+height+1.2, p.cut(p.clean(s.Caption), widest))
			p.set(bodySize)
		}
		p.y += height + caption + 3
		line = nil
	}
}

// scale returns how much smaller a page is drawn.
func scale(s Sketch, widest, tallest float64) float64 {
	return min(widest/s.Width, tallest/s.Height)
}

// on returns the part of a mark that lies on its page.
func (m Mark) on(s Sketch) (x0, y0, x1, y1 float64, ok bool) {
	x0, y0 = max(m.X, 0), max(m.Y, 0)
	x1, y1 = min(m.X+m.Width, s.Width), min(m.Y+m.Height, s.Height)
	return x0, y0, x1, y1, x0 < x1 && y0 < y1
}

// mark draws one rectangle of a page that is drawn at x, y.
func (p *Page) mark(x, y float64, s Sketch, m Mark, k float64) {
	if x0, y0, x1, y1, ok := m.on(s); ok {
		p.box(x+x0*k, y+y0*k, (x1-x0)*k, (y1-y0)*k, m.Tone.ink(), m.Tone.fill(), 0.6)
	}
}

// label writes the label of a mark in its middle, or above it if it is too small, or else
// below it: always inside the page.
func (p *Page) label(x, y float64, s Sketch, m Mark, k float64) {
	x0, y0, x1, y1, ok := m.on(s)
	if !ok {
		return
	}
	p.set(7)
	p.colour(m.Tone.ink())
	label := p.clean(m.Label)
	w, h := p.measure(label)*25.4/72, 2.6
	lx, ly := x+(x0+x1)/2*k-w/2, y+(y0+y1)/2*k-h/2
	if w+0.4 > (x1-x0)*k || h > (y1-y0)*k {
		lx = min(x+x0*k, x+s.Width*k-w)
		if ly = y + y0*k - h - 0.3; ly < y {
			ly = min(y+y1*k+0.5, y+s.Height*k-h)
		}
	}
	p.put(lx, ly, label)
	p.colour(black)
	p.set(bodySize)
}

// box draws a filled rectangle with an outline.
func (p *Page) box(x, y, w, h float64, stroke, fill colour, line float64) {
	p.pdf.SetLineWidth(line)
	p.pdf.SetStrokeColor(stroke[0], stroke[1], stroke[2])
	p.pdf.SetFillColor(fill[0], fill[1], fill[2])
	p.pdf.RectFromUpperLeftWithStyle(mm(x), mm(y), mm(w), mm(h), "FD")
	p.pdf.SetStrokeColor(black[0], black[1], black[2])
	p.pdf.SetFillColor(black[0], black[1], black[2])
}

// colour sets the colour of texts.
func (p *Page) colour(c colour) { p.pdf.SetTextColor(c[0], c[1], c[2]) }
