package linear

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// loose is a driver whose Updates read a snapshot and write, a moment later, over what
// others have written since, as READ COMMITTED allows. If it is stale, its Views show
// the state of the View before them, like a replica that lags behind.
type loose struct {
	store.Driver
	stale bool
	on    atomic.Bool

	mu   sync.Mutex
	last store.DriverTx // the View that the next one gets
}

func (l *loose) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	switch {
	case !l.on.Load(), mode == store.View && !l.stale, mode == store.Update && l.stale:
		return l.Driver.Begin(ctx, mode, locks)
	case mode == store.View:
		l.mu.Lock()
		defer l.mu.Unlock()
		next, err := l.Driver.Begin(ctx, mode, locks)
		if err != nil {
			return nil, err
		}
		next, l.last = l.last, next
		return next, nil
	}
	view, err := l.Driver.Begin(ctx, store.View, nil)
	if err != nil {
		return nil, err
	}
	return &looseTx{DriverTx: view, driver: l.Driver, mine: map[string]store.Row{}}, nil
}

// while runs f with the fault switched on.
func (l *loose) while(t *testing.T, f func() []porcupine.Operation) []porcupine.Operation {
	var err error
	if l.last, err = l.Driver.Begin(t.Context(), store.View, nil); err != nil {
		t.Fatal(err)
	}
	l.on.Store(true)
	all := f()
	l.on.Store(false)
	if err := l.last.End(false); err != nil {
		t.Fatal(err)
	}
	return all
}

type looseTx struct {
	store.DriverTx
	driver store.Driver
	mine   map[string]store.Row
	writes []func(store.DriverTx) error
}

func (x *looseTx) Get(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
	row, ok := x.mine[s.Name+"/"+id]
	if !ok {
		return x.DriverTx.Get(ctx, s, id)
	}
	if len(row.Doc) == 0 {
		return store.Row{}, store.ErrNotFound
	}
	return row, nil
}

func (x *looseTx) Write(_ context.Context, s *store.Schema, row store.Row, old int64) error {
	x.mine[s.Name+"/"+row.ID] = row
	x.writes = append(x.writes, func(tx store.DriverTx) error {
		now, err := tx.Get(context.Background(), s, row.ID)
		if err == nil {
			row.Version = now.Version + 1
		}
		return tx.Write(context.Background(), s, row, now.Version)
	})
	return nil
}

func (x *looseTx) End(commit bool) error {
	err := x.DriverTx.End(false)
	if !commit || err != nil || len(x.writes) == 0 {
		return err
	}
	time.Sleep(time.Duration(rand.IntN(int(time.Millisecond))))
	tx, err := x.driver.Begin(context.Background(), store.Update, nil)
	if err != nil {
		return err
	}
	for _, w := range x.writes {
		if err := w(tx); err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrExists) {
			return errors.Join(err, tx.End(false))
		}
	}
	return tx.End(true)
}

// flying moves a clock on by a minute again and again, until it is stopped.
func flying(c *envelopetest.Clock) (stop func()) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				c.Advance(time.Minute)
			}
		}
	}()
	return func() { close(done) }
}

// silent is a TB that does not fail if the services meet an impossible state.
type silent struct{ testing.TB }

func (silent) Errorf(string, ...any) {}

// TestSeeded: every kind notices transactions that overwrite each other.
func TestSeeded(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			d := &loose{Driver: memory.New(), stale: k.name == "lending"} // half of an overwritten one looks like an order
			w := newWorld(t, d)
			const most = 300 // usually the first ten are enough; it depends on the load of the machine
			for i := range most {
				state, next := k.fresh(silent{t}, w)
				all := d.while(t, func() []porcupine.Operation {
					if k.name == "head" { // a lease whose end was overwritten must lapse
						defer flying(w.Clock)()
					}
					return record(next, rand.Uint64())
				})
				if explained(k, state, all) == porcupine.Illegal {
					t.Logf("noticed in history %d", i+1)
					return
				}
			}
			t.Errorf("%d histories, and nothing noticed", most)
		})
	}
}
