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

// Trail returns the entries of an envelope's trail in order. It first checks the chain,
// to the end that the envelope names, and that the envelope is the result of its
// events. It returns an [*audit.BrokenError] if either is wrong.
func (s *Service) Trail(ctx context.Context, actor org.Actor, id ID) ([]TrailEntry, error) {
	if _, _, err := s.load(ctx, actor, id); err != nil {
		return nil, err
	}
	return s.readTrail(ctx, id)
}

func (s *Service) readTrail(ctx context.Context, id ID) ([]TrailEntry, error) {
	var rows []eventRow
	var of record
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows = rows[:0]
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		of = rec.V
		for rec, err := range events.All(ctx, tx, store.Where("envelope", id), store.Asc("seq")) {
			if err != nil {
				return err
			}
			rows = append(rows, rec.V)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return checkTrail(&of, rows)
}

// checkTrail checks that the rows of a trail are complete, and that folding them gives
// the record.
func checkTrail(of *record, rows []eventRow) ([]TrailEntry, error) {
	out := make([]TrailEntry, len(rows))
	for i := range rows {
		out[i] = rows[i].Entry
	}
	if err := audit.Check(out, of.Trail.Hash); err != nil {
		return nil, err
	}
	history := make([]dated, len(rows))
	for i := range rows {
		var err error
		if history[i], err = readEvent(&rows[i]); err != nil {
			return nil, err
		}
	}
	folded, err := fold(history)
	if err != nil {
		return nil, err
	}
	want, err := json.Marshal(folded)
	if err != nil {
		return nil, err
	}
	got, err := json.Marshal(of.life)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(got, want) {
		return nil, &audit.BrokenError{Seq: int64(len(rows)), Reason: "does not lead to the envelope as it is stored"}
	}
	return out, nil
}
