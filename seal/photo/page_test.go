package photo_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// page returns paper with a heading and a rule in red, print in black, and a round seal
// of radius 60 about (250, 300) with a square one beside it.
func page(gap int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 600, 480))
	for y := range 480 {
		for x := range 600 {
			c := color.NRGBA{248, 247, 244, 255}
			dx, dy := x-250, y-300
			d, square := dx*dx+dy*dy, max(away(x-340-gap), away(y-320))
			switch {
			case y > 40 && y < 80 && x > 60 && x < 540 && x%40 < 32 && (x*3+y*5)%9 < 6, y > 100 && y < 106 && x > 40 && x < 560:
				c = color.NRGBA{215, 20, 25, 255}
			case d < 60*60 && d > 55*55, d < 15*15, square < 28 && square > 24, square < 8:
				c = color.NRGBA{200, 40, 45, 255}
			case y > 130 && y%30 < 12 && x > 50 && x < 520 && x%16 < 12 && (x+y)%5 < 3:
				c = color.NRGBA{40, 40, 40, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func TestCleanTellsSealsFromHeadings(t *testing.T) {
	data := pictures.PNG(t, page(20))
	near := func(got, want image.Rectangle) bool {
		return away(got.Min.X-want.Min.X) < 5 && away(got.Min.Y-want.Min.Y) < 5 && away(got.Max.X-want.Max.X) < 5 && away(got.Max.Y-want.Max.Y) < 5
	}
	p, err := photo.Clean(data, photo.Options{Size: 42})
	if err != nil {
		t.Fatal(err)
	}
	if b := p.Box(); !near(b, image.Rect(190, 240, 310, 360)) {
		t.Errorf("the round seal was found at %v", b)
	}
	// The star is not connected to the ring, and is there.
	m := p.Preview()
	if a := m.NRGBAAt(m.Rect.Dx()/2, m.Rect.Dy()/2).A; a < 200 {
		t.Errorf("the middle has opacity %d", a)
	}
	// A crop box removes the part of the neighbour that it cuts.
	p, err = photo.Clean(data, photo.Options{Size: 20, Crop: image.Rect(300, 280, 400, 365)})
	if err != nil {
		t.Fatal(err)
	}
	if b := p.Box(); !near(b, image.Rect(332, 292, 388, 348)) {
		t.Errorf("the square seal was found at %v", b)
	}
}

func away(v int) int { return max(v, -v) }
