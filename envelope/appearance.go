package envelope

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
)

// fitAppearance returns what a seal shows in a box. A seal is stamped at its true size.
// A person's signature, for which no rule sets a size, is made smaller if its box is.
func fitAppearance(i registry.Impression, b Box) (signer.Appearance, error) {
	w, h := sizeOf(i)
	scale := 1.0
	if b.Kind == SignatureBox {
		scale = min(1, b.Width/w, b.Height/h)
	}
	switch {
	case i.Artwork == nil:
		return signer.NewPicture(i.Picture, w*scale, h*scale)
	case scale == 1:
		return i.Artwork, nil
	}
	return smaller{i.Artwork, scale}, nil
}

// sizeOf returns the true size of an impression in mm.
func sizeOf(i registry.Impression) (width, height float64) {
	if i.Artwork != nil {
		return i.Artwork.Size()
	}
	return i.Width, i.Height
}

// smaller is an artwork that is scaled down.
type smaller struct {
	*seal.Artwork
	scale float64
}

// Vector implements [signer.Appearance].
func (s smaller) Vector() (content []byte, widthMM, heightMM float64) {
	content, w, h := s.Artwork.Vector()
	out := fmt.Appendf(nil, "q %.5f 0 0 %.5f 0 0 cm\n", s.scale, s.scale)
	return append(append(out, content...), "Q\n"...), w * s.scale, h * s.scale
}
