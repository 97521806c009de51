// Package font reads the outlines of TrueType and OpenType faces and contains the two
// faces that this library draws and typesets with: a Song face with every character
// that a Chinese name may have by rule, and a sans face for codes.
//
// Coordinates are in em: 1.0 is the type size, y points up, and the baseline is
// y = 0. Nothing here draws, shapes or breaks lines.
package font

import (
	"errors"
	"fmt"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// MaxSize is the largest font file, in bytes, that Parse accepts: 64 MiB, twice
// the largest collection that Linux distributions ship.
const MaxSize = 64 << 20

// maxSegments limits one outline. The ideograph with the most segments in the embedded
// face has fewer than 400.
const maxSegments = 1 << 14

// ErrMalformed says that a file is not a readable TrueType or OpenType font.
var ErrMalformed = errors.New("font: not a readable TrueType or OpenType font")

// ErrTooLarge says that a font file has more than [MaxSize] bytes.
var ErrTooLarge = errors.New("font: file is larger than 64 MiB")

// ErrNoGlyph says that a face cannot show a character.
var ErrNoGlyph = errors.New("font: no outline for character")

// Point is a place in em, or in the unit of a transformed path.
type Point struct{ X, Y float64 }

// Op says how a [Segment] continues from the end of the one before it.
type Op uint8

// The operations. The number in brackets is how many points each takes.
const (
	MoveTo Op = iota + 1 // starts a contour (1); contours close themselves
	LineTo               // straight line (1)
	QuadTo               // quadratic Bézier: control, end (2)
	CubeTo               // cubic Bézier: control, control, end (3)
)

// Points returns how many points of a Segment op uses.
func (op Op) Points() int {
	switch op {
	case QuadTo:
		return 2
	case CubeTo:
		return 3
	default:
		return 1
	}
}

// Segment is one step of a path. Only the first Op.Points points count.
type Segment struct {
	Op Op
	P  [3]Point
}

// Box is an upright rectangle; the zero Box is empty.
type Box struct{ Min, Max Point }

// Width returns the horizontal extent of b.
func (b Box) Width() float64 { return b.Max.X - b.Min.X }

// Height returns the vertical extent of b.
func (b Box) Height() float64 { return b.Max.Y - b.Min.Y }

// Glyph is the shape of one character, in em.
type Glyph struct {
	Path    []Segment // closed contours, filled by the non-zero rule; nil for a blank
	Advance float64   // distance to the origin of the next character on a line
	Bounds  Box       // of the ink, control points included; zero for a blank
}

// Face is a parsed font. It is safe for use by several goroutines.
type Face struct {
	font *sfnt.Font
	unit float64 // em per 26.6 fixed-point unit at a size of one em
	size fixed.Int26_6

	letters letters
}

// Parse reads a TrueType or OpenType file, or the first face of a collection. It keeps
// data, which must not change afterwards. It returns [ErrTooLarge] or an error that
// wraps [ErrMalformed].
func Parse(data []byte) (*Face, error) { return ParseFace(data, 0) }

// ParseFace is [Parse] for the face of a collection that has the given index, counted
// from zero. A file that is not a collection has only index 0.
func ParseFace(data []byte, index int) (*Face, error) {
	if len(data) > MaxSize {
		return nil, ErrTooLarge
	}
	if len(data) < 12 { // the offset table; sfnt dereferences nil on an empty file
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	faces, err := sfnt.ParseCollection(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if index < 0 || index >= faces.NumFonts() {
		return nil, fmt.Errorf("%w: face %d of %d", ErrMalformed, index, faces.NumFonts())
	}
	f, err := faces.Font(index)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	perEm := int(f.UnitsPerEm())
	if perEm < 16 || perEm > 16384 { // OpenType, head table, unitsPerEm
		return nil, fmt.Errorf("%w: %d units per em", ErrMalformed, perEm)
	}
	// One pixel per font unit: the scaler then returns coordinates as designed.
	return &Face{font: f, unit: 1 / (64 * float64(perEm)), size: fixed.I(perEm)}, nil
}

// Outline returns the shape of r. It returns an error that wraps [ErrNoGlyph] if the
// face has none, or has only a picture of it, and one that wraps [ErrMalformed] if its
// data are broken. The Path is a new slice.
func (f *Face) Outline(r rune) (Glyph, error) {
	var buf sfnt.Buffer
	index, err := f.font.GlyphIndex(&buf, r)
	if err != nil || index == 0 {
		return Glyph{}, fmt.Errorf("%w %U", ErrNoGlyph, r)
	}
	advance, err := f.font.GlyphAdvance(&buf, index, f.size, xfont.HintingNone)
	if err != nil {
		return Glyph{}, fmt.Errorf("%w: width of %U: %v", ErrMalformed, r, err)
	}
	segments, err := f.font.LoadGlyph(&buf, index, f.size, nil)
	if errors.Is(err, sfnt.ErrColoredGlyph) {
		return Glyph{}, fmt.Errorf("%w %U: it is a coloured picture", ErrNoGlyph, r)
	}
	if err != nil {
		return Glyph{}, fmt.Errorf("%w: outline of %U: %v", ErrMalformed, r, err)
	}
	if len(segments) > maxSegments {
		return Glyph{}, fmt.Errorf("%w: outline of %U has %d segments", ErrMalformed, r, len(segments))
	}
	g := Glyph{Advance: float64(advance) * f.unit}
	if len(segments) == 0 {
		return g, nil
	}
	g.Path = make([]Segment, len(segments))
	for i, s := range segments {
		g.Path[i] = f.segment(s)
	}
	g.Bounds = Bounds(g.Path)
	return g, nil
}

// segment converts a segment of the scaler, whose y points down.
func (f *Face) segment(s sfnt.Segment) Segment {
	out := Segment{Op: MoveTo}
	switch s.Op {
	case sfnt.SegmentOpLineTo:
		out.Op = LineTo
	case sfnt.SegmentOpQuadTo:
		out.Op = QuadTo
	case sfnt.SegmentOpCubeTo:
		out.Op = CubeTo
	}
	for i := range out.Op.Points() {
		out.P[i] = Point{float64(s.Args[i].X) * f.unit, -float64(s.Args[i].Y) * f.unit}
	}
	return out
}

// Missing returns the characters of text that the face cannot show, each once and in
// the order they first appear; nil if it has them all.
func (f *Face) Missing(text string) []rune {
	var buf sfnt.Buffer
	var missing []rune
	seen := make(map[rune]bool)
	for _, r := range text {
		if seen[r] {
			continue
		}
		seen[r] = true
		if index, err := f.font.GlyphIndex(&buf, r); err != nil || index == 0 {
			missing = append(missing, r)
		}
	}
	return missing
}

// Bounds returns the smallest [Box] round the points of path, control points included.
func Bounds(path []Segment) Box {
	if len(path) == 0 {
		return Box{}
	}
	b := Box{path[0].P[0], path[0].P[0]}
	for _, s := range path {
		for _, p := range s.P[:s.Op.Points()] {
			b.Min = Point{min(b.Min.X, p.X), min(b.Min.Y, p.Y)}
			b.Max = Point{max(b.Max.X, p.X), max(b.Max.Y, p.Y)}
		}
	}
	return b
}
