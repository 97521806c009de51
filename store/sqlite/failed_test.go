package sqlite_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/powercut"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// faulty is a new database on a disk that can fail.
func faulty(t *testing.T) (*powercut.Disk, *sqlite.Driver) {
	folder := t.TempDir()
	disk := powercut.New(folder, 1)
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	vfs, err := disk.VFS()
	if err != nil {
		t.Fatal(err)
	}
	d, err := sqlite.Open(t.Context(), filepath.Join(folder, "db"), sqlite.Config{Readers: 1, VFS: vfs})
	if err != nil {
		t.Fatal(err)
	}
	return disk, d
}

// A query that makes room in a full cache writes, and where that fails SQLite gives up
// the transaction: nothing that comes after a query that failed is committed alone.
func TestFailedQuery(t *testing.T) {
	d, _ := open(t)
	tx := begin(t, d)
	if err := insert(t.Context(), tx, "before", 10); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.ExecIn(t.Context(), tx, "ROLLBACK"); err != nil { // as SQLite does
		t.Fatal(err)
	}
	_, failed := tx.Get(t.Context(), &store.Schema{Name: "absent"}, "one")
	if failed == nil {
		t.Fatal("no query failed")
	}
	if err := insert(t.Context(), tx, "after", 10); !errors.Is(err, failed) {
		t.Errorf("a write after the failure: %v", err)
	}
	var next error
	var wg sync.WaitGroup
	wg.Go(func() {
		tx := begin(t, d)
		next = errors.Join(insert(t.Context(), tx, "next", 10), tx.End(true))
	})
	queued(t, d, 1)
	if err := tx.End(true); !errors.Is(err, failed) {
		t.Errorf("committed after the failure: %v", err)
	}
	wg.Wait()
	if next != nil || !has(t, d, "next") {
		t.Errorf("the next one: present %v, %v", has(t, d, "next"), next)
	}
	if has(t, d, "before") || has(t, d, "after") {
		t.Error("part of what failed is there")
	}
}

// An Update is not refused for a row that was never there: the one that wrote it shares
// its commit, and that fails.
func TestRefusedForWhatIsUndone(t *testing.T) {
	disk, d := faulty(t)
	table := store.NewTable("entry", func(e *entry) string { return e.ID })
	db, err := store.Open(t.Context(), d, store.Config{Now: time.Now, NewID: rand.Text}, []store.AnyTable{table})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var written, refused error
	var wg sync.WaitGroup
	written = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		wg.Go(func() {
			refused = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				defer disk.FailAt(1)
				return table.Insert(ctx, tx, entry{ID: "one"})
			})
		})
		queued(t, d, 1)
		return table.Insert(ctx, tx, entry{ID: "one"})
	})
	wg.Wait()
	err = db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := table.Get(ctx, tx, "one")
		return err
	})
	if written == nil || !errors.Is(err, store.ErrNotFound) {
		t.Errorf("written with %v, found with %v", written, err)
	}
	if !errors.Is(refused, store.ErrUndone) || errors.Is(refused, store.ErrExists) {
		t.Errorf("refused with %v", refused)
	}
}
