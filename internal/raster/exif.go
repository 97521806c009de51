package raster

import "encoding/binary"

// EXIF is what the first directory of EXIF data says about a picture.
type EXIF struct {
	Orientation int     // 1 to 8; 1 if it is not stated
	X, Y        float64 // pixels per inch; 0 if they are not stated
}

// The tags and types that are read (CIPA DC-008, 4.6).
const (
	tagOrientation = 0x112
	tagX           = 0x11a
	tagY           = 0x11b
	tagUnit        = 0x128

	typeShort    = 3
	typeRational = 5
)

// ReadEXIF reads the first directory of EXIF data (CIPA DC-008, 4.6.4). It skips what
// is broken.
func ReadEXIF(b []byte) EXIF {
	out := EXIF{Orientation: 1}
	order, ok := byteOrder(b)
	if !ok {
		return out
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return out
	}
	unit := 1.0
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
		case tag == tagOrientation && kind == typeShort:
			if v := order.Uint16(e[8:]); v >= 1 && v <= 8 {
				out.Orientation = int(v)
			}
		case tag == tagUnit && kind == typeShort && order.Uint16(e[8:]) == 3:
			unit = 2.54 // per centimetre
		case tag == tagX && kind == typeRational:
			out.X = rational(b, order, e)
		case tag == tagY && kind == typeRational:
			out.Y = rational(b, order, e)
		}
	}
	out.X, out.Y = out.X*unit, out.Y*unit
	return out
}

func byteOrder(b []byte) (binary.ByteOrder, bool) {
	if len(b) < 8 {
		return nil, false
	}
	switch string(b[:4]) {
	case "II*\x00":
		return binary.LittleEndian, true
	case "MM\x00*":
		return binary.BigEndian, true
	}
	return nil, false
}

// rational reads the value that an entry points to; 0 if there is none.
func rational(b []byte, order binary.ByteOrder, entry []byte) float64 {
	at := int64(order.Uint32(entry[8:]))
	if at+8 > int64(len(b)) || order.Uint32(b[at+4:]) == 0 {
		return 0
	}
	return float64(order.Uint32(b[at:])) / float64(order.Uint32(b[at+4:]))
}
