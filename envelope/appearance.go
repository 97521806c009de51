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
func (p pictures) fitAppearance(id registry.SealID, i registry.Impression, b Box) (signer.Appearance, error) {
	w, h := sizeOf(i)
	scale := 1.0
	if b.Kind == SignatureBox {
		scale = min(1, b.Width/w, b.Height/h)
	}
	if i.Artwork == nil {
		made, err := p.of(id, i, w*scale)
		if err != nil || scale == 1 {
			return made, err
		}
		return smallerPicture{made, scale}, nil
	}
	if scale == 1 {
		return i.Artwork, nil
	}
	return smaller{i.Artwork, scale}, nil
}

// pictures are those of the seals of a consent, each in the few sizes that its boxes need, so
// that one is made and kept once for many boxes (T28).
type pictures map[string]*signer.Picture

// of returns the picture of a seal at its true size, with the pixels for a width in mm.
func (p pictures) of(id registry.SealID, i registry.Impression, width float64) (*signer.Picture, error) {
	key := fmt.Sprintf("%s %d", id, pixels(width))
	if made, ok := p[key]; ok {
		return made, nil
	}
	raw, err := reduce(i.Picture, pixels(width))
	if err != nil {
		return nil, err
	}
	made, err := signer.NewPicture(raw, i.Width, i.Height)
	if err == nil {
		p[key] = made
	}
	return made, err
}

// pixels is how many pixels a picture of a width in mm needs, for 400 dots per inch, finer than
// paper shows, in steps of 64.
func pixels(width float64) int {
	const printed, step = 400, 64
	return step * max(1, int(math.Ceil(width/25.4*printed/step)))
}

// reduce returns a picture with no more pixels in a row than are needed. One that cannot be
// read is returned as it is: it is refused where it is set.
func reduce(raw []byte, need int) ([]byte, error) {
	if !raster.IsPNG(raw) { // a JPEG may be turned by its EXIF, and is small already
		return raw, nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(raw))
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
	if j.looks == nil {
		j.looks, j.pictures = map[string]signer.Appearance{}, pictures{}
	}
	a, err := j.pictures.fitAppearance(st.Seal, made, st.Box)
	if err != nil {
		return nil, err
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
	return shrink(content, w, h, s.scale)
}

// smallerPicture is a picture that is scaled down.
type smallerPicture struct {
	*signer.Picture
	scale float64
}

// Vector implements [signer.Appearance].
func (s smallerPicture) Vector() (content []byte, widthMM, heightMM float64) {
	content, w, h := s.Picture.Vector()
	return shrink(content, w, h, s.scale)
}

func shrink(content []byte, w, h, scale float64) ([]byte, float64, float64) {
	out := fmt.Appendf(nil, "q %.5f 0 0 %.5f 0 0 cm\n", scale, scale)
	return append(append(out, content...), "Q\n"...), w * scale, h * scale
}
