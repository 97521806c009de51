package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// lent is what the reference knows of one member and one seal.
type lent struct {
	standing bool
	from, to time.Time
	at       time.Time
	waiting  string // id of the application that waits
	asked    registry.Period
}

// TestGrantModel runs sequences of grants, revocations, applications, disabling,
// discarding and waiting (M47, M49 to M51, T2, T5) against a simple reference. After
// every step exactly the right members may stamp, and Grants lists them. With the model
// of package billing it makes 20,000 sequences.
func TestGrantModel(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	members := []org.Actor{w.Member(t, boss, 1), w.Member(t, boss, 2)}
	var err error
	w.Service, err = registry.New(registry.Config{DB: w.DB, Org: w.Org}) // no pictures, because they take time
	orgtest.Must(t, err)
	done := map[string]int{} // how often each answer came
	sequences := orgtest.CheckModel(t, 4_000, 15, func(rt *rapid.T) {
		ctx := context.Background()
		w.Pass(time.Second)
		ids := []registry.SealID{w.official(rt, boss, "甲"+w.NewID()), w.official(rt, boss, "乙"+w.NewID())}
		discarded := map[registry.SealID]bool{}
		active := map[string]bool{}
		since := map[string]time.Time{}
		for _, m := range members {
			if err := w.Org.Enable(ctx, boss, m.Person); err != nil && !errors.Is(err, org.ErrMemberState) {
				rt.Fatal(err)
			}
			active[string(m.Person)] = true
		}
		state := map[string]*lent{}
		for _, m := range members {
			for _, id := range ids {
				state[string(m.Person)+string(id)] = &lent{}
			}
		}
		expect := func(rt *rapid.T, err, want error) {
			rt.Helper()
			if !errors.Is(err, want) {
				rt.Fatalf("error is %v, want %v", err, want)
			}
		}
		who := func(rt *rapid.T) (org.Actor, registry.SealID, *lent) {
			m, id := rapid.SampledFrom(members).Draw(rt, "member"), rapid.SampledFrom(ids).Draw(rt, "seal")
			return m, id, state[string(m.Person)+string(id)]
		}
		period := func(rt *rapid.T) (p registry.Period) {
			if from := rapid.IntRange(-3, 3).Draw(rt, "from"); from != 0 {
				p.From = w.Now().Add(time.Duration(from) * day)
			}
			if to := rapid.IntRange(-1, 5).Draw(rt, "to"); to != 0 {
				p.To = w.Now().Add(time.Duration(to) * day)
			}
			return p
		}
		good := func(p registry.Period) bool {
			return p.To.IsZero() || p.To.After(w.Now()) && p.To.After(p.From)
		}
		lend := func(l *lent, p registry.Period) {
			l.standing, l.from, l.to, l.at = true, p.From, p.To, w.Now()
			if l.from.IsZero() {
				l.from = w.Now()
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"grant": func(rt *rapid.T) {
				m, id, l := who(rt)
				p := period(rt)
				err := w.Grant(ctx, boss, id, m.Person, p)
				switch {
				case discarded[id]:
					expect(rt, err, registry.ErrDiscarded)
				case !active[string(m.Person)]:
					expect(rt, err, registry.ErrNotMember)
				case !good(p):
					expect(rt, err, registry.ErrPeriod)
				default:
					expect(rt, err, nil)
					lend(l, p)
				}
			},
			"revoke": func(rt *rapid.T) {
				m, id, l := who(rt)
				expect(rt, w.Revoke(ctx, boss, id, m.Person), nil)
				l.standing = false
			},
			"apply": func(rt *rapid.T) {
				m, id, l := who(rt)
				p := period(rt)
				a, err := w.Apply(ctx, m, id, "合同", p)
				var denied *org.DeniedError
				switch {
				case !active[string(m.Person)]:
					if !errors.As(err, &denied) {
						rt.Fatalf("error is %v", err)
					}
				case discarded[id]:
					expect(rt, err, registry.ErrDiscarded)
				case !good(p):
					expect(rt, err, registry.ErrPeriod)
				case l.waiting != "":
					expect(rt, err, registry.ErrPending)
				default:
					expect(rt, err, nil)
					l.waiting, l.asked = a.ID, p
				}
			},
			"approve": func(rt *rapid.T) {
				m, id, l := who(rt)
				if l.waiting == "" {
					return
				}
				_, err := w.Approve(ctx, boss, l.waiting)
				switch {
				case discarded[id]:
					expect(rt, err, registry.ErrDiscarded)
				case !active[string(m.Person)]:
					expect(rt, err, registry.ErrNotMember)
				case !good(l.asked):
					expect(rt, err, registry.ErrPeriod)
				default:
					expect(rt, err, nil)
					lend(l, l.asked)
					l.waiting = ""
				}
			},
			"refuse": func(rt *rapid.T) {
				if _, _, l := who(rt); l.waiting != "" {
					_, err := w.Refuse(ctx, boss, l.waiting)
					expect(rt, err, nil)
					l.waiting = ""
				}
			},
			"disable": func(rt *rapid.T) {
				m := rapid.SampledFrom(members).Draw(rt, "member")
				if active[string(m.Person)] {
					w.Pass(time.Second)
					expect(rt, w.Org.Disable(ctx, boss, m.Person), nil)
					active[string(m.Person)] = false
				}
			},
			"enable": func(rt *rapid.T) {
				m := rapid.SampledFrom(members).Draw(rt, "member")
				if !active[string(m.Person)] {
					w.Pass(time.Second)
					expect(rt, w.Org.Enable(ctx, boss, m.Person), nil)
					active[string(m.Person)], since[string(m.Person)] = true, w.Now()
				}
			},
			"discard": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "rarely") == 0 {
					id := rapid.SampledFrom(ids).Draw(rt, "seal")
					expect(rt, w.Discard(ctx, boss, id), nil)
					discarded[id] = true
				}
			},
			"wait": func(rt *rapid.T) { w.Pass(time.Duration(rapid.IntRange(1, 3).Draw(rt, "days")) * day) },
			"": func(rt *rapid.T) {
				now := w.Now()
				for _, m := range members {
					for _, id := range ids {
						l := state[string(m.Person)+string(id)]
						want := active[string(m.Person)] && !discarded[id] && l.standing && !l.at.Before(since[string(m.Person)]) &&
							!now.Before(l.from) && (l.to.IsZero() || now.Before(l.to))
						_, err := w.usable(m, id)
						if (err == nil) != want {
							rt.Fatalf("usable: %v, want %t of %+v", err, want, *l)
						}
						done[org.Zh(err)]++
					}
				}
			},
		})
		for _, id := range ids {
			holders, _, err := w.Grants(ctx, boss, id, registry.GrantFilter{At: w.Now()}, "")
			orgtest.Must(rt, err)
			n := 0
			for _, m := range members {
				l := state[string(m.Person)+string(id)]
				if l.standing && active[string(m.Person)] && !l.at.Before(since[string(m.Person)]) && !w.Now().Before(l.from) && (l.to.IsZero() || w.Now().Before(l.to)) {
					n++
				}
			}
			if len(holders) != n {
				rt.Fatalf("%d hold the seal, want %d: %+v", len(holders), n, holders)
			}
			orgtest.Must(rt, w.Discard(ctx, boss, id)) // so that the next round can make one
		}
	})
	for _, target := range []error{nil, registry.ErrNotGranted, registry.ErrDiscarded} {
		if n := done[org.Zh(target)]; n < sequences/4 && !testing.Short() { // a model that covers too little proves nothing
			t.Errorf("%v came %d times", target, n)
		}
	}
}
