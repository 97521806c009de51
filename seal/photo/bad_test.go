package photo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// lines returns a picture like print on white.
func lines(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Pix[y*w+x] = 250
			if x > 40+max(0, 80-y)*2 && x < w-50-y%48*2 && y > 40 && y < h-40 && y%24 < 12 && x%14 < 10 && (x*7+y*3)%5 < 3 {
				m.Pix[y*w+x] = 30
			}
		}
	}
	return m
}

func TestCleanRefuses(t *testing.T) {
	t.Parallel()
	good := pictures.PNG(t, pictures.Painted(300, 280))
	blank := image.NewNRGBA(image.Rect(0, 0, 300, 300)) // transparent
	animated := append([]byte{}, good[:33]...)
	animated = append(append(animated, pictures.Chunk("acTL", make([]byte, 8))...), good[33:]...)
	var g bytes.Buffer
	if err := gif.Encode(&g, pictures.Painted(300, 300), nil); err != nil {
		t.Fatal(err)
	}
	progressive := pictures.JPEG(t, pictures.Painted(300, 300))
	at := bytes.Index(progressive, []byte{0xff, 0xc0})
	progressive[at+1] = 0xc2
	binary.BigEndian.PutUint16(progressive[at+5:], 6000)
	binary.BigEndian.PutUint16(progressive[at+7:], 6000)
	for name, c := range map[string]struct {
		data  []byte
		o     photo.Options
		fault photo.Fault
	}{
		"empty":               {nil, photo.Options{}, photo.FaultFormat},
		"text":                {[]byte("印章.png"), photo.Options{}, photo.FaultFormat},
		"GIF":                 {g.Bytes(), photo.Options{}, photo.FaultFormat},
		"1 × 1":               {pictures.PNG(t, pictures.Painted(1, 1)), photo.Options{}, photo.FaultSmall},
		"199 px":              {pictures.PNG(t, pictures.Painted(400, 199)), photo.Options{}, photo.FaultSmall},
		"bomb":                {pictures.Header(60_000, 60_000, 8, 6, 0), photo.Options{}, photo.FaultLarge},
		"41 Mpx":              {pictures.Header(8_200, 5_000, 8, 2, 0), photo.Options{}, photo.FaultLarge},
		"progressive, 36 Mpx": {progressive, photo.Options{}, photo.FaultLarge},
		"signature only":      {good[:8], photo.Options{}, photo.FaultDamaged},
		"no pixels":           {pictures.Header(300, 300, 8, 2, 0), photo.Options{}, photo.FaultDamaged},
		"cut off PNG":         {good[:len(good)/2], photo.Options{}, photo.FaultDamaged},
		"cut off JPEG":        {pictures.JPEG(t, pictures.Painted(300, 300))[:3000], photo.Options{}, photo.FaultDamaged},
		"JPEG of nothing":     {[]byte{0xff, 0xd8, 0xff, 0xd9}, photo.Options{}, photo.FaultDamaged},
		"animated":            {animated, photo.Options{}, photo.FaultAnimated},
		"CMYK":                {pictures.CMYKHeader(), photo.Options{}, photo.FaultCMYK},
		"black":               {pictures.PNG(t, image.NewGray(image.Rect(0, 0, 300, 300))), photo.Options{}, photo.FaultNoInk},
		"print":               {pictures.PNG(t, lines(300, 280)), photo.Options{}, photo.FaultNoInk},
		"blank":               {pictures.PNG(t, blank), photo.Options{}, photo.FaultNoInk},
		"crop outside":        {good, photo.Options{Crop: image.Rect(200, 100, 301, 200)}, photo.FaultCrop},
		"crop too small":      {good, photo.Options{Crop: image.Rect(10, 10, 20, 200)}, photo.FaultCrop},
		"crop of paper":       {good, photo.Options{Crop: image.Rect(0, 0, 40, 40)}, photo.FaultNoInk},
		"unknown ink":         {good, photo.Options{Ink: 9}, photo.FaultInk},
		"large file":          {append(good, make([]byte, photo.MaxBytes)...), photo.Options{}, photo.FaultBytes},
	} {
		c.o.Size = 40
		_, err := photo.Clean(c.data, c.o)
		var e *photo.Error
		if !errors.As(err, &e) || e.Fault != c.fault {
			t.Errorf("%s: %v, want %v", name, err, c.fault)
			continue
		}
		if !strings.HasPrefix(e.Error(), "photo: ") || e.Zh() == "" {
			t.Errorf("%s: %q, %q", name, e.Error(), e.Zh())
		}
	}
	var size *seal.SizeError
	if _, err := photo.Clean(good, photo.Options{}); !errors.As(err, &size) {
		t.Errorf("no size: %v", err)
	}
	var ink *seal.ColorError
	if _, err := photo.Clean(good, photo.Options{Size: 40, Color: color.NRGBA{1, 2, 3, 4}}); !errors.As(err, &ink) {
		t.Errorf("translucent ink: %v", err)
	}
}

// Every kind of picture gives the same seal.
func TestCleanKinds(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{"JPEG": pictures.JPEG(t, pictures.Ringed(70, 68, 30))}
	for name, m := range kinds(pictures.Ringed(70, 68, 30)) {
		files[name] = pictures.PNG(t, m)
		if name == "gray" {
			files["gray JPEG"] = pictures.JPEG(t, m)
		}
	}
	for name, data := range files {
		p, err := photo.CleanSmall(data, photo.Options{Size: 40}, 5000, 60)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b := p.Box(); b.Dx() < 62 || b.Dx() > 66 || b.Dy() < 62 || b.Dy() > 66 {
			t.Errorf("%s: found at %v", name, b)
		}
		var a, b bytes.Buffer
		if err := errors.Join(p.PNG(&a), p.PNG(&b)); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two encodings differ, %v", name, err)
		}
		img, err := png.Decode(&a)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, alpha := img.At(1, 1).RGBA(); alpha != 0 {
			t.Errorf("%s: the corner is not transparent", name)
		}
		perMetre := binary.BigEndian.Uint32(b.Bytes()[33+8:])
		if w, _ := p.Size(); int(w*float64(perMetre)/1000+0.5) != img.Bounds().Dx() {
			t.Errorf("%s: pHYs says %d a metre for %d pixels and %.3f mm", name, perMetre, img.Bounds().Dx(), w)
		}
	}
}

// The notch in the ring shows which of the eight EXIF orientations was used.
func TestCleanOrientation(t *testing.T) {
	t.Parallel()
	data := pictures.JPEG(t, pictures.Ringed(72, 68, 30))
	notch := map[uint16]image.Point{ // the direction of the notch, as seen
		1: {27, 3}, 2: {-27, 3}, 3: {-27, -3}, 4: {27, -3},
		5: {3, 27}, 6: {-3, 27}, 7: {-3, -27}, 8: {3, -27},
	}
	for o, at := range notch {
		p, err := photo.CleanSmall(pictures.WithOrientation(data, o), photo.Options{Size: 40}, 5000, 60)
		if err != nil {
			t.Fatal(err)
		}
		m := p.Preview()
		mid := image.Pt(m.Rect.Dx()/2, m.Rect.Dy()/2)
		for other, q := range notch {
			hole := m.NRGBAAt(mid.X+q.X, mid.Y+q.Y).A < 128
			if hole != (other == o) {
				t.Errorf("orientation %d: hole at that of %d is %v (%v)", o, other, hole, at)
			}
		}
	}
}

// The budget is 400 ms for a photo of 0.8 million pixels.
func BenchmarkClean(b *testing.B) {
	s := scenes()[9]
	file, _ := s.render(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := photo.Clean(file, photo.Options{Size: 42}); err != nil {
			b.Fatal(err)
		}
	}
}
