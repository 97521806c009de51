package org_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

func wantFace(t *testing.T, what string, err error, want org.FaceReason) {
	t.Helper()
	var f *org.FaceError
	if !errors.As(err, &f) || f.Reason != want || f.Zh() == "" {
		t.Errorf("%s: %v, want reason %d", what, err, want)
	}
}

// T7, T23: a face check counts for one binding of one person, once, within ten minutes,
// and only after the provider's report.
func TestT7SignFace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		me, other := org.Actor{Person: w.verified(t, 1).ID}, org.Actor{Person: w.verified(t, 2).ID}
		shown, swapped := [32]byte{1}, [32]byte{2}
		start := func() org.SignFace {
			t.Helper()
			f, err := w.Will().StartSignFace(t.Context(), me, shown, "https://back.example/")
			orgtest.Must(t, err)
			if r := w.lastFace(); r.Session != f.Token || r.Name == "" || r.IDNumber.Reveal() != orgtest.IDNumber(1) || r.ReturnTo != "https://back.example/" ||
				!f.Until.Equal(w.Now().Add(10*time.Minute)) {
				t.Fatalf("the provider was asked %+v for %+v", r, f)
			}
			return f
		}
		use := func(a org.Actor, binding [32]byte, token string) (r org.SignFaceResult, err error) {
			err = w.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				r, err = w.Will().UseSignFace(ctx, tx, a, binding, token)
				return err
			})
			return r, err
		}
		f := start()
		_, err := use(me, shown, f.Token)
		wantFace(t, "no report", err, org.FacePending)
		orgtest.Must(t, w.face(f.Token, true))
		orgtest.Must(t, w.face(f.Token, false)) // a second report changes nothing
		for what, tt := range map[string]struct {
			who     org.Actor
			binding [32]byte
			token   string
		}{"another consent": {me, swapped, f.Token}, "another person": {other, shown, f.Token}, "no check": {me, shown, ""}, "a guess": {me, shown, "0123"}} {
			_, err := use(tt.who, tt.binding, tt.token)
			wantFace(t, what, err, org.FaceOther)
		}
		var uses []func() error
		for range 8 {
			uses = append(uses, func() error { _, err := use(me, shown, f.Token); return err })
		}
		done := 0
		for _, err := range atOnce(uses...) {
			if err == nil {
				done++
				continue
			}
			wantFace(t, "used at once", err, org.FaceOther)
		}
		if done != 1 {
			t.Errorf("used %d times", done)
		}
		orgtest.Must(t, w.face(f.Token, true)) // the provider may report it again
		_, err = use(me, shown, f.Token)
		wantFace(t, "used before", err, org.FaceOther)

		f = start()
		orgtest.Must(t, w.face(f.Token, true))
		r, err := use(me, shown, f.Token)
		if err != nil || r.Transaction != "f-1" || org.SignFaceToken(r.Salt, me.Person, shown) != f.Token {
			t.Errorf("%+v, %v", r, err)
		}
		f = start()
		orgtest.Must(t, w.face(f.Token, true))
		w.Pass(10 * time.Minute)
		_, err = use(me, shown, f.Token)
		wantFace(t, "late", err, org.FaceExpired)
		f = start()
		orgtest.Must(t, w.face(f.Token, false))
		_, err = use(me, shown, f.Token)
		wantFace(t, "it did not pass", err, org.FaceFailed)

		p := w.register(t, 3) // the check of a verification does not count for signing
		w.details(t, 3, string(p.ID))
		verifying := w.lastFace().Session
		orgtest.Must(t, w.face(verifying, true))
		_, err = use(org.Actor{Person: p.ID}, shown, verifying)
		wantFace(t, "of a verification", err, org.FaceOther)
		_, err = w.Will().StartSignFace(t.Context(), org.Actor{Person: p.ID}, shown, "")
		orgtest.WantDenied(t, err, org.DenyPersonUnverified)
		h, b := callback(org.FaceResult{Session: f.Token, Passed: true, Transaction: "f-1"})
		b[1] ^= 1
		if err := w.FaceCallback(t.Context(), h, b); !errors.Is(err, org.ErrCallback) {
			t.Errorf("a forged report: %v", err)
		}
	})
}

// T7, T10: a password signs only for its owner and counts as at login. A proof of it
// ends with the password and after five minutes.
func TestT7SignPassword(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		me, other := org.Actor{Person: w.verified(t, 1).ID}, org.Actor{Person: w.verified(t, 2).ID}
		use := func(a org.Actor, p org.PasswordProof) error {
			return w.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return w.Will().UsePassword(ctx, tx, a, p) })
		}
		prove := func() org.PasswordProof {
			t.Helper()
			p, err := w.Will().ProvePassword(t.Context(), me, secret.New(password))
			orgtest.Must(t, err)
			return p
		}
		orgtest.Want(t, use(me, org.PasswordProof{}), org.ErrPassword)
		good := prove()
		orgtest.Want(t, use(other, good), org.ErrPassword)
		orgtest.Must(t, use(me, good))
		w.Pass(5 * time.Minute)
		orgtest.Want(t, use(me, good), org.ErrPassword)
		good = prove()
		orgtest.Must(t, w.ChangePassword(t.Context(), me, secret.New(password), secret.New("another horse")))
		orgtest.Want(t, use(me, good), org.ErrPassword)
		for range 10 {
			_, err := w.Will().ProvePassword(t.Context(), me, secret.New(password))
			orgtest.Want(t, err, org.ErrPassword)
		}
		_, err := w.Will().ProvePassword(t.Context(), me, secret.New("another horse"))
		wantLimit(t, err, "login", 15*time.Minute)
		w.Pass(15 * time.Minute)
		for range 5 {
			_, err := w.Will().ProvePassword(t.Context(), me, secret.New("wrong"))
			orgtest.Want(t, err, org.ErrPassword)
		}
		good, err = w.Will().ProvePassword(t.Context(), me, secret.New("another horse"))
		orgtest.Must(t, err)
		orgtest.Must(t, use(me, good)) // and the wrong ones are forgotten
		for range 10 {
			_, err := w.Will().ProvePassword(t.Context(), me, secret.New("wrong"))
			orgtest.Want(t, err, org.ErrPassword)
		}
		_, err = w.Will().ProvePassword(t.Context(), org.Actor{Person: w.register(t, 3).ID}, secret.New(password))
		orgtest.WantDenied(t, err, org.DenyPersonUnverified)
	})
}

// T7: codes that strangers ask for do not stop their owner's signing, which has limits of its
// own.
func TestT7SigningCodesAreCountedApart(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		me := org.Actor{Person: w.verified(t, 1).ID}
		w.Pass(24 * time.Hour)
		for range 10 { // a day's codes, by anybody
			orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin))
			w.Pass(time.Hour)
		}
		var limit *org.LimitError
		if err := w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin); !errors.As(err, &limit) {
			t.Fatal(err)
		}
		orgtest.Must(t, w.Will().SendSignCode(t.Context(), me, [32]byte{1}))
		if err := w.Will().SendSignCode(t.Context(), me, [32]byte{2}); !errors.As(err, &limit) || limit.After != time.Minute {
			t.Errorf("two in a minute: %v", err)
		}
	})
}
