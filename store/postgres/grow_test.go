package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
)

// TestNewColumnBesideWriters: a newer program adds a column and its index, and fills
// it. Meanwhile four writers of the older program are refused nothing and lose nothing.
func TestNewColumnBesideWriters(t *testing.T) {
	rows := 10_000
	switch {
	case testing.Short():
		rows = 1000
	case os.Getenv("CI") != "" || os.Getenv("CAMPAIGN") != "":
		rows = 100_000
	}
	dsn, table := pgtest.DSN(t), ledger()
	older := openDB(t, open(t, dsn), table)
	must(t, pool(t, dsn), `INSERT INTO entry (id, version, generation, doc, name, sum)
		SELECT id, 1, 1, convert_to(json_build_object('ID', id, 'Name', 'n', 'Sum', 0)::text, 'UTF8'), 'n', 0
		FROM (SELECT to_char(i, 'FM00000000') AS id FROM generate_series(1, $1::int) AS i) AS ids`, rows)

	var stop atomic.Bool
	var raised atomic.Int64
	var longest atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				start := time.Now()
				if err := older.Update(t.Context(), raise(table, fmt.Sprintf("%08d", 1+rand.IntN(rows)))); err != nil {
					t.Errorf("a write was refused: %v", err)
					return
				}
				raised.Add(1)
				longest.Store(max(longest.Load(), int64(time.Since(start))))
			}
		})
	}
	start := time.Now()
	newer := openDB(t, open(t, dsn), withDouble())
	took := time.Since(start)
	stop.Store(true)
	wg.Wait()
	if err := newer.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n, sum, double int64
	err := pool(t, dsn).QueryRowContext(t.Context(), `SELECT count(*), sum(sum), sum(double) FROM entry`).Scan(&n, &sum, &double)
	if err != nil || n != int64(rows) || sum != raised.Load() || double != 2*sum+n {
		t.Errorf("%d rows, sum %d of %d, double %d, %v", n, sum, raised.Load(), double, err)
	}
	t.Logf("%d rows in %v beside %d writes, the longest of %v", rows, took, raised.Load(), time.Duration(longest.Load()))
}

// withDouble returns the table of a newer program.
func withDouble() *store.Table[entry] {
	return store.NewTable("entry", func(e *entry) string { return e.ID },
		store.Text("name", func(e *entry) string { return e.Name }),
		store.Int("sum", func(e *entry) int64 { return e.Sum }),
		store.Int("double", func(e *entry) int64 { return 2*e.Sum + 1 })).
		Index("by_sum", "sum").Index("by_double", "double")
}
