package sqlite_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

type entry struct {
	ID  string
	Sum int64
}

func openLedger(ctx context.Context, path string) (*store.DB, *store.Table[entry], error) {
	d, err := sqlite.Open(ctx, path, sqlite.Config{Readers: 1})
	if err != nil {
		return nil, nil, err
	}
	return ledgerOn(ctx, d)
}

func ledgerOn(ctx context.Context, d *sqlite.Driver) (*store.DB, *store.Table[entry], error) {
	table := store.NewTable("entry", func(e *entry) string { return e.ID },
		store.Int("sum", func(e *entry) int64 { return e.Sum })).Index("by_sum", "sum")
	db, err := store.Open(ctx, d, store.Config{Now: time.Now, NewID: rand.Text}, []store.AnyTable{table})
	return db, table, err
}

// step books an entry, counts it in the total, and emits it: all or nothing.
func step(ctx context.Context, db *store.DB, table *store.Table[entry]) (sum int64, err error) {
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		total, err := table.Get(ctx, tx, "total")
		if errors.Is(err, store.ErrNotFound) {
			total, err = store.Rec[entry]{V: entry{ID: "total"}}, table.Insert(ctx, tx, entry{ID: "total"})
			total.Version = 1
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
	})
	return sum, err
}

// TestKill lets a process write, kills it, and checks what it left.
func TestKill(t *testing.T) {
	if path := os.Getenv("STORE_KILL_CHILD"); path != "" {
		child(t, path)
	}
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	path := filepath.Join(t.TempDir(), "kill.db")
	var acknowledged int64
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "STORE_KILL_CHILD="+path)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		killed := time.AfterFunc(time.Duration(20+mathrand.IntN(120))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				acknowledged = n
			}
		}
		_ = cmd.Wait()
		killed.Stop()

		db, table, err := openLedger(t.Context(), path)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			rows, total := int64(0), int64(0)
			for r, err := range table.All(ctx, tx, store.Limit(store.MaxLimit)) {
				if err != nil {
					return err
				}
				if r.V.ID == "total" {
					total = r.V.Sum
				} else {
					rows++
				}
			}
			if rows != total || total < acknowledged || total > acknowledged+1 {
				t.Errorf("round %d: %d rows, total %d, acknowledged %d", round, rows, total, acknowledged)
			}
			acknowledged = total
			return nil
		}); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		stats, err := db.Outbox().Stats(t.Context())
		if err != nil || int64(stats.Ready.N) != min(acknowledged, store.CountLimit) {
			t.Errorf("round %d: %s events of %d entries, %v", round, stats.Ready, acknowledged, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if acknowledged == 0 {
		t.Fatal("no process came far enough to write")
	}
	t.Logf("%d kills, %d transactions", rounds, acknowledged)
}

func child(t *testing.T, path string) {
	db, table, err := openLedger(t.Context(), path)
	for err == nil {
		var sum int64
		if sum, err = step(t.Context(), db, table); err == nil {
			fmt.Println(sum)
		}
	}
	t.Fatal(err)
}
