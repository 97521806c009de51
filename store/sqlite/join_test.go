package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func host(t testing.TB, options string) storetest.Host {
	path := filepath.Join(t.TempDir(), "host.db")
	d, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(500)"+options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return storetest.Host{Driver: d, Pool: pool, Join: sqlite.Join}
}

func TestJoin(t *testing.T) {
	storetest.RunJoin(t, func(t testing.TB) storetest.Host { return host(t, "&_txlock=immediate") })
}

// TestJoinThatLost: a transaction that read before another wrote cannot write.
func TestJoinThatLost(t *testing.T) {
	ctx, h := t.Context(), host(t, "")
	table := store.NewTable("entry", func(e *entry) string { return e.ID })
	n := 0
	cfg := store.Config{Now: time.Now, NewID: func() string { n++; return string(rune('a' + n)) }}
	db, err := store.Open(ctx, h.Driver, cfg, []store.AnyTable{table})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := h.Pool.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	joined, err := sqlite.Join(ctx, db, tx)
	if err != nil {
		t.Fatal(err)
	}
	add := func(ctx context.Context, tx *store.Tx) error {
		if _, err := table.Page(ctx, tx); err != nil {
			return err
		}
		return table.Insert(ctx, tx, entry{ID: tx.NewID()})
	}
	if err := joined.View(ctx, func(ctx context.Context, tx *store.Tx) error { _, err := table.Page(ctx, tx); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(ctx, add); err != nil {
		t.Fatal(err)
	}
	if err := joined.Update(ctx, add); !errors.Is(err, store.ErrRetry) {
		t.Errorf("got %v, want ErrRetry", err)
	}
}
