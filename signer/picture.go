package signer

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"sync"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// Errors of pictures.
var (
	ErrImageFormat   = errors.New("signer: not a PNG or JPEG picture of a supported kind")
	ErrImageDamaged  = errors.New("signer: the picture is damaged")
	ErrImageTooLarge = errors.New("signer: the picture is too large")
)

// Limits of a picture unless ImageOptions says otherwise.
const (
	maxImageBytes  = raster.MaxBytes
	maxImagePixels = raster.MaxPixels
)

// rasterImage is a picture in the form that a PDF keeps (ISO 32000-2, 8.9.5). Either
// jpeg holds a whole JPEG file, or samples holds 8-bit samples row by row.
type rasterImage struct {
	width, height int // pixels, as stored
	components    int // 1 gray, 3 RGB, 4 CMYK
	jpeg          []byte
	plainRGB      bool // a JPEG of RGB that does not say so in an Adobe marker
	inverted      bool // a CMYK JPEG in which 255 means no ink
	samples       []byte
	alpha         []byte // 8 bits per pixel; nil if all is opaque

	orientation        int     // 1 to 8, as in EXIF
	densityX, densityY float64 // pixels per inch as stored; 0 if not known

	packing *packing
}

// readImage reads a PNG or JPEG file, recognised by its content, within the default
// limits. It checks the size before it decodes pixels; a JPEG is never decoded.
func readImage(data []byte) (*rasterImage, error) {
	return readImageWithin(data, maxImageBytes, maxImagePixels)
}

func readImageWithin(data []byte, maxBytes, maxPixels int64) (*rasterImage, error) {
	if int64(len(data)) > maxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrImageTooLarge, maxBytes)
	}
	switch {
	case raster.IsPNG(data):
		return readPNG(data, maxPixels)
	case raster.IsJPEG(data):
		return readJPEG(data, maxPixels)
	}
	return nil, ErrImageFormat
}

// fits checks dimensions against the limit.
func fits(width, height, maxPixels int64) error {
	if width*height > maxPixels {
		return fmt.Errorf("%w: %d × %d is more than %d pixels", ErrImageTooLarge, width, height, maxPixels)
	}
	return nil
}

// size returns the width and height in pixels as the picture should be seen.
func (im *rasterImage) size() (w, h int) {
	if im.orientation >= 5 {
		return im.height, im.width
	}
	return im.width, im.height
}

// density returns pixels per inch as the picture should be seen, 96 if the file does
// not state it.
func (im *rasterImage) density() (x, y float64) {
	x, y = im.densityX, im.densityY
	if x == 0 || y == 0 {
		x, y = 96, 96
	}
	if im.orientation >= 5 {
		x, y = y, x
	}
	return x, y
}

// paint returns the operators that paint the image XObject of a name upright
// into a box whose lower left corner is (x, y).
func (im *rasterImage) paint(name pdf.Name, x, y, w, h float64) []byte {
	// From the unit square of the stored picture to that of the seen one.
	m := [6]float64{1, 0, 0, 1, 0, 0}
	switch im.orientation {
	case 2:
		m = [6]float64{-1, 0, 0, 1, 1, 0}
	case 3:
		m = [6]float64{-1, 0, 0, -1, 1, 1}
	case 4:
		m = [6]float64{1, 0, 0, -1, 0, 1}
	case 5:
		m = [6]float64{0, -1, -1, 0, 1, 1}
	case 6:
		m = [6]float64{0, -1, 1, 0, 0, 1}
	case 7:
		m = [6]float64{0, 1, 1, 0, 0, 0}
	case 8:
		m = [6]float64{0, 1, -1, 0, 1, 0}
	}
	return fmt.Appendf(nil, "q %v %v %v %v %v %v cm /%s Do Q\n", pdf.Float(m[0]*w), pdf.Float(m[1]*h),
		pdf.Float(m[2]*w), pdf.Float(m[3]*h), pdf.Float(m[4]*w+x), pdf.Float(m[5]*h+y), name)
}

// space returns the colour space of the picture.
func (im *rasterImage) space() pdf.Name {
	return map[int]pdf.Name{1: "DeviceGray", 3: "DeviceRGB", 4: "DeviceCMYK"}[im.components]
}

// xobject adds the picture in a colour space, and its soft mask if it has one, as stream
// objects.
func (im *rasterImage) xobject(add func(pdf.Object) pdf.Ref, space pdf.Object) pdf.Ref {
	d := im.dict(space)
	if im.jpeg != nil {
		d = d.With("Filter", pdf.Name("DCTDecode"))
		if im.plainRGB {
			d = d.With("DecodeParms", pdf.NewDict(pdf.Name("ColorTransform"), pdf.Integer(0)))
		}
		if im.inverted {
			var a pdf.Array
			for range im.components {
				a = append(a, pdf.Integer(1), pdf.Integer(0))
			}
			d = d.With("Decode", a)
		}
		return add(&pdf.Stream{Dict: d, Data: im.jpeg})
	}
	samples, alpha := im.packed()
	if alpha != nil {
		d = d.With("SMask", add(flate(im.dict(pdf.Name("DeviceGray")), alpha, im.width, 1)))
	}
	return add(flate(d, samples, im.width, im.components))
}

// packing is the picture compressed, which is done once for all its stamps.
type packing struct {
	sync.Once
	samples, alpha []byte
}

func (im *rasterImage) packed() (samples, alpha []byte) {
	p := im.packing
	if p == nil {
		p = &packing{}
	}
	p.Do(func() {
		p.samples = predict(im.samples, im.width, im.components)
		if im.alpha != nil {
			p.alpha = predict(im.alpha, im.width, 1)
		}
	})
	return p.samples, p.alpha
}

func (im *rasterImage) dict(space pdf.Object) *pdf.Dict {
	return pdf.NewDict(pdf.Name("Type"), pdf.Name("XObject"), pdf.Name("Subtype"), pdf.Name("Image"),
		pdf.Name("Width"), pdf.Integer(im.width), pdf.Name("Height"), pdf.Integer(im.height),
		pdf.Name("ColorSpace"), space, pdf.Name("BitsPerComponent"), pdf.Integer(8))
}

// flattened returns the picture on white, without a soft mask, as PDF/A-1b requires
// (ISO 19005-1, 6.4). A picture without alpha is returned as it is.
func (im *rasterImage) flattened() *rasterImage {
	if im.alpha == nil {
		return im
	}
	out := *im
	out.packing = &packing{}
	out.alpha, out.samples = nil, make([]byte, len(im.samples))
	for i, s := range im.samples {
		a := uint32(im.alpha[i/im.components])
		out.samples[i] = byte((uint32(s)*a + 255*(255-a) + 127) / 255)
	}
	return &out
}

// flate makes a stream of what predict made.
func flate(d *pdf.Dict, packed []byte, width, components int) *pdf.Stream {
	return &pdf.Stream{Data: packed, Dict: d.With("Filter", pdf.Name("FlateDecode")).
		With("DecodeParms", pdf.NewDict(pdf.Name("Predictor"), pdf.Integer(15), pdf.Name("Colors"), pdf.Integer(components),
			pdf.Name("Columns"), pdf.Integer(width)))}
}

// predict compresses 8-bit samples. Each row is filtered as in a PNG (ISO 32000-2, 7.4.4.4),
// with the filter whose output is smallest.
func predict(samples []byte, width, components int) []byte {
	var out bytes.Buffer
	zw := zlib.NewWriter(&out)
	row := width * components
	prior := make([]byte, row)
	lines := [3][]byte{make([]byte, row+1), make([]byte, row+1), make([]byte, row+1)}
	lines[1][0], lines[2][0] = 1, 2 // Sub, Up
	for ; len(samples) >= row && row > 0; samples = samples[row:] {
		best, least := 0, -1
		for f, line := range lines {
			sum := 0
			for i, s := range samples[:row] {
				switch {
				case f == 1 && i >= components:
					s -= samples[i-components]
				case f == 2:
					s -= prior[i]
				}
				line[i+1] = s
				sum += int(min(s, -s))
			}
			if least < 0 || sum < least {
				best, least = f, sum
			}
		}
		_, _ = zw.Write(lines[best]) // a bytes.Buffer never fails
		prior = samples[:row]
	}
	_ = zw.Close()
	return out.Bytes()
}
