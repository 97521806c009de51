package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Send starts a draft (现在发送): the documents get their fields, the copies are
// held, and the first signers are told. With too little balance nothing happens
// and the error is billing.ErrInsufficient (M56). Sending what was sent already
// answers with the envelope as it is.
func (s *Service) Send(ctx context.Context, actor org.Actor, id string) (*Envelope, error) {
	e, err := s.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if e.Sender != actor {
		return nil, ErrNotFound
	}
	if e.Status == InProgress {
		return e, nil
	}
	parties, heads, err := s.layOut(ctx, e)
	if err != nil {
		return nil, err
	}
	var sent Envelope
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSend); err != nil {
			return err
		}
		rec, err := envelopes.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.billing.Hold(ctx, tx, billing.HoldRequest{Org: actor.Org, Envelope: id, Copies: rec.V.Copies()}); err != nil {
			return err
		}
		fielded := parties
		evs, err := Decide(&rec.V, Send{Layouts: heads, Parties: fielded})
		if err != nil {
			return err
		}
		rec.V.Parties = fielded
		sent, err = s.apply(ctx, tx, rec, actor, evs)
		return err
	}, billing.Lock(actor.Org))
	if err != nil {
		return nil, err
	}
	return &sent, nil
}

// Withdraw takes an envelope back before it is complete (撤销); its held copies
// return to the balance (M55, M71).
func (s *Service) Withdraw(ctx context.Context, actor org.Actor, id, reason string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := s.own(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		evs, err := Decide(&rec.V, Withdraw{Reason: reason})
		if err != nil {
			return err
		}
		_, err = s.apply(ctx, tx, rec, actor, evs)
		return err
	}, billing.Lock(actor.Org))
}

// own loads an envelope that the actor sent.
func (s *Service) own(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (store.Rec[Envelope], error) {
	if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSend); err != nil {
		return store.Rec[Envelope]{}, err
	}
	rec, err := envelopes.Get(ctx, tx, id)
	if err != nil || rec.V.Sender != actor {
		return rec, notFound(err)
	}
	return rec, nil
}
