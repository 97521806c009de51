package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
)

// Origin is how a seal was made.
type Origin uint8

// The origins. The zero value is a seal that was drawn.
const (
	OriginDrawn   Origin = iota // 在线制作 (M45), or a person's name as drawn
	OriginWritten               // 扫码生成 (M41): handwriting
	OriginPhoto                 // 本地上传 of a company (M44): a seal cut out of a picture
	OriginPicture               // 本地上传 of a person (M40): a picture as it is
)

var originNames = [...]string{
	OriginDrawn:   "drawn",
	OriginWritten: "written",
	OriginPhoto:   "photo",
	OriginPicture: "picture",
}

// String returns the origin in English.
func (o Origin) String() string { return enum.Name("Origin", originNames[:], o) }

// Impression is what a seal stamps: exactly one of Artwork and Picture is set.
type Impression struct {
	Artwork *seal.Artwork

	Picture       []byte  // a PNG of at most 10 MiB
	Width, Height float64 // of Picture, in mm
}

// Impression makes what a seal stamps, for a seal of the actor's company or a signature
// of their own, discarded or not. Viewing a seal is not using it: see [Service.Usable].
func (s *Service) Impression(ctx context.Context, actor org.Actor, id SealID) (Impression, error) {
	k, err := s.findVisible(ctx, actor, id)
	if err != nil {
		return Impression{}, err
	}
	return s.impression(ctx, &k)
}

// ImpressionOf makes what a seal stamped when the right to use it was asked for,
// without asking the store again. It returns [ErrNotFound] if the [Use] did not come
// from [Service.Usable] or [Service.Available], or went through JSON.
func (s *Service) ImpressionOf(ctx context.Context, u Use) (Impression, error) {
	if u.kept == nil {
		return Impression{}, ErrNotFound
	}
	return s.impression(ctx, u.kept)
}

func (s *Service) impression(ctx context.Context, k *kept) (Impression, error) {
	switch k.Origin {
	case OriginDrawn:
		art, err := s.drawn.draw(k.Design)
		return Impression{Artwork: art}, err
	case OriginWritten:
		data, err := s.getBlob(ctx, k.Original)
		if err != nil {
			return Impression{}, err
		}
		var w written
		if err := json.Unmarshal(data, &w); err != nil {
			return Impression{}, fmt.Errorf("registry: handwriting of %s: %w", k.ID, err)
		}
		art, err := w.draw()
		return Impression{Artwork: art}, err
	case OriginPhoto, OriginPicture:
		data, err := s.getBlob(ctx, k.Original)
		if err != nil {
			return Impression{}, err
		}
		return Impression{Picture: data, Width: k.Design.Width, Height: k.Design.Height}, nil
	}
	return Impression{}, fmt.Errorf("registry: %s has the origin %d, which this version does not know", k.ID, k.Origin)
}

// Picture writes a seal for viewing: a PNG of 300 dots per inch on a transparent
// ground, or what was uploaded. The rules of [Service.Impression] hold.
func (s *Service) Picture(ctx context.Context, actor org.Actor, id SealID, w io.Writer) error {
	k, err := s.findVisible(ctx, actor, id)
	if err != nil {
		return err
	}
	if k.Picture == "" || s.blobs == nil && k.Origin == OriginDrawn {
		made, err := s.impression(ctx, &k)
		if err != nil {
			return err
		}
		return made.Artwork.PNG(w, pictureDPI)
	}
	data, err := s.getBlob(ctx, k.Picture)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// putBlob stores a blob, before the row that names it.
func (s *Service) putBlob(ctx context.Context, data []byte) (digest string, err error) {
	d, _, err := s.blobs.Put(ctx, bytes.NewReader(data))
	return d.String(), err
}

// getBlob reads a blob that a row names.
func (s *Service) getBlob(ctx context.Context, digest string) ([]byte, error) {
	if s.blobs == nil {
		return nil, ErrNoBlobs
	}
	d, err := store.ParseDigest(digest)
	if err != nil {
		return nil, err
	}
	blob, err := s.blobs.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.NewSectionReader(blob, 0, blob.Size()))
	return data, errors.Join(err, blob.Close())
}
