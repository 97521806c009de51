package org_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// open opens a link and returns its code and its info.
func (w *world) open(t *testing.T, actor org.Actor, terms org.LinkTerms) (string, org.LinkInfo) {
	t.Helper()
	url, info, err := w.CreateLink(t.Context(), actor, terms)
	orgtest.Must(t, err)
	code, ok := strings.CutPrefix(url, "https://s.example/")
	if !ok || len(code) != 22 { // 131 bits: T8
		t.Fatalf("the address is %q", url)
	}
	return code, info
}

func (w *world) join(t *testing.T, n int, person, code string) error {
	t.Helper()
	return w.Join(t.Context(), org.Actor{Person: org.PersonID(person)}, code, w.code(t, orgtest.Phone(n), org.PurposeJoin))
}

func (w *world) links(t *testing.T, actor org.Actor) []org.LinkInfo {
	t.Helper()
	all, next, err := w.Links(t.Context(), actor, "")
	if err != nil || next != "" {
		t.Fatal(err, next)
	}
	return all
}

func TestM30OpenLink(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		code, info := w.open(t, boss, org.LinkTerms{})
		if info.State != org.LinkOpen || info.Uses != 100 || !info.Expires.Equal(w.Now().Add(7*24*time.Hour)) || info.By != boss.Person {
			t.Errorf("opened as %+v", info)
		}
		p := w.verified(t, 2)
		wantCode(t, w.Join(t.Context(), org.Actor{Person: p.ID}, code, other(w.code(t, orgtest.Phone(2), org.PurposeJoin))), org.CodeWrong, 4) // the phone is proved
		orgtest.Must(t, w.join(t, 2, string(p.ID), code))
		actor := org.Actor{Person: p.ID, Org: boss.Org}
		orgtest.Want(t, w.may(t, actor, org.ActionMemberRead), org.ErrNotFound) // only an application: T8
		if got := w.list(t, boss, org.Applied); len(got) != 1 || got[0].Name != "张2" || got[0].Phone != "138****02" {
			t.Errorf("applied: %+v", got)
		}
		orgtest.Want(t, w.join(t, 2, string(p.ID), code), org.ErrMember)
		orgtest.Must(t, w.Approve(t.Context(), boss, p.ID))
		orgtest.Must(t, w.may(t, actor, org.ActionMemberRead))
		if got := w.links(t, boss); len(got) != 1 || got[0].Used != 1 || got[0].State != org.LinkOpen {
			t.Errorf("links: %+v", got)
		}
	})
}

func TestM30ClosedLink(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		first, second := w.verified(t, 2), w.verified(t, 3)
		code, info := w.open(t, boss, org.LinkTerms{})
		orgtest.Must(t, w.join(t, 2, string(first.ID), code))
		orgtest.Must(t, w.CloseLink(t.Context(), boss, info.ID))
		orgtest.Must(t, w.CloseLink(t.Context(), boss, info.ID)) // again
		orgtest.Want(t, w.join(t, 3, string(second.ID), code), org.ErrInvitation)
		orgtest.Must(t, w.Approve(t.Context(), boss, first.ID)) // what was applied for stays
		if got := w.links(t, boss); got[0].State != org.LinkClosed {
			t.Errorf("links: %+v", got)
		}
		orgtest.Want(t, w.CloseLink(t.Context(), boss, "no such link"), org.ErrNotFound)
		founder, err := w.CreateCompany(t.Context(), org.Actor{Person: second.ID}, org.NewCompany{Name: "新公司", CreditCode: "91110000600037341L"})
		orgtest.Must(t, err)
		theirs := org.Actor{Person: second.ID, Org: founder.ID}
		_, err = w.StartLicenceScan(t.Context(), theirs)
		orgtest.Must(t, err)
		orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
		orgtest.Want(t, w.CloseLink(t.Context(), theirs, info.ID), org.ErrNotFound) // another company's: T1
		orgtest.WantDenied(t, w.CloseLink(t.Context(), org.Actor{Person: first.ID, Org: boss.Org}, info.ID), org.DenyRole)
	})
}

func TestM30LinkExpiresAndCounts(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		a, b, c := w.verified(t, 2), w.verified(t, 3), w.verified(t, 4)
		code, _ := w.open(t, boss, org.LinkTerms{Uses: 1, Life: 30 * 24 * time.Hour})
		orgtest.Must(t, w.join(t, 2, string(a.ID), code))
		orgtest.Want(t, w.join(t, 3, string(b.ID), code), org.ErrInvitation)
		if got := w.links(t, boss); got[0].State != org.LinkUsedUp || got[0].Used != 1 {
			t.Errorf("links: %+v", got)
		}
		code, _ = w.open(t, boss, org.LinkTerms{Life: 9 * time.Hour})
		orgtest.Must(t, w.join(t, 3, string(b.ID), code)) // asking for a code takes four hours
		w.Pass(time.Hour)
		orgtest.Want(t, w.join(t, 4, string(c.ID), code), org.ErrInvitation) // the ninth
		if got := w.links(t, boss); got[0].State != org.LinkExpired || got[0].State.Zh() != "已过期" {
			t.Errorf("links: %+v", got)
		}
		for _, bad := range []org.LinkTerms{{Uses: -1}, {Uses: 1001}, {Life: -1}, {Life: 30*24*time.Hour + 1}} {
			_, _, err := w.CreateLink(t.Context(), boss, bad)
			if fieldReason(t, err) == "" {
				t.Errorf("%+v was taken", bad)
			}
		}
		w.open(t, boss, org.LinkTerms{Uses: 1000, Life: 30 * 24 * time.Hour}) // at the limits
	})
}

// A link ends with the right of the person who opened it: T2, T3. So does a direct
// invitation.
func TestT2LinksOfADisabledMemberAreDead(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		sub := w.member(t, boss, 2)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, true))
		open, _ := w.open(t, sub, org.LinkTerms{})
		direct := w.invite(t, sub, 3)
		p, q := w.verified(t, 3), w.verified(t, 4)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, false)) // no longer an administrator
		orgtest.Want(t, w.join(t, 3, string(p.ID), direct), org.ErrInvitation)
		orgtest.Want(t, w.join(t, 4, string(q.ID), open), org.ErrInvitation)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, true))
		orgtest.Must(t, w.Disable(t.Context(), boss, sub.Person))
		orgtest.Want(t, w.join(t, 4, string(q.ID), open), org.ErrInvitation)
		orgtest.Must(t, w.Enable(t.Context(), boss, sub.Person))
		orgtest.Want(t, w.join(t, 4, string(q.ID), open), org.ErrInvitation) // let in again as an ordinary member
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, true))
		orgtest.Must(t, w.join(t, 4, string(q.ID), open))
	})
}

func TestT8LinkIsNoWayBack(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		out := w.member(t, boss, 2)
		orgtest.Must(t, w.Disable(t.Context(), boss, out.Person))
		code, info := w.open(t, boss, org.LinkTerms{})
		orgtest.Want(t, w.join(t, 2, string(out.Person), code), org.ErrMember) // disabled stays disabled
		p := w.verified(t, 3)
		w.invite(t, boss, 3) // invited, and applies by the link instead
		orgtest.Must(t, w.join(t, 3, string(p.ID), code))
		orgtest.Must(t, w.Reject(t.Context(), boss, p.ID))
		orgtest.Must(t, w.join(t, 3, string(p.ID), code)) // refused, and may apply again
		if got := w.list(t, boss, org.Applied); len(got) != 1 {
			t.Errorf("applied: %+v", got)
		}
		if got := w.list(t, boss, org.Invited); len(got) != 0 {
			t.Errorf("invited: %+v", got)
		}
		if got := w.links(t, boss); got[0].Used != 2 || got[0].ID != info.ID {
			t.Errorf("links: %+v", got)
		}
		orgtest.Want(t, w.join(t, 3, string(p.ID), strings.ToLower(code)+"x"), org.ErrInvitation)
	})
}

// Neither kind of invitation is stored in a form that could be used: T8.
func TestT8OnlyHashesRest(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	boss := w.firm(t)
	open, _ := w.open(t, boss, org.LinkTerms{})
	direct := w.invite(t, boss, 2)
	for _, row := range rec.all() {
		if strings.Contains(row.clear(), open) || strings.Contains(row.clear(), direct) {
			t.Errorf("%s shows a code", row.table)
		}
	}
}

// Sixteen apply at once by a link for eight: eight succeed.
func TestM30LinkCountsUnderLoad(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		var codes []secret.Text
		var people []string
		code, _ := w.open(t, boss, org.LinkTerms{Uses: 8, Life: 30 * 24 * time.Hour})
		for n := 2; n < 18; n++ {
			people = append(people, string(w.register(t, n).ID))
		}
		w.Pass(time.Minute)
		for n := 2; n < 18; n++ { // all within the five minutes of a code
			orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(n), org.PurposeJoin))
			codes = append(codes, secret.New(sixDigits.FindString(w.lastTo(t, orgtest.Phone(n)))))
		}
		var wg sync.WaitGroup
		errs := make([]error, len(people))
		for i, p := range people {
			wg.Go(func() { errs[i] = w.Join(t.Context(), org.Actor{Person: org.PersonID(p)}, code, codes[i]) })
		}
		wg.Wait()
		in := 0
		for _, err := range errs {
			if err == nil {
				in++
			} else {
				orgtest.Want(t, err, org.ErrInvitation)
			}
		}
		if in != 8 || w.links(t, boss)[0].Used != 8 {
			t.Errorf("%d came in, counted %d", in, w.links(t, boss)[0].Used)
		}
	})
}

// The page of an invitation shows the company's name, only to a person who may use it
// (T9).
func TestT9InvitationShowsTheCompanyAlone(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		invited, thief := w.verified(t, 2), w.verified(t, 3)
		direct := w.invite(t, boss, 2)
		open, info := w.open(t, boss, org.LinkTerms{})
		show := func(person, code string) (string, error) {
			return w.InvitingCompany(t.Context(), org.Actor{Person: org.PersonID(person)}, code)
		}
		for _, c := range [][2]string{{string(invited.ID), direct}, {string(invited.ID), open}, {string(thief.ID), open}} {
			if name, err := show(c[0], c[1]); err != nil || name != companyName {
				t.Errorf("%q, %v", name, err)
			}
		}
		orgtest.Must(t, w.CloseLink(t.Context(), boss, info.ID))
		for _, c := range [][2]string{{string(thief.ID), direct}, {string(invited.ID), open}, {string(invited.ID), ""}, {string(invited.ID), "aaaaaaaaaa"}} {
			_, err := show(c[0], c[1])
			orgtest.Want(t, err, org.ErrInvitation)
		}
		_, err := show("nobody", direct)
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

// A wrong link uses up a code: nobody can try out links with one code (T9).
func TestT9WrongLinkUsesTheCodeUp(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		p := w.verified(t, 2)
		open, _ := w.open(t, boss, org.LinkTerms{})
		code := w.code(t, orgtest.Phone(2), org.PurposeJoin)
		orgtest.Want(t, w.Join(t.Context(), org.Actor{Person: p.ID}, "aaaaaaaaaa", code), org.ErrInvitation)
		wantCode(t, w.Join(t.Context(), org.Actor{Person: p.ID}, open, code), org.CodeWrong, 0)
		orgtest.Must(t, w.join(t, 2, string(p.ID), open))
	})
}
