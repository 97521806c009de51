package envelope

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

// leaseTime is how long a lease lasts. Who makes signatures renews it, so that it is free again
// only if their process dies.
const leaseTime = time.Minute

// held reports whether somebody has the lease. One that lasts longer than leases do is of a
// clock that was wrong (T35).
func (l lease) held(now time.Time) bool {
	return now.Before(l.Until) && !l.Until.After(now.Add(2*leaseTime))
}

// takeLease takes the lease under a token, if it is free.
func (e *record) takeLease(party int, token string, now time.Time) bool {
	if e.Upkeep.Lease.held(now) {
		return false
	}
	e.Upkeep.Lease = lease{party, token, now.Add(leaseTime)}
	return true
}

// waitForLease takes the lease on an envelope's documents, and waits for its holder.
func (s *Service) waitForLease(ctx context.Context, id ID, party int) (string, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		token, err := s.tryLease(ctx, id, party)
		if err != nil || token != "" {
			return token, err
		}
		select {
		case <-ctx.Done():
			return "", errors.Join(ErrHeadMoved, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// tryLease takes the lease if it is free, and returns its token (T20). If it is unknown
// whether the commit succeeded, tryLease releases the lease.
func (s *Service) tryLease(ctx context.Context, id ID, party int) (token string, err error) {
	token = s.db.NewID()
	var taken bool
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if taken = rec.V.takeLease(party, token, tx.Now()); !taken {
			return nil
		}
		return envelopes.Update(ctx, tx, rec)
	})
	if err != nil {
		return "", errors.Join(err, s.releaseLease(context.WithoutCancel(ctx), id, token))
	}
	if !taken {
		return "", nil
	}
	return token, nil
}

// leasedRecord returns the envelope whose lease is held under a token. It returns
// ErrHeadMoved if the lease lapsed and others took or ended it. The result has no
// lease.
func leasedRecord(ctx context.Context, tx *store.Tx, id ID, token string) (store.Rec[record], error) {
	rec, err := envelopes.Get(ctx, tx, string(id))
	if err != nil {
		return rec, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.Upkeep.Lease.Token != token {
		return rec, ErrHeadMoved
	}
	rec.V.Upkeep.Lease = lease{}
	return rec, nil
}

// releaseLease releases the lease, unless others have it.
func (s *Service) releaseLease(ctx context.Context, id ID, token string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := leasedRecord(ctx, tx, id, token)
		if errors.Is(err, ErrHeadMoved) {
			return nil
		}
		if err != nil {
			return err
		}
		return envelopes.Update(ctx, tx, rec)
	})
}

// holdLease renews the lease of a token while one signature takes long (T33), until stop is called.
// The context ends with ErrHeadMoved if others have taken the lease.
func (s *Service) holdLease(ctx context.Context, id ID, party int, token string) (working context.Context, stop func()) {
	working, end := context.WithCancelCause(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for {
			select {
			case <-working.Done():
				return
			case <-tick.C:
			}
			if err := s.renewLease(working, id, party, token); errors.Is(err, ErrHeadMoved) {
				end(err)
			}
		}
	})
	return working, func() {
		end(nil)
		done.Wait()
	}
}

// renewLease gives the holder of a token more time.
func (s *Service) renewLease(ctx context.Context, id ID, party int, token string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := leasedRecord(ctx, tx, id, token)
		if err != nil {
			return err
		}
		rec.V.Upkeep.Lease = lease{party, token, tx.Now().Add(leaseTime)}
		return envelopes.Update(ctx, tx, rec)
	})
}
