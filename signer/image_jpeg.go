package signer

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Markers of a JPEG file (ITU-T T.81, table B.1).
const (
	jpegTEM  = 0x01
	jpegSOF0 = 0xc0 // baseline; SOF1 extended, SOF2 progressive
	jpegSOF2 = 0xc2
	jpegDHT  = 0xc4
	jpegRST0 = 0xd0
	jpegRST7 = 0xd7
	jpegSOI  = 0xd8
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegDQT  = 0xdb
	jpegDRI  = 0xdd
	jpegAPP0 = 0xe0
	jpegCOM  = 0xfe
)

// readJPEG reads the segments of a JPEG and keeps those that its pixels need, so
// that no metadata survives: places, thumbnails, comments, and whatever follows
// the picture are gone. The pixels are not touched.
func readJPEG(data []byte, maxPixels int64) (*rasterImage, error) {
	j := jpegReader{im: rasterImage{orientation: 1}, rest: data[2:], max: maxPixels}
	j.out = append(make([]byte, 0, len(data)), 0xff, jpegSOI)
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
	im.densityX, im.densityY = density(j.density[0], j.density[1])
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

// segment reads one; false at the end of the picture.
func (j *jpegReader) segment() (bool, error) {
	for len(j.rest) >= 2 && j.rest[0] == 0xff && j.rest[1] == 0xff {
		j.rest = j.rest[1:] // fill bytes
	}
	if len(j.rest) < 2 || j.rest[0] != 0xff {
		return false, damaged("no marker where one belongs")
	}
	m := j.rest[1]
	if m == jpegEOI {
		j.out = append(j.out, 0xff, jpegEOI)
		return false, nil
	}
	if m == jpegTEM || m >= jpegRST0 && m <= jpegSOI {
		return false, damaged("a marker out of place")
	}
	if len(j.rest) < 4 {
		return false, damaged("a segment cut off")
	}
	n := int(binary.BigEndian.Uint16(j.rest[2:])) + 2
	if n < 4 || n > len(j.rest) {
		return false, damaged("a segment cut off")
	}
	seg, body := j.rest[:n], j.rest[4:n]
	j.rest = j.rest[n:]
	switch {
	case m == jpegDHT, m == jpegDQT, m == jpegDRI:
		j.out = append(j.out, seg...)
	case m >= jpegSOF0 && m <= jpegSOF2:
		j.out = append(j.out, seg...)
		return true, j.frame(body)
	case m == jpegSOS:
		j.out = append(j.out, seg...)
		return true, j.scan()
	case m >= jpegAPP0 && m < jpegAPP0+16:
		j.application(m-jpegAPP0, body)
	case m == jpegCOM:
	case m > jpegSOF2 && m < jpegRST0: // lossless, hierarchical, arithmetic
		return false, fmt.Errorf("%w: JPEG process %d", ErrImageFormat, m-jpegSOF0)
	default:
		return false, fmt.Errorf("%w: JPEG marker %#x", ErrImageFormat, m)
	}
	return true, nil
}

// frame reads a frame header (T.81, B.2.2).
func (j *jpegReader) frame(b []byte) error {
	if j.im.components != 0 {
		return damaged("two frames")
	}
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return damaged("a broken frame header")
	}
	if b[0] != 8 {
		return fmt.Errorf("%w: JPEG with %d bits", ErrImageFormat, b[0])
	}
	j.im.height, j.im.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if j.im.height == 0 || j.im.width == 0 {
		return damaged("no size")
	}
	switch j.im.components = int(b[5]); j.im.components {
	case 1, 3, 4:
	default:
		return fmt.Errorf("%w: JPEG with %d components", ErrImageFormat, j.im.components)
	}
	for c := b[6:]; len(c) >= 3; c = c[3:] {
		j.ids += string(rune(c[0]))
	}
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
		if m := j.rest[i+1]; m == 0 || m >= jpegRST0 && m <= jpegRST7 {
			from = i + 2
			continue
		}
		j.scanned = j.scanned || i > 0
		j.out = append(j.out, j.rest[:i]...)
		j.rest = j.rest[i:]
		return nil
	}
}

// application keeps what says how colours are meant, and reads density and
// orientation from what is dropped.
func (j *jpegReader) application(n byte, b []byte) {
	keep := func(b []byte) {
		j.out = append(j.out, 0xff, jpegAPP0+n)
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
	case n == 1 && bytes.HasPrefix(b, []byte("Exif\x00\x00")) && !j.exif:
		j.exif = true
		j.tiff(b[6:])
	case n == 2 && bytes.HasPrefix(b, []byte("ICC_PROFILE\x00")):
		keep(b)
	case n == 14 && bytes.HasPrefix(b, []byte("Adobe")) && len(b) >= 12:
		j.adobe = true
		keep(b[:12])
	}
}

// tiff reads orientation and resolution from the first directory of EXIF data
// (CIPA DC-008, 4.6.4). What is broken is passed over.
func (j *jpegReader) tiff(b []byte) {
	if len(b) < 8 {
		return
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return
	}
	const short, rational = 3, 5
	unit := 1.0
	var x, y float64
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			break
		}
		e := entries[:12]
		entries = entries[12:]
		tag, kind := order.Uint16(e), order.Uint16(e[2:])
		if order.Uint32(e[4:]) != 1 {
			continue
		}
		switch {
		case tag == 0x112 && kind == short:
			if v := order.Uint16(e[8:]); v >= 1 && v <= 8 {
				j.im.orientation = int(v)
			}
		case tag == 0x128 && kind == short && order.Uint16(e[8:]) == 3:
			unit = 2.54 // per centimetre
		case (tag == 0x11a || tag == 0x11b) && kind == rational:
			off := int64(order.Uint32(e[8:]))
			if off+8 > int64(len(b)) || order.Uint32(b[off+4:]) == 0 {
				continue
			}
			v := float64(order.Uint32(b[off:])) / float64(order.Uint32(b[off+4:]))
			if tag == 0x11a {
				x = v
			} else {
				y = v
			}
		}
	}
	j.exifDensity = [2]float64{x * unit, y * unit}
}
