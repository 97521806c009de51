package pageview_test

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"strconv"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/signer"
)

func itoa(n int) string { return strconv.Itoa(n) }

// ink returns the box of what is dark, in millimetres.
func ink(im *image.RGBA, dpi int) signer.Box {
	r := image.Rectangle{Min: im.Rect.Max}
	for y := range im.Rect.Max.Y {
		for x := range im.Rect.Max.X {
			if im.RGBAAt(x, y).R < 128 {
				r.Min.X, r.Min.Y = min(r.Min.X, x), min(r.Min.Y, y)
				r.Max.X, r.Max.Y = max(r.Max.X, x+1), max(r.Max.Y, y+1)
			}
		}
	}
	mm := 25.4 / float64(dpi)
	return signer.Box{X: float64(r.Min.X) * mm, Y: float64(r.Min.Y) * mm, W: float64(r.Dx()) * mm, H: float64(r.Dy()) * mm}
}

// near reports whether two boxes agree within half a millimetre on every side.
func near(a, b signer.Box) bool {
	const mm = 0.5
	return math.Abs(a.X-b.X) <= mm && math.Abs(a.Y-b.Y) <= mm && math.Abs(a.X+a.W-b.X-b.W) <= mm && math.Abs(a.Y+a.H-b.Y-b.H) <= mm
}

// TestFindRotated finds a word on turned and cropped pages, both where it is calculated
// to be and where the picture shows ink. The word is cut into runs.
func TestFindRotated(t *testing.T) {
	v := viewer(t)
	const pt = 25.4 / 72
	// HHH at 20 points from (200, 300): ink from 201.54 to 241.80 and 300 to 314.36,
	// in a visible box from (50, 60) to (450, 660).
	for rotate, want := range map[int]signer.Box{
		0:   {X: 151.54 * pt, Y: 345.64 * pt, W: 40.26 * pt, H: 14.36 * pt},
		90:  {X: 240 * pt, Y: 151.54 * pt, W: 14.36 * pt, H: 40.26 * pt},
		180: {X: 208.20 * pt, Y: 240 * pt, W: 40.26 * pt, H: 14.36 * pt},
		270: {X: 345.64 * pt, Y: 208.20 * pt, W: 14.36 * pt, H: 40.26 * pt},
	} {
		for _, content := range []string{
			"BT /F1 20 Tf 200 300 Td (H) Tj (H) Tj (H) Tj ET",
			"BT /F1 20 Tf 200 300 Td (H) Tj ET BT /F1 20 Tf 214.44 300 Td (HH) Tj ET",
			"BT /F1 20 Tf 228.88 300 Td (H) Tj ET BT /F1 20 Tf 200 300 Td (HH) Tj ET", // the last part first
			"BT /F1 10 Tf 2 0 0 2 200 300 Tm [(H) 0 (HH)] TJ ET",
		} {
			d := open(t, v, file([]page{{fmt.Sprintf("/MediaBox[0 0 500 700]/CropBox[50 60 450 660]/Rotate %d", rotate), content}}))
			im, err := d.Page(t.Context(), 1, 150)
			if err != nil {
				t.Fatal(err)
			}
			m, err := d.Find(t.Context(), "HHH")
			if err != nil || len(m) != 1 || m[0].Page != 1 || !near(m[0].Box, want) || !near(m[0].Box, ink(im, 150)) {
				t.Errorf("rotate %d, %s: %v %v, want %v, ink %v", rotate, content, m, err, want, ink(im, 150))
			}
			d.Close()
		}
	}
}

// TestUserUnit measures a page whose unit is two points, as signer does.
func TestUserUnit(t *testing.T) {
	b := file([]page{{"/MediaBox[0 0 300 400]/Rotate 90/UserUnit 2", "BT /F1 20 Tf 100 200 Td (HHH) Tj ET"}})
	d := open(t, viewer(t), b)
	doc, err := signer.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	ww, wh, err := doc.PageSize(1)
	if err != nil {
		t.Fatal(err)
	}
	w, h, err := d.Size(t.Context(), 1)
	if err != nil || math.Abs(w-ww) > 0.1 || math.Abs(h-wh) > 0.1 {
		t.Errorf("%.1f × %.1f mm, %v, want %.1f × %.1f", w, h, err, ww, wh)
	}
	im, err := d.Page(t.Context(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Find(t.Context(), "HHH")
	if err != nil || len(m) != 1 || !near(m[0].Box, ink(im, 100)) || m[0].Box.H < 28 {
		t.Errorf("%v %v, ink %v", m, err, ink(im, 100))
	}
}

// TestFindLines checks what counts as one word and in which order matches come.
func TestFindLines(t *testing.T) {
	v := viewer(t)
	sideways := "BT /F1 20 Tf 0 1 -1 0 300 100 Tm (Up) Tj (ward) Tj ET BT /F1 20 Tf .8 .6 -.6 .8 100 400 Tm (Slan) Tj (ted) Tj ET"
	for _, c := range []struct {
		content, word string
		want          int
		why           string
	}{
		{"BT /F1 12 Tf 100 700 Td (Seal here) Tj ET", "Seal here", 1, "plain"},
		{"BT /F1 12 Tf 100 700 Td (Seal here) Tj ET", "seal here", 0, "case counts"},
		{"BT /F1 12 Tf 100 700 Td (S e a l) Tj ET", "Seal", 1, "white space does not"},
		{"BT /F1 12 Tf 100 700 Td (Seal) Tj 300 0 Td (here) Tj ET", "Seal here", 0, "too far apart"},
		{"BT /F1 12 Tf 100 700 Td (Seal) Tj 0 -14 Td (here) Tj ET", "Seal here", 1, "over a line end"},
		{"BT /F1 12 Tf 100 700 Td (Seal) Tj 0 -200 Td (here) Tj ET", "Seal here", 0, "far down the page"},
		{"BT /F1 12 Tf 100 700 Td (Seal: A\\(B\\)) Tj ET", "A（B）", 1, "full width is half width"},
		{"BT /F1 12 Tf 100 700 Td (aaaa) Tj ET", "aa", 2, "matches do not overlap"},
		{"BT /F1 12 Tf 100 700 Td (Seal) Tj ET BT /F1 12 Tf 100.2 700 Td (Seal) Tj ET", "Seal", 1, "bold by drawing twice"},
		{"BT /F1 12 Tf 100 900 Td (Seal) Tj ET", "Seal", 0, "off the page"},
		{"BT /F1 12 Tf 3 Tr 100 700 Td (Seal) Tj ET", "Seal", 1, "invisible, as under a scan"},
		{sideways, "Upward", 1, "upwards"},
		{sideways, "Slanted", 1, "on a slope"},
	} {
		d := open(t, v, file([]page{{a4, c.content}}))
		m, err := d.Find(t.Context(), c.word)
		if err != nil || len(m) != c.want {
			t.Errorf("%s: %v %v, want %d", c.why, m, err, c.want)
		}
		d.Close()
	}
	d := open(t, v, file([]page{
		{a4, "BT /F1 12 Tf 300 100 Td (Sign) Tj ET BT /F1 12 Tf 100 101 Td (Sign) Tj ET BT /F1 12 Tf 400 700 Td (Sign) Tj ET"},
		{a4, "BT /F1 12 Tf 72 720 Td (Sign) Tj ET"}}))
	m, err := d.Find(t.Context(), "Sign")
	if err != nil || len(m) != 4 {
		t.Fatal(m, err)
	}
	for i, want := range []struct {
		page int
		x    float64
	}{{1, 400}, {1, 100}, {1, 300}, {2, 72}} {
		if m[i].Page != want.page || math.Abs(m[i].Box.X*72/25.4-want.x) > 1.5 {
			t.Errorf("match %d is %v, want %v", i, m[i], want)
		}
	}
}

// TestFindChinese finds words in an embedded font, as in our own reports.
func TestFindChinese(t *testing.T) {
	v := viewer(t)
	p, err := report.New("采购合同", "")
	if err != nil {
		t.Fatal(err)
	}
	p.Text("甲　方（盖章）：上海测试科技有限公司")
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, v, b)
	for _, word := range []string{"甲方（盖章）", "甲方(盖章):", "采购合同", "有限公司"} {
		if m, err := d.Find(t.Context(), word); err != nil || len(m) != 1 || m[0].Box.W < 3 || m[0].Box.H < 2 {
			t.Errorf("%s: %v %v", word, m, err)
		}
	}
}

// TestFindRare finds a character of a name that lies beyond the basic plane.
func TestFindRare(t *testing.T) {
	cmap := "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange " +
		"2 beginbfchar <41> <D842DFB7> <42> <7532> endbfchar endcmap end"
	d := open(t, viewer(t), file([]page{{a4 + "/Resources<</Font<</F9<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 5 0 R>>>>>>",
		"BT /F9 40 Tf 100 100 Td (BAB) Tj ET"}}, "<</Length "+itoa(len(cmap))+">>\nstream\n"+cmap+"\nendstream"))
	for word, want := range map[string]int{"𠮷": 1, "甲𠮷甲": 1, "甲": 2, "𠮸": 0} {
		if m, err := d.Find(t.Context(), word); err != nil || len(m) != want {
			t.Errorf("%s: %v %v", word, m, err)
		}
	}
}
