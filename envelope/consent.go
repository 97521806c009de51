package envelope

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"github.com/dajiaqian/dajiaqian/internal/digest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// Choice is what a signer puts into the boxes (M74, M75).
type Choice struct {
	Signature registry.SealID            // id of their personal signature
	Seal      registry.SealID            // id of the company's seal, for a company's party
	Seals     map[string]registry.SealID // other seals for single boxes: field to id
	Texts     map[string]string          // what they fill in: field to text; files come by Attach
	Extra     []Box                      // boxes they add: all boxes if the sender set none (M68), otherwise 追加印章

	silent int // the party, from 1, for which it is made under a Permission
}

// workOutConsent works out what a signer agrees to with a choice, and checks that they
// may: it is their turn, they are the named person, they may use the seals.
func (s *Service) workOutConsent(ctx context.Context, tx *store.Tx, actor org.Actor, id ID, c Choice) (a agreed, err error) {
	if a.rec, a.party, err = s.findParty(ctx, tx, actor, id); err != nil {
		return a, err
	}
	if c.silent > 0 { // who gave the permission may be another party, too (T26)
		a.party = c.silent
	}
	e := &a.rec.V
	p, err := e.turn(a.party, "sign", Active)
	if err != nil {
		return a, err
	}
	if err := e.hasRead(p, tx.Now()); err != nil && c.silent == 0 {
		return a, err
	}
	boxes, err := e.boxes(p, c)
	if err != nil {
		return a, err
	}
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
	if err != nil {
		return a, err
	}
	out := &a.consent
	out.At, out.Proof = tx.Now(), proofOf(st)
	a.seals = map[registry.SealID]registry.Use{}
	for _, b := range boxes {
		if !b.signs() {
			continue
		}
		st := Stamp{Box: b, Added: b.Field == ""}
		if b.visible() {
			use, err := s.chooseSeal(ctx, tx, actor, c.sealFor(b), b, a.seals)
			if err != nil {
				return a, err
			}
			st.Seal, st.SealName, st.SealVersion, st.Grant = use.Seal, use.Name, use.Version, use.Grant
		}
		out.Stamps = append(out.Stamps, st)
	}
	if err := e.checkAdded(ctx, a.party, out.Stamps); err != nil {
		return a, err
	}
	files, err := attached(ctx, tx, id, a.party, actor.Person, boxes)
	if err != nil {
		return a, err
	}
	if out.Fills, err = fills(boxes, c.Texts, files); err != nil {
		return a, err
	}
	out.Binding = e.binding(a.party, out.Stamps, out.Fills)
	return a, nil
}

// proofOf returns what is known of a signer's identity.
func proofOf(st org.Standing) Proof {
	p := Proof{Number: st.Person.MaskedID, VerifiedAt: st.Person.VerifiedAt}
	if st.Company != nil {
		p.Code, p.Method, p.CompanyAt = st.Company.CreditCode, st.Company.Method, st.Company.VerifiedAt
	}
	return p
}

// sealFor returns the id of the seal or signature for a box.
func (c *Choice) sealFor(b Box) registry.SealID {
	if id := c.Seals[b.Field]; id != "" && b.Field != "" && b.Kind == SealBox {
		return id
	}
	if b.Kind == SealBox {
		return c.Seal
	}
	return c.Signature
}

// chooseSeal checks that a seal may go into a box: the actor may use it now (M74), the
// box takes its kind, and it is personal or a company's as the box requires.
func (s *Service) chooseSeal(ctx context.Context, tx *store.Tx, actor org.Actor, id registry.SealID, b Box, uses map[registry.SealID]registry.Use) (registry.Use, error) {
	missing := ErrNoSignature
	if b.Kind == SealBox {
		missing = ErrNoSeal
	}
	if id == "" {
		return registry.Use{}, missing
	}
	use, ok := uses[id]
	if !ok {
		var err error
		if use, err = s.seals.Usable(ctx, tx, actor, id); err != nil {
			return registry.Use{}, err
		}
		uses[id] = use
	}
	switch {
	case use.Personal != (b.Kind == SignatureBox):
		return registry.Use{}, missing
	case b.Style != 0 && use.Style != b.Style:
		return registry.Use{}, &SealKindError{Want: b.Style, Got: use.Style}
	}
	return use, nil
}

// boxes returns all boxes that a signer fills, file by file, with the handler's own
// signature before the seals.
func (e *life) boxes(p *partyRecord, c Choice) ([]Box, error) {
	if len(c.Extra) > 0 && len(p.Boxes) > 0 && !e.AllowExtra {
		return nil, ErrNoExtra
	}
	if len(c.Extra) > maxBoxes {
		return nil, &FieldError{"boxes", "M75", fmt.Sprintf("more than %d", maxBoxes), "签署位置过多"}
	}
	out := append([]Box(nil), p.Boxes...)
	for _, b := range c.Extra {
		b = b.sized()
		b.Field, b.Found = "", nil
		if !b.signs() || len(b.Pages) > 0 || b.Keyword != nil || b.Edge != nil {
			return nil, &FieldError{"box", "M75", "a box that is added is a signature or seal in one place", "追加的印章只能指定一个位置"}
		}
		if err := e.checkBox(p.Kind, b); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	if len(out) == 0 {
		return nil, ErrNoPlace
	}
	out = addInvisible(out, len(e.Files))
	if len(c.Extra) > 0 && signatures(out) > maxStamps {
		return nil, &FieldError{"boxes", "M68", fmt.Sprintf("more than %d signatures", maxStamps), fmt.Sprintf("单个签署方的签名和盖章不能超过%d处", maxStamps)}
	}
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

// binding hashes what a consent covers: the envelope, the party, the documents as they
// were laid out, which seal goes where, and what was typed (T7, T19).
func (e *life) binding(party int, stamps []Stamp, fills []Fill) [32]byte {
	var layouts, places, texts []string
	for _, f := range e.Files {
		layouts = append(layouts, f.Layout.String())
	}
	for i := range stamps {
		places = append(places, stamps[i].encode())
	}
	for i := range fills {
		texts = append(texts, fills[i].encode())
	}
	return sha256.Sum256(digest.Frame("envelope consent 1", string(e.ID), strconv.Itoa(party), frame(layouts...), frame(places...), frame(texts...)))
}
