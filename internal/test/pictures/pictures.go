// Package pictures makes pictures for tests, whole and hostile: PNG and JPEG files,
// rings that look like seals, headers without pixels.
package pictures

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

// PNG encodes a picture.
func PNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Chunk returns a chunk of a PNG.
func Chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// Header returns a PNG that states a size and has no pixels.
func Header(w, h uint32, depth, kind, interlace byte) []byte {
	body := binary.BigEndian.AppendUint32(nil, w)
	body = binary.BigEndian.AppendUint32(body, h)
	body = append(body, depth, kind, 0, 0, interlace)
	b := append([]byte("\x89PNG\r\n\x1a\n"), Chunk("IHDR", body)...)
	return append(b, Chunk("IDAT", []byte{0x78, 0x9c})...)
}

// Painted is [Ringed] with radius 90.
func Painted(w, h int) *image.NRGBA { return Ringed(w, h, 90) }

// Ringed returns a picture of a red ring of radius r on white, with a notch to the
// right.
func Ringed(w, h, r int) *image.NRGBA {
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

// JPEG encodes a picture at quality 90.
func JPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// WithOrientation puts an EXIF segment after the start of a JPEG.
func WithOrientation(data []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, data[:2]...)
	out = binary.BigEndian.AppendUint16(append(out, 0xff, 0xe1), uint16(len(body)+2))
	return append(append(out, body...), data[2:]...)
}

// CMYKHeader returns the head of a JPEG with four components.
func CMYKHeader() []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xc0, 0, 20, 8, 1, 0, 1, 0, 4}
	for i := range byte(4) {
		b = append(b, i+1, 0x11, 0)
	}
	return append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0xff, 0xd9)
}
