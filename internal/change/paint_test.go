package change

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// drawn opens a file of one page, 200 by 100 points, with a content.
func drawn(t testing.TB, page, content string) (*pdf.File, pdf.Page) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	objs := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]/Resources<</XObject<</Im 5 0 R/Fm 6 0 R>>>>>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R" + page + ">>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content),
		"<</Subtype/Image/Width 1/Height 1/Length 1>>\nstream\nx\nendstream",
		"<</Subtype/Form/BBox[0 0 10 10]/Matrix[2 0 0 2 0 0]/Length 1>>\nstream\nx\nendstream"}
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, b.Len())
	f, err := pdf.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Page(0)
	if err != nil {
		t.Fatal(err)
	}
	return f, p
}

// TestA43Painted (A43): where a page is painted, by the operators that paint. Each point
// is given in user space, and asked as a square of four points around it.
func TestA43Painted(t *testing.T) {
	for _, c := range []struct {
		name, page, content string
		on, off             [][2]float64
	}{
		{"nothing", "", "", nil, [][2]float64{{100, 50}}},
		{"text", "", "BT /F 10 Tf 50 40 Td (abcd) Tj ET", [][2]float64{{55, 44}, {68, 44}}, [][2]float64{{45, 44}, {80, 44}, {55, 60}, {55, 30}}},
		{"text by a matrix", "", "BT /F 1 Tf 10 0 0 10 50 40 Tm [(ab) -1000 (cd)] TJ ET", [][2]float64{{75, 44}}, [][2]float64{{90, 44}}},
		{"text, next line", "", "BT /F 10 Tf 12 TL 50 40 Td (abcd) Tj T* (abcd) Tj (ab) ' ET", [][2]float64{{55, 32}, {55, 20}}, [][2]float64{{55, 60}}},
		{"text, one after the other", "", "BT /F 10 Tf 50 40 Td (abcd) Tj (efgh) Tj ET", [][2]float64{{85, 44}}, [][2]float64{{100, 44}}},
		{"a filled rectangle", "", "1 0 0 rg 50 40 20 10 re f", [][2]float64{{60, 45}}, [][2]float64{{80, 45}, {60, 60}}},
		{"a white rectangle", "", "1 g 0 0 200 100 re f", nil, [][2]float64{{60, 45}}},
		{"a white rectangle with an edge", "", "1 g 50 40 20 10 re b", [][2]float64{{60, 45}}, nil},
		{"white by four colours", "", "0 0 0 0 k 50 40 20 10 re f", nil, [][2]float64{{60, 45}}},
		{"a rectangle that only clips", "", "50 40 20 10 re W n", nil, [][2]float64{{60, 45}}},
		{"a line", "", "50 40 m 70 40 l S", [][2]float64{{60, 40}}, [][2]float64{{60, 60}}},
		{"a curve", "", "50 40 m 50 60 70 60 70 40 c S", [][2]float64{{60, 50}}, [][2]float64{{60, 80}}},
		{"a picture", "", "q 20 0 0 10 50 40 cm /Im Do Q", [][2]float64{{60, 45}}, [][2]float64{{80, 45}}},
		{"a picture after a saved state", "", "q 20 0 0 10 50 40 cm Q 10 0 0 10 0 0 cm /Im Do", [][2]float64{{5, 5}}, [][2]float64{{60, 45}}},
		{"an inline picture", "", "q 20 0 0 10 50 40 cm BI /W 1 /H 1 ID (\x00EI( EI Q", [][2]float64{{60, 45}}, [][2]float64{{80, 45}}},
		{"a form", "", "q 1 0 0 1 50 40 cm /Fm Do Q", [][2]float64{{65, 55}}, [][2]float64{{80, 45}}},
		{"a form that is missing", "", "/No Do", nil, [][2]float64{{60, 45}}},
		{"a shading", "", "/Sh sh", [][2]float64{{60, 45}}, nil},
		{"a turned page", "/Rotate 90", "0 g 50 40 20 10 re f", [][2]float64{{60, 45}}, [][2]float64{{90, 45}, {60, 70}}},
		{"what is not understood", "", "BT (abc", [][2]float64{{150, 80}}, nil},
		{"too many operators", "", strings.Repeat("q\n", maxOperators+1), [][2]float64{{150, 80}}, nil},
	} {
		f, p := drawn(t, c.page, c.content)
		left := maxContents
		got := readPainted(f, p, &left)
		ask := func(at [2]float64) bool {
			x, y, w, h := p.ToDisplay(pdf.Rect{X0: at[0] - 2, Y0: at[1] - 2, X1: at[0] + 2, Y1: at[1] + 2})
			const mm = 25.4 / 72
			return got.covers([4]float64{x * mm, y * mm, w * mm, h * mm})
		}
		for _, at := range c.on {
			if !ask(at) {
				t.Errorf("%s: nothing at %v", c.name, at)
			}
		}
		for _, at := range c.off {
			if ask(at) {
				t.Errorf("%s: something at %v", c.name, at)
			}
		}
	}
}

// FuzzPainted: no content makes the reader panic or work for long.
func FuzzPainted(f *testing.F) {
	f.Add("BT /F 10 Tf 50 40 Td (abcd) Tj ET")
	f.Add("q 1e9 0 0 -1e9 NaN 0 cm BI ID EI")
	f.Add("99999999999999999999 -99999999999999999 m 1 l S")
	f.Fuzz(func(t *testing.T, content string) {
		file, p := drawn(t, "", content)
		left := maxContents
		readPainted(file, p, &left).covers([4]float64{0, 0, 10, 10})
	})
}
