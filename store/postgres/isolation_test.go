package postgres_test

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// probe stands in for a testing.TB and remembers failure.
type probe struct {
	testing.TB
	failed atomic.Bool
}

func (p *probe) Errorf(string, ...any) { p.failed.Store(true) }
func (p *probe) Fatalf(string, ...any) { p.failed.Store(true); runtime.Goexit() }

func fails(t *testing.T, check storetest.Check, open func(testing.TB) store.Driver) bool {
	p := &probe{TB: t}
	var wg sync.WaitGroup
	wg.Go(func() { check.Run(p, open) })
	wg.Wait()
	return p.failed.Load()
}

// TestLowerIsolationIsCaught: the suite finds what a lower isolation level lets happen,
// so the driver's level is really tested. On a busy machine the two transactions of a
// check may not meet in time; one meeting of five is enough.
func TestLowerIsolationIsCaught(t *testing.T) {
	for level, caught := range map[string][]string{
		"SERIALIZABLE":    nil,
		"REPEATABLE READ": {"tx/write skew"},
		"READ COMMITTED":  {"tx/write skew", "tx/lost update"},
	} {
		for _, c := range storetest.Checks() {
			if c.Name != "tx/write skew" && c.Name != "tx/lost update" {
				continue
			}
			lowered := func(t testing.TB) store.Driver {
				d := open(t, pgtest.DSN(t))
				d.Isolate(level)
				return d
			}
			want, got := slices.Contains(caught, c.Name), fails(t, c, lowered)
			for range 4 {
				got = got || want && fails(t, c, lowered)
			}
			if got != want {
				t.Errorf("at %s %q fails: %v, want %v", level, c.Name, got, want)
			}
		}
	}
}
