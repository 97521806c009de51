package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func newPage(t *testing.T) *Page {
	t.Helper()
	p, err := New("标题", "foot")
	if err != nil {
		t.Fatal(err)
	}
	p.set(bodySize)
	return p
}

// TestWrap: words stay whole, no line begins with a mark that closes, digests break, and
// no letter is lost.
func TestWrap(t *testing.T) {
	p := newPage(t)
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", []string{""}},
		{"one two three four", []string{"one two", "three four"}},
		{"汉字汉字汉字汉字", []string{"汉字汉字汉", "字汉字"}},
		{"汉字汉字汉，字", []string{"汉字汉字汉，", "字"}},
		{strings.Repeat("0", 20), []string{"000000000", "000000000", "00"}},
	} {
		if got := p.wrap(c.in, 17.5); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	p := newPage(t)
	if got := p.cut("abc", 100); got != "abc" {
		t.Errorf("%q", got)
	}
	if got := p.cut(strings.Repeat("汉", 100), 20); !strings.HasSuffix(got, "…") || len([]rune(got)) > 7 {
		t.Errorf("%q", got)
	}
}

// TestDraw: equal input gives equal bytes, and nothing that is drawn is a fault.
func TestDraw(t *testing.T) {
	draw := func() []byte {
		p := newPage(t)
		p.Banner(strings.Repeat("长", 100), Bad)
		for range 40 {
			p.Title("签名", Good)
			p.Row("标签", "值")
		}
		p.Sketches(nil)
		p.Sketches([]Sketch{{Caption: "none"}, {Width: 210, Height: 297, Marks: []Mark{
			{X: -10, Y: -10, Width: 30, Height: 30, Label: "1"}, {X: 205, Y: 290, Width: 2, Height: 2, Label: "12", Tone: Doubt}, {X: 300, Y: 1, Width: 1, Height: 1}}},
			{Width: 10000, Height: 10}, {Width: 1, Height: 10000}, {Width: 3, Height: 3}, {Width: 4, Height: 4}})
		b, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if a, b := draw(), draw(); !bytes.Equal(a, b) || len(a) == 0 {
		t.Errorf("%d and %d bytes", len(a), len(b))
	}
}
