package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

const day = 24 * time.Hour

// M49: an administrator lends a seal, without end or for a period, modifies and
// revokes; the grants stay on record.
func TestM49Grant(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
		w.may(t, m, id, registry.ErrNotGranted)
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}))
		first := w.may(t, m, id, nil)
		list, next, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{}, "")
		if err != nil || next != "" || len(list) != 1 || list[0].Person != m.Person || list[0].Name != orgtest.Name(1) || list[0].Phone == "" || list[0].By != boss.Person {
			t.Fatalf("grants are %+v, %v", list, err)
		}
		if first.Grant != list[0].ID+"/1" || first.Seal != id || first.Version != 1 || first.Name != "公章" || first.Style != seal.StyleOfficial || first.Personal {
			t.Errorf("use is %+v", first)
		}
		w.Pass(day)
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{To: w.Now().Add(day)}))
		if second := w.may(t, m, id, nil); second.Grant == first.Grant {
			t.Error("a modified grant looks like the one before")
		}
		w.Pass(time.Hour)
		orgtest.Must(t, w.Revoke(t.Context(), boss, id, m.Person))
		orgtest.Must(t, w.Revoke(t.Context(), boss, id, m.Person))
		w.may(t, m, id, registry.ErrNotGranted)
		if list, _, err = w.Grants(t.Context(), boss, id, registry.GrantFilter{}, ""); err != nil || len(list) != 0 {
			t.Errorf("grants after revoking: %+v, %v", list, err)
		}
		all, _, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{All: true}, "")
		if err != nil || len(all) != 2 || all[0].Ended != all[1].At || !all[1].Ended.Equal(w.Now()) {
			t.Errorf("history is %+v, %v", all, err)
		}
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}))
		w.may(t, m, id, nil)
	})
}

func TestM49Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	m, id, stranger := w.Member(t, boss, 1), w.official(t, boss, "公章"), w.Person(t, 2)
	now := w.Now()
	grant := func(by org.Actor, to string, p registry.Period) error {
		return w.Grant(t.Context(), by, id, org.PersonID(to), p)
	}
	orgtest.WantDenied(t, grant(m, string(m.Person), registry.Period{}), org.DenyRole)
	orgtest.WantDenied(t, w.Revoke(t.Context(), m, id, m.Person), org.DenyRole)
	_, _, err := w.Grants(t.Context(), m, id, registry.GrantFilter{}, "")
	orgtest.WantDenied(t, err, org.DenyRole)
	orgtest.Want(t, grant(boss, string(stranger.Person), registry.Period{}), registry.ErrNotMember)
	orgtest.Want(t, grant(boss, "nobody", registry.Period{}), registry.ErrNotMember)
	for _, p := range []registry.Period{
		{From: now.Add(day), To: now.Add(day)},
		{From: now.Add(day), To: now},
		{From: now.Add(-day), To: now},
		{To: now},
	} {
		orgtest.Want(t, grant(boss, string(m.Person), p), registry.ErrPeriod)
	}
	orgtest.Must(t, w.Org.Disable(t.Context(), boss, m.Person))
	orgtest.Want(t, grant(boss, string(m.Person), registry.Period{}), registry.ErrNotMember)
}

// M49: of those who have a seal, one is found by a part of their name or by their
// phone.
func TestM49FindGrants(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss, other := w.firm(t, 0), w.firm(t, 1)
		id := w.official(t, boss, "公章")
		for n := 1; n <= 3; n++ {
			orgtest.Must(t, w.Grant(t.Context(), boss, id, w.Member(t, boss, n).Person, registry.Period{}))
		}
		w.Member(t, boss, 4) // has none
		for text, want := range map[string]string{
			"": orgtest.Name(1) + orgtest.Name(2) + orgtest.Name(3), "张": orgtest.Name(1) + orgtest.Name(2) + orgtest.Name(3), string([]rune(orgtest.Name(2))[1]): orgtest.Name(2),
			orgtest.Phone(3): orgtest.Name(3), " +86" + orgtest.Phone(3) + " ": orgtest.Name(3), orgtest.Phone(4): "", "1380": "", "李": "", orgtest.Name(4): "",
		} {
			list, next, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{Text: text}, "")
			got := ""
			for _, g := range list {
				got += g.Name
			}
			if err != nil || next != "" || got != want {
				t.Errorf("%q: %s, %v, want %s", text, got, err, want)
			}
		}
		for _, text := range []string{"张", orgtest.Phone(1)} {
			_, _, err := w.Grants(t.Context(), other, id, registry.GrantFilter{Text: text}, "")
			orgtest.Want(t, err, registry.ErrNotFound)
		}
	})
}

// M51, T2: who could stamp when, through periods, changes, revocation and disabling.
func TestM51Holders(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		a, b, id := w.Member(t, boss, 1), w.Member(t, boss, 2), w.official(t, boss, "公章")
		w.Set(w.Now().Truncate(day).Add(day))
		start := w.Now()
		at := func(days float64) time.Time { return start.Add(time.Duration(days * float64(day))) }
		turn := func(days float64) { w.Set(at(days)) }
		orgtest.Must(t, w.Grant(t.Context(), boss, id, a.Person, registry.Period{}))
		orgtest.Must(t, w.Grant(t.Context(), boss, id, b.Person, registry.Period{From: at(2), To: at(20)}))
		turn(4)
		orgtest.Must(t, w.Revoke(t.Context(), boss, id, a.Person))
		turn(6)
		orgtest.Must(t, w.Org.Disable(t.Context(), boss, b.Person))
		turn(8)
		orgtest.Must(t, w.Org.Enable(t.Context(), boss, b.Person))
		if list, _, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{}, ""); err != nil || len(list) != 0 {
			t.Errorf("after they were let in again: %+v, %v", list, err)
		}
		w.may(t, b, id, registry.ErrNotGranted)
		turn(10)
		orgtest.Must(t, w.Grant(t.Context(), boss, id, b.Person, registry.Period{To: at(12)}))
		w.may(t, b, id, nil)
		turn(30)
		for _, tt := range []struct {
			days float64
			want string
		}{{-1, ""}, {0, "a"}, {1.9, "a"}, {2, "ab"}, {3.9, "ab"}, {4, "b"}, {5.9, "b"}, {6, ""}, {7, ""}, {8, ""}, {9, ""}, {10, "b"}, {11.9, "b"}, {12, ""}, {40, ""}} {
			list, next, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{At: at(tt.days)}, "")
			got := ""
			for _, g := range list {
				got += map[string]string{string(a.Person): "a", string(b.Person): "b"}[string(g.Person)]
			}
			if err != nil || next != "" || got != tt.want {
				t.Errorf("day %v: %q, %v, want %q", tt.days, got, err, tt.want)
			}
		}
		_, _, err := w.Grants(t.Context(), a, id, registry.GrantFilter{At: start}, "")
		orgtest.WantDenied(t, err, org.DenyRole)
		all, _, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{All: true}, "")
		if err != nil || len(all) != 3 || !all[0].Ended.Equal(at(4)) || !all[1].Ended.Equal(at(6)) || !all[2].Ended.IsZero() {
			t.Errorf("history is %+v, %v", all, err)
		}
	})
}

// M51, T5: a grant is good from its first instant until just before its last.
func TestT5HalfOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
		from := w.Now().Add(day)
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{From: from, To: from.Add(day)}))
		w.Pass(day - time.Microsecond)
		w.may(t, m, id, registry.ErrNotGranted)
		w.Pass(time.Microsecond)
		w.may(t, m, id, nil)
		w.Pass(day - time.Microsecond)
		w.may(t, m, id, nil)
		w.Pass(time.Microsecond)
		w.may(t, m, id, registry.ErrNotGranted)
	})
}

// Administrators use what they manage without a grant, but only while they are
// administrators.
func TestAdministratorsUse(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
	if u := w.may(t, boss, id, nil); u.Grant != "" {
		t.Errorf("use is %+v", u)
	}
	orgtest.Must(t, w.Org.SetSubAdmin(t.Context(), boss, m.Person, true))
	w.may(t, m, id, nil)
	orgtest.Must(t, w.Org.SetSubAdmin(t.Context(), boss, m.Person, false))
	w.may(t, m, id, registry.ErrNotGranted)
	w.Pass(time.Hour)
	orgtest.Must(t, w.Org.HandOver(t.Context(), boss, m.Person))
	w.may(t, m, id, nil)
	w.may(t, boss, id, registry.ErrNotGranted)
	orgtest.WantDenied(t, w.Grant(t.Context(), boss, id, boss.Person, registry.Period{}), org.DenyRole)
}

// T2: a disabled member can use nothing at once, and a grant from before does not come
// back when the member is enabled again.
func TestT2Disabled(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
		mine, err := w.Create(t.Context(), org.Actor{Person: m.Person}, "签名", seal.Spec{})
		orgtest.Must(t, err)
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}))
		w.may(t, m, id, nil)
		orgtest.Must(t, w.Org.Disable(t.Context(), boss, m.Person))
		for _, s := range []string{string(id), string(mine.ID)} {
			_, err := w.usable(m, registry.SealID(s))
			orgtest.WantDenied(t, err, org.DenyDisabled)
		}
		w.may(t, org.Actor{Person: m.Person}, mine.ID, nil) // their own, for themselves
		w.Pass(time.Hour)
		orgtest.Must(t, w.Org.Enable(t.Context(), boss, m.Person))
		w.may(t, m, id, registry.ErrNotGranted)
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}))
		w.may(t, m, id, nil)
	})
}

// T5: a seal that is revoked or discarded between choice and commit does not stamp: no
// use is logged after it.
func TestT5Race(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m := w.Member(t, boss, 1)
		for n := range 20 {
			id := w.official(t, boss, fmt.Sprint("公章", n))
			orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}))
			stamp := func(doc string) error {
				return w.DB.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
					u, err := w.Usable(ctx, tx, m, id)
					if err != nil {
						return err
					}
					return w.LogUse(ctx, tx, registry.UseRecord{Seal: id, Grant: u.Grant, Person: m.Person, Envelope: "e", Document: doc})
				})
			}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := stamp("racing"); err != nil && !errors.Is(err, registry.ErrNotGranted) {
						t.Error(err)
					}
				})
			}
			orgtest.Must(t, w.Revoke(t.Context(), boss, id, m.Person))
			orgtest.Want(t, stamp("after"), registry.ErrNotGranted)
			wg.Wait()
			log, _, err := w.Uses(t.Context(), boss, id, "")
			orgtest.Must(t, err)
			for _, u := range log {
				if u.Document == "after" {
					t.Error("stamped after the grant was revoked")
				}
			}
		}
	})
}

// M47: the usage log shows administrators who stamped what, newest first, page by page.
func TestM47UsageLog(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
	const total = 60
	for n := range total {
		w.Pass(time.Minute)
		orgtest.Must(t, w.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return w.LogUse(ctx, tx, registry.UseRecord{Seal: id, Person: m.Person, Envelope: fmt.Sprint("e", n), Document: "d"})
		}))
	}
	var seen []registry.LoggedUse
	var cursor store.Cursor
	for {
		page, next, err := w.Uses(t.Context(), boss, id, cursor)
		orgtest.Must(t, err)
		seen = append(seen, page...)
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(seen) != total || seen[0].Envelope != "e59" || seen[total-1].Envelope != "e0" || !seen[0].At.Equal(w.Now()) {
		t.Errorf("%d lines, first %+v", len(seen), seen[0])
	}
	_, _, err := w.Uses(t.Context(), m, id, "")
	orgtest.WantDenied(t, err, org.DenyRole)
}

// M50, M51: a member applies, an administrator approves or refuses, and the grant
// has the limit that was asked for.
func TestM51Application(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
		unlent, err := w.Unlent(t.Context(), m)
		if err != nil || len(unlent) != 1 || unlent[0].ID != id {
			t.Errorf("unlent: %v, %v", unlent, err)
		}
		until := w.Now().Add(2 * day)
		a, err := w.Apply(t.Context(), m, id, "签署采购合同", registry.Period{To: until})
		if err != nil || a.State != registry.Pending || a.Purpose != "签署采购合同" || a.State.Zh() != "待审批" {
			t.Fatalf("application is %+v, %v", a, err)
		}
		w.may(t, m, id, registry.ErrNotGranted)
		waiting, _, err := w.Applications(t.Context(), boss, registry.Pending, "")
		if err != nil || len(waiting) != 1 || waiting[0] != a {
			t.Errorf("waiting: %+v, %v", waiting, err)
		}
		w.Pass(day)
		done, err := w.Approve(t.Context(), boss, a.ID)
		if err != nil || done.State != registry.Approved || done.DecidedBy != boss.Person || done.Grant == "" {
			t.Errorf("approved: %+v, %v", done, err)
		}
		again, err := w.Approve(t.Context(), boss, a.ID)
		if err != nil || again != done {
			t.Errorf("approved again: %+v, %v", again, err)
		}
		if u := w.may(t, m, id, nil); u.Grant != done.Grant+"/1" {
			t.Errorf("use is %+v", u)
		}
		if list, err := w.Available(t.Context(), m); err != nil || len(list) != 1 || list[0].Seal != id {
			t.Errorf("available: %v, %v", list, err)
		}
		grants, _, err := w.Grants(t.Context(), boss, id, registry.GrantFilter{}, "")
		if err != nil || len(grants) != 1 || !grants[0].Period.To.Equal(until) || !grants[0].Period.From.Equal(w.Now()) {
			t.Errorf("grants: %+v, %v", grants, err)
		}
		_, err = w.Refuse(t.Context(), boss, a.ID)
		orgtest.Want(t, err, registry.ErrDecided)
		w.Pass(day)
		w.may(t, m, id, registry.ErrNotGranted)

		b, err := w.Apply(t.Context(), m, id, "再签一份", registry.Period{})
		orgtest.Must(t, err)
		no, err := w.Refuse(t.Context(), boss, b.ID)
		if err != nil || no.State != registry.Refused || no.Grant != "" {
			t.Errorf("refused: %+v, %v", no, err)
		}
		w.may(t, m, id, registry.ErrNotGranted)
		_, err = w.Approve(t.Context(), boss, b.ID)
		orgtest.Want(t, err, registry.ErrDecided)
		mine, _, err := w.MyApplications(t.Context(), m, "")
		if err != nil || len(mine) != 2 || mine[0].ID != b.ID {
			t.Errorf("my applications: %+v, %v", mine, err)
		}
	})
}

func TestM50Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss, other := w.firm(t, 0), w.firm(t, 1)
	m, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
	apply := func(a org.Actor, purpose string, p registry.Period) error {
		_, err := w.Apply(t.Context(), a, id, purpose, p)
		return err
	}
	for _, text := range []string{"", " ", "\xff", strings.Repeat("用", registry.MaxPurpose+1)} {
		orgtest.Want(t, apply(m, text, registry.Period{}), registry.ErrPurpose)
	}
	orgtest.Want(t, apply(m, "合同", registry.Period{To: w.Now()}), registry.ErrPeriod)
	orgtest.WantDenied(t, apply(org.Actor{Person: m.Person}, "合同", registry.Period{}), org.DenyPersonal)
	orgtest.Must(t, apply(m, strings.Repeat("用", registry.MaxPurpose), registry.Period{To: w.Now().Add(day)}))
	orgtest.Want(t, apply(m, "合同", registry.Period{}), registry.ErrPending)

	mine, _, err := w.MyApplications(t.Context(), m, "")
	orgtest.Must(t, err)
	for _, id := range []string{mine[0].ID, "nothing", ""} { // T1
		_, err = w.Approve(t.Context(), other, id)
		orgtest.Want(t, err, registry.ErrNotFound)
		_, err = w.Refuse(t.Context(), other, id)
		orgtest.Want(t, err, registry.ErrNotFound)
	}
	_, err = w.Approve(t.Context(), m, mine[0].ID)
	orgtest.WantDenied(t, err, org.DenyRole)
	_, _, err = w.Applications(t.Context(), m, registry.Pending, "")
	orgtest.WantDenied(t, err, org.DenyRole)
	w.Pass(2 * day) // the period is over before anyone looks
	_, err = w.Approve(t.Context(), boss, mine[0].ID)
	orgtest.Want(t, err, registry.ErrPeriod)
	orgtest.Must(t, w.Org.Disable(t.Context(), boss, m.Person))
	_, err = w.Approve(t.Context(), boss, mine[0].ID)
	orgtest.Want(t, err, registry.ErrNotMember)
}

// T6: only the main administrator decides on their own application.
func TestT6OwnApplication(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	sub, id := w.Member(t, boss, 1), w.official(t, boss, "公章")
	a, err := w.Apply(t.Context(), sub, id, "合同", registry.Period{})
	orgtest.Must(t, err)
	orgtest.Must(t, w.Org.SetSubAdmin(t.Context(), boss, sub.Person, true))
	_, err = w.Approve(t.Context(), sub, a.ID)
	orgtest.Want(t, err, registry.ErrOwnApplication)
	_, err = w.Refuse(t.Context(), sub, a.ID)
	orgtest.Want(t, err, registry.ErrOwnApplication)
	_, err = w.Approve(t.Context(), boss, a.ID)
	orgtest.Must(t, err)
	hers, err := w.Apply(t.Context(), boss, id, "合同", registry.Period{})
	orgtest.Must(t, err)
	_, err = w.Approve(t.Context(), boss, hers.ID)
	orgtest.Must(t, err)
	// An approver who is disabled meanwhile approves nothing.
	m := w.Member(t, boss, 2)
	b, err := w.Apply(t.Context(), m, id, "合同", registry.Period{})
	orgtest.Must(t, err)
	orgtest.Must(t, w.Org.Disable(t.Context(), boss, sub.Person))
	_, err = w.Approve(t.Context(), sub, b.ID)
	orgtest.WantDenied(t, err, org.DenyDisabled)
}
