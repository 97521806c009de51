package billing_test

import (
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// BenchmarkHoldAndCharge is one envelope: a transaction that holds, a second that
// charges.
func BenchmarkHoldAndCharge(b *testing.B) {
	for name, open := range map[string]func() store.Driver{
		"memory": func() store.Driver { return memory.New() },
		"sqlite": func() store.Driver { return openSQLite(b) },
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, open())
			boss := w.firm(b, 0)
			left := int64(0)
			n := 0
			for b.Loop() {
				if left == 0 {
					w.topUp(b, boss, "p100")
					left = 100
				}
				e := fmt.Sprint("e", n)
				must(b, w.hold(boss.Org, e, 1))
				must(b, w.charge(boss.Org, e, 1))
				n++
				left--
			}
		})
	}
}

// BenchmarkHoldAndChargeParallel is the same from many goroutines on one balance:
// it must neither fail nor retry.
func BenchmarkHoldAndChargeParallel(b *testing.B) {
	w := newWorld(b, openSQLite(b))
	boss := w.firm(b, 0)
	for range b.N/100 + 1 {
		w.topUp(b, boss, "p100")
	}
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e := w.newID()
			if err := w.hold(boss.Org, e, 1); err != nil {
				b.Error(err)
			}
			if err := w.charge(boss.Org, e, 1); err != nil {
				b.Error(err)
			}
		}
	})
}
