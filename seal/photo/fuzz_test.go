package photo_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// The pictures of the fuzz target are of stamp size: a run takes a millisecond.
const fuzzPixels, fuzzSide = 40 * 40, 16

func tiny(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 255, 255, 255}
			dx, dy := x-w/2, y-h/2
			if d := dx*dx + dy*dy; d < 100 && d > 36 {
				c = color.NRGBA{200, 30, 30, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func FuzzPhoto(f *testing.F) {
	clear, few := tiny(30, 28), image.NewPaletted(image.Rect(0, 0, 24, 24), color.Palette{color.White, color.NRGBA{200, 30, 30, 255}})
	for i := 0; i < len(clear.Pix); i += 4 {
		if clear.Pix[i+1] == 255 {
			clear.Pix[i+3] = 0
		}
	}
	for i := range few.Pix {
		few.Pix[i] = uint8(i / 50 % 2)
	}
	f.Add(pictures.PNG(f, tiny(30, 26)), 0, 0, 0, 0, uint8(0), true)
	f.Add(pictures.PNG(f, clear), 0, 0, 0, 0, uint8(0), true)
	f.Add(pictures.PNG(f, few), 0, 0, 24, 24, uint8(1), true)
	f.Add(pictures.JPEG(f, tiny(30, 26)), 2, 2, 28, 24, uint8(1), false)
	f.Add(pictures.WithOrientation(pictures.JPEG(f, tiny(26, 30)), 6), 0, 0, 0, 0, uint8(3), true)
	f.Add(pictures.Header(30, 30, 8, 2, 1), 0, 0, 0, 0, uint8(0), true)
	f.Add(pictures.CMYKHeader(), 0, 0, 0, 0, uint8(0), true)
	f.Fuzz(func(t *testing.T, data []byte, x0, y0, x1, y1 int, ink uint8, straighten bool) {
		o := photo.Options{Size: 40, Crop: image.Rectangle{Min: image.Pt(x0, y0), Max: image.Pt(x1, y1)}, Ink: photo.Ink(ink), Straighten: straighten}
		p, err := photo.CleanSmall(data, o, fuzzPixels, fuzzSide)
		if err != nil {
			if _, ok := err.(interface{ Zh() string }); !ok {
				t.Fatalf("%T has no Chinese sentence: %v", err, err)
			}
			return
		}
		// The body is at least 4/5 of the ink; 8 pixels of ink get margins of 2 each.
		if w, h := p.Size(); !(w > 0 && w <= 40*5/4*12/8 && h > 0 && h <= 40*5/4*12/8) {
			t.Fatalf("%v × %v mm", w, h)
		}
		var b bytes.Buffer
		if err := p.PNG(&b); err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds() != p.Preview().Bounds() {
			t.Fatalf("%v and %v", m.Bounds(), p.Preview().Bounds())
		}
	})
}

// FuzzPhotoPNG compares rows that are read one by one with those of image/png.
func FuzzPhotoPNG(f *testing.F) {
	for _, m := range kinds(tiny(20, 18)) {
		f.Add(pictures.PNG(f, m))
	}
	f.Add(interlaced(f, tiny(20, 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || config.Width*config.Height > fuzzPixels {
			return
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		got, err := photo.ReadPNG(data)
		if err != nil {
			if e, ok := err.(*photo.Error); ok && e.Fault == photo.FaultAnimated {
				return
			}
			t.Fatalf("image/png reads it: %v", err)
		}
		samePixels(t, got, want)
	})
}

// samePixels compares pictures; a conversion from 16 bits to 8 may differ by one.
func samePixels(t testing.TB, got *image.NRGBA, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%v, want %v", got.Bounds(), want.Bounds())
	}
	for y := range got.Rect.Max.Y {
		for x := range got.Rect.Max.X {
			a, b := got.NRGBAAt(x, y), color.NRGBA64Model.Convert(want.At(x, y)).(color.NRGBA64)
			off := func(v uint8, w uint16) bool { return int(v)-int(w>>8) > 1 || int(w>>8)-int(v) > 1 }
			if off(a.A, b.A) || a.A > 250 && (off(a.R, b.R) || off(a.G, b.G) || off(a.B, b.B)) {
				t.Fatalf("(%d,%d): %v, want %v", x, y, a, b)
			}
		}
	}
}
