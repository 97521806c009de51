package org_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// T27: tries are counted by credit code and identity number, so a new account or a new
// company does not reset them.
func TestT27CountersStay(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, proof := w.remittance(t, actor)
		proof.Remark += "0"
		_, err := w.ConfirmRemittance(t.Context(), actor, proof)
		wantAmount(t, err, 2)
		w.Pass(time.Hour)
		orgtest.Must(t, w.purge(t, 1, string(actor.Person))) // the company is deleted with them
		w.Pass(time.Hour)
		again := w.startup(t)
		if again.Org == actor.Org || again.Person == actor.Person {
			t.Fatal("nothing was deleted")
		}
		info, proof := w.remittance(t, again)
		if info.Left != 2 {
			t.Errorf("%d tries left after a new beginning", info.Left)
		}
		proof.Remark += "0"
		_, err = w.ConfirmRemittance(t.Context(), again, proof)
		wantAmount(t, err, 1)

		who := w.register(t, 7)
		w.details(t, 7, string(who.ID))
		for range 3 {
			orgtest.Must(t, w.face(w.lastFace().Session, false))
			if _, err = w.RefreshFaceCheck(t.Context(), org.Actor{Person: who.ID}, ""); err != nil {
				break
			}
		}
		wantLimit(t, err, "face", 24*time.Hour)
		w.Pass(time.Hour)
		orgtest.Must(t, w.purge(t, 7, string(who.ID)))
		w.Pass(time.Hour)
		who = w.register(t, 7)
		_, err = w.StartVerification(t.Context(), org.Actor{Person: who.ID}, org.Details{Name: "张7", IDNumber: orgtest.IDNumber(7), Code: w.code(t, orgtest.Phone(7), org.PurposeVerify)})
		var l *org.LimitError
		if !errors.As(err, &l) || l.What != "face" {
			t.Errorf("a new beginning: %v", err)
		}
	})
}

// T31: each face check that is opened counts, whether anybody looks into the camera or not;
// one that passes makes room again.
func TestT31FacesAreCounted(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		who := w.register(t, 1)
		w.details(t, 1, string(who.ID))
		actor := org.Actor{Person: who.ID}
		opened := 1
		for ; opened < 50; opened++ {
			if _, err := w.RefreshFaceCheck(t.Context(), actor, ""); err != nil {
				wantLimit(t, err, "face", 24*time.Hour)
				break
			}
		}
		if opened != 10 {
			t.Errorf("%d checks were opened in a day", opened)
		}
		w.Pass(24 * time.Hour)
		_, err := w.RefreshFaceCheck(t.Context(), actor, "")
		orgtest.Must(t, err)
		orgtest.Must(t, w.face(w.lastFace().Session, true))
		_, err = w.ConfirmVerification(t.Context(), actor)
		orgtest.Must(t, err)
		for i := range 40 { // signs all day
			out, err := w.Will().StartSignFace(t.Context(), actor, [32]byte{byte(i)}, "")
			orgtest.Must(t, err)
			orgtest.Must(t, w.face(out.Token, true))
		}
		for i := range 11 {
			_, err = w.Will().StartSignFace(t.Context(), actor, [32]byte{byte(i), 1}, "")
			if (err != nil) != (i == 10) {
				t.Errorf("check %d: %v", i+1, err)
			}
		}
	})
}

// T36: a person claims few companies at a time; one that is verified makes room.
func TestT36Claims(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := org.Actor{Person: w.verified(t, 1).ID}
		create := func(n int) (org.Company, error) {
			return w.CreateCompany(t.Context(), actor, org.NewCompany{Name: "公司" + string(rune('A'+n)), CreditCode: orgtest.CreditCode(n)})
		}
		var first org.Company
		for n := range 6 {
			c, err := create(n)
			if n == 0 {
				first = c
			}
			if n == 5 {
				orgtest.Want(t, err, org.ErrClaims)
			} else {
				orgtest.Must(t, err)
			}
		}
		_, err := w.StartLicenceScan(t.Context(), org.Actor{Person: actor.Person, Org: first.ID})
		orgtest.Must(t, err)
		orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
		_, err = create(5)
		orgtest.Must(t, err)
	})
}

// T36: a company that nobody verified in time gives way to another claim of its code or name;
// one in time, in review or verified does not.
func TestT36ClaimsLapse(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		squatter, owner := org.Actor{Person: w.verified(t, 1).ID}, org.Actor{Person: w.verified(t, 2).ID}
		create := func(a org.Actor, name string, code int) (org.Company, error) {
			return w.CreateCompany(ctx, a, org.NewCompany{Name: name, CreditCode: orgtest.CreditCode(code)})
		}
		old, err := create(squatter, "公司一", 1)
		orgtest.Must(t, err)
		scan := org.Actor{Person: squatter.Person, Org: old.ID}
		_, err = w.StartLicenceScan(ctx, scan)
		orgtest.Must(t, err)
		late := w.lastLicence()
		_, err = create(squatter, "公司二", 2)
		orgtest.Must(t, err)
		held, err := create(squatter, "公司三", 3)
		orgtest.Must(t, err)
		_, err = w.StartLicenceScan(ctx, org.Actor{Person: squatter.Person, Org: held.ID})
		orgtest.Must(t, err)
		orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))

		paid, err := create(squatter, "公司四", 4) // an amount was ordered, and never entered
		orgtest.Must(t, err)
		_, err = w.StartRemittance(ctx, org.Actor{Person: squatter.Person, Org: paid.ID}, remittanceForm())
		orgtest.Must(t, err)

		var exists *org.CompanyExistsError
		w.Pass(30*24*time.Hour - time.Minute)
		if _, err := create(owner, "公司一", 1); !errors.As(err, &exists) {
			t.Errorf("in time: %v", err)
		}
		w.Pass(time.Hour)
		made, err := create(owner, "公司一", 2) // the name of one, the code of another
		if err != nil || made.Name != "公司一" {
			t.Fatal(err)
		}
		if _, err := w.StartLicenceScan(ctx, scan); err == nil {
			t.Error("a company that gave way is verified")
		}
		if err := w.licence(late, func(*org.LicenceResult) {}); err != nil {
			t.Errorf("a late callback: %v", err)
		}
		if _, err := create(owner, "公司四", 4); err != nil {
			t.Errorf("an amount that was ordered a month ago: %v", err)
		}
		if _, err := create(owner, "公司三", 3); !errors.As(err, &exists) {
			t.Errorf("verified: %v", err)
		}
		if _, err := create(squatter, "公司一", 1); !errors.As(err, &exists) {
			t.Errorf("the squatter takes it back: %v", err)
		}
	})
}

// T31: checks that proved nothing do not stay.
func TestT31SessionsAreSwept(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	who := w.register(t, 1)
	w.details(t, 1, string(who.ID))
	for range 5 {
		_, err := w.RefreshFaceCheck(t.Context(), org.Actor{Person: who.ID}, "")
		orgtest.Must(t, err)
	}
	orgtest.Must(t, w.face(w.lastFace().Session, true))
	kept := func() (n int) {
		for _, row := range rec.final() {
			if row.table == "org_session" {
				n++
			}
		}
		return n
	}
	w.Pass(6 * 24 * time.Hour)
	w.step(t)
	if n := kept(); n != 6 {
		t.Errorf("%d checks after six days", n)
	}
	w.Pass(2 * 24 * time.Hour)
	w.step(t)
	if n := kept(); n != 1 {
		t.Errorf("%d checks after eight days, want the one that passed", n)
	}
}

// T10: a password is hashed only for who has the right code, and the Guard is asked before: a
// hash costs more than all else.
func TestT10HashesAreNotForStrangers(t *testing.T) {
	w := newWorld(t, memory.New())
	me := w.register(t, 1)
	cfg := w.config(w.db)
	cfg.Password = org.PasswordCost{KiB: 128 << 10, Passes: 10, Lanes: 1} // some seconds
	var asked []string
	cfg.Guard = func(_ context.Context, act string) error { asked = append(asked, act); return nil }
	dear, err := org.New(cfg)
	orgtest.Must(t, err)
	begun := time.Now()
	var wrong *org.CodeError
	for range 5 {
		_, err = dear.Register(t.Context(), org.Registration{Phone: orgtest.Phone(2), Code: secret.New("000000"), Name: "张2", Password: secret.New(password), Terms: "2026-01"})
		if !errors.As(err, &wrong) {
			t.Errorf("registered: %v", err)
		}
		if err := dear.ResetPassword(t.Context(), orgtest.Phone(1), secret.New("000000"), secret.New(password)); !errors.As(err, &wrong) {
			t.Errorf("reset: %v", err)
		}
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("ten strangers took %v", took)
	}
	if len(asked) != 10 || asked[0] != "register" || asked[1] != "login" {
		t.Errorf("the guard was asked %v", asked)
	}
	if _, err := w.Login(t.Context(), orgtest.Phone(1), secret.New(password)); err != nil {
		t.Error(err, me)
	}
}

// T35: what a clock that was a year ahead wrote does not refuse codes for a year, and its
// codes are not good for a year.
func TestT35ClockAhead(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		const year = 365 * 24 * time.Hour
		login := func(code secret.Text) error {
			_, err := w.LoginByCode(t.Context(), orgtest.Phone(1), code)
			return err
		}
		w.register(t, 1)
		w.Pass(time.Hour + year)
		for range 3 {
			w.Pass(2 * time.Minute)
			orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin))
		}
		ahead := lastCode(t, w)
		w.Pass(-year)
		var code *org.CodeError
		if err := login(ahead); !errors.As(err, &code) || code.Reason != org.CodeExpired {
			t.Errorf("a code of the future: %v", err)
		}
		orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin))
		orgtest.Must(t, login(lastCode(t, w)))
	})
}

// lastCode is the code in the last message to the first phone.
func lastCode(t *testing.T, w *world) secret.Text {
	t.Helper()
	return secret.New(sixDigits.FindString(w.lastTo(t, orgtest.Phone(1))))
}

// T36: a company whose name looks like that of another is not made, and a person has no name of
// mixed alphabets.
func TestT36LookAlikes(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		me, other := org.Actor{Person: w.verified(t, 1).ID}, org.Actor{Person: w.verified(t, 2).ID}
		made, err := w.CreateCompany(ctx, me, org.NewCompany{Name: "上海ABC（集团）有限公司", CreditCode: orgtest.CreditCode(1)})
		orgtest.Must(t, err)
		var exists *org.CompanyExistsError
		for i, name := range []string{"上海ABC(集团)有限公司", "上海ＡＢＣ（集团）有限公司", "上海abc【集团】有限公司", "上海ABC （集团） 有限公司"} {
			if _, err := w.CreateCompany(ctx, other, org.NewCompany{Name: name, CreditCode: orgtest.CreditCode(2 + i)}); !errors.As(err, &exists) {
				t.Errorf("%q: %v", name, err)
			}
			err := w.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				found, err := w.Inside().CompanyByName(ctx, tx, name)
				if err == nil && found.ID != made.ID {
					t.Errorf("%q finds %v", name, found)
				}
				return err
			})
			orgtest.Must(t, err)
		}
		var field *org.FieldError
		for _, name := range []string{"上海AВС（集团）有限公司", "· ·", strings.Repeat("\uFDFA", 100)} {
			if _, err := w.CreateCompany(ctx, other, org.NewCompany{Name: name, CreditCode: orgtest.CreditCode(2)}); !errors.As(err, &field) {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}

// T23, T31: a face counts for the number for which it was opened, whatever number its person
// has said since: who tries the number of another does not escape by saying their own.
func TestT31FaceOfAnotherNumber(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		const own, others = 1, 2
		actor := org.Actor{Person: w.register(t, own).ID}
		say := func(n int) (session string, err error) {
			w.Pass(13 * time.Minute)
			orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(own), org.PurposeVerify))
			code := secret.New(sixDigits.FindString(w.lastTo(t, orgtest.Phone(own))))
			_, err = w.StartVerification(t.Context(), actor, org.Details{Name: "张三", IDNumber: orgtest.IDNumber(n), Code: code})
			return w.lastFace().Session, err
		}
		mine, err := say(own)
		orgtest.Must(t, err)
		for n := range 3 {
			tried, err := say(others)
			orgtest.Must(t, err)
			if n == 0 {
				orgtest.Must(t, w.face(mine, true))
			}
			_, err = say(own)
			orgtest.Must(t, err)
			orgtest.Must(t, w.face(tried, false))
		}
		_, err = say(others)
		var l *org.LimitError
		if !errors.As(err, &l) || l.What != "face" {
			t.Errorf("a fourth face for the number of another: %v", err)
		}
	})
}
