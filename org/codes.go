package org

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Purpose says what a one-time code is for; it can be used for nothing else.
type Purpose string

// The purposes.
const (
	PurposeRegister Purpose = "register"
	PurposeLogin    Purpose = "login"
	PurposeVerify   Purpose = "verify"    // real-name verification (M7)
	PurposeJoin     Purpose = "join"      // joining a company (M32)
	PurposeSign     Purpose = "sign"      // bound to what is signed (M76)
	PurposeReset    Purpose = "reset"     // a forgotten password
	PurposeOldPhone Purpose = "phone-old" // leaving a phone, sent to it
	PurposeNewPhone Purpose = "phone-new" // taking a phone, sent to it
	PurposePurge    Purpose = "purge"     // closing the account for good
)

func purposes() []Purpose {
	return []Purpose{PurposeRegister, PurposeLogin, PurposeVerify, PurposeJoin, PurposeSign, PurposeReset, PurposeOldPhone,
		PurposeNewPhone, PurposePurge}
}

const (
	codeTTL   = 5 * time.Minute
	codeTries = 5
)

// judgeCode checks that a code may be used: nil, or the refusal. Pure.
func judgeCode(c *oneTimeCode, mac []byte, now time.Time) error {
	switch {
	case c == nil:
		return &CodeError{Reason: CodeWrong}
	case c.Tries >= codeTries:
		return &CodeError{Reason: CodeVoid}
	case !now.Before(c.Expires), c.Expires.After(now.Add(codeTTL + clockSkew)): // or sent by a clock that was wrong (T35)
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

// SendCode sends a one-time code (验证码) of six digits to a phone, for any purpose except
// signing. The code is valid for five minutes, five tries and one use, and replaces the
// one before. The answer is the same whether the phone has an account or not (T24). At
// most one code a minute, five an hour and ten a day go to a phone, or what
// Config.Codes says; SendCode returns a [*LimitError] for more. It returns a
// [*FieldError] if the phone or the purpose is invalid, and a [*PortError] if the
// carrier does not answer.
func (s *Service) SendCode(ctx context.Context, phone string, p Purpose) error {
	if p == PurposeSign {
		return errors.New("org: a signing code is bound to what is signed: use SendSignCode")
	}
	if !slices.Contains(purposes(), p) {
		return &FieldError{"purpose", "codes are not sent for it", "请求有误，请刷新后重试"}
	}
	to, err := ParsePhone(phone)
	if err != nil {
		return err
	}
	return s.sendCode(ctx, to, p, [32]byte{})
}

// SendSignCode sends the actor a code (签署验证码, M76) that is valid for one binding: the
// SHA-256 of the documents, places and seals that they are shown. It returns the error
// of [Inside.Authorize] if the actor may not sign in this edition, and otherwise the
// errors of [Service.SendCode]. Signing codes have the same limits, and are counted apart.
func (w Will) SendSignCode(ctx context.Context, actor Actor, binding [32]byte) error {
	s := w.s
	var to secret.Text
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionEnvelopeSign); err != nil {
			return err
		}
		p, err := persons.Get(ctx, tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
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

// sendCode stores the code's HMAC, and only then sends the code.
func (s *Service) sendCode(ctx context.Context, to secret.Text, p Purpose, binding [32]byte) error {
	if err := s.guard(ctx, "code"); err != nil {
		return err
	}
	n, err := rand.Int(s.random, big.NewInt(1_000_000))
	if err != nil {
		return fmt.Errorf("org: random: %w", err)
	}
	code := secret.New(fmt.Sprintf("%06d", n))
	subject := s.keys.Index("phone", to)
	counted := subject
	if p == PurposeSign { // only its owner asks for these: what strangers ask for does not stop them
		counted = "sign/" + subject
	}
	var id string
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		id = tx.NewID()
		if err := s.spendOne(ctx, tx, s.smsLimits(), counted); err != nil {
			return err
		}
		c := oneTimeCode{ID: codeID(p, subject), MAC: s.keys.CodeMAC(string(p), subject, string(binding[:]), code.Reveal()), Expires: tx.Now().Add(codeTTL)}
		return codes.Put(ctx, tx, c)
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, smsTimeout)
	defer cancel()
	if err := s.sms.Send(ctx, Message{ID: id, Phone: to, Text: secret.New(s.texts.Code(code.Reveal()))}); err != nil {
		return portError("sms", err)
	}
	return nil
}

// UseCode uses up a code inside the caller's transaction, together with what it allows.
// It returns a [*CodeError] if the code was refused and the try was counted in this
// transaction. The caller must then commit it without doing anything else, and return
// the error afterwards:
//
//	var refused error
//	err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
//		if refused = service.UseCode(…); refused != nil {
//			return org.Counted(refused)
//		}
//		…
//	})
func (in Inside) UseCode(ctx context.Context, tx *store.Tx, p Purpose, phone, code secret.Text) error {
	s := in.s
	return s.useCode(ctx, tx, p, s.keys.Index("phone", phone), [32]byte{}, code)
}

// UseSignCode is [Inside.UseCode] for a code of [Will.SendSignCode]. It returns the
// error of [Inside.Authorize] if the actor may no longer sign in this edition; the code
// then stays as it was.
func (w Will) UseSignCode(ctx context.Context, tx *store.Tx, actor Actor, binding [32]byte, code secret.Text) error {
	s := w.s
	st, err := s.Inside().Authorize(ctx, tx, actor, ActionEnvelopeSign)
	if err != nil {
		return err
	}
	return s.useCode(ctx, tx, PurposeSign, st.PhoneIx, binding, code)
}

// Counted returns what a transaction must return after [Inside.UseCode]: nil for a
// [*CodeError], so that the counted try is committed, and any other error unchanged.
func Counted(err error) error {
	var wrong *CodeError
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

func (s *Service) useCode(ctx context.Context, tx *store.Tx, p Purpose, subject string, binding [32]byte, code secret.Text) error {
	rec, err := s.tryCode(ctx, tx, p, subject, binding, code)
	if err != nil {
		return err
	}
	return codes.Delete(ctx, tx, rec) // single use
}

// tryCode returns a code that is right; otherwise it counts the try and returns the
// refusal.
func (s *Service) tryCode(ctx context.Context, tx *store.Tx, p Purpose, subject string, binding [32]byte, code secret.Text) (store.Rec[oneTimeCode], error) {
	rec, err := codes.Get(ctx, tx, codeID(p, subject))
	if errors.Is(err, store.ErrNotFound) {
		return rec, judgeCode(nil, nil, tx.Now())
	}
	if err != nil {
		return rec, err
	}
	refused := judgeCode(&rec.V, s.keys.CodeMAC(string(p), subject, string(binding[:]), code.Reveal()), tx.Now())
	if refused == nil || rec.V.Tries >= codeTries {
		return rec, refused
	}
	rec.V.Tries++
	if err := codes.Update(ctx, tx, rec); err != nil {
		return rec, err
	}
	return rec, refused
}

// hashFor hashes a password for a command, but only if its codes are right, or it was carried
// out before: a hash costs more than all else, and strangers must not have it for nothing. The
// codes are not used up. A wrong one is counted.
func (s *Service) hashFor(ctx context.Context, c command, password secret.Text) (string, error) {
	var refused error
	var repeated bool
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		refused = nil
		if repeated, err = s.recall(ctx, tx, c, nil); repeated || err != nil {
			return err
		}
		for _, u := range c.codes {
			if _, refused = s.tryCode(ctx, tx, u.purpose, s.keys.Index("phone", u.phone), [32]byte{}, u.code); refused != nil {
				return Counted(refused)
			}
		}
		return nil
	})
	if err != nil || refused != nil || repeated {
		return "", cmp.Or(err, refused)
	}
	return s.hashPassword(ctx, password)
}

// codeUse is a code that a command needs.
type codeUse struct {
	purpose     Purpose
	phone, code secret.Text
}

// useCodes uses up every code, or none: a wrong one is counted, and the others stay as
// they were.
func (s *Service) useCodes(ctx context.Context, tx *store.Tx, uses []codeUse) error {
	good := make([]store.Rec[oneTimeCode], 0, len(uses))
	for _, u := range uses {
		rec, err := s.tryCode(ctx, tx, u.purpose, s.keys.Index("phone", u.phone), [32]byte{}, u.code)
		if err != nil {
			return err
		}
		good = append(good, rec)
	}
	for _, rec := range good {
		if err := codes.Delete(ctx, tx, rec); err != nil {
			return err
		}
	}
	return nil
}
