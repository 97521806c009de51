package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
)

// These checks find what does not fit into the documents, before a Will is asked for
// and a key is used.

// checkFits checks that everything a signer would agree to can be made: seals are no
// larger than their boxes, typed texts can be set in their boxes, and boxes that they add lie
// on their pages.
func (s *Service) checkFits(ctx context.Context, a *agreed) error {
	if err := s.fitSeals(ctx, a.seals, a.consent.Stamps); err != nil {
		return err
	}
	if err := s.fitInputs(ctx, a); err != nil {
		return err
	}
	if err := s.fitSize(ctx, a); err != nil {
		return err
	}
	return s.fitAdded(ctx, &a.rec.V, a.consent.Stamps)
}

// fitSeals refuses seals that are larger than their boxes, because a seal is stamped at
// its true size.
func (s *Service) fitSeals(ctx context.Context, seals map[registry.SealID]registry.Use, stamps []Stamp) error {
	made := map[string]registry.Impression{}
	for _, st := range stamps {
		if st.Kind != SealBox || st.Seal == "" {
			continue
		}
		i, ok := made[string(st.Seal)]
		if !ok {
			var err error
			if i, err = s.seals.ImpressionOf(ctx, seals[st.Seal]); err != nil {
				return err
			}
			made[string(st.Seal)] = i
		}
		if w, h := sizeOf(i); st.tooSmall(w, h) {
			return &FieldError{"box " + st.Field, "M68", fmt.Sprintf("a seal of %.1f × %.1f mm in %.1f × %.1f mm", w, h, st.Width, st.Height), "签署位置小于印章尺寸"}
		}
	}
	return nil
}

// fitSize checks that documents with all that a consent asks for are not too large (T28).
func (s *Service) fitSize(ctx context.Context, a *agreed) error {
	e, made := &a.rec.V, map[string]bool{}
	sizes, err := s.fitFills(ctx, a)
	if err != nil {
		return err
	}
	for _, st := range a.consent.Stamps {
		sizes[st.File] += stampSize
		if st.Seal == "" {
			continue
		}
		i, err := s.seals.ImpressionOf(ctx, a.seals[st.Seal])
		if err != nil {
			return err
		}
		w, _ := sizeOf(i)
		need := pixels(min(w, st.Width))
		key := fmt.Sprintf("%d %s %d", st.File, st.Seal, need)
		if made[key] { // a picture stands in a document once
			continue
		}
		made[key] = true
		raw, err := reduce(i.Picture, need)
		if err != nil {
			return err
		}
		sizes[st.File] += int64(len(raw))
	}
	all := int64(0)
	for i, f := range e.Files {
		b, err := s.blobs.Open(ctx, f.Head)
		if err != nil {
			return err
		}
		size := b.Size() + sizes[i]
		if err := b.Close(); err != nil {
			return err
		}
		if size > maxSigned {
			return &FieldError{"boxes", "M68", fmt.Sprintf("%q would have more than %d MiB", f.Name, maxSigned>>20), "文件签署后过大，请减少签署位置"}
		}
		if all += size; all > maxAllSigned {
			return &FieldError{"boxes", "M68", fmt.Sprintf("all files would have more than %d MiB", maxAllSigned>>20), "文件签署后过大，请减少签署位置"}
		}
	}
	return nil
}

// fitInputs checks that what a signer fills in can be set as their signatures will set it.
func (s *Service) fitInputs(ctx context.Context, a *agreed) error {
	e, seen := &a.rec.V, map[int]bool{}
	boxes := e.Parties[a.party-1].Boxes
	inputs := inputsOf(boxes)
	for _, st := range a.consent.Stamps { // the first in a file fills in
		if seen[st.File] || !slices.ContainsFunc(inputs, func(in input) bool { return in.File == st.File }) {
			continue
		}
		seen[st.File] = true
		raw, err := s.readBlob(ctx, e.Files[st.File].Head)
		if err != nil {
			return err
		}
		doc, err := signer.Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return err
		}
		values, err := s.values(ctx, boxes, &a.consent, st.File)
		if err != nil {
			return err
		}
		if err := doc.CheckFill(st.Field, values); err != nil {
			var v *signer.ValueError
			if i := slices.IndexFunc(inputs, func(in input) bool { return errors.As(err, &v) && v.Field == in.Field }); i >= 0 {
				return inputFault(&inputs[i], err)
			}
			return layoutFault(err)
		}
	}
	return nil
}

// fitAdded checks that the boxes a signer adds lie on their pages.
func (s *Service) fitAdded(ctx context.Context, e *record, stamps []Stamp) error {
	sizes := map[int][][2]float64{}
	for _, b := range added(stamps) {
		if sizes[b.File] == nil {
			doc, err := s.readBlob(ctx, e.Files[b.File].Head)
			if err != nil {
				return err
			}
			opened, err := signer.Open(bytes.NewReader(doc), int64(len(doc)))
			if err != nil {
				return err
			}
			if sizes[b.File], err = opened.PageSizes(); err != nil {
				return err
			}
		}
		page := sizes[b.File][b.Page-1]
		if err := signer.Around(b.X, b.Y, b.Width, b.Height).CheckOnPage(page[0], page[1]); err != nil {
			return layoutFault(err)
		}
	}
	return nil
}

// checkAdded checks, in the transaction that records the consent, that the boxes a signer
// adds do not lie over those of others, laid out or added (T30).
func (e *life) checkAdded(ctx context.Context, party int, stamps []Stamp) error {
	mine := added(stamps)
	if len(mine) == 0 {
		return nil
	}
	parties := make([]partyRecord, len(e.Parties))
	for i, p := range e.Parties {
		parties[i] = partyRecord{Stage: p.Stage, Group: p.Group, Boxes: p.Boxes}
		if p.Consent != nil {
			parties[i].Boxes = append(p.Boxes[:len(p.Boxes):len(p.Boxes)], added(p.Consent.Stamps)...)
		}
	}
	parties[party-1].Boxes = mine
	return checkOverlaps(ctx, parties)
}

// added returns the visible boxes that a signer placed themselves.
func added(stamps []Stamp) []Box {
	var out []Box
	for _, st := range stamps {
		if st.Added && st.visible() {
			out = append(out, st.Box)
		}
	}
	return out
}
