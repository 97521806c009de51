package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// watched is a database that loses as often as it is told to. Its clock moves by a
// second with every Begin, and by a minute with every attempt.
type watched struct {
	*store.DB
	now  time.Time
	told []store.Transaction
}

type slow struct {
	losing
	w *watched
}

func (d slow) Begin(ctx context.Context, m store.Mode, locks []string) (store.DriverTx, error) {
	d.w.now = d.w.now.Add(time.Second)
	return d.losing.Begin(ctx, m, locks)
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{now: time.Now()}
	cfg := config()
	cfg.Now = func() time.Time { return w.now }
	cfg.Watch = func(_ context.Context, tr store.Transaction) { w.told = append(w.told, tr) }
	var err error
	if w.DB, err = store.Open(t.Context(), slow{losing{memory.New(), new([]string)}, w}, cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.told = nil
	return w
}

// work returns a function of a transaction that loses a number of times, and then ends
// with end.
func (w *watched) work(lost int, end error) func(context.Context, *store.Tx) error {
	return func(context.Context, *store.Tx) error {
		w.now = w.now.Add(time.Minute)
		if lost--; lost >= 0 {
			return errLost
		}
		return end
	}
}

// TestWatch: every ending is reported once, with its attempts and times, and counted.
func TestWatch(t *testing.T) {
	w := newWatched(t)
	ctx, before := t.Context(), w.Stats()
	refused := errors.New("refused")
	for _, end := range []struct {
		lost int
		err  error
		want store.Outcome
	}{
		{0, nil, store.Committed}, {2, nil, store.Committed}, {1, refused, store.RolledBack},
		{0, fmt.Errorf("saving: %w", store.ErrConflict), store.Conflicted}, {12, nil, store.GaveUp}, {0, store.ErrUncertain, store.Unknown},
	} {
		w.told = nil
		err := w.Update(ctx, w.work(end.lost, end.err))
		attempts := min(end.lost+1, 12)
		waited := time.Duration(attempts) * time.Second
		want := store.Transaction{Mode: store.Update, Outcome: end.want, Attempts: attempts, Waited: waited,
			Took: waited + time.Duration(attempts)*time.Minute, Err: err}
		if !slices.Equal(w.told, []store.Transaction{want}) {
			t.Errorf("told %+v\nwant %+v", w.told, want)
		}
	}
	w.told = nil
	if err := w.View(ctx, w.work(0, store.ErrNotFound)); !errors.Is(err, store.ErrNotFound) || len(w.told) != 1 || w.told[0].Mode != store.View {
		t.Errorf("%v, %+v", err, w.told)
	}
	func() {
		defer func() { _ = recover() }()
		_ = w.Update(ctx, func(context.Context, *store.Tx) error { panic("a fault of the host") })
	}()
	if last := w.told[len(w.told)-1]; last.Outcome != store.RolledBack || last.Err == nil {
		t.Errorf("a panic: %+v", last)
	}
	if err := w.Update(ctx, func(ctx context.Context, _ *store.Tx) error {
		if running := w.Stats().Running; running != 1 {
			t.Errorf("%d running", running)
		}
		return w.View(ctx, w.work(0, nil)) // never begins
	}); !errors.Is(err, store.ErrNested) {
		t.Error(err)
	}
	got := w.Stats()
	want := store.Stats{Views: before.Views + 1, Updates: before.Updates + 8, Retries: before.Retries + 14,
		Committed: before.Committed + 2, RolledBack: before.RolledBack + 4, Conflicted: 1, GaveUp: 1, Unknown: 1}
	if got != want {
		t.Errorf("counted %+v\nwant    %+v", got, want)
	}
}

// A hook that panics ends only its caller: the database can still be closed.
func TestWatchPanics(t *testing.T) {
	cfg := config()
	var angry bool
	cfg.Watch = func(context.Context, store.Transaction) {
		if angry {
			panic("a fault of the hook")
		}
	}
	db, err := store.Open(t.Context(), memory.New(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	angry = true
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nobody heard of it")
			}
		}()
		_ = db.View(t.Context(), func(context.Context, *store.Tx) error { return nil })
	}()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestWatchNothing: without a hook no clock is read, and nothing is allocated for one.
func TestWatchNothing(t *testing.T) {
	allocs := func(watch func(context.Context, store.Transaction)) float64 {
		cfg, reads := config(), 0
		cfg.Now = func() time.Time { reads++; return time.Now() }
		cfg.Watch = watch
		db, err := store.Open(t.Context(), memory.New(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		reads = 0
		n := testing.AllocsPerRun(100, func() {
			if err := db.View(t.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
		if watch == nil && reads > 0 {
			t.Errorf("the clock was read %d times", reads)
		}
		return n
	}
	none, some := allocs(nil), allocs(func(context.Context, store.Transaction) {})
	if none > some {
		t.Errorf("%v allocations without a hook, %v with one", none, some)
	}
	t.Logf("%v allocations without a hook, %v with one", none, some)
}

// BenchmarkWatch measures an empty View in memory: what a transaction costs without its
// work, without a hook and with one.
func BenchmarkWatch(b *testing.B) {
	var mu sync.Mutex
	var total time.Duration
	for name, hook := range map[string]func(context.Context, store.Transaction){
		"nil": nil,
		"hook": func(_ context.Context, t store.Transaction) {
			mu.Lock()
			defer mu.Unlock()
			total += t.Took
		},
	} {
		b.Run(name, func(b *testing.B) {
			cfg := config()
			cfg.Watch = hook
			db, err := store.Open(b.Context(), memory.New(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := db.View(b.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
