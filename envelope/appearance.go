package envelope

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"

	"golang.org/x/image/draw"

	"github.com/dajiaqian/dajiaqian/internal/raster"
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
		raw, err := reduce(i.Picture, w*scale)
		if err != nil {
			return nil, err
		}
		return signer.NewPicture(raw, w*scale, h*scale)
	case scale == 1:
		return i.Artwork, nil
	}
	return smaller{i.Artwork, scale}, nil
}

// printed is how fine a picture is kept, in dots per inch: finer than paper shows.
const printed = 400

// reduce returns a picture with no more pixels than its width in mm needs. One that cannot be
// read is returned as it is: it is refused where it is set.
func reduce(raw []byte, width float64) ([]byte, error) {
	if !raster.IsPNG(raw) { // a JPEG may be turned by its EXIF, and is small already
		return raw, nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	need := max(1, int(math.Ceil(width/25.4*printed)))
	if err != nil || c.Width <= need*5/4 || int64(c.Width)*int64(c.Height) > raster.MaxPixels {
		return raw, nil
	}
	from, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return raw, nil
	}
	to := image.NewNRGBA(image.Rect(0, 0, need, max(1, c.Height*need/c.Width)))
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	err = png.Encode(&out, to)
	return out.Bytes(), err
}

// look returns what a stamp shows, which is made once for all boxes of a size.
func (s *Service) look(ctx context.Context, j *job, st Stamp) (signer.Appearance, error) {
	key := fmt.Sprintf("%s %d %g %g", st.Seal, st.Kind, st.Width, st.Height)
	if a, ok := j.looks[key]; ok {
		return a, nil
	}
	made, err := s.seals.ImpressionOf(ctx, j.seals[st.Seal])
	if err != nil {
		return nil, err
	}
	a, err := fitAppearance(made, st.Box)
	if err != nil {
		return nil, err
	}
	if j.looks == nil {
		j.looks = map[string]signer.Appearance{}
	}
	j.looks[key] = a
	return a, nil
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
