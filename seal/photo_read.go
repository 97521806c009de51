package seal

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// decodeMemory is the most that decoding may take, in bytes. A picture within
// MaxPhotoPixels passes it, but for 16-bit, interlaced and progressive ones.
const decodeMemory = 176 << 20

const pngSignature = "\x89PNG\r\n\x1a\n"

// A picture is a decoded photo as it is to be seen.
type picture struct {
	img         image.Image
	w, h        int // upright
	orientation int // 1 to 8, as in EXIF
}

// readPhoto screens the headers of a PNG or JPEG, told apart by content, and
// decodes it.
func readPhoto(data []byte) (*picture, error) {
	if len(data) > MaxPhotoBytes {
		return nil, &PhotoError{Fault: PhotoBytes}
	}
	p := &picture{orientation: 1}
	var memory int64 // bytes that decoding one pixel takes, in tenths
	var config image.Config
	var err error
	decode := png.Decode
	switch {
	case bytes.HasPrefix(data, []byte(pngSignature)):
		if memory, err = screenPNG(data); err != nil {
			return nil, err
		}
		config, err = png.DecodeConfig(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}):
		if memory, p.orientation, err = screenJPEG(data); err != nil {
			return nil, err
		}
		decode = jpeg.Decode
		config, err = jpeg.DecodeConfig(bytes.NewReader(data))
	default:
		return nil, &PhotoError{Fault: PhotoFormat}
	}
	if err != nil {
		return nil, &PhotoError{Fault: PhotoDamaged, err: err}
	}
	refuse := func(f PhotoFault, err error) (*picture, error) {
		return nil, &PhotoError{Fault: f, Width: config.Width, Height: config.Height, err: err}
	}
	pixels := int64(config.Width) * int64(config.Height)
	switch {
	case config.ColorModel == color.CMYKModel:
		return refuse(PhotoCMYK, nil)
	case pixels > MaxPhotoPixels || pixels*memory/10 > decodeMemory:
		return refuse(PhotoLarge, nil)
	case min(config.Width, config.Height) < MinPhotoSide:
		return refuse(PhotoSmall, nil)
	}
	if p.img, err = decode(bytes.NewReader(data)); err != nil {
		return refuse(PhotoDamaged, err)
	}
	p.w, p.h = p.img.Bounds().Dx(), p.img.Bounds().Dy()
	if p.orientation >= 5 {
		p.w, p.h = p.h, p.w
	}
	return p, nil
}

// screenPNG reads the chunks before the pixels (PNG 3rd edition, 11.2 and
// 11.3.4) and returns the tenths of bytes that a pixel takes.
func screenPNG(data []byte) (int64, error) {
	const ihdr = len(pngSignature) + 8
	if len(data) < ihdr+13 {
		return 0, &PhotoError{Fault: PhotoDamaged}
	}
	for rest := data[len(pngSignature):]; len(rest) >= 12; {
		n, kind := int64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		if kind == "IDAT" || n+12 > int64(len(rest)) {
			break
		}
		if kind == "acTL" {
			return 0, &PhotoError{Fault: PhotoAnimated}
		}
		rest = rest[n+12:]
	}
	depth, kind, interlace := data[ihdr+8], data[ihdr+9], data[ihdr+12]
	bytes := int64(1)
	if kind&2 != 0 && kind != 3 || kind == 4 {
		bytes = 4
	}
	if depth == 16 {
		bytes *= 2
	}
	if interlace != 0 {
		return bytes * 15, nil // the last pass is half of the picture
	}
	return bytes * 10, nil
}

// screenJPEG reads the segments before the pixels (ITU-T T.81, annex B): what a
// pixel takes in tenths of bytes, and the EXIF orientation.
func screenJPEG(data []byte) (memory int64, orientation int, err error) {
	orientation = 1
	broken := &PhotoError{Fault: PhotoDamaged}
	plain := false // RGB without a transform
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
			if plain {
				memory += 40 // RGB is copied once more
			}
			return memory, orientation, nil
		case marker >= 0xc0 && marker <= 0xc2: // frames that are read
			if len(body) < 6 {
				return 0, 0, broken
			}
			memory = 10
			if body[5] == 3 {
				memory = 30
				if len(body) >= 15 && body[7] != 0x11 && body[10] == 0x11 && body[13] == 0x11 {
					memory = 20 // chroma of half the width at least
				}
			}
			if body[5] == 3 && len(body) >= 15 && body[6] == 'R' && body[9] == 'G' {
				plain = true
			}
			if marker == 0xc2 {
				memory *= 5 // coefficients of 32 bits are kept
			}
			if body[5] == 4 {
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

// exifOrientation reads tag 0x112 of the first directory (CIPA DC-008, 4.6.4);
// broken data is passed over.
func exifOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x112 && order.Uint16(entries[2:]) == 3 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
		}
		entries = entries[12:]
	}
	return 1
}

// at returns the pixel at (x, y) of the upright picture, on white.
func (p *picture) at(x, y int) (r, g, b uint32) {
	switch p.orientation {
	case 2:
		x = p.w - 1 - x
	case 3:
		x, y = p.w-1-x, p.h-1-y
	case 4:
		y = p.h - 1 - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, p.w-1-x
	case 7:
		x, y = p.h-1-y, p.w-1-x
	case 8:
		x, y = p.h-1-y, x
	}
	var c color.NRGBA
	switch m := p.img.(type) {
	case *image.YCbCr:
		v := m.YCbCrAt(x, y)
		c.R, c.G, c.B = color.YCbCrToRGB(v.Y, v.Cb, v.Cr)
		return uint32(c.R), uint32(c.G), uint32(c.B)
	case *image.Gray:
		v := uint32(m.GrayAt(x, y).Y)
		return v, v, v
	case *image.RGBA: // opaque in a PNG
		v := m.RGBAAt(x, y)
		return uint32(v.R), uint32(v.G), uint32(v.B)
	case *image.NRGBA:
		c = m.NRGBAAt(x, y)
	default:
		c, _ = color.NRGBAModel.Convert(p.img.At(x, y)).(color.NRGBA)
	}
	over := func(v uint8) uint32 { return (uint32(v)*uint32(c.A) + 255*(255-uint32(c.A))) / 255 }
	return over(c.R), over(c.G), over(c.B)
}

// shrunk returns the box of the picture as planes of 0 to 1, averaged over
// squares of by pixels.
func (p *picture) shrunk(box image.Rectangle, by int) *[3]plane {
	w, h := max(1, box.Dx()/by), max(1, box.Dy()/by)
	out := &[3]plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}
	scale := 1 / float32(255*by*by)
	for y := range h {
		for x := range w {
			var r, g, b uint32
			for j := range by {
				for i := range by {
					u, v, w := p.at(box.Min.X+x*by+i, box.Min.Y+y*by+j)
					r, g, b = r+u, g+v, b+w
				}
			}
			k := y*w + x
			out[0].v[k], out[1].v[k], out[2].v[k] = float32(r)*scale, float32(g)*scale, float32(b)*scale
		}
	}
	return out
}
