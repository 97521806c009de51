package seal

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
)

// A jpegSource holds a decoded JPEG.
type jpegSource struct{ img image.Image }

// openJPEG screens the headers and decodes.
func openJPEG(data []byte, limits *photoLimits) (s *jpegSource, w, h, orientation int, err error) {
	memory, orientation, err := screenJPEG(data)
	if err != nil {
		return nil, 0, 0, 0, err
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, 0, &PhotoError{Fault: PhotoDamaged, err: err}
	}
	w, h = config.Width, config.Height
	if err := limits.check(w, h, int64(w)*int64(h)*memory/10); err != nil {
		return nil, 0, 0, 0, err
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, 0, &PhotoError{Fault: PhotoDamaged, Width: w, Height: h, err: err}
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

// screenJPEG reads the segments before the pixels (ITU-T T.81, annex B): what a
// pixel takes in tenths of bytes, and the EXIF orientation.
func screenJPEG(data []byte) (memory int64, orientation int, err error) {
	orientation = 1
	broken := &PhotoError{Fault: PhotoDamaged}
	plain, components := false, 0 // RGB without a transform
	for rest := data[2:]; ; {
		for len(rest) >= 2 && rest[0] == 0xff && rest[1] == 0xff {
			rest = rest[1:] // fill bytes
		}
		if len(rest) < 4 || rest[0] != 0xff {
			return 0, 0, broken
		}
		marker, n := rest[1], int(binary.BigEndian.Uint16(rest[2:]))+2
		if n < 4 || n > len(rest) {
			return 0, 0, broken
		}
		body := rest[4:n]
		rest = rest[n:]
		switch {
		case marker == 0xda: // a scan
			if memory == 0 {
				return 0, 0, broken
			}
			if plain && components == 3 {
				memory += 40 // RGB is copied once more
			}
			return memory, orientation, nil
		case marker >= 0xc0 && marker <= 0xc2: // frames that are read
			if len(body) < 6 || len(body) < 6+3*int(body[5]) {
				return 0, 0, broken
			}
			components = int(body[5])
			memory = samples(body[6:], components)
			if len(body) >= 15 && body[6] == 'R' && body[9] == 'G' {
				plain = true
			}
			if marker == 0xc2 {
				memory *= 5 // coefficients of 32 bits are kept
			}
			memory = max(memory, 1)
			if components == 4 {
				return 0, 0, &PhotoError{Fault: PhotoCMYK}
			}
		case marker >= 0xc3 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8:
			return 0, 0, &PhotoError{Fault: PhotoFormat} // lossless, hierarchical, arithmetic
		case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12:
			plain = plain || body[11] == 0
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			orientation = exifOrientation(body[6:])
		}
	}
}

// samples returns how many samples there are to ten pixels (ITU-T T.81, B.2.2).
func samples(b []byte, components int) (sum int64) {
	wide, high, all := int64(1), int64(1), int64(0)
	for i := range components {
		h, v := int64(b[3*i+1]>>4), int64(b[3*i+1]&15)
		wide, high, all = max(wide, h), max(high, v), all+h*v
	}
	if wide*high == 0 {
		return 0
	}
	if components > 1 && int64(b[1]) != wide<<4|high {
		all = 6 * wide * high // light is not the finest: all is brought to one raster
	}
	return all * 10 / (wide * high)
}
