package registry

import (
	"context"
	"encoding/json"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
)

// written is a handwriting as it is stored, with the pen that draws it.
type written struct {
	Handwriting seal.Handwriting `json:"handwriting"`
	Width       float64          `json:"width"` // of the pen's box, in mm; so is Height
	Height      float64          `json:"height"`
	Line        float64          `json:"line"`
	Color       string           `json:"color"` // #rrggbb or #rrggbbaa, empty for the default
}

func (w *written) draw() (*seal.Artwork, error) {
	pen := seal.Pen{Width: w.Width, Height: w.Height, Line: w.Line}
	if w.Color != "" {
		ink, err := seal.ParseColor(w.Color)
		if err != nil {
			return nil, err
		}
		pen.Color = ink
	}
	return seal.DrawHandwriting(w.Handwriting, pen)
}

// CreateWritten stores what a person wrote on a pad as a signature of the actor (扫码生成
// and 创建, M39 to M42), under a name as in [Service.Create]. Before that, the person
// sees it as [seal.DrawHandwriting] draws it. It returns [ErrOwnerStyle] if the actor
// acts for a company, which has no handwriting, and [ErrNoBlobs] without Config.Blobs.
// It returns the errors of [seal.DrawHandwriting] unchanged.
func (s *Service) CreateWritten(ctx context.Context, actor org.Actor, name string, h seal.Handwriting, pen seal.Pen) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	data, err := json.Marshal(written{h, pen.Width, pen.Height, pen.Line, colorText(pen.Color)})
	if err != nil {
		return Info{}, err
	}
	return s.make(ctx, actor, "seal.write", name, data, checkOwnHand, func(k *kept) error {
		art, err := seal.DrawHandwriting(h, pen)
		if err != nil {
			return err
		}
		k.Origin, k.Design.Style = OriginWritten, seal.StyleSignature
		if k.Original, err = s.putBlob(ctx, data); err != nil {
			return err
		}
		k.Picture, err = s.storePicture(ctx, art)
		return err
	})
}

// checkOwnHand lets persons make signatures without a drawn name.
func checkOwnHand(owner org.Standing) error {
	if owner.Company != nil {
		return ErrOwnerStyle
	}
	return nil
}
