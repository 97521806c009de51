package sqlite_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// TestClosed: after Close no descriptor is open and no -wal is left, the file holds
// everything, and a copy of the file alone is whole.
func TestClosed(t *testing.T) {
	type row struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	table := store.NewTable("t", func(r *row) string { return r.ID })
	open := func(path string) (*sqlite.Driver, *store.DB) {
		t.Helper()
		drv, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), drv, store.Config{Now: time.Now, NewID: func() string { return "id" }}, []store.AnyTable{table})
		if err != nil {
			t.Fatal(err)
		}
		return drv, db
	}
	path := filepath.Join(t.TempDir(), "closed.db")
	drv, db := open(path)
	const rows = 500
	for i := range rows {
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return table.Insert(ctx, tx, row{fmt.Sprint(i), strings.Repeat("x", 500)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	count := func(db *store.DB) (n int) {
		err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			n = 0
			for _, err := range table.All(ctx, tx) {
				if err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(db); n != rows {
		t.Fatalf("%d rows", n)
	}
	if err := drv.Close(); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir("/proc/self/fd"); err == nil {
		for _, n := range names {
			if to, err := os.Readlink("/proc/self/fd/" + n.Name()); err == nil && strings.HasPrefix(to, path) {
				t.Errorf("%s is open", to)
			}
		}
	}
	for _, more := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Stat(path + more); err == nil {
			t.Errorf("%s is left", more)
		}
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	alone := filepath.Join(t.TempDir(), "alone.db")
	out, err := os.Create(alone)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(out, in); err != nil || n < rows*500 {
		t.Fatalf("the file has %d bytes, %v", n, err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	drv, db = open(alone)
	if n := count(db); n != rows {
		t.Errorf("a copy of the file alone has %d rows", n)
	}
	if err := drv.Close(); err != nil {
		t.Error(err)
	}
}
