package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// layOut gives every document the fields of all its signers, before anyone
// signs, and returns the parties with the names of their fields.
//
// A company's party gets one field for its handler's own signature in each
// document besides those for its seals; every party that has boxes at all gets a
// field in every document, invisible where the sender set none, so that each
// document bears the signature of each party.
func (s *Service) layOut(ctx context.Context, e *Envelope) ([]Party, []store.Digest, error) {
	parties := append([]Party(nil), e.Parties...)
	fields := make([][]signer.Element, len(e.Files))
	for i := range parties {
		if len(parties[i].Boxes) == 0 {
			continue // he places his own
		}
		boxes := complete(parties[i].Boxes, len(e.Files))
		for n := range boxes {
			boxes[n].Field = fmt.Sprintf("S%d-%d", i+1, n+1)
			fields[boxes[n].File] = append(fields[boxes[n].File], boxes[n].field())
		}
		parties[i].Boxes = boxes
	}
	heads := make([]store.Digest, len(e.Files))
	for i, f := range e.Files {
		heads[i] = f.Head
		if len(fields[i]) == 0 {
			continue
		}
		in, err := s.read(ctx, f.Head)
		if err != nil {
			return nil, nil, err
		}
		doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			return nil, nil, uploadFault(f.Name, err)
		}
		var out bytes.Buffer
		if err := signer.Layout(ctx, &out, doc, fields[i]...); err != nil {
			return nil, nil, layoutFault(err)
		}
		if heads[i], _, err = s.blobs.Put(ctx, &out); err != nil {
			return nil, nil, err
		}
	}
	return parties, heads, nil
}

// complete adds an invisible signature box for every file in which a party has
// no signature of its own.
func complete(boxes []Box, files int) []Box {
	out := append([]Box(nil), boxes...)
	for i := range files {
		has := false
		for _, b := range boxes {
			has = has || b.File == i && b.Kind == SignatureBox
		}
		if !has {
			out = append(out, Box{Kind: SignatureBox, File: i, Page: 1})
		}
	}
	return out
}

// visible tells whether a box has a place on its page.
func (b Box) visible() bool { return b.Width > 0 }

func (b Box) field() signer.Field {
	f := signer.Field{Name: b.Field, Page: b.Page}
	if b.visible() {
		f.Box = signer.Around(b.X, b.Y, b.Width, b.Height)
	}
	return f
}

// layoutFault names the rule that a box breaks.
func layoutFault(err error) error {
	if errors.Is(err, signer.ErrOffPage) {
		return &FieldError{"box", "M68", err.Error(), "签署位置超出页面范围"}
	}
	return err
}
