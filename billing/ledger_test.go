package billing_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// M55, M58: sending holds, completing charges, and only then there is a line.
func TestM55HoldAndCharge(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p5")
		orgtest.Must(t, w.hold(boss.Org, "e1", 3))
		w.has(t, boss, 2, 3)
		if list, _, err := w.Charges(t.Context(), boss, billing.ChargeFilter{}, ""); err != nil || len(list) != 0 {
			t.Errorf("charges before completion: %v, %v", list, err)
		}
		orgtest.Must(t, w.charge(boss.Org, "e1", 3))
		w.has(t, boss, 2, 0)
		list, _, err := w.Charges(t.Context(), boss, billing.ChargeFilter{}, "")
		if err != nil || len(list) != 1 || list[0].Copies != 3 || list[0].Envelope != "e1" || list[0].Name != "合同e1" || list[0].Source.Zh() != "门户调用" {
			t.Errorf("charges: %+v, %v", list, err)
		}
	})
}

// M55: an envelope that does not complete is not charged.
func TestM55Release(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p5")
		orgtest.Must(t, w.hold(boss.Org, "e1", 3))
		orgtest.Must(t, w.release(boss.Org, "e1"))
		w.has(t, boss, 5, 0)
		orgtest.Must(t, w.release(boss.Org, "e1"))
		w.has(t, boss, 5, 0)
	})
}

// M56: too little balance is refused with the platform's sentence, and nothing
// changes.
func TestM56Insufficient(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		err := w.hold(boss.Org, "e0", 1) // a company that never bought anything
		orgtest.Want(t, err, billing.ErrInsufficient)
		var z interface{ Zh() string }
		if !errors.As(err, &z) || z.Zh() != "余额不足，请先联系企业管理员进行充值" {
			t.Errorf("the sentence of %v is wrong", err)
		}
		w.topUp(t, boss, "p5")
		orgtest.Must(t, w.hold(boss.Org, "e1", 3))
		orgtest.Want(t, w.hold(boss.Org, "e2", 3), billing.ErrInsufficient)
		w.has(t, boss, 2, 3)
		orgtest.Must(t, w.hold(boss.Org, "e2", 2))
		w.has(t, boss, 0, 5)
	})
}

// M52: persons pay nothing, unless the host's policy says otherwise.
func TestM52PersonsAreFree(t *testing.T) {
	w := newWorld(t, memory.New())
	orgtest.Must(t, w.hold("", "e1", 5))
	orgtest.Must(t, w.charge("", "e1", 5))
	orgtest.Must(t, w.hold("", "e2", 5))
	orgtest.Must(t, w.release("", "e2"))
	c := w.config()
	c.ChargePersons = true
	var err error
	w.Service, err = billing.New(c)
	orgtest.Must(t, err)
	orgtest.Want(t, w.hold("", "e3", 1), billing.ErrInsufficient)
}

// T13: every movement of an envelope happens once, with repetitions and races.
func TestT13Once(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss, other := w.Firm(t, 0), w.Firm(t, 1)
		w.topUp(t, boss, "p100")
		w.topUp(t, other, "p100")
		for range 3 {
			orgtest.Must(t, w.hold(boss.Org, "e1", 2))
		}
		w.has(t, boss, 98, 2)
		orgtest.Want(t, w.hold(boss.Org, "e1", 3), billing.ErrHeld)
		orgtest.Want(t, w.hold(other.Org, "e1", 2), billing.ErrHeld)
		orgtest.Want(t, w.charge(other.Org, "e1", 2), billing.ErrNoHold)
		orgtest.Want(t, w.release(other.Org, "e1"), billing.ErrNoHold)
		orgtest.Want(t, w.charge(boss.Org, "e1", 1), billing.ErrHeld)
		orgtest.Want(t, w.charge(boss.Org, "e2", 2), billing.ErrNoHold)
		orgtest.Want(t, w.release(boss.Org, "e2"), billing.ErrNoHold)
		for range 3 {
			orgtest.Must(t, w.charge(boss.Org, "e1", 2))
		}
		w.has(t, boss, 98, 0)
		orgtest.Want(t, w.release(boss.Org, "e1"), billing.ErrSettled)
		orgtest.Want(t, w.hold(boss.Org, "e1", 2), billing.ErrSettled)
		orgtest.Must(t, w.hold(boss.Org, "e2", 2))
		orgtest.Must(t, w.release(boss.Org, "e2"))
		orgtest.Want(t, w.charge(boss.Org, "e2", 2), billing.ErrSettled)
		again := func(o org.CompanyID) error { // another company, and the first once more (M56)
			return w.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return w.Hold(ctx, tx, billing.HoldRequest{Org: o, Envelope: "e2", Copies: 2, Again: true})
			})
		}
		orgtest.Must(t, again(other.Org))
		w.has(t, other, 98, 2)
		orgtest.Want(t, again(boss.Org), billing.ErrHeld)
		orgtest.Must(t, w.release(other.Org, "e2"))
		orgtest.Must(t, again(boss.Org))
		orgtest.Must(t, w.charge(boss.Org, "e2", 2))
		orgtest.Want(t, again(boss.Org), billing.ErrSettled)
		w.has(t, boss, 96, 0)
		for _, n := range []int64{0, -1, billing.MaxCopies + 1} {
			orgtest.Want(t, w.hold(boss.Org, fmt.Sprint("n", n), n), billing.ErrCopies)
		}
		orgtest.Want(t, w.hold(boss.Org, "most", billing.MaxCopies), billing.ErrInsufficient)
		w.has(t, boss, 96, 0)
		w.has(t, other, 100, 0)
	})
}

// T13: a transaction that fails leaves no movement behind.
func TestT13RolledBack(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p5")
		abort := errors.New("abort")
		err := w.update(boss.Org, func(ctx context.Context, tx *store.Tx) error {
			r := billing.HoldRequest{Org: boss.Org, Envelope: "e1", Copies: 5}
			return errors.Join(w.Hold(ctx, tx, r), abort)
		})
		orgtest.Want(t, err, abort)
		w.has(t, boss, 5, 0)
		orgtest.Must(t, w.hold(boss.Org, "e1", 5))
	})
}

// T13: 64 goroutines spend a quota of 32.
func TestT13Quota(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p32")
		var held, refused atomic.Int64
		var wg sync.WaitGroup
		for n := range 64 {
			wg.Go(func() {
				e := fmt.Sprint("e", n)
				err := w.hold(boss.Org, e, 1)
				switch {
				case errors.Is(err, billing.ErrInsufficient):
					refused.Add(1)
				case err != nil:
					t.Error(err)
				default:
					held.Add(1)
					if err := w.charge(boss.Org, e, 1); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if held.Load() != 32 || refused.Load() != 32 {
			t.Errorf("%d held, %d refused, want 32 of each", held.Load(), refused.Load())
		}
		w.has(t, boss, 0, 0)
	})
}

// T14: the last signature and the withdrawal race; one of them wins.
func TestT14ChargeOrRelease(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p100")
		var charged atomic.Int64
		for n := range 50 {
			e := fmt.Sprint("e", n)
			orgtest.Must(t, w.hold(boss.Org, e, 1))
			var wg sync.WaitGroup
			var won atomic.Int64
			for _, end := range []func() error{
				func() error { return w.charge(boss.Org, e, 1) },
				func() error { return w.release(boss.Org, e) },
			} {
				wg.Go(func() {
					err := end()
					if err == nil {
						won.Add(1)
					} else if !errors.Is(err, billing.ErrSettled) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d of 2 won", won.Load())
			}
			if w.charge(boss.Org, e, 1) == nil {
				charged.Add(1)
			}
		}
		w.has(t, boss, 100-charged.Load(), 0)
	})
}

// Copies that expire first are used first; held copies do not expire; copies that come
// back late are lost. The edge is half-open.
func TestLotsExpire(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		const day = 24 * time.Hour
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p32") // for ever
		w.topUp(t, boss, "p5")  // for 30 days
		w.Pass(day)
		w.topUp(t, boss, "p5") // for 30 days, a day later
		w.has(t, boss, 42, 0)
		orgtest.Must(t, w.hold(boss.Org, "e1", 7)) // all of the older lot and 2 of the newer
		w.Pass(29*day - time.Microsecond)
		w.has(t, boss, 35, 7)
		w.Pass(time.Microsecond) // the older lot has expired: it is empty anyway
		orgtest.Must(t, w.release(boss.Org, "e1"))
		w.has(t, boss, 37, 0) // 5 came back expired
		orgtest.Must(t, w.hold(boss.Org, "e2", 4))
		orgtest.Must(t, w.hold(boss.Org, "e3", 2)) // 1 of the newer lot, 1 of the one that never expires
		w.Pass(day)
		w.has(t, boss, 31, 6)
		orgtest.Must(t, w.charge(boss.Org, "e2", 4)) // held in time
		orgtest.Must(t, w.release(boss.Org, "e3"))
		w.has(t, boss, 32, 0)

		list, _, err := w.Ledger(t.Context(), boss, "")
		orgtest.Must(t, err)
		sum, expired := int64(0), []string{}
		for _, e := range list {
			sum += e.Free + e.Held
			if e.Kind == billing.EntryExpire {
				expired = append(expired, fmt.Sprint(e.Free, " ", e.ID))
			}
		}
		if fmt.Sprint(expired) != "[-1 expire/release/e3 -5 expire/release/e1]" || sum != 32 {
			t.Errorf("sum is %d, expired %q", sum, expired)
		}
	})
}

// A balance is for those who may buy.
func TestBalanceRefused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	_, err := w.Balance(t.Context(), w.Member(t, boss, 1))
	orgtest.WantDenied(t, err, org.DenyRole)
	_, _, err = w.Ledger(t.Context(), org.Actor{Person: boss.Person}, "")
	orgtest.WantDenied(t, err, org.DenyPersonal)
	_, err = w.Balance(t.Context(), org.Actor{Person: boss.Person})
	orgtest.WantDenied(t, err, org.DenyPersonal)
	_, err = w.Balance(t.Context(), org.Actor{Person: w.Person(t, 2).Person, Org: boss.Org})
	orgtest.Want(t, err, org.ErrNotFound)
}
