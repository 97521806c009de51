package org

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/dajiaqian/dajiaqian/store"
)

// Follower is told in a transaction that a phone and a name are a verified person's
// from now on. phoneIx is the index that EncryptPhone gives. It writes in the same
// transaction, which may run more than once; its error refuses the command.
type Follower func(ctx context.Context, tx *store.Tx, p Person, phoneIx string) error

// followers are shared by all copies of a Service.
type followers struct {
	mu  sync.Mutex
	all []Follower
}

// Follow has f called in every transaction that makes a phone that of a verified
// person: his identity was confirmed, or he moved to another phone. Rooms that keep what
// was sent to a phone and a name follow from their New; so every process that serves
// these commands must have made those rooms.
func (s *Service) Follow(f Follower) {
	s.following.mu.Lock()
	defer s.following.mu.Unlock()
	s.following.all = append(s.following.all, f)
}

// known tells the followers.
func (s *Service) known(ctx context.Context, tx *store.Tx, p person) error {
	if p.State != PersonVerified {
		return nil
	}
	s.following.mu.Lock()
	all := slices.Clone(s.following.all)
	s.following.mu.Unlock()
	for _, f := range all {
		if err := f(ctx, tx, p.public(), p.PhoneIx); err != nil {
			return err
		}
	}
	return nil
}

// Verified returns the id of the verified person who has this phone and this name, or
// ErrNotFound. phoneIx is the index that EncryptPhone gives. It is for the system's own
// use: what it answers must not reach a stranger (T24).
func (in Inside) Verified(ctx context.Context, tx *store.Tx, phoneIx, name string) (string, error) {
	s := in.s
	p, err := s.byPhone(ctx, tx, phoneIx)
	if err == nil && (p.State != PersonVerified || p.Name != name) {
		err = ErrNotFound
	}
	if errors.Is(err, ErrNotFound) {
		return "", ErrNotFound
	}
	return p.ID, err
}
