package signer

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// readJPEG reads the segments of a JPEG and keeps those that its pixels need, so that
// no metadata survives: places, thumbnails, comments, and everything after the picture
// are gone. The pixels are not changed.
func readJPEG(data []byte, maxPixels int64) (*rasterImage, error) {
	j := jpegReader{im: rasterImage{orientation: 1}, rest: data[2:], max: maxPixels}
	j.out = append(make([]byte, 0, len(data)), 0xff, raster.SOI)
	for {
		more, err := j.segment()
		if err != nil {
			return nil, err
		}
		if more {
			continue
		}
		if !j.scanned {
			return nil, damaged("no picture data")
		}
		break
	}
	im := j.im
	im.jpeg = j.out
	im.inverted = im.components == 4 && j.adobe
	im.plainRGB = im.components == 3 && !j.adobe && !j.jfif && j.ids == "RGB"
	if j.density[0] == 0 {
		j.density = j.exifDensity
	}
	im.densityX, im.densityY = raster.Density(j.density[0], j.density[1])
	return &im, nil
}

type jpegReader struct {
	im          rasterImage
	rest, out   []byte
	max         int64
	scanned     bool
	jfif, adobe bool
	exif        bool
	ids         string // component identifiers
	density     [2]float64
	exifDensity [2]float64
}

func damaged(what string) error { return fmt.Errorf("%w: a JPEG with %s", ErrImageDamaged, what) }

// segment reads one segment; false at the end of the picture.
func (j *jpegReader) segment() (bool, error) {
	seg, rest, err := raster.NextSegment(j.rest)
	if err != nil {
		return false, damaged(err.Error())
	}
	j.rest = rest
	switch m := seg.Marker; {
	case m == raster.EOI:
		j.out = append(j.out, 0xff, raster.EOI)
		return false, nil
	case m == raster.DHT, m == raster.DQT, m == raster.DRI:
		j.out = append(j.out, seg.Whole...)
	case m >= raster.SOF0 && m <= raster.SOF2:
		j.out = append(j.out, seg.Whole...)
		return true, j.frame(seg.Body)
	case m == raster.SOS:
		j.out = append(j.out, seg.Whole...)
		return true, j.scan()
	case m >= raster.APP0 && m < raster.APP0+16:
		j.application(seg)
	case m == raster.COM:
	case m > raster.SOF2 && m < raster.RST0: // lossless, hierarchical, arithmetic
		return false, fmt.Errorf("%w: JPEG process %d", ErrImageFormat, m-raster.SOF0)
	default:
		return false, fmt.Errorf("%w: JPEG marker %#x", ErrImageFormat, m)
	}
	return true, nil
}

// frame reads a frame header.
func (j *jpegReader) frame(body []byte) error {
	if j.im.components != 0 {
		return damaged("two frames")
	}
	f, err := raster.ReadFrame(body)
	if err != nil {
		return damaged(err.Error())
	}
	if f.Bits != 8 {
		return fmt.Errorf("%w: JPEG with %d bits", ErrImageFormat, f.Bits)
	}
	j.im.height, j.im.width = f.Height, f.Width
	if j.im.height == 0 || j.im.width == 0 {
		return damaged("no size")
	}
	switch j.im.components = len(f.Components); j.im.components {
	case 1, 3, 4:
	default:
		return fmt.Errorf("%w: JPEG with %d components", ErrImageFormat, j.im.components)
	}
	j.ids = f.IDs()
	return fits(int64(j.im.width), int64(j.im.height), j.max)
}

// scan copies entropy-coded data up to the next marker (T.81, B.1.1.5).
func (j *jpegReader) scan() error {
	if j.im.components == 0 {
		return damaged("a scan before its frame")
	}
	for from := 0; ; {
		i := bytes.IndexByte(j.rest[from:], 0xff)
		if i < 0 || from+i+1 >= len(j.rest) {
			return damaged("its end cut off")
		}
		i += from
		if m := j.rest[i+1]; m == 0 || m >= raster.RST0 && m <= raster.RST7 {
			from = i + 2
			continue
		}
		j.scanned = j.scanned || i > 0
		j.out = append(j.out, j.rest[:i]...)
		j.rest = j.rest[i:]
		return nil
	}
}

// application keeps what defines the colours, and reads density and orientation from
// what is dropped.
func (j *jpegReader) application(seg raster.Segment) {
	n, b := seg.Marker-raster.APP0, seg.Body
	keep := func(b []byte) {
		j.out = append(j.out, 0xff, seg.Marker)
		j.out = binary.BigEndian.AppendUint16(j.out, uint16(len(b)+2))
		j.out = append(j.out, b...)
	}
	switch {
	case n == 0 && bytes.HasPrefix(b, []byte("JFIF\x00")) && len(b) >= 14 && !j.jfif:
		j.jfif = true
		x, y := float64(binary.BigEndian.Uint16(b[8:])), float64(binary.BigEndian.Uint16(b[10:]))
		switch b[7] {
		case 1:
			j.density = [2]float64{x, y}
		case 2: // per centimetre
			j.density = [2]float64{x * 2.54, y * 2.54}
		}
		keep(append(bytes.Clone(b[:12]), 0, 0)) // without its thumbnail
	case n == 1 && !j.exif:
		if data, ok := seg.EXIF(); ok {
			j.exif = true
			e := raster.ReadEXIF(data)
			j.im.orientation, j.exifDensity = e.Orientation, [2]float64{e.X, e.Y}
		}
	case n == 2 && bytes.HasPrefix(b, []byte("ICC_PROFILE\x00")):
		keep(b)
	case n == 14 && bytes.HasPrefix(b, []byte("Adobe")) && len(b) >= 12:
		j.adobe = true
		keep(b[:12])
	}
}
