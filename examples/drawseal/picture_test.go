package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scan returns a JPEG of a drawn seal on shaded paper, turned clockwise by degrees.
func scan(t *testing.T, degrees float64, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	drawing := filepath.Join(dir, "seal.png")
	if status, errs := exit(t, append(args, "-dpi", "200", "-out", drawing)...); status != 0 {
		t.Fatal(errs)
	}
	art := readPNG(t, drawing)
	b := art.Bounds()
	m := image.NewRGBA(image.Rect(0, 0, b.Dx()*3/2, b.Dy()*3/2))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range m.Rect.Max.Y {
		for x := range m.Rect.Max.X {
			dx, dy := float64(x-m.Rect.Max.X/2), float64(y-m.Rect.Max.Y/2)
			at := image.Pt(int(math.Round(cos*dx+sin*dy))+b.Dx()/2, int(math.Round(cos*dy-sin*dx))+b.Dy()/2)
			var c color.NRGBA
			if at.In(b) {
				c = color.NRGBAModel.Convert(art.At(at.X, at.Y)).(color.NRGBA)
			}
			light := 0.7 + 0.3*float64(x)/float64(m.Rect.Max.X)
			on := func(v uint8) uint8 {
				return uint8(light * (float64(v)*float64(c.A) + 250*float64(255-c.A)) / 255)
			}
			m.SetRGBA(x, y, color.RGBA{on(c.R), on(c.G), on(c.B), 255})
		}
	}
	path := filepath.Join(dir, "scan.jpg")
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inked returns the share of opaque pixels and the mean of their colours.
func inked(m image.Image) (share float64, mean [3]float64) {
	n, all := 0.0, m.Bounds().Dx()*m.Bounds().Dy()
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA); c.A > 200 {
				n++
				for i, v := range []uint8{c.R, c.G, c.B} {
					mean[i] += float64(v)
				}
			}
		}
	}
	for i := range mean {
		mean[i] /= n
	}
	return n / float64(all), mean
}

// A seal is cut out of its picture: no paper, in its own ink or a chosen one.
func TestPicture(t *testing.T) {
	photo := scan(t, 0, "-style", "公章", "-name", company, "-size", "42")
	for _, c := range []struct {
		args []string
		want [3]float64
	}{
		{nil, [3]float64{0xd7, 0x14, 0x1a}},
		{[]string{"-color", "blue"}, [3]float64{0x1b, 0x3f, 0xa0}},
		{[]string{"-crop", "40,40,420,420", "-color", "#0a0b0c"}, [3]float64{10, 11, 12}},
	} {
		out := filepath.Join(t.TempDir(), "out.png")
		if status, errs := exit(t, append(c.args, "-from", photo, "-size", "42", "-out", out)...); status != 0 || errs != "" {
			t.Fatalf("%q: exit %d, %s", c.args, status, errs)
		}
		m := readPNG(t, out)
		share, mean := inked(m)
		if share < 0.1 || share > 0.3 {
			t.Errorf("%q: %.3f of the picture is ink", c.args, share)
		}
		for i := range mean {
			if math.Abs(mean[i]-c.want[i]) > 18 {
				t.Errorf("%q: ink %.0f, want %.0f", c.args, mean, c.want)
			}
		}
		// 42 mm at 200 dpi are 331 pixels.
		if w := m.Bounds().Dx(); w < 333 || w > 343 {
			t.Errorf("%q: %d pixels wide", c.args, w)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(data, []byte("pHYs"))
		if at < 0 {
			t.Fatalf("%q: no pHYs", c.args)
		}
		perMetre := int(data[at+6])<<8 | int(data[at+7])
		if perMetre < 7800 || perMetre > 7950 {
			t.Errorf("%q: %d pixels a metre", c.args, perMetre)
		}
	}
}

func TestStraighten(t *testing.T) {
	photo := scan(t, 7, "-style", "法人章", "-name", "张三", "-text", "印", "-size", "30")
	width := func(args ...string) int {
		out := filepath.Join(t.TempDir(), "out.png")
		if status, errs := exit(t, append(args, "-from", photo, "-size", "30", "-out", out)...); status != 0 {
			t.Fatal(errs)
		}
		return readPNG(t, out).Bounds().Dx()
	}
	// Turned, the square of 236 pixels is cos 7° + sin 7° times as wide.
	if w := width(); w < 258 || w > 274 {
		t.Errorf("as it is: %d pixels", w)
	}
	if w := width("-straighten"); w < 236 || w > 246 {
		t.Errorf("straightened: %d pixels", w)
	}
}

// What cannot be done is reported in one line, and nothing is written.
func TestPictureRefusals(t *testing.T) {
	photo := scan(t, 0, "-style", "公章", "-name", company)
	paper := filepath.Join(t.TempDir(), "paper.png")
	var blank bytes.Buffer
	if err := png.Encode(&blank, image.NewGray(image.Rect(0, 0, 300, 300))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paper, blank.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "text.png")
	if err := os.WriteFile(text, []byte("印章"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"-from " + photo + " -out OUT", "-size is missing"},
		{"-from " + photo + " -size 42", "-out is missing"},
		{"-from " + photo + " -size 42 -out OUT.svg", ".png"},
		{"-from " + photo + " -size wide -out OUT", "-size"},
		{"-from " + photo + " -size NaN -out OUT", "-size"},
		{"-from " + photo + " -size 4000 -out OUT", "印章尺寸"},
		{"-from " + photo + " -size 42 -crop 1,2,3 -out OUT", "-crop"},
		{"-from " + photo + " -size 42 -crop -1,0,100,100 -out OUT", "-crop"},
		{"-from " + photo + " -size 42 -crop 0,0,9000,9000 -out OUT", "裁剪框"},
		{"-from " + photo + " -size 42 -color pink -out OUT", "-color"},
		{"-from " + photo + " -size 42 -dpi 300 -out OUT", "-from takes no -dpi"},
		{"-from " + paper + " -size 42 -out OUT", "未在图片中找到印章"},
		{"-from " + text + " -size 42 -out OUT", "PNG 或 JPEG"},
		{"-from nowhere.png -size 42 -out OUT", "nowhere.png"},
		{"-crop 0,0,100,100 -style 公章 -name 甲公司 -out OUT", "-from"},
		{"-straighten -style 公章 -name 甲公司 -out OUT", "-from"},
	} {
		dir := t.TempDir()
		args := strings.Fields(strings.ReplaceAll(c.args, "OUT.svg", filepath.Join(dir, "out.svg")))
		for i, a := range args {
			if a == "OUT" {
				args[i] = filepath.Join(dir, "out.png")
			}
		}
		status, errs := exit(t, args...)
		if status != 2 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q", c.args, status, errs)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", c.args, left, err)
		}
	}
}
