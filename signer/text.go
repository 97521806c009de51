package signer

import (
	"errors"
	"fmt"
	"math"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// Errors of text that is drawn.
var (
	ErrNoGlyph = errors.New("signer: the face has no glyph for a character")
	ErrTooLong = errors.New("signer: the text does not fit its box")
)

// Text is an [Appearance] of lines of black text, Chinese or Latin. It is set in the
// embedded Song face and drawn as outlines, so that it looks the same everywhere and
// needs no font in the document.
type Text struct {
	w, h    float64
	content []byte
}

// Limits of text.
const (
	minTextSize  = 4   // points
	maxTextRunes = 400 // in all lines together
)

// NewText sets one or more lines from the left into a box of a width and height in mm,
// in letters of the given size in points. Letters that do not fit are made smaller,
// down to 4 points; it returns [ErrTooLong] if they still do not fit.
func NewText(widthMM, heightMM, size float64, lines ...string) (*Text, error) {
	if size == 0 {
		size = defaultTextSize
	}
	if !(widthMM > 0 && heightMM > 0 && size > 0) || len(lines) == 0 {
		return nil, fmt.Errorf("%w: no box, no size or no lines", ErrTooLong)
	}
	face, err := font.Song()
	if err != nil {
		return nil, err
	}
	const leading = 1.3 // of the size
	var glyphs [][]font.Glyph
	widest, runes := 0.0, 0
	for _, line := range lines {
		if missing := face.Missing(line); len(missing) > 0 {
			return nil, fmt.Errorf("%w: %q", ErrNoGlyph, string(missing))
		}
		var row []font.Glyph
		width := 0.0
		for _, r := range line {
			if runes++; runes > maxTextRunes {
				return nil, fmt.Errorf("%w: more than %d characters", ErrTooLong, maxTextRunes)
			}
			g, err := face.Outline(r)
			if err != nil {
				return nil, fmt.Errorf("%w: %q", ErrNoGlyph, r)
			}
			row = append(row, g)
			width += g.Advance
		}
		widest = max(widest, width)
		glyphs = append(glyphs, row)
	}
	em := size / pointsPerMM // mm
	if widest > 0 {
		em = min(em, widthMM/widest)
	}
	em = min(em, heightMM/(leading*float64(len(lines))))
	if em*pointsPerMM < min(minTextSize, size)-1e-6 {
		return nil, fmt.Errorf("%w: %.1f points would be needed", ErrTooLong, em*pointsPerMM)
	}
	t := &Text{w: widthMM, h: heightMM}
	b := []byte("q 0 g\n")
	const descent = 0.2 // of the size, below the base line
	block := leading * em * float64(len(lines))
	y := heightMM/2 + block/2
	for _, row := range glyphs {
		y -= leading * em
		x := 0.0
		for _, g := range row {
			if len(g.Path) > 0 {
				k := em / font.Thousandths
				b = fmt.Appendf(b, "q %.6f 0 0 %.6f %.4f %.4f cm\n", k, k, x, y+em*(descent+(leading-1)/2))
				b = append(font.AppendPDF(b, g.Path), "f Q\n"...)
			}
			x += g.Advance * em
		}
	}
	t.content = append(b, "Q\n"...)
	return t, nil
}

// Vector implements [Appearance].
func (t *Text) Vector() ([]byte, float64, float64) {
	const round = 1e4
	return t.content, math.Floor(t.w*round) / round, math.Floor(t.h*round) / round
}
