package org

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Reach returns a person and his phone inside the caller's transaction, or
// ErrNotFound: for another room that has to tell him something. What it answers must
// not reach a stranger (T24).
func (in Inside) Reach(ctx context.Context, tx *store.Tx, id string) (Person, secret.Text, error) {
	s := in.s
	rec, err := persons.Get(ctx, tx, id)
	if err != nil {
		return Person{}, secret.Text{}, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.State == PersonPurged {
		return Person{}, secret.Text{}, ErrNotFound
	}
	phone, err := s.phoneOf(&rec.V)
	return rec.V.public(), phone, err
}
