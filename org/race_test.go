package org_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// atOnce runs commands in parallel and returns what each answered.
func atOnce(commands ...func() error) []error {
	var wg sync.WaitGroup
	errs := make([]error, len(commands))
	for i, do := range commands {
		wg.Go(func() { errs[i] = do() })
	}
	wg.Wait()
	return errs
}

// one fails unless exactly one command was carried out and the others got the right
// refusals.
func one(t *testing.T, errs []error, refusals ...error) {
	t.Helper()
	done := 0
	for _, err := range errs {
		known := err == nil
		var denied *org.DeniedError
		known = known || errors.As(err, &denied)
		for _, r := range refusals {
			known = known || errors.Is(err, r)
		}
		if err == nil {
			done++
		}
		if !known {
			t.Errorf("error is %v", err)
		}
	}
	if done != 1 {
		t.Errorf("%d of %d were carried out", done, len(errs))
	}
}

// The company is handed over to two at once: one gets it (T3).
func TestT3RemittancesRace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		a, b := w.member(t, boss, 2), w.member(t, boss, 3)
		var commands []func() error
		for range 4 {
			commands = append(commands, func() error { return w.HandOver(t.Context(), boss, a.Person) }, func() error { return w.HandOver(t.Context(), boss, b.Person) })
		}
		one(t, atOnce(commands...))
		mains := 0
		for _, m := range []org.Actor{boss, a, b} {
			if w.standing(t, m).Role == org.MainAdmin {
				mains++
			}
		}
		if mains != 1 || w.standing(t, boss).Role != org.Member {
			t.Errorf("%d main administrators", mains)
		}
	})
}

// Two accounts confirm the same identity at once: one gets it (M6).
func TestM6IdentityRace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		var people []string
		for n := 1; n <= 4; n++ {
			p := w.register(t, n)
			w.details(t, 1, string(p.ID), n)
			orgtest.Must(t, w.face(w.lastFace().Session, true))
			people = append(people, string(p.ID))
		}
		var commands []func() error
		for _, p := range people {
			commands = append(commands, func() error {
				_, err := w.ConfirmVerification(t.Context(), org.Actor{Person: org.PersonID(p)})
				return err
			})
		}
		one(t, atOnce(commands...), org.ErrIDTaken)
	})
}

// Two reviewers decide differently at once: one decision counts (M27).
func TestM27DecisionsRace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.startup(t)
		r := w.submitted(t, boss)
		a, b := w.reviewer(t, 2), w.reviewer(t, 3)
		decide := func(by org.Actor, yes bool) func() error {
			return func() error { _, err := w.ReviewDesk().Decide(t.Context(), by, r.ID, yes, "理由"); return err }
		}
		errs := atOnce(decide(a, true), decide(b, false))
		one(t, errs, org.ErrNoReview)
		got, err := w.ReviewStatus(t.Context(), boss)
		orgtest.Must(t, err)
		c, err := w.Company(t.Context(), boss)
		orgtest.Must(t, err)
		if (got.State == org.ReviewApproved) != (errs[0] == nil) || c.Verified != (errs[0] == nil) {
			t.Errorf("review %v, company %+v", got.State, c)
		}
	})
}

// A company is created once, by the first one (M15).
func TestM15CreationRace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		var commands []func() error
		for n := 1; n <= 4; n++ {
			p := w.verified(t, n)
			commands = append(commands, func() error {
				_, err := w.CreateCompany(t.Context(), org.Actor{Person: p.ID}, org.NewCompany{Name: companyName, CreditCode: creditCode})
				var taken *org.CompanyExistsError
				if errors.As(err, &taken) {
					return errTaken
				}
				return err
			})
		}
		one(t, atOnce(commands...), errTaken)
	})
}

var errTaken = errors.New("taken")

// An account is closed once, and its phone is free for one: T2.
func TestT2PurgeRace(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.verified(t, 1)
		code := w.code(t, orgtest.Phone(1), org.PurposePurge)
		purge := func() error {
			err := w.Purge(t.Context(), org.Actor{Person: p.ID}, code)
			var used *org.CodeError
			if errors.As(err, &used) {
				return org.ErrNotFound
			}
			return err
		}
		one(t, atOnce(purge, purge, purge, purge), org.ErrNotFound)
	})
}

// An id of another company, of nothing, or that no row can have, is not found by any
// command (T1).
func TestT1ForeignIDs(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		desk := w.reviewer(t, 2)
		theirs := w.newFirm(t, string(w.verified(t, 3).ID), 1)
		their := w.verified(t, 4)
		orgtest.Must(t, w.join(t, 4, string(their.ID), w.invite(t, theirs, 4)))
		_, link := w.open(t, theirs, org.LinkTerms{})
		ctx := context.Background()
		for _, id := range []string{"", "nothing", string(their.ID), link.ID, string(theirs.Org), string(theirs.Person), strings.Repeat("x", 300), strings.Repeat("x", 600), "a\x00b", "\xff", "' OR 1=1 --"} {
			for name, err := range map[string]error{
				"Approve": w.Approve(ctx, boss, org.PersonID(id)), "Reject": w.Reject(ctx, boss, org.PersonID(id)), "Disable": w.Disable(ctx, boss, org.PersonID(id)),
				"Enable": w.Enable(ctx, boss, org.PersonID(id)), "SetSubAdmin": w.SetSubAdmin(ctx, boss, org.PersonID(id), true), "HandOver": w.HandOver(ctx, boss, org.PersonID(id)),
				"CloseLink": w.CloseLink(ctx, boss, id), "ReadPaper": w.ReviewDesk().Read(ctx, desk, id, org.PaperLicence, io.Discard),
				"DecideReview": second(w.ReviewDesk().Decide(ctx, desk, id, true, "")), "Audit": third(w.Audit(ctx, org.Actor{Person: boss.Person, Org: org.CompanyID("x" + id)}, "")),
				"Members": third(w.Members(ctx, org.Actor{Person: boss.Person, Org: org.CompanyID("x" + id)}, org.MemberFilter{State: org.Active}, "")),
				"as him":  third(w.Members(ctx, org.Actor{Person: org.PersonID("x" + id), Org: boss.Org}, org.MemberFilter{State: org.Active}, "")),
			} {
				if !errors.Is(err, org.ErrNotFound) {
					t.Errorf("%s of %q: %v", name, id, err)
				}
			}
		}
	})
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }
