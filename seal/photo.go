package seal

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
)

// Limits of CleanPhoto.
const (
	MaxPhotoBytes  = 5_000_000  // of the file
	MaxPhotoPixels = 40_000_000 // width times height
	MinPhotoSide   = 200        // pixels of the short side
	MaxPhotoSkew   = 10         // degrees that Straighten turns at most
	minCrop        = 32         // pixels of a side of the crop box
)

// A PhotoInk is the kind of ink to look for in a photo.
type PhotoInk uint8

// The kinds. The zero value takes the strongest colour, and black ink where there
// is no colour.
const (
	InkAny   PhotoInk = iota
	InkRed            // red to orange
	InkBlue           // blue to violet
	InkBlack          // whatever is dark; printed text under the seal stays
)

// PhotoOptions says how a photo of a seal is cleaned. Size is required.
type PhotoOptions struct {
	// Size is the length of the longer side of the seal, ink to ink, in mm:
	// MinSide to MaxSide.
	Size float64
	// Crop bounds the seal in pixels of the upright picture, EXIF orientation
	// applied. The zero Rectangle looks in the whole picture for the largest seal.
	Crop image.Rectangle
	Ink  PhotoInk
	// Color paints the seal anew, opaque; nil keeps the ink's own colour.
	Color color.Color
	// Straighten turns square, oblong and oval seals upright by up to MaxPhotoSkew
	// degrees. The rim of a round seal does not say where up is: it is left as it is.
	Straighten bool
}

// A Photo is a seal cut out of a picture: one ink in 256 degrees of opacity on
// nothing, cropped to the ink and a margin of a hundredth. It is immutable and
// safe for concurrent use.
type Photo struct {
	w, h  int     // pixels
	perMM float64 // pixels
	ink   color.NRGBA
	alpha []uint8
	box   image.Rectangle
	turn  float64
}

// Working resolutions.
const (
	thumbSide = 640  // pixels in which the seal is looked for
	workSide  = 1600 // pixels of the longer side of the seal at most
	maxWork   = 1200 // dots per inch at most
)

// CleanPhoto cuts the seal out of a PNG or JPEG picture, told apart by content,
// of up to MaxPhotoBytes and MaxPhotoPixels (fewer for 16-bit, interlaced and
// progressive pictures, whose decoding must stay within 176 MiB; all of the work
// stays within 256 MiB). Uneven light,
// paper, and printed text in black under coloured ink are removed; where text
// hides the ink, the ink is closed from its sides. All is checked before pixels
// are decoded. Above 1,200 dots per inch of the seal, or 1,600 pixels, the
// picture is averaged down. Equal input gives equal bytes on one architecture.
//
// Errors are *PhotoError, *SizeError and *ColorError.
func CleanPhoto(data []byte, o PhotoOptions) (*Photo, error) {
	if !(o.Size >= MinSide && o.Size <= MaxSide) { // catches NaN
		return nil, &SizeError{Field: "Size", Value: o.Size, Min: MinSide, Max: MaxSide}
	}
	if o.Ink > InkBlack {
		return nil, &PhotoError{Fault: PhotoInkUnknown}
	}
	var ink color.NRGBA
	if o.Color != nil {
		var err error
		if ink, err = (&Spec{Color: o.Color}).ink(); err != nil {
			return nil, err
		}
	}
	source, err := readPhoto(data)
	if err != nil {
		return nil, err
	}
	whole := image.Rect(0, 0, source.w, source.h)
	area := whole
	if o.Crop != (image.Rectangle{}) {
		area = o.Crop
		if !area.In(whole) || area.Dx() < minCrop || area.Dy() < minCrop {
			return nil, &PhotoError{Fault: PhotoCrop, Width: source.w, Height: source.h}
		}
	}
	none := &PhotoError{Fault: PhotoNoInk, Width: source.w, Height: source.h}

	// Find the seal in a small picture, then cut it out of the large one.
	by := (max(area.Dx(), area.Dy()) + thumbSide - 1) / thumbSide
	rough, ok := extract(source.shrunk(area, by), o.Ink, 0)
	if !ok {
		return nil, none
	}
	found := rough.seal(o.Crop != (image.Rectangle{}))
	if found.Empty() {
		return nil, none
	}
	long := float64(max(found.Dx(), found.Dy()) * by)
	room := int(long*0.06) + 2*by + 2
	at := image.Rect(found.Min.X*by, found.Min.Y*by, found.Max.X*by, found.Max.Y*by).
		Add(area.Min).Inset(-room).Intersect(area)
	most := min(workSide, o.Size/mmPerInch*maxWork)
	by = max(1, int(math.Ceil(long/most)))
	planes := source.shrunk(at, by)
	source = nil // the decoded picture is the larger part of the memory
	fine, ok := extract(planes, o.Ink, long/float64(by))
	if !ok {
		return nil, none
	}
	planes = nil
	p := &Photo{ink: fine.ink}
	if o.Color != nil {
		p.ink = ink
	}
	if o.Straighten {
		if p.turn = fine.skew(); p.turn != 0 {
			fine.alpha = fine.alpha.turned(p.turn)
		}
	}
	box := fine.alpha.box(0.35)
	if min(box.Dx(), box.Dy()) < 8 {
		return nil, none
	}
	body := box
	if coarse := fine.alpha.body(0.35, max(box.Dx(), box.Dy())/50); !fine.black && !coarse.Empty() {
		body = coarse // what print has left at the rim must not count
	}
	p.perMM = float64(max(body.Dx(), body.Dy())) / o.Size
	box = box.Inset(-max(2, max(box.Dx(), box.Dy())/100))
	p.w, p.h = box.Dx(), box.Dy()
	p.alpha = fine.alpha.bytes(box)
	p.box = image.Rect(box.Min.X*by, box.Min.Y*by, box.Max.X*by, box.Max.Y*by).Add(at.Min)
	return p, nil
}

// Size returns the width and height in mm, margins included.
func (p *Photo) Size() (width, height float64) {
	return float64(p.w) / p.perMM, float64(p.h) / p.perMM
}

// Color returns the ink: that of PhotoOptions, or the one in the picture.
func (p *Photo) Color() color.NRGBA { return p.ink }

// Box returns where the seal was found, margins included, in pixels of the
// upright picture; its margins may lie outside. It is exact if Turned is 0.
func (p *Photo) Box() image.Rectangle { return p.box }

// Turned returns by how many degrees the seal was turned clockwise.
func (p *Photo) Turned() float64 { return p.turn }

// Preview returns the seal on a transparent ground. It is a copy.
func (p *Photo) Preview() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	for i, a := range p.alpha {
		if a > 0 {
			copy(m.Pix[4*i:], []uint8{p.ink.R, p.ink.G, p.ink.B, a})
		}
	}
	return m
}

// PNG writes the seal as a palette image on a transparent ground. Its pHYs chunk
// gives it its size in mm.
func (p *Photo) PNG(w io.Writer) error {
	m := &image.Paletted{Pix: p.alpha, Stride: p.w, Rect: image.Rect(0, 0, p.w, p.h), Palette: opacities(p.ink)}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(&resolution{w: w, perMetre: uint32(math.Round(p.perMM * 1000))}, m)
}
