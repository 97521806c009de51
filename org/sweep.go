package org

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// sweepBatch is how many rows of a table one Step deletes at most.
const sweepBatch = 100

// sweep deletes what is no longer needed: idempotency keys after KeyTTL, codes a day after
// they expired, checks of faces and licences that proved nothing after a week, and counters
// that no limit needs. Hashes of phones do not stay
// longer than that.
func (s *Service) sweep(ctx context.Context) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		err := forget(ctx, tx, dones, "at", func(d *done) bool { return now.Sub(d.At) >= KeyTTL })
		if err != nil {
			return err
		}
		err = forget(ctx, tx, codes, "expires", func(c *oneTimeCode) bool { return now.Sub(c.Expires) >= 24*time.Hour })
		if err != nil {
			return err
		}
		err = forget(ctx, tx, sessions, "over", func(s *session) bool { return !now.Before(s.over()) })
		if err != nil {
			return err
		}
		return forget(ctx, tx, rates, "last", func(r *rate) bool {
			return len(r.Times) == 0 || now.Sub(r.Times[len(r.Times)-1]) >= s.longestLimit()
		})
	})
}

// longestLimit returns how far back the limits look.
func (s *Service) longestLimit() time.Duration {
	longest := RemittanceLock
	for _, l := range s.sendLimits {
		longest = max(longest, l.Within)
	}
	return longest
}

// forget deletes the first rows of an order that are old.
func forget[T any](ctx context.Context, tx *store.Tx, t *store.Table[T], order string, old func(*T) bool) error {
	page, err := t.Page(ctx, tx, store.Asc(order), store.Limit(sweepBatch))
	if err != nil {
		return err
	}
	for _, r := range page.Items {
		if !old(&r.V) {
			break
		}
		if err := t.Delete(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}
