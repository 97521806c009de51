package storetest_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// probe stands in for a testing.TB and remembers failure.
type probe struct {
	testing.TB
	failed atomic.Bool
}

func (p *probe) Errorf(string, ...any) { p.failed.Store(true) }
func (p *probe) Fatalf(string, ...any) { p.failed.Store(true); runtime.Goexit() }

// catches reports whether the check fails.
func catches(t *testing.T, run func(testing.TB)) bool {
	p := &probe{TB: t}
	var wg sync.WaitGroup
	wg.Go(func() { run(p) })
	wg.Wait()
	return p.failed.Load()
}

// broken is a driver with one fault.
type broken struct {
	store.Driver
	ensure func(context.Context, []store.Schema) error
	begin  func(context.Context, store.Mode) (store.DriverTx, error)
	close  func() error
	retry  func(error) bool
}

func (b *broken) Ensure(ctx context.Context, s []store.Schema) error {
	if b.ensure != nil {
		return b.ensure(ctx, s)
	}
	return b.Driver.Ensure(ctx, s)
}

func (b *broken) Begin(ctx context.Context, m store.Mode, locks []string) (store.DriverTx, error) {
	if b.begin != nil {
		return b.begin(ctx, m)
	}
	return b.Driver.Begin(ctx, m, locks)
}

func (b *broken) Close() error {
	if b.close != nil {
		return b.close()
	}
	return b.Driver.Close()
}

func (b *broken) Retryable(err error) bool { return b.retry != nil && b.retry(err) }

type brokenTx struct {
	store.DriverTx
	get   func(context.Context, *store.Schema, string) (store.Row, error)
	write func(context.Context, *store.Schema, store.Row, int64) error
	query func(context.Context, *store.Schema, store.Query) ([]store.Row, error)
	end   func(bool) error
}

func (b *brokenTx) Get(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
	if b.get != nil {
		return b.get(ctx, s, id)
	}
	return b.DriverTx.Get(ctx, s, id)
}

func (b *brokenTx) Write(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
	if b.write != nil {
		return b.write(ctx, s, r, old)
	}
	return b.DriverTx.Write(ctx, s, r, old)
}

func (b *brokenTx) Query(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
	if b.query != nil {
		return b.query(ctx, s, q)
	}
	return b.DriverTx.Query(ctx, s, q)
}

func (b *brokenTx) End(commit bool) error {
	if b.end != nil {
		return b.end(commit)
	}
	return b.DriverTx.End(commit)
}

// inTx breaks every transaction of a driver.
func inTx(spoil func(d store.Driver, m store.Mode, tx *brokenTx)) func(store.Driver) store.Driver {
	return func(d store.Driver) store.Driver {
		b := &broken{Driver: d}
		b.begin = func(ctx context.Context, m store.Mode) (store.DriverTx, error) {
			good, err := d.Begin(ctx, m, nil)
			if err != nil {
				return nil, err
			}
			tx := &brokenTx{DriverTx: good}
			spoil(d, m, tx)
			return tx, nil
		}
		return b
	}
}

// fault is a broken driver, and the check that must find it.
type fault struct {
	fault, check string
	breaks       func(store.Driver) store.Driver
}

func faults() []fault {
	return []fault{
		{"ids in any case", "rows/round trip", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				return tx.DriverTx.Get(ctx, s, strings.ToLower(id))
			}
		})},
		{"rows are shared", "rows/copies are not shared", func() func(store.Driver) store.Driver {
			cache := map[string]store.Row{}
			return inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
				tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
					if r, ok := cache[id]; ok {
						return r, nil
					}
					r, err := tx.DriverTx.Get(ctx, s, id)
					cache[id] = r
					return r, err
				}
			})
		}()},
		{"text ends at NUL", "rows/odd strings and big values", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
				r.Cols = slices.Clone(r.Cols)
				r.Cols[0].Text, _, _ = strings.Cut(r.Cols[0].Text, "\x00")
				return tx.DriverTx.Write(ctx, s, r, old)
			}
		})},
		{"last writer wins", "rows/conflict", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
				if now, err := tx.DriverTx.Get(ctx, s, r.ID); err == nil && old != 0 {
					old = now.Version
				}
				return tx.DriverTx.Write(ctx, s, r, old)
			}
		})},
		{"insert replaces", "rows/insert of a taken id", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
				if now, err := tx.DriverTx.Get(ctx, s, r.ID); err == nil {
					old = now.Version
				}
				return tx.DriverTx.Write(ctx, s, r, old)
			}
		})},
		{"always ascending", "query/order, both ways, with ties", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.query = func(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
				q.Desc = false
				return tx.DriverTx.Query(ctx, s, q)
			}
		})},
		{"text in dictionary order", "query/text is ordered byte by byte", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.query = func(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
				rows, err := tx.DriverTx.Query(ctx, s, q)
				slices.SortFunc(rows, func(a, b store.Row) int {
					return strings.Compare(strings.ToLower(a.ID), strings.ToLower(b.ID))
				})
				return rows, err
			}
		})},
		{"cursor skips a row", "query/cursors hold while others write", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.query = func(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
				rows, err := tx.DriverTx.Query(ctx, s, q)
				return rows[min(len(rows), map[bool]int{true: 1}[q.After != nil]):], err
			}
		})},
		{"light rows carry documents", "query/light rows", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.query = func(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
				q.Light = false
				return tx.DriverTx.Query(ctx, s, q)
			}
		})},
		{"nothing is unique", "unique/refused, named, free when empty", notUnique},
		{"empty is unique too", "unique/refused, named, free when empty", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
				if len(s.Indexes) == 0 {
					return tx.DriverTx.Write(ctx, s, r, old)
				}
				if x := &s.Indexes[len(s.Indexes)-1]; x.Unique && x.Free(r.Cols) {
					rows, _ := tx.DriverTx.Query(ctx, s, store.Query{Index: x, Equal: []store.Value{r.Cols[x.Columns[0]]}, Limit: 1})
					if len(rows) > 0 {
						return &store.ExistsError{Table: s.Name, Index: x.Name}
					}
				}
				return tx.DriverTx.Write(ctx, s, r, old)
			}
		})},
		{"roll-back commits", "tx/roll-back leaves nothing", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.end = func(bool) error { return tx.DriverTx.End(true) }
		})},
		{"a view reads what is committed", "tx/view is a snapshot", inTx(func(d store.Driver, m store.Mode, tx *brokenTx) {
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				if m == store.Update {
					return tx.DriverTx.Get(ctx, s, id)
				}
				now, err := d.Begin(ctx, store.View, nil)
				if err != nil {
					return store.Row{}, err
				}
				defer func() { _ = now.End(false) }()
				return now.Get(ctx, s, id)
			}
		})},
		{"a view swallows writes", "tx/view refuses writes", inTx(func(_ store.Driver, m store.Mode, tx *brokenTx) {
			tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
				if m == store.View {
					return nil
				}
				return tx.DriverTx.Write(ctx, s, r, old)
			}
		})},
		{"snapshot isolation", "tx/write skew", snapshotIsolation},
		{"generations are forgotten", "db/a newer record is not for an older program", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				r, err := tx.DriverTx.Get(ctx, s, id)
				r.Generation = 0
				return r, err
			}
		})},
		{"deaf to ctx", "tx/cancelled", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				return tx.DriverTx.Get(context.WithoutCancel(ctx), s, id)
			}
		})},
		{"locks are not held", "tx/keyed lock comes before the snapshot", snapshotIsolation},
		{"close does nothing", "db/closed", func(d store.Driver) store.Driver {
			return &broken{Driver: d, close: func() error { return nil }}
		}},
		{"any shape will do", "db/ensure twice and in another shape", func(d store.Driver) store.Driver {
			return &broken{Driver: d, ensure: func(ctx context.Context, s []store.Schema) error {
				_ = d.Ensure(ctx, s)
				return nil
			}}
		}},
		{"names run together", "db/names that are alike", func(d store.Driver) store.Driver {
			return &broken{Driver: d, ensure: func(ctx context.Context, schemas []store.Schema) error {
				seen := map[string]bool{}
				for _, s := range schemas {
					for _, x := range s.Indexes {
						if name := s.Name + "_" + x.Name; seen[name] {
							return errors.New(name + " exists")
						} else {
							seen[name] = true
						}
					}
				}
				return d.Ensure(ctx, schemas)
			}}
		}},
	}
}

func notUnique(d store.Driver) store.Driver {
	return &broken{Driver: d, ensure: func(ctx context.Context, schemas []store.Schema) error {
		schemas = slices.Clone(schemas)
		for i := range schemas {
			schemas[i].Indexes = slices.Clone(schemas[i].Indexes)
			for j := range schemas[i].Indexes {
				schemas[i].Indexes[j].Unique = false
			}
		}
		return d.Ensure(ctx, schemas)
	}}
}

func TestBrokenDriversAreCaught(t *testing.T) {
	checks := map[string]storetest.Check{}
	for _, c := range storetest.Checks() {
		checks[c.Name] = c
	}
	for _, tt := range append(faults(), moreFaults()...) {
		t.Run(tt.fault, func(t *testing.T) {
			check, ok := checks[tt.check]
			if !ok {
				t.Fatalf("no check %q", tt.check)
			}
			if !catches(t, func(p testing.TB) {
				check.Run(p, func(testing.TB) store.Driver { return tt.breaks(memory.New()) })
			}) {
				t.Errorf("%q does not catch it", tt.check)
			}
		})
	}
}

// snapshotIsolation lets Updates run side by side, each on its snapshot. At the end it
// refuses only writes to the same rows: REPEATABLE READ.
func snapshotIsolation(d store.Driver) store.Driver {
	b := &broken{Driver: d, retry: func(err error) bool { return err != nil && strings.Contains(err.Error(), "conflict") }}
	b.begin = func(ctx context.Context, m store.Mode) (store.DriverTx, error) {
		view, err := d.Begin(ctx, store.View, nil)
		if err != nil || m == store.View {
			return view, err
		}
		var replay []func(store.DriverTx) error
		tx := &brokenTx{DriverTx: view}
		tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
			replay = append(replay, func(real store.DriverTx) error { return real.Write(context.WithoutCancel(ctx), s, r, old) })
			return nil
		}
		tx.end = func(commit bool) error {
			_ = view.End(false)
			if !commit {
				return nil
			}
			real, err := d.Begin(context.WithoutCancel(ctx), store.Update, nil)
			if err != nil {
				return err
			}
			for _, write := range replay {
				if err := write(real); err != nil {
					_ = real.End(false)
					return err
				}
			}
			return real.End(true)
		}
		return tx, nil
	}
	return b
}
