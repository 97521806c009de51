package sandbox_test

import (
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// T12, M54: 1,000 callbacks over HTTP, for ten payments reported a hundred times each,
// shuffled and concurrent, credit each order once.
func TestT12ThousandCallbacks(t *testing.T) {
	onFile, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "pay.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, driver := range map[string]store.Driver{"memory": memory.New(), "sqlite": onFile} {
		t.Run(name, func(t *testing.T) {
			w := envelopetest.New(t, driver)
			boss := w.Company(w.Person("张伟", "13800138001", "321083197812162119"), companyName, companyCode)
			const orders, each = 10, 100
			w.Sandbox.Script(sandbox.Payments, sandbox.Script{Hold: true, Times: each})
			for range orders {
				w.Buy(boss, "32")
			}
			free := func(want int64) {
				t.Helper()
				b, err := w.Billing.Balance(t.Context(), boss)
				if err != nil || b != (billing.Balance{Free: want}) {
					t.Errorf("balance is %+v, %v, want %d", b, err, want)
				}
			}
			free(0)
			if err := w.Sandbox.FlushShuffled(1); err != nil {
				t.Fatal(err)
			}
			free(orders * 32)
			if list, _, err := w.Billing.Surplus(t.Context(), ""); err != nil || len(list) != 0 {
				t.Errorf("surplus is %v, %v", list, err)
			}
			paid := 0
			entries, _, err := w.Org.Audit(t.Context(), boss, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if e.Command == "billing.paid" {
					paid++
				}
			}
			if err := w.Billing.Audit(t.Context(), boss.Org); err != nil || paid != orders {
				t.Errorf("%d payments in the audit, %v", paid, err)
			}
		})
	}
}
