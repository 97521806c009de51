package photo_test

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// kinds returns a picture of red on white in every kind of PNG.
func kinds(m *image.NRGBA) map[string]image.Image {
	deep, deepOpaque := image.NewNRGBA64(m.Rect), image.NewRGBA64(m.Rect)
	few := image.NewPaletted(m.Rect, color.Palette{color.White, color.NRGBA{200, 30, 30, 255}})
	many := image.NewPaletted(m.Rect, color.Palette{color.Transparent, color.NRGBA{200, 30, 30, 255}})
	for i := range 200 {
		many.Palette = append(many.Palette, color.NRGBA{uint8(i), 255, 255, 200})
	}
	clear := image.NewNRGBA(m.Rect)
	gray, gray16 := image.NewGray(m.Rect), image.NewGray16(m.Rect)
	for y := range m.Rect.Max.Y {
		for x := range m.Rect.Max.X {
			c := m.NRGBAAt(x, y)
			deepOpaque.Set(x, y, c)
			few.Set(x, y, c)
			gray.Set(x, y, c)
			gray16.Set(x, y, c)
			if c.G < 100 {
				clear.Set(x, y, c)
				many.SetColorIndex(x, y, 1)
			} else {
				c.A = 254
			}
			deep.Set(x, y, c)
		}
	}
	return map[string]image.Image{
		"RGB": m, "RGBA of 16 bits": deep, "RGB of 16 bits": deepOpaque, "2 colours": few, "palette": many,
		"transparent": clear, "gray": gray, "gray of 16 bits": gray16,
	}
}

// interlaced writes a picture in the seven passes of Adam7.
func interlaced(t testing.TB, m *image.NRGBA) []byte {
	t.Helper()
	w, h := m.Rect.Dx(), m.Rect.Dy()
	var body bytes.Buffer
	z := zlib.NewWriter(&body)
	for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		for y := p[1]; y < h && p[0] < w; y += p[3] {
			row := []byte{0}
			for x := p[0]; x < w; x += p[2] {
				row = append(row, m.Pix[m.PixOffset(x, y):][:4]...)
			}
			if _, err := z.Write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b := append(pictures.Header(uint32(w), uint32(h), 8, 6, 1)[:33], pictures.Chunk("IDAT", body.Bytes())...)
	return append(b, pictures.Chunk("IEND", nil)...)
}

// Rows are read as image/png reads the whole picture.
func TestReadPNG(t *testing.T) {
	files := map[string][]byte{"interlaced": interlaced(t, tiny(29, 27)), "interlaced 1 × 3": interlaced(t, tiny(1, 3))}
	for name, m := range kinds(tiny(30, 26)) {
		files[name] = pictures.PNG(t, m)
	}
	noisy := image.NewNRGBA(image.Rect(0, 0, 64, 64)) // takes every filter
	for i := range noisy.Pix {
		noisy.Pix[i] = uint8(i*i/91 + i/256*i%7)
	}
	files["filters"] = pictures.PNG(t, noisy)
	for name, data := range files {
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := photo.ReadPNG(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		samePixels(t, got, want)
	}
}
