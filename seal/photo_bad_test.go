package seal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// header returns a PNG that states a size and has no pixels.
func header(w, h uint32, depth, kind, interlace byte) []byte {
	body := binary.BigEndian.AppendUint32(nil, w)
	body = binary.BigEndian.AppendUint32(body, h)
	body = append(body, depth, kind, 0, 0, interlace)
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", body)...)
	return append(b, chunk("IDAT", []byte{0x78, 0x9c})...)
}

func painted(w, h int) *image.NRGBA { return ringed(w, h, 90) }

// ringed is a picture of a red ring of radius r on white, with a notch to the right.
func ringed(w, h, r int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 255, 255, 255}
			dx, dy := x-w/2, y-h/2
			if d := dx*dx + dy*dy; d < r*r && d*81 > r*r*49 && !(dx > 0 && dy > 0 && dy < r*2/9) {
				c = color.NRGBA{200, 30, 30, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// lines looks like print on white.
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

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withOrientation puts an EXIF segment behind the start of a JPEG.
func withOrientation(data []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, data[:2]...)
	out = binary.BigEndian.AppendUint16(append(out, 0xff, 0xe1), uint16(len(body)+2))
	return append(append(out, body...), data[2:]...)
}

// cmykHeader is the head of a JPEG with four components.
func cmykHeader() []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xc0, 0, 20, 8, 1, 0, 1, 0, 4}
	for i := range byte(4) {
		b = append(b, i+1, 0x11, 0)
	}
	return append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0xff, 0xd9)
}

func TestCleanPhotoRefuses(t *testing.T) {
	t.Parallel()
	good := pngOf(t, painted(300, 280))
	blank := image.NewNRGBA(image.Rect(0, 0, 300, 300)) // transparent
	animated := append([]byte{}, good[:33]...)
	animated = append(append(animated, chunk("acTL", make([]byte, 8))...), good[33:]...)
	var g bytes.Buffer
	if err := gif.Encode(&g, painted(300, 300), nil); err != nil {
		t.Fatal(err)
	}
	progressive := jpegOf(t, painted(300, 300))
	at := bytes.Index(progressive, []byte{0xff, 0xc0})
	progressive[at+1] = 0xc2
	binary.BigEndian.PutUint16(progressive[at+5:], 6000)
	binary.BigEndian.PutUint16(progressive[at+7:], 6000)
	for name, c := range map[string]struct {
		data  []byte
		o     seal.PhotoOptions
		fault seal.PhotoFault
	}{
		"empty":               {nil, seal.PhotoOptions{}, seal.PhotoFormat},
		"text":                {[]byte("印章.png"), seal.PhotoOptions{}, seal.PhotoFormat},
		"GIF":                 {g.Bytes(), seal.PhotoOptions{}, seal.PhotoFormat},
		"1 × 1":               {pngOf(t, painted(1, 1)), seal.PhotoOptions{}, seal.PhotoSmall},
		"199 px":              {pngOf(t, painted(400, 199)), seal.PhotoOptions{}, seal.PhotoSmall},
		"bomb":                {header(60_000, 60_000, 8, 6, 0), seal.PhotoOptions{}, seal.PhotoLarge},
		"41 Mpx":              {header(8_200, 5_000, 8, 2, 0), seal.PhotoOptions{}, seal.PhotoLarge},
		"progressive, 36 Mpx": {progressive, seal.PhotoOptions{}, seal.PhotoLarge},
		"signature only":      {good[:8], seal.PhotoOptions{}, seal.PhotoDamaged},
		"no pixels":           {header(300, 300, 8, 2, 0), seal.PhotoOptions{}, seal.PhotoDamaged},
		"cut off PNG":         {good[:len(good)/2], seal.PhotoOptions{}, seal.PhotoDamaged},
		"cut off JPEG":        {jpegOf(t, painted(300, 300))[:3000], seal.PhotoOptions{}, seal.PhotoDamaged},
		"JPEG of nothing":     {[]byte{0xff, 0xd8, 0xff, 0xd9}, seal.PhotoOptions{}, seal.PhotoDamaged},
		"animated":            {animated, seal.PhotoOptions{}, seal.PhotoAnimated},
		"CMYK":                {cmykHeader(), seal.PhotoOptions{}, seal.PhotoCMYK},
		"black":               {pngOf(t, image.NewGray(image.Rect(0, 0, 300, 300))), seal.PhotoOptions{}, seal.PhotoNoInk},
		"print":               {pngOf(t, lines(300, 280)), seal.PhotoOptions{}, seal.PhotoNoInk},
		"blank":               {pngOf(t, blank), seal.PhotoOptions{}, seal.PhotoNoInk},
		"crop outside":        {good, seal.PhotoOptions{Crop: image.Rect(200, 100, 301, 200)}, seal.PhotoCrop},
		"crop too small":      {good, seal.PhotoOptions{Crop: image.Rect(10, 10, 20, 200)}, seal.PhotoCrop},
		"crop of paper":       {good, seal.PhotoOptions{Crop: image.Rect(0, 0, 40, 40)}, seal.PhotoNoInk},
		"unknown ink":         {good, seal.PhotoOptions{Ink: 9}, seal.PhotoInkUnknown},
		"large file":          {append(good, make([]byte, seal.MaxPhotoBytes)...), seal.PhotoOptions{}, seal.PhotoBytes},
	} {
		c.o.Size = 40
		_, err := seal.CleanPhoto(c.data, c.o)
		var e *seal.PhotoError
		if !errors.As(err, &e) || e.Fault != c.fault {
			t.Errorf("%s: %v, want %v", name, err, c.fault)
			continue
		}
		if !strings.HasPrefix(e.Error(), "seal: ") || e.Zh() == "" {
			t.Errorf("%s: %q, %q", name, e.Error(), e.Zh())
		}
	}
	var size *seal.SizeError
	if _, err := seal.CleanPhoto(good, seal.PhotoOptions{}); !errors.As(err, &size) {
		t.Errorf("no size: %v", err)
	}
	var ink *seal.ColorError
	if _, err := seal.CleanPhoto(good, seal.PhotoOptions{Size: 40, Color: color.NRGBA{1, 2, 3, 4}}); !errors.As(err, &ink) {
		t.Errorf("translucent ink: %v", err)
	}
}

// Every kind of picture gives the same seal.
func TestCleanPhotoKinds(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{"JPEG": jpegOf(t, ringed(70, 68, 30))}
	for name, m := range kinds(ringed(70, 68, 30)) {
		files[name] = pngOf(t, m)
		if name == "gray" {
			files["gray JPEG"] = jpegOf(t, m)
		}
	}
	for name, data := range files {
		p, err := seal.CleanSmallPhoto(data, seal.PhotoOptions{Size: 40}, 5000, 60)
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

// The notch of the ring tells the eight EXIF orientations apart.
func TestCleanPhotoOrientation(t *testing.T) {
	t.Parallel()
	data := jpegOf(t, ringed(72, 68, 30))
	notch := map[uint16]image.Point{ // the direction of the notch, as seen
		1: {27, 3}, 2: {-27, 3}, 3: {-27, -3}, 4: {27, -3},
		5: {3, 27}, 6: {-3, 27}, 7: {-3, -27}, 8: {3, -27},
	}
	for o, at := range notch {
		p, err := seal.CleanSmallPhoto(withOrientation(data, o), seal.PhotoOptions{Size: 40}, 5000, 60)
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
func BenchmarkCleanPhoto(b *testing.B) {
	s := scenes()[9]
	file, _ := s.render(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := seal.CleanPhoto(file, seal.PhotoOptions{Size: 42}); err != nil {
			b.Fatal(err)
		}
	}
}
