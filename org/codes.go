package org

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// Purpose says what a one-time code is for; it serves nothing else.
type Purpose string

// The purposes.
const (
	PurposeRegister Purpose = "register"
	PurposeLogin    Purpose = "login"
	PurposeVerify   Purpose = "verify" // real-name verification (M7)
	PurposeJoin     Purpose = "join"   // joining a company (M32)
	PurposeSign     Purpose = "sign"   // bound to what is signed (M76)
)

const (
	codeTTL   = 5 * time.Minute
	codeTries = 5
)

// judgeCode says whether a code may be used: nil, or the refusal. Pure.
func judgeCode(c *oneTimeCode, mac []byte, now time.Time) error {
	switch {
	case c == nil:
		return &CodeError{Reason: CodeWrong}
	case c.Tries >= codeTries:
		return &CodeError{Reason: CodeVoid}
	case !now.Before(c.Expires):
		return &CodeError{Reason: CodeExpired}
	case !hmac.Equal(c.MAC, mac):
		left := codeTries - c.Tries - 1
		if left == 0 {
			return &CodeError{Reason: CodeVoid}
		}
		return &CodeError{Reason: CodeWrong, Left: left}
	}
	return nil
}

// SendCode sends a one-time code (验证码) to a phone for any purpose but signing.
// The answer is the same whether the phone has an account or not (T24). At most
// one code a minute, five an hour, ten a day go to a phone.
func (s *Service) SendCode(ctx context.Context, phone string, p Purpose) error {
	if p == PurposeSign {
		return errors.New("org: a signing code is bound to what is signed: use SendSignCode")
	}
	to, err := ParsePhone(phone)
	if err != nil {
		return err
	}
	return s.sendCode(ctx, to, p, [32]byte{})
}

// SendSignCode sends the actor a code that is good for one binding: the digest
// of the documents, places and seals he is shown. Who may not sign in this
// edition gets none.
func (s *Service) SendSignCode(ctx context.Context, actor Actor, binding [32]byte) error {
	var to Secret
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, ActionEnvelopeSign); err != nil {
			return err
		}
		p, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return notFound(err)
		}
		to, err = s.phoneOf(&p.V)
		return err
	})
	if err != nil {
		return err
	}
	return s.sendCode(ctx, to, PurposeSign, binding)
}

func codeID(p Purpose, subject string) string { return string(p) + "/" + subject }

// sendCode keeps the code's HMAC, and only then sends it.
func (s *Service) sendCode(ctx context.Context, to Secret, p Purpose, binding [32]byte) error {
	n, err := rand.Int(s.random, big.NewInt(1_000_000))
	if err != nil {
		return fmt.Errorf("org: random: %w", err)
	}
	code := NewSecret(fmt.Sprintf("%06d", n))
	subject := s.keys.blind("phone", to)
	var id string
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		id = tx.NewID()
		if err := s.spend(ctx, tx, s.smsLimits(), subject); err != nil {
			return err
		}
		c := oneTimeCode{ID: codeID(p, subject), MAC: s.keys.codeMAC(p, subject, binding, code), Expires: tx.Now().Add(codeTTL)}
		old, err := codes.Get(ctx, tx, c.ID)
		if errors.Is(err, store.ErrNotFound) {
			return codes.Insert(ctx, tx, c)
		}
		if err != nil {
			return err
		}
		old.V = c
		return codes.Update(ctx, tx, old)
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, smsTimeout)
	defer cancel()
	if err := s.sms.Send(ctx, Message{ID: id, Phone: to, Text: NewSecret(s.texts.Code(code.Reveal()))}); err != nil {
		return portError("sms", err)
	}
	return nil
}

// UseCode uses up a code inside the caller's transaction, together with what it
// allows. A *CodeError means that the code was refused and that the try was
// counted in this transaction: the caller must commit it without doing anything
// else, and return the error afterwards:
//
//	var refused error
//	err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
//		if refused = service.UseCode(…); refused != nil {
//			return org.Counted(refused)
//		}
//		…
//	})
func (s *Service) UseCode(ctx context.Context, tx *store.Tx, p Purpose, phone, code Secret) error {
	return s.useCode(ctx, tx, p, s.keys.blind("phone", phone), [32]byte{}, code)
}

// UseSignCode is UseCode for a code that SendSignCode sent.
func (s *Service) UseSignCode(ctx context.Context, tx *store.Tx, actor Actor, binding [32]byte, code Secret) error {
	p, err := persons.Get(ctx, tx, actor.Person)
	if err != nil {
		return notFound(err)
	}
	return s.useCode(ctx, tx, PurposeSign, p.V.PhoneIx, binding, code)
}

// Counted is what a transaction returns after UseCode: nil for a *CodeError, so
// that the counted try is committed, and any other error as it is.
func Counted(err error) error {
	var wrong *CodeError
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

func (s *Service) useCode(ctx context.Context, tx *store.Tx, p Purpose, subject string, binding [32]byte, code Secret) error {
	rec, err := codes.Get(ctx, tx, codeID(p, subject))
	if errors.Is(err, store.ErrNotFound) {
		return judgeCode(nil, nil, tx.Now())
	}
	if err != nil {
		return err
	}
	refused := judgeCode(&rec.V, s.keys.codeMAC(p, subject, binding, code), tx.Now())
	if refused == nil {
		return codes.Delete(ctx, tx, rec) // single use
	}
	if rec.V.Tries >= codeTries {
		return refused
	}
	rec.V.Tries++
	if err := codes.Update(ctx, tx, rec); err != nil {
		return err
	}
	return refused
}

// withCode runs a command that a code opens: the code's use and the command's
// changes are one commit, and so is the count of a wrong try.
func (s *Service) withCode(ctx context.Context, p Purpose, phone, code Secret, do func(ctx context.Context, tx *store.Tx) error) error {
	var refused error
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if refused = s.UseCode(ctx, tx, p, phone, code); refused != nil {
			return Counted(refused)
		}
		return do(ctx, tx)
	})
	if err != nil {
		return err
	}
	return refused
}
