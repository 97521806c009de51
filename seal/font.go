package seal

import (
	"errors"
	"math"
	"slices"
	"unicode"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// Font is a parsed font face of the host. It is safe for concurrent use.
type Font struct {
	face *font.Face
}

// ParseFont reads a TrueType or OpenType file of at most 64 MiB, or the first
// face of a collection. It keeps data, which must not change afterwards. The
// text of its errors starts with "font".
func ParseFont(data []byte) (*Font, error) { return ParseFontFace(data, 0) }

// ParseFontFace is [ParseFont] for one face of a collection, by its index from zero: 2
// is the Simplified Chinese one in Noto Serif CJK.
func ParseFontFace(data []byte, index int) (*Font, error) {
	face, err := font.ParseFace(data, index)
	if err != nil {
		return nil, err
	}
	return &Font{face}, nil
}

// SongFont returns the embedded Song face as a TrueType file (3.6 MB), for hosts that
// typeset documents with it. It is a subset of Noto Serif CJK SC under the SIL Open
// Font License 1.1. The caller owns the slice.
func SongFont() ([]byte, error) { return font.SongTTF() }

// A typeface is a face with the measures that a layout needs. They are measured on one
// character that stands for all: 国 for a Chinese face, 0 for a code.
type typeface struct {
	face   *font.Face
	height float64 // em from foot to head of that character
	middle float64 // em from the baseline to halfway up it
	width  float64 // em of its ink from left to right
}

func newTypeface(face *font.Face, model rune) typeface {
	t := typeface{face, 0.90, 0.38, 0.80} // an ideograph of most Chinese faces
	if g, err := face.Outline(model); err == nil && g.Bounds.Height() > 0.2 {
		t.height = g.Bounds.Height()
		t.middle = (g.Bounds.Min.Y + g.Bounds.Max.Y) / 2
		t.width = g.Bounds.Width()
	}
	return t
}

// faces returns the typefaces of the names and of the codes of spec.
func (spec *Spec) faces() (song, code typeface, err error) {
	text, err := font.Song()
	if err != nil {
		return song, code, err
	}
	if spec.Font != nil {
		text = spec.Font.face
	}
	digits, err := font.Sans()
	return newTypeface(text, '国'), newTypeface(digits, '0'), err
}

// A letter is one character ready to be set.
type letter struct {
	glyph font.Glyph
	cell  float64 // em that it takes on the line
	ink   float64 // em that its ink takes, centred in the cell
	mid   float64 // em from the origin to the centre of the ink
}

// dot stands between the parts of a foreign or Uyghur name (间隔号, GB/T 15834-2011, 4.14).
const dot = '·'

// isDot reports whether keyboards and forms put r in the place of dot.
func isDot(r rune) bool {
	switch r {
	case '・', '･', '•', '‧', '∙', '⋅': // katakana, its half-width form, bullet, hyphenation, operators
		return true
	}
	return false
}

// letters looks up the characters of text. It uses any other dot if the face lacks the
// one in text. It returns a *GlyphError with all missing characters.
func (t typeface) letters(text string) ([]letter, error) {
	var out []letter
	var missing []rune
	for _, r := range text {
		g, err := t.face.Outline(r)
		if errors.Is(err, font.ErrNoGlyph) && isDot(r) {
			g, err = t.face.Outline(dot)
		}
		switch {
		case err == nil:
			out = append(out, newLetter(r, g))
		case !errors.Is(err, font.ErrNoGlyph):
			return nil, err
		case !slices.Contains(missing, r):
			missing = append(missing, r)
		}
	}
	if missing != nil {
		return nil, &GlyphError{missing}
	}
	return out, nil
}

// newLetter gives an ideograph a full cell. A full-width bracket or dot, whose ink
// fills only a corner of its advance, gets a cell about its ink.
func newLetter(r rune, g font.Glyph) letter {
	const bearing = 0.1 // em either side of the ink of a mark
	l := letter{glyph: g, cell: g.Advance, ink: g.Bounds.Width(), mid: (g.Bounds.Min.X + g.Bounds.Max.X) / 2}
	if !unicode.Is(unicode.Han, r) && l.ink > 0 {
		l.cell = min(l.cell, max(l.ink+2*bearing, 0.45))
	}
	l.cell = max(l.cell, l.ink)
	return l
}

// even stretches letters that nearly have the height of the model character to exactly
// that height, and if wide to its width. Where a rule measures characters, all of them
// then measure the same, though those of a face differ by some hundredths.
func (t typeface) even(letters []letter, wide bool) []letter {
	out := slices.Clone(letters)
	for i := range out {
		l := &out[i]
		b := l.glyph.Bounds
		m := matrix{a: 1, d: nearly(t.height, b.Height())}
		if m.d != 1 {
			m.f = t.middle - m.d*(b.Min.Y+b.Max.Y)/2
		}
		if wide {
			m.a = nearly(t.width, l.ink)
			m.e = (1 - m.a) * l.mid
			l.ink *= m.a
			l.cell = max(l.cell, l.ink)
		}
		l.glyph.Path = shape{l.glyph.Path, m}.moved()
		l.glyph.Bounds = font.Bounds(l.glyph.Path)
	}
	return out
}

// nearly returns the factor that stretches has to wanted, or 1 if the change would be
// visible.
func nearly(wanted, has float64) float64 {
	const unseen = 0.12
	if by := wanted / has; math.Abs(by-1) < unseen {
		return by
	}
	return 1
}
