package signer

import "github.com/dajiaqian/dajiaqian/internal/pdf"

// Picture is an [Appearance] of a PNG or JPEG picture. Its alpha is kept, and its colours are
// multiplied with those of the page, as ink is: white hides nothing. In a document that conforms
// to PDF/A-1, which has no transparency, it is laid on white.
type Picture struct {
	im   *rasterImage
	w, h float64 // mm
}

// NewPicture reads a PNG or JPEG file of at most 10 MiB and 40 megapixels, recognised
// by its content, to be stamped widthMM wide and heightMM high. If both sizes are zero,
// they follow from the density that the file states, or 96 dots per inch if it states
// none; if one is zero, it follows from the other. EXIF orientation is followed. It
// returns [ErrImageFormat], [ErrImageDamaged] or [ErrImageTooLarge] if the picture is
// refused.
func NewPicture(data []byte, widthMM, heightMM float64) (*Picture, error) {
	im, err := readImage(data)
	if err != nil {
		return nil, err
	}
	px, py := im.size()
	dx, dy := im.density()
	const mm = 25.4
	w, h := float64(px)/dx*mm, float64(py)/dy*mm
	switch {
	case widthMM > 0 && heightMM > 0:
		w, h = widthMM, heightMM
	case widthMM > 0:
		w, h = widthMM, h*widthMM/w
	case heightMM > 0:
		w, h = w*heightMM/h, heightMM
	}
	return &Picture{im, w, h}, nil
}

const pictureName = pdf.Name("Picture")

// Vector implements [Appearance].
func (p *Picture) Vector() ([]byte, float64, float64) {
	return p.im.paint(pictureName, 0, 0, p.w, p.h), p.w, p.h
}

func (p *Picture) xobjects(add func(pdf.Object) pdf.Ref, allowed palette) (*pdf.Dict, error) {
	im := p.im
	if allowed.opaque() {
		im = im.flattened()
	}
	space, err := allowed.space(im.space())
	if err != nil {
		return nil, err
	}
	return pdf.NewDict(pictureName, im.xobject(add, space)), nil
}
