package seal

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math"

	"github.com/dajiaqian/dajiaqian/org"
)

// Limits of a signature that is a picture.
const (
	minPictureSide   = 20        // pixels of the short side
	maxPictureKept   = 2_560_000 // pixels that are kept: above, the picture is averaged down
	maxPictureStored = 10 << 20  // bytes of a PNG that is kept: what a signed page takes
	minPictureMM     = 1.0       // mm of the short side
)

// CreateFromPhoto keeps a seal that CleanPhoto cut out of a picture, and that was
// shown (预览处理效果), as a seal of the actor's company (本地上传 and 生成, M43 and M44),
// under a name as in Create. It stamps without the photo's margins, so that a seal of
// 42 mm takes a place of 42 mm. Persons, whose
// pictures are used as they are (M40), get ErrOwnerStyle. It needs Config.Blobs
// (ErrNoBlobs). A seal with colours of its own that takes more than 10 MiB is a
// *PhotoError. A repetition under a key (see Once) is one with the same picture.
func (s *Service) CreateFromPhoto(ctx context.Context, actor org.Actor, name string, p *Photo) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	if p == nil {
		return Info{}, &PhotoError{Fault: PhotoNoInk}
	}
	var file bytes.Buffer
	tight := p.tight()
	if err := tight.PNG(&file); err != nil {
		return Info{}, err
	}
	up := upload{source: SourcePhoto, png: file.Bytes()}
	up.w, up.h = tight.Size()
	own := func(owner org.Standing) error {
		if owner.Company == nil {
			return ErrOwnerStyle
		}
		return nil
	}
	return s.makeUpload(ctx, actor, "seal.upload", name, up.describe(), own, func() (upload, error) { return up, nil })
}

// CreateFromPicture keeps a picture, as it is, as a signature of the actor's own
// (本地上传, M40), under a name as in Create: a PNG or JPEG, told apart by content, of up
// to MaxPhotoBytes and MaxPhotoPixels, 20 pixels on the short side at least. size is
// the length of its longer side in mm, MinSide to MaxSide; the shorter follows, at
// least 1 mm.
//
// Its pixels alone are kept, upright, of 8 bits a sample: EXIF and all else that the
// file says go. Above 2,560,000 pixels it is averaged down by a whole step. Headers
// are checked before pixels are decoded; the work stays within 256 MiB.
//
// Only the personal edition has it: a company's is ErrOwnerStyle. It needs
// Config.Blobs (ErrNoBlobs). What is wrong with the file is a *PhotoError, with the
// size a *SizeError. A repetition under a key (see Once) is one with the same file.
func (s *Service) CreateFromPicture(ctx context.Context, actor org.Actor, name string, data []byte, size float64) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	what := binary.BigEndian.AppendUint64(nil, math.Float64bits(size))
	what = append(what, data[:min(len(data), MaxPhotoBytes+1)]...)
	return s.makeUpload(ctx, actor, "seal.picture", name, what, ownHand, func() (upload, error) {
		up, err := asIs(data, size)
		up.style = StyleSignature
		return up, err
	})
}

// tight is the photo without its margins: cropped to what is inked by a third.
func (p *Photo) tight() *Photo {
	at := func(x, y int) uint8 {
		if p.own != nil {
			return p.own[4*(y*p.w+x)+3]
		}
		return p.alpha[y*p.w+x]
	}
	var box image.Rectangle
	for y := range p.h {
		for x := range p.w {
			if at(x, y) > 89 { // as place measures the seal
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Empty() {
		return p
	}
	out := &Photo{w: box.Dx(), h: box.Dy(), perMM: p.perMM, ink: p.ink}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		from, to := y*p.w+box.Min.X, y*p.w+box.Max.X
		if p.own != nil {
			out.own = append(out.own, p.own[4*from:4*to]...)
		} else {
			out.alpha = append(out.alpha, p.alpha[from:to]...)
		}
	}
	return out
}

// upload is a picture to be kept and stamped.
type upload struct {
	source Source
	style  Style // zero for a company's: the picture does not tell
	png    []byte
	w, h   float64 // mm
}

// describe is what repeated uploads have in common.
func (u *upload) describe() []byte {
	return append(fmt.Appendf(nil, "%v %v ", u.w, u.h), u.png...)
}

func (s *Service) makeUpload(ctx context.Context, actor org.Actor, command, name string, what []byte, own func(org.Standing) error, read func() (upload, error)) (Info, error) {
	return s.make(ctx, actor, command, name, what, own, func(k *kept) error {
		up, err := read()
		if err != nil {
			return err
		}
		if len(up.png) > maxPictureStored {
			return &PhotoError{Fault: PhotoLarge}
		}
		k.Source, k.Design = up.source, design{Style: up.style, Width: up.w, Height: up.h}
		k.Origin, err = s.put(ctx, up.png)
		k.Picture = k.Origin
		return err
	})
}

// asIs reads a picture and writes its pixels anew.
func asIs(data []byte, size float64) (upload, error) {
	if !(size >= MinSide && size <= MaxSide) { // catches NaN
		return upload{}, &SizeError{Field: "Size", Value: size, Min: MinSide, Max: MaxSide}
	}
	source, err := readPhoto(data, &photoLimits{pixels: MaxPhotoPixels, side: minPictureSide, memory: jpegMemory})
	if err != nil {
		return upload{}, err
	}
	long := float64(max(source.w, source.h))
	up := upload{source: SourcePicture, w: size * float64(source.w) / long, h: size * float64(source.h) / long}
	if short := min(up.w, up.h); short < minPictureMM {
		return upload{}, &SizeError{Field: "Size", Value: short, Min: minPictureMM, Max: MaxSide}
	}
	by := 1
	for (source.w/by)*(source.h/by) > maxPictureKept {
		by++
	}
	sheet, err := source.shrunk(image.Rect(0, 0, source.w, source.h), by)
	if err != nil {
		return upload{}, err
	}
	m := sheet.image()
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	dense := uint32(math.Round(float64(max(m.Rect.Dx(), m.Rect.Dy())) / size * 1000))
	if err := encoder.Encode(&resolution{w: &file, perMetre: dense}, m); err != nil {
		return upload{}, err
	}
	up.png = file.Bytes()
	return up, nil
}

// image returns the sheet's pixels, which are those of the picture where nothing was
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
