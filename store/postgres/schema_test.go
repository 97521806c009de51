package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

func pool(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func must(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

// objects lists every table, index and constraint.
func objects(t *testing.T, db *sql.DB) string {
	t.Helper()
	var all string
	err := db.QueryRowContext(t.Context(), `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT concat_ws(' ', table_name, column_name, data_type, collation_name, is_nullable)
		FROM information_schema.columns WHERE table_schema = 'public') AS lines`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wide() *store.Table[entry] {
	long := strings.Repeat("n", 40)
	get := func(e *entry) string { return e.ID }
	return store.NewTable(strings.Repeat("t", 40), get,
		store.Text(long, get), store.Int("sum", func(e *entry) int64 { return e.Sum }),
		store.Time("at", func(e *entry) time.Time { return time.UnixMicro(e.Sum) })).
		Index(long, "sum").Unique(long[1:]+"x", "at").Unique(long[1:]+"y", long, "sum")
}

func TestDDL(t *testing.T) {
	schemas, err := store.Schemas([]store.AnyTable{wide()})
	if err != nil {
		t.Fatal(err)
	}
	byHand, ensured := pgtest.DSN(t), pgtest.DSN(t)
	must(t, pool(t, byHand), postgres.DDL(schemas))
	for _, dsn := range []string{byHand, ensured} {
		d := open(t, dsn)
		defer d.Close()
		if err := d.Ensure(t.Context(), schemas); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := objects(t, pool(t, byHand)), objects(t, pool(t, ensured)); a != b {
		t.Errorf("by hand:\n%s\nensured:\n%s", a, b)
	}
}

// TestLongNames: indexes stay distinct even if their names would be cut.
func TestLongNames(t *testing.T) {
	d, table := open(t, pgtest.DSN(t)), wide()
	db := openDB(t, d, table)
	add := func(e entry) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return table.Insert(ctx, tx, e) })
	}
	if err := errors.Join(add(entry{ID: "a", Sum: 1}), add(entry{ID: "b", Sum: 2})); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*store.ExistsError](add(entry{ID: "c", Sum: 2}))
	if !ok || e.Index != strings.Repeat("n", 39)+"x" {
		t.Errorf("got %v, want the index on at named", e)
	}
}

// TestEnsureAtOnce: processes that start together make one schema, even if it gains an
// index while rows are written.
func TestEnsureAtOnce(t *testing.T) {
	dsn := pgtest.DSN(t)
	plain, err := store.Schemas([]store.AnyTable{ledger()})
	if err != nil {
		t.Fatal(err)
	}
	more, err := store.Schemas([]store.AnyTable{ledger().Index("by_id_and_sum", "name", "sum").Unique("once", "name")})
	if err != nil {
		t.Fatal(err)
	}
	for _, schemas := range [][]store.Schema{plain, more} {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				d := open(t, dsn)
				defer d.Close()
				if err := d.Ensure(t.Context(), schemas); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	table := ledger().Index("by_id_and_sum", "name", "sum").Unique("once", "name")
	openDB(t, open(t, dsn), table)
}

// TestEnsureBeginsAgain: an index whose building broke off is built again. One that
// cannot be built is refused and leaves nothing.
func TestEnsureBeginsAgain(t *testing.T) {
	dsn := pgtest.DSN(t)
	table := ledger()
	db := openDB(t, open(t, dsn), table)
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(table.Insert(ctx, tx, entry{ID: "a", Name: "n"}), table.Insert(ctx, tx, entry{ID: "b", Name: "n"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	once, err := store.Schemas([]store.AnyTable{ledger().Unique("once", "name")})
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, dsn)
	defer d.Close()
	if err := d.Ensure(t.Context(), once); !errors.Is(err, store.ErrSchema) {
		t.Fatalf("rows clash: got %v, want ErrSchema", err)
	}
	by := pool(t, dsn)
	if all := objects(t, by); strings.Contains(all, "entry__once__u") {
		t.Errorf("left after a refusal:\n%s", all)
	}
	if _, err := by.ExecContext(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY entry__once__u ON entry (name) WHERE name <> ''`); err == nil {
		t.Fatal("the rows should clash")
	}
	must(t, by, `UPDATE entry SET name = id`)
	if err := d.Ensure(t.Context(), once); err != nil {
		t.Fatal(err)
	}
	var valid bool
	if err := by.QueryRowContext(t.Context(), `SELECT indisvalid FROM pg_index WHERE indexrelid = 'entry__once__u'::regclass`).Scan(&valid); err != nil || !valid {
		t.Errorf("valid: %v, %v", valid, err)
	}
}

// TestHotKeyLeavesConnections: more transactions than connections wait for one
// key, and its holder still finds a connection for something else.
func TestHotKeyLeavesConnections(t *testing.T) {
	d, err := postgres.Open(t.Context(), pgtest.DSN(t), postgres.Config{Conns: 3})
	if err != nil {
		t.Fatal(err)
	}
	db := openDB(t, d, ledger())
	none := func(context.Context, *store.Tx) error { return nil }
	var wg sync.WaitGroup
	err = db.Update(t.Context(), func(context.Context, *store.Tx) error {
		for i := range 20 {
			wg.Go(func() {
				if err := db.Update(t.Context(), none, "hot", store.Lock(fmt.Sprint("own", i))); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(50 * time.Millisecond)
		return db.View(t.Context(), none)
	}, "hot")
	if err != nil {
		t.Error(err)
	}
	wg.Wait()
}
