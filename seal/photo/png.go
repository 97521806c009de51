package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// A pngSource can read the rows of a PNG several times, one at a time: a picture of 40
// million pixels is never in memory as a whole.
type pngSource struct {
	data        []byte
	w, h        int
	depth, kind int
	interlaced  bool
	palette     []byte // of R, G, B, A
	key         []byte // tRNS of a gray or true-colour picture
}

// Colour types (PNG 3rd edition, 11.2.1) and the depths they may have.
const (
	pngGray, pngRGB, pngPalette, pngGrayAlpha, pngRGBA = 0, 2, 3, 4, 6
)

// openPNG reads the chunks before the pixels.
func openPNG(data []byte) (*pngSource, int, error) {
	damaged := func(err error) (*pngSource, int, error) {
		return nil, 0, &Error{Fault: FaultDamaged, err: err}
	}
	s := &pngSource{}
	orientation := 1
	for rest := data[len(raster.PNGSignature):]; ; {
		kind, body, after, err := raster.NextChunk(rest)
		// A cut-off chunk of pixels is found when it is read.
		if err != nil && !(len(rest) >= 8 && string(rest[4:8]) == "IDAT" && s.w > 0) {
			return damaged(err)
		}
		if err != nil || kind == "IDAT" {
			s.data = rest
			break
		}
		rest = after
		switch {
		case (kind == "IHDR") != (s.w == 0):
			return damaged(raster.ErrPNG) // the first one, and only once
		case kind == "IHDR":
			if len(body) != 13 || !s.header(body) {
				return damaged(raster.ErrPNG)
			}
		case kind == "acTL":
			return nil, 0, &Error{Fault: FaultAnimated, Width: s.w, Height: s.h}
		case kind == "eXIf":
			orientation = raster.ReadEXIF(body).Orientation
		case kind == "PLTE" && s.kind == pngPalette:
			if len(body)%3 != 0 || len(body) > 3*256 || len(body) > 3<<s.depth {
				return damaged(raster.ErrPNG)
			}
			s.palette = make([]byte, 4*256) // missing colours are black
			for i := range 256 {
				copy(s.palette[4*i:], body[min(3*i, len(body)):min(3*i+3, len(body))])
				s.palette[4*i+3] = 255
			}
		case kind == "tRNS":
			switch s.kind {
			case pngPalette:
				for i, a := range body[:min(len(body), len(s.palette)/4)] {
					s.palette[4*i+3] = a
				}
			case pngGray, pngRGB:
				if len(body) != 2*s.samples() {
					return damaged(raster.ErrPNG)
				}
				s.key = body
			default:
				return damaged(raster.ErrPNG)
			}
		case kind == "IEND":
			return damaged(io.ErrUnexpectedEOF)
		}
	}
	if s.kind == pngPalette && s.palette == nil {
		return damaged(raster.ErrPNG)
	}
	return s, orientation, nil
}

// header reads IHDR and reports whether b is one.
func (s *pngSource) header(b []byte) bool {
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w > 1<<30 || h > 1<<30 || b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return false
	}
	s.w, s.h, s.depth, s.kind, s.interlaced = int(w), int(h), int(b[8]), int(b[9]), b[12] == 1
	switch s.kind {
	case pngGray:
		return s.depth == 1 || s.depth == 2 || s.depth == 4 || s.depth == 8 || s.depth == 16
	case pngPalette:
		return s.depth == 1 || s.depth == 2 || s.depth == 4 || s.depth == 8
	case pngRGB, pngGrayAlpha, pngRGBA:
		return s.depth == 8 || s.depth == 16
	}
	return false
}

func (s *pngSource) samples() int { return [7]int{1, 0, 3, 1, 2, 0, 4}[s.kind] }

func (s *pngSource) hasAlpha() bool {
	if s.kind == pngPalette {
		for i := 3; i < len(s.palette); i += 4 {
			if s.palette[i] != 255 {
				return true
			}
		}
	}
	return s.kind == pngGrayAlpha || s.kind == pngRGBA || s.key != nil
}

// idat reads the bodies of consecutive IDAT chunks.
type idat struct{ rest, body []byte }

func (r *idat) Read(p []byte) (int, error) {
	for len(r.body) == 0 {
		kind, body, after, err := raster.NextChunk(r.rest)
		if err != nil {
			return 0, err
		}
		if kind != "IDAT" {
			return 0, io.EOF
		}
		r.body, r.rest = body, after
	}
	n := copy(p, r.body)
	r.body = r.body[n:]
	return n, nil
}

// A pngPass is the part of the picture that one pass of an interlaced PNG brings.
type pngPass struct{ x0, y0, dx, dy int }

// The passes of Adam7 (PNG 3rd edition, 8.1).
var adam7 = [7]pngPass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}

// rows calls visit with runs of pixels (R, G, B, A) that begin at (x, y) and are
// dx apart, up to row end where the rows come in order.
func (s *pngSource) rows(end int, visit func(x, dx, y int, row []byte)) error {
	z, err := zlib.NewReader(&idat{rest: s.data})
	if err != nil {
		return err
	}
	passes := []pngPass{{0, 0, 1, 1}}
	if s.interlaced {
		passes = adam7[:]
	}
	bits := s.depth * s.samples()
	step := (bits + 7) / 8 // bytes to the pixel on the left
	lines := [2][]byte{make([]byte, (s.w*bits+7)/8+1), make([]byte, (s.w*bits+7)/8+1)}
	out := make([]byte, 4*s.w)
	for _, p := range passes {
		w, h := (s.w-p.x0+p.dx-1)/p.dx, (s.h-p.y0+p.dy-1)/p.dy
		if w <= 0 || h <= 0 {
			continue
		}
		n := (w*bits+7)/8 + 1
		now, above := lines[0][:n], lines[1][:n]
		clear(above)
		for y := range h {
			if !s.interlaced && y >= end {
				return nil
			}
			if _, err := io.ReadFull(z, now); err != nil {
				if err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
			if !unfilter(now[0], now[1:], above[1:], step) {
				return raster.ErrPNG
			}
			visit(p.x0, p.dx, p.y0+y*p.dy, s.expand(out[:4*w], now[1:]))
			now, above = above, now
		}
	}
	if n, err := z.Read(lines[0][:1]); n > 0 || err != io.EOF { // checks the sum, too
		return errors.Join(raster.ErrPNG, err)
	}
	return nil
}

// unfilter undoes a filter (PNG 3rd edition, 9.2) and reports whether the filter
// exists.
func unfilter(kind byte, row, above []byte, step int) bool {
	switch kind {
	case 0:
	case 1:
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
	case 2:
		for i, b := range above {
			row[i] += b
		}
	case 3:
		for i := range min(step, len(row)) {
			row[i] += above[i] / 2
		}
		for i := step; i < len(row); i++ {
			row[i] += uint8((int(row[i-step]) + int(above[i])) / 2)
		}
	case 4:
		for i := range min(step, len(row)) {
			row[i] += above[i]
		}
		for i := step; i < len(row); i++ {
			a, b, c := int(row[i-step]), int(above[i]), int(above[i-step])
			pa, pb := b-c, a-c
			pc := max(pa+pb, -pa-pb)
			pa, pb = max(pa, -pa), max(pb, -pb)
			switch {
			case pa <= pb && pa <= pc:
				row[i] += uint8(a)
			case pb <= pc:
				row[i] += uint8(b)
			default:
				row[i] += uint8(c)
			}
		}
	default:
		return false
	}
	return true
}

// expand turns the samples of a row into R, G, B, A of 8 bits.
func (s *pngSource) expand(out, row []byte) []byte {
	wide := s.depth / 8 // bytes per sample, 0 below 8 bits
	opaque := func(raw []byte) byte {
		if s.key == nil {
			return 255
		}
		for i := 0; i < len(s.key)/2; i++ {
			if wide == 2 && !bytes.Equal(raw[2*i:2*i+2], s.key[2*i:2*i+2]) || wide == 1 && raw[i] != s.key[2*i+1] {
				return 255
			}
		}
		return 0
	}
	switch s.kind {
	case pngRGB:
		for i := 0; i < len(out); i += 4 {
			out[i], out[i+1], out[i+2], out[i+3] = row[0], row[wide], row[2*wide], opaque(row)
			row = row[3*wide:]
		}
	case pngRGBA:
		for i := 0; i < len(out); i += 4 {
			out[i], out[i+1], out[i+2], out[i+3] = row[0], row[wide], row[2*wide], row[3*wide]
			row = row[4*wide:]
		}
	case pngGrayAlpha:
		for i := 0; i < len(out); i += 4 {
			out[i], out[i+1], out[i+2], out[i+3] = row[0], row[0], row[0], row[wide]
			row = row[2*wide:]
		}
	case pngGray:
		for i := range len(out) / 4 {
			var v, a byte
			if wide > 0 {
				v, a = row[i*wide], opaque(row[i*wide:])
			} else {
				raw := s.small(row, i)
				v, a = raw*(255/(1<<s.depth-1)), 255
				if s.key != nil && raw == s.key[1] {
					a = 0
				}
			}
			out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = v, v, v, a
		}
	case pngPalette:
		for i := range len(out) / 4 {
			index := int(s.small(row, i))
			copy(out[4*i:4*i+4], s.palette[4*index:])
		}
	}
	return out
}

// small returns a sample of at most 8 bits.
func (s *pngSource) small(row []byte, i int) byte {
	if s.depth == 8 {
		return row[i]
	}
	at := i * s.depth
	return row[at/8] >> (8 - s.depth - at%8) & (1<<s.depth - 1)
}
