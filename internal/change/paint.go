package change

import (
	"math"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Limits of what is read of pages to find out where they are painted. A page that needs
// more counts as painted all over.
const (
	maxContent   = 4 << 20 // bytes of one page
	maxContents  = 16 << 20
	maxOperators = 200_000
	maxSaved     = 64 // graphics states that are kept at one time
	maxNotes     = 100_000
)

// cells is how fine the picture of where a page is painted is, in each direction.
const cells = 128

// painted is where a page as it is displayed has text, pictures or lines. It is coarse:
// a cell counts as painted if something painted touches it. Text is taken to be half as
// wide as it is high for each byte, which is right for Chinese and wide for Latin.
type painted struct {
	w, h float64 // of the page in mm
	rows [cells][cells / 64]uint64
	all  bool // not known: as if all were
}

// covers reports whether a rectangle, in mm from the top left corner, covers something
// painted.
func (p *painted) covers(r [4]float64) bool {
	if p.all {
		return true
	}
	x0, y0, x1, y1, ok := p.span(r)
	if !ok {
		return false
	}
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			if p.rows[y][x/64]&(1<<(x%64)) != 0 {
				return true
			}
		}
	}
	return false
}

// mark records that a rectangle is painted.
func (p *painted) mark(r [4]float64) {
	x0, y0, x1, y1, ok := p.span(r)
	if !ok {
		return
	}
	var row [cells / 64]uint64
	for x := x0; x <= x1; x++ {
		row[x/64] |= 1 << (x % 64)
	}
	for y := y0; y <= y1; y++ {
		for i, bits := range row {
			p.rows[y][i] |= bits
		}
	}
}

// span returns the cells that a rectangle touches.
func (p *painted) span(r [4]float64) (x0, y0, x1, y1 int, ok bool) {
	cell := func(v, size float64) int { return int(math.Floor(min(max(v/size*cells, -1), cells))) }
	x0, x1 = cell(r[0], p.w), cell(r[0]+r[2], p.w)
	y0, y1 = cell(r[1], p.h), cell(r[1]+r[3], p.h)
	if x1 < 0 || y1 < 0 || x0 >= cells || y0 >= cells || math.IsNaN(r[0]+r[1]+r[2]+r[3]) {
		return 0, 0, 0, 0, false
	}
	return max(x0, 0), max(y0, 0), min(x1, cells-1), min(y1, cells-1), true
}

// matrix maps x, y to a·x + c·y + e, b·x + d·y + f.
type matrix [6]float64

func (m matrix) times(n matrix) matrix {
	return matrix{m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5]}
}

// box returns the rectangle around the four corners of another.
func (m matrix) box(x0, y0, x1, y1 float64) pdf.Rect {
	out := pdf.Rect{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for _, c := range [][2]float64{{x0, y0}, {x1, y0}, {x0, y1}, {x1, y1}} {
		x, y := m[0]*c[0]+m[2]*c[1]+m[4], m[1]*c[0]+m[3]*c[1]+m[5]
		out = pdf.Rect{X0: min(out.X0, x), Y0: min(out.Y0, y), X1: max(out.X1, x), Y1: max(out.Y1, y)}
	}
	return out
}

var unchanged = matrix{1, 0, 0, 1, 0, 0}

// painter follows the operators of a page's content (ISO 32000-2, annex A).
type painter struct {
	f        *pdf.File
	page     pdf.Page
	out      *painted
	xobjects map[pdf.Name]pdf.Object // of the page's resources
	extents  map[pdf.Name]extent     // of those that were drawn

	state      graphics
	saved      []graphics
	text, line matrix
	path       *pdf.Rect // the extent of the path, nil if there is none
}

type graphics struct {
	ctm     matrix
	size    float64 // of the font
	leading float64
	between float64 // Tc and Tw together: added for each byte
	wide    float64 // Tz, 1 is usual
	rise    float64
	white   bool // what is filled is white
}

// extent is where an XObject paints, in the space that it is drawn in.
type extent struct {
	m    matrix
	r    pdf.Rect
	none bool
}

// canvas knows where the pages of a revision are painted, once it is asked.
type canvas struct {
	f     *pdf.File
	pages map[int]pdf.Page // by number, from 1
	form  pdf.Form
	read  map[int]*painted
	left  int // bytes of content that may still be read
	notes int // annotations that may still be read
}

func newCanvas(f *pdf.File, pages map[uint32]numbered) *canvas {
	out := &canvas{f: f, pages: make(map[int]pdf.Page, len(pages)), read: map[int]*painted{}, left: maxContents, notes: maxNotes}
	for _, p := range pages {
		out.pages[p.number] = p.page
	}
	out.form, _ = f.Form()
	return out
}

// covers reports whether a rectangle of a page covers something that is painted there.
func (c *canvas) covers(page int, r [4]float64) bool {
	p := c.read[page]
	if p == nil {
		p = readPainted(c.f, c.pages[page], &c.left)
		c.annotations(c.pages[page], p)
		c.read[page] = p
	}
	return p.covers(r)
}

// annotations marks what the page's annotations show, but for signature fields.
func (c *canvas) annotations(p pdf.Page, out *painted) {
	list, err := c.f.Array(p.Dict.Get("Annots"))
	if c.notes -= len(list); err != nil || c.notes < 0 {
		out.all = true
		return
	}
	d := &painter{page: p, out: out}
	for _, o := range list {
		if ref, ok := o.(pdf.Ref); ok {
			if fd, isField := c.form.ByObject(ref.Num); isField && fd.Type == "Sig" {
				continue
			}
		}
		a, err := c.f.Dict(o)
		if err != nil || a.Get("AP") == nil {
			continue
		}
		if r, err := c.f.Rect(a.Get("Rect")); err == nil && r.Width() > 0 && r.Height() > 0 {
			d.mark(r)
		}
	}
}

// readPainted finds out where the content of a page paints. left is how many bytes of
// content may still be read.
func readPainted(f *pdf.File, p pdf.Page, left *int) *painted {
	w, h := p.Size()
	const mm = 25.4 / 72
	out := &painted{w: w * mm, h: h * mm}
	data, ok := readContent(f, p, left)
	if !ok || w <= 0 || h <= 0 {
		out.all = true
		return out
	}
	d := &painter{f: f, page: p, out: out, state: graphics{ctm: unchanged, wide: 1}, text: unchanged, line: unchanged,
		xobjects: map[pdf.Name]pdf.Object{}, extents: map[pdf.Name]extent{}}
	if r, err := f.Dict(p.Resources); err == nil {
		if x, err := f.Dict(r.Get("XObject")); err == nil && x != nil {
			for _, e := range x.Entries {
				d.xobjects[e.Key] = e.Value
			}
		}
	}
	n := 0
	if !pdf.Operators(data, func(op string, args []pdf.Object) bool { n++; d.do(op, args); return n < maxOperators }) || n == maxOperators {
		out.all = true
	}
	return out
}

// readContent returns the content of a page, its parts joined.
func readContent(f *pdf.File, p pdf.Page, left *int) ([]byte, bool) {
	o, err := f.Resolve(p.Dict.Get("Contents"))
	if err != nil {
		return nil, false
	}
	parts, ok := o.(pdf.Array)
	if !ok {
		parts = pdf.Array{o}
	}
	var out []byte
	for _, part := range parts {
		o, err := f.Resolve(part)
		st, ok := o.(*pdf.Stream)
		if err != nil || o != nil && !ok {
			return nil, false
		}
		if o == nil {
			continue
		}
		data, err := f.Decode(st, maxContent)
		if *left -= len(data); err != nil || *left < 0 || len(out)+len(data) > maxContent {
			return nil, false
		}
		out = append(append(out, data...), '\n')
	}
	return out, true
}

// do follows one operator.
func (d *painter) do(op string, args []pdf.Object) {
	var n [6]float64
	for i := range min(len(args), len(n)) {
		n[i], _ = pdf.Number(args[i])
	}
	s := &d.state
	switch op {
	case "q":
		if len(d.saved) < maxSaved {
			d.saved = append(d.saved, *s)
		}
	case "Q":
		if len(d.saved) > 0 {
			*s, d.saved = d.saved[len(d.saved)-1], d.saved[:len(d.saved)-1]
		}
	case "cm":
		s.ctm = matrix(n).times(s.ctm)
	case "g":
		s.white = n[0] == 1
	case "rg":
		s.white = n[0] == 1 && n[1] == 1 && n[2] == 1
	case "k":
		s.white = n == [6]float64{}
	case "cs", "sc", "scn":
		s.white = false
	case "m", "l":
		d.point(n[0], n[1])
	case "c":
		d.point(n[0], n[1])
		d.point(n[2], n[3])
		d.point(n[4], n[5])
	case "v", "y":
		d.point(n[0], n[1])
		d.point(n[2], n[3])
	case "re":
		d.grow(s.ctm.box(n[0], n[1], n[0]+n[2], n[1]+n[3]))
	case "f", "F", "f*":
		d.fill(s.white)
	case "S", "s", "B", "B*", "b", "b*":
		d.fill(false)
	case "n":
		d.path = nil
	case "Do":
		if len(args) == 1 {
			d.draw(args[0])
		}
	case "BI":
		d.mark(s.ctm.box(0, 0, 1, 1))
	case "sh":
		d.out.all = true
	default:
		d.write(op, args, n)
	}
}

// point adds a point to the path.
func (d *painter) point(x, y float64) { d.grow(d.state.ctm.box(x, y, x, y)) }

// grow adds a rectangle to the path, of which only the extent is kept.
func (d *painter) grow(r pdf.Rect) {
	p := d.path
	if p == nil {
		d.path = &r
		return
	}
	*p = pdf.Rect{X0: min(p.X0, r.X0), Y0: min(p.Y0, r.Y0), X1: max(p.X1, r.X1), Y1: max(p.Y1, r.Y1)}
}

// fill paints the path. White is the paper.
func (d *painter) fill(white bool) {
	if d.path != nil && !white {
		d.mark(*d.path)
	}
	d.path = nil
}

// draw paints an XObject.
func (d *painter) draw(name pdf.Object) {
	key, _ := name.(pdf.Name)
	e, known := d.extents[key]
	if !known {
		e = d.extentOf(d.xobjects[key])
		d.extents[key] = e
	}
	if !e.none {
		d.mark(e.m.times(d.state.ctm).box(e.r.X0, e.r.Y0, e.r.X1, e.r.Y1))
	}
}

// extentOf returns where an XObject paints: a picture, or a form of which only the extent
// counts.
func (d *painter) extentOf(o pdf.Object) extent {
	out := extent{m: unchanged, r: pdf.Rect{X1: 1, Y1: 1}}
	o, err := d.f.Resolve(o)
	st, ok := o.(*pdf.Stream)
	switch {
	case err != nil:
		d.out.all = true
		out.none = true
	case !ok:
		out.none = true
	case st.Dict.Get("Subtype") == pdf.Name("Form"):
		if a, err := d.f.Array(st.Dict.Get("Matrix")); err == nil && len(a) == 6 {
			for i := range out.m {
				out.m[i], _ = pdf.Number(a[i])
			}
		}
		if out.r, err = d.f.Rect(st.Dict.Get("BBox")); err != nil {
			d.out.all = true
		}
	}
	return out
}

// write follows the operators of text (ISO 32000-2, 9.4).
func (d *painter) write(op string, args []pdf.Object, n [6]float64) {
	s := &d.state
	move := func(x, y float64) {
		d.line = matrix{1, 0, 0, 1, x, y}.times(d.line)
		d.text = d.line
	}
	switch op {
	case "BT":
		d.text, d.line = unchanged, unchanged
	case "Tf":
		s.size = n[1]
	case "TL":
		s.leading = n[0]
	case "Tc", "Tw":
		s.between = max(s.between, n[0])
	case "Tz":
		s.wide = n[0] / 100
	case "Ts":
		s.rise = n[0]
	case "gs": // it may set a font
		s.size = max(s.size, 12)
	case "Td":
		move(n[0], n[1])
	case "TD":
		s.leading = -n[1]
		move(n[0], n[1])
	case "Tm":
		d.text, d.line = matrix(n), matrix(n)
	case "T*":
		move(0, -s.leading)
	case "'", "\"":
		if op == "\"" {
			s.between = max(s.between, n[0], n[1])
		}
		move(0, -s.leading)
		fallthrough
	case "Tj", "TJ":
		if len(args) == 0 {
			return
		}
		width := 0.0
		parts, ok := args[len(args)-1].(pdf.Array)
		if !ok {
			parts = pdf.Array{args[len(args)-1]}
		}
		for _, o := range parts {
			if t, ok := o.(pdf.String); ok {
				width += float64(len(t.Bytes)) * (s.size/2 + s.between)
			} else if k, ok := pdf.Number(o); ok {
				width -= k * s.size / 1000
			}
		}
		width *= s.wide
		d.mark(d.text.times(s.ctm).box(0, s.rise-0.2*s.size, width, s.rise+0.9*s.size))
		d.text = matrix{1, 0, 0, 1, width, 0}.times(d.text)
	}
}

// mark records a rectangle of user space.
func (d *painter) mark(r pdf.Rect) {
	x, y, w, h := d.page.ToDisplay(r)
	const mm = 25.4 / 72
	d.out.mark([4]float64{x * mm, y * mm, w * mm, h * mm})
}
