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

// PasswordProof says that an actor knew their password a moment ago. Only
// [Will.ProvePassword] makes one; the zero value proves nothing.
type PasswordProof struct {
	hash  string // salted: no two persons have the same
	until time.Time
}

// ProvePassword checks an actor's login password for signing (密码确认意愿). It is slow on
// purpose, so it must be called outside any transaction; [Will.UsePassword] then takes
// the proof inside. It returns the error of [Inside.Authorize] if the actor may not
// sign in this edition. It returns [ErrPassword] if the password is wrong. A try counts
// like one at login, before it is checked: it returns a [*LimitError] for the eleventh
// in a quarter of an hour.
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
		p, err := persons.Get(ctx, tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		out = PasswordProof{hash: p.V.Password, until: tx.Now().Add(passwordTTL)}
		return s.spendOne(ctx, tx, loginLimits(), p.V.PhoneIx)
	})
	if err != nil {
		return PasswordProof{}, err
	}
	ok, _, err := s.matchPassword(ctx, password, out.hash)
	if err != nil {
		return PasswordProof{}, err
	}
	if !ok {
		return PasswordProof{}, ErrPassword
	}
	return out, nil
}

// UsePassword takes a proof inside the caller's transaction, together with what it
// allows. It returns [ErrPassword] unless the proof is this actor's, at most five
// minutes old, and of their present password. It then forgets the counted tries.
func (w Will) UsePassword(ctx context.Context, tx *store.Tx, actor Actor, proof PasswordProof) error {
	s := w.s
	p, err := persons.Get(ctx, tx, string(actor.Person))
	if err != nil {
		return fault.NotFound(err, ErrNotFound)
	}
	if proof.hash == "" || proof.hash != p.V.Password || !tx.Now().Before(proof.until) {
		return ErrPassword
	}
	return s.forgive(ctx, tx, loginLimits(), p.V.PhoneIx)
}
