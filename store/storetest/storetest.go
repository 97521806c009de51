// Package storetest checks a driver, or a store of blobs, against the promises of
// package store. One subtest stands for one promise, and each is known to fail on an
// implementation that breaks it.
//
// [Run] and [RunBlobs] are for every implementation. [RunDurable] and [RunDurableBlobs]
// are for those that keep anything past their Close, and [RunJoin] is for those on a
// database/sql pool. A driver is complete without being a [store.Claimer], without
// transactions that are a [store.Counter], and without a Join. Run tests the first two
// if the driver has them.
//
// Some things the suite cannot test, and an implementation tests them itself: what a
// killed process, a power cut, a lost connection or a full or failing disk leaves
// ([store.ErrUncertain], [store.ErrUndone], [store.ErrFull] and [store.ErrDisk]); what
// several processes do to each other; and what many rows cost.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// Check is one promise. Run reports a breach through the testing.TB.
type Check struct {
	Name string
	Run  func(t testing.TB, open func(testing.TB) store.Driver)
}

// BlobsCheck is one promise of [store.Blobs].
type BlobsCheck struct {
	Name string
	Run  func(t testing.TB, open func(testing.TB, func() time.Time) store.Blobs)
}

// Run checks a driver with each of [Checks]. open makes a new, empty driver each time;
// the suite closes it when no transaction is open. A check ends within a minute,
// whatever the driver does.
//
//	func TestDriver(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) store.Driver {
//			d, err := mine.Open(filepath.Join(t.TempDir(), "db"))
//			if err != nil {
//				t.Fatal(err)
//			}
//			return d
//		})
//	}
func Run(t *testing.T, open func(testing.TB) store.Driver) {
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, open) })
	}
}

// RunBlobs checks a store of blobs with every [BlobsCheck]. open makes a new, empty
// store each time, which must date its blobs by the clock it is given.
func RunBlobs(t *testing.T, open func(testing.TB, func() time.Time) store.Blobs) {
	for _, c := range BlobsChecks() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, open) })
	}
}

// Checks lists what [Run] runs.
func Checks() []Check {
	all := []Check{
		{"rows/absent", absent}, // all other checks depend on it
		{"tx/outlives the ctx of its Begin", outlives},
		{"rows/round trip", roundTrip},
		{"rows/copies are not shared", copies},
		{"rows/odd strings and big values", oddValues},
		{"rows/numbers and moments to their ends", extremes},
		{"rows/the largest document", largest},
		{"rows/versions and generations as given", versions},
		{"rows/insert of a taken id", takenID},
		{"rows/conflict", conflict},
		{"rows/refused write leaves the transaction usable", refusedWrite},
		{"rows/own writes are seen", ownWrites},
		{"query/order, both ways, with ties", order},
		{"query/text is ordered byte by byte", bytewise},
		{"query/pages, both ways, from any place", pages},
		{"query/counted as returned", counts},
		{"query/texts that differ at their end", longTexts},
		{"query/every prefix and limit", prefixes},
		{"query/light rows", lightRows},
		{"query/cursors hold while others write", cursors},
		{"unique/refused, named, free when empty", unique},
		{"unique/freed by delete and update", uniqueFreed},
		{"unique/two at once", uniqueTogether},
		{"tx/roll-back leaves nothing", rollback},
		{"tx/panic rolls back", panicRollsBack},
		{"tx/view is a snapshot", snapshot},
		{"tx/view refuses writes", viewRefuses},
		{"tx/write skew", writeSkew},
		{"tx/lost update", lostUpdate},
		{"tx/keyed lock comes before the snapshot", keyedLock},
		{"tx/views do not wait for an update", viewsRun},
		{"tx/cancelled", cancelled},
		{"tx/waiting for the writer can be cancelled", waitCancelled},
		{"tx/what is run again", retries},
		{"tx/claims go past one another", claims},
		{"tx/nested", nested},
		{"db/closed", closed},
		{"db/ensure twice and in another shape", ensure},
		{"db/ensure at once", ensureTogether},
		{"db/names that are alike", neighbours},
		{"db/a new column, an older program beside it", newColumn},
		{"db/a new column is filled, and filling goes on", filled},
		{"db/a newer record is not for an older program", newerRecord},
		{"outbox/with its transaction", outboxAtomic},
		{"outbox/ordered per key", outboxOrder},
		{"outbox/the longest due of several topics", outboxTopics},
		{"outbox/lease", outboxLease},
		{"outbox/ahead", outboxAhead},
		{"outbox/retry and dead", outboxDead},
		{"outbox/revived", outboxRevived},
		{"outbox/many workers, each event once", outboxWorkers},
		{"outbox/purge and stats", outboxPurge},
	}
	for i := range all {
		all[i].Run = guard(all[i].Run)
	}
	return all
}

// item is the record of the checks.
type item struct {
	ID, Group, Code string
	Rank            int64
	At              time.Time
	Note            string
}

func items() *store.Table[item] {
	return store.NewTable("item", func(v *item) string { return v.ID },
		store.Text("group", func(v *item) string { return v.Group }), // an SQL keyword, on purpose
		store.Text("code", func(v *item) string { return v.Code }),
		store.Int("rank", func(v *item) int64 { return v.Rank }),
		store.Time("at", func(v *item) time.Time { return v.At })).
		Index("by_group", "group", "rank", "at").
		Index("by_rank", "rank").
		Unique("by_code", "code", "group")
}

// clock is set by hand.
type clock struct{ us atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.us.Store(time.Date(2026, 3, 1, 8, 0, 0, 123_456_000, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMicro(c.us.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.us.Add(d.Microseconds()) }

// bench is a DB on a new driver, with one table.
type bench struct {
	testing.TB
	*store.DB
	ctx   context.Context
	items *store.Table[item]
	clock *clock
}

func setUp(t testing.TB, open func(testing.TB) store.Driver) *bench {
	t.Helper()
	b := &bench{TB: t, ctx: t.Context(), items: items(), clock: newClock()}
	var ids atomic.Int64
	d := open(t)
	if d.Retryable(store.ErrNotFound) { // otherwise every error would be met twelve times
		closes(t, d.Close)
		t.Fatalf("Retryable is true of ErrNotFound, which a second run does not mend")
	}
	db, err := store.Open(b.ctx, d, store.Config{
		Now:           b.clock.now,
		NewID:         func() string { return fmt.Sprintf("id-%08d", ids.Add(1)) },
		BeginTimeout:  slow.get(),
		MaxDeliveries: 3,
	}, []store.AnyTable{b.items})
	if err != nil {
		t.Fatalf("open: %s", told(err))
	}
	b.DB = db
	closes(t, db.Close)
	return b
}

func (b *bench) update(fn func(ctx context.Context, tx *store.Tx) error, locks ...store.Lock) {
	b.Helper()
	if err := b.Update(b.ctx, fn, locks...); err != nil {
		b.Fatalf("update: %s", told(err))
	}
}

func (b *bench) view(fn func(ctx context.Context, tx *store.Tx) error) {
	b.Helper()
	if err := b.View(b.ctx, fn); err != nil {
		b.Fatalf("view: %s", told(err))
	}
}

func (b *bench) insert(all ...item) {
	b.Helper()
	b.update(func(ctx context.Context, tx *store.Tx) error {
		for _, v := range all {
			if err := b.items.Insert(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// most is more rows than any check lists.
const most = 1000

// list reads the whole query in pages of two.
func (b *bench) list(clauses ...store.Clause) []string {
	b.Helper()
	var ids []string
	b.view(func(ctx context.Context, tx *store.Tx) error {
		ids = nil
		for r, err := range b.items.All(ctx, tx, append(clauses, store.Limit(2))...) {
			if err != nil {
				return err
			}
			if ids = append(ids, r.V.ID); len(ids) > most {
				return fmt.Errorf("a query of %d rows goes on: After does not lead past what was returned, the last time %q", most, ids[most-4:])
			}
		}
		return nil
	})
	return ids
}

func (b *bench) get(id string) store.Rec[item] {
	b.Helper()
	var r store.Rec[item]
	b.view(func(ctx context.Context, tx *store.Tx) (err error) {
		r, err = b.items.Get(ctx, tx, id)
		return err
	})
	return r
}

// told returns the text of an error, with what it implies about the driver if the error
// does not say so itself.
func told(err error) string {
	if errors.Is(err, store.ErrBusy) {
		return fmt.Sprintf("%v: a transaction that ended did not free what it held, this one waits for what it need not, or Retryable is true of what a second run does not mend", err)
	}
	return fmt.Sprint(err)
}

func want(t testing.TB, what string, got, target error) {
	t.Helper()
	if !errors.Is(got, target) {
		t.Fatalf("%s: got %s, which is not (errors.Is) the wanted %q", what, told(got), target)
	}
}

func same[T any](t testing.TB, what string, got, wanted T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(wanted); g != w { // nil and empty count as equal here
		t.Fatalf("%s: got %.300q, want %.300q", what, g, w)
	}
}
