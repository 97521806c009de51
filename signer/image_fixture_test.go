package signer_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// picture returns 64 × 32 pixels that look different from every side: red, green, blue
// and yellow quarters, the red one with a dark corner.
func picture() *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			c := [4]color.NRGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {230, 220, 30, 255}}[x/32+y/16*2]
			if x < 16 && y < 16 {
				c = color.NRGBA{20, 20, 20, 255}
			}
			im.SetNRGBA(x, y, c)
		}
	}
	return im
}

func redraw[T interface {
	image.Image
	Set(x, y int, c color.Color)
}](to T) T {
	from := picture()
	for y := range 32 {
		for x := range 64 {
			to.Set(x, y, from.At(x, y))
		}
	}
	return to
}

func pngOf(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngChunk inserts a chunk behind the header.
func pngChunk(b []byte, kind string, body []byte) []byte {
	const at = 8 + 25
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	c = append(append(c, kind...), body...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return append(append(bytes.Clone(b[:at]), c...), b[at:]...)
}

// interlaced makes an Adam7 PNG, which Go's encoder does not, of 8-bit RGB.
func interlaced(t testing.TB, im *image.NRGBA) []byte {
	t.Helper()
	var raw []byte
	for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		for y := p[1]; y < 32; y += p[3] {
			raw = append(raw, 0)
			for x := p[0]; x < 64; x += p[2] {
				c := im.NRGBAAt(x, y)
				raw = append(raw, c.R, c.G, c.B)
			}
		}
	}
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
		from := len(b)
		b = append(append(b, kind...), body...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
	}
	chunk("IHDR", []byte{0, 0, 0, 64, 0, 0, 0, 32, 8, 2, 0, 0, 1})
	chunk("IDAT", deflate(t, raw))
	chunk("IEND", nil)
	return b
}

// segment makes a JPEG segment.
func segment(marker byte, body []byte) []byte {
	s := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return append(s, body...)
}

// insert puts segments behind the start of a JPEG.
func insert(b []byte, segments ...[]byte) []byte {
	return append(append(bytes.Clone(b[:2]), bytes.Join(segments, nil)...), b[2:]...)
}

// exif makes an APP1 segment with an orientation, a resolution of 150 per inch, and a
// text that must not come into the PDF.
func exif(orientation int, order binary.AppendByteOrder) []byte {
	b := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 4)
	entry := func(tag, kind uint16, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(b, 1)
		if kind == 3 {
			b = order.AppendUint16(order.AppendUint16(b, uint16(value)), 0)
		} else {
			b = order.AppendUint32(b, value)
		}
	}
	const data = 8 + 2 + 4*12 + 4
	entry(0x112, 3, uint32(orientation))
	entry(0x11a, 5, data)
	entry(0x11b, 5, data)
	entry(0x128, 3, 2)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint32(order.AppendUint32(b, 300), 2)
	return segment(0xe1, append(append([]byte("Exif\x00\x00"), b...), "GPS 31.2304N SECRET"...))
}

// planes makes a JPEG of several components from as many gray ones, each in its own
// scan (T.81, A.2).
func planes(t testing.TB, ids string, at func(plane int, c color.NRGBA) byte, extra ...[]byte) []byte {
	t.Helper()
	from := picture()
	out := append([]byte{0xff, 0xd8}, bytes.Join(extra, nil)...)
	for i, id := range []byte(ids) {
		g := image.NewGray(from.Rect)
		for y := range 32 {
			for x := range 64 {
				g.SetGray(x, y, color.Gray{Y: at(i, from.NRGBAAt(x, y))})
			}
		}
		for b := jpegOf(t, g)[2:]; ; {
			n := int(binary.BigEndian.Uint16(b[2:])) + 2
			switch marker := b[1]; {
			case marker == 0xda:
				data := b[n : len(b)-2]
				out = append(out, segment(0xda, []byte{1, id, 0, 0, 63, 0})...)
				out = append(out, data...)
			case marker == 0xc0 && i == 0:
				frame := []byte{8, 0, 32, 0, 64, byte(len(ids))}
				for _, id := range []byte(ids) {
					frame = append(frame, id, 0x11, 0)
				}
				out = append(out, segment(0xc0, frame)...)
			case marker != 0xc0 && i == 0:
				out = append(out, b[:n]...)
			}
			if b[1] == 0xda {
				break
			}
			b = b[n:]
		}
	}
	return append(out, 0xff, 0xd9)
}

func cmyk(plane int, c color.NRGBA) byte {
	cc, m, y, k := color.RGBToCMYK(c.R, c.G, c.B)
	return [4]byte{cc, m, y, k}[plane]
}

func adobe() []byte { return segment(0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")) }

// kinds returns pictures that all show picture().
func kinds(t testing.TB) map[string][]byte {
	t.Helper()
	pal := color.Palette{}
	for _, at := range []image.Point{{0, 0}, {20, 0}, {40, 0}, {0, 20}, {40, 20}} {
		pal = append(pal, picture().At(at.X, at.Y))
	}
	return map[string][]byte{
		"png nrgba":     pngOf(t, picture()),
		"png 16 bit":    pngOf(t, redraw(image.NewNRGBA64(image.Rect(0, 0, 64, 32)))),
		"png palette":   pngOf(t, redraw(image.NewPaletted(image.Rect(0, 0, 64, 32), pal))),
		"png adam7":     interlaced(t, picture()),
		"jpeg baseline": jpegOf(t, picture()),
		"jpeg rgb":      planes(t, "RGB", func(i int, c color.NRGBA) byte { return [3]byte{c.R, c.G, c.B}[i] }),
		"jpeg adobe rgb": planes(t, "\x01\x02\x03", func(i int, c color.NRGBA) byte { return [3]byte{c.R, c.G, c.B}[i] },
			adobe()),
		"jpeg cmyk":       planes(t, "\x01\x02\x03\x04", cmyk),
		"jpeg adobe cmyk": planes(t, "\x01\x02\x03\x04", func(i int, c color.NRGBA) byte { return 255 - cmyk(i, c) }, adobe()),
	}
}
