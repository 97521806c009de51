package widget

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Measures of lines, of the size of the letters.
const (
	leading = 1.2
	ascent  = 0.88 // of a Song face
	descent = 0.22 // below the base line
)

// Letters that are fitted into their box, in points.
const (
	smallest = 4
	largest  = 12 // where the box would take more
)

// baseline is where one line stands that fills a box in the middle.
func baseline(in rect, size float64) float64 {
	return in.y + in.h/2 - (ascent-descent)*size/2
}

// line draws one line.
func (l Look) line(b []byte, in rect) ([]byte, error) {
	if err := count(l.Text); err != nil {
		return b, err
	}
	r, err := l.Faces.set(strings.Join(split(l.Text), " "))
	if err != nil {
		return b, err
	}
	size := l.Size
	if size == 0 {
		size = min(largest, in.h/(ascent+descent))
		if r.width > 0 {
			size = min(size, (in.w-2*padding)/r.width)
		}
		size = max(size, smallest)
	}
	return r.draw(b, l.start(r, in, size), baseline(in, size), size), nil
}

// comb draws each character in the middle of its cell.
func (l Look) comb(b []byte, in rect) ([]byte, error) {
	if err := count(l.Text); err != nil {
		return b, err
	}
	size := l.Size
	if size == 0 {
		size = max(smallest, min(largest, in.h/(ascent+descent)))
	}
	cell := l.Width / float64(l.Comb)
	n := utf8.RuneCountInString(l.Text)
	at := 0
	switch l.Align {
	case Centre:
		at = (l.Comb - n) / 2
	case Right:
		at = l.Comb - n
	}
	for _, c := range l.Text {
		r, err := l.Faces.set(string(c))
		if err != nil {
			return b, err
		}
		b = r.draw(b, float64(at)*cell+(cell-r.width*size)/2, baseline(in, size), size)
		at++
	}
	return b, nil
}

// lines draws text that is broken into lines, from the top.
func (l Look) lines(b []byte, in rect) ([]byte, error) {
	size := l.Size
	var rows []row
	for {
		at := size
		if l.Size == 0 && size == 0 {
			at = largest
		}
		var err error
		if rows, err = l.wrap((in.w - 2*padding) / at); err != nil {
			return b, err
		}
		size = at
		if l.Size != 0 || size <= smallest || float64(len(rows))*leading*size <= in.h-2*padding {
			break
		}
		size = max(smallest, size-1)
	}
	y := in.y + in.h - padding - ascent*size
	for _, r := range rows {
		if y+ascent*size < in.y {
			break // below the box
		}
		b = r.draw(b, l.start(r, in, size), y, size)
		y -= leading * size
	}
	return b, nil
}

// list draws options, one a line, those that are chosen on a blue ground.
func (l Look) list(b []byte, in rect, ink string) ([]byte, error) {
	const ground = "0.6 0.757 0.855 rg"
	size := l.Size
	if size == 0 {
		size = largest
	}
	y := in.y + in.h
	for i := max(0, l.Top); i < len(l.Options) && y > in.y; i++ {
		if err := count(l.Options[i]); err != nil {
			return b, err
		}
		r, err := l.Faces.set(strings.Join(split(l.Options[i]), " "))
		if err != nil {
			return b, err
		}
		y -= leading * size
		if l.Chosen[i] {
			b = fmt.Appendf(b, "%s %.3f %.3f %.3f %.3f re f %s\n", ground, in.x, y, in.w, leading*size, ink)
		}
		b = r.draw(b, l.start(r, in, size), y+descent*size, size)
	}
	return b, nil
}

// Lines returns how many lines a text takes in letters of a size, and how many the widget has
// room for.
func (l Look) Lines(size float64) (taken, room int, err error) {
	in := l.inside()
	rows, err := l.wrap((in.w - 2*padding) / size)
	return len(rows), int((in.h - 2*padding + 0.01) / (leading * size)), err
}

// count refuses more characters than are drawn.
func count(text string) error {
	if utf8.RuneCountInString(text) > maxRunes {
		return fmt.Errorf("%w: more than %d characters", ErrTooLong, maxRunes)
	}
	return nil
}

// split returns the lines of a text as it was typed.
func split(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// wrap breaks the text into lines of at most a width in em: behind a space, or round a
// character that is not Latin, or where a word is wider than the line.
func (l Look) wrap(width float64) ([]row, error) {
	if err := count(l.Text); err != nil {
		return nil, err
	}
	var out []row
	for _, text := range split(l.Text) {
		var line row
		from := 0 // glyphs of line behind which it may break
		var last rune
		for _, c := range text {
			g, err := l.Faces.glyph(c)
			if err != nil {
				return nil, err
			}
			if breaks(last, c) {
				from = len(line.glyphs)
			}
			last = c
			if line.width+g.Advance > width && len(line.glyphs) > 0 && c != ' ' {
				if from == 0 {
					from = len(line.glyphs)
				}
				var rest row
				for _, g := range line.glyphs[from:] {
					rest.glyphs = append(rest.glyphs, g)
					rest.width += g.Advance
				}
				out = append(out, row{line.glyphs[:from:from], line.width - rest.width})
				line, from = rest, 0
			}
			line.glyphs = append(line.glyphs, g)
			line.width += g.Advance
		}
		out = append(out, line)
	}
	return out, nil
}

// breaks reports whether a line may end between two characters.
func breaks(a, b rune) bool {
	if a == 0 || strings.ContainsRune("，。、；：？！）》」』】”’,.;:?!)", b) {
		return false
	}
	return a == ' ' && b != ' ' || unicode.Is(unicode.Han, a) || unicode.Is(unicode.Han, b)
}
