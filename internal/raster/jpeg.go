package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Markers of a JPEG file (ITU-T T.81, table B.1).
const (
	TEM  = 0x01
	SOF0 = 0xc0 // baseline; SOF1 extended, SOF2 progressive
	SOF2 = 0xc2
	DHT  = 0xc4
	RST0 = 0xd0
	RST7 = 0xd7
	SOI  = 0xd8
	EOI  = 0xd9
	SOS  = 0xda
	DQT  = 0xdb
	DRI  = 0xdd
	APP0 = 0xe0
	COM  = 0xfe
)

// Faults of a file's structure.
var (
	ErrMarker  = errors.New("no marker where one belongs")
	ErrPlace   = errors.New("a marker out of place")
	ErrSegment = errors.New("a segment cut off")
	ErrFrame   = errors.New("a broken frame header")
)

// IsJPEG reports whether a file begins as a JPEG does.
func IsJPEG(data []byte) bool { return bytes.HasPrefix(data, []byte{0xff, SOI, 0xff}) }

// Segment is a marker with what belongs to it.
type Segment struct {
	Marker byte
	Whole  []byte // with marker and length; nil for EOI
	Body   []byte
}

// NextSegment cuts the first segment off what follows SOI. After SOS the entropy-coded
// data follows, which is not a segment. It returns [ErrMarker], [ErrPlace] or
// [ErrSegment] if the segment is wrong.
func NextSegment(rest []byte) (s Segment, after []byte, err error) {
	for len(rest) >= 2 && rest[0] == 0xff && rest[1] == 0xff {
		rest = rest[1:] // fill bytes
	}
	if len(rest) < 2 || rest[0] != 0xff {
		return s, nil, ErrMarker
	}
	s.Marker = rest[1]
	switch {
	case s.Marker == EOI:
		return s, rest[2:], nil
	case s.Marker == TEM || s.Marker >= RST0 && s.Marker <= SOI:
		return s, nil, ErrPlace
	case len(rest) < 4:
		return s, nil, ErrSegment
	}
	n := int(binary.BigEndian.Uint16(rest[2:])) + 2
	if n < 4 || n > len(rest) {
		return s, nil, ErrSegment
	}
	s.Whole, s.Body = rest[:n], rest[4:n]
	return s, rest[n:], nil
}

// EXIF returns the EXIF data of an APP1 segment.
func (s Segment) EXIF() (data []byte, ok bool) {
	if s.Marker != APP0+1 {
		return nil, false
	}
	return bytes.CutPrefix(s.Body, []byte("Exif\x00\x00"))
}

// Frame is the header of a frame (ITU-T T.81, B.2.2).
type Frame struct {
	Bits          int
	Width, Height int // pixels; 0 if the header leaves them open
	Components    []Component
}

// Component is one colour of a frame with its sampling factors.
type Component struct {
	ID                   byte
	Horizontal, Vertical int
}

// IDs returns the identifiers of the components as a text, such as RGB.
func (f *Frame) IDs() string {
	var b []byte
	for _, c := range f.Components {
		b = append(b, c.ID)
	}
	return string(b)
}

// ReadFrame reads the body of SOF0 to SOF15. It returns [ErrFrame] if the body is
// wrong.
func ReadFrame(body []byte) (Frame, error) {
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return Frame{}, ErrFrame
	}
	f := Frame{
		Bits:   int(body[0]),
		Height: int(binary.BigEndian.Uint16(body[1:])), Width: int(binary.BigEndian.Uint16(body[3:])),
	}
	for c := body[6:]; len(c) >= 3; c = c[3:] {
		f.Components = append(f.Components, Component{c[0], int(c[1] >> 4), int(c[1] & 15)})
	}
	return f, nil
}
