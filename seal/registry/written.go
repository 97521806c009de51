package registry

import (
	"context"
	"encoding/json"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
)

// written is a handwriting as it is kept, with the pen that it is drawn with.
type written struct {
	Handwriting seal.Handwriting `json:"handwriting"`
	Width       float64          `json:"width"` // of the pen's box, in mm, as the next
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

// CreateWritten keeps what a person wrote on a pad as a signature of his own
// (扫码生成 and 创建, M41 and M42), under a name as in Create. What he sees before is
// DrawHandwriting's. Only the personal edition has handwriting: a company's is
// ErrOwnerStyle. It needs Config.Blobs (ErrNoBlobs). Errors of DrawHandwriting
// come as they are.
func (s *Service) CreateWritten(ctx context.Context, actor org.Actor, name string, h seal.Handwriting, pen seal.Pen) (Info, error) {
	if s.blobs == nil {
		return Info{}, ErrNoBlobs
	}
	data, err := json.Marshal(written{h, pen.Width, pen.Height, pen.Line, colorText(pen.Color)})
	if err != nil {
		return Info{}, err
	}
	return s.make(ctx, actor, "seal.write", name, data, ownHand, func(k *kept) error {
		art, err := seal.DrawHandwriting(h, pen)
		if err != nil {
			return err
		}
		k.Source, k.Design.Style = OriginWritten, seal.StyleSignature
		if k.Origin, err = s.put(ctx, data); err != nil {
			return err
		}
		k.Picture, err = s.paint(ctx, art)
		return err
	})
}

// ownHand lets persons make signatures that bear no drawn name.
func ownHand(owner org.Standing) error {
	if owner.Company != nil {
		return ErrOwnerStyle
	}
	return nil
}
