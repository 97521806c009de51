package org_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// reference is what a company's membership should be: who is in which state, who is
// sub-administrator, and the one main administrator.
type reference struct {
	state map[string]org.MemberState
	sub   map[string]bool
	main  string
	by    map[string]string // who invited

	link struct { // the open link, if any
		by        string
		used, max int
		closed    bool
	}
}

func (r *reference) active(p string) bool { return r.state[p] == org.Active }
func (r *reference) admin(p string) bool  { return r.active(p) && (p == r.main || r.sub[p]) }

// before returns the refusal that any command of an administrator gets, by actor.
func (r *reference) before(actor string, mainOnly bool) string {
	switch {
	case r.state[actor] == org.Disabled:
		return "disabled"
	case !r.active(actor):
		return "nf"
	case mainOnly && actor != r.main, !r.admin(actor):
		return "role"
	}
	return ""
}

// known reports whether a person has ever applied to the company.
func (r *reference) known(p string) bool { return r.state[p] > org.Invited }

// outcome names the result of a command as the reference does.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, org.ErrMemberState):
		return "state"
	case errors.Is(err, org.ErrSuccessor):
		return "successor"
	case errors.Is(err, org.ErrMember):
		return "member"
	case errors.Is(err, org.ErrInvitation):
		return "invitation"
	}
	return answer(err)
}

// moves changes a state as approve, reject, disable and enable do.
func (r *reference) moves(actor, p string, from, to org.MemberState) string {
	if refused := r.before(actor, false); refused != "" {
		return refused
	}
	switch {
	case !r.known(p):
		return "nf"
	case to == org.Disabled && (p == r.main || p == actor || r.sub[p] && actor != r.main): // T4
		return "role"
	case r.state[p] != from:
		return "state"
	}
	r.state[p] = to
	if from == org.Disabled {
		r.sub[p] = false
	}
	return "ok"
}

func (r *reference) setSub(actor, p string, on bool) string {
	if refused := r.before(actor, true); refused != "" {
		return refused
	}
	switch {
	case !r.known(p):
		return "nf"
	case !r.active(p) || p == r.main:
		return "state"
	}
	r.sub[p] = on
	return "ok"
}

func (r *reference) transfer(actor, p string) string {
	if refused := r.before(actor, true); refused != "" {
		return refused
	}
	switch {
	case !r.known(p):
		return "nf"
	case p == actor || !r.active(p):
		return "successor"
	}
	r.sub[p], r.main = false, p
	return "ok"
}

func (r *reference) invite(actor, p string) string {
	if refused := r.before(actor, false); refused != "" {
		return refused
	}
	if s := r.state[p]; s != 0 && s != org.Invited && s != org.Rejected {
		return "member"
	}
	r.state[p], r.by[p] = org.Invited, actor
	return "ok"
}

func (r *reference) join(p, link string) string {
	if r.state[p] != org.Invited || link == "" || !r.admin(r.by[p]) { // T2, T3
		return "invitation"
	}
	r.state[p] = org.Applied
	return "ok"
}

// joinLink applies by the open link (M30).
func (r *reference) joinLink(p, link string) string {
	l := &r.link
	if link == "" || l.closed || l.used >= l.max || !r.admin(l.by) {
		return "invitation"
	}
	if s := r.state[p]; s != 0 && s != org.Invited && s != org.Rejected {
		return "member"
	}
	l.used++
	r.state[p] = org.Applied
	return "ok"
}

// fitting lists the commands that suit a person's state: drawn at random, few sequences
// would ever reach a second administrator.
func (r *reference) fitting(p string) []string {
	switch r.state[p] {
	case org.Invited:
		return []string{"join", "join link"}
	case org.Applied:
		return []string{"approve", "reject"}
	case org.Active:
		return []string{"hand over", "disable", "disable", "sub", "sub", "unsub", "open link"}
	case org.Disabled:
		return []string{"enable", "enable", "hand over", "join link"}
	}
	return []string{"admit", "admit", "invite", "open link", "join link"}
}

// often fails for every outcome that was rare: a model that covers too little proves
// nothing.
func often(t *testing.T, done map[string]int, least int, outcomes ...string) {
	t.Helper()
	if testing.Short() {
		return // too few sequences to count
	}
	for _, o := range outcomes {
		if done[o] < least {
			t.Errorf("%q came %d times of at least %d", o, done[o], least)
		}
	}
}

// TestM38Model: members, roles and invitations. The people are the same in every
// sequence; the company is a new one.
func TestM38Model(t *testing.T) {
	w := newWorld(t, memory.New())
	cfg := w.config(w.db)
	cfg.Log = nil
	quiet, err := org.New(cfg)
	orgtest.Must(t, err)
	w.Service = quiet
	var people []string
	for n := 1; n <= 4; n++ {
		people = append(people, string(w.verified(t, n).ID))
	}
	firms := 0
	done := map[string]int{} // how often each command was carried out, and refused
	checks := orgtest.CheckModel(t, 6_500, 0, func(t *rapid.T) {
		ctx := context.Background()
		w.sent, w.licences = nil, nil
		firms++
		w.Pass(31 * 24 * time.Hour) // a person makes so many companies in a month
		boss := w.newFirm(t, people[0], firms)
		r := &reference{state: map[string]org.MemberState{people[0]: org.Active}, sub: map[string]bool{}, by: map[string]string{}, main: people[0]}
		links := map[string]string{}
		open, openID := "", ""
		who := rapid.IntRange(0, len(people)-1)
		lead := rapid.Bool() // half of the commands are the main administrator's
		for range rapid.IntRange(6, 16).Draw(t, "commands") {
			by, on := who.Draw(t, "by"), who.Draw(t, "on")
			if lead.Draw(t, "lead") {
				by = slices.Index(people, r.main)
			}
			p := people[on]
			actor := org.Actor{Person: org.PersonID(people[by]), Org: boss.Org}
			var want string
			var err error
			choice := r.fitting(p)
			if rapid.Bool().Draw(t, "any") {
				choice = []string{"hand over", "disable", "sub", "unsub", "enable", "approve", "reject", "invite", "join", "open link", "close link", "join link"}
			}
			command := rapid.SampledFrom(choice).Draw(t, "command")
			switch command {
			case "invite":
				var link string
				want = r.invite(string(actor.Person), p)
				if link, err = w.Invite(ctx, actor, "张", orgtest.Phone(on+1)); err == nil {
					links[p] = link[len("https://s.example/"):]
				}
			case "join":
				want = r.join(p, links[p])
				err = w.Join(ctx, org.Actor{Person: org.PersonID(p)}, links[p], w.code(t, orgtest.Phone(on+1), org.PurposeJoin))
				if err == nil {
					delete(links, p)
				}
			case "admit": // three commands at once; otherwise few sequences would get beyond them
				boss := org.Actor{Person: org.PersonID(r.main), Org: boss.Org}
				var link string
				if want = r.invite(r.main, p); want == "ok" {
					want = r.join(p, "yes") + r.moves(r.main, p, org.Applied, org.Active)
				}
				if link, err = w.Invite(ctx, boss, "张", orgtest.Phone(on+1)); err == nil {
					err = w.Join(ctx, org.Actor{Person: org.PersonID(p)}, link[len("https://s.example/"):], w.code(t, orgtest.Phone(on+1), org.PurposeJoin))
				}
				if err == nil {
					err = w.Approve(ctx, boss, org.PersonID(p))
				}
				if want == "okok" {
					want = "ok"
				}
			case "open link":
				max := rapid.IntRange(1, 2).Draw(t, "uses")
				if want = r.before(string(actor.Person), false); want == "" {
					want = "ok"
					r.link.by, r.link.used, r.link.max, r.link.closed = string(actor.Person), 0, max, false
				}
				var url string
				var info org.LinkInfo
				if url, info, err = w.CreateLink(ctx, actor, org.LinkTerms{Uses: max, Life: org.MaxLinkLife}); err == nil {
					open, openID = url[len("https://s.example/"):], info.ID
				}
			case "close link":
				if want = r.before(string(actor.Person), false); want == "" {
					if want = "ok"; open == "" {
						want = "nf"
					} else {
						r.link.closed = true
					}
				}
				err = w.CloseLink(ctx, actor, openID)
			case "join link":
				want = r.joinLink(p, open)
				err = w.Join(ctx, org.Actor{Person: org.PersonID(p)}, open, w.code(t, orgtest.Phone(on+1), org.PurposeJoin))
				if err == nil {
					delete(links, p)
				}
			case "approve":
				want, err = r.moves(string(actor.Person), p, org.Applied, org.Active), w.Approve(ctx, actor, org.PersonID(p))
			case "reject":
				want, err = r.moves(string(actor.Person), p, org.Applied, org.Rejected), w.Reject(ctx, actor, org.PersonID(p))
			case "disable":
				want, err = r.moves(string(actor.Person), p, org.Active, org.Disabled), w.Disable(ctx, actor, org.PersonID(p))
			case "enable":
				want, err = r.moves(string(actor.Person), p, org.Disabled, org.Active), w.Enable(ctx, actor, org.PersonID(p))
			case "sub":
				want, err = r.setSub(string(actor.Person), p, true), w.SetSubAdmin(ctx, actor, org.PersonID(p), true)
			case "unsub":
				want, err = r.setSub(string(actor.Person), p, false), w.SetSubAdmin(ctx, actor, org.PersonID(p), false)
			case "hand over":
				want, err = r.transfer(string(actor.Person), p), w.HandOver(ctx, actor, org.PersonID(p))
			}
			done[command+" "+want]++
			if got := outcome(err); got != want {
				t.Fatalf("%s by %d on %d: %s, want %s", command, by, on, got, want)
			}
			w.compare(t, r, string(boss.Org), org.ActionMemberRead, string(actor.Person), p)
		}
		for _, a := range []org.Action{org.ActionMemberRead, org.ActionMemberDisable, org.ActionCompanyHandOver} {
			w.compare(t, r, string(boss.Org), a, people...)
		}
	})
	often(t, done, checks/400, "invite ok", "join ok", "approve ok", "reject ok", "disable ok", "enable ok", "sub ok", "unsub ok", "hand over ok", "admit ok",
		"invite member", "join invitation", "approve state", "disable role", "disable disabled", "hand over successor", "hand over role", "sub state",
		"open link ok", "open link role", "close link ok", "join link ok", "join link invitation", "join link member")
}

// newFirm makes a verified company whose main administrator is a person.
func (w *world) newFirm(t orgtest.T, person string, n int) org.Actor {
	t.Helper()
	ctx := context.Background()
	c, err := w.CreateCompany(ctx, org.Actor{Person: org.PersonID(person)}, org.NewCompany{Name: fmt.Sprintf("第%d公司", n), CreditCode: orgtest.CreditCode(n)})
	orgtest.Must(t, err)
	boss := org.Actor{Person: org.PersonID(person), Org: c.ID}
	_, err = w.StartLicenceScan(ctx, boss)
	orgtest.Must(t, err)
	orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
	return boss
}

// compare compares the service with the reference: nobody may do more than they should,
// and there is exactly one main administrator, the right one.
func (w *world) compare(t *rapid.T, r *reference, company string, a org.Action, people ...string) {
	orgtest.Must(t, w.db.View(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for i, p := range people {
			want := r.before(p, a == org.ActionCompanyHandOver)
			if want == "" || a == org.ActionMemberRead && r.active(p) {
				want = "ok"
			}
			st, err := w.Inside().Authorize(ctx, tx, org.Actor{Person: org.PersonID(p), Org: org.CompanyID(company)}, a)
			if got := answer(err); got != want {
				t.Fatalf("%s by %d: %s, want %s", a, i, got, want)
			}
			if err == nil && (st.Role == org.MainAdmin) != (p == r.main) {
				t.Fatalf("%d is %v", i, st.Role)
			}
		}
		return nil
	}))
}
