package widget_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/font"
	"github.com/dajiaqian/dajiaqian/internal/widget"
)

func faces(t *testing.T) widget.Typeface {
	t.Helper()
	sans, err := font.Sans()
	if err != nil {
		t.Fatal(err)
	}
	song, err := font.Song()
	if err != nil {
		t.Fatal(err)
	}
	return widget.Typeface{sans, song}
}

// letter is where a character stands, and in which size.
type letter struct{ x, y, size float64 }

// letters reads the places of characters from a content stream.
func letters(content []byte) []letter {
	var out []letter
	for line := range strings.Lines(string(content)) {
		var a, d, x, y float64
		if n, _ := fmt.Sscanf(line, "q %f 0 0 %f %f %f cm", &a, &d, &x, &y); n == 4 {
			out = append(out, letter{x, y, a * 1000})
		}
	}
	return out
}

func draw(t *testing.T, l widget.Look) []letter {
	t.Helper()
	b, err := l.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(b, []byte("q ")) != bytes.Count(b, []byte("Q\n")) {
		t.Errorf("the graphics state is not restored:\n%s", b)
	}
	return letters(b)
}

// TestLine holds one line in its box: fitted to the height or the width, or in the size
// that is asked for, at the left, in the middle or at the right.
func TestLine(t *testing.T) {
	fs := faces(t)
	for _, c := range []struct {
		name string
		l    widget.Look
		size float64
		x    float64 // of the first letter
	}{
		{"given", widget.Look{Width: 100, Height: 20, Text: "AB", Size: 10}, 10, 3},
		{"high", widget.Look{Width: 100, Height: 13, Text: "AB"}, 10, 3},
		{"wide", widget.Look{Width: 46, Height: 20, Text: "中文中文"}, 10, 3},
		{"large", widget.Look{Width: 300, Height: 200, Text: "中"}, 12, 3},
		{"small", widget.Look{Width: 20, Height: 20, Text: strings.Repeat("中", 30)}, 4, 3},
		{"right", widget.Look{Width: 100, Height: 20, Text: "中文", Size: 10, Align: widget.Right}, 10, 77},
		{"centre", widget.Look{Width: 100, Height: 20, Text: "中文", Size: 10, Align: widget.Centre}, 10, 40},
		{"two lines are one", widget.Look{Width: 100, Height: 20, Text: "中\r\n文", Size: 10}, 10, 3},
	} {
		c.l.Faces = fs
		got := draw(t, c.l)
		if len(got) == 0 || math.Abs(got[0].size-c.size) > 0.01 || math.Abs(got[0].x-c.x) > 0.01 {
			t.Errorf("%s: %v, want size %v at %v", c.name, got, c.size, c.x)
		}
		for _, g := range got[1:] {
			if g.y != got[0].y {
				t.Errorf("%s: letters at heights %v and %v", c.name, got[0].y, g.y)
			}
		}
	}
}

// TestWrap breaks lines behind spaces, round Chinese characters, never before a mark that
// ends a sentence, and in a word that is wider than the line.
func TestWrap(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "中文": 1, "中文中文中文": 2, "中文中文中文中": 2, "中文中文中。": 2, "a b c": 1, "iiii iiii iiii iiii iiii": 2,
		"iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii": 2, "中\n文": 2, "中\r文\r\n中": 3,
	} {
		rows := map[float64]bool{}
		for _, g := range draw(t, widget.Look{Width: 56, Height: 200, Size: 10, Multiline: true, Text: text, Faces: faces(t)}) {
			rows[g.y] = true
			if g.x < 3 || g.x > 53 {
				t.Errorf("%q: a letter at %v", text, g.x)
			}
		}
		if len(rows) != want {
			t.Errorf("%q: %d lines, want %d", text, len(rows), want)
		}
	}
	l := widget.Look{Width: 56, Height: 42, Multiline: true, Text: strings.Repeat("中", 30), Faces: faces(t)}
	got := draw(t, l)
	if got[0].size >= 12 || got[0].size < 4 {
		t.Errorf("fitted to a size of %v", got[0].size)
	}
	l.Size = 10
	if taken, room, err := l.Lines(10); err != nil || taken != 6 || room != 3 {
		t.Errorf("%d lines where %d have room, %v; want 6 and 3", taken, room, err)
	}
	if got := draw(t, l); len(got) != 20 {
		t.Errorf("%d letters are drawn, want those of the lines that can be seen, 20", len(got))
	}
}

func TestComb(t *testing.T) {
	for align, first := range map[widget.Align]int{widget.Left: 0, widget.Centre: 1, widget.Right: 3} {
		got := draw(t, widget.Look{Width: 100, Height: 20, Comb: 5, Text: "中文", Size: 10, Align: align, Faces: faces(t)})
		if len(got) != 2 || got[0].x != float64(first)*20+5 || got[1].x != float64(first)*20+25 {
			t.Errorf("align %d: %v", align, got)
		}
	}
}

func TestList(t *testing.T) {
	l := widget.Look{Kind: widget.List, Width: 100, Height: 50, Size: 10, Options: []string{"一", "二", "三", "四", "五", "六", "七"},
		Chosen: map[int]bool{2: true}, Top: 1, Faces: faces(t)}
	b, err := l.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if got := letters(b); len(got) != 4 {
		t.Errorf("%d options are drawn, want 4", len(got))
	}
	if n := strings.Count(string(b), "0.855 rg"); n != 1 {
		t.Errorf("%d options look chosen", n)
	}
}

func TestMarks(t *testing.T) {
	for _, m := range []widget.Mark{widget.Tick, widget.Disc, widget.Cross, widget.Diamond, widget.Square, widget.Star, 0} {
		for _, kind := range []widget.Kind{widget.Check, widget.Radio} {
			l := widget.Look{Kind: kind, Width: 20, Height: 10, Mark: m, Back: "1 g", Border: widget.Border{Width: 1, Ink: "0 G"}}
			off, err := l.Draw()
			if err != nil {
				t.Fatal(err)
			}
			l.On = true
			on, err := l.Draw()
			if err != nil || bytes.Equal(on, off) {
				t.Errorf("mark %c: on looks like off, %v", m, err)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		l    widget.Look
		want error
	}{
		{widget.Look{Text: "\u20b9"}, widget.ErrNoGlyph},
		{widget.Look{Text: "\u20b9", Multiline: true}, widget.ErrNoGlyph},
		{widget.Look{Text: "\u20b9", Comb: 3}, widget.ErrNoGlyph},
		{widget.Look{Kind: widget.List, Options: []string{"\u20b9"}}, widget.ErrNoGlyph},
		{widget.Look{Text: strings.Repeat("a", 5000)}, widget.ErrTooLong},
		{widget.Look{Text: strings.Repeat("a", 5000), Multiline: true}, widget.ErrTooLong},
		{widget.Look{Text: strings.Repeat("a", 5000), Comb: 3}, widget.ErrTooLong},
		{widget.Look{Kind: widget.List, Options: []string{strings.Repeat("a", 5000)}}, widget.ErrTooLong},
	} {
		c.l.Width, c.l.Height, c.l.Faces = 100, 20, faces(t)
		if _, err := c.l.Draw(); !errors.Is(err, c.want) {
			t.Errorf("%d characters: %v, want %v", len(c.l.Text), err, c.want)
		}
	}
	if b, err := (widget.Look{Text: "a"}).Draw(); b != nil || err != nil {
		t.Errorf("without a box: %q, %v", b, err)
	}
}
