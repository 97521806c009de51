package org

import (
	"context"

	"github.com/dajiaqian/dajiaqian/store"
)

// Reach returns a person and his phone inside the caller's transaction, or
// ErrNotFound: for another room that has to tell him something. What it answers must
// not reach a stranger (T24).
func (s *Service) Reach(ctx context.Context, tx *store.Tx, id string) (Person, Secret, error) {
	rec, err := persons.Get(ctx, tx, id)
	if err != nil {
		return Person{}, Secret{}, notFound(err)
	}
	if rec.V.State == PersonPurged {
		return Person{}, Secret{}, ErrNotFound
	}
	phone, err := s.phoneOf(&rec.V)
	return rec.V.public(), phone, err
}
