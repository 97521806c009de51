package envelope

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// apply writes what events do: the new state, their entries in the trail, and
// what follows from them in the same commit: tasks, messages, charges.
func (s *Service) apply(ctx context.Context, tx *store.Tx, rec store.Rec[Envelope], actor org.Actor, evs []Event) (Envelope, error) {
	var err error
	if rec.V, err = s.happen(ctx, tx, rec.V, actor, evs); err != nil {
		return rec.V, err
	}
	return rec.V, envelopes.Update(ctx, tx, rec)
}

// happen is apply for whoever writes the new state himself.
func (s *Service) happen(ctx context.Context, tx *store.Tx, e Envelope, actor org.Actor, evs []Event) (Envelope, error) {
	for _, ev := range evs {
		e = Apply(e, ev, tx.Now())
		if err := s.record(ctx, tx, &e, actor, ev); err != nil {
			return e, err
		}
		if err := s.emit(ctx, tx, &e, ev); err != nil {
			return e, err
		}
		if err := s.follow(ctx, tx, &e, ev); err != nil {
			return e, err
		}
	}
	return e, nil
}

// record appends the newest event to the envelope's trail.
func (s *Service) record(ctx context.Context, tx *store.Tx, e *Envelope, actor org.Actor, ev Event) error {
	body, err := json.Marshal(ev)
	if err != nil {
		return err
	}
	entry := audit.Next(e.Trail, e.Events, tx.Now(), string(ev.Kind), owner(actor), body)
	e.Trail = entry.Head()
	return events.Insert(ctx, tx, event{Envelope: e.ID, Entry: entry})
}

// follow does what an event causes elsewhere.
func (s *Service) follow(ctx context.Context, tx *store.Tx, e *Envelope, ev Event) error {
	switch ev.Kind {
	case EventSent:
		return errors.Join(s.await(ctx, tx, e), s.tellReaders(ctx, tx, e, true))
	case EventActivated:
		return s.activate(ctx, tx, e, ev.Party)
	case EventConsented:
		return s.setTask(ctx, tx, e.ID, ev.Party, taskSigning)
	case EventReleased:
		return s.setTask(ctx, tx, e.ID, ev.Party, taskOpen)
	case EventSigned, EventSkipped:
		return s.setTask(ctx, tx, e.ID, ev.Party, taskDone)
	case EventReminded:
		return s.tell(ctx, tx, e, ev.Party)
	case EventDelegated:
		return s.handOn(ctx, tx, e, ev.Party)
	case EventDeclined, EventWithdrawn, EventExpired:
		return s.end(ctx, tx, e)
	case EventCompleted:
		return s.complete(ctx, tx, e)
	case EventDrafted, EventOpened, EventExtended, EventEvidence, EventVoided, EventArchived:
	}
	return nil
}

// complete charges the envelope, tells its readers, and voids the envelope that
// it undoes.
func (s *Service) complete(ctx context.Context, tx *store.Tx, e *Envelope) error {
	err := s.billing.Charge(ctx, tx, billing.ChargeRequest{Org: e.Sender.Org, Envelope: e.ID, Name: e.Subject,
		Copies: e.Copies(), Source: billing.Source(e.Source + 1)})
	if err != nil {
		return err
	}
	if err := s.tellReaders(ctx, tx, e, false); err != nil || e.Voids == "" {
		return err
	}
	rec, err := envelopes.Get(ctx, tx, e.Voids)
	if err != nil {
		return err
	}
	evs, err := Decide(&rec.V, Void{By: e.ID}, tx.Now())
	if err != nil {
		return err
	}
	_, err = s.apply(ctx, tx, rec, e.Sender, evs)
	return err
}

// end closes what is open of an envelope that will not complete, and gives the
// held copies back.
func (s *Service) end(ctx context.Context, tx *store.Tx, e *Envelope) error {
	for i := range e.Parties {
		if err := s.setTask(ctx, tx, e.ID, i+1, taskDone); err != nil {
			return err
		}
	}
	if e.SentAt.IsZero() {
		return nil
	}
	return s.billing.Release(ctx, tx, billing.ReleaseRequest{Org: e.Sender.Org, Envelope: e.ID})
}

func (s *Service) setTask(ctx context.Context, tx *store.Tx, envelope string, party int, state taskState) error {
	rec, err := tasks.Get(ctx, tx, taskID(envelope, party))
	if errors.Is(err, store.ErrNotFound) {
		return nil // its turn never came
	}
	if err != nil || rec.V.State == state {
		return err
	}
	if rec.V.State == taskWaiting {
		return tasks.Delete(ctx, tx, rec) // it never comes
	}
	rec.V.State = state
	return tasks.Update(ctx, tx, rec)
}

// Trail returns the entries of an envelope's trail in order. Their chain is
// checked before it is given, to the end that the envelope itself names.
func (s *Service) Trail(ctx context.Context, actor org.Actor, id string) ([]TrailEntry, error) {
	if _, err := s.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return s.trail(ctx, id)
}

func (s *Service) trail(ctx context.Context, id string) ([]TrailEntry, error) {
	var out []audit.Entry
	var end TrailHead
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = out[:0]
		of, err := envelopes.Get(ctx, tx, id)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		end = of.V.Trail
		for rec, err := range events.All(ctx, tx, store.Where("envelope", id), store.Asc("seq")) {
			if err != nil {
				return err
			}
			out = append(out, rec.V.Entry)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, audit.Check(out, end.Hash)
}
