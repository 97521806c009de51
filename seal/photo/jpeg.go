package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// A jpegSource holds a decoded JPEG.
type jpegSource struct{ img image.Image }

// openJPEG checks the headers and decodes.
func openJPEG(data []byte, limits *limits) (s *jpegSource, w, h, orientation int, err error) {
	memory, orientation, err := screenJPEG(data)
	if err != nil {
		return nil, 0, 0, 0, err
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, 0, &Error{Fault: FaultDamaged, err: err}
	}
	w, h = config.Width, config.Height
	if err := limits.check(w, h, int64(w)*int64(h)*memory/10); err != nil {
		return nil, 0, 0, 0, err
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, 0, &Error{Fault: FaultDamaged, Width: w, Height: h, err: err}
	}
	return &jpegSource{img}, w, h, orientation, nil
}

func (s *jpegSource) hasAlpha() bool { return false }

func (s *jpegSource) rows(end int, visit func(x, dx, y int, row []byte)) error {
	b := s.img.Bounds()
	row := make([]byte, 4*b.Dx())
	for y := range min(end, b.Dy()) {
		for x := range b.Dx() {
			out := row[4*x : 4*x+4]
			switch m := s.img.(type) {
			case *image.YCbCr:
				i, j := m.YOffset(x, y), m.COffset(x, y)
				out[0], out[1], out[2] = color.YCbCrToRGB(m.Y[i], m.Cb[j], m.Cr[j])
			case *image.Gray:
				v := m.Pix[y*m.Stride+x]
				out[0], out[1], out[2] = v, v, v
			default: // RGB that was stored without a transform
				c, _ := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
				out[0], out[1], out[2] = c.R, c.G, c.B
			}
			out[3] = 255
		}
		visit(0, 1, y, row)
	}
	return nil
}

// screenJPEG reads the segments before the pixels (ITU-T T.81, annex B). It returns the
// memory that a pixel takes, in tenths of bytes, and the EXIF orientation.
func screenJPEG(data []byte) (memory int64, orientation int, err error) {
	orientation = 1
	broken := &Error{Fault: FaultDamaged}
	plain, components := false, 0 // RGB without a transform
	for rest := data[2:]; ; {
		var seg raster.Segment
		if seg, rest, err = raster.NextSegment(rest); err != nil || seg.Marker == raster.EOI {
			return 0, 0, broken
		}
		switch m := seg.Marker; {
		case m == raster.SOS:
			if memory == 0 {
				return 0, 0, broken
			}
			if plain && components == 3 {
				memory += 40 // RGB is copied once more
			}
			return memory, orientation, nil
		case m >= raster.SOF0 && m <= raster.SOF2: // frames that are read
			frame, err := raster.ReadFrame(seg.Body)
			if err != nil {
				return 0, 0, broken
			}
			components = len(frame.Components)
			memory = samples(frame.Components)
			plain = plain || strings.HasPrefix(frame.IDs(), "RG")
			if m == raster.SOF2 {
				memory *= 5 // coefficients of 32 bits are kept
			}
			memory = max(memory, 1)
			if components == 4 {
				return 0, 0, &Error{Fault: FaultCMYK}
			}
		case m > raster.SOF2 && m < raster.RST0 && m != raster.DHT && m != 0xc8:
			return 0, 0, &Error{Fault: FaultFormat} // lossless, hierarchical, arithmetic
		case m == raster.APP0+14 && bytes.HasPrefix(seg.Body, []byte("Adobe")) && len(seg.Body) >= 12:
			plain = plain || seg.Body[11] == 0
		default:
			if exif, ok := seg.EXIF(); ok {
				orientation = raster.ReadEXIF(exif).Orientation
			}
		}
	}
}

// samples returns how many samples there are per ten pixels (ITU-T T.81, B.2.2).
func samples(components []raster.Component) int64 {
	wide, high, all := 1, 1, 0
	for _, c := range components {
		wide, high, all = max(wide, c.Horizontal), max(high, c.Vertical), all+c.Horizontal*c.Vertical
	}
	if len(components) > 1 && (components[0].Horizontal != wide || components[0].Vertical != high) {
		all = 6 * wide * high // brightness is not the finest component: all are converted to one raster
	}
	return int64(all) * 10 / int64(wide*high)
}
