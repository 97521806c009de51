package signer_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func deflate(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func imagePDF(t testing.TB, data []byte, o signer.ImageOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := signer.ImageToPDF(t.Context(), &b, bytes.NewReader(data), o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// render draws the page with poppler, an independent renderer.
func render(t *testing.T, file []byte, dpi int) image.Image {
	t.Helper()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("pdftoppm is not installed")
	}
	in := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftoppm", "-r", strconv.Itoa(dpi), "-png", in).Output()
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("IMAGE_OUT"); dir != "" {
		name := filepath.Join(dir, strconv.Itoa(len(out))+filepath.Base(t.Name())+".png")
		if err := os.WriteFile(name, out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	im, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// difference returns the mean over all channels of all pixels.
func difference(t *testing.T, got image.Image, w, h int, want func(x, y int) color.NRGBA) float64 {
	t.Helper()
	if got.Bounds().Dx() != w || got.Bounds().Dy() != h {
		t.Errorf("a picture of %v, want %d × %d", got.Bounds(), w, h)
		return 255
	}
	sum := 0.0
	for y := range h {
		for x := range w {
			g, _ := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
			c := want(x, y)
			sum += math.Abs(float64(g.R)-float64(c.R)) + math.Abs(float64(g.G)-float64(c.G)) + math.Abs(float64(g.B)-float64(c.B))
		}
	}
	return sum / float64(3*w*h)
}

var trueSize = signer.ImageOptions{TrueSize: true}

// testdata/progressive.jpg is picture() drawn by pageview and encoded by
// go-pdfium: RenderToFile with OutputFormat JPG, OutputQuality 90, Progressive.

// TestImageKinds makes a page of every kind of picture, reads it back with our
// own reader, signs it, and compares a rendering with the source.
func TestImageKinds(t *testing.T) {
	cred := credential(t, newCA(t, devca.P256))
	progressive, err := os.ReadFile("testdata/progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	all := kinds(t)
	all["jpeg progressive"] = progressive
	for name, data := range all {
		t.Run(name, func(t *testing.T) {
			out := imagePDF(t, data, trueSize)
			if !bytes.Equal(out, imagePDF(t, data, trueSize)) {
				t.Error("two runs differ")
			}
			f, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.DefaultLimits())
			if err == nil {
				err = f.Check()
			}
			if err != nil {
				t.Fatal(err)
			}
			if clean, err := prepare(t, out); err != nil || !bytes.Equal(clean, out) {
				t.Errorf("not fit for upload as it is: %v", err)
			}
			doc, err := signer.Open(bytes.NewReader(out), int64(len(out)))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := doc.Pages(); n != 1 || err != nil {
				t.Error(n, err)
			}
			err = signer.Sign(t.Context(), io.Discard, doc, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime,
				NewField: &signer.Field{Name: "s", Page: 1}})
			if err != nil {
				t.Error(err)
			}
			limit := 6.0
			if name == "jpeg cmyk" || name == "jpeg adobe cmyk" {
				limit = 40 // every reader has its own inks
			}
			if d := difference(t, render(t, out, 96), 64, 32, picture().NRGBAAt); d > limit {
				t.Errorf("differs by %.1f", d)
			}
		})
	}
}

// TestImageOrientation turns a picture in the eight ways of EXIF.
func TestImageOrientation(t *testing.T) {
	src := picture()
	// The place in the stored picture of a pixel of the seen picture.
	stored := [9]func(x, y int) (int, int){
		1: func(x, y int) (int, int) { return x, y },
		2: func(x, y int) (int, int) { return 63 - x, y },
		3: func(x, y int) (int, int) { return 63 - x, 31 - y },
		4: func(x, y int) (int, int) { return x, 31 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, 31 - x },
		7: func(x, y int) (int, int) { return 63 - y, 31 - x },
		8: func(x, y int) (int, int) { return 63 - y, x },
	}
	for o := 1; o <= 8; o++ {
		t.Run(strconv.Itoa(o), func(t *testing.T) {
			order := binary.AppendByteOrder(binary.BigEndian)
			if o%2 == 0 {
				order = binary.LittleEndian
			}
			out := imagePDF(t, insert(jpegOf(t, src), exif(o, order)), trueSize)
			w, h := 64, 32
			if o >= 5 {
				w, h = h, w
			}
			at := func(x, y int) color.NRGBA { return src.NRGBAAt(stored[o](x, y)) }
			if d := difference(t, render(t, out, 150), w, h, at); d > 6 {
				t.Errorf("differs by %.1f", d)
			}
			if bytes.Contains(out, []byte("SECRET")) || bytes.Contains(out, []byte("Exif")) {
				t.Error("EXIF data is in the PDF")
			}
		})
	}
}

// TestImageAlpha draws a half transparent picture on the white page, and also without a
// soft mask.
func TestImageAlpha(t *testing.T) {
	src := picture()
	for i := 3; i < len(src.Pix); i += 4 {
		if i/4%64 >= 32 {
			src.Pix[i] = 128
		}
	}
	on := func(x, y int) color.NRGBA {
		c := src.NRGBAAt(x, y)
		mix := func(v uint8) uint8 { return uint8((int(v)*int(c.A) + 255*(255-int(c.A))) / 255) }
		return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 255}
	}
	for _, opaque := range []bool{false, true} {
		out := imagePDF(t, pngOf(t, src), signer.ImageOptions{TrueSize: true, Opaque: opaque})
		if bytes.Contains(out, []byte("/SMask")) == opaque {
			t.Errorf("opaque %v: the soft mask is wrong", opaque)
		}
		if d := difference(t, render(t, out, 96), 64, 32, on); d > 3 {
			t.Errorf("opaque %v: differs by %.1f", opaque, d)
		}
	}
	if bytes.Contains(imagePDF(t, pngOf(t, picture()), trueSize), []byte("/SMask")) {
		t.Error("an opaque picture has a soft mask")
	}
	gray := imagePDF(t, pngOf(t, redraw(image.NewGray16(image.Rect(0, 0, 64, 32)))), trueSize)
	want := redraw(image.NewGray(image.Rect(0, 0, 64, 32)))
	at := func(x, y int) color.NRGBA { v := want.GrayAt(x, y).Y; return color.NRGBA{v, v, v, 255} }
	if d := difference(t, render(t, gray, 96), 64, 32, at); d > 3 || !bytes.Contains(gray, []byte("/DeviceGray")) {
		t.Errorf("gray: differs by %.1f", d)
	}
	gray = imagePDF(t, jpegOf(t, want), trueSize)
	if d := difference(t, render(t, gray, 96), 64, 32, at); d > 3 || !bytes.Contains(gray, []byte("/DeviceGray")) {
		t.Errorf("gray JPEG: differs by %.1f", d)
	}
}

// TestImageSize checks where the density comes from and how the page is chosen.
func TestImageSize(t *testing.T) {
	src := picture()
	phys := func(n uint32) []byte {
		b := binary.BigEndian.AppendUint32(nil, n)
		return append(binary.BigEndian.AppendUint32(b, 2*n), 1)
	}
	jfif := func(unit, n byte) []byte {
		return segment(0xe0, []byte{'J', 'F', 'I', 'F', 0, 1, 1, unit, 0, n, 0, n, 0, 0})
	}
	tall := image.NewGray(image.Rect(0, 0, 1000, 3000))
	for _, c := range []struct {
		name string
		data []byte
		o    signer.ImageOptions
		w, h float64
	}{
		{"no density", pngOf(t, src), trueSize, 64 / 96. * 25.4, 32 / 96. * 25.4},
		{"pHYs", pngChunk(pngOf(t, src), "pHYs", phys(2000)), trueSize, 32, 8},
		{"JFIF per inch", insert(jpegOf(t, src), jfif(1, 254)), trueSize, 6.4, 3.2},
		{"JFIF per cm", insert(jpegOf(t, src), jfif(2, 20)), trueSize, 32, 16},
		{"JFIF aspect only", insert(jpegOf(t, src), jfif(0, 1)), trueSize, 64 / 96. * 25.4, 32 / 96. * 25.4},
		{"EXIF, turned", insert(jpegOf(t, src), exif(6, binary.BigEndian)), trueSize, 32 / 150. * 25.4, 64 / 150. * 25.4},
		{"A4, lying", pngOf(t, src), signer.ImageOptions{}, 297, 210},
		{"A4, upright", pngOf(t, tall), signer.ImageOptions{}, 210, 297},
		{"A4, upright by EXIF", insert(jpegOf(t, src), exif(8, binary.BigEndian)), signer.ImageOptions{}, 210, 297},
	} {
		out := imagePDF(t, c.data, c.o)
		doc, err := signer.Open(bytes.NewReader(out), int64(len(out)))
		if err != nil {
			t.Fatal(err)
		}
		if w, h, err := doc.PageSize(1); err != nil || math.Abs(w-c.w) > 0.01 || math.Abs(h-c.h) > 0.01 {
			t.Errorf("%s: %.2f × %.2f mm, %v, want %.2f × %.2f", c.name, w, h, err, c.w, c.h)
		}
	}
	// 1000 × 3000 black pixels scaled into 277 mm of height, in the middle.
	im := render(t, imagePDF(t, pngOf(t, tall), signer.ImageOptions{}), 72)
	in, out := 0, 0
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			r, _, _, _ := im.At(x, y).RGBA()
			mx, my := float64(x)*25.4/72, float64(y)*25.4/72
			inside := math.Abs(mx-105) < 277/6.-1 && math.Abs(my-148.5) < 277/2.-1
			beyond := math.Abs(mx-105) > 277/6.+1 || math.Abs(my-148.5) > 277/2.+1
			if inside && r != 0 {
				in++
			}
			if beyond && r != 0xffff {
				out++
			}
		}
	}
	if in+out != 0 {
		t.Errorf("%d white pixels within, %d black without", in, out)
	}
}

// TestImageMetadata checks that none of the picture's own texts are in the PDF.
func TestImageMetadata(t *testing.T) {
	const word = "SECRET"
	thumb := append([]byte{'J', 'F', 'I', 'F', 0, 1, 1, 1, 0, 96, 0, 96, 2, 1}, word...)
	j := insert(jpegOf(t, picture()), segment(0xe0, thumb), segment(0xe0, []byte("JFXX\x00\x10"+word)),
		exif(1, binary.BigEndian), segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+word)),
		segment(0xe2, []byte("MPF\x00"+word)), segment(0xed, []byte("Photoshop 3.0\x00"+word)), segment(0xfe, []byte(word)),
		segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01kept")))
	j = append(j, []byte("\xff\xd8\xff\xe1 a second picture "+word)...)
	out := imagePDF(t, j, trueSize)
	if bytes.Contains(out, []byte(word)) {
		t.Error("a text of the JPEG is in the PDF")
	}
	if !bytes.Contains(out, []byte("ICC_PROFILE\x00\x01\x01kept")) {
		t.Error("the colour profile is lost")
	}
	if d := difference(t, render(t, out, 96), 64, 32, picture().NRGBAAt); d > 6 {
		t.Errorf("differs by %.1f", d)
	}
	if bytes.Contains(imagePDF(t, pngChunk(pngOf(t, picture()), "tEXt", []byte("Author\x00"+word)), trueSize), []byte(word)) {
		t.Error("a text of the PNG is in the PDF")
	}
}

// TestImageRefused checks the kinds of refusals. None decodes a pixel.
func TestImageRefused(t *testing.T) {
	good, j := pngOf(t, picture()), jpegOf(t, picture())
	huge := bytes.Clone(good)
	binary.BigEndian.PutUint32(huge[16:], 50_000)
	binary.BigEndian.PutUint32(huge[20:], 50_000)
	sof := bytes.Index(j, []byte{0xff, 0xc0})
	patch := func(at int, b ...byte) []byte {
		out := bytes.Clone(j)
		copy(out[sof+at:], b)
		return out
	}
	for _, c := range []struct {
		name string
		data []byte
		o    signer.ImageOptions
		want error
	}{
		{"empty", nil, signer.ImageOptions{}, signer.ErrImageFormat},
		{"GIF", []byte("GIF89a........"), signer.ImageOptions{}, signer.ErrImageFormat},
		{"a name is no content", []byte("%PDF-1.7 picture.png"), signer.ImageOptions{}, signer.ErrImageFormat},
		{"PNG cut off", good[:len(good)-20], signer.ImageOptions{}, signer.ErrImageDamaged},
		{"PNG header only", good[:20], signer.ImageOptions{}, signer.ErrImageDamaged},
		{"PNG with a wrong checksum", huge, signer.ImageOptions{MaxPixels: 1 << 40}, signer.ErrImageDamaged},
		{"PNG of 2,500 megapixels", huge, signer.ImageOptions{}, signer.ErrImageTooLarge},
		{"JPEG of 2,500 megapixels", patch(5, 0xc3, 0x50, 0xc3, 0x50), signer.ImageOptions{}, signer.ErrImageTooLarge},
		{"JPEG cut off", j[:len(j)-30], signer.ImageOptions{}, signer.ErrImageDamaged},
		{"JPEG cut off in its head", j[:100], signer.ImageOptions{}, signer.ErrImageDamaged},
		{"JPEG of no height", patch(5, 0, 0), signer.ImageOptions{}, signer.ErrImageDamaged},
		{"JPEG without pixels", []byte("\xff\xd8\xff\xd9"), signer.ImageOptions{}, signer.ErrImageDamaged},
		{"JPEG, arithmetic", patch(1, 0xc9), signer.ImageOptions{}, signer.ErrImageFormat},
		{"JPEG, 12 bits", patch(4, 12), signer.ImageOptions{}, signer.ErrImageFormat},
		{"pixels at the limit", good, signer.ImageOptions{MaxPixels: 64 * 32}, nil},
		{"pixels over the limit", good, signer.ImageOptions{MaxPixels: 64*32 - 1}, signer.ErrImageTooLarge},
		{"bytes at the limit", good, signer.ImageOptions{MaxBytes: int64(len(good))}, nil},
		{"bytes over the limit", good, signer.ImageOptions{MaxBytes: int64(len(good)) - 1}, signer.ErrImageTooLarge},
	} {
		err := signer.ImageToPDF(t.Context(), io.Discard, bytes.NewReader(c.data), c.o)
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// FuzzImage checks that everything accepted as a picture makes a file that opens.
func FuzzImage(f *testing.F) {
	for _, b := range kinds(f) {
		f.Add(b)
	}
	f.Add(insert(jpegOf(f, picture()), exif(6, binary.LittleEndian)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		err := signer.ImageToPDF(t.Context(), &out, bytes.NewReader(b), signer.ImageOptions{MaxPixels: 1 << 18, MaxBytes: 1 << 20})
		if err != nil {
			if !errors.Is(err, signer.ErrImageFormat) && !errors.Is(err, signer.ErrImageDamaged) && !errors.Is(err, signer.ErrImageTooLarge) {
				t.Fatalf("an untyped error: %v", err)
			}
			return
		}
		doc, err := signer.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := doc.Pages(); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	})
}
