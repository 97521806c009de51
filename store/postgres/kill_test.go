package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// rounds returns how often a test kills: n times in CI, a fifth of it elsewhere, and
// five times as often with CAMPAIGN set, as make campaign does.
func rounds(n int) int {
	switch {
	case os.Getenv("CAMPAIGN") != "":
		return n * 5
	case os.Getenv("CI") != "" && !testing.Short():
		return n
	}
	return n / 5
}

// book books an entry, counts it in the total, and emits it: all or nothing.
func book(ctx context.Context, db *store.DB, table *store.Table[entry]) (sum int64, err error) {
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		total, err := table.Get(ctx, tx, "total")
		if errors.Is(err, store.ErrNotFound) {
			total, err = store.Rec[entry]{V: entry{ID: "total"}, Version: 1}, table.Insert(ctx, tx, entry{ID: "total"})
		}
		if err != nil {
			return err
		}
		total.V.Sum++
		sum = total.V.Sum
		return errors.Join(
			table.Update(ctx, tx, total),
			table.Insert(ctx, tx, entry{ID: fmt.Sprintf("%08d", sum)}),
			store.Emit(ctx, tx, store.Event{Topic: "booked", Body: fmt.Append(nil, sum)}))
	}, "ledger")
	return sum, err
}

// books are the sums that any process acknowledged.
type books struct {
	mu   sync.Mutex
	sums map[int64]int // how often, by sum
}

func (b *books) add(sum int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sums[sum]++
}

// read returns the entries that are there, and their total.
func (b *books) read(t *testing.T, db *store.DB, table *store.Table[entry]) (rows map[string]bool, total int64) {
	t.Helper()
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		rows = map[string]bool{}
		for r, err := range table.All(ctx, tx, store.Limit(store.MaxLimit)) {
			if err != nil {
				return err
			}
			if r.V.ID == "total" {
				total = r.V.Sum
			} else {
				rows[r.V.ID] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, total
}

// check checks a database against what was acknowledged: all of it is there once, and
// beside it at most the uncertain ones.
func (b *books) check(t *testing.T, db *store.DB, table *store.Table[entry], uncertain int64) {
	t.Helper()
	rows, total := b.read(t, db, table)
	for same := 0; same < 5; { // the server may be at the last commit of a process that was killed
		time.Sleep(50 * time.Millisecond)
		now, sum := b.read(t, db, table)
		if same++; len(now) != len(rows) {
			same = 0
		}
		rows, total = now, sum
	}
	for sum, n := range b.sums {
		if n > 1 || !rows[fmt.Sprintf("%08d", sum)] {
			t.Errorf("entry %d was acknowledged %d times, is there: %v", sum, n, rows[fmt.Sprintf("%08d", sum)])
		}
	}
	if n := int64(len(rows)); n != total || total > int64(len(b.sums))+uncertain {
		t.Errorf("%d entries, total %d, %d acknowledged, %d uncertain", n, total, len(b.sums), uncertain)
	}
	events := 0
	for {
		ds, err := db.Outbox().Claim(t.Context(), store.Claim{Worker: "count", N: store.MaxClaim, Lease: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if len(ds) == 0 {
			break
		}
		events += len(ds)
	}
	if int64(events) != total {
		t.Errorf("%d events of %d entries", events, total)
	}
	if len(b.sums) == 0 {
		t.Error("nobody came far enough to commit")
	}
	t.Logf("%d transactions acknowledged, %d there", len(b.sums), total)
}

// child runs this test binary again, on the database dsn and with env. It hands its
// lines to line until it ends.
func child(t *testing.T, test, dsn string, line func(string), env ...string) (kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$")
	cmd.Env = append(append(os.Environ(), "STORE_CHILD="+dsn), env...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		in := bufio.NewReader(out)
		for {
			s, err := in.ReadString('\n')
			if err != nil { // a line that was cut off was not acknowledged
				break
			}
			line(strings.TrimSuffix(s, "\n"))
		}
		_ = cmd.Wait()
	}()
	return func() { _ = cmd.Process.Kill(); <-ended }
}

// TestKill kills processes that commit: what they acknowledged is there, and nothing is
// half done.
func TestKill(t *testing.T) {
	if dsn := os.Getenv("STORE_CHILD"); dsn != "" {
		bookAndTell(t, dsn)
	}
	dsn, all := pgtest.DSN(t), &books{sums: map[int64]int{}}
	kills := rounds(50)
	var wg sync.WaitGroup
	for n := range 2 {
		wg.Go(func() {
			for range kills/2 + n*(kills%2) {
				first := make(chan struct{})
				var once sync.Once
				kill := child(t, "TestKill", dsn, func(s string) {
					if sum, err := strconv.ParseInt(s, 10, 64); err == nil {
						all.add(sum)
						once.Do(func() { close(first) })
					}
				})
				select {
				case <-first:
				case <-time.After(20 * time.Second):
					t.Error("a process did not commit anything")
				}
				time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
				kill()
			}
		})
	}
	wg.Wait()
	table := ledger()
	all.check(t, openDB(t, open(t, dsn), table), table, int64(kills))
}

func bookAndTell(t *testing.T, dsn string) {
	table := ledger()
	db := openDB(t, open(t, dsn), table)
	for {
		sum, err := book(t.Context(), db, table)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(sum)
	}
}

// TestCrash stops the server as a power cut would, again and again, while four
// processes commit: what was acknowledged is there after each restart.
func TestCrash(t *testing.T) {
	s := pgtest.New(t)
	if err := s.Create(t.Context(), "crash"); err != nil {
		t.Fatal(err)
	}
	d, err := postgres.Open(t.Context(), s.DSN("crash"), postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	table, all := ledger(), &books{sums: map[int64]int{}}
	db := openDB(t, d, table)
	var stop atomic.Bool
	var uncertain atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				sum, err := book(t.Context(), db, table)
				switch {
				case err == nil:
					all.add(sum)
				case errors.Is(err, store.ErrUncertain):
					uncertain.Add(1)
				case !errors.Is(err, store.ErrBusy):
					t.Errorf("while the server was gone: %v", err)
					return
				}
			}
		})
	}
	crashes := rounds(20)
	for range crashes {
		time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond)
		if err := errors.Join(s.Crash(), s.Up()); err != nil {
			t.Error(err)
			break
		}
	}
	time.Sleep(300 * time.Millisecond)
	stop.Store(true)
	wg.Wait()
	all.check(t, db, table, uncertain.Load())
	t.Logf("%d crashes, %d commits uncertain", crashes, uncertain.Load())
}
