package storetest_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// writes breaks the Write of every transaction.
func writes(spoil func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error) func(store.Driver) store.Driver {
	return inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
		tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
			return spoil(ctx, tx, s, r, old)
		}
	})
}

// queries breaks the Query of every transaction.
func queries(spoil func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error)) func(store.Driver) store.Driver {
	return inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
		tx.query = func(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
			return spoil(ctx, tx, s, q)
		}
	})
}

var (
	rollsForward = inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
		tx.end = func(bool) error { return tx.DriverTx.End(true) }
	})
	lastWins = writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
		if now, err := tx.DriverTx.Get(ctx, s, r.ID); err == nil && old != 0 {
			old = now.Version
		}
		return tx.DriverTx.Write(ctx, s, r, old)
	})
	firstColumn = queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
		if q.After == nil {
			q.Equal = q.Equal[:min(len(q.Equal), 1)]
		}
		return tx.DriverTx.Query(ctx, s, q)
	})
	noDelete = writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
		if len(r.Doc) == 0 {
			return nil
		}
		return tx.DriverTx.Write(ctx, s, r, old)
	})
	anyOrder = queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
		q.Desc = false
		return tx.DriverTx.Query(ctx, s, q)
	})
)

// readCommitted lets Updates run side by side; of two that write to one row, the last
// one wins.
func readCommitted(d store.Driver) store.Driver { return snapshotIsolation(lastWins(d)) }

func moreFaults() []fault {
	return []fault{
		{"another error", "rows/absent", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				r, err := tx.DriverTx.Get(ctx, s, id)
				if err != nil {
					err = errors.New("no such key")
				}
				return r, err
			}
		})},
		{"given rows are shared", "rows/copies are not shared", func(d store.Driver) store.Driver {
			given := map[string]store.Row{}
			return inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
				tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
					given[r.ID] = r
					return tx.DriverTx.Write(ctx, s, r, old)
				}
				tx.get = func(_ context.Context, _ *store.Schema, id string) (store.Row, error) {
					r := given[id]
					r.Doc, r.Cols = append([]byte(nil), r.Doc...), append([]store.Value(nil), r.Cols...)
					return r, nil
				}
			})(d)
		}},
		{"moments in milliseconds", "rows/numbers and moments to their ends", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			for i, v := range r.Cols {
				if v.Kind == store.KindTime {
					r.Cols[i].Int = v.Int / 1000 * 1000
				}
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"numbers are floats", "rows/numbers and moments to their ends", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			for i, v := range r.Cols {
				if v.Kind == store.KindInt && v.Int < 1<<53+2 {
					r.Cols[i].Int = int64(float64(v.Int))
				}
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"documents are cut", "rows/the largest document", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			r.Doc = r.Doc[:min(len(r.Doc), 16<<20-1)]
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"a refused write ends the transaction", "rows/refused write leaves the transaction usable", func(d store.Driver) store.Driver {
			return inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
				var aborted error
				tx.write = func(ctx context.Context, s *store.Schema, r store.Row, old int64) error {
					if aborted == nil {
						aborted = tx.DriverTx.Write(ctx, s, r, old)
						return aborted
					}
					return errors.New("aborted")
				}
			})(d)
		}},
		{"an update reads its snapshot", "rows/own writes are seen", inTx(func(d store.Driver, m store.Mode, tx *brokenTx) {
			if m == store.Update {
				view, _ := d.Begin(context.Background(), store.View, nil)
				tx.get, tx.query = view.Get, view.Query
			}
		})},
		{"a missing row is no conflict", "rows/conflict", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			if _, err := tx.DriverTx.Get(ctx, s, r.ID); err != nil && old != 0 {
				return err
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"a deleted row is empty", "rows/conflict", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				r, err := tx.DriverTx.Get(ctx, s, id)
				if errors.Is(err, store.ErrNotFound) && s.Name == "item" {
					return store.Row{Doc: []byte("{}")}, nil
				}
				return r, err
			}
		})},
		{"only the first column counts", "query/every prefix and limit", firstColumn},
		{"an insert has version 1", "rows/versions and generations as given", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			if old == 0 {
				r.Version = 1
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"versions of 32 bits", "rows/versions and generations as given", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			r.Version, old = int64(int32(r.Version)), int64(int32(old))
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"generations of 32 bits", "rows/versions and generations as given", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			r.Generation = int64(int32(r.Generation))
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"the version rises by itself", "rows/versions and generations as given", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			r.Version = old + 1
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"an index of 64 bytes", "query/texts that differ at their end", queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
			if len(q.Equal) == 0 {
				return tx.DriverTx.Query(ctx, s, q)
			}
			beginning := func(v store.Value) string { return v.Text[:min(len(v.Text), 64)] }
			rows, err := tx.DriverTx.Query(ctx, s, store.Query{Index: q.Index, Limit: 99})
			return slices.DeleteFunc(rows, func(r store.Row) bool {
				return beginning(r.Cols[q.Index.Columns[0]]) != beginning(q.Equal[0])
			}), err
		})},
		{"unique in 64 bytes", "query/texts that differ at their end", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			rows, _ := tx.DriverTx.Query(ctx, s, store.Query{Limit: 99})
			for _, other := range rows {
				if s.Name == "long" && other.Cols[0].Text[:64] == r.Cols[0].Text[:64] {
					return &store.ExistsError{Table: s.Name, Index: "once"}
				}
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"After without an id is none", "query/pages, both ways, from any place", queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
			if q.After != nil && q.After.ID == "" {
				q.After = nil
			}
			return tx.DriverTx.Query(ctx, s, q)
		})},
		{"rows are shared in a transaction", "rows/copies are not shared", inTx(func(_ store.Driver, _ store.Mode, tx *brokenTx) {
			cache := map[string]store.Row{}
			tx.get = func(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
				r, ok := cache[id]
				if ok {
					return r, nil
				}
				r, err := tx.DriverTx.Get(ctx, s, id)
				cache[id] = r
				return r, err
			}
		})},
		{"nothing is counted by id", "query/counted as returned", func(d store.Driver) store.Driver {
			return &broken{Driver: d, begin: func(ctx context.Context, m store.Mode) (store.DriverTx, error) {
				tx, err := d.Begin(ctx, m, nil)
				return uncounting{tx}, err
			}}
		}},
		{"After is not strict", "query/pages, both ways, from any place", queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
			if q.After != nil && q.Desc {
				at := *q.After
				at.ID += "\x00"
				q.After = &at
			}
			return tx.DriverTx.Query(ctx, s, q)
		})},
		{"Limit is one more", "query/pages, both ways, from any place", queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
			q.Limit++
			return tx.DriverTx.Query(ctx, s, q)
		})},
		{"counted beyond the limit", "query/counted as returned", func(d store.Driver) store.Driver {
			return &broken{Driver: d, begin: func(ctx context.Context, m store.Mode) (store.DriverTx, error) {
				tx, err := d.Begin(ctx, m, nil)
				return overcounting{tx}, err
			}}
		}},
		{"deleted rows keep their code", "unique/freed by delete and update", noDelete},
		{"nothing is unique", "unique/two at once", func(d store.Driver) store.Driver { return snapshotIsolation(notUnique(d)) }},
		{"0 is free", "unique/refused, named, free when empty", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			err := tx.DriverTx.Write(ctx, s, r, old)
			if errors.Is(err, store.ErrExists) && len(s.Columns) == 1 {
				return nil
			}
			return err
		})},
		{"roll-back commits", "tx/panic rolls back", rollsForward},
		{"read committed", "tx/lost update", readCommitted},
		{"dirty reads", "tx/views do not wait for an update", func(d store.Driver) store.Driver {
			var writing store.DriverTx
			return inTx(func(_ store.Driver, m store.Mode, tx *brokenTx) {
				if m == store.Update {
					writing = tx.DriverTx
				} else if writing != nil {
					tx.query = writing.Query
				}
			})(d)
		}},
		{"waits whatever ctx says", "tx/waiting for the writer can be cancelled", func(d store.Driver) store.Driver {
			return &broken{Driver: d, begin: func(ctx context.Context, m store.Mode) (store.DriverTx, error) {
				wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 300*time.Millisecond)
				defer cancel()
				tx, err := d.Begin(wait, m, nil)
				if err != nil {
					return nil, errors.New("late")
				}
				return tx, nil
			}}
		}},
		{"ends with the ctx of Begin", "tx/outlives the ctx of its Begin", func(d store.Driver) store.Driver {
			return &broken{Driver: d, begin: func(begun context.Context, m store.Mode) (store.DriverTx, error) {
				good, err := d.Begin(begun, m, nil)
				tx := &brokenTx{DriverTx: good}
				tx.write = func(_ context.Context, s *store.Schema, r store.Row, old int64) error {
					return good.Write(begun, s, r, old)
				}
				return tx, err
			}}
		}},
		{"everything is run again", "tx/what is run again", func(d store.Driver) store.Driver {
			return &broken{Driver: d, retry: func(err error) bool { return err != nil }}
		}},
		{"two at once fail", "db/ensure at once", func(d store.Driver) store.Driver {
			var running atomic.Int64
			return &broken{Driver: d, ensure: func(ctx context.Context, s []store.Schema) error {
				defer running.Add(-1)
				if running.Add(1) > 1 {
					return errors.New("exists")
				}
				time.Sleep(50 * time.Millisecond)
				return d.Ensure(ctx, s)
			}}
		}},
		{"deaf to ctx", "db/ensure twice and in another shape", func(d store.Driver) store.Driver {
			return &broken{Driver: d, ensure: func(ctx context.Context, s []store.Schema) error { return d.Ensure(context.WithoutCancel(ctx), s) }}
		}},
		{"unique comes before the version", "rows/refused write leaves the transaction usable", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			for i, x := range s.Indexes {
				if old == 0 || len(r.Doc) == 0 || !x.Unique || x.Free(r.Cols) {
					continue
				}
				q := store.Query{Index: &s.Indexes[i], Limit: 1}
				for _, c := range x.Columns {
					q.Equal = append(q.Equal, r.Cols[c])
				}
				if rows, _ := tx.DriverTx.Query(ctx, s, q); len(rows) > 0 && rows[0].ID != r.ID {
					return &store.ExistsError{Table: s.Name, Index: x.Name}
				}
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"a refusal leaves the tables before it", "db/ensure twice and in another shape", func(d store.Driver) store.Driver {
			return &broken{Driver: d, ensure: func(ctx context.Context, all []store.Schema) error {
				for _, s := range all {
					if err := d.Ensure(ctx, []store.Schema{s}); err != nil {
						return err
					}
				}
				return nil
			}}
		}},
		{"unknown columns are emptied", "db/a new column, an older program beside it", func(d store.Driver) store.Driver {
			var wide store.Schema
			b := writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
				for i := len(r.Cols); i < len(wide.Columns); i++ {
					r.Cols = append(r.Cols, store.Value{Kind: wide.Columns[i].Kind})
				}
				return tx.DriverTx.Write(ctx, &wide, r, old)
			})(d).(*broken)
			b.ensure = func(ctx context.Context, all []store.Schema) error {
				if len(all[0].Columns) > len(wide.Columns) {
					wide = all[0]
				}
				return d.Ensure(ctx, all)
			}
			return b
		}},
		{"a version must rise", "db/a new column is filled, and filling goes on", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			if r.Version == old {
				return store.ErrConflict
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
		{"claims are shared", "tx/claims go past one another", func(d store.Driver) store.Driver { return claiming{d, store.View} }},
		{"claims wait", "tx/claims go past one another", func(d store.Driver) store.Driver { return claiming{d, store.Update} }},
		{"roll-back commits", "outbox/with its transaction", rollsForward},
		{"always ascending", "outbox/ordered per key", anyOrder},
		{"only the first column counts", "outbox/the longest due of several topics", firstColumn},
		{"last writer wins", "outbox/lease", lastWins},
		{"times after 2026 are not found", "outbox/ahead", queries(func(ctx context.Context, tx *brokenTx, s *store.Schema, q store.Query) ([]store.Row, error) {
			rows, err := tx.DriverTx.Query(ctx, s, q)
			last := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
			return slices.DeleteFunc(rows, func(r store.Row) bool {
				return slices.ContainsFunc(r.Cols, func(v store.Value) bool { return v.Int > last })
			}), err
		})},
		{"only the first column counts", "outbox/retry and dead", firstColumn},
		{"only the first column counts", "outbox/revived", firstColumn},
		{"claims see what was", "outbox/many workers, each event once", func(d store.Driver) store.Driver { return staleClaims{d} }},
		{"deletes do nothing", "outbox/purge and stats", noDelete},
	}
}

// overcounting counts without a limit.
type overcounting struct{ store.DriverTx }

func (o overcounting) Count(ctx context.Context, s *store.Schema, q store.Query) (int, error) {
	q.Limit = 1000
	rows, err := o.Query(ctx, s, q)
	return len(rows), err
}

// uncounting counts only by an index.
type uncounting struct{ store.DriverTx }

func (u uncounting) Count(ctx context.Context, s *store.Schema, q store.Query) (int, error) {
	if q.Index == nil {
		return 0, ctx.Err()
	}
	rows, err := u.Query(ctx, s, q)
	return len(rows), err
}

// claiming is a Claimer whose transactions share what they claim, or wait for each
// other.
type claiming struct {
	store.Driver
	mode store.Mode
}

func (c claiming) BeginClaim(ctx context.Context) (store.DriverTx, error) {
	return c.Begin(ctx, c.mode, nil)
}

// staleClaims is a Claimer whose transactions claim what they saw when they began.
type staleClaims struct{ store.Driver }

func (c staleClaims) BeginClaim(ctx context.Context) (store.DriverTx, error) {
	view, err := c.Begin(ctx, store.View, nil)
	if err != nil {
		return nil, err
	}
	time.Sleep(10 * time.Millisecond) // so that the others see the same
	good, err := lastWins(c.Driver).Begin(ctx, store.Update, nil)
	return &brokenTx{DriverTx: good, query: view.Query}, err
}

// A check that has never found a fault proves nothing.
func TestEveryCheckCatchesSomething(t *testing.T) {
	caught := map[string]bool{"tx/nested": true} // ensured by package store with every driver
	for _, f := range slices.Concat(faults(), moreFaults(), durableFaults()) {
		caught[f.check] = true
	}
	for _, c := range append(storetest.Checks(), storetest.DurableChecks()...) {
		if !caught[c.Name] {
			t.Errorf("no fault for %q", c.Name)
		}
	}
	for _, c := range storetest.BlobsChecks() {
		if blobFaults[c.Name] == nil {
			t.Errorf("no fault for %q", c.Name)
		}
	}
	for _, c := range storetest.DurableBlobsChecks() {
		if durableBlobFaults[c.Name] == nil {
			t.Errorf("no fault for %q", c.Name)
		}
	}
}
