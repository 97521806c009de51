package envelope

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// lease is the right to sign an envelope's documents for a while, so that two
// parties of one stage queue instead of wasting their keys' work.
type lease struct {
	Envelope string
	Party    int
	Token    string
	Until    time.Time
}

var leases = store.NewTable("envelope_lease", func(l *lease) string { return l.Envelope })

// leaseTime is how long one party may take to sign all documents. What a process
// that died held is free again after it.
const leaseTime = time.Minute

// acquire takes the lease on an envelope's documents, waiting for its holder.
func (s *Service) acquire(ctx context.Context, id string, party int) (string, error) {
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

// tryLease takes the lease if it is free, and returns its token. Where it cannot be
// known whether that was committed, it is given back.
func (s *Service) tryLease(ctx context.Context, id string, party int) (token string, err error) {
	token = s.db.NewID()
	var taken bool
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		taken, err = takeLease(ctx, tx, id, party, token)
		return err
	})
	if err != nil {
		return "", errors.Join(err, s.release(context.WithoutCancel(ctx), id, token))
	}
	if !taken {
		return "", nil
	}
	return token, nil
}

// takeLease takes the lease under a token, if it is free.
func takeLease(ctx context.Context, tx *store.Tx, id string, party int, token string) (bool, error) {
	rec, err := leases.Get(ctx, tx, id)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing || !missing && tx.Now().Before(rec.V.Until) {
		return false, err
	}
	l := lease{Envelope: id, Party: party, Token: token, Until: tx.Now().Add(leaseTime)}
	if missing {
		return true, leases.Insert(ctx, tx, l)
	}
	rec.V = l
	return true, leases.Update(ctx, tx, rec)
}

// ownLease returns the lease under a token, or ErrHeadMoved where it lapsed and others
// took it, or ended it.
func ownLease(ctx context.Context, tx *store.Tx, id, token string) (store.Rec[lease], error) {
	rec, err := leases.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && rec.V.Token != token {
		return rec, ErrHeadMoved
	}
	return rec, err
}

func (s *Service) release(ctx context.Context, id, token string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return dropLease(ctx, tx, id, token) })
}

func dropLease(ctx context.Context, tx *store.Tx, id, token string) error {
	rec, err := ownLease(ctx, tx, id, token)
	if errors.Is(err, ErrHeadMoved) {
		return nil
	}
	if err != nil {
		return err
	}
	return leases.Delete(ctx, tx, rec)
}
