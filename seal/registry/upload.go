package registry

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// maxPictureStored is the largest PNG that is kept, in bytes: what a signed page
// takes.
const maxPictureStored = 10 << 20

// CreateFromPhoto keeps a seal that photo.Clean cut out of a picture, and that was
// shown (预览处理效果), as a seal of the actor's company (本地上传 and 生成, M43 and M44),
// under a name as in Create. It stamps without the photo's margins, so that a seal of
// 42 mm takes a place of 42 mm. Persons, whose
// pictures are used as they are (M40), get ErrOwnerStyle. It needs Config.Blobs
// (ErrNoBlobs). A seal with colours of its own that takes more than 10 MiB is a
// *photo.Error. A repetition under a key (see Once) is one with the same picture.
func (s *Service) CreateFromPhoto(ctx context.Context, actor org.Actor, name string, p *photo.Photo) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	if p == nil {
		return Info{}, &photo.Error{Fault: photo.FaultNoInk}
	}
	up, err := encoded(p.Tight(), OriginPhoto)
	if err != nil {
		return Info{}, err
	}
	own := func(owner org.Standing) error {
		if owner.Company == nil {
			return ErrOwnerStyle
		}
		return nil
	}
	return s.makeUpload(ctx, actor, "seal.upload", name, up.describe(), own, func() (upload, error) { return up, nil })
}

// CreateFromPicture keeps a picture, as it is, as a signature of the actor's own
// (本地上传, M40), under a name as in Create: what photo.AsIs makes of it. size is the length
// of its longer side in mm.
//
// Only the personal edition has it: a company's is ErrOwnerStyle. It needs
// Config.Blobs (ErrNoBlobs). What is wrong with the file is a *photo.Error, with the
// size a *seal.SizeError. A repetition under a key (see Once) is one with the same file.
func (s *Service) CreateFromPicture(ctx context.Context, actor org.Actor, name string, data []byte, size float64) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	what := binary.BigEndian.AppendUint64(nil, math.Float64bits(size))
	what = append(what, data[:min(len(data), photo.MaxBytes+1)]...)
	return s.makeUpload(ctx, actor, "seal.picture", name, what, ownHand, func() (upload, error) {
		p, err := photo.AsIs(data, size)
		if err != nil {
			return upload{}, err
		}
		up, err := encoded(p, OriginPicture)
		up.style = seal.StyleSignature
		return up, err
	})
}

// upload is a picture to be kept and stamped.
type upload struct {
	source Origin
	style  seal.Style // zero for a company's: the picture does not tell
	png    []byte
	w, h   float64 // mm
}

// encoded returns a photo as it is kept.
func encoded(p *photo.Photo, source Origin) (upload, error) {
	var file bytes.Buffer
	if err := p.PNG(&file); err != nil {
		return upload{}, err
	}
	up := upload{source: source, png: file.Bytes()}
	up.w, up.h = p.Size()
	return up, nil
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
			return &photo.Error{Fault: photo.FaultLarge}
		}
		k.Source, k.Design = up.source, design{Style: up.style, Width: up.w, Height: up.h}
		k.Origin, err = s.put(ctx, up.png)
		k.Picture = k.Origin
		return err
	})
}
