// Package photo makes pictures of seals clean: [Clean] cuts a seal out of a photo, and
// [AsIs] takes a picture as it is. It is pure: no context, no clock, no files. Lengths
// are millimetres unless a comment says otherwise.
package photo

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/raster"
	"github.com/dajiaqian/dajiaqian/seal"
)

// Limits of Clean.
const (
	MaxBytes     = 5_000_000        // of the file
	MaxPixels    = raster.MaxPixels // width times height, 40 million
	MinPixelSide = 200              // pixels of the short side
	MaxSkew      = 10               // degrees that Straighten turns at most
	minCrop      = 32               // pixels of a side of the crop box
)

// Ink is the kind of ink to look for in a photo.
type Ink uint8

// The kinds. The zero value takes the strongest colour except yellow, or black ink if
// there is no colour.
const (
	InkAny   Ink = iota
	InkRed       // red to orange
	InkBlue      // blue to violet
	InkBlack     // everything dark; printed text under the seal stays. Needs a ring or a frame, or Crop
)

var inkNames = [...]string{
	InkAny:   "any",
	InkRed:   "red",
	InkBlue:  "blue",
	InkBlack: "black",
}

// String returns the kind in English.
func (i Ink) String() string { return enum.Name("Ink", inkNames[:], i) }

// Options says how a photo of a seal is cleaned. Size is required.
type Options struct {
	// Size is the length of the longer side of the seal, ink to ink, in mm:
	// [seal.MinSide] to [seal.MaxSide].
	Size float64
	// Crop bounds the seal in pixels of the upright picture, EXIF orientation
	// applied. The zero Rectangle looks in the whole picture for the largest seal.
	Crop image.Rectangle
	Ink  Ink
	// Color gives the seal another colour, of an opacity of [seal.MinOpacity] to 1; nil
	// keeps the ink's own colour.
	Color color.Color
	// Straighten turns square, oblong and oval seals upright by up to [MaxSkew]
	// degrees. It leaves a round seal as it is, because its rim does not show where up
	// is.
	Straighten bool
}

// Photo is a seal cut out of a picture, on a transparent ground, cropped to the ink and
// a margin of one hundredth. It has one ink in 256 degrees of opacity, unless the seal
// had no paper and kept its own colours. It is immutable and safe for concurrent use.
type Photo struct {
	w, h  int     // pixels
	perMM float64 // pixels
	ink   color.NRGBA
	alpha []uint8
	own   []uint8 // R, G, B, A: the seal's own colours; nil if there is one ink
	box   image.Rectangle
	turn  float64
	asIs  bool // a picture that was taken as it is
}

// Working resolutions.
const (
	thumbSide = 640  // pixels in which the seal is looked for
	workSide  = 1200 // pixels of the longer side of the seal at most
	maxWork   = 1200 // dots per inch at most
	darkest   = 0.3  // of the sum of three colours: anything darker is not paper
	drawnSide = 2048 // pixels of the longer side of a seal that came without paper
)

// Clean cuts the seal out of a PNG or JPEG picture, recognised by content, of up to
// [MaxBytes] and [MaxPixels]. A progressive JPEG may have fewer pixels, because its
// decoding must stay within 120 MB; the whole work stays within 256 MiB. Clean removes
// uneven light, paper, the desk around it, and print or pen in another colour than the
// seal's. Where these hide the ink, it closes the gap from the sides. It checks headers
// before it decodes pixels. Above 1,200 pixels, or 1,200 dots per inch, it averages the
// seal down.
//
// A seal that is already on a transparent ground is only cropped, up to 2,048 pixels;
// Color and Straighten still apply.
//
// Clean returns an [*Error], [*seal.SizeError] or [*seal.ColorError]. Equal input gives
// equal bytes on one architecture. It is safe for concurrent use.
func Clean(data []byte, o Options) (*Photo, error) {
	return clean(data, o, limits{MaxPixels, MinPixelSide, minCrop, jpegMemory})
}

// errNoInk says that no seal was found.
var errNoInk = errors.New("photo: no ink")

func clean(data []byte, o Options, limits limits) (*Photo, error) {
	if !(o.Size >= seal.MinSide && o.Size <= seal.MaxSide) { // catches NaN
		return nil, &seal.SizeError{Field: "Size", Value: o.Size, Min: seal.MinSide, Max: seal.MaxSide}
	}
	if o.Ink > InkBlack {
		return nil, &Error{Fault: FaultInk}
	}
	if o.Color != nil {
		ink, err := seal.Ink(o.Color)
		if err != nil {
			return nil, err
		}
		o.Color = ink
	}
	source, err := readPhoto(data, &limits)
	if err != nil {
		return nil, err
	}
	area := image.Rect(0, 0, source.w, source.h)
	if o.Crop != (image.Rectangle{}) {
		if !o.Crop.In(area) || o.Crop.Dx() < limits.crop || o.Crop.Dy() < limits.crop {
			return nil, &Error{Fault: FaultCrop, Width: source.w, Height: source.h}
		}
		area = o.Crop
	}
	by := (max(area.Dx(), area.Dy()) + thumbSide - 1) / thumbSide
	thumb, err := source.shrunk(area, by)
	if err != nil {
		return nil, err
	}
	var p *Photo
	if thumb.drawn() {
		p, err = source.cut(thumb.alpha.box(0), area, by, &o)
	} else {
		p, err = source.clean(thumb, area, by, &o)
	}
	if errors.Is(err, errNoInk) {
		return nil, &Error{Fault: FaultNoInk, Width: source.w, Height: source.h}
	}
	return p, err
}

// clean finds the seal in thumb, the area averaged over squares of by pixels, and cuts
// it out of the large picture. It returns errNoInk if there is none.
func (source *picture) clean(thumb *sheet, area image.Rectangle, by int, o *Options) (*Photo, error) {
	rgb := thumb.onWhite()
	w, h := rgb[0].w, rgb[0].h
	light := lightOf(rgb)
	if light.bright < darkest {
		return nil, errNoInk
	}
	light.loss(rgb)
	found, empty := findSeal(rgb, light, o)
	if found.Empty() {
		return nil, errNoInk
	}
	long := float64(max(found.Dx(), found.Dy()) * by)
	room := int(long*0.06) + 2*by + 2
	at := image.Rect(found.Min.X*by, found.Min.Y*by, found.Max.X*by, found.Max.Y*by).
		Add(area.Min).Inset(-room).Intersect(area)
	most := min(workSide, o.Size/25.4*maxWork)
	step := max(1, int(math.Ceil(long/most)))
	large, err := source.shrunk(at, step)
	if err != nil {
		return nil, err
	}
	source.source = nil // a decoded JPEG takes most of the memory
	rgb = large.onWhite()
	lightOf(rgb).loss(rgb)
	fine, ok := extract(rgb, o.Ink, long/float64(step), func(x, y int) bool {
		x, y = (at.Min.X-area.Min.X+x*step)/by, (at.Min.Y-area.Min.Y+y*step)/by
		return empty(min(x, w-1), min(y, h-1))
	})
	if !ok {
		return nil, errNoInk
	}
	p := &Photo{ink: fine.ink}
	if c, ok := o.Color.(color.NRGBA); ok {
		p.ink = c
	}
	if o.Straighten {
		if p.turn = fine.skew(); p.turn != 0 {
			fine.alpha = fine.alpha.turned(p.turn)
		}
	}
	box := fine.alpha.box(0.35)
	if min(box.Dx(), box.Dy()) < 8 {
		return nil, errNoInk
	}
	body := box
	if coarse := fine.alpha.body(0.35, max(box.Dx(), box.Dy())/50); !fine.black && 5*max(coarse.Dx(), coarse.Dy()) >= 4*max(box.Dx(), box.Dy()) {
		body = coarse // what print has left at the rim must not count
	}
	box = p.place(body, box, o, at.Min, step)
	p.alpha = fine.alpha.bytes(box)
	return p, nil
}

// findSeal returns the box of the seal in what the light has lost, and a function that
// reports where there is none of it.
func findSeal(lost *[3]plane, l *lighting, o *Options) (image.Rectangle, func(x, y int) bool) {
	find := func(rgb *[3]plane, desk plane) (found image.Rectangle, k vec, empty func(x, y int) bool) {
		beside := func(x, y int) bool { return l.covers(desk, x, y) }
		e, ok := extract(rgb, o.Ink, 0, beside)
		if !ok {
			return found, k, nil
		}
		found, reach := e.seal(o.Crop != (image.Rectangle{}))
		return found, e.taken(), func(x, y int) bool {
			return beside(x, y) || reach.v != nil && reach.v[y*reach.w+x] == 0
		}
	}
	// A strip of another colour than the seal's is a desk. One of the same colour may
	// be the frame of a seal that fills the picture.
	if strip, n := l.stripColour(lost); n > 0 {
		rgb := [3]plane{lost[0].copied(), lost[1].copied(), lost[2].copied()}
		if found, k, empty := find(&rgb, l.strip); !found.Empty() && !alike(strip, k) {
			return found, empty
		}
	}
	found, _, empty := find(lost, l.desk)
	return found, empty
}

// place sets the size from the body of the seal and the crop from all of its ink, and
// returns the crop with its margin.
func (p *Photo) place(body, ink image.Rectangle, o *Options, origin image.Point, step int) image.Rectangle {
	p.perMM = float64(max(body.Dx(), body.Dy())) / o.Size
	box := ink.Inset(-max(2, max(ink.Dx(), ink.Dy())/100))
	p.w, p.h = box.Dx(), box.Dy()
	p.box = image.Rect(box.Min.X*step, box.Min.Y*step, box.Max.X*step, box.Max.Y*step).Add(origin)
	return box
}

// Size returns the width and height in mm, margins included.
func (p *Photo) Size() (width, height float64) {
	return float64(p.w) / p.perMM, float64(p.h) / p.perMM
}

// Color returns the ink: that of Options, or the one in the picture. It is the median
// colour if the seal kept its own colours.
func (p *Photo) Color() color.NRGBA { return p.ink }

// Box returns where the seal was found, margins included, in pixels of the upright
// picture; its margins may lie outside. It is exact if Turned is 0.
func (p *Photo) Box() image.Rectangle { return p.box }

// Turned returns by how many degrees the seal was turned clockwise.
func (p *Photo) Turned() float64 { return p.turn }

// Preview returns the seal on a transparent ground. It is a copy.
func (p *Photo) Preview() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	copy(m.Pix, p.own)
	for i, a := range p.alpha {
		if a > 0 {
			copy(m.Pix[4*i:], []uint8{p.ink.R, p.ink.G, p.ink.B, uint8((int(a)*int(p.ink.A) + 127) / 255)})
		}
	}
	return m
}

// PNG writes the seal on a transparent ground, one ink as a palette image. Its pHYs
// chunk gives its size in mm. It returns the errors of w.
func (p *Photo) PNG(w io.Writer) error {
	var m image.Image = &image.Paletted{Pix: p.alpha, Stride: p.w, Rect: image.Rect(0, 0, p.w, p.h), Palette: raster.InkPalette(p.ink)}
	if p.own != nil {
		m = &image.NRGBA{Pix: p.own, Stride: 4 * p.w, Rect: image.Rect(0, 0, p.w, p.h)}
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if p.asIs {
		encoder.CompressionLevel = png.DefaultCompression // photographs become smaller by it, and are viewed at once
	}
	return encoder.Encode(&raster.DensityWriter{W: w, PerMetre: uint32(math.Round(p.perMM * 1000))}, m)
}

// Tight returns the photo without its margins, cropped to what is at least one third
// inked. It shares no pixel with p.
func (p *Photo) Tight() *Photo {
	at := func(x, y int) uint8 {
		if p.own != nil {
			return p.own[4*(y*p.w+x)+3]
		}
		return p.alpha[y*p.w+x]
	}
	var box image.Rectangle
	for y := range p.h {
		for x := range p.w {
			if at(x, y) > 89 { // as place measures the seal
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Empty() {
		return p
	}
	out := &Photo{w: box.Dx(), h: box.Dy(), perMM: p.perMM, ink: p.ink}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		from, to := y*p.w+box.Min.X, y*p.w+box.Max.X
		if p.own != nil {
			out.own = append(out.own, p.own[4*from:4*to]...)
		} else {
			out.alpha = append(out.alpha, p.alpha[from:to]...)
		}
	}
	return out
}
