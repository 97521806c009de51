package sqlite_test

import (
	"context"
	"crypto/rand"
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

// TestJoinAfterGivenUp: if SQLite gives up the host's transaction, as it does when the
// disk is full, nothing that comes later is committed alone.
func TestJoinAfterGivenUp(t *testing.T) {
	ctx, h := t.Context(), host(t, "&_txlock=immediate")
	table := store.NewTable("entry", func(e *entry) string { return e.ID })
	db, err := store.Open(ctx, h.Driver, store.Config{Now: time.Now, NewID: rand.Text}, []store.AnyTable{table})
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
	full := errors.New("full")
	err = joined.Update(ctx, func(ctx context.Context, _ *store.Tx) error {
		_, err := tx.ExecContext(ctx, "ROLLBACK")
		return errors.Join(full, err)
	})
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	if err := joined.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return table.Insert(ctx, tx, entry{ID: "alone"})
	}); err == nil {
		t.Error("written after it")
	}
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := table.Get(ctx, tx, "alone")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("committed alone: %v", err)
	}
}
