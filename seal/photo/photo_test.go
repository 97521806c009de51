package photo_test

import (
	"flag"
	"image"
	"image/color"
	paint "image/draw"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

var look = flag.String("look", "", "a directory for pictures to be looked at")

// show writes a photo, and what was cut out of it, on a tinted ground.
func show(t testing.TB, name string, file []byte, p *photo.Photo) {
	t.Helper()
	if *look == "" {
		return
	}
	m := p.Preview()
	flat := image.NewNRGBA(m.Bounds())
	paint.Draw(flat, flat.Rect, image.NewUniform(color.NRGBA{225, 245, 225, 255}), image.Point{}, paint.Src)
	paint.Draw(flat, flat.Rect, m, image.Point{}, paint.Over)
	for name, data := range map[string][]byte{name + "-photo": file, name + ".png": pictures.PNG(t, flat)} {
		if err := os.WriteFile(filepath.Join(*look, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// M44: the ink of a photographed seal stays and the paper goes, whatever the light, the
// paper and the print under it.
func TestM44CleanKeepsInk(t *testing.T) {
	for _, s := range scenes() {
		if testing.Short() {
			if !s.brief {
				continue
			}
			s.w, s.h, s.mm = s.w*3/5, s.h*3/5, s.mm*3/5
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			file, truth := s.render(t)
			s.options.Size = s.size(t)
			p, err := photo.Clean(file, s.options)
			if err != nil {
				t.Fatal(err)
			}
			kept, removed := s.judge(t, p, truth)
			w, h := p.Size()
			t.Logf("kept %.2f %%, removed %.2f %%, %.2f × %.2f mm, turned %.2f°, ink %v", 100*kept, 100*removed, w, h, p.Turned(), p.Color())
			if kept < 0.97 || removed < 0.99 {
				t.Errorf("kept %.4f, removed %.4f", kept, removed)
			}
			if want := s.size(t); s.lean == 0 && s.turn == 0 && math.Abs(max(w, h)/1.02-want) > 0.02*want {
				t.Errorf("%.2f × %.2f mm, want %.2f and a margin", w, h, want)
			}
			if s.spec.Style != round.Style && s.options.Straighten && math.Abs(p.Turned()+s.turn) > 0.4 {
				t.Errorf("turned by %.2f°, want %.2f°", p.Turned(), -s.turn)
			}
			if s.spec.Style == round.Style && p.Turned() != 0 {
				t.Errorf("a round seal was turned by %.2f°", p.Turned())
			}
			show(t, s.name, file, p)
		})
	}
}

// judge measures the share of inked pixels that are opaque, and the share of
// pixels clear of ink that are transparent, over the whole photo.
func (s *scene) judge(t testing.TB, p *photo.Photo, truth []float64) (kept, removed float64) {
	t.Helper()
	m := p.Preview()
	b := m.Bounds()
	box := p.Box()
	perMM := float64(b.Dx()) / first(p.Size())
	// The centre of a turned seal is searched for.
	var cx, cy float64
	alpha := func(x, y int) float64 {
		px := (float64(x) + 0.5 - float64(box.Min.X)) * float64(b.Dx()) / float64(box.Dx())
		py := (float64(y) + 0.5 - float64(box.Min.Y)) * float64(b.Dy()) / float64(box.Dy())
		if p.Turned() != 0 {
			sin, cos := math.Sincos(p.Turned() * math.Pi / 180)
			dx, dy := (float64(x)+0.5-float64(s.w)*0.52)/s.mm*perMM, (float64(y)+0.5-float64(s.h)*0.47)/s.mm*perMM
			px, py = cos*dx-sin*dy+cx, sin*dx+cos*dy+cy
		}
		i, j := int(math.Floor(px)), int(math.Floor(py))
		if !image.Pt(i, j).In(b) {
			return 0
		}
		return float64(m.NRGBAAt(i, j).A) / 255
	}
	cx, cy = float64(b.Dx())/2, float64(b.Dy())/2
	near := around(around(truth, s.w, 1), s.w, s.w)
	if p.Turned() != 0 { // the margins may differ by what print left at the rim
		best, at := 0.0, [3]float64{cx, cy, perMM}
		for _, fine := range []float64{1, 0.25} {
			from := at
			for step := -3.0; step <= 3; step++ {
				for dy := -4.0; dy <= 4; dy++ {
					for dx := -4.0; dx <= 4; dx++ {
						cx, cy, perMM = from[0]+dx*fine, from[1]+dy*fine, from[2]*(1+step*fine/300)
						sum := 0.0
						for i := 0; i < len(truth); i += 31 {
							if truth[i] >= 0.75 {
								sum += alpha(i%s.w, i/s.w)
							}
						}
						if sum > best {
							best, at = sum, [3]float64{cx, cy, perMM}
						}
					}
				}
			}
		}
		cx, cy, perMM = at[0], at[1], at[2]
	}
	var ink, inkKept, paper, paperGone float64
	for i, v := range truth {
		switch {
		case v >= 0.75:
			ink++
			if alpha(i%s.w, i/s.w) >= 0.5 {
				inkKept++
			}
		case near[i] == 0:
			paper++
			if alpha(i%s.w, i/s.w) <= 0.1 {
				paperGone++
			}
		}
	}
	return inkKept / ink, paperGone / paper
}

// around returns the largest value within two steps before and after.
func around(v []float64, width, step int) []float64 {
	out := slices.Clone(v)
	for d := 1; d <= 2; d++ {
		for i := d * step; i < len(v); i++ {
			if step == width || i%width >= d {
				out[i] = max(out[i], v[i-d*step])
				out[i-d*step] = max(out[i-d*step], v[i])
			}
		}
	}
	return out
}

func first(a, _ float64) float64 { return a }

func TestCleanInkAndColour(t *testing.T) {
	s := scenes()[0]
	s.w, s.h, s.mm = 280, 280, 5.6
	file, _ := s.render(t)
	p, err := photo.Clean(file, photo.Options{Size: 38, Color: color.NRGBA{1, 2, 3, 255}})
	if err != nil {
		t.Fatal(err)
	}
	if got := (color.NRGBA{1, 2, 3, 255}); p.Color() != got {
		t.Errorf("painted %v", p.Color())
	}
	if p, err = photo.Clean(file, photo.Options{Size: 38, Ink: photo.InkRed}); err != nil {
		t.Fatal(err)
	}
	near := func(a, b uint8) bool { return math.Abs(float64(a)-float64(b)) < 12 }
	if c := p.Color(); !near(c.R, s.ink.R) || !near(c.G, s.ink.G) || !near(c.B, s.ink.B) {
		t.Errorf("the ink is %v, want about %v", c, s.ink)
	}
	if _, err = photo.Clean(file, photo.Options{Size: 38, Ink: photo.InkBlue}); err == nil {
		t.Error("blue ink was found in a red seal")
	}
}
