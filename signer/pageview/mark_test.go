package pageview_test

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"rsc.io/qr"

	"github.com/dajiaqian/dajiaqian/signer"
)

// TestMarks draws a watermark and a QR code on pages that are turned, cropped, scaled, and
// whose content leaves the graphics state in disorder. The picture shows each module of the
// code where it belongs, and the watermark grey along the diagonal.
func TestMarks(t *testing.T) {
	const text = "https://sign.example/check/20261201-000042"
	in := file([]page{
		{"/MediaBox[0 0 595 842]", ""},
		{"/MediaBox[0 0 595 842]/Rotate 90", "q 3 0 0 3 9 9 cm q"},
		{"/MediaBox[0 0 595 842]/CropBox[50 60 400 800]/Rotate 180", "Q Q q 2 0 0 2 0 0 cm"},
		{"/MediaBox[-20 -30 595 842]/Rotate 270", "1 0 0 1 100 100 cm 1 0 0 rg"},
		{"/MediaBox[0 0 298 421]/UserUnit 2", "q"},
		{"/MediaBox[0 0 595 842]", ""},
	})
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	elements := []signer.Element{signer.Watermark{Text: "样本 Draft"}, signer.QRCode{Text: text, Pages: []int{1, 2, 3, 4, 5}}}
	if err := signer.Layout(context.Background(), &out, doc, elements...); err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const dpi = 150
	d := open(t, viewer(t), out.Bytes())
	for n := 1; n <= 6; n++ {
		im, err := d.Page(t.Context(), n, dpi)
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("PICTURES"); dir != "" {
			var b bytes.Buffer
			if err := png.Encode(&b, im); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "mark"+strconv.Itoa(n)+".png"), b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w, h, err := d.Size(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		size := float64(code.Size + 8)
		wrong := 0
		for y := range code.Size {
			for x := range code.Size {
				px := int((w - 23 + 18*(float64(x)+4.5)/size) / 25.4 * dpi)
				py := int((h - 23 + 18*(float64(y)+4.5)/size) / 25.4 * dpi)
				if dark := im.RGBAAt(px, py).G < 128; dark != code.Black(x, y) {
					wrong++
				}
			}
		}
		if (wrong > 0) != (n == 6) {
			t.Errorf("page %d: %d modules are wrong", n, wrong)
		}
		near, far := 0, 0 // grey pixels by the diagonal, and in the upper left part
		for y := range im.Rect.Dy() {
			for x := range im.Rect.Dx() {
				if v := im.RGBAAt(x, y).G; v < 200 || v > 245 {
					continue
				}
				a, b := float64(x)/float64(im.Rect.Dx()), 1-float64(y)/float64(im.Rect.Dy())
				if a-b < 0.15 && b-a < 0.15 {
					near++
				} else if b-a > 0.3 {
					far++
				}
			}
		}
		if near < 2000 || far > 0 {
			t.Errorf("page %d: %d grey pixels by the diagonal, %d far from it", n, near, far)
		}
	}
	if err := signer.Layout(context.Background(), &out, doc, signer.QRCode{Text: text, Pages: []int{7}}); !errors.Is(err, signer.ErrOffPage) {
		t.Errorf("on a page that is not there: %v", err)
	}
}
