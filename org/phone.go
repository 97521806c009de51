package org

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// PhoneChange is what a change of phone needs: a code from either phone.
type PhoneChange struct {
	OldCode secret.Text // sent by SendCode to the phone of the account, with PurposeOldPhone
	Phone   string      // the new one
	NewCode secret.Text // sent by SendCode to the new phone, with PurposeNewPhone
}

// ChangePhone moves an account to another phone (更换手机号). It uses up both codes or
// neither. It returns a [*CodeError] if one is wrong; the other stays usable. The
// person's places in companies move with them. If an invitation waited for the new
// phone in a company they are already in, it is dropped. The old phone gets a message,
// and sessions from before Person.SecuredAt must end. It returns [ErrPhoneTaken] if the
// new phone has an account (M6), and [ErrSamePhone] if it is the same phone.
//
// What was sent to a phone and the name of a verified person belongs to that person,
// and moves with them. If the person is not verified yet, it keeps waiting for the old
// phone.
func (s *Service) ChangePhone(ctx context.Context, actor Actor, ch PhoneChange) (Person, error) {
	to, err := ParsePhone(ch.Phone)
	if err != nil {
		return Person{}, err
	}
	from, err := s.phone(ctx, actor.Person)
	if err != nil {
		return Person{}, err
	}
	ix := s.keys.Index("phone", to)
	var out Person
	c := command{name: "person.phone", actor: Actor{Person: actor.Person}, args: []string{ix},
		codes: []codeUse{{PurposeOldPhone, from, ch.OldCode}, {PurposeNewPhone, to, ch.NewCode}}}
	repeated, err := s.do(ctx, c, &out, func(ctx context.Context, a *act) error {
		rec, err := persons.Get(ctx, a.tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		was := rec.V
		if was.PhoneIx != s.keys.Index("phone", from) {
			return &CodeError{Reason: CodeWrong} // it was changed meanwhile: the old code was sent to a phone that the account has left
		}
		if was.PhoneIx == ix {
			return ErrSamePhone
		}
		if rec.V.Phone, err = s.keys.Encrypt(s.random, secret.Place{Table: "org_person", Column: "phone", ID: string(was.ID)}, to); err != nil {
			return err
		}
		rec.V.PhoneIx, rec.V.PhoneMask, rec.V.SecuredAt = ix, to.Mask(), a.tx.Now()
		err = update(ctx, a, persons, "person/"+string(was.ID), was, rec)
		if errors.Is(err, store.ErrExists) {
			return ErrPhoneTaken
		}
		if err != nil {
			return err
		}
		if err := s.moveSeats(ctx, a, was, ix, to.Mask()); err != nil {
			return err
		}
		if err := s.voidCodes(ctx, a.tx, was.PhoneIx); err != nil {
			return err
		}
		if err := s.tellKnown(ctx, a.tx, &rec.V); err != nil {
			return err
		}
		out = rec.V.public()
		return s.notify(ctx, a.tx, from, s.texts.Moved(to.Mask()))
	})
	if err != nil {
		return Person{}, err
	}
	if !repeated {
		s.log.InfoContext(ctx, "phone changed", "person", out.ID)
	}
	return out, nil
}

// moveSeats moves a person's places in companies to another phone.
func (s *Service) moveSeats(ctx context.Context, a *act, p person, ix, mask string) error {
	for rec, err := range members.All(ctx, a.tx, store.Where("person", p.ID)) {
		if err != nil {
			return err
		}
		taken, err := members.Page(ctx, a.tx, store.Where("seat", seat(string(rec.V.Company), ix)), store.Limit(1))
		if err != nil {
			return err
		}
		for _, invited := range taken.Items {
			if err := remove(ctx, a, members, "member/"+invited.V.ID, invited); err != nil {
				return err
			}
		}
		was := rec.V
		rec.V.PhoneIx, rec.V.PhoneMask = ix, mask
		if err := update(ctx, a, members, "member/"+was.ID, was, rec); err != nil {
			return err
		}
	}
	return nil
}

// voidCodes deletes the codes that wait on a phone.
func (s *Service) voidCodes(ctx context.Context, tx *store.Tx, phoneIx string) error {
	for _, p := range purposes() {
		rec, err := codes.Get(ctx, tx, codeID(p, phoneIx))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := codes.Delete(ctx, tx, rec); err != nil {
			return err
		}
	}
	return nil
}
