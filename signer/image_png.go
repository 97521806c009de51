package signer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// readPNG reads a PNG (ISO/IEC 15948). Samples of 16 bits keep their upper eight;
// colour profiles and gamma are ignored; text is dropped.
func readPNG(data []byte, maxPixels int64) (*rasterImage, error) {
	const head = len(raster.PNGSignature) + 8 + 13
	if len(data) < head || string(data[len(raster.PNGSignature)+4:len(raster.PNGSignature)+8]) != "IHDR" {
		return nil, fmt.Errorf("%w: a PNG without a header", ErrImageDamaged)
	}
	w, h := binary.BigEndian.Uint32(data[16:]), binary.BigEndian.Uint32(data[20:])
	if w == 0 || h == 0 || w >= 1<<31 || h >= 1<<31 {
		return nil, fmt.Errorf("%w: a PNG of %d × %d pixels", ErrImageDamaged, w, h)
	}
	if err := fits(int64(w), int64(h), maxPixels); err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImageDamaged, err)
	}
	im := &rasterImage{width: int(w), height: int(h), orientation: 1, packing: &packing{}}
	im.densityX, im.densityY = raster.PNGDensity(data)
	im.fill(img)
	return im, nil
}

// fill takes the samples of a decoded picture: gray or RGB, and alpha if a pixel is not
// opaque.
func (im *rasterImage) fill(img image.Image) {
	im.components = 3
	switch img.ColorModel() {
	case color.GrayModel, color.Gray16Model:
		im.components = 1
	}
	n := im.width * im.height
	im.samples = make([]byte, 0, n*im.components)
	alpha, opaque := make([]byte, 0, n), true
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := pixel(img, x, y)
			if im.components == 1 {
				im.samples = append(im.samples, c.R)
			} else {
				im.samples = append(im.samples, c.R, c.G, c.B)
			}
			alpha = append(alpha, c.A)
			opaque = opaque && c.A == 255
		}
	}
	if !opaque {
		im.alpha = alpha
	}
}

// pixel reads a pixel without conversion to premultiplied colours, for the types that
// image/png makes.
func pixel(img image.Image, x, y int) color.NRGBA {
	switch p := img.(type) {
	case *image.Gray:
		v := p.GrayAt(x, y).Y
		return color.NRGBA{v, v, v, 255}
	case *image.Gray16:
		v := byte(p.Gray16At(x, y).Y >> 8)
		return color.NRGBA{v, v, v, 255}
	case *image.RGBA: // opaque in a PNG
		c := p.RGBAAt(x, y)
		return color.NRGBA(c)
	case *image.NRGBA:
		return p.NRGBAAt(x, y)
	case *image.RGBA64: // opaque in a PNG
		c := p.RGBA64At(x, y)
		return color.NRGBA{byte(c.R >> 8), byte(c.G >> 8), byte(c.B >> 8), byte(c.A >> 8)}
	case *image.NRGBA64:
		c := p.NRGBA64At(x, y)
		return color.NRGBA{byte(c.R >> 8), byte(c.G >> 8), byte(c.B >> 8), byte(c.A >> 8)}
	}
	c, _ := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	return c
}
