package org

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// passwordTTL is how long a PasswordProof may wait for its use.
const passwordTTL = 5 * time.Minute

// PasswordProof says that an actor knew his password a moment ago. It is made by
// ProvePassword alone; the zero value proves nothing.
type PasswordProof struct {
	hash  string // salted: no two persons share one
	until time.Time
}

// ProvePassword judges an actor's login password where he signs with it (密码确认意愿).
// It is slow on purpose, and so stands outside of any transaction; UsePassword then
// takes the proof inside. Who may not sign in this edition gets what Authorize says.
// A wrong password is ErrPassword, and counts like one at login, before it is judged:
// the eleventh in a quarter of an hour is a *LimitError.
func (w Will) ProvePassword(ctx context.Context, actor Actor, password secret.Text) (PasswordProof, error) {
	s := w.s
	if err := s.guard(ctx, "login"); err != nil {
		return PasswordProof{}, err
	}
	var out PasswordProof
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionEnvelopeSign); err != nil {
			return err
		}
		p, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		out = PasswordProof{hash: p.V.Password, until: tx.Now().Add(passwordTTL)}
		return s.spend(ctx, tx, loginLimits(), p.V.PhoneIx)
	})
	if err != nil {
		return PasswordProof{}, err
	}
	ok, _, err := s.matches(ctx, password, out.hash)
	if err != nil {
		return PasswordProof{}, err
	}
	if !ok {
		return PasswordProof{}, ErrPassword
	}
	return out, nil
}

// UsePassword takes a proof inside the caller's transaction, together with what it
// allows: it must be this actor's, at most five minutes old, and of the password that
// he has now; otherwise ErrPassword. Tries that were counted are then forgotten.
func (w Will) UsePassword(ctx context.Context, tx *store.Tx, actor Actor, proof PasswordProof) error {
	s := w.s
	p, err := persons.Get(ctx, tx, actor.Person)
	if err != nil {
		return fault.NotFound(err, ErrNotFound)
	}
	if proof.hash == "" || proof.hash != p.V.Password || !tx.Now().Before(proof.until) {
		return ErrPassword
	}
	return s.forgive(ctx, tx, loginLimits(), p.V.PhoneIx)
}
