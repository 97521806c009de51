package org_test

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// reference is what a company's membership is supposed to be: who is in which
// state, who is sub-administrator, and the one main administrator.
type reference struct {
	state map[string]org.MemberState
	sub   map[string]bool
	main  string
	by    map[string]string // who invited
}

func (r *reference) active(p string) bool { return r.state[p] == org.Active }
func (r *reference) admin(p string) bool  { return r.active(p) && (p == r.main || r.sub[p]) }

// before is what any command of an administrator is refused with, by who asks.
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

// known says whether somebody ever applied to the company.
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

// fitting lists the commands that suit somebody's state: drawn blindly, few
// sequences would ever reach a second administrator.
func (r *reference) fitting(p string) []string {
	switch r.state[p] {
	case org.Invited:
		return []string{"join"}
	case org.Applied:
		return []string{"approve", "reject"}
	case org.Active:
		return []string{"transfer", "disable", "sub", "unsub"}
	case org.Disabled:
		return []string{"enable", "transfer"}
	}
	return []string{"invite"}
}

// modelChecks is how many sequences are drawn, if the command line does not say.
const modelChecks = 3000

func TestM38Model(t *testing.T) {
	checks := modelChecks
	if testing.Short() {
		checks /= 10
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		must(t, f.Value.Set(strconv.Itoa(checks)))
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
	done := map[string]int{} // how often each command was carried out, and refused
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, memory.New(), "")
		boss := w.firm(t)
		people := []string{boss.Person}
		for n := 2; n <= 4; n++ {
			people = append(people, w.verified(t, n).ID)
		}
		r := &reference{state: map[string]org.MemberState{boss.Person: org.Active}, sub: map[string]bool{}, by: map[string]string{}, main: boss.Person}
		links := map[string]string{}
		ctx := context.Background()
		who := rapid.IntRange(0, len(people)-1)
		lead := rapid.Bool() // half of the commands are the main administrator's
		for range rapid.IntRange(10, 60).Draw(t, "commands") {
			by, on := who.Draw(t, "by"), who.Draw(t, "on")
			if lead.Draw(t, "lead") {
				by = slices.Index(people, r.main)
			}
			p := people[on]
			actor := org.Actor{Person: people[by], Org: boss.Org}
			var want string
			var err error
			choice := r.fitting(p)
			if rapid.Bool().Draw(t, "any") {
				choice = []string{"transfer", "disable", "sub", "unsub", "enable", "approve", "reject", "invite", "join"}
			}
			command := rapid.SampledFrom(choice).Draw(t, "command")
			switch command {
			case "invite":
				var link string
				want = r.invite(actor.Person, p)
				if link, err = w.Invite(ctx, actor, "张", phoneN(on+1)); err == nil {
					links[p] = link[len("https://s.example/"):]
				}
			case "join":
				want = r.join(p, links[p])
				err = w.Join(ctx, org.Actor{Person: p}, links[p], w.code(t, phoneN(on+1), org.PurposeJoin))
				if err == nil {
					delete(links, p)
				}
			case "approve":
				want, err = r.moves(actor.Person, p, org.Applied, org.Active), w.Approve(ctx, actor, p)
			case "reject":
				want, err = r.moves(actor.Person, p, org.Applied, org.Rejected), w.Reject(ctx, actor, p)
			case "disable":
				want, err = r.moves(actor.Person, p, org.Active, org.Disabled), w.Disable(ctx, actor, p)
			case "enable":
				want, err = r.moves(actor.Person, p, org.Disabled, org.Active), w.Enable(ctx, actor, p)
			case "sub":
				want, err = r.setSub(actor.Person, p, true), w.SetSubAdmin(ctx, actor, p, true)
			case "unsub":
				want, err = r.setSub(actor.Person, p, false), w.SetSubAdmin(ctx, actor, p, false)
			case "transfer":
				want, err = r.transfer(actor.Person, p), w.Transfer(ctx, actor, p)
			}
			done[command+" "+want]++
			if got := outcome(err); got != want {
				t.Fatalf("%s by %d on %d: %s, want %s", command, by, on, got, want)
			}
			w.compare(t, r, people, boss.Org)
		}
	})
	if testing.Short() {
		return // too few sequences to count
	}
	// A model that hardly ever gets anywhere proves nothing.
	for _, often := range []string{"invite ok", "join ok", "approve ok", "reject ok", "disable ok", "enable ok", "sub ok", "unsub ok", "transfer ok",
		"invite member", "join invitation", "approve state", "disable role", "disable disabled", "transfer successor", "transfer role", "sub state"} {
		if done[often] < checks/200 {
			t.Errorf("%q came %d times", often, done[often])
		}
	}
}

// compare holds the service against the reference: one main administrator, and
// nobody may do more than he should.
func (w *world) compare(t *rapid.T, r *reference, people []string, company string) {
	mains := 0
	for i, p := range people {
		want := map[org.Action]string{org.ActionMemberRead: "ok", org.ActionMemberDisable: r.before(p, false), org.ActionCompanyTransfer: r.before(p, true)}
		if !r.active(p) {
			want[org.ActionMemberRead] = r.before(p, false)
		}
		for a, w1 := range want {
			if w1 == "" {
				w1 = "ok"
			}
			if got := answer(w.may(t, org.Actor{Person: p, Org: company}, a)); got != w1 {
				t.Fatalf("%s by %d: %s, want %s", a, i, got, w1)
			}
		}
		must(t, w.db.View(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			st, err := w.Authorize(ctx, tx, org.Actor{Person: p, Org: company}, org.ActionMemberRead)
			if err == nil && st.Role == org.MainAdmin {
				mains++
			}
			return nil
		}))
	}
	if mains != 1 {
		t.Fatalf("%d main administrators", mains)
	}
}
