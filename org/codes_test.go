package org_test

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// use tries a code as the comment of UseCode says.
func (w *world) use(p org.Purpose, phone string, code secret.Text, do func() error) error {
	to, err := org.ParsePhone(phone)
	if err != nil {
		return err
	}
	var refused error
	err = w.db.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		if refused = w.Inside().UseCode(ctx, tx, p, to, code); refused != nil {
			return org.Counted(refused)
		}
		return do()
	})
	return errors.Join(err, refused)
}

func nothing() error { return nil }

// other returns a different code of the same form.
func other(code secret.Text) secret.Text {
	digits := []byte(code.Reveal())
	digits[0] = '0' + (digits[0]-'0'+1)%10
	return secret.New(string(digits))
}

func TestT7CodeIsUsedOnce(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		if len(code.Reveal()) != 6 {
			t.Fatalf("the code has %d digits", len(code.Reveal()))
		}
		orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing))
		wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing), org.CodeWrong, 0)
	})
}

func TestT7RefusedCommandLeavesTheCode(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		broken := errors.New("the command is refused")
		orgtest.Want(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, func() error { return broken }), broken)
		orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing))
	})
}

func TestT7FiveWrongTriesVoid(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		for left := 4; left > 0; left-- {
			wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(1), other(code), nothing), org.CodeWrong, left)
		}
		wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(1), other(code), nothing), org.CodeVoid, 0)
		wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing), org.CodeVoid, 0)
		orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), w.code(t, orgtest.Phone(1), org.PurposeLogin), nothing))
	})
}

func TestT7CodeLastsFiveMinutes(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		w.Pass(5*time.Minute - time.Microsecond)
		orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing))
		code = w.code(t, orgtest.Phone(1), org.PurposeLogin)
		w.Pass(5 * time.Minute)
		wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing), org.CodeExpired, 0)
	})
}

func TestT7CodeServesItsPurposeAndSubjectOnly(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		w.Pass(time.Minute)
		orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeRegister))
		w.Pass(time.Minute)
		orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(2), org.PurposeLogin))
		wantCode(t, w.use(org.PurposeVerify, orgtest.Phone(1), code, nothing), org.CodeWrong, 0)
		if same := sixDigits.FindString(w.lastTo(t, orgtest.Phone(2))); same != code.Reveal() {
			wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(2), code, nothing), org.CodeWrong, 4)
		}
		orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing))
	})
}

func TestT7OnlyTheLastCodeIsGood(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		first := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		w.Pass(time.Minute)
		orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin))
		if second := secret.New(sixDigits.FindString(w.lastTo(t, orgtest.Phone(1)))); second != first {
			wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(1), first, nothing), org.CodeWrong, 4)
			orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), second, nothing))
		}
	})
}

func TestT7SendLimits(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		send := func() error { return w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin) }
		orgtest.Must(t, send())
		w.Pass(59 * time.Second)
		wantLimit(t, send(), "sms", time.Second)
		w.Pass(time.Second)
		for i := range 4 { // at 1, 2, 3 and 4 minutes
			orgtest.Must(t, send())
			if i < 3 {
				wantLimit(t, send(), "sms", time.Minute)
			}
			w.Pass(time.Minute)
		}
		wantLimit(t, send(), "sms", 55*time.Minute)
		orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(2), org.PurposeLogin)) // another phone
		w.Pass(55 * time.Minute)
		for range 5 { // the sixth to tenth of the day
			orgtest.Must(t, send())
			w.Pass(time.Hour)
		}
		wantLimit(t, send(), "sms", 18*time.Hour)
		w.Pass(18 * time.Hour)
		orgtest.Must(t, send())
	})
}

func TestT24UnknownPhoneGetsTheSameAnswer(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		w.register(t, 1)
		w.Pass(time.Hour)
		for _, phone := range []string{orgtest.Phone(1), orgtest.Phone(2)} {
			orgtest.Must(t, w.SendCode(t.Context(), phone, org.PurposeRegister))
			w.Pass(time.Minute)
			orgtest.Must(t, w.SendCode(t.Context(), phone, org.PurposeLogin))
			code := secret.New(sixDigits.FindString(w.lastTo(t, phone)))
			_, err := w.LoginByCode(t.Context(), phone, other(code))
			wantCode(t, err, org.CodeWrong, 4)
			_, err = w.Login(t.Context(), phone, secret.New("wrong password"))
			orgtest.Want(t, err, org.ErrLogin)
		}
	})
}

func TestT7SigningCodeIsBound(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.verified(t, 1)
		actor := org.Actor{Person: p.ID}
		shown, swapped := [32]byte{1}, [32]byte{2}
		sign := func(binding [32]byte, code secret.Text) error {
			var refused error
			err := w.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				refused = w.Will().UseSignCode(ctx, tx, actor, binding, code)
				return org.Counted(refused)
			})
			return errors.Join(err, refused)
		}
		w.Pass(time.Hour)
		orgtest.Must(t, w.Will().SendSignCode(t.Context(), actor, shown))
		code := secret.New(sixDigits.FindString(w.lastTo(t, orgtest.Phone(1))))
		wantCode(t, sign(swapped, code), org.CodeWrong, 4)
		orgtest.Must(t, sign(shown, code))
		wantCode(t, sign(shown, code), org.CodeWrong, 0)
		if err := w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeSign); err == nil {
			t.Error("an unbound signing code was sent")
		}
	})
}

func TestT7SigningCodeNeedsStanding(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 5)
		orgtest.WantDenied(t, w.Will().SendSignCode(t.Context(), org.Actor{Person: p.ID}, [32]byte{}), org.DenyPersonUnverified)
		orgtest.Want(t, w.Will().SendSignCode(t.Context(), org.Actor{Person: "nobody"}, [32]byte{}), org.ErrNotFound)
		orgtest.Want(t, w.Will().SendSignCode(t.Context(), org.Actor{}, [32]byte{}), org.ErrNotFound)
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		orgtest.Must(t, w.Disable(t.Context(), boss, m.Person))
		w.Pass(time.Hour)
		orgtest.WantDenied(t, w.Will().SendSignCode(t.Context(), m, [32]byte{}), org.DenyDisabled)
	})
}

// Of many who submit the same code at once exactly one succeeds.
func TestT7ParallelUse(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		var passed atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing) == nil {
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if passed.Load() != 1 {
			t.Errorf("%d got through", passed.Load())
		}
	})
}

// Of many who guess at once at most five guesses are checked.
func TestT7ParallelGuesses(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
		var wrong, void atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				var c *org.CodeError
				if !errors.As(w.use(org.PurposeLogin, orgtest.Phone(1), other(code), nothing), &c) {
					return
				}
				if c.Reason == org.CodeVoid {
					void.Add(1)
				} else {
					wrong.Add(1)
				}
			})
		}
		all.Wait()
		if wrong.Load() != 4 || void.Load() != 12 {
			t.Errorf("%d wrong, %d void", wrong.Load(), void.Load())
		}
	})
}

// The row of a code that is copied to the place of another phone's code cannot be used.
func TestT7SwappedRow(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	code := w.code(t, orgtest.Phone(1), org.PurposeLogin)
	mac := regexp.MustCompile(`"mac":"[^"]*"`)
	stolen := mac.FindString(rec.last("org_code"))
	if stolen == "" {
		t.Fatalf("no MAC in %s", rec.last("org_code"))
	}
	rec.change = func(doc string) string { return mac.ReplaceAllLiteralString(doc, stolen) }
	orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(2), org.PurposeLogin))
	rec.change = nil
	wantCode(t, w.use(org.PurposeLogin, orgtest.Phone(2), code, nothing), org.CodeWrong, 4)
	orgtest.Must(t, w.use(org.PurposeLogin, orgtest.Phone(1), code, nothing))
}

func TestT7UnknownPurpose(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		for _, p := range []org.Purpose{"", "anything"} {
			if fieldReason(t, w.SendCode(t.Context(), orgtest.Phone(1), p)) == "" {
				t.Errorf("a code for %q was sent", p)
			}
		}
		if len(w.messages()) != 0 {
			t.Error("a message left")
		}
	})
}
