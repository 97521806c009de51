package seal

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/font"
)

// Limits of a Handwriting.
const (
	MaxHandwritingBytes = 4 << 20 // of JSON
	MaxStrokes          = 1000
	MaxStrokePoints     = 50_000   // of all strokes together
	MaxInkLength        = 10_000.0 // mm of line on the finished signature
)

// Handwriting is what was written on a pad with a pen or a finger (手写签名, M41). The y
// axis points down, as on a screen.
type Handwriting struct {
	Width   float64  `json:"width"` // of the pad, in the unit of the points; so is Height
	Height  float64  `json:"height"`
	Strokes []Stroke `json:"strokes"`
}

// Stroke is one line, from where the pen came down to where it was lifted.
type Stroke []StrokePoint

// StrokePoint is one report of the pad.
type StrokePoint struct {
	X        float64 `json:"x"` // from the left of the pad; a pen may pass the edge by up to the pad's size
	Y        float64 `json:"y"` // from its top
	Time     float64 `json:"t"` // milliseconds since any moment; all zero if the pad has no clock
	Pressure float64 `json:"p"` // 0 to 1; the same everywhere if the pad does not measure it
}

// Pen says how handwriting becomes ink. The zero value is useful.
type Pen struct {
	Width, Height float64     // mm of the box that the signature fills in one direction; 0 is 40 by 20
	Line          float64     // mm of thickness of a line at middling pressure or speed, 0.1 to 5; 0 is 0.7
	Color         color.Color // the ink, its alpha the opacity; nil is black
}

// Default sizes of a Pen in mm, and their limits.
const (
	penWidth, penHeight = 40.0, 20.0
	penLine             = 0.7
	minPenLine          = 0.1
	maxPenLine          = 5.0
)

// DrawHandwriting turns a handwriting into a signature. Its smooth lines become thicker
// with pressure, or with slowness if the pad measures no pressure. It is cut close to
// the ink. The whole is scaled to fill the box of pen, but to no more than four times
// the size that the whole pad would have in it: a small mark stays small. The same
// handwriting gives the same bytes. It returns a [*HandwritingError], [*SizeError] or
// [*ColorError] if something is wrong.
func DrawHandwriting(h Handwriting, pen Pen) (*Artwork, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	width, err := side("Width", pen.Width, penWidth)
	if err != nil {
		return nil, err
	}
	height, err := side("Height", pen.Height, penHeight)
	if err != nil {
		return nil, err
	}
	line, err := measure("Line", pen.Line, penLine, minPenLine, min(maxPenLine, min(width, height)/3), false)
	if err != nil {
		return nil, err
	}
	spec := &Spec{Style: StyleSignature, Color: pen.Color}
	lines, box, err := h.ink(width-2*hair, height-2*hair, line)
	if err != nil {
		return nil, err
	}
	var path []font.Segment
	for _, l := range lines {
		path = appendOutline(path, l)
	}
	scale := min((width-2*hair)/box.Width(), (height-2*hair)/box.Height()) // the last hundredths of a mm
	if scale > 1.01 {
		scale = 1 // a small mark
	}
	box.Min, box.Max = point{X: scale * box.Min.X, Y: scale * box.Min.Y}, point{X: scale * box.Max.X, Y: scale * box.Max.Y}
	return newTightArtwork(spec, []shape{{path, matrix{a: scale, d: scale}}}, box)
}

// ParseHandwriting reads the JSON form that a pad sends:
//
//	{"width":600,"height":300,"strokes":[[{"x":10,"y":20,"t":0,"p":0.5}, …], …]}
//
// t and p may be missing, and other members are ignored. A pressure outside 0 to 1 is
// changed to the nearest limit. It returns a [*HandwritingError] if data is no
// handwriting.
func ParseHandwriting(data []byte) (Handwriting, error) {
	if len(data) > MaxHandwritingBytes {
		return Handwriting{}, &HandwritingError{Fault: HandwritingTooLarge}
	}
	var pad struct {
		Width, Height float64
		Strokes       [][]struct {
			X, Y *float64
			T, P float64
		}
	}
	if err := json.Unmarshal(data, &pad); err != nil {
		return Handwriting{}, &HandwritingError{Fault: HandwritingSyntax, Err: err}
	}
	h := Handwriting{Width: pad.Width, Height: pad.Height}
	for i, points := range pad.Strokes {
		stroke := make(Stroke, len(points))
		for j, p := range points {
			if p.X == nil || p.Y == nil {
				return Handwriting{}, &HandwritingError{Fault: HandwritingPoint, Stroke: i, Point: j}
			}
			stroke[j] = StrokePoint{X: *p.X, Y: *p.Y, Time: p.T, Pressure: min(max(p.P, 0), 1)}
		}
		h.Strokes = append(h.Strokes, stroke)
	}
	return h, h.check()
}

// check refuses what no pad sends.
func (h Handwriting) check() error {
	if !(h.Width > 0 && h.Height > 0 && h.Width <= maxPad && h.Height <= maxPad && h.Width/h.Height < 100 && h.Height/h.Width < 100) {
		return &HandwritingError{Fault: HandwritingPad}
	}
	if len(h.Strokes) > MaxStrokes {
		return &HandwritingError{Fault: HandwritingTooLarge}
	}
	points := 0
	for i, s := range h.Strokes {
		if points += len(s); points > MaxStrokePoints {
			return &HandwritingError{Fault: HandwritingTooLarge}
		}
		for j, p := range s {
			onPad := p.X >= -h.Width && p.X <= 2*h.Width && p.Y >= -h.Height && p.Y <= 2*h.Height
			if !onPad || math.IsNaN(p.Time) || math.IsInf(p.Time, 0) || !(p.Pressure >= 0 && p.Pressure <= 1) {
				return &HandwritingError{Fault: HandwritingPoint, Stroke: i, Point: j}
			}
		}
	}
	if points == 0 {
		return &HandwritingError{Fault: HandwritingEmpty}
	}
	return nil
}

// maxPad is the longest side of a pad in its own unit.
const maxPad = 1e6

// HandwritingFault says what is wrong with a Handwriting.
type HandwritingFault uint8

// The faults. The zero value is none.
const (
	HandwritingEmpty    HandwritingFault = iota + 1 // nothing was written
	HandwritingTooLarge                             // more bytes, strokes or points than the limits
	HandwritingTooLong                              // more line than MaxInkLength
	HandwritingPad                                  // the size of the pad is missing or absurd
	HandwritingPoint                                // a point without a place, far off the pad, or not a number
	HandwritingSyntax                               // not the JSON of a Handwriting
)

var handwritingFaultNames = [...]string{
	HandwritingEmpty:    "nothing was written",
	HandwritingTooLarge: fmt.Sprintf("more than %d bytes, %d strokes or %d points", MaxHandwritingBytes, MaxStrokes, MaxStrokePoints),
	HandwritingTooLong:  fmt.Sprintf("more than %g mm of line", MaxInkLength),
	HandwritingPad:      "the pad has no size, or an absurd one",
	HandwritingPoint:    "a point is missing, far off the pad, or not a number",
	HandwritingSyntax:   "not the JSON of a handwriting",
}

// String returns the fault in English.
func (f HandwritingFault) String() string {
	return enum.Name("HandwritingFault", handwritingFaultNames[:], f)
}

// HandwritingError refuses a Handwriting.
type HandwritingError struct {
	Fault         HandwritingFault
	Stroke, Point int   // where, from 0, for HandwritingPoint
	Err           error // of the JSON, for HandwritingSyntax
}

// Error names the fault.
func (e *HandwritingError) Error() string {
	switch {
	case e.Fault == HandwritingPoint:
		return fmt.Sprintf("seal: handwriting: %v (stroke %d, point %d)", e.Fault, e.Stroke, e.Point)
	case e.Err != nil:
		return fmt.Sprintf("seal: handwriting: %v: %v", e.Fault, e.Err)
	}
	return fmt.Sprintf("seal: handwriting: %v", e.Fault)
}

// Unwrap returns the error of the JSON.
func (e *HandwritingError) Unwrap() error { return e.Err }

// Zh returns the message for a Chinese reader.
func (e *HandwritingError) Zh() string {
	switch e.Fault {
	case HandwritingEmpty:
		return "请先手写签名"
	case HandwritingTooLarge, HandwritingTooLong:
		return "手写签名笔画过多，请清除后重新书写"
	default:
		return "手写签名数据有误，请重新获取二维码书写"
	}
}
