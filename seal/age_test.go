package seal_test

import (
	"bytes"
	"errors"
	"image/color"
	"io"
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

func aged(t testing.TB, art *seal.Artwork, dpi int, age seal.Age) scan {
	t.Helper()
	var b bytes.Buffer
	if err := art.AgedPNG(&b, dpi, age); err != nil {
		t.Fatal(err)
	}
	return scanPNG(t, b.Bytes(), dpi)
}

func (s scan) total() (sum float64) {
	for _, v := range s.ink {
		sum += v
	}
	return sum
}

// More wear leaves less ink, and even the worst wear leaves the seal readable.
func TestAgeLeavesInkByWear(t *testing.T) {
	art := draw(t, official)
	fresh := scanPNG(t, encode(t, art, 300), 300)
	last := fresh.total()
	for _, c := range []struct{ wear, least, most float64 }{{0.1, 0.9, 0.99}, {0.5, 0.6, 0.9}, {1, 0.3, 0.6}} {
		sum, n := 0.0, 0.0
		for seed := range uint64(8) {
			s := aged(t, art, 300, seal.Age{Seed: seed, Wear: c.wear})
			sum += s.total() / fresh.total()
			n++
			for quarter := range 4 {
				was, is := fresh.quarter(quarter), s.quarter(quarter)
				if is < 0.2*was {
					t.Errorf("seed %d, wear %v: quarter %d keeps %.0f %% of its ink", seed, c.wear, quarter, 100*is/was)
				}
			}
		}
		if left := sum / n; left < c.least || left > c.most || left*fresh.total() >= last {
			t.Errorf("wear %v leaves %.2f of the ink", c.wear, left)
		}
		last = sum / n * fresh.total()
	}
}

func (s scan) quarter(i int) (sum float64) {
	for y := range s.h / 2 {
		for x := range s.w / 2 {
			sum += s.ink[(y+i/2*(s.h/2))*s.w+x+i%2*(s.w/2)]
		}
	}
	return sum
}

// Ageing removes ink: it puts none farther from the fresh ink than the teeth of the
// rim. It breaks the rim, makes holes in the star, and thins it unevenly.
func TestAgeIsUnevenPrickedAndRough(t *testing.T) {
	const dpi = 600
	art := draw(t, official)
	fresh, old := scanPNG(t, encode(t, art, dpi), dpi), aged(t, art, dpi, seal.Age{Seed: 7})
	reach := int(math.Ceil(0.05*fresh.perMM)) + 1
	strayed, moved := 0, 0
	for y := range old.h {
		for x := range old.w {
			v := old.ink[y*old.w+x]
			if v < 0.2 {
				continue
			}
			near := 0.0
			for dy := -reach; dy <= reach; dy++ {
				for dx := -reach; dx <= reach; dx++ {
					if i, j := x+dx, y+dy; i >= 0 && j >= 0 && i < old.w && j < old.h {
						near = max(near, fresh.ink[j*old.w+i])
					}
				}
			}
			if near < v-0.02 {
				strayed++
			}
			if fresh.ink[y*old.w+x] < 0.05 {
				moved++
			}
		}
	}
	if strayed > 0 || moved < 200 {
		t.Errorf("%d pixels too far out, %d pixels of rough edge", strayed, moved)
	}
	holes, least, most := 0, 1.0, 0.0
	for y := old.h/2 - 80; y < old.h/2+80; y++ { // in the star
		for x := old.w/2 - 80; x < old.w/2+80; x++ {
			v := old.ink[y*old.w+x]
			if v < 0.1 {
				holes++
			} else if v > 0.5 {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	if holes < 20 || most-least < 0.05 {
		t.Errorf("%d pixels of holes, ink of %.2f to %.2f", holes, least, most)
	}
}

// Little wear makes holes before the grain shows: the star of a seal that is hardly
// worn has a few spots without any ink, each some hundredths of a mm wide.
func TestAgePricksHoles(t *testing.T) {
	const dpi = 1200
	art := draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "深圳市大家签科技有限公司", Measure: seal.Measure{Star: 20}})
	spots := 0
	for seed := range uint64(4) {
		old := aged(t, art, dpi, seal.Age{Seed: seed, Wear: 0.15})
		for y := old.h/2 - 118; y < old.h/2+118; y++ {
			for x := old.w/2 - 118; x < old.w/2+118; x++ {
				if old.ink[y*old.w+x] < 0.02 {
					spots++
				}
			}
		}
	}
	t.Logf("%d pixels", spots)
	if spots < 100 {
		t.Errorf("%d pixels without ink", spots)
	}
}

// A seed decides the wear: the same seed gives the same bytes, another seed wears other
// places, and another resolution wears the same places.
func TestAgeFollowsItsSeed(t *testing.T) {
	art := draw(t, official)
	bytesOf := func(age seal.Age) []byte {
		var b bytes.Buffer
		if err := art.AgedPNG(&b, 300, age); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(bytesOf(seal.Age{Seed: 7}), bytesOf(seal.Age{Seed: 7, Wear: 0.5})) {
		t.Error("the same age gave other bytes")
	}
	apart := func(a, b scan) float64 {
		diff, sum := 0.0, 0.0
		for i, v := range a.ink {
			diff += math.Abs(v - b.ink[i])
			sum += v
		}
		return diff / sum
	}
	seven, eight := aged(t, art, 150, seal.Age{Seed: 7}), aged(t, art, 150, seal.Age{Seed: 8})
	fine := aged(t, art, 600, seal.Age{Seed: 7}).quartered()
	if other, same := apart(seven, eight), apart(seven, fine); other < 0.15 || same > 0.12 || fine.w != seven.w {
		t.Errorf("seeds differ by %.2f of the ink, resolutions by %.2f", other, same)
	}
}

// quartered returns the picture at a quarter of its resolution.
func (s scan) quartered() scan {
	out := scan{w: s.w / 4, h: s.h / 4, perMM: s.perMM / 4}
	for y := range out.h {
		for x := range out.w {
			sum := 0.0
			for i := range 16 {
				sum += s.ink[(4*y+i/4)*s.w+4*x+i%4]
			}
			out.ink = append(out.ink, sum/16)
		}
	}
	return out
}

func TestAgeRefused(t *testing.T) {
	art := draw(t, official)
	for _, wear := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		var e *seal.SizeError
		if err := art.AgedPNG(io.Discard, 300, seal.Age{Wear: wear}); !errors.As(err, &e) || e.Zh() == "" {
			t.Errorf("wear %v: %v", wear, err)
		}
	}
	var e *seal.DPIError
	if err := art.AgedPNG(io.Discard, 100_000, seal.Age{}); !errors.As(err, &e) {
		t.Errorf("100,000 dpi: %v", err)
	}
	if err := art.AgedPNG(&brokenWriter{1000}, 300, seal.Age{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a broken writer: %v", err)
	}
}

// Opacity is the same in all encodings of an artwork, and survives storing.
func TestOpacity(t *testing.T) {
	spec := official
	spec.Width = 38.1 // 450 pixels at 300 dpi
	spec.Color = color.NRGBA{A: 0x80}
	art := draw(t, spec)
	if got := art.Opacity(); math.Abs(got-0.502) > 0.001 {
		t.Errorf("opacity %v", got)
	}
	half := scanPNG(t, encode(t, art, 300), 300)
	spec.Color = color.Black
	full := scanPNG(t, encode(t, draw(t, spec), 300), 300)
	near(t, "ink of the PNG", half.total()/full.total(), 0.502, 0.002)
	for _, tool := range []string{"pdftoppm", "rsvg-convert"} {
		t.Run(tool, func(t *testing.T) {
			near(t, "ink", rendered(t, tool, art).total()/rendered(t, tool, draw(t, spec)).total(), 0.502, 0.005)
		})
	}
}
