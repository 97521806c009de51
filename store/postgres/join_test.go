package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func TestJoin(t *testing.T) {
	storetest.RunJoin(t, func(t testing.TB) storetest.Host {
		dsn := pgtest.DSN(t)
		return storetest.Host{Driver: open(t, dsn), Pool: pool(t, dsn), Begin: update, Join: postgres.Join}
	})
}

// joinedAt begins a host's transaction at a level, in a database with the entry a.
func joinedAt(t *testing.T, level sql.IsolationLevel) (db, joined *store.DB, tx *sql.Tx, table *store.Table[entry]) {
	t.Helper()
	dsn, table := pgtest.DSN(t), ledger()
	db = openDB(t, open(t, dsn), table)
	if err := db.Update(t.Context(), add(table, "a")); err != nil {
		t.Fatal(err)
	}
	tx, err := pool(t, dsn).BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	if joined, err = postgres.Join(t.Context(), db, tx); err != nil {
		t.Fatal(err)
	}
	return db, joined, tx, table
}

func add(table *store.Table[entry], id string) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error { return table.Insert(ctx, tx, entry{ID: id}) }
}

func raise(table *store.Table[entry], id string) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		r, err := table.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		r.V.Sum++
		return table.Update(ctx, tx, r)
	}
}

// TestJoinBelowSerializable: commands that create something run, and what they read
// stays unchanged. Anything that decides by lists, or changes existing rows, is
// refused.
func TestJoinBelowSerializable(t *testing.T) {
	for _, level := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead} {
		t.Run(level.String(), func(t *testing.T) {
			db, joined, tx, table := joinedAt(t, level)
			ctx := t.Context()
			create := func(ctx context.Context, tx *store.Tx) error {
				_, err := table.Get(ctx, tx, "a")
				return errors.Join(err, table.Insert(ctx, tx, entry{ID: "b"}), store.Emit(ctx, tx, store.Event{Topic: "made"}))
			}
			for what, fn := range map[string]func(context.Context, *store.Tx) error{
				"a change": raise(table, "a"),
				"a list":   func(ctx context.Context, tx *store.Tx) error { _, err := table.Page(ctx, tx); return err },
				"a count":  func(ctx context.Context, tx *store.Tx) error { _, err := table.Count(ctx, tx); return err },
			} {
				if err := joined.Update(ctx, fn); !errors.Is(err, store.ErrIsolation) {
					t.Errorf("%s: got %v, want ErrIsolation", what, err)
				}
			}
			if err := joined.Update(ctx, create); err != nil {
				t.Fatal(err)
			}
			raised := make(chan error, 1)
			go func() { raised <- db.Update(ctx, raise(table, "a")) }()
			select {
			case err := <-raised:
				t.Fatalf("what the host's transaction read was changed under it: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			if err := errors.Join(tx.Commit(), <-raised); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestJoinThatLost: the host learns that it must start again, and learns it each time
// it goes on nevertheless.
func TestJoinThatLost(t *testing.T) {
	db, joined, tx, table := joinedAt(t, sql.LevelSerializable)
	ctx := t.Context()
	if err := joined.View(ctx, func(ctx context.Context, tx *store.Tx) error { _, err := table.Get(ctx, tx, "a"); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(ctx, raise(table, "a")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := joined.Update(ctx, raise(table, "a")); !errors.Is(err, store.ErrRetry) {
			t.Errorf("got %v, want ErrRetry", err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	skewed, joined2, tx2, table := joinedAt(t, sql.LevelSerializable)
	count := func(ctx context.Context, tx *store.Tx) error {
		p, err := table.Page(ctx, tx)
		if err == nil {
			err = table.Insert(ctx, tx, entry{ID: time.Now().String(), Sum: int64(len(p.Items))})
		}
		return err
	}
	if err := errors.Join(joined2.Update(ctx, count), skewed.Update(ctx, count)); err != nil {
		t.Fatal(err)
	}
	if err := tx2.Commit(); !postgres.Retryable(err) {
		t.Errorf("commit of who lost: got %v, want an error that says to run again", err)
	}
}
