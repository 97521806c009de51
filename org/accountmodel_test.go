package org_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// account is the expected state of one account.
type account struct {
	id       org.PersonID
	phone    int // 0 once closed
	password string
	state    org.PersonState
	number   int    // identity that was given
	check    string // the face check that was opened last
	session  time.Time
	open     bool // the session waits for its report
}

// accounts are all of them; phones and identities are small numbers.
type accounts []*account

func (all accounts) byPhone(n int) *account {
	for _, a := range all {
		if a.phone == n {
			return a
		}
	}
	return nil
}

// verifiedAs reports whether an account is verified with an identity.
func (all accounts) verifiedAs(number int) bool {
	for _, a := range all {
		if a.state == org.PersonVerified && a.number == number {
			return true
		}
	}
	return false
}

// ending names the result of an account's command.
func ending(err error) string {
	for name, target := range map[string]error{"phone taken": org.ErrPhoneTaken, "id taken": org.ErrIDTaken, "login": org.ErrLogin,
		"details first": org.ErrDetailsFirst, "face first": org.ErrFaceFirst, "verified": org.ErrVerified} {
		if errors.Is(err, target) {
			return name
		}
	}
	return answer(err)
}

// TestM11Model: accounts from registration to their end. Phones and identities
// belong to one account at a time, and no state is skipped.
func TestM11Model(t *testing.T) {
	done := map[string]int{}
	checks := orgtest.CheckModel(t, 13_500, 0, func(t *rapid.T) {
		w := newWorld(t, memory.New())
		cfg := w.config(w.db)
		cfg.Log = nil
		var err error
		w.Service, err = org.New(cfg)
		orgtest.Must(t, err)
		ctx := context.Background()
		var all accounts
		phone, identity := rapid.IntRange(1, 3), rapid.IntRange(1, 2)
		word := rapid.SampledFrom([]string{"password one", "password two"})
		for range rapid.IntRange(6, 16).Draw(t, "commands") {
			choice := []string{"register", "register", "login", "code login", "reset"}
			var a *account
			if len(all) > 0 {
				a = all[rapid.IntRange(0, len(all)-1).Draw(t, "account")]
				switch a.state {
				case org.PersonUnverified:
					choice = append(choice, "details", "details", "verify", "verify", "verify")
				case org.PersonDetailed:
					choice = append(choice, "refresh", "pass", "pass", "pass", "fail")
				case org.PersonFacePassed:
					choice = append(choice, "confirm", "confirm", "confirm")
				case org.PersonVerified, org.PersonPurged:
				}
				choice = append(choice, "details", "refresh", "pass", "fail", "confirm", "move", "password", "close")
			}
			command := rapid.SampledFrom(choice).Draw(t, "command")
			want, err := "ok", error(nil)
			gone := a != nil && a.state == org.PersonPurged
			switch command {
			case "register":
				n := phone.Draw(t, "phone")
				var p org.Person
				p, err = w.Register(ctx, org.Registration{Phone: orgtest.Phone(n), Code: w.code(t, orgtest.Phone(n), org.PurposeRegister), Name: "张三",
					Password: secret.New("password one"), Terms: "2026-01"})
				if all.byPhone(n) != nil {
					want = "phone taken"
				} else {
					all = append(all, &account{id: p.ID, phone: n, password: "password one"})
				}
			case "login", "code login":
				n, pass := phone.Draw(t, "phone"), word.Draw(t, "password")
				var p org.Person
				if command == "login" {
					w.Pass(time.Hour)
					p, err = w.Login(ctx, orgtest.Phone(n), secret.New(pass))
				} else {
					p, err = w.LoginByCode(ctx, orgtest.Phone(n), w.code(t, orgtest.Phone(n), org.PurposeLogin))
				}
				if b := all.byPhone(n); b == nil || command == "login" && b.password != pass {
					want = "login"
				} else if p.ID != b.id {
					t.Fatalf("%s by phone %d is %s, want %s", command, n, p.ID, b.id)
				}
			case "reset":
				n, pass := phone.Draw(t, "phone"), word.Draw(t, "password")
				err = w.ResetPassword(ctx, orgtest.Phone(n), w.code(t, orgtest.Phone(n), org.PurposeReset), secret.New(pass))
				if b := all.byPhone(n); b == nil {
					want = "login"
				} else {
					b.password = pass
				}
			case "password":
				old, fresh := word.Draw(t, "old"), word.Draw(t, "new")
				w.Pass(time.Hour)
				err = w.ChangePassword(ctx, org.Actor{Person: a.id}, secret.New(old), secret.New(fresh))
				switch {
				case gone:
					want = "nf"
				case old != a.password:
					want = "login"
				default:
					a.password = fresh
				}
			case "details":
				n := identity.Draw(t, "identity")
				w.Pass(24 * time.Hour) // beyond the limit of faces
				code := secret.New("123456")
				if !gone {
					code = w.code(t, orgtest.Phone(a.phone), org.PurposeVerify)
				}
				_, err = w.StartVerification(ctx, org.Actor{Person: a.id}, org.Details{Name: "张三", IDNumber: orgtest.IDNumber(n), Code: code})
				switch {
				case gone:
					want = "nf"
				case a.state == org.PersonVerified:
					want = "verified"
				default:
					a.state, a.number, a.check, a.session, a.open = org.PersonDetailed, n, w.lastFace().Session, w.Now(), true
				}
			case "verify": // all steps at once; otherwise few sequences would get beyond it
				n := identity.Draw(t, "identity")
				w.Pass(24 * time.Hour)
				w.details(t, n, string(a.id), a.phone)
				a.number, a.check, a.session, a.open = n, w.lastFace().Session, w.Now(), false
				orgtest.Must(t, w.face(a.check, true))
				if _, err = w.ConfirmVerification(ctx, org.Actor{Person: a.id}); all.verifiedAs(n) {
					want, a.state = "id taken", org.PersonFacePassed
				} else {
					a.state = org.PersonVerified
				}
			case "refresh":
				w.Pass(24 * time.Hour)
				_, err = w.RefreshFaceCheck(ctx, org.Actor{Person: a.id}, "")
				switch {
				case gone:
					want = "nf"
				case a.state == org.PersonUnverified:
					want = "details first"
				case a.state != org.PersonDetailed:
					want = "verified"
				default:
					a.check, a.session, a.open = w.lastFace().Session, w.Now(), true
				}
			case "pass", "fail":
				if a.check == "" {
					continue
				}
				err = w.face(a.check, command == "pass")
				if a.open && w.Now().Before(a.session.Add(time.Hour)) {
					a.open = false
					if command == "pass" && a.state == org.PersonDetailed {
						a.state = org.PersonFacePassed
					}
				} // otherwise it is late or repeated, and nothing happens
			case "confirm":
				_, err = w.ConfirmVerification(ctx, org.Actor{Person: a.id})
				switch {
				case gone:
					want = "nf"
				case a.state == org.PersonUnverified:
					want = "details first"
				case a.state == org.PersonDetailed:
					want = "face first"
				case a.state == org.PersonFacePassed && all.verifiedAs(a.number):
					want = "id taken"
				default:
					a.state = org.PersonVerified
				}
			case "move":
				n := phone.Draw(t, "phone")
				if n == a.phone {
					continue // both codes cannot reach one phone within a minute
				}
				ch := org.PhoneChange{Phone: orgtest.Phone(n), NewCode: w.code(t, orgtest.Phone(n), org.PurposeNewPhone)}
				if !gone {
					orgtest.Must(t, w.SendCode(ctx, orgtest.Phone(a.phone), org.PurposeOldPhone))
					ch.OldCode = secret.New(sixDigits.FindString(w.lastTo(t, orgtest.Phone(a.phone))))
				}
				_, err = w.ChangePhone(ctx, org.Actor{Person: a.id}, ch)
				switch {
				case gone:
					want = "nf"
				case all.byPhone(n) != nil:
					want = "phone taken"
				default:
					a.phone = n
				}
			case "close":
				code := secret.New("123456")
				if !gone {
					code = w.code(t, orgtest.Phone(a.phone), org.PurposePurge)
				}
				if err = w.Purge(ctx, org.Actor{Person: a.id}, code); gone {
					want = "nf"
				} else {
					a.phone, a.state = 0, org.PersonPurged
				}
			}
			done[command+" "+want]++
			if got := ending(err); got != want {
				t.Fatalf("%s: %s, want %s", command, got, want)
			}
			w.compareAccounts(t, all)
		}
	})
	often(t, done, checks/400, "register ok", "register phone taken", "login ok", "login login", "code login ok", "code login login", "reset ok", "reset login",
		"password ok", "password login", "password nf", "details ok", "details verified", "refresh ok", "refresh details first", "refresh verified",
		"pass ok", "fail ok", "confirm ok", "confirm details first", "confirm face first", "verify ok", "verify id taken", "confirm nf",
		"move ok", "move phone taken", "move nf", "close ok", "close nf")
}

// compareAccounts compares every account with the reference, and who may sign.
func (w *world) compareAccounts(t *rapid.T, all accounts) {
	for i, a := range all {
		p, err := w.Person(context.Background(), a.id)
		orgtest.Must(t, err)
		if p.State != a.state || (p.Phone == "") != (a.phone == 0) || a.phone != 0 && p.Phone != orgtest.Phone(a.phone)[:3]+"****"+orgtest.Phone(a.phone)[9:] {
			t.Fatalf("account %d is %+v, want %+v", i, p, *a)
		}
	}
	if len(all) > 0 {
		a := all[len(all)-1]
		want := "person"
		switch a.state {
		case org.PersonVerified:
			want = "ok"
		case org.PersonPurged:
			want = "nf"
		case org.PersonUnverified, org.PersonDetailed, org.PersonFacePassed:
		}
		if got := answer(w.may(t, org.Actor{Person: a.id}, org.ActionEnvelopeSign)); got != want {
			t.Fatalf("may sign: %s, want %s", got, want)
		}
	}
}
