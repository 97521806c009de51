package envelope

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
)

// fitted is what a seal shows in a box. A seal is stamped at its true size; a
// person's signature, whose size nobody rules, is made smaller where its box is.
func fitted(i seal.Impression, b Box) signer.Appearance {
	w, h := i.Artwork.Size()
	scale := min(1, b.Width/w, b.Height/h)
	if b.Kind != SignatureBox || scale == 1 {
		return i.Artwork
	}
	return smaller{i.Artwork, scale}
}

// smaller is an artwork at a part of its size.
type smaller struct {
	*seal.Artwork
	scale float64
}

// Vector implements signer.Appearance.
func (s smaller) Vector() (content []byte, widthMM, heightMM float64) {
	content, w, h := s.Artwork.Vector()
	out := fmt.Appendf(nil, "q %.5f 0 0 %.5f 0 0 cm\n", s.scale, s.scale)
	return append(append(out, content...), "Q\n"...), w * s.scale, h * s.scale
}
