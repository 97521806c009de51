package storetest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// Waits of the suite. A test of the suite shortens them while a check that was left
// behind may still read them.
var (
	limit = newWait(time.Minute)     // the longest time of a check, whatever the store does
	slow  = newWait(5 * time.Second) // of a Close, and of a Begin that need not wait or waits in vain
)

type wait struct{ ns atomic.Int64 }

func newWait(d time.Duration) *wait {
	w := &wait{}
	w.set(d)
	return w
}

func (w *wait) set(d time.Duration) { w.ns.Store(int64(d)) }
func (w *wait) get() time.Duration  { return time.Duration(w.ns.Load()) }

// String returns the wait as a duration.
func (w *wait) String() string { return w.get().String() }

// guarded is the TB of a check that runs in its own goroutine. The goroutine may be
// left behind; guarded then reports nothing more.
type guarded struct {
	testing.TB
	mu   sync.Mutex
	left bool
}

func (g *guarded) Errorf(format string, args ...any) {
	g.TB.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.left {
		g.TB.Errorf(format, args...)
	}
}

func (g *guarded) Error(args ...any) {
	g.TB.Helper()
	g.Errorf("%s", strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
}

func (g *guarded) Fatalf(format string, args ...any) {
	g.TB.Helper()
	g.Errorf(format, args...)
	runtime.Goexit()
}

func (g *guarded) Fatal(args ...any) {
	g.TB.Helper()
	g.Error(args...)
	runtime.Goexit()
}

// panicked fails a check that panics, for example because a store returns less than it
// must. The other checks still run.
func (g *guarded) panicked() {
	if p := recover(); p != nil {
		g.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// guard runs a check until it ends or its limit is reached.
func guard[O any](run func(testing.TB, O)) func(testing.TB, O) {
	return func(t testing.TB, open O) {
		t.Helper()
		g := &guarded{TB: t}
		if ends(limit.get(), func() { defer g.panicked(); run(g, open) }) {
			return
		}
		where := stack()
		g.mu.Lock()
		g.left = true
		g.mu.Unlock()
		t.Errorf("the check has not ended within %s: a method of the store does not return, or what it returns never ends.\n%s", limit, where)
	}
}

// ends reports whether fn ends in time, in any way.
func ends(in time.Duration, fn func()) bool {
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	late := time.NewTimer(in)
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}

// stack returns where the checks are now.
func stack() string {
	all := make([]byte, 1<<20)
	var mine []string
	for _, g := range strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n") {
		if strings.Contains(g, "/storetest.guard[") && !strings.Contains(g, "/storetest.stack(") {
			mine = append(mine, g)
		}
	}
	return strings.Join(mine, "\n\n")
}

// closes closes what a check opened, when the check is over.
func closes(t testing.TB, close func() error) {
	t.Cleanup(func() {
		var err error
		if !ends(slow.get(), func() { err = close() }) {
			t.Errorf("close: it has not returned within %s, with every transaction ended", slow)
		} else if err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// begun is a transaction that ends with its check, unless it has ended before.
type begun struct {
	store.DriverTx
	over bool
}

func (b *begun) End(commit bool) error {
	b.over = true
	return b.DriverTx.End(commit)
}

// begin starts a transaction that has no reason to wait.
func begin(t testing.TB, ctx context.Context, d store.Driver, mode store.Mode, locks ...string) *begun {
	t.Helper()
	return keep(t, func() (store.DriverTx, error) { return d.Begin(ctx, mode, locks) })
}

func keep(t testing.TB, begin func() (store.DriverTx, error)) *begun {
	t.Helper()
	tx, err := inTime(begin)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	b := &begun{DriverTx: tx}
	t.Cleanup(func() {
		if !b.over && !ends(slow.get(), func() { _ = b.End(false) }) {
			t.Errorf("end: a roll-back has not returned within %s", slow)
		}
	})
	return b
}

// inTime begins a transaction in its own goroutine: a Begin that ignores its ctx must
// be reported, not waited for.
func inTime(begin func() (store.DriverTx, error)) (store.DriverTx, error) {
	var mu sync.Mutex
	var tx store.DriverTx
	var err error
	late := false
	ended := ends(slow.get(), func() {
		began, berr := begin()
		mu.Lock()
		defer mu.Unlock()
		if late && berr == nil {
			_ = began.End(false)
		}
		tx, err = began, berr
	})
	mu.Lock()
	defer mu.Unlock()
	if !ended {
		late = true
		return nil, fmt.Errorf("it has not returned within %s: it is deaf to its ctx, or a transaction that ended did not free what it held", slow)
	}
	return tx, err
}
