package envelope

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
)

// Choice is what a signer puts into the boxes (M74, M75).
type Choice struct {
	Signature string // id of his personal signature
	Seal      string // id of the company's seal, for a company's party
	Extra     []Box  // boxes he adds: all of them where the sender set none (M68), else 追加印章
}

// RequestCode sends the signer a one-time code to his phone, good for this
// choice on these documents alone (M76, T7). Submit then takes the code.
func (s *Service) RequestCode(ctx context.Context, actor org.Actor, id string, c Choice) error {
	var consent Consent
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		_, _, consent, err = s.consent(ctx, tx, actor, id, c)
		return err
	})
	if err != nil {
		return err
	}
	return s.org.SendSignCode(ctx, actor, consent.Binding)
}

// consent works out what a signer agrees to with a choice, and checks that he
// may: it is his turn, the person is the one named, the seals are his to use.
func (s *Service) consent(ctx context.Context, tx *store.Tx, actor org.Actor, id string, c Choice) (store.Rec[Envelope], int, Consent, error) {
	none := Consent{}
	rec, n, err := s.partyOf(ctx, tx, actor, id)
	if err != nil {
		return rec, n, none, err
	}
	e := &rec.V
	p, err := e.turn(n, "sign", Active)
	if err != nil {
		return rec, n, none, err
	}
	boxes, err := e.boxes(p, c)
	if err != nil {
		return rec, n, none, err
	}
	uses := map[BoxKind]seal.Use{}
	for kind, id := range map[BoxKind]string{SignatureBox: c.Signature, SealBox: c.Seal} {
		if id == "" {
			continue
		}
		if uses[kind], err = s.seals.Usable(ctx, tx, actor, id); err != nil {
			return rec, n, none, err
		}
	}
	out := Consent{At: tx.Now()}
	for _, b := range boxes {
		use, ok := uses[b.Kind]
		switch {
		case b.Kind == SealBox && (!ok || use.Personal):
			return rec, n, none, ErrNoSeal
		case b.Kind == SignatureBox && b.visible() && (!ok || !use.Personal):
			return rec, n, none, ErrNoSignature
		}
		st := Stamp{Box: b, Added: b.Field == ""}
		if b.visible() {
			st.Seal, st.SealVersion, st.Grant = use.Seal, use.Version, use.Grant
		}
		out.Stamps = append(out.Stamps, st)
	}
	out.Binding, err = e.binding(n, out.Stamps)
	return rec, n, out, err
}

// boxes returns all boxes that a signer fills, file by file, the handler's own
// signature before the seals.
func (e *Envelope) boxes(p *Party, c Choice) ([]Box, error) {
	if len(c.Extra) > 0 && len(p.Boxes) > 0 && !e.AllowExtra {
		return nil, ErrNoExtra
	}
	if len(c.Extra) > MaxBoxes {
		return nil, &FieldError{"boxes", "M75", fmt.Sprintf("more than %d", MaxBoxes), "签署位置过多"}
	}
	out := append([]Box(nil), p.Boxes...)
	for _, b := range c.Extra {
		b = b.sized()
		b.Field = ""
		if err := e.checkBox(p.Kind, b); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	if len(out) == 0 {
		return nil, ErrNoPlace
	}
	out = complete(out, len(e.Files))
	sealed := p.Kind != Company
	for _, b := range out {
		sealed = sealed || b.Kind == SealBox
	}
	if !sealed {
		return nil, ErrNoSeal
	}
	slices.SortStableFunc(out, func(a, b Box) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Kind, b.Kind))
	})
	return out, nil
}

// binding hashes what a consent covers: the envelope, the party, the documents as
// they were laid out, and where which seal goes (T7, T19).
func (e *Envelope) binding(party int, stamps []Stamp) ([32]byte, error) {
	layouts := make([]store.Digest, len(e.Files))
	for i, f := range e.Files {
		layouts[i] = f.Layout
	}
	b, err := json.Marshal(struct {
		Envelope string
		Party    int
		Layouts  []store.Digest
		Stamps   []Stamp
	}{e.ID, party, layouts, stamps})
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(b), nil
}
