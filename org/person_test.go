package org_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

func TestM1RegisterAndLogin(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		if p.State != org.PersonUnverified || p.Phone != "138****01" || p.Name != "张1" || p.MaskedID != "" { // M3
			t.Errorf("registered as %+v", p)
		}
		got, err := w.Login(t.Context(), orgtest.Phone(1), secret.New(password)) // M5 账密登录
		if err != nil || got != p {
			t.Errorf("password login: %+v, %v", got, err)
		}
		got, err = w.LoginByCode(t.Context(), "+86 "+orgtest.Phone(1), w.code(t, orgtest.Phone(1), org.PurposeLogin)) // M5 验证码登录
		if err != nil || got != p {
			t.Errorf("code login: %+v, %v", got, err)
		}
		_, err = w.LoginByCode(t.Context(), orgtest.Phone(2), w.code(t, orgtest.Phone(2), org.PurposeLogin))
		orgtest.Want(t, err, org.ErrLogin)
	})
}

func TestM2RegisterRefuses(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		code := w.code(t, orgtest.Phone(1), org.PurposeRegister)
		good := org.Registration{Phone: orgtest.Phone(1), Code: code, Name: "张三", Password: secret.New(password), Terms: "2026-01"}
		for name, c := range map[string]struct {
			spoil func(*org.Registration)
			want  string
		}{
			"not ticked":         {func(r *org.Registration) { r.Terms = "" }, "terms"},
			"older terms":        {func(r *org.Registration) { r.Terms = "2025-01" }, "terms"},
			"no name":            {func(r *org.Registration) { r.Name = "  " }, "name"},
			"control character":  {func(r *org.Registration) { r.Name = "张\n三" }, "name"},
			"51 characters":      {func(r *org.Registration) { r.Name = strings.Repeat("张", 51) }, "name"},
			"7 characters":       {func(r *org.Registration) { r.Password = secret.New("1234567") }, "password"},
			"129 bytes":          {func(r *org.Registration) { r.Password = secret.New(strings.Repeat("x", 129)) }, "password"},
			"landline":           {func(r *org.Registration) { r.Phone = "02112345678" }, "phone"},
			"another's code":     {func(r *org.Registration) { r.Phone = orgtest.Phone(2) }, "code"},
			"wrong code":         {func(r *org.Registration) { r.Code = other(code) }, "code"},
			"code of five signs": {func(r *org.Registration) { r.Code = secret.New(code.Reveal()[:5]) }, "code"},
		} {
			r := good
			c.spoil(&r)
			_, err := w.Register(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), c.want) || org.Zh(err) == org.Zh(errors.New("unknown")) {
				t.Errorf("%s: %v", name, err)
			}
		}
		good.Name, good.Password = strings.Repeat("张", 50), secret.New(strings.Repeat("x", 128)) // at the limits
		if _, err := w.Register(t.Context(), good); err != nil {
			t.Error(err)
		}
	})
}

func TestM6OneAccountAPhone(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		w.register(t, 1)
		_, err := w.Register(t.Context(), org.Registration{Phone: orgtest.Phone(1), Code: w.code(t, orgtest.Phone(1), org.PurposeRegister),
			Name: "李四", Password: secret.New(password), Terms: "2026-01"})
		orgtest.Want(t, err, org.ErrPhoneTaken)
	})
}

func TestT10WrongPasswordsAreLimited(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		w.register(t, 1)
		for _, phone := range []string{orgtest.Phone(1), orgtest.Phone(2)} { // with and without an account (T24)
			for range 10 {
				_, err := w.Login(t.Context(), phone, secret.New("wrong password"))
				orgtest.Want(t, err, org.ErrLogin)
			}
			_, err := w.Login(t.Context(), phone, secret.New(password))
			wantLimit(t, err, "login", 15*time.Minute)
		}
		w.Pass(15 * time.Minute)
		for range 12 { // right ones are not counted
			if _, err := w.Login(t.Context(), orgtest.Phone(1), secret.New(password)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestT10LongPasswordIsNotHashed(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		w.register(t, 1)
		_, err := w.Login(t.Context(), orgtest.Phone(1), secret.New(password+strings.Repeat("x", 1<<20)))
		orgtest.Want(t, err, org.ErrLogin)
	})
}

func TestT10RehashOnLogin(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	w.register(t, 1)
	if doc := rec.last("org_person"); !strings.Contains(doc, "$argon2id$v=19$m=16,t=1,p=1$") {
		t.Fatalf("stored as %s", doc)
	}
	cfg := w.config(w.db)
	cfg.Password.KiB = 32
	stronger, err := org.New(cfg)
	orgtest.Must(t, err)
	_, err = stronger.Login(t.Context(), orgtest.Phone(1), secret.New("wrong password"))
	orgtest.Want(t, err, org.ErrLogin)
	if doc := rec.last("org_person"); !strings.Contains(doc, "m=16,") {
		t.Error("a wrong password rehashed")
	}
	for range 2 {
		if _, err := stronger.Login(t.Context(), orgtest.Phone(1), secret.New(password)); err != nil {
			t.Fatal(err)
		}
	}
	if doc := rec.last("org_person"); !strings.Contains(doc, "$argon2id$v=19$m=32,t=1,p=1$") {
		t.Errorf("stored as %s", doc)
	}
}

func TestT10HashingWaitsNoLongerThanItsContext(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Login(ctx, orgtest.Phone(1), secret.New(password)); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestM11Verification(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		actor := org.Actor{Person: p.ID}
		_, err := w.ConfirmVerification(t.Context(), actor)
		orgtest.Want(t, err, org.ErrDetailsFirst)
		_, err = w.RefreshFaceCheck(t.Context(), actor, "")
		orgtest.Want(t, err, org.ErrDetailsFirst)

		w.details(t, 1, string(p.ID)) // M7
		r := w.lastFace()
		if r.IDNumber.Reveal() != orgtest.IDNumber(1) || r.Name != "张1" || len(r.Session) != 32 { // M8
			t.Errorf("the provider was asked %+v", r)
		}
		_, err = w.ConfirmVerification(t.Context(), actor) // M11: before the face
		orgtest.Want(t, err, org.ErrFaceFirst)

		orgtest.Must(t, w.face(r.Session, true)) // M9
		if got, _ := w.Person(t.Context(), p.ID); got.State != org.PersonFacePassed || !got.VerifiedAt.IsZero() {
			t.Errorf("after the face: %+v", got)
		}
		orgtest.WantDenied(t, w.may(t, actor, org.ActionEnvelopeSign), org.DenyPersonUnverified)

		got, err := w.ConfirmVerification(t.Context(), actor) // M10
		if err != nil || got.State != org.PersonVerified || !got.VerifiedAt.Equal(w.Now()) || got.MaskedID == "" || strings.Contains(orgtest.IDNumber(1), got.MaskedID) {
			t.Errorf("verified as %+v, %v", got, err)
		}
		orgtest.Must(t, w.may(t, actor, org.ActionEnvelopeSign))
		if again, err := w.ConfirmVerification(t.Context(), actor); err != nil || again != got {
			t.Errorf("confirmed again: %+v, %v", again, err)
		}
		_, err = w.StartVerification(t.Context(), actor, org.Details{Name: "李四", IDNumber: orgtest.IDNumber(2), Code: w.code(t, orgtest.Phone(1), org.PurposeVerify)})
		orgtest.Want(t, err, org.ErrVerified)
	})
}

func TestM7DetailsRefused(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		actor := org.Actor{Person: p.ID}
		code := w.code(t, orgtest.Phone(1), org.PurposeVerify)
		start := func(d org.Details) error { _, err := w.StartVerification(t.Context(), actor, d); return err }
		if err := start(org.Details{Name: "张1", IDNumber: "11010519491231002Y", Code: code}); fieldReason(t, err) == "" {
			t.Error("a wrong number was accepted")
		}
		if err := start(org.Details{IDNumber: orgtest.IDNumber(1), Code: code}); fieldReason(t, err) == "" {
			t.Error("no name was accepted")
		}
		wantCode(t, start(org.Details{Name: "张1", IDNumber: orgtest.IDNumber(1), Code: other(code)}), org.CodeWrong, 4)
		if got, _ := w.Person(t.Context(), p.ID); got.State != org.PersonUnverified || len(w.faces) != 0 {
			t.Errorf("a refused command left %+v", got)
		}
		_, err := w.StartVerification(t.Context(), org.Actor{Person: "nobody"}, org.Details{Name: "张1", IDNumber: orgtest.IDNumber(1), Code: code})
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

func TestM6OneAccountAnIdentity(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		w.verified(t, 1)
		p := w.register(t, 2)
		_, err := w.StartVerification(t.Context(), org.Actor{Person: p.ID}, org.Details{Name: "张1", IDNumber: strings.ToLower(orgtest.IDNumber(1)), Code: w.code(t, orgtest.Phone(2), org.PurposeVerify)})
		orgtest.Must(t, err)
		orgtest.Must(t, w.face(w.lastFace().Session, true))
		_, err = w.ConfirmVerification(t.Context(), org.Actor{Person: p.ID})
		orgtest.Want(t, err, org.ErrIDTaken)
		if got, _ := w.Person(t.Context(), p.ID); got.State == org.PersonVerified {
			t.Error("verified all the same")
		}
	})
}

func TestT23Callbacks(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		actor := org.Actor{Person: p.ID}
		state := func() org.PersonState { got, _ := w.Person(t.Context(), p.ID); return got.State }
		w.details(t, 1, string(p.ID))
		first := w.lastFace().Session

		_, body := callback(org.FaceResult{Session: first, Passed: true})
		orgtest.Want(t, w.FaceCallback(t.Context(), http.Header{}, body), org.ErrCallback) // forged
		orgtest.Want(t, w.face("unknown", true), org.ErrCallback)
		orgtest.Want(t, w.face("", true), org.ErrCallback)
		h, long := callback(org.FaceResult{Session: first, Passed: true, Transaction: strings.Repeat("x", 129)})
		orgtest.Want(t, w.FaceCallback(t.Context(), h, long), org.ErrCallback)
		if strings.Contains(w.log.String(), "13912345678") {
			t.Error("the provider's words are in the log")
		}

		orgtest.Must(t, w.face(first, false))
		orgtest.Must(t, w.face(first, true)) // a session is used once
		if state() != org.PersonDetailed {
			t.Error("a failed session passed")
		}

		_, err := w.RefreshFaceCheck(t.Context(), actor, "https://back.example")
		orgtest.Must(t, err)
		second := w.lastFace()
		if second.Session == first || second.IDNumber.Reveal() != orgtest.IDNumber(1) || second.IDNumber.Mask() != "110*****"+orgtest.IDNumber(1)[17:] || second.ReturnTo != "https://back.example" {
			t.Errorf("refreshed as %+v", second)
		}
		_, err = w.RefreshFaceCheck(t.Context(), actor, "")
		orgtest.Must(t, err)
		orgtest.Must(t, w.face(second.Session, true)) // out of order: it was replaced
		if state() != org.PersonDetailed {
			t.Error("a replaced session passed")
		}

		w.Pass(time.Hour)
		orgtest.Must(t, w.face(w.lastFace().Session, true)) // too late
		if state() != org.PersonDetailed {
			t.Error("a late session passed")
		}

		_, err = w.RefreshFaceCheck(t.Context(), actor, "")
		orgtest.Must(t, err)
		for range 3 {
			orgtest.Must(t, w.face(w.lastFace().Session, true)) // repeated
		}
		if state() != org.PersonFacePassed {
			t.Error("the face did not pass")
		}
		_, err = w.RefreshFaceCheck(t.Context(), actor, "")
		orgtest.Want(t, err, org.ErrVerified)
	})
}

func TestT23ThreeFacesADay(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		actor := org.Actor{Person: p.ID}
		w.details(t, 1, string(p.ID))
		for i := range 3 {
			orgtest.Must(t, w.face(w.lastFace().Session, false))
			_, err := w.RefreshFaceCheck(t.Context(), actor, "")
			if i < 2 {
				orgtest.Must(t, err)
			} else {
				wantLimit(t, err, "face", 24*time.Hour)
			}
		}
		w.Pass(24 * time.Hour)
		_, err := w.RefreshFaceCheck(t.Context(), actor, "")
		orgtest.Must(t, err)
	})
}

func TestT23OtherDetailsNeedAnotherFace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		w.details(t, 1, string(p.ID))
		first := w.lastFace().Session
		orgtest.Must(t, w.face(first, true))
		_, err := w.StartVerification(t.Context(), org.Actor{Person: p.ID}, org.Details{Name: "李四", IDNumber: orgtest.IDNumber(2), Code: w.code(t, orgtest.Phone(1), org.PurposeVerify)})
		orgtest.Must(t, err)
		orgtest.Must(t, w.face(first, true))
		_, err = w.ConfirmVerification(t.Context(), org.Actor{Person: p.ID})
		orgtest.Want(t, err, org.ErrFaceFirst)
	})
}

func TestT11ProviderErrorIsScrubbed(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		w.faceErr = errors.New("no such number " + orgtest.IDNumber(1) + " (phone " + orgtest.Phone(1) + ")")
		_, err := w.StartVerification(t.Context(), org.Actor{Person: p.ID}, org.Details{Name: "张1", IDNumber: orgtest.IDNumber(1), Code: w.code(t, orgtest.Phone(1), org.PurposeVerify)})
		var port *org.PortError
		if !errors.As(err, &port) || port.Port != "face" || strings.Contains(err.Error(), orgtest.IDNumber(1)[:6]) || strings.Contains(err.Error(), orgtest.Phone(1)) {
			t.Errorf("error is %v", err)
		}
		if errors.Unwrap(port) != nil {
			t.Errorf("unwraps to %v", errors.Unwrap(port))
		}
		w.faceErr = fmt.Errorf("phone %s: %w", orgtest.Phone(1), context.Canceled)
		if _, err := w.RefreshFaceCheck(t.Context(), org.Actor{Person: p.ID}, ""); !errors.As(err, &port) || errors.Unwrap(port) != context.Canceled {
			t.Errorf("ended: %v", err)
		}
		w.faceErr = nil
		if _, err := w.RefreshFaceCheck(t.Context(), org.Actor{Person: p.ID}, ""); err != nil { // no new code is needed
			t.Error(err)
		}
	})
}

func TestLookups(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		phone, err := org.ParsePhone(orgtest.Phone(1))
		orgtest.Must(t, err)
		stranger, err := org.ParsePhone(orgtest.Phone(9))
		orgtest.Must(t, err)
		orgtest.Must(t, w.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			p, err := w.Inside().PersonByID(ctx, tx, boss.Person)
			orgtest.Must(t, err)
			if q, err := w.Inside().PersonByPhone(ctx, tx, phone); err != nil || q != p {
				t.Errorf("by phone: %+v, %v", q, err)
			}
			c, err := w.Inside().CompanyByID(ctx, tx, boss.Org)
			orgtest.Must(t, err)
			if d, err := w.Inside().CompanyByCreditCode(ctx, tx, strings.ToLower(creditCode)); err != nil || d != c {
				t.Errorf("by code: %+v, %v", d, err)
			}
			if d, err := w.Inside().CompanyByName(ctx, tx, companyName); err != nil || d != c {
				t.Errorf("by name: %+v, %v", d, err)
			}
			for _, id := range []string{"", "nobody", string(boss.Org), strings.Repeat("x", 300), "\xff"} {
				_, err := w.Inside().PersonByID(ctx, tx, org.PersonID(id))
				orgtest.Want(t, err, org.ErrNotFound)
				_, err = w.Inside().CompanyByName(ctx, tx, id)
				orgtest.Want(t, err, org.ErrNotFound)
				_, err = w.Inside().CompanyByCreditCode(ctx, tx, id)
				orgtest.Want(t, err, org.ErrNotFound)
			}
			_, err = w.Inside().CompanyByID(ctx, tx, org.CompanyID(boss.Person))
			orgtest.Want(t, err, org.ErrNotFound)
			_, err = w.Inside().PersonByPhone(ctx, tx, stranger)
			orgtest.Want(t, err, org.ErrNotFound)
			return nil
		}))
	})
}
