package org

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// ResetPassword sets a new password with a code sent with [PurposeReset] (忘记密码). It
// returns [ErrLogin] if the phone has no account, as at login, and only after its code
// was proved (T24). Counted wrong passwords are forgotten, and sessions from before
// Person.SecuredAt must end.
func (s *Service) ResetPassword(ctx context.Context, phone string, code, password secret.Text) error {
	to, err := ParsePhone(phone)
	if err != nil {
		return err
	}
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := s.guard(ctx, "login"); err != nil {
		return err
	}
	ix := s.keys.Index("phone", to)
	c := command{name: "person.password.reset", scope: "phone/" + ix, codes: []codeUse{{PurposeReset, to, code}}}
	hash, err := s.hashFor(ctx, c, password)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		p, err := s.byPhone(ctx, a.tx, ix)
		if errors.Is(err, ErrNotFound) {
			return ErrLogin
		}
		if err != nil {
			return err
		}
		a.command.actor.Person = p.ID
		return s.setPassword(ctx, a, p.ID, "", hash)
	})
	return err
}

// ChangePassword sets a new password for a person who knows the old one (修改密码). It
// returns [ErrLogin] if the old one is wrong, which counts like one at login, and a
// [*LimitError] for the eleventh in a quarter of an hour. It returns a [*FieldError] if
// the new one is too short or too long.
func (s *Service) ChangePassword(ctx context.Context, actor Actor, old, password secret.Text) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := s.guard(ctx, "login"); err != nil {
		return err
	}
	var p person
	repeated, c := false, command{name: "person.password", actor: Actor{Person: actor.Person}}
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, _, err := s.standing(ctx, tx, c.actor); err != nil {
			return err
		}
		var err error
		if repeated, err = s.recall(ctx, tx, c, nil); err != nil || repeated {
			return err
		}
		rec, err := persons.Get(ctx, tx, string(actor.Person))
		p = rec.V
		if err != nil {
			return err
		}
		return s.spendOne(ctx, tx, loginLimits(), p.PhoneIx) // before it is checked, as at login
	})
	if err != nil || repeated {
		return err
	}
	ok, _, err := s.matchPassword(ctx, old, p.Password)
	if err != nil {
		return err
	}
	if !ok {
		return ErrLogin
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		return s.setPassword(ctx, a, p.ID, p.Password, hash)
	})
	return err
}

// setPassword stores a new hash; old, if not empty, is what the hash must still be.
func (s *Service) setPassword(ctx context.Context, a *act, id PersonID, old, hash string) error {
	rec, err := persons.Get(ctx, a.tx, string(id))
	if err != nil {
		return err
	}
	if old != "" && rec.V.Password != old {
		return ErrLogin // changed meanwhile
	}
	was := rec.V
	rec.V.Password, rec.V.SecuredAt = hash, a.tx.Now()
	if err := update(ctx, a, persons, "person/"+string(id), was, rec); err != nil {
		return err
	}
	return s.forgive(ctx, a.tx, loginLimits(), was.PhoneIx)
}
