package envelope

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Send starts a draft (现在发送), which must have a subject, a file, a signer, and no
// deadline that has passed: the documents get their fields, the copies are held, and
// the first signers are told. It returns [billing.ErrInsufficient] if the balance is
// too low; nothing happens then (M56). If the envelope was already sent, Send returns
// it as it is.
func (s *Service) Send(ctx context.Context, actor org.Actor, id ID) (*Envelope, error) {
	e, err := s.loadOwn(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if e.Status == InProgress {
		return e.viewFor(viewer{sender: true}), nil
	}
	if e.Status != Draft {
		return nil, &StateError{e.Status, "send"}
	}
	if err := e.ready(); err != nil {
		return nil, err
	}
	if err := s.checkPayer(&e.life); err != nil {
		return nil, err
	}
	parties, heads, err := s.layOut(ctx, &e)
	if err == nil {
		err = s.fitSilent(ctx, e.Sender, parties)
	}
	if err != nil {
		return nil, err
	}
	var sent record
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSend); err != nil {
			return err
		}
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil { // the draft was deleted meanwhile
			return fault.NotFound(err, ErrNotFound)
		}
		if err := s.billing.Hold(ctx, tx, billing.HoldRequest{Org: actor.Org, Envelope: string(id), Copies: rec.V.copies()}); err != nil {
			return err
		}
		if rec.V.Status == InProgress { // a second Send was faster
			sent = rec.V
			return nil
		}
		if rec.V.Events != e.Events {
			return ErrEdited
		}
		if err := errors.Join(s.checkMembers(ctx, tx, &rec.V), s.checkSilents(ctx, tx, &rec.V.life)); err != nil {
			return err
		}
		if err := checkVoidable(ctx, tx, &rec.V); err != nil {
			return err
		}
		bound, readers, err := s.bindKnown(ctx, tx, parties, rec.V.Readers)
		if err != nil {
			return err
		}
		evs, err := decide(&rec.V.life, sendCommand{Layouts: heads, Parties: bound, Readers: readers, OnDemand: s.onDemand}, tx.Now())
		if err != nil {
			return err
		}
		sent, err = s.writeEvents(ctx, tx, rec, actor, evs)
		if errors.Is(err, store.ErrExists) {
			err = ErrVoid // only the by_voiding index can refuse
		}
		return err
	}, billing.Lock(actor.Org))
	if err != nil {
		return nil, err
	}
	return sent.viewFor(viewer{sender: true}), nil
}

// checkMembers checks that the parties of the internal block are active members of the
// sender's company now (M67).
func (s *Service) checkMembers(ctx context.Context, tx *store.Tx, e *record) error {
	for i, p := range e.Parties {
		if p.Kind != Member {
			continue
		}
		phone, err := s.org.DecryptPhone("envelope", "party", taskID(string(e.ID), i+1), e.Upkeep.Phones[i])
		if err != nil {
			return err
		}
		if err := s.checkMember(ctx, tx, e.Sender.Org, phone); err != nil {
			return err
		}
	}
	return nil
}
