package org_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

func (w *world) list(t *testing.T, actor org.Actor, state org.MemberState) []org.MemberInfo {
	t.Helper()
	all, next, err := w.Members(t.Context(), actor, org.MemberFilter{State: state}, "")
	if err != nil || next != "" {
		t.Fatal(err, next)
	}
	return all
}

func (w *world) standing(t *testing.T, actor org.Actor) org.Standing {
	t.Helper()
	var st org.Standing
	orgtest.Must(t, w.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		st, err = w.Inside().Authorize(ctx, tx, actor, org.ActionMemberRead)
		return err
	}))
	return st
}

func TestM33InviteJoinApprove(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		code := w.invite(t, boss, 2) // M28 and M29
		if got := w.list(t, boss, org.Invited); len(got) != 1 || got[0].Phone != "138****02" || got[0].Person != "" {
			t.Errorf("invited: %+v", got)
		}
		p := w.verified(t, 2)
		actor := org.Actor{Person: p.ID, Org: boss.Org}
		orgtest.Must(t, w.Join(t.Context(), org.Actor{Person: p.ID}, code, w.code(t, orgtest.Phone(2), org.PurposeJoin))) // M32
		orgtest.Want(t, w.may(t, actor, org.ActionMemberRead), org.ErrNotFound)                                           // an applicant is not a member
		if got := w.list(t, boss, org.Applied); len(got) != 1 || got[0].Person != p.ID {
			t.Errorf("applied: %+v", got)
		}
		orgtest.Must(t, w.Approve(t.Context(), boss, p.ID)) // M33
		orgtest.Must(t, w.may(t, actor, org.ActionMemberRead))
		orgtest.Want(t, w.Approve(t.Context(), boss, p.ID), org.ErrMemberState)
		orgtest.Want(t, w.Reject(t.Context(), boss, p.ID), org.ErrMemberState)
		if got := w.list(t, boss, org.Active); len(got) != 2 {
			t.Errorf("active: %+v", got)
		}
		_, err := w.Invite(t.Context(), boss, "张2", orgtest.Phone(2))
		orgtest.Want(t, err, org.ErrMember)
	})
}

func TestM33RejectedMayBeInvitedAgain(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		p := w.verified(t, 2)
		join := func(link string) error {
			return w.Join(t.Context(), org.Actor{Person: p.ID}, link, w.code(t, orgtest.Phone(2), org.PurposeJoin))
		}
		link := w.invite(t, boss, 2)
		orgtest.Must(t, join(link))
		orgtest.Must(t, w.Reject(t.Context(), boss, p.ID))
		orgtest.Want(t, join(link), org.ErrInvitation)
		orgtest.Want(t, w.Approve(t.Context(), boss, p.ID), org.ErrMemberState)
		orgtest.Must(t, join(w.invite(t, boss, 2)))
		orgtest.Must(t, w.Approve(t.Context(), boss, p.ID))
	})
}

func TestT8InvitationBelongsToItsPhone(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		invited, thief := w.verified(t, 2), w.verified(t, 3)
		link := w.invite(t, boss, 2)
		join := func(person string, n int, link string) error {
			return w.Join(t.Context(), org.Actor{Person: org.PersonID(person)}, link, w.code(t, orgtest.Phone(n), org.PurposeJoin))
		}
		orgtest.Want(t, join(string(thief.ID), 3, link), org.ErrInvitation) // forwarded
		for _, guess := range []string{"", "aaaaaaaaaa", link + "x", strings.ToLower(link) + "-"} {
			orgtest.Want(t, join(string(invited.ID), 2, guess), org.ErrInvitation)
		}
		wantCode(t, w.Join(t.Context(), org.Actor{Person: invited.ID}, link, other(w.code(t, orgtest.Phone(2), org.PurposeJoin))), org.CodeWrong, 4)
		orgtest.Want(t, w.Join(t.Context(), org.Actor{Person: "nobody"}, link, secret.New("123456")), org.ErrNotFound)

		newer := w.invite(t, boss, 2)
		orgtest.Want(t, join(string(invited.ID), 2, link), org.ErrInvitation) // replaced
		orgtest.Must(t, join(string(invited.ID), 2, newer))
		orgtest.Want(t, join(string(invited.ID), 2, newer), org.ErrInvitation) // used
	})
}

func TestT8InvitationExpires(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		p := w.verified(t, 2)
		link := w.invite(t, boss, 2)
		w.Pass(7*24*time.Hour - 4*time.Hour) // asking for the code takes four more
		orgtest.Want(t, w.Join(t.Context(), org.Actor{Person: p.ID}, link, w.code(t, orgtest.Phone(2), org.PurposeJoin)), org.ErrInvitation)
	})
}

func TestM29InviteRefuses(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		for _, bad := range [][2]string{{"", orgtest.Phone(2)}, {"张三", "021-12345678"}, {"张\x00三", orgtest.Phone(2)}} {
			_, err := w.Invite(t.Context(), boss, bad[0], bad[1])
			if fieldReason(t, err) == "" {
				t.Errorf("%q was invited", bad)
			}
		}
		_, err := w.Invite(t.Context(), w.member(t, boss, 2), "张三", orgtest.Phone(3))
		orgtest.WantDenied(t, err, org.DenyRole)
		_, err = w.Invite(t.Context(), org.Actor{Person: boss.Person}, "张三", orgtest.Phone(3))
		orgtest.WantDenied(t, err, org.DenyPersonal)
	})
}

func TestM31InvitationText(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		w.invite(t, w.firm(t), 2)
		if n, err := w.Step(t.Context()); n != 1 || err != nil {
			t.Fatalf("Step sent %d, %v", n, err)
		}
		want := regexp.MustCompile(`^【大家签】您好, 张1将您添加至` + companyName + `企业账户中, 详情请点击: https://s\.example/[A-Za-z0-9]{10}。$`)
		if got := w.lastTo(t, orgtest.Phone(2)); !want.MatchString(got) {
			t.Errorf("text is %q", got)
		}
	})
}

func TestT9ShortCodesDoNotRepeat(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		seen, letters := map[string]bool{}, map[rune]int{}
		for range 2000 {
			code, err := w.Inside().ShortCode()
			if err != nil || len(code) != 10 || seen[code] {
				t.Fatal(code, err)
			}
			seen[code] = true
			for _, r := range code {
				letters[r]++
			}
		}
		for r, n := range letters { // 20,000 letters: 323 of each expected
			if n < 220 || n > 430 {
				t.Errorf("%q comes %d times", r, n)
			}
		}
		if len(letters) != 62 {
			t.Errorf("%d letters", len(letters))
		}
	})
}

func TestM34DisableEnable(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, m.Person, true))
		before := w.standing(t, m).Tenure
		orgtest.Must(t, w.Disable(t.Context(), boss, m.Person))
		orgtest.WantDenied(t, w.may(t, m, org.ActionEnvelopeSign), org.DenyDisabled) // at once
		if contexts, _ := w.Editions(t.Context(), m.Person); len(contexts) != 1 {
			t.Errorf("a disabled member can switch to %+v", contexts[1:])
		}
		if got := w.list(t, boss, org.Disabled); len(got) != 1 || got[0].Person != m.Person {
			t.Errorf("disabled: %+v", got)
		}
		orgtest.Want(t, w.Disable(t.Context(), boss, m.Person), org.ErrMemberState)
		w.Pass(-time.Minute) // T32: whatever the clock says
		orgtest.Must(t, w.Enable(t.Context(), boss, m.Person))
		st := w.standing(t, m)
		if st.Role != org.Member || st.Tenure == before { // T2: nothing comes back silently
			t.Errorf("enabled as %+v", st)
		}
		orgtest.Want(t, w.Enable(t.Context(), boss, m.Person), org.ErrMemberState)
	})
}

// M13, M36: the role cannot be given twice, nor taken.
func TestT4MainAdministratorStays(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		sub := w.member(t, boss, 2)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, true))
		orgtest.WantDenied(t, w.Disable(t.Context(), sub, boss.Person), org.DenyRole)
		orgtest.WantDenied(t, w.Disable(t.Context(), boss, boss.Person), org.DenyRole)
		orgtest.WantDenied(t, w.HandOver(t.Context(), sub, sub.Person), org.DenyRole)
		orgtest.WantDenied(t, w.SetSubAdmin(t.Context(), sub, sub.Person, true), org.DenyRole)
		orgtest.Want(t, w.SetSubAdmin(t.Context(), boss, boss.Person, false), org.ErrMemberState)
		orgtest.Must(t, w.may(t, boss, org.ActionCompanyHandOver))
	})
}

func TestM37SubAdministrator(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m, n := w.member(t, boss, 2), w.member(t, boss, 3)
		orgtest.WantDenied(t, w.Disable(t.Context(), m, n.Person), org.DenyRole)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, m.Person, true))
		orgtest.Must(t, w.Disable(t.Context(), m, n.Person))
		orgtest.Want(t, w.SetSubAdmin(t.Context(), boss, n.Person, true), org.ErrMemberState) // disabled
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, m.Person, false))
		orgtest.WantDenied(t, w.Enable(t.Context(), m, n.Person), org.DenyRole)
	})
}

func TestM38HandOver(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m, gone := w.member(t, boss, 2), w.member(t, boss, 3)
		orgtest.Must(t, w.Disable(t.Context(), boss, gone.Person))
		orgtest.Want(t, w.HandOver(t.Context(), boss, boss.Person), org.ErrSuccessor)
		orgtest.Want(t, w.HandOver(t.Context(), boss, gone.Person), org.ErrSuccessor)
		orgtest.Want(t, w.HandOver(t.Context(), boss, w.verified(t, 4).ID), org.ErrNotFound)

		young := w.register(t, 5) // a member, but not verified
		orgtest.Must(t, w.Join(t.Context(), org.Actor{Person: young.ID}, w.invite(t, boss, 5), w.code(t, orgtest.Phone(5), org.PurposeJoin)))
		orgtest.Must(t, w.Approve(t.Context(), boss, young.ID))
		orgtest.Want(t, w.HandOver(t.Context(), boss, young.ID), org.ErrSuccessor)

		orgtest.Must(t, w.HandOver(t.Context(), boss, m.Person))
		if st := w.standing(t, boss); st.Role != org.Member { // T3
			t.Errorf("the old administrator is %v", st.Role)
		}
		if st := w.standing(t, m); st.Role != org.MainAdmin {
			t.Errorf("the new administrator is %v", st.Role)
		}
		orgtest.WantDenied(t, w.HandOver(t.Context(), boss, boss.Person), org.DenyRole)
		orgtest.WantDenied(t, w.Enable(t.Context(), boss, gone.Person), org.DenyRole)
		orgtest.Must(t, w.Disable(t.Context(), m, boss.Person))
	})
}

func TestTenure(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m, gone := w.member(t, boss, 2), w.member(t, boss, 3)
		orgtest.Must(t, w.Disable(t.Context(), boss, gone.Person))
		orgtest.Must(t, w.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for person, want := range map[string]bool{string(boss.Person): true, string(m.Person): true, string(gone.Person): false, "nobody": false, "": false} {
				if got, err := w.Inside().Tenure(ctx, tx, boss.Org, org.PersonID(person)); got != "" != want || err != nil {
					t.Errorf("%q: %v, %v", person, got, err)
				}
			}
			return nil
		}))
	})
}

// Invitations do not flood a phone, nor all phones of a company: T24.
func TestT24InvitationsAreLimited(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		for range 10 {
			w.invite(t, boss, 2)
		}
		_, err := w.Invite(t.Context(), boss, "张2", orgtest.Phone(2))
		wantLimit(t, err, "invite", 24*time.Hour)
		for n := 100; n < 590; n++ {
			w.invite(t, boss, n)
		}
		_, err = w.Invite(t.Context(), boss, "张三", orgtest.Phone(900))
		wantLimit(t, err, "invite", 24*time.Hour)
		w.Pass(24 * time.Hour)
		w.invite(t, boss, 2)
	})
}

// M49: the page on which seals are lent finds members by a part of the name or by the
// whole phone, only active ones of the same company.
func TestM49FindMembers(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m, gone := w.member(t, boss, 2), w.member(t, boss, 3)
		orgtest.Must(t, w.Disable(t.Context(), boss, gone.Person))
		for text, want := range map[string]int{"": 2, "张": 2, "张2": 1, " 张2 ": 1, orgtest.Phone(2): 1, "+86" + orgtest.Phone(2): 1, orgtest.Phone(3): 0, "138": 0, "张3": 0, orgtest.Phone(9): 0} {
			list, next, err := w.Members(t.Context(), m, org.MemberFilter{Text: text}, "")
			if err != nil || next != "" || len(list) != want {
				t.Errorf("%q: %+v, %v, want %d", text, list, err, want)
			}
		}
		_, _, err := w.Members(t.Context(), org.Actor{Person: gone.Person, Org: boss.Org}, org.MemberFilter{Text: "张"}, "")
		orgtest.WantDenied(t, err, org.DenyDisabled)
		_, _, err = w.Members(t.Context(), org.Actor{Person: w.verified(t, 4).ID, Org: boss.Org}, org.MemberFilter{Text: orgtest.Phone(2)}, "")
		orgtest.Want(t, err, org.ErrNotFound)
	})
}
