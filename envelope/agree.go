package envelope

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// This file asks for a signer's Will and uses it up together with the consents that it
// is bound to: one for Submit, several for SubmitBatch.

// RequestCode sends a one-time code to the signer's phone. It is valid only for this
// choice on these documents (M76, T7); [Service.Submit] takes it. RequestCode returns a
// [*MethodError] if the sender does not accept codes from this signer.
func (s *Service) RequestCode(ctx context.Context, actor org.Actor, id ID, c Choice) error {
	return s.sendCode(ctx, actor, []Item{{id, c}}, false)
}

// RequestBatchCode sends the signer one code that is valid for these choices in these
// envelopes together, 1 to 50. It returns the error of the first envelope that the
// signer cannot sign now, or cannot sign with a code.
func (s *Service) RequestBatchCode(ctx context.Context, actor org.Actor, items []Item) error {
	return s.sendCode(ctx, actor, items, true)
}

func (s *Service) sendCode(ctx context.Context, actor org.Actor, items []Item, batch bool) error {
	binding, err := s.findBinding(ctx, actor, items, batch, ByCode)
	if err != nil {
		return err
	}
	return s.will.SendSignCode(ctx, actor, binding)
}

// RequestFace opens a face check (人脸识别) that is valid only for this choice on these
// documents, for ten minutes and once. The signer passes it at the returned address.
// [Service.Submit] with [Face] then takes the provider's report; it returns an
// [*org.FaceError] while there is none. returnTo is the address that the phone's
// browser opens afterwards, and may be empty. RequestFace returns a [*MethodError] if
// the sender does not accept faces from this signer.
func (s *Service) RequestFace(ctx context.Context, actor org.Actor, id ID, c Choice, returnTo string) (org.SignFace, error) {
	return s.startFace(ctx, actor, []Item{{id, c}}, false, returnTo)
}

// RequestBatchFace is [Service.RequestFace] for several envelopes together, like
// [Service.RequestBatchCode].
func (s *Service) RequestBatchFace(ctx context.Context, actor org.Actor, items []Item, returnTo string) (org.SignFace, error) {
	return s.startFace(ctx, actor, items, true, returnTo)
}

func (s *Service) startFace(ctx context.Context, actor org.Actor, items []Item, batch bool, returnTo string) (org.SignFace, error) {
	binding, err := s.findBinding(ctx, actor, items, batch, ByFace)
	if err != nil {
		return org.SignFace{}, err
	}
	return s.will.StartSignFace(ctx, actor, binding, returnTo)
}

// findBinding returns the hash to which a Will for all of these items is bound.
func (s *Service) findBinding(ctx context.Context, actor org.Actor, items []Item, batch bool, m Methods) ([32]byte, error) {
	w, err := s.checkOpen(ctx, actor, items, batch, m)
	if err == nil && len(w.open) != len(items) {
		err = ErrSigning
	}
	return w.binding, err
}

// waiting holds those of some items that still wait for the actor's agreement.
type waiting struct {
	open    []agreed
	parties []int    // the actor's party in each item, from 1
	binding [32]byte // of the open items
}

// agreed is one of the consents that a Will is for.
type agreed struct {
	rec     store.Rec[record]
	party   int
	consent Consent
	seals   map[registry.SealID]registry.Use // that the consent uses
}

// checkOpen finds which items wait for the actor's agreement. It checks that the method
// is accepted there and that everything fits, before the actor is asked for anything.
func (s *Service) checkOpen(ctx context.Context, actor org.Actor, items []Item, batch bool, m Methods) (w waiting, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		w, err = s.findOpen(ctx, tx, actor, items, batch)
		return err
	})
	if err == nil {
		err = w.accept(m)
	}
	for _, a := range w.open {
		if err == nil {
			err = s.checkFits(ctx, &a)
		}
	}
	return w, err
}

// findOpen works out the consents of items. It leaves out what the actor agreed to
// before, and in a batch also what they signed. A batch is 1 to 50 envelopes, each
// once; its binding is the hash of theirs, even if it has only one.
func (s *Service) findOpen(ctx context.Context, tx *store.Tx, actor org.Actor, items []Item, batch bool) (waiting, error) {
	w := waiting{parties: make([]int, len(items))}
	if batch && (len(items) == 0 || len(items) > maxBatch) {
		return w, ErrBatch
	}
	seen := map[string]bool{}
	h := sha256.New()
	for i, item := range items {
		if seen[string(item.Envelope)] {
			return w, ErrBatch
		}
		seen[string(item.Envelope)] = true
		a, err := s.workOutConsent(ctx, tx, actor, item.Envelope, item.Choice)
		w.parties[i] = a.party
		if errors.Is(err, ErrSigning) || batch && errors.Is(err, ErrSigned) {
			continue
		}
		if err != nil {
			return w, err
		}
		h.Write(a.consent.Binding[:])
		w.binding = a.consent.Binding
		w.open = append(w.open, a)
	}
	if batch {
		w.binding = [32]byte(h.Sum(nil))
		for i := range w.open {
			w.open[i].consent.Batch = hex.EncodeToString(w.binding[:])
		}
	}
	return w, nil
}

// accept refuses a method that a sender does not accept.
func (w *waiting) accept(m Methods) error {
	for _, a := range w.open {
		if err := a.rec.V.accepts(a.party, m); err != nil {
			return err
		}
	}
	return nil
}

// recordConsents takes a Will and records the consents that it is for: all of them, or
// none. Items that were agreed to before need no Will. It returns the actor's party in
// each item. If token is set, the same commit takes the lease on the single item, if it
// is free.
func (s *Service) recordConsents(ctx context.Context, actor org.Actor, items []Item, batch bool, will Will, token string) (parties []int, leased bool, err error) {
	password, err := s.provePassword(ctx, actor, items, batch, will)
	if err != nil {
		return nil, false, err
	}
	var refused error
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		refused, leased = nil, false
		w, err := s.findOpen(ctx, tx, actor, items, batch)
		parties = w.parties
		if err != nil || len(w.open) == 0 {
			return err
		}
		if refused = s.useWill(ctx, tx, actor, &w, will, password); refused != nil {
			return org.Counted(refused) // a wrong code is counted in this commit
		}
		for _, a := range w.open {
			if token != "" {
				leased = a.rec.V.takeLease(a.party, token, tx.Now())
			}
			if err := s.performCommand(ctx, tx, a.rec, actor, agreeCommand{Party: a.party, Person: actor.Person, Org: actor.Org, Pays: s.payer == PartyPays, Consent: a.consent}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && leased {
		err = errors.Join(err, s.releaseLease(context.WithoutCancel(ctx), items[0].Envelope, token))
	}
	if err == nil {
		err = refused
	}
	return parties, leased, err
}

// provePassword does the slow part of checking a password, outside the transaction that
// takes it, unless nothing is left to agree to.
func (s *Service) provePassword(ctx context.Context, actor org.Actor, items []Item, batch bool, will Will) (org.PasswordProof, error) {
	p, ok := will.(passwordWill)
	if !ok {
		return org.PasswordProof{}, nil
	}
	w, err := s.checkOpen(ctx, actor, items, batch, ByPassword)
	if err != nil || len(w.open) == 0 {
		return org.PasswordProof{}, err
	}
	return s.will.ProvePassword(ctx, actor, p.password)
}

// useWill uses a Will up and writes into the consents what it was.
func (s *Service) useWill(ctx context.Context, tx *store.Tx, actor org.Actor, w *waiting, will Will, password org.PasswordProof) error {
	m := methodOf(will)
	if err := w.accept(m); err != nil {
		return err
	}
	var face *org.SignFaceResult
	switch will := will.(type) {
	case codeWill:
		if err := s.will.UseSignCode(ctx, tx, actor, w.binding, will.digits); err != nil {
			return err
		}
	case passwordWill:
		if err := s.will.UsePassword(ctx, tx, actor, password); err != nil {
			return err
		}
	case faceWill:
		used, err := s.will.UseSignFace(ctx, tx, actor, w.binding, will.token)
		if err != nil {
			return err
		}
		face = &used
	}
	for i := range w.open {
		w.open[i].consent.Method, w.open[i].consent.Face = m, face
	}
	return nil
}
