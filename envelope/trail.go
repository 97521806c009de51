package envelope

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// TrailEntry is one entry of an envelope's trail.
type TrailEntry = audit.Entry

// Trail returns the entries of an envelope's trail in order, to whom [Service.Download] gives
// them. It first checks the chain,
// to the end that the envelope names, and that the envelope is the result of its
// events. It returns an [*audit.BrokenError] if either is wrong.
func (s *Service) Trail(ctx context.Context, actor org.Actor, id ID) ([]TrailEntry, error) {
	e, v, err := s.load(ctx, actor, id)
	if err == nil {
		err = e.mayDownload(v) // it names persons, companies and seals
	}
	if err != nil {
		return nil, err
	}
	return s.readTrail(ctx, id)
}

// readTrail reads a trail event by event: what drafts held is not all in memory at a time (T28).
func (s *Service) readTrail(ctx context.Context, id ID) ([]TrailEntry, error) {
	var out []TrailEntry
	var of record
	var past history
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, past = nil, history{}
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		of = rec.V
		for rec, err := range events.All(ctx, tx, store.Where("envelope", id), store.Asc("seq")) {
			if err != nil {
				return err
			}
			out = append(out, rec.V.Entry)
			past.add(&rec.V)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := audit.Check(out, of.Trail.Hash); err != nil {
		return nil, err
	}
	if err := past.check(&of); err != nil {
		return nil, err
	}
	return out, nil
}

// history is what the events of a trail lead to, one after the other.
type history struct {
	e   life
	err error // of the first that does not fit
}

func (h *history) add(row *eventRow) {
	if h.err != nil {
		return
	}
	ev, err := readEvent(row)
	if err == nil {
		h.e, err = fold(h.e, ev)
	}
	h.err = err
}

// check checks that the events lead to a record.
func (h *history) check(of *record) error {
	if h.err != nil {
		return h.err
	}
	want, err := json.Marshal(h.e)
	if err != nil {
		return err
	}
	got, err := json.Marshal(of.life)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return &audit.BrokenError{Seq: h.e.Events, Reason: "does not lead to the envelope as it is stored"}
	}
	return nil
}
