package envelope

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// apply writes what events do: the new state, their entries in the trail, and
// what follows from them in the same commit: tasks, messages, charges.
func (s *Service) apply(ctx context.Context, tx *store.Tx, rec store.Rec[Envelope], actor org.Actor, evs []Event) (Envelope, error) {
	e := rec.V
	for _, ev := range evs {
		e = Apply(e, ev, tx.Now())
		if err := s.record(ctx, tx, &e, actor, e.Events, ev); err != nil {
			return e, err
		}
		if err := s.emit(ctx, tx, &e, ev); err != nil {
			return e, err
		}
		if err := s.follow(ctx, tx, &e, ev); err != nil {
			return e, err
		}
	}
	rec.V = e
	return e, envelopes.Update(ctx, tx, rec)
}

// record appends an event to the envelope's trail.
func (s *Service) record(ctx context.Context, tx *store.Tx, e *Envelope, actor org.Actor, seq int64, ev Event) error {
	body, err := json.Marshal(ev)
	if err != nil {
		return err
	}
	var prev *audit.Entry
	if seq > 1 {
		last, err := events.Get(ctx, tx, eventID(e.ID, seq-1))
		if err != nil {
			return err
		}
		prev = &last.V.Entry
	}
	entry := audit.Next(prev, tx.Now(), string(ev.Kind), owner(actor), body)
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
	case EventHanded:
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
// checked before it is given.
func (s *Service) Trail(ctx context.Context, actor org.Actor, id string) ([]TrailEntry, error) {
	if _, err := s.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return s.trail(ctx, id)
}

func (s *Service) trail(ctx context.Context, id string) ([]TrailEntry, error) {
	var out []audit.Entry
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = out[:0]
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
	return out, audit.Check(out, audit.Hash{})
}

func notFound(err error) error {
	if err == nil || errors.Is(err, store.ErrNotFound) {
		return ErrNotFound
	}
	return err
}
