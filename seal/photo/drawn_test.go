package photo_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// drawn returns a seal on a transparent ground, away from the middle, in the inks of
// paint.
func drawn(t testing.TB, paint func(x int) color.NRGBA) *image.NRGBA {
	t.Helper()
	art := sealPicture(t, square, 260)
	b := art.Bounds()
	m := image.NewNRGBA(image.Rect(0, 0, b.Dx()+90, b.Dy()+60))
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := paint(x)
			c.A = color.NRGBAModel.Convert(art.At(x, y)).(color.NRGBA).A
			if c.A > 0 {
				m.SetNRGBA(x+70, y+20, c)
			}
		}
	}
	return m
}

// A seal without paper is only cropped, whatever its colours.
func TestCleanLeavesDrawnSeals(t *testing.T) {
	for name, paint := range map[string]func(x int) color.NRGBA{
		"red":    func(int) color.NRGBA { return color.NRGBA{R: 210, G: 20, B: 30} },
		"white":  func(int) color.NRGBA { return color.NRGBA{R: 255, G: 255, B: 255} },
		"black":  func(int) color.NRGBA { return color.NRGBA{} },
		"shaded": func(x int) color.NRGBA { return color.NRGBA{R: 220, G: uint8(x / 4), B: uint8(90 - x/4)} },
	} {
		m := drawn(t, paint)
		p, err := photo.Clean(pictures.PNG(t, m), photo.Options{Size: 20})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b bytes.Buffer
		if err := p.PNG(&b); err != nil {
			t.Fatal(err)
		}
		file, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		got, box := p.Preview(), p.Box()
		if got.Rect.Dx() != box.Dx() || got.Rect.Dx() > m.Rect.Dx()-60 {
			t.Errorf("%s: %v at %v", name, got.Rect, box)
		}
		seen := 0
		for y := range m.Rect.Max.Y {
			for x := range m.Rect.Max.X {
				want := m.NRGBAAt(x, y)
				in := got.NRGBAAt(x-box.Min.X, y-box.Min.Y)
				if want.A > 7 && in != want || in.A > 0 && in != want {
					t.Fatalf("%s: (%d,%d) is %v, was %v", name, x, y, in, want)
				}
				if written := color.NRGBAModel.Convert(file.At(x-box.Min.X, y-box.Min.Y)); in.A > 0 && written != in {
					t.Fatalf("%s: (%d,%d) is written as %v, want %v", name, x, y, written, in)
				}
				if in.A > 0 {
					seen++
				}
			}
		}
		if seen < 1000 {
			t.Errorf("%s: %d pixels", name, seen)
		}
		if w, _ := p.Size(); math.Abs(w/1.02-20) > 0.3 {
			t.Errorf("%s: %.2f mm", name, w)
		}
	}
}

func TestCleanPaintsDrawnSeals(t *testing.T) {
	m := drawn(t, func(int) color.NRGBA { return color.NRGBA{R: 210, G: 20, B: 30} })
	p, err := photo.Clean(pictures.PNG(t, m), photo.Options{Size: 20, Color: color.NRGBA{0, 0, 200, 255}})
	if err != nil {
		t.Fatal(err)
	}
	pix := p.Preview().Pix
	for i := 0; i < len(pix); i += 4 {
		if c := pix[i : i+4]; c[3] > 0 && !bytes.Equal(c[:3], []byte{0, 0, 200}) {
			t.Fatalf("%v", c)
		}
	}
	if _, err := photo.Clean(pictures.PNG(t, m), photo.Options{Size: 20, Ink: photo.InkBlue}); err == nil {
		t.Error("blue ink was found in a red seal")
	}
}

// Paper whose corners were cut off is paper.
func TestCleanCutOutPaper(t *testing.T) {
	m := pictures.Painted(300, 280)
	for y := range 280 {
		for x := range 300 {
			if dx, dy := x-150, y-140; dx*dx+dy*dy > 135*135 {
				m.SetNRGBA(x, y, color.NRGBA{})
			}
		}
	}
	p, err := photo.Clean(pictures.PNG(t, m), photo.Options{Size: 20})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Preview()
	if a := got.NRGBAAt(got.Rect.Dx()/2, got.Rect.Dy()/2).A; a != 0 {
		t.Errorf("the paper in the ring is there: opacity %d", a)
	}
	if b := p.Box(); b.Dx() > 188 {
		t.Errorf("found at %v", b)
	}
}

// A seal without paper is turned upright like one on paper.
func TestCleanTurnsDrawnSeals(t *testing.T) {
	m := drawn(t, func(x int) color.NRGBA { return color.NRGBA{R: 200, G: uint8(x / 4)} })
	turned := image.NewNRGBA(image.Rect(0, 0, 360, 360))
	sin, cos := math.Sincos(6 * math.Pi / 180)
	for y := range 360 {
		for x := range 360 {
			dx, dy := float64(x)-180, float64(y)-180
			turned.SetNRGBA(x, y, m.NRGBAAt(int(cos*dx+sin*dy)+m.Rect.Dx()/2, int(cos*dy-sin*dx)+m.Rect.Dy()/2))
		}
	}
	p, err := photo.Clean(pictures.PNG(t, turned), photo.Options{Size: 20, Straighten: true})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(p.Turned()+6) > 0.4 {
		t.Errorf("turned by %.2f°", p.Turned())
	}
	if w, h := p.Size(); math.Abs(w-h) > 0.3 {
		t.Errorf("%.2f × %.2f mm", w, h)
	}
}
