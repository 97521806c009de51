package signer_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// pale is a red box whose ink lets the page show through.
type pale struct {
	box
	opacity float64
}

func (p pale) Opacity() float64 { return p.opacity }

// Translucent ink is painted translucent, on one page and across pages, but not in
// PDF/A-1, which has no transparency (ISO 19005-1, 6.4).
func TestTranslucentSeals(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for _, c := range []struct {
		name     string
		in       []byte
		ink      signer.Appearance
		straddle bool
		want     uint8 // of green on white
	}{
		{"half", tablePDF(1), pale{box(40), 0.5}, false, 128},
		{"a quarter", tablePDF(1), pale{box(40), 0.25}, false, 191},
		{"opaque", tablePDF(1), pale{box(40), 1}, false, 0},
		{"silent", tablePDF(1), box(40), false, 0},
		{"more than all", tablePDF(1), pale{box(40), 7}, false, 0},
		{"across pages", tablePDF(2), pale{box(40), 0.5}, true, 128},
		{"PDF/A-2", samples.PDF(samples.Spec{Pages: samples.A4(1), Archive: "2b"}), pale{box(40), 0.5}, false, 128},
		{"PDF/A-1", samples.PDF(samples.Spec{Pages: samples.A4(1), Archive: "1b"}), pale{box(40), 0.5}, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := request(ca, cred, signer.BB, "S")
			req.NewField.Page, req.NewField.Box, req.Appearance = 1, signer.Around(150, 200, 40, 40), c.ink
			x, y := 150.0, 200.0
			if c.straddle {
				req.NewField.Page, req.NewField.Box = 0, signer.Box{}
				req.NewField.Straddle = &signer.Straddle{Pages: []int{1, 2}, At: 0.5, Width: 40, Height: 40}
				x, y = 205, 297.0/2
			}
			out := sign(t, c.in, req)
			valid(t, ca, out)
			if c.want == 0 && bytes.Contains(out, []byte("ExtGState")) {
				t.Error("an opaque seal asks for transparency")
			}
			const dpi = 72
			got, _ := color.NRGBAModel.Convert(render(t, out, dpi).At(int(x/25.4*dpi), int(y/25.4*dpi))).(color.NRGBA)
			if d := int(got.G) - int(c.want); got.R < 250 || d < -3 || d > 3 {
				t.Errorf("ink on white is %v, want %d of green", got, c.want)
			}
		})
	}
}

// The strips of a seal across pages are as translucent as the whole.
func TestTranslucentStrips(t *testing.T) {
	ca := newCA(t, devca.P256)
	in := tablePDF(2)
	strips, err := signer.Straddle{Pages: []int{1, 2}, At: 0.5, Width: 40, Height: 40}.Strips(open(t, in), pale{box(40), 0.5})
	if err != nil {
		t.Fatal(err)
	}
	req := request(ca, credential(t, ca), signer.BB, "S")
	req.NewField.Page, req.NewField.Box, req.Appearance = strips[0].Page, strips[0].Box, strips[0].Appearance
	const dpi = 72
	got, _ := color.NRGBAModel.Convert(render(t, sign(t, in, req), dpi).At(581, 420)).(color.NRGBA)
	if got.R < 250 || got.G < 125 || got.G > 131 {
		t.Errorf("ink on white is %v", got)
	}
}

// T28: a picture is laid over the page as ink is: what is white in it hides nothing, and what is
// blue is seen. In PDF/A-1, which has no transparency, it is as it is.
func TestT28PicturesHideNothing(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	im := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	draw.Draw(im, im.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(im, image.Rect(20, 0, 40, 40), image.NewUniform(color.NRGBA{B: 255, A: 255}), image.Point{}, draw.Src)
	photo, err := signer.NewPicture(pngOf(t, im), 40, 40)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		in          []byte
		left, right color.NRGBA // white and blue over red
	}{
		{"plain", tablePDF(1), color.NRGBA{R: 255, A: 255}, color.NRGBA{A: 255}},
		{"PDF/A-2", samples.PDF(samples.Spec{Pages: samples.A4(1), Archive: "2b"}), color.NRGBA{R: 255, A: 255}, color.NRGBA{A: 255}},
		{"PDF/A-1", samples.PDF(samples.Spec{Pages: samples.A4(1), Archive: "1b"}), color.NRGBA{R: 255, G: 255, B: 255, A: 255}, color.NRGBA{B: 255, A: 255}},
	} {
		out := c.in
		for i, look := range []signer.Appearance{box(40), photo} {
			req := request(ca, cred, signer.BB, string(rune('A'+i)))
			req.NewField.Page, req.NewField.Box, req.Appearance = 1, signer.Around(150, 200, 40, 40), look
			out = sign(t, out, req)
		}
		valid(t, ca, out)
		const dpi, y = 72, 200.0
		seen := render(t, out, dpi)
		at := func(x float64) color.NRGBA {
			got, _ := color.NRGBAModel.Convert(seen.At(int(x/25.4*dpi), int(math.Round(y/25.4*dpi)))).(color.NRGBA)
			return got
		}
		if at(140) != c.left || at(160) != c.right {
			t.Errorf("%s: %v and %v, want %v and %v", c.name, at(140), at(160), c.left, c.right)
		}
	}
}
