package font_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/signintech/gopdf"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// table reads the 8,105 characters of 通用规范汉字表.
func table(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("build/tongyong.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(strings.TrimSpace(line))
		}
	}
	return b.String()
}

func song(t *testing.T) *font.Face {
	t.Helper()
	f, err := font.Song()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSongHoldsTheWholeTable(t *testing.T) {
	chars := table(t)
	if n := len([]rune(chars)); n != 8105 {
		t.Fatalf("the table has %d characters, want 8105", n)
	}
	for _, r := range "堃喆昇珺" {
		if !strings.ContainsRune(chars, r) {
			t.Errorf("the table lacks %c", r)
		}
	}
	f := song(t)
	if m := f.Missing(chars); m != nil {
		t.Errorf("missing %q", string(m))
	}
	for _, r := range chars {
		g, err := f.Outline(r)
		if err != nil {
			t.Fatalf("%c: %v", r, err)
		}
		if len(g.Path) == 0 || g.Advance != 1 {
			t.Errorf("%c: %d segments, advance %v; want ink one em wide", r, len(g.Path), g.Advance)
		}
		for _, s := range g.Path {
			if s.Op == font.CubeTo {
				t.Fatalf("%c has a cubic: the face is not TrueType", r)
			}
		}
	}
}

func TestSongHoldsDocumentMarks(t *testing.T) {
	const marks = "·※①⑩《》“”‘’—…、。（）［］￥％㎡№℃★ÀÿABCxyz0189，：；？！～"
	if m := song(t).Missing(marks); m != nil {
		t.Errorf("missing %q", string(m))
	}
}

func TestMissingNamesEachCharacterOnce(t *testing.T) {
	if got := string(song(t).Missing("甲\u0627乙\U0001F600\u0627")); got != "\u0627\U0001F600" {
		t.Errorf("Missing = %q", got)
	}
	if _, err := song(t).Outline('\u0627'); !errors.Is(err, font.ErrNoGlyph) {
		t.Errorf("Outline = %v, want ErrNoGlyph", err)
	}
}

func TestOutlineIsInEmWithYUp(t *testing.T) {
	g, err := song(t).Outline('国')
	if err != nil {
		t.Fatal(err)
	}
	if b := g.Bounds; b.Min.Y > 0 || b.Max.Y < 0.75 || b.Width() < 0.7 || b.Width() > 1 {
		t.Errorf("国 has ink %+v", b)
	}
	comma, err := song(t).Outline('，')
	if err != nil {
		t.Fatal(err)
	}
	if comma.Bounds.Max.Y > 0.4 {
		t.Errorf("the comma stands at %+v: upside down", comma.Bounds)
	}
	space, err := song(t).Outline(' ')
	if err != nil || space.Path != nil || space.Advance <= 0 {
		t.Errorf("space: %+v, %v", space, err)
	}
}

// The metrics of Arial: digits 0.556 em wide, capitals 0.716 em high.
func TestSansHasArialMetrics(t *testing.T) {
	f, err := font.Sans()
	if err != nil {
		t.Fatal(err)
	}
	for r := rune(' '); r < unicode.MaxASCII; r++ {
		if _, err := f.Outline(r); err != nil {
			t.Error(err)
		}
	}
	for _, r := range "0123456789" {
		g, err := f.Outline(r)
		if err != nil || math.Abs(g.Advance-0.556) > 0.001 {
			t.Errorf("%c: advance %v, %v", r, g.Advance, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		data  []byte
		index int
		want  error
	}{
		"empty":     {nil, 0, font.ErrMalformed},
		"text":      {[]byte("not a font at all, only words"), 0, font.ErrMalformed},
		"truncated": {mustSong(t)[:1000], 0, font.ErrMalformed},
		"index":     {mustSong(t), 1, font.ErrMalformed},
		"negative":  {mustSong(t), -1, font.ErrMalformed},
		"too large": {make([]byte, font.MaxSize+1), 0, font.ErrTooLarge},
		"at limit":  {make([]byte, font.MaxSize), 0, font.ErrMalformed},
	} {
		if _, err := font.ParseFace(c.data, c.index); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func mustSong(t *testing.T) []byte {
	t.Helper()
	data, err := font.SongTTF()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSongTTFIsACopy(t *testing.T) {
	mustSong(t)[0] = 'x'
	if got := mustSong(t)[:4]; !bytes.Equal(got, []byte{0, 1, 0, 0}) {
		t.Errorf("the second copy starts with % x", got)
	}
}

// A typesetter that subsets TrueType for PDF can use the face as it is.
func TestSongEmbedsInPDF(t *testing.T) {
	var doc gopdf.GoPdf
	doc.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	doc.AddPage()
	if err := doc.AddTTFFontData("song", mustSong(t)); err != nil {
		t.Fatal(err)
	}
	if err := doc.SetFont("song", "", 14); err != nil {
		t.Fatal(err)
	}
	if err := doc.Cell(nil, "采购合同 堃喆昇珺 ABC 123 ①"); err != nil {
		t.Fatal(err)
	}
	out, err := doc.GetBytesPdfReturnErr()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte("/CIDFontType2")) || len(out) > 200_000 {
		t.Errorf("the PDF has %d bytes; want a subset as CIDFontType2", len(out))
	}
}

func FuzzParse(f *testing.F) {
	packed, err := os.Open("sans.ttf.gz")
	if err != nil {
		f.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		f.Fatal(err)
	}
	var sans bytes.Buffer
	if _, err := sans.ReadFrom(z); err != nil {
		f.Fatal(err)
	}
	f.Add(sans.Bytes())
	f.Add([]byte("OTTO"))
	f.Fuzz(func(t *testing.T, data []byte) {
		face, err := font.Parse(data)
		if err != nil {
			return
		}
		for _, r := range "A0国 " {
			g, err := face.Outline(r)
			if err == nil && len(g.Path) > 0 && g.Path[0].Op != font.MoveTo {
				t.Errorf("%c starts with op %d", r, g.Path[0].Op)
			}
		}
	})
}
