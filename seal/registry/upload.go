package registry

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/dajiaqian/dajiaqian/internal/raster"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// CreateFromPhoto stores a seal that [photo.Clean] cut out of a picture, and that was
// shown to the user (预览处理效果), as a seal of the actor's company (本地上传 and 生成, M43 and
// M44), under a name as in [Service.Create]. It stamps without the photo's margins, so
// that a seal of 42 mm takes a place of 42 mm. It returns [ErrOwnerStyle] in the
// personal edition, because persons' pictures are used as they are (M40). It returns
// [ErrNoBlobs] without Config.Blobs, and a [*photo.Error] if a seal with its own
// colours takes more than 10 MiB. A command counts as repeated under a key (see
// [Service.Once]) if the picture is the same.
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

// CreateFromPicture stores a picture, as it is, as a signature of the actor (本地上传,
// M39 and M40), under a name as in [Service.Create], the way [photo.AsIs] reads it. size is the
// length of its longer side in mm.
//
// It returns [ErrOwnerStyle] if the actor acts for a company, and [ErrNoBlobs] without
// Config.Blobs. It returns a [*photo.Error] if the file is refused, and a
// [*seal.SizeError] if the size is. A command counts as repeated under a key (see
// [Service.Once]) if the file is the same.
func (s *Service) CreateFromPicture(ctx context.Context, actor org.Actor, name string, data []byte, size float64) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	what := binary.BigEndian.AppendUint64(nil, math.Float64bits(size))
	what = append(what, data[:min(len(data), photo.MaxBytes+1)]...)
	return s.makeUpload(ctx, actor, "seal.picture", name, what, checkOwnHand, func() (upload, error) {
		p, err := photo.AsIs(data, size)
		if err != nil {
			return upload{}, err
		}
		up, err := encoded(p, OriginPicture)
		up.style = seal.StyleSignature
		return up, err
	})
}

// upload is a picture to be stored and stamped.
type upload struct {
	source Origin
	style  seal.Style // zero for a company: the picture does not show it
	png    []byte
	w, h   float64 // mm
}

// encoded returns a photo as it is stored.
func encoded(p *photo.Photo, source Origin) (upload, error) {
	var file bytes.Buffer
	if err := p.PNG(&file); err != nil {
		return upload{}, err
	}
	up := upload{source: source, png: file.Bytes()}
	up.w, up.h = p.Size()
	return up, nil
}

// describe returns what repeated uploads have in common.
func (u *upload) describe() []byte {
	return append(fmt.Appendf(nil, "%v %v ", u.w, u.h), u.png...)
}

func (s *Service) makeUpload(ctx context.Context, actor org.Actor, command, name string, what []byte, own func(org.Standing) error, read func() (upload, error)) (Info, error) {
	return s.make(ctx, actor, command, name, what, own, func(k *kept) error {
		up, err := read()
		if err != nil {
			return err
		}
		if len(up.png) > raster.MaxBytes {
			return &photo.Error{Fault: photo.FaultLarge}
		}
		k.Origin, k.Design = up.source, design{Style: up.style, Width: up.w, Height: up.h}
		k.Original, err = s.putBlob(ctx, up.png)
		k.Picture = k.Original
		return err
	})
}
