package envelope

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Item is one envelope of a batch (批量签署).
type Item struct {
	Envelope string // id
	Choice   Choice
}

// Outcome is what became of one envelope of a batch.
type Outcome struct {
	Envelope *Envelope // as it is now; nil if Err is not
	Err      error
}

// RequestBatchCode sends the signer one code that is good for these choices in
// these envelopes together, 1 to MaxBatch. Each must be his to sign now; the first
// that is not is the error.
func (s *Service) RequestBatchCode(ctx context.Context, actor org.Actor, items []Item) error {
	var binding [32]byte
	var all []Consent
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		all, binding, err = s.batch(ctx, tx, actor, items)
		if err == nil && len(all) != len(items) {
			err = ErrSigning
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := s.fit(ctx, actor, c.Stamps); err != nil {
			return err
		}
	}
	return s.org.SendSignCode(ctx, actor, binding)
}

// batch works out the consents of the envelopes that wait for the actor, and what
// the code for them is bound to. Those that he agreed to before are left out.
func (s *Service) batch(ctx context.Context, tx *store.Tx, actor org.Actor, items []Item) (all []Consent, binding [32]byte, err error) {
	if len(items) == 0 || len(items) > MaxBatch {
		return nil, binding, ErrBatch
	}
	seen := map[string]bool{}
	h := sha256.New()
	for _, i := range items {
		if seen[i.Envelope] {
			return nil, binding, ErrBatch
		}
		seen[i.Envelope] = true
		_, _, c, err := s.consent(ctx, tx, actor, i.Envelope, i.Choice)
		if errors.Is(err, ErrSigning) || errors.Is(err, ErrSigned) {
			continue
		}
		if err != nil {
			return nil, binding, err
		}
		h.Write(c.Binding[:])
		all = append(all, c)
	}
	return all, [32]byte(h.Sum(nil)), nil
}

// SubmitBatch signs several envelopes with the one code of RequestBatchCode. All
// consents are recorded, or none; then each envelope is signed by itself, and one
// that fails is finished by the same SubmitBatch again, or by Step, without a code.
// The outcomes stand in the order of items.
func (s *Service) SubmitBatch(ctx context.Context, actor org.Actor, items []Item, code string) ([]Outcome, error) {
	parties := make([]int, len(items))
	var refused error
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		refused = nil
		all, binding, err := s.batch(ctx, tx, actor, items)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			if refused = s.org.UseSignCode(ctx, tx, actor, binding, org.NewSecret(code)); refused != nil {
				return org.Counted(refused) // a wrong code is counted in this commit
			}
		}
		for i, item := range items {
			rec, n, c, err := s.consent(ctx, tx, actor, item.Envelope, item.Choice)
			parties[i] = n
			if errors.Is(err, ErrSigning) || errors.Is(err, ErrSigned) {
				continue
			}
			if err != nil {
				return err
			}
			c.Batch = hex.EncodeToString(binding[:])
			if err := s.decide(ctx, tx, rec, actor, Agree{Party: n, Person: actor.Person, Org: actor.Org, Consent: c}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(items))
	for i, item := range items {
		token, err := s.acquire(ctx, item.Envelope, parties[i])
		if err == nil {
			out[i].Envelope, err = s.finish(ctx, actor, item.Envelope, parties[i], token)
		}
		out[i].Err = err
	}
	return out, nil
}

// Open says that the actor has the documents of an envelope before him (点击开始签署,
// M73): for the trail, and for the time that the sender asks to read. Opening again
// changes nothing.
func (s *Service) Open(ctx context.Context, actor org.Actor, id string) error {
	return s.answer(ctx, actor, id, func(n int) Command { return Open{Party: n, Person: actor.Person} })
}
