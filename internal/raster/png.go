package raster

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image/color"
	"io"
	"strings"
)

// PNGSignature is the beginning of every PNG (PNG 3rd edition, 5.2).
const PNGSignature = "\x89PNG\r\n\x1a\n"

// ErrPNG says that a file breaks the rules of PNG.
var ErrPNG = errors.New("the file breaks the rules of PNG")

// IsPNG reports whether a file begins as a PNG does.
func IsPNG(data []byte) bool {
	return strings.HasPrefix(string(data[:min(len(data), len(PNGSignature))]), PNGSignature)
}

// NextChunk cuts the first chunk off what follows the signature, and checks its sum. It
// returns io.ErrUnexpectedEOF or [ErrPNG] if the chunk is wrong.
func NextChunk(rest []byte) (kind string, body, after []byte, err error) {
	if len(rest) < 12 {
		return "", nil, nil, io.ErrUnexpectedEOF
	}
	n := int64(binary.BigEndian.Uint32(rest))
	if n+12 > int64(len(rest)) {
		return "", nil, nil, io.ErrUnexpectedEOF
	}
	if crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
		return "", nil, nil, ErrPNG
	}
	return string(rest[4:8]), rest[8 : 8+n], rest[12+n:], nil
}

// PNGDensity returns the pixels per inch of a PNG from its chunk pHYs, which comes
// before the first IDAT; 0, 0 if there is none.
func PNGDensity(data []byte) (x, y float64) {
	for rest := data[min(len(data), len(PNGSignature)):]; len(rest) >= 12; {
		n := binary.BigEndian.Uint32(rest)
		kind := string(rest[4:8])
		if kind == "IDAT" || int64(n)+12 > int64(len(rest)) {
			break
		}
		if kind == "pHYs" && n == 9 && rest[16] == 1 { // pixels per metre
			return Density(float64(binary.BigEndian.Uint32(rest[8:]))*0.0254, float64(binary.BigEndian.Uint32(rest[12:]))*0.0254)
		}
		rest = rest[n+12:]
	}
	return 0, 0
}

// DensityWriter puts a pHYs chunk after the header of the PNG that passes through it.
// image/png writes none.
type DensityWriter struct {
	W        io.Writer
	PerMetre uint32 // pixels
	seen     int
}

// headerSize is the PNG signature and the IHDR chunk, which always comes first.
const headerSize = 8 + 25

// Write passes b on. It returns the errors of W.
func (d *DensityWriter) Write(b []byte) (int, error) {
	before := headerSize - d.seen
	d.seen += len(b)
	if before <= 0 || before > len(b) {
		return d.W.Write(b)
	}
	if n, err := d.W.Write(b[:before]); err != nil {
		return n, err
	}
	if _, err := d.W.Write(physical(d.PerMetre)); err != nil {
		return before, err
	}
	n, err := d.W.Write(b[before:])
	return before + n, err
}

// physical returns the pHYs chunk (PNG 3rd edition, 11.3.4.3).
func physical(perMetre uint32) []byte {
	b := append(make([]byte, 4, 21), "pHYs"...)
	binary.BigEndian.PutUint32(b, 9)
	b = binary.BigEndian.AppendUint32(b, perMetre)
	b = binary.BigEndian.AppendUint32(b, perMetre)
	b = append(b, 1) // the unit is the metre
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// InkPalette returns the palette of one ink whose index is how much of it there is.
func InkPalette(ink color.NRGBA) color.Palette {
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.NRGBA{ink.R, ink.G, ink.B, uint8((i*int(ink.A) + 127) / 255)}
	}
	return palette
}
