package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
)

// A cancel that arrives while the server commits hits the statement that releases the
// locks, in the same message. What was committed is not reported as undone, and nothing
// stays locked.
func TestCancelledAfterCommit(t *testing.T) {
	s := pgtest.New(t, "commit_siblings=0", "commit_delay=100000") // a commit takes 100 ms
	if err := s.Create(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	table := ledger()
	db, admin := openDB(t, open(t, s.DSN("one")), table), pool(t, s.DSN("one"))
	for try := range 20 {
		id := fmt.Sprint("entry", try)
		cancelled := make(chan error, 1)
		go func() { cancelled <- cancelCommit(t.Context(), admin) }()
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return table.Insert(ctx, tx, entry{ID: id})
		}, "key")
		if err := <-cancelled; err != nil {
			t.Fatal(err)
		}
		kept := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := table.Get(ctx, tx, id)
			return err
		})
		if kept == nil && err != nil && !errors.Is(err, store.ErrUncertain) {
			t.Fatalf("committed, and not said to be: %v", err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		lerr := db.Update(ctx, func(context.Context, *store.Tx) error { return nil }, "key")
		if stop(); lerr != nil {
			t.Fatalf("the key is still locked: %v", lerr)
		}
		if kept == nil && err != nil {
			return
		}
	}
	t.Error("no cancel came between the COMMIT and what follows it")
}

// cancelCommit waits, at most a second, for a commit to cancel.
func cancelCommit(ctx context.Context, admin *sql.DB) error {
	const cancel = `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COMMIT;%'`
	for until := time.Now().Add(time.Second); time.Now().Before(until); {
		var n int
		if err := admin.QueryRowContext(ctx, cancel).Scan(&n); err != nil || n > 0 {
			return err
		}
	}
	return nil
}
