package org

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// ResetPassword sets a new password on the strength of a code sent with
// PurposeReset (忘记密码). A phone without an account is ErrLogin, as at login, and
// only after its code was proved (T24). Wrong passwords that were counted are
// forgotten, and sessions from before Person.SecuredAt must end.
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
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	ix := s.keys.Index("phone", to)
	c := command{name: "person.password.reset", scope: "phone/" + ix, codes: []codeUse{{PurposeReset, to, code}}}
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

// ChangePassword sets a new password for who knows the old one (修改密码). A wrong old
// one is ErrLogin and counts like one at login: the eleventh in a quarter of an hour
// is a *LimitError. A new one that is too short or too long is a *FieldError.
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
		rec, err := persons.Get(ctx, tx, actor.Person)
		p = rec.V
		if err != nil {
			return err
		}
		return s.spend(ctx, tx, loginLimits(), p.PhoneIx) // before it is judged, as at login
	})
	if err != nil || repeated {
		return err
	}
	ok, _, err := s.matches(ctx, old, p.Password)
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

// setPassword keeps a new hash; old, if not empty, is what it must still be.
func (s *Service) setPassword(ctx context.Context, a *act, id, old, hash string) error {
	rec, err := persons.Get(ctx, a.tx, id)
	if err != nil {
		return err
	}
	if old != "" && rec.V.Password != old {
		return ErrLogin // changed meanwhile
	}
	was := rec.V
	rec.V.Password, rec.V.SecuredAt = hash, a.tx.Now()
	if err := update(ctx, a, persons, "person/"+id, was, rec); err != nil {
		return err
	}
	return s.forgive(ctx, a.tx, loginLimits(), was.PhoneIx)
}
