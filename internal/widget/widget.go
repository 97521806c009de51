// Package widget draws what a form field shows on its page (ISO 32000-2, 12.7.4.3):
// text, choices and buttons. Characters are drawn as outlines, so that a field looks the
// same everywhere and needs no font in the document.
//
// It reads no document and knows no field: a [Look] has all that is seen.
package widget

import (
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// Errors of drawing.
var (
	ErrNoGlyph = errors.New("no face has a glyph for a character")
	ErrTooLong = errors.New("the text is longer than a field can show")
)

// maxRunes is how many characters one widget shows.
const maxRunes = 4000

// Look is what one widget shows. Lengths are points; the origin is the lower left corner
// of the widget, as its text runs. Colours are operators of a content stream that set the
// colour of what is filled, such as "0 g"; an empty one paints nothing.
type Look struct {
	Width, Height float64
	Back          string
	Border        Border
	Ink           string   // of the text and of marks; "" is black
	Faces         Typeface // of the text
	Size          float64  // of the letters; 0 fits them into the box
	Align         Align

	Kind      Kind
	Text      string // of Text and Push
	Multiline bool
	Comb      int // cells of equal width, one character in each; 0 for none
	Options   []string
	Chosen    map[int]bool // of Options
	Top       int          // the first option that is seen
	Mark      Mark
	On        bool // of Check and Radio
}

// Kind is the kind of a field.
type Kind int

// The kinds of fields.
const (
	Text  Kind = iota // text, and the chosen text of a drop-down list
	List              // a list whose options are seen
	Check             // a box that is ticked or not
	Radio             // the same, round
	Push              // a button with a caption
)

// Align says where lines of text stand (ISO 32000-2, table 228, /Q).
type Align int

// The alignments.
const (
	Left Align = iota
	Centre
	Right
)

// Border is the line round a widget.
type Border struct {
	Width float64
	Ink   string // operators that set the colour; "" for none
	Under bool   // only the lower edge
}

// padding is what stays free between the border and the text.
const padding = 2

// Draw returns the content of the widget's appearance stream. It needs no resources. It
// returns [ErrNoGlyph] or [ErrTooLong].
func (l Look) Draw() ([]byte, error) {
	if !(l.Width > 0 && l.Height > 0) {
		return nil, nil
	}
	b := l.frame(nil)
	ink := l.Ink
	if ink == "" {
		ink = "0 g"
	}
	if l.Kind == Check || l.Kind == Radio {
		if !l.On {
			return b, nil
		}
		b = fmt.Appendf(b, "q %s\n", ink)
		return append(l.Mark.draw(b, l.Width, l.Height), "Q\n"...), nil
	}
	in := l.inside()
	if in.w <= 0 || in.h <= 0 {
		return b, nil
	}
	b = fmt.Appendf(b, "/Tx BMC\nq %.3f %.3f %.3f %.3f re W n\n%s\n", in.x, in.y, in.w, in.h, ink)
	var err error
	switch {
	case l.Kind == List:
		b, err = l.list(b, in, ink)
	case l.Comb > 0:
		b, err = l.comb(b, in)
	case l.Multiline:
		b, err = l.lines(b, in)
	default:
		b, err = l.line(b, in)
	}
	return append(b, "Q\nEMC\n"...), err
}

// rect is a part of the widget.
type rect struct{ x, y, w, h float64 }

// inside returns the part within the border.
func (l Look) inside() rect {
	e := l.edge()
	return rect{e, e, l.Width - 2*e, l.Height - 2*e}
}

func (l Look) edge() float64 {
	if l.Border.Ink == "" {
		return 1
	}
	return max(1, l.Border.Width)
}

// frame paints the background and the border.
func (l Look) frame(b []byte) []byte {
	round := l.Kind == Radio
	if l.Back != "" {
		b = fmt.Appendf(b, "q %s\n", l.Back)
		if round {
			b = circle(b, l.Width/2, l.Height/2, min(l.Width, l.Height)/2)
		} else {
			b = fmt.Appendf(b, "0 0 %.3f %.3f re\n", l.Width, l.Height)
		}
		b = append(b, "f Q\n"...)
	}
	e := l.Border.Width
	if l.Border.Ink == "" || e <= 0 {
		return b
	}
	b = fmt.Appendf(b, "q %s\n", l.Border.Ink)
	switch w, h := l.Width, l.Height; {
	case l.Border.Under:
		b = fmt.Appendf(b, "0 0 %.3f %.3f re f\n", w, e)
	case round:
		r := min(w, h) / 2
		b = circle(circle(b, w/2, h/2, r), w/2, h/2, r-e)
		b = append(b, "f*\n"...)
	default:
		b = fmt.Appendf(b, "0 0 %.3f %.3f re %.3f %.3f %.3f %.3f re f*\n", w, h, e, e, w-2*e, h-2*e)
	}
	return append(b, "Q\n"...)
}

// Typeface is faces in the order in which they are asked for a character.
type Typeface []*font.Face

// row is characters that stand on one line.
type row struct {
	glyphs []font.Letter
	width  float64 // em
}

// glyph returns the shape of a character.
func (t Typeface) glyph(r rune) (font.Letter, error) {
	if r == '\t' || r == '\u00a0' {
		r = ' '
	}
	for _, f := range t {
		g, err := f.Letter(r)
		if err == nil {
			return g, nil
		}
		if !errors.Is(err, font.ErrNoGlyph) {
			return g, err
		}
	}
	return font.Letter{}, fmt.Errorf("%w: %q", ErrNoGlyph, r)
}

// set returns the shapes of a line.
func (t Typeface) set(text string) (row, error) {
	var out row
	for _, r := range text {
		g, err := t.glyph(r)
		if err != nil {
			return out, err
		}
		out.glyphs = append(out.glyphs, g)
		out.width += g.Advance
	}
	return out, nil
}

// draw paints a row from x on, on the base line y, in letters of a size.
func (r row) draw(b []byte, x, y, size float64) []byte {
	const thousandth = 1.0 / font.Thousandths
	for _, g := range r.glyphs {
		if len(g.PDF) > 0 {
			b = fmt.Appendf(b, "q %.6f 0 0 %.6f %.3f %.3f cm\n", size*thousandth, size*thousandth, x, y)
			b = append(append(b, g.PDF...), "f Q\n"...)
		}
		x += g.Advance * size
	}
	return b
}

// start returns where a row begins.
func (l Look) start(r row, in rect, size float64) float64 {
	free := in.w - 2*padding - r.width*size
	switch l.Align {
	case Centre:
		return in.x + padding + free/2
	case Right:
		return in.x + padding + free
	}
	return in.x + padding
}
