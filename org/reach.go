package org

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Reach returns a person and their phone inside the caller's transaction, or
// [ErrNotFound], for another package that has to send them a message. Its result must
// not reach a stranger (T24).
func (in Inside) Reach(ctx context.Context, tx *store.Tx, id PersonID) (Person, secret.Text, error) {
	s := in.s
	rec, err := persons.Get(ctx, tx, string(id))
	if err != nil {
		return Person{}, secret.Text{}, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.State == PersonPurged {
		return Person{}, secret.Text{}, ErrNotFound
	}
	phone, err := s.phoneOf(&rec.V)
	return rec.V.public(), phone, err
}
