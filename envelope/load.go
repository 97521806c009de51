package envelope

import (
	"cmp"
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// viewer is the way in which an actor may see an envelope.
type viewer struct {
	sender bool
	party  int // from 1; 0 if the actor is no party
	reader int // from 1; 0 if the actor is no reader
}

// loadFor loads an envelope for an actor who may see it: its sender, its signers from their
// turn on, and its readers once they were told. It returns ErrNotFound to anyone else (T1).
func (s *Service) loadFor(ctx context.Context, tx *store.Tx, actor org.Actor, id ID) (store.Rec[record], viewer, error) {
	st, denied := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
	rec, err := envelopes.Get(ctx, tx, string(id))
	if err != nil { // the answer that they would get to an envelope of others
		return store.Rec[record]{}, viewer{}, cmp.Or(denied, fault.NotFound(err, ErrNotFound))
	}
	v := viewer{sender: rec.V.Sender == actor}
	if v.sender {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate); err != nil {
			return store.Rec[record]{}, viewer{}, err
		}
	}
	if err = denied; err == nil {
		v.party, err = rec.V.matchParty(st)
	}
	if err == nil && !v.sender && rec.V.Parties[v.party-1].State == Waiting {
		err = ErrNotYourTurn // unless they are a reader as well
	}
	if err == nil || v.sender {
		return rec, v, nil
	}
	if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNotYourTurn) {
		return store.Rec[record]{}, viewer{}, err
	}
	for i, r := range rec.V.Readers {
		if !r.is(st) || r.Company != companyName(st) {
			continue
		}
		if _, err := readings.Get(ctx, tx, readerID(string(id), i+1)); err != nil { // not told yet
			return store.Rec[record]{}, viewer{}, fault.NotFound(err, ErrNotFound)
		}
		return rec, viewer{reader: i + 1}, nil
	}
	return store.Rec[record]{}, viewer{}, err
}

// load is loadFor in its own transaction.
func (s *Service) load(ctx context.Context, actor org.Actor, id ID) (e record, v viewer, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, how, err := s.loadFor(ctx, tx, actor, id)
		e, v = rec.V, how
		return err
	})
	return e, v, err
}

// loadOwn is load for the sender. It returns ErrNotFound to anyone else.
func (s *Service) loadOwn(ctx context.Context, actor org.Actor, id ID) (record, error) {
	e, v, err := s.load(ctx, actor, id)
	if err == nil && !v.sender {
		err = ErrNotFound
	}
	return e, err
}
