package signer

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"rsc.io/qr"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/font"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Watermark is a text (水印) that stands grey and translucent along the diagonal of pages,
// over what they show. It belongs to their content, so that it cannot be laid on a document
// that is signed. A document that conforms to PDF/A-1, which has no transparency, takes none:
// [Layout] returns [ErrArchive].
type Watermark struct {
	Text  string // one line of 1 to 50 characters
	Pages []int  // from 1; nil means all
}

// QRCode is a QR code (二维码, ISO/IEC 18004) on pages, such as an address at which the
// document is checked. It is black on a white square, and belongs to the content of the
// pages, as a [Watermark] does. Phones read it from about 15 mm on.
type QRCode struct {
	Text  string // 1 to 300 bytes
	Pages []int  // from 1; nil means all
	At    Corner
	Side  float64 // of the white square in mm; 0 means 18
}

// Corner is a corner of a page as it is displayed.
type Corner int

// The corners.
const (
	BottomRight Corner = iota
	BottomLeft
	TopLeft
	TopRight
)

var cornerNames = [...]string{
	BottomRight: "BottomRight",
	BottomLeft:  "BottomLeft",
	TopLeft:     "TopLeft",
	TopRight:    "TopRight",
}

// String returns the corner in English.
func (c Corner) String() string { return enum.Name("Corner", cornerNames[:], c) }

// Measures of marks.
const (
	maxWatermark     = 50  // characters
	watermarkOpacity = 0.1 // of black
	watermarkLength  = 0.7 // of the diagonal
	watermarkHeight  = 0.1 // of the diagonal, at most
	maxCodeText      = 300 // bytes
	codeSide         = 18  // mm
	codeMargin       = 5   // mm from the edges
	quietZone        = 4   // modules around a code (ISO/IEC 18004, 6.3.8)
)

func (m Watermark) addTo(f *form) error {
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > maxWatermark {
		return fmt.Errorf("%w: a watermark has 1 to %d characters", ErrTooLong, maxWatermark)
	}
	p, err := f.d.palette()
	if err != nil {
		return err
	}
	if p.opaque() {
		return fmt.Errorf("%w: a watermark needs transparency", ErrArchive)
	}
	line, err := lineOf(m.Text)
	if err != nil {
		return err
	}
	art, err := f.artwork(line)
	if err != nil {
		return err
	}
	return f.mark(m.Pages, "Watermark", art, func(p pdf.Page) (x, y, scale, turn float64, err error) {
		w, h := p.Size()
		w, h = w/pointsPerMM, h/pointsPerMM
		diagonal := math.Hypot(w, h)
		scale = min(watermarkLength*diagonal/art.w, watermarkHeight*diagonal/art.h)
		return w / 2, h / 2, scale, math.Atan2(h, w), nil
	})
}

func (c QRCode) addTo(f *form) error {
	if c.Side == 0 {
		c.Side = codeSide
	}
	if c.Text == "" || len(c.Text) > maxCodeText || !(c.Side >= 10 && c.Side <= 100) || c.At < BottomRight || c.At > TopRight {
		return fmt.Errorf("%w: a QR code has 1 to %d bytes, a side of 10 to 100 mm and a corner", ErrTooLong, maxCodeText)
	}
	code, err := qr.Encode(c.Text, qr.M)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTooLong, err)
	}
	art, err := f.artwork(modules{code, c.Side})
	if err != nil {
		return err
	}
	return f.mark(c.Pages, "", art, func(p pdf.Page) (x, y, scale, turn float64, err error) {
		w, h := p.Size()
		x, y = w/pointsPerMM-codeMargin-c.Side/2, h/pointsPerMM-codeMargin-c.Side/2
		if c.At == BottomLeft || c.At == TopLeft {
			x = codeMargin + c.Side/2
		}
		if c.At == TopLeft || c.At == TopRight {
			y = codeMargin + c.Side/2
		}
		_, err = Around(x, y, c.Side, c.Side).on(p)
		return x, y, 1, 0, err
	})
}

// mark paints artwork into pages. place returns the centre in mm from the top left corner
// of the displayed page, a scale, and a turn to the left in radians.
func (f *form) mark(pages []int, subtype pdf.Name, art *artwork, place func(pdf.Page) (x, y, scale, turn float64, err error)) error {
	chosen := map[int]bool{}
	for _, n := range pages {
		chosen[n] = true
	}
	done := map[pdf.Ref]bool{} // a page may stand in the tree twice
	var fault error
	err := f.d.f.Pages(func(i int, p pdf.Page) bool {
		if pages != nil && !chosen[i+1] {
			return true
		}
		delete(chosen, i+1)
		if p.Ref == (pdf.Ref{}) {
			p.Ref, fault = f.standalone(p)
		}
		if fault == nil && !done[p.Ref] {
			done[p.Ref] = true
			fault = f.markPage(p, subtype, art, place)
		}
		return fault == nil
	})
	switch {
	case fault != nil:
		return fault
	case err != nil:
		return inputFault(err)
	}
	for n := range chosen {
		return fmt.Errorf("%w: page %d", ErrOffPage, n)
	}
	return nil
}

func (f *form) markPage(p pdf.Page, subtype pdf.Name, art *artwork, place func(pdf.Page) (x, y, scale, turn float64, err error)) error {
	x, y, scale, turn, err := place(p)
	if err != nil {
		return err
	}
	page, err := f.u.Dict(p.Ref)
	if err != nil {
		return &InputError{err}
	}
	at, err := f.nameForm(page, p, art.whole(f))
	if err != nil {
		return inputFault(err)
	}
	contents, err := f.shielded(page, p.Ref)
	if err != nil {
		return inputFault(err)
	}
	artifact := "/Artifact BMC"
	if subtype != "" {
		artifact = fmt.Sprintf("/Artifact <</Type /Pagination /Subtype /%s>> BDC", subtype) // ISO 32000-2, 14.8.2.2.2
	}
	m := matrix(p, x, y, scale, turn, art)
	ops := fmt.Appendf(nil, "%s q %v %v %v %v %v %v cm /%s Do Q EMC\n", artifact, m[0], m[1], m[2], m[3], m[4], m[5], at.name)
	f.u.Set(p.Ref, page.With("Resources", at.resources).With("Contents", append(contents, f.content(ops))))
	return nil
}

// matrix takes the millimetres of artwork to the user space of a page.
func matrix(p pdf.Page, x, y, scale, turn float64, art *artwork) [6]pdf.Object {
	k := pointsPerMM / p.Unit * scale
	sin, cos := math.Sincos(turn + float64(p.Rotate)*math.Pi/180)
	at := p.ToUser(x*pointsPerMM, y*pointsPerMM, 0, 0)
	m := [6]float64{k * cos, k * sin, -k * sin, k * cos}
	m[4] = at.X0 - (m[0]*art.w+m[2]*art.h)/2
	m[5] = at.Y0 - (m[1]*art.w+m[3]*art.h)/2
	var out [6]pdf.Object
	for i, v := range m {
		out[i] = pdf.Float(v)
	}
	return out
}

// naming is a form by its name among resources.
type naming struct {
	resources pdf.Object
	name      pdf.Name
}

// named says which form got a name among which resources.
type named struct {
	resources pdf.Object
	form      pdf.Ref
}

// nameForm gives a form a name among the resources of a page. Pages that share resources
// share what they become.
func (f *form) nameForm(page *pdf.Dict, p pdf.Page, form pdf.Ref) (naming, error) {
	held := page.Get("Resources")
	if held == nil {
		held = p.Resources
	}
	switch held.(type) {
	case pdf.Ref, *pdf.Dict:
	default:
		held = nil // to readers, anything else is none
	}
	if n, ok := f.named[named{held, form}]; ok {
		return n, nil
	}
	resources, err := f.dict(held)
	if err != nil {
		return naming{}, err
	}
	forms, err := f.dict(resources.Get("XObject"))
	if err != nil {
		return naming{}, err
	}
	taken := map[pdf.Name]bool{}
	for _, e := range forms.Entries {
		taken[e.Key] = true
	}
	n := naming{name: "Mark"}
	for i := 1; taken[n.name]; i++ {
		n.name = pdf.Name(fmt.Sprintf("Mark%d", i))
	}
	n.resources = f.u.Add(resources.With("XObject", forms.With(n.name, form)))
	if f.named == nil {
		f.named = map[named]naming{}
	}
	f.named[named{held, form}] = n
	return n, nil
}

// dict returns a dictionary of the file or of the update; an empty one for anything else,
// as readers take it.
func (f *form) dict(o pdf.Object) (*pdf.Dict, error) {
	var err error
	if ref, ok := o.(pdf.Ref); ok {
		o, err = f.u.Object(ref)
	}
	if d, ok := o.(*pdf.Dict); ok && d != nil && err == nil {
		return d, nil
	}
	return pdf.NewDict(), err
}

// shielded returns the content of a page such that what follows finds the graphics state in
// which the page began. A page that was marked before is so already.
func (f *form) shielded(page *pdf.Dict, ref pdf.Ref) (pdf.Array, error) {
	held := page.Get("Contents")
	if f.shields[ref] {
		return slices.Clone(held.(pdf.Array)), nil
	}
	list, err := f.list(held)
	if err != nil {
		return nil, err
	}
	open, err := f.balance(list)
	if err != nil {
		return nil, err
	}
	if f.shields == nil {
		f.shields = map[pdf.Ref]bool{}
	}
	f.shields[ref] = true
	out := pdf.Array{f.content(repeat("q\n", 1-open.least))}
	out = append(out, list...)
	closing := slices.Concat([]byte("\n"), repeat("ET\n", open.text), repeat("EMC\n", open.marked), repeat("Q\n", 1-open.least+open.states))
	return append(out, f.content(closing)), nil
}

func repeat(s string, n int) []byte { return slices.Repeat([]byte(s), n) }

// left is what content has not closed at its end.
type left struct {
	states, least int // graphics states that are saved, and the fewest that ever were, at most 0
	text, marked  int // text objects, marked content
}

// balance counts what content leaves open. It returns an error if the content is not
// understood, since nobody could see what follows it.
func (f *form) balance(list pdf.Array) (left, error) {
	const limit, deepest = 64 << 20, 1000
	var all []byte
	for _, o := range list {
		o, err := f.d.f.Resolve(o)
		if err != nil {
			return left{}, err
		}
		st, ok := o.(*pdf.Stream)
		if !ok {
			continue
		}
		data, err := f.d.f.Decode(st, limit-int64(len(all)))
		if err != nil {
			return left{}, err
		}
		all = append(append(all, data...), '\n')
	}
	var out left
	whole := pdf.Operators(all, func(op string, _ []pdf.Object) bool {
		switch op {
		case "q":
			out.states++
		case "Q":
			out.states--
			out.least = min(out.least, out.states)
		case "BT":
			out.text = 1
		case "ET":
			out.text = 0
		case "BMC", "BDC":
			out.marked++
		case "EMC":
			out.marked = max(out.marked-1, 0)
		}
		return true
	})
	if !whole || out.least < -deepest || max(out.states-out.least, out.marked) > deepest {
		return left{}, &pdf.MalformedError{Code: pdf.CodeStream, Offset: -1, Detail: "the content of a page, which more is to follow, is not understood"}
	}
	return out, nil
}

// content adds a content stream, once for equal ones.
func (f *form) content(ops []byte) pdf.Ref {
	if ref, ok := f.contents[string(ops)]; ok {
		return ref
	}
	if f.contents == nil {
		f.contents = map[string]pdf.Ref{}
	}
	ref := f.u.Add(&pdf.Stream{Dict: pdf.NewDict(), Data: ops})
	f.contents[string(ops)] = ref
	return ref
}

// faint is a line of text through which the page shows.
type faint struct{ *Text }

// Opacity implements the part of an [Appearance] that lets the page show through.
func (faint) Opacity() float64 { return watermarkOpacity }

// lineOf sets a line in a box that is just as wide as it.
func lineOf(text string) (Appearance, error) {
	face, err := font.Song()
	if err != nil {
		return nil, err
	}
	if missing := face.Missing(text); len(missing) > 0 {
		return nil, fmt.Errorf("%w: %q", ErrNoGlyph, string(missing))
	}
	width := 0.0
	for _, r := range text {
		g, err := face.Outline(r)
		if err != nil {
			return nil, fmt.Errorf("%w: %q", ErrNoGlyph, r)
		}
		width += g.Advance
	}
	const em = 10.0 // mm, before it is scaled
	line, err := NewText(width*em+0.01, 1.3*em+0.01, em*pointsPerMM, text)
	return faint{line}, err
}

// modules is the appearance of a QR code.
type modules struct {
	code *qr.Code
	side float64 // mm
}

// Vector implements [Appearance].
func (m modules) Vector() ([]byte, float64, float64) {
	n := m.code.Size + 2*quietZone
	b := fmt.Appendf(nil, "q %v 0 0 %v 0 0 cm 1 g 0 0 %d %d re f 0 g\n", pdf.Float(m.side/float64(n)), pdf.Float(m.side/float64(n)), n, n)
	for y := range m.code.Size {
		for x := 0; x < m.code.Size; x++ {
			from := x
			for x < m.code.Size && m.code.Black(x, y) {
				x++
			}
			if x > from {
				b = fmt.Appendf(b, "%d %d %d 1 re\n", quietZone+from, n-1-quietZone-y, x-from)
			}
		}
	}
	return append(b, "f Q\n"...), m.side, m.side
}
