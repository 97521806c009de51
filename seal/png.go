package seal

import (
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/vector"

	"github.com/dajiaqian/dajiaqian/internal/font"
	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// Limits of PNG.
const (
	MinDPI    = 36      // dots per inch
	MaxDPI    = 2400    // dots per inch
	maxPixels = 1 << 25 // of one picture: 34 MB as a palette image
)

const mmPerInch = 25.4

// PNG writes the artwork as a palette image on a transparent ground: one ink in up to
// 256 degrees of opacity. Its pHYs chunk states dpi. It returns a [*DPIError] if dpi is
// not within [MinDPI] and [MaxDPI]; the upper limit of a large seal is lower.
func (a *Artwork) PNG(w io.Writer, dpi int) error {
	return a.encode(w, dpi, func(fresh *image.Paletted) *image.Paletted { return fresh })
}

// encode writes the raster after treat has changed it.
func (a *Artwork) encode(w io.Writer, dpi int, treat func(*image.Paletted) *image.Paletted) error {
	most := min(MaxDPI, int(mmPerInch*math.Sqrt(maxPixels/(a.width*a.height))))
	if dpi < MinDPI || dpi > most {
		return &DPIError{dpi, MinDPI, most}
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(&raster.DensityWriter{W: w, PerMetre: pixelsPerMetre(dpi)}, treat(a.raster(dpi)))
}

// bandHeight is how many rows are filled at a time. The rasterizer sums areas along its
// whole buffer in 32 bits: a band bounds both memory and error.
const bandHeight = 64

// raster fills the shapes into a palette image whose index is the opacity.
func (a *Artwork) raster(dpi int) *image.Paletted {
	scale := float64(dpi) / mmPerInch
	width := max(1, int(math.Round(a.width*scale)))
	height := max(1, int(math.Round(a.height*scale)))
	picture := image.NewPaletted(image.Rect(0, 0, width, height), raster.InkPalette(a.ink))

	// The picture is a whole number of pixels; the seal is centred in it.
	toPixels := matrix{
		a: scale, d: -scale,
		e: (float64(width) - a.width*scale) / 2,
		f: (float64(height) + a.height*scale) / 2,
	}
	paths, boxes := a.pixelPaths(toPixels)
	z := vector.NewRasterizer(width, bandHeight)
	for top := 0; top < height; top += bandHeight {
		rows := min(bandHeight, height-top)
		z.Reset(width, rows)
		z.DrawOp = draw.Src
		for i, path := range paths {
			if boxes[i].Max.Y > float64(top) && boxes[i].Min.Y < float64(top+rows) {
				trace(z, path, float64(top))
			}
		}
		band := image.Alpha{
			Pix:    picture.Pix[top*picture.Stride:],
			Stride: picture.Stride,
			Rect:   image.Rect(0, 0, width, rows),
		}
		z.Draw(&band, band.Rect, image.Opaque, image.Point{})
	}
	return picture
}

// pixelPaths returns the shapes as paths in pixels, y down, and their boxes.
func (a *Artwork) pixelPaths(toPixels matrix) ([][]font.Segment, []font.Box) {
	paths := make([][]font.Segment, len(a.shapes))
	boxes := make([]font.Box, len(a.shapes))
	for i, s := range a.shapes {
		s.to = s.to.then(toPixels)
		paths[i] = s.moved()
		boxes[i] = font.Bounds(paths[i])
	}
	return paths, boxes
}

// trace feeds path, moved up by top, to z.
func trace(z *vector.Rasterizer, path []font.Segment, top float64) {
	for _, s := range path {
		var v [6]float32
		for i, p := range s.P[:s.Op.Points()] {
			v[2*i], v[2*i+1] = float32(p.X), float32(p.Y-top)
		}
		switch s.Op {
		case font.MoveTo:
			z.ClosePath()
			z.MoveTo(v[0], v[1])
		case font.LineTo:
			z.LineTo(v[0], v[1])
		case font.QuadTo:
			z.QuadTo(v[0], v[1], v[2], v[3])
		case font.CubeTo:
			z.CubeTo(v[0], v[1], v[2], v[3], v[4], v[5])
		}
	}
	z.ClosePath()
}

func pixelsPerMetre(dpi int) uint32 { return uint32(math.Round(float64(dpi) / mmPerInch * 1000)) }
