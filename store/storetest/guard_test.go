package storetest_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// counted counts the open transactions, and reports them at Close.
type counted struct {
	store.Driver
	t    testing.TB
	open atomic.Int64
}

func (c *counted) Begin(ctx context.Context, m store.Mode, locks []string) (store.DriverTx, error) {
	tx, err := c.Driver.Begin(ctx, m, locks)
	if err != nil {
		return nil, err
	}
	c.open.Add(1)
	return &brokenTx{DriverTx: tx, end: func(commit bool) error {
		c.open.Add(-1)
		return tx.End(commit)
	}}, nil
}

func (c *counted) Close() error {
	if n := c.open.Load(); n != 0 {
		c.t.Errorf("%d transactions are open at Close", n)
	}
	return c.Driver.Close()
}

// A check that fails at any point ends its transactions before it closes the driver.
func TestEveryTransactionIsEnded(t *testing.T) {
	for _, f := range append(faults(), moreFaults()...) {
		for _, c := range storetest.Checks() {
			if c.Name != f.check {
				continue
			}
			t.Run(f.fault, func(t *testing.T) {
				catches(t, func(p testing.TB) {
					c.Run(p, func(testing.TB) store.Driver {
						d := f.breaks(memory.New())
						if _, ok := d.(store.Claimer); ok {
							return d
						}
						return &counted{Driver: d, t: t}
					})
				})
			})
		}
	}
}

// A call that never returns, or panics, fails its check, and blocks neither it nor the
// next.
func TestNoCheckHangs(t *testing.T) {
	defer storetest.Hurry(300*time.Millisecond, 100*time.Millisecond)()
	over := make(chan struct{})
	defer close(over)
	never := func() { <-over }
	stuck := map[string]func(store.Driver) store.Driver{
		"begin": func(d store.Driver) store.Driver {
			return &broken{Driver: d, begin: func(context.Context, store.Mode) (store.DriverTx, error) { never(); return nil, store.ErrClosed }}
		},
		"ensure": func(d store.Driver) store.Driver {
			return &broken{Driver: d, ensure: func(context.Context, []store.Schema) error { never(); return nil }}
		},
		"close": func(d store.Driver) store.Driver {
			return &broken{Driver: d, close: func() error { never(); return nil }}
		},
		"query": queries(func(context.Context, *brokenTx, *store.Schema, store.Query) ([]store.Row, error) {
			never()
			return nil, nil
		}),
		"query, by a panic": queries(func(context.Context, *brokenTx, *store.Schema, store.Query) ([]store.Row, error) { panic("broken") }),
		"pages without end": queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
			q.After = nil
			return tx.DriverTx.Query(ctx, s, q)
		}),
		"end": inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.end = func(bool) error { never(); return nil }
		}),
	}
	for name, breaks := range stuck {
		for _, c := range storetest.Checks() {
			if c.Name != "query/order, both ways, with ties" && c.Name != "query/light rows" {
				continue
			}
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				var failed bool
				t.Run("check", func(t *testing.T) {
					p := &probe{TB: t}
					t.Cleanup(func() { failed = p.failed.Load() }) // runs last, after Close
					c.Run(p, func(testing.TB) store.Driver { return breaks(memory.New()) })
				})
				if !failed && (name != "pages without end" || !strings.HasSuffix(c.Name, "light rows")) {
					t.Error("it is not caught")
				}
			})
		}
	}
}
