package signer

import (
	"cmp"
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

// setText is lines of text that fit a box.
type setText struct {
	lines [][]font.Letter
	em    float64 // mm
}

// lineHeight is the height of a line, of the size of its letters.
const lineHeight = 1.3

// setLines finds the size in which lines fit a box. Its arguments and errors are those of
// NewText.
func setLines(widthMM, heightMM, size float64, lines ...string) (setText, error) {
	var t setText
	if size == 0 {
		size = defaultTextSize
	}
	if !(widthMM > 0 && heightMM > 0 && size > 0) || len(lines) == 0 {
		return t, fmt.Errorf("%w: no box, no size or no lines", ErrTooLong)
	}
	face, err := font.Song()
	if err != nil {
		return t, err
	}
	widest, runes := 0.0, 0
	for _, line := range lines {
		var row []font.Letter
		width := 0.0
		for _, r := range line {
			if runes++; runes > maxTextRunes {
				break
			}
			l, err := face.Letter(r)
			if err != nil {
				return t, fmt.Errorf("%w: %q", ErrNoGlyph, cmp.Or(string(face.Missing(line)), string(r)))
			}
			row = append(row, l)
			width += l.Advance
		}
		widest = max(widest, width)
		t.lines = append(t.lines, row)
	}
	if runes > maxTextRunes {
		return t, fmt.Errorf("%w: more than %d characters", ErrTooLong, maxTextRunes)
	}
	t.em = size / pointsPerMM
	if widest > 0 {
		t.em = min(t.em, widthMM/widest)
	}
	t.em = min(t.em, heightMM/(lineHeight*float64(len(lines))))
	if t.em*pointsPerMM < min(minTextSize, size)-1e-6 {
		return t, fmt.Errorf("%w: %.1f points would be needed", ErrTooLong, t.em*pointsPerMM)
	}
	return t, nil
}

// NewText sets one or more lines from the left into a box of a width and height in mm,
// in letters of the given size in points. Letters that do not fit are made smaller,
// down to 4 points; it returns [ErrTooLong] if they still do not fit.
func NewText(widthMM, heightMM, size float64, lines ...string) (*Text, error) {
	set, err := setLines(widthMM, heightMM, size, lines...)
	if err != nil {
		return nil, err
	}
	t := &Text{w: widthMM, h: heightMM}
	b := []byte("q 0 g\n")
	const descent = 0.2 // of the size, below the base line
	em := set.em
	block := lineHeight * em * float64(len(lines))
	y := heightMM/2 + block/2
	for _, row := range set.lines {
		y -= lineHeight * em
		x := 0.0
		for _, l := range row {
			if len(l.PDF) > 0 {
				k := em / font.Thousandths
				b = fmt.Appendf(b, "q %.6f 0 0 %.6f %.4f %.4f cm\n", k, k, x, y+em*(descent+(lineHeight-1)/2))
				b = append(append(b, l.PDF...), "f Q\n"...)
			}
			x += l.Advance * em
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
