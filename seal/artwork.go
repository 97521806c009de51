package seal

import (
	"image/color"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// A shape is a path with the matrix that places it in the artwork. Shapes do not
// overlap; each is filled by the non-zero rule.
type shape struct {
	path []font.Segment
	to   matrix // from the units of path to mm
}

// moved returns the path of s in mm.
func (s shape) moved() []font.Segment {
	out := make([]font.Segment, len(s.path))
	for i, seg := range s.path {
		for j := range seg.Op.Points() {
			seg.P[j] = s.to.apply(seg.P[j])
		}
		out[i] = seg
	}
	return out
}

// Artwork is a seal as vector paths in one ink without a background. It is immutable
// and safe for concurrent use.
type Artwork struct {
	width, height float64 // mm
	ink           color.NRGBA
	shapes        []shape // origin lower left, y up, mm
}

// Size returns the width and height in mm.
func (a *Artwork) Size() (width, height float64) { return a.width, a.height }

// Color returns the ink.
func (a *Artwork) Color() color.NRGBA { return a.ink }

// Opacity returns how much the ink covers what is under it, above 0 to 1: 1 hides it.
func (a *Artwork) Opacity() float64 { return float64(a.ink.A) / 0xFF }

// Draw lays out the seal that spec describes. The same spec gives an Artwork that
// encodes to the same bytes. It returns a [*StyleError], [*TextError], [*CodeError],
// [*SizeError], [*ColorError], [*GlyphError] or [*FitError] if something is wrong with
// spec, and an error as from [ParseFont] if an outline of spec.Font is broken.
func Draw(spec Spec) (*Artwork, error) {
	if err := spec.checkSerial(); err != nil {
		return nil, err
	}
	if kind, ok := spec.Style.round(); ok {
		return spec.drawRound(kind)
	}
	if kind, ok := spec.Style.oval(); ok {
		return spec.drawOval(kind)
	}
	switch spec.Style {
	case StyleRepresentative:
		return spec.drawSquare()
	case StyleSignature:
		return spec.drawSignature()
	}
	return nil, &StyleError{Name: spec.Style.String()}
}

func (spec *Spec) checkSerial() error {
	most := 0
	if spec.Style == StyleInvoice {
		most = MaxSerial
	}
	if spec.Serial < 0 || spec.Serial > most {
		return &SizeError{"Serial", float64(spec.Serial), 0, float64(most)}
	}
	return nil
}

// newArtwork frames shapes that lie about the origin by w by h mm.
func newArtwork(spec *Spec, w, h float64, shapes []shape) (*Artwork, error) {
	ink, err := spec.ink()
	if err != nil {
		return nil, err
	}
	for i := range shapes {
		shapes[i].to.e += w / 2
		shapes[i].to.f += h / 2
	}
	return &Artwork{w, h, ink, shapes}, nil
}

// hair is the margin in mm of an artwork without a rim: no edge pixel is cut.
const hair = 0.1

// newTightArtwork frames shapes by the box of their ink and a hair round it.
func newTightArtwork(spec *Spec, shapes []shape, box font.Box) (*Artwork, error) {
	for i := range shapes {
		shapes[i].to.e -= (box.Min.X + box.Max.X) / 2
		shapes[i].to.f -= (box.Min.Y + box.Max.Y) / 2
	}
	return newArtwork(spec, box.Width()+2*hair, box.Height()+2*hair, shapes)
}

// boxOf returns the box of shapes, control points included.
func boxOf(shapes []shape) (box font.Box) {
	for i, s := range shapes {
		b := font.Bounds(s.moved())
		if i == 0 {
			box = b
		}
		box.Min = point{X: min(box.Min.X, b.Min.X), Y: min(box.Min.Y, b.Min.Y)}
		box.Max = point{X: max(box.Max.X, b.Max.X), Y: max(box.Max.Y, b.Max.Y)}
	}
	return box
}

// corners returns the box of the path of s, as it lies in the artwork.
func (s shape) corners() [4]point {
	b := font.Bounds(s.path)
	return [4]point{
		s.to.apply(b.Min), s.to.apply(point{X: b.Max.X, Y: b.Min.Y}),
		s.to.apply(b.Max), s.to.apply(point{X: b.Min.X, Y: b.Max.Y}),
	}
}
