package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/powercut"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// A query that makes room in a full cache writes, and where that fails SQLite gives up
// the transaction: nothing that comes after it is committed alone.
func TestFailedQuery(t *testing.T) {
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
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Ensure(t.Context(), []store.Schema{rows}); err != nil {
		t.Fatal(err)
	}
	if err := d.Exec(t.Context(), "PRAGMA cache_size = 20"); err != nil {
		t.Fatal(err)
	}
	tx := begin(t, d)
	if err := errors.Join(insert(t.Context(), tx, "large", 1<<20), tx.End(true)); err != nil {
		t.Fatal(err)
	}

	tx = begin(t, d)
	for n, before := 0, disk.Changes(); disk.Changes() == before; n++ {
		if err := insert(t.Context(), tx, fmt.Sprint("small ", n), 3000); err != nil {
			t.Fatal(err)
		}
	}
	if err := sqlite.ExecIn(t.Context(), tx, "PRAGMA cache_size = 1"); err != nil {
		t.Fatal(err)
	}
	disk.FailAt(1)
	_, failed := tx.Get(t.Context(), &rows, "large")
	disk.FailAt(0)
	if failed == nil {
		t.Fatal("the cache had room")
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
	if has(t, d, "small 0") || has(t, d, "after") {
		t.Error("part of what failed is there")
	}
}
