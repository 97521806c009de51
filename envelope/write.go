package envelope

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// performCommand applies a command to an envelope.
func (s *Service) performCommand(ctx context.Context, tx *store.Tx, rec store.Rec[record], actor org.Actor, c command) error {
	evs, err := decide(&rec.V.life, c, tx.Now())
	if err != nil {
		return err
	}
	_, err = s.writeEvents(ctx, tx, rec, actor, evs)
	return err
}

// writeEvents writes the results of events: the new state, their entries in the trail,
// and in the same commit their effects: tasks, messages, charges.
func (s *Service) writeEvents(ctx context.Context, tx *store.Tx, rec store.Rec[record], actor org.Actor, evs []event) (record, error) {
	var err error
	if rec.V, err = s.applyEvents(ctx, tx, rec.V, actor, evs); err != nil {
		return rec.V, err
	}
	return rec.V, envelopes.Update(ctx, tx, rec)
}

// applyEvents is writeEvents for callers that write the new state themselves.
func (s *Service) applyEvents(ctx context.Context, tx *store.Tx, e record, actor org.Actor, evs []event) (record, error) {
	for _, ev := range evs {
		entry, encoded, err := s.newEntry(tx, &e, actor, ev)
		if err != nil {
			return e, err
		}
		if e.life, err = apply(e.life, ev, entry.At); err != nil {
			return e, err
		}
		e.Trail = entry.Head()
		if err := events.Insert(ctx, tx, eventRow{Envelope: e.ID, Entry: entry, Detail: encoded}); err != nil {
			return e, err
		}
		if err := s.emitNotices(ctx, tx, &e, ev); err != nil {
			return e, err
		}
		if err := s.followEvent(ctx, tx, &e, ev); err != nil {
			return e, err
		}
	}
	e.forgetPhones()
	return e, nil
}

// newEntry makes the entry of an event in the trail, and the detail that is stored
// beside it.
func (s *Service) newEntry(tx *store.Tx, e *record, actor org.Actor, ev event) (entry audit.Entry, encoded []byte, err error) {
	if ev.Detail != nil {
		d := *ev.Detail
		if d.Salt, err = s.newSalt(); err != nil {
			return entry, nil, err
		}
		if encoded, err = json.Marshal(d); err != nil {
			return entry, nil, err
		}
		sum := store.Digest(sha256.Sum256(encoded))
		ev.Digest = &sum
	}
	body, err := json.Marshal(ev)
	if err != nil {
		return entry, nil, err
	}
	return audit.Next(e.Trail, e.Events+1, tx.Now(), string(ev.Kind), owner(actor), body), encoded, nil
}

// newSalt returns 119 random bits from org's source.
func (s *Service) newSalt() (string, error) {
	a, err := s.org.ShortCode()
	if err != nil {
		return "", err
	}
	b, err := s.org.ShortCode()
	return a + b, err
}

// readEvent is the inverse of newEntry. It returns an *audit.BrokenError if the detail
// does not match the entry, or is missing.
func readEvent(row *eventRow) (dated, error) {
	d := dated{At: row.Entry.At}
	ev := &d.Event
	if err := json.Unmarshal(row.Entry.Body, ev); err != nil {
		return d, err
	}
	if ev.Digest == nil && row.Detail == nil {
		return d, nil
	}
	if ev.Digest == nil || sha256.Sum256(row.Detail) != *ev.Digest {
		return d, &audit.BrokenError{Seq: row.Entry.Seq, Reason: "has another detail"}
	}
	ev.Detail = new(detail)
	return d, json.Unmarshal(row.Detail, ev.Detail)
}

// followEvent applies the effects of an event elsewhere. Kinds without effects are in the
// last case; a kind that is in none is refused, so that none is forgotten.
func (s *Service) followEvent(ctx context.Context, tx *store.Tx, e *record, ev event) error {
	switch ev.Kind {
	case EventSent:
		return errors.Join(s.awaitUnknown(ctx, tx, e), s.tellReaders(ctx, tx, e, true))
	case EventActivated:
		return s.activateTask(ctx, tx, e, ev.Party)
	case EventConsented:
		if err := s.holdFor(ctx, tx, e, ev); err != nil {
			return err
		}
		return s.setTask(ctx, tx, string(e.ID), ev.Party, taskSigning)
	case EventReleased:
		if ev.Frees {
			if err := s.billing.Release(ctx, tx, billing.ReleaseRequest{Org: ev.Org, Envelope: string(e.ID)}); err != nil {
				return err
			}
		}
		return s.setTask(ctx, tx, string(e.ID), ev.Party, taskOpen)
	case EventSigned, EventSkipped:
		return s.setTask(ctx, tx, string(e.ID), ev.Party, taskDone)
	case EventReminded:
		return s.remindParty(ctx, tx, e, ev.Party)
	case EventDelegated:
		return s.handOnTask(ctx, tx, e, ev.Party)
	case EventDeclined, EventWithdrawn, EventExpired:
		return s.closeEnvelope(ctx, tx, e)
	case EventCompleted:
		e.Upkeep.Due = e.EndedAt
		return s.completeEnvelope(ctx, tx, e)
	case EventDrafted, EventKnown, EventOpened, EventExtended, EventEvidence, EventVoided, EventArchived:
		return nil
	}
	return fmt.Errorf("envelope: no case says what follows from the event %s", ev.Kind)
}

// completeEnvelope charges the envelope, tells its readers, and voids the envelope that
// it undoes.
func (s *Service) completeEnvelope(ctx context.Context, tx *store.Tx, e *record) error {
	err := s.billing.Charge(ctx, tx, billing.ChargeRequest{Org: e.paidBy(), Envelope: string(e.ID), Name: e.Subject,
		Copies: e.copies(), Source: e.Source})
	if err != nil {
		return err
	}
	if err := s.tellReaders(ctx, tx, e, false); err != nil || e.Voids == "" {
		return err
	}
	rec, err := envelopes.Get(ctx, tx, string(e.Voids))
	if err != nil {
		return err
	}
	return s.performCommand(ctx, tx, rec, e.Sender, voidCommand{By: e.ID})
}

// closeEnvelope closes the open tasks of an envelope that will not complete, and
// releases the held copies.
func (s *Service) closeEnvelope(ctx context.Context, tx *store.Tx, e *record) error {
	for i := range e.Parties {
		if err := s.setTask(ctx, tx, string(e.ID), i+1, taskDone); err != nil {
			return err
		}
	}
	if e.SentAt.IsZero() {
		return nil
	}
	return s.billing.Release(ctx, tx, billing.ReleaseRequest{Org: e.paidBy(), Envelope: string(e.ID)})
}

func (s *Service) setTask(ctx context.Context, tx *store.Tx, envelope string, party int, state taskState) error {
	rec, err := tasks.Get(ctx, tx, taskID(envelope, party))
	if errors.Is(err, store.ErrNotFound) {
		return nil // its turn did not come
	}
	if err != nil || rec.V.State == state && rec.V.Due.IsZero() {
		return err
	}
	if rec.V.State == taskWaiting {
		return tasks.Delete(ctx, tx, rec) // its turn will not come
	}
	rec.V.State, rec.V.Due = state, time.Time{}
	return tasks.Update(ctx, tx, rec)
}
