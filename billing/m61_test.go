package billing_test

import (
	"context"
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// M61: envelopes of one, two and three files are charged by their files, through 接口调用
// and through the portal. More than is left is refused from either source.
func TestM61CopiesAndSources(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p5")
		w.topUp(t, boss, "p5")
		charge := func(e string, copies int64, src billing.Source) {
			t.Helper()
			orgtest.Must(t, w.hold(boss.Org, e, copies))
			orgtest.Must(t, w.update(boss.Org, func(ctx context.Context, tx *store.Tx) error {
				return w.Charge(ctx, tx, billing.ChargeRequest{Org: boss.Org, Envelope: e, Name: e, Copies: copies, Source: src})
			}))
		}
		charge("a", 1, billing.Portal)
		charge("b", 2, billing.API)
		charge("c", 3, billing.API)
		w.has(t, boss, 4, 0)
		list, _, err := w.Charges(t.Context(), boss, billing.ChargeFilter{}, "")
		orgtest.Must(t, err)
		if len(list) != 3 {
			t.Fatalf("%d lines", len(list))
		}
		for _, c := range list {
			if want := map[string]int64{"a": 1, "b": 2, "c": 3}[c.Envelope]; c.Copies != want || (c.Source == billing.Portal) != (c.Envelope == "a") {
				t.Errorf("line %+v", c)
			}
		}
		orgtest.Want(t, w.hold(boss.Org, "d", 5), billing.ErrInsufficient)
		_, _, err = w.Charges(t.Context(), org.Actor{Person: boss.Person}, billing.ChargeFilter{}, "")
		orgtest.WantDenied(t, err, org.DenyPersonal)
	})
}
