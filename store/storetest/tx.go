package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// patience is how long a check waits for something that a store may never let happen.
const patience = 150 * time.Millisecond

func rollback(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Code: "1", Note: "before"})
	a, stop := b.get("a"), errors.New("stop")
	err := b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		a.V.Note, a.V.Code = "after", "2"
		return errors.Join(b.items.Update(ctx, tx, a), b.items.Insert(ctx, tx, item{ID: "b", Code: "3"}), stop)
	})
	want(t, "error of fn", err, stop)
	same(t, "row", b.get("a").V.Note, "before")
	same(t, "through the index", b.list(store.Asc("code")), []string{"a"})
	b.insert(item{ID: "b", Code: "2"}, item{ID: "c", Code: "3"}) // neither code was kept
}

func panicRollsBack(t testing.TB, open opener) {
	b := setUp(t, open)
	func() {
		defer func() {
			if recover() == nil {
				t.Fatalf("the panic was swallowed")
			}
		}()
		_ = b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
			_ = b.items.Insert(ctx, tx, item{ID: "a"})
			panic("in fn")
		})
	}()
	same(t, "rows", b.list(), []string(nil))
	b.insert(item{ID: "b"}) // the writer is free again
}

func snapshot(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Note: "before"}, item{ID: "b"})
	b.view(func(ctx context.Context, tx *store.Tx) error {
		if _, err := b.items.Get(ctx, tx, "b"); err != nil {
			return err
		}
		old := b.get("a")
		b.update(func(ctx context.Context, tx *store.Tx) error {
			old.V.Note = "after"
			return errors.Join(b.items.Update(ctx, tx, old), b.items.Insert(ctx, tx, item{ID: "c"}))
		})
		r, err := b.items.Get(ctx, tx, "a")
		if err != nil {
			return err
		}
		same(t, "in the snapshot", r.V.Note, "before")
		p, err := b.items.Page(ctx, tx)
		same(t, "rows in the snapshot", len(p.Items), 2)
		return err
	})
	same(t, "after it", b.get("a").V.Note, "after")
}

func viewRefuses(t testing.TB, open opener) {
	b := setUp(t, open)
	err := b.View(b.ctx, func(ctx context.Context, tx *store.Tx) error { return b.items.Insert(ctx, tx, item{ID: "a"}) })
	want(t, "insert", err, store.ErrReadOnly)
	ctx, d, s := bare(t, open)
	inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
		want(t, "driver", tx.Write(ctx, s, rawRow("a", "n", 1, "doc"), 0), store.ErrReadOnly)
	})
}

// meeting lets two transactions wait for each other between reading and writing. A
// store that runs one at a time never lets the second come, so waiting ends; a run that
// is repeated does not wait again.
type meeting struct {
	mu    sync.Mutex
	count int
	both  chan struct{}
}

func newMeeting() *meeting { return &meeting{both: make(chan struct{})} }

func (m *meeting) wait() {
	m.mu.Lock()
	m.count++
	if m.count == 2 {
		close(m.both)
	}
	m.mu.Unlock()
	select {
	case <-m.both:
	case <-time.After(patience):
	}
}

func together(fns ...func() error) []error {
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			errs[i] = fn()
		})
	}
	wg.Wait()
	return errs
}

// writeSkew lets the last two of a group leave at once, each because the other
// stays. Snapshot isolation permits it; serializable does not.
func writeSkew(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Group: "admins"}, item{ID: "b", Group: "admins"})
	m, last := newMeeting(), errors.New("the last one stays")
	leave := func(id string) func() error {
		return func() error {
			return b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
				p, err := b.items.Page(ctx, tx, store.Where("group", "admins"))
				if err != nil {
					return err
				}
				m.wait()
				if len(p.Items) < 2 {
					return last
				}
				r, err := b.items.Get(ctx, tx, id)
				if err != nil {
					return err
				}
				r.V.Group = "gone"
				return b.items.Update(ctx, tx, r)
			})
		}
	}
	errs := together(leave("a"), leave("b"))
	if n := len(b.list(store.Where("group", "admins"))); n != 1 {
		t.Fatalf("%d administrators remain of two that left at once, want 1 (%v)", n, errs)
	}
	want(t, "one of them", errors.Join(errs...), last)
}

func lostUpdate(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a"})
	m := newMeeting()
	add := func() error {
		return b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
			r, err := b.items.Get(ctx, tx, "a")
			if err != nil {
				return err
			}
			m.wait()
			r.V.Rank++
			return b.items.Update(ctx, tx, r)
		})
	}
	if err := errors.Join(together(add, add, add, add)...); err != nil {
		t.Fatalf("Updates of one row at once must wait for one another, or the one that loses be Retryable: %v", err)
	}
	same(t, "sum", int(b.get("a").V.Rank), 4)
}

// keyedLock counts runs: those that hold the lock never have to run again.
func keyedLock(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a"})
	var mu sync.Mutex
	runs := 0
	add := func() error {
		return b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
			mu.Lock()
			runs++
			mu.Unlock()
			r, err := b.items.Get(ctx, tx, "a")
			if err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
			r.V.Rank++
			return b.items.Update(ctx, tx, r)
		}, "a", "b", "a")
	}
	if err := errors.Join(together(add, add, add, add, add, add, add, add)...); err != nil {
		t.Fatalf("who holds the keyed lock must see what its last holder committed: %v", err)
	}
	same(t, "sum", int(b.get("a").V.Rank), 8)
	same(t, "runs of 8 Updates of which each holds the keyed lock before its snapshot", runs, 8)
	none := func(context.Context, *store.Tx) error { return nil }
	want(t, "empty lock", b.Update(b.ctx, none, ""), store.ErrTooLarge)
}

func viewsRun(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a"})
	b.update(func(ctx context.Context, tx *store.Tx) error {
		if err := b.items.Insert(ctx, tx, item{ID: "b"}); err != nil {
			return err
		}
		same(t, "seen outside", b.list(), []string{"a"})
		return nil
	})
}

func cancelled(t testing.TB, open opener) {
	b := setUp(t, open)
	ctx, cancel := context.WithCancel(b.ctx)
	err := b.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := b.items.Insert(ctx, tx, item{ID: "a"}); err != nil {
			return err
		}
		cancel()
		_, err := b.items.Get(ctx, tx, "a")
		want(t, "get", err, context.Canceled)
		_, err = b.items.Page(ctx, tx)
		want(t, "page", err, context.Canceled)
		want(t, "insert", b.items.Insert(ctx, tx, item{ID: "b"}), context.Canceled)
		return nil
	})
	want(t, "update", err, context.Canceled)
	want(t, "next", b.View(ctx, func(context.Context, *store.Tx) error { return nil }), context.Canceled)
	same(t, "rows", b.list(), []string(nil))
}

func waitCancelled(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	held := begin(t, ctx, d, store.Update, "held")
	wait, cancel := context.WithTimeout(ctx, patience/3)
	defer cancel()
	tx, err := inTime(func() (store.DriverTx, error) { return d.Begin(wait, store.Update, []string{"held"}) })
	if err == nil {
		_ = tx.End(false)
	}
	want(t, "a Begin that waits for the lock of another, when its ctx is done", err, context.DeadlineExceeded)
	if err := held.End(false); err != nil {
		t.Fatalf("end: %v", err)
	}
	write(t, ctx, d, s, rawRow("a", "n", 1, "doc"))
}

func nested(t testing.TB, open opener) {
	b := setUp(t, open)
	none := func(context.Context, *store.Tx) error { return nil }
	b.update(func(ctx context.Context, tx *store.Tx) error {
		want(t, "update in update", b.Update(ctx, none), store.ErrNested)
		want(t, "view in update", b.View(ctx, none), store.ErrNested)
		return nil
	})
	b.view(func(ctx context.Context, tx *store.Tx) error {
		want(t, "update in view", b.Update(ctx, none), store.ErrNested)
		return nil
	})
	var kept *store.Tx
	b.view(func(_ context.Context, tx *store.Tx) error { kept = tx; return nil })
	_, err := b.items.Get(b.ctx, kept, "a")
	want(t, "tx used later", err, store.ErrTxDone)
}

func closed(t testing.TB, open opener) {
	b := setUp(t, open)
	if err := b.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	none := func(context.Context, *store.Tx) error { return nil }
	want(t, "update", b.Update(b.ctx, none), store.ErrClosed)
	want(t, "view", b.View(b.ctx, none), store.ErrClosed)
	if err := b.Close(); err != nil {
		t.Fatalf("second close: %v", err)
	}
	d := open(t)
	if err := d.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	for _, mode := range []store.Mode{store.View, store.Update} {
		tx, err := inTime(func() (store.DriverTx, error) { return d.Begin(b.ctx, mode, nil) })
		if err == nil {
			_ = tx.End(false)
		}
		want(t, "a Begin of a closed driver", err, store.ErrClosed)
	}
}

func ensure(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		if err := tx.Write(ctx, s, rawRow("a", "n", 1, "doc"), 0); err != nil {
			t.Fatalf("write: %v", err)
		}
	})
	more := *s
	more.Indexes = append(more.Indexes[:1:1], store.Index{Name: "by_n", Columns: []int{1}})
	if err := d.Ensure(ctx, []store.Schema{more}); err != nil {
		t.Fatalf("a new index: %v", err)
	}
	inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
		rows, err := tx.Query(ctx, &more, store.Query{Index: &more.Indexes[1], Limit: 1})
		if err != nil || len(rows) != 1 {
			t.Fatalf("by the new index: got %s, %v, want the row from before", ids(rows), err)
		}
	})
	column := func(name string, kind store.Kind) store.Column { return store.Column{Name: name, Kind: kind} }
	other, moved := *s, *s
	other.Columns = []store.Column{column("name", store.KindText), column("n", store.KindText)}
	moved.Indexes = []store.Index{{Name: "by_name", Columns: []int{1, 0}}}
	for what, refused := range map[string]store.Schema{"other columns": other, "another index": moved} {
		before := []store.Schema{{Name: "fresh", Columns: []store.Column{column("x", store.KindText)}}}
		want(t, what, d.Ensure(ctx, append(before, refused)), store.ErrSchema)
	}
	write(t, ctx, d, s, rawRow("b", "n", 2, "doc"))
	done, cancel := context.WithCancel(ctx)
	cancel()
	want(t, "when ctx is done", d.Ensure(done, []store.Schema{*s}), context.Canceled)
	broken := *s
	broken.Indexes = append(s.Indexes[:1:1], store.Index{Name: "once", Columns: []int{0}, Unique: true})
	want(t, "a unique index that rows break", d.Ensure(ctx, []store.Schema{broken}), store.ErrSchema)
	write(t, ctx, d, s, rawRow("c", "n", 3, "doc"))
	fresh := store.Schema{Name: "fresh", Columns: []store.Column{column("x", store.KindInt)}}
	if err := d.Ensure(ctx, []store.Schema{*s, fresh}); err != nil { // the other fresh left nothing
		t.Fatalf("after a refusal: %v", err)
	}
}

// ensureTogether: processes that start at once make one schema.
func ensureTogether(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	fresh := store.Schema{Name: "fresh", Columns: s.Columns, Indexes: append(s.Indexes[:1:1], store.Index{Name: "once", Columns: []int{1}, Unique: true})}
	start := func() error { return d.Ensure(ctx, []store.Schema{*s, fresh}) }
	if err := errors.Join(together(start, start, start, start)...); err != nil {
		t.Fatalf("ensure: %v", err)
	}
	write(t, ctx, d, &fresh, rawRow("a", "n", 1, "doc"))
}

// retries: an error is retryable only if another transaction caused it.
func retries(t testing.TB, open opener) {
	_, d, _ := bare(t, open)
	for _, err := range []error{nil, store.ErrNotFound, store.ErrConflict, &store.ExistsError{}, store.ErrReadOnly, store.ErrClosed,
		store.ErrUncertain, &store.SchemaError{}, context.Canceled, context.DeadlineExceeded, errors.New("of the caller")} {
		if d.Retryable(err) {
			t.Errorf("%v would be run again", err)
		}
	}
}

// outlives: the ctx of Begin bounds the wait for it, and nothing after.
func outlives(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	for _, mode := range []store.Mode{store.Update, store.View} {
		done, cancel := context.WithCancel(ctx)
		tx := begin(t, done, d, mode)
		cancel()
		var err error
		if mode == store.Update {
			err = tx.Write(ctx, s, rawRow("a", "n", 1, "doc"), 0)
		} else {
			_, err = tx.Get(ctx, s, "a")
		}
		if err = errors.Join(err, tx.End(mode == store.Update)); err != nil {
			t.Fatalf("the ctx of Begin ended after it, and with it the transaction: %v", err)
		}
		late, err := inTime(func() (store.DriverTx, error) { return d.Begin(done, mode, nil) })
		if err == nil {
			_ = late.End(false)
		}
		want(t, "a Begin whose ctx is done before it", err, context.Canceled)
	}
}
