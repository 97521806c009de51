package photo

import (
	"image"

	"github.com/dajiaqian/dajiaqian/seal"
)

// Limits of a picture that is taken as it is.
const (
	minAsIsSide = 20        // pixels of the short side
	maxAsIs     = 2_560_000 // pixels that are kept: a larger picture is averaged down
	minAsIsMM   = 1.0       // mm of the short side
)

// AsIs takes a picture as it is, without looking for a seal in it. It is a PNG or JPEG,
// recognised by content, of up to [MaxBytes] and [MaxPixels] and at least 20 pixels on
// the short side. size is the length of its longer side in mm, [seal.MinSide] to
// [seal.MaxSide]; the shorter side follows, and is at least 1 mm.
//
// Only its pixels are kept, upright, with 8 bits per sample; EXIF and all other data in
// the file are dropped. Above 2,560,000 pixels it is averaged down by a whole factor.
// Headers are checked before pixels are decoded; the work stays within 256 MiB.
//
// AsIs returns an [*Error] if the file is refused, and a [*seal.SizeError] if size is
// out of its limits.
func AsIs(data []byte, size float64) (*Photo, error) {
	if !(size >= seal.MinSide && size <= seal.MaxSide) { // catches NaN
		return nil, &seal.SizeError{Field: "Size", Value: size, Min: seal.MinSide, Max: seal.MaxSide}
	}
	source, err := readPhoto(data, &limits{pixels: MaxPixels, side: minAsIsSide, memory: jpegMemory})
	if err != nil {
		return nil, err
	}
	w, h := float64(source.w), float64(source.h)
	if short := size * min(w, h) / max(w, h); short < minAsIsMM {
		return nil, &seal.SizeError{Field: "Size", Value: short, Min: minAsIsMM, Max: seal.MaxSide}
	}
	by := 1
	for (source.w/by)*(source.h/by) > maxAsIs {
		by++
	}
	sheet, err := source.shrunk(image.Rect(0, 0, source.w, source.h), by)
	if err != nil {
		return nil, err
	}
	m := sheet.image()
	if hides(m) {
		return nil, &Error{Fault: FaultDark, Width: source.w, Height: source.h}
	}
	p := &Photo{w: m.Rect.Dx(), h: m.Rect.Dy(), own: m.Pix, asIs: true}
	p.box = image.Rect(0, 0, source.w, source.h)
	p.perMM = float64(max(p.w, p.h)) / size
	return p, nil
}

// hides reports whether black text could not be read under most of a picture that is laid over
// it as ink is (T28): six tenths of its pixels are darker than a quarter of white.
func hides(m *image.NRGBA) bool {
	dark := 0
	for i := 0; i < len(m.Pix); i += 4 {
		a := int(m.Pix[i+3])
		luma := (299*int(m.Pix[i]) + 587*int(m.Pix[i+1]) + 114*int(m.Pix[i+2])) / 1000
		if luma*a+255*(255-a) < 255*255/4 {
			dark++
		}
	}
	return 10*dark > 6*len(m.Pix)/4
}

// image returns the sheet's pixels. They are those of the picture if nothing was
// averaged.
func (s *sheet) image() *image.NRGBA {
	w, h := s.rgb[0].w, s.rgb[0].h
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	byteOf := func(v float32) uint8 { return uint8(min(v, 1)*255 + 0.5) }
	for i := range w * h {
		a := float32(1)
		if s.alpha.v != nil {
			a = s.alpha.v[i]
		}
		if a == 0 {
			continue
		}
		for c := range s.rgb {
			m.Pix[4*i+c] = byteOf(s.rgb[c].v[i] / a)
		}
		m.Pix[4*i+3] = byteOf(a)
	}
	return m
}
