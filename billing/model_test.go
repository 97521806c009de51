package billing_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// reference is a balance in its simplest form: single copies, each with the moment it
// expires, and the state of each envelope.
type reference struct {
	free      []time.Time // zero: never expires; in the order of use
	held      map[string][]time.Time
	ended     map[string]string
	completed int // copies that were charged
}

func (r *reference) live(now time.Time) (out []time.Time) {
	for _, t := range r.free {
		if t.IsZero() || now.Before(t) {
			out = append(out, t)
		}
	}
	return out
}

// put keeps free in order: sooner before later before never.
func (r *reference) put(copies ...time.Time) {
	r.free = append(slices.Clone(r.free), copies...)
	slices.SortStableFunc(r.free, func(a, b time.Time) int {
		if a.IsZero() || b.IsZero() {
			return cmp.Compare(btoi(a.IsZero()), btoi(b.IsZero()))
		}
		return a.Compare(b)
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestModel runs sequences of purchases, holds, charges, releases and expiries (M54 to
// M56, T13) against the reference: the ledger's sum is the balance, it is never below
// zero, and a charge happens if and only if copies were held. With the model of package
// seal/registry it makes 20,000 sequences.
func TestModel(t *testing.T) {
	done := map[string]int{} // how often each command was carried out
	sequences := orgtest.CheckModel(t, 6_000, 15, func(rt *rapid.T) {
		w := newWorld(rt, memory.New())
		boss := w.Firm(rt, 0)
		ref := reference{held: map[string][]time.Time{}, ended: map[string]string{}}
		envelope := rapid.Custom(func(rt *rapid.T) string { return fmt.Sprint("e", rapid.IntRange(0, 7).Draw(rt, "n")) })
		expect := func(rt *rapid.T, err, want error) {
			if !errors.Is(err, want) {
				rt.Fatalf("error is %v, want %v", err, want)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"buy": func(rt *rapid.T) {
				p := rapid.SampledFrom(catalogue()).Draw(rt, "package")
				o := w.buy(rt, boss, p.ID)
				for range rapid.IntRange(1, 3).Draw(rt, "callbacks") {
					expect(rt, w.report(payment(o)), nil)
				}
				var dies time.Time
				if p.Valid > 0 {
					dies = w.Now().Add(p.Valid)
				}
				for range p.Copies {
					ref.put(dies)
				}
			},
			"hold": func(rt *rapid.T) {
				e, n := envelope.Draw(rt, "envelope"), rapid.IntRange(0, 60).Draw(rt, "copies")
				err := w.hold(boss.Org, e, int64(n))
				live := ref.live(w.Now())
				switch had, known := ref.held[e]; {
				case known && len(had) != n:
					expect(rt, err, billing.ErrHeld)
				case known && ref.ended[e] != "":
					expect(rt, err, billing.ErrSettled)
				case known:
					expect(rt, err, nil)
				case n == 0:
					expect(rt, err, billing.ErrCopies)
				case n > len(live):
					expect(rt, err, billing.ErrInsufficient)
				default:
					expect(rt, err, nil)
					done["hold"]++
					ref.held[e], ref.free = live[:n:n], live[n:]
				}
			},
			"charge": func(rt *rapid.T) {
				e := envelope.Draw(rt, "envelope")
				had, known := ref.held[e]
				err := w.charge(boss.Org, e, int64(len(had)))
				switch {
				case !known:
					expect(rt, err, billing.ErrNoHold)
				case ref.ended[e] == "release":
					expect(rt, err, billing.ErrSettled)
				default:
					expect(rt, err, nil)
					if ref.ended[e] == "" {
						ref.completed += len(had)
						done["charge"]++
					}
					ref.ended[e] = "charge"
				}
			},
			"release": func(rt *rapid.T) {
				e := envelope.Draw(rt, "envelope")
				err := w.release(boss.Org, e)
				had, known := ref.held[e]
				switch {
				case !known:
					expect(rt, err, billing.ErrNoHold)
				case ref.ended[e] == "charge":
					expect(rt, err, billing.ErrSettled)
				default:
					expect(rt, err, nil)
					if ref.ended[e] == "" {
						ref.put(had...)
						done["release"]++
						if len(ref.live(w.Now())) < len(ref.free) {
							done["release after expiry"]++
						}
					}
					ref.ended[e] = "release"
				}
			},
			"wait": func(rt *rapid.T) { w.Pass(time.Duration(rapid.IntRange(1, 20).Draw(rt, "days")) * 24 * time.Hour) },
			"": func(rt *rapid.T) {
				held := 0
				for e, copies := range ref.held {
					if ref.ended[e] == "" {
						held += len(copies)
					}
				}
				want := billing.Balance{Free: int64(len(ref.live(w.Now()))), Held: int64(held)}
				if got, err := w.Balance(rt.Context(), boss); err != nil || got != want || got.Free < 0 {
					rt.Fatalf("balance is %+v, %v, want %+v", got, err, want)
				}
				expect(rt, w.Audit(rt.Context(), boss.Org), nil)
				if got := chargedCopies(rt, w, boss); got != int64(ref.completed) {
					rt.Fatalf("%d copies charged, want %d", got, ref.completed)
				}
			},
		})
	})
	for _, what := range []string{"hold", "charge", "release", "release after expiry"} {
		if done[what] < sequences/60 && !testing.Short() { // a model that covers too little proves nothing
			t.Errorf("%q came %d times", what, done[what])
		}
	}
}

func chargedCopies(rt *rapid.T, w *world, boss org.Actor) (n int64) {
	list, _, err := w.Charges(rt.Context(), boss, billing.ChargeFilter{}, "")
	orgtest.Must(rt, err)
	for _, c := range list {
		n += c.Copies
	}
	return n
}
