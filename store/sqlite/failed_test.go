package sqlite_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/powercut"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// faulty opens a new database on a disk that can fail.
func faulty(t *testing.T) (*powercut.Disk, *sqlite.Driver, string) {
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
	path := filepath.Join(folder, "db")
	d, err := sqlite.Open(t.Context(), path, sqlite.Config{Readers: 1, VFS: vfs})
	if err != nil {
		t.Fatal(err)
	}
	return disk, d, path
}

// A query writes when it has to free space in a full cache. If that write fails, SQLite
// gives up the transaction: nothing that comes after a query that failed is committed
// alone.
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

// An Update is not refused because of a row that was never committed: the Update that
// wrote the row shares its commit, and that commit fails.
func TestRefusedForWhatIsUndone(t *testing.T) {
	disk, d, _ := faulty(t)
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
				defer disk.Fail(1, 1, powercut.ErrFailed)
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

// crashed opens the files of a database as they are, like a program that starts after
// another one died.
func crashed(t *testing.T, path string) *sqlite.Driver {
	t.Helper()
	to := filepath.Join(t.TempDir(), "db")
	for _, part := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + part)
		if err == nil {
			err = os.WriteFile(to+part, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := sqlite.Open(t.Context(), to, sqlite.Config{Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sound checks a database, as it is and as a crash would leave it, against the rows
// that were acknowledged and those that were refused.
func sound(t *testing.T, d *sqlite.Driver, path string, kept, refused []string) {
	t.Helper()
	crash := crashed(t, path)
	defer crash.Close()
	for where, d := range map[string]*sqlite.Driver{"here": d, "after a crash": crash} {
		for _, id := range kept {
			if !has(t, d, id) {
				t.Errorf("%s: %s is lost", where, id)
			}
		}
		for _, id := range refused {
			if has(t, d, id) {
				t.Errorf("%s: %s, which was refused, is there", where, id)
			}
		}
	}
}

// kinds maps the errors of changes to what the caller gets.
var kinds = map[error]error{powercut.ErrFailed: store.ErrDisk, powercut.ErrFull: store.ErrFull}

// A commit that fails once, at any change, returns an error of that kind, and its rows
// never appear later.
func TestCommitFails(t *testing.T) {
	for fault, kind := range kinds {
		disk, d, path := faulty(t)
		defer d.Close()
		if err := d.Ensure(t.Context(), []store.Schema{rows}); err != nil {
			t.Fatal(err)
		}
		var kept, refused []string
		for n := 1; len(kept) == 0; n++ {
			id := fmt.Sprint("at ", n)
			tx := begin(t, d)
			if err := insert(t.Context(), tx, id, 10); err != nil {
				t.Fatal(err)
			}
			disk.Fail(n, 1, fault)
			err := tx.End(true)
			disk.Fail(0, 0, nil)
			if err == nil {
				kept = append(kept, id)
			} else if refused = append(refused, id); errors.Is(err, store.ErrUncertain) ||
				!errors.Is(err, kind) && !errors.Is(err, store.ErrDisk) { // a sync is never full
				t.Errorf("change %d: %v", n, err)
			}
			sound(t, d, path, kept, refused)
		}
		if len(refused) < 3 {
			t.Errorf("only %d changes failed", len(refused))
		}
	}
}

// A disk that goes on failing leaves a commit uncertain exactly where a crash would
// keep it. When the disk works again, the store works too, and nobody sees those rows.
func TestDiskStaysBroken(t *testing.T) {
	for fault, kind := range kinds {
		disk, d, path := faulty(t)
		defer d.Close()
		if err := d.Ensure(t.Context(), []store.Schema{rows}); err != nil {
			t.Fatal(err)
		}
		var kept, refused []string
		uncertain := 0
		for n := 1; len(kept) < 12; n++ {
			id := fmt.Sprint("at ", n)
			tx := begin(t, d)
			if err := insert(t.Context(), tx, id, 9000); err != nil {
				t.Fatal(err)
			}
			disk.Fail(n%12+1, 1000, fault)
			err := tx.End(true)
			disk.Fail(0, 0, nil)
			crash := crashed(t, path)
			revived := err != nil && has(t, crash, id)
			if err := crash.Close(); err != nil {
				t.Error(err)
			}
			switch {
			case revived && !errors.Is(err, store.ErrUncertain):
				t.Errorf("a crash would keep what failed with %v", err)
			case errors.Is(err, store.ErrUncertain):
				uncertain++
			case err != nil && !errors.Is(err, kind) && !errors.Is(err, store.ErrDisk):
				t.Errorf("change %d: %v", n, err)
			}
			after := "after " + id
			tx = begin(t, d)
			if err := errors.Join(insert(t.Context(), tx, after, 10), tx.End(true)); err != nil {
				t.Errorf("when the disk works again: %v", err)
			}
			if kept = append(kept, after); err != nil {
				refused = append(refused, id)
			}
			sound(t, d, path, kept, refused)
		}
		if uncertain == 0 {
			t.Errorf("%v: nothing was uncertain", fault)
		}
	}
}

// A checkpoint that fails, at any change, loses nothing and stops no writer.
func TestCheckpointFails(t *testing.T) {
	for fault := range kinds {
		disk, d, path := faulty(t)
		defer d.Close()
		if err := d.Ensure(t.Context(), []store.Schema{rows}); err != nil {
			t.Fatal(err)
		}
		var kept []string
		failed := 0
		for n := 1; ; n++ {
			id := fmt.Sprint("before ", n)
			tx := begin(t, d)
			if err := errors.Join(insert(t.Context(), tx, id, 10), tx.End(true)); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, id)
			disk.Fail(n, 1, fault)
			err := d.Exec(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
			disk.Fail(0, 0, nil)
			sound(t, d, path, kept, nil)
			if err == nil {
				break
			}
			failed++
		}
		if failed < 5 {
			t.Errorf("only %d changes failed", failed)
		}
	}
}

// Two kinds of Update are run again: one that shares its commit with an Update that met
// a full disk, and one that was refused because of the rows of that Update. The Update
// that met the full disk gets the error.
func TestInnocentRunAgain(t *testing.T) {
	_, d, _ := faulty(t)
	table := store.NewTable("entry", func(e *entry) string { return e.ID })
	db, err := store.Open(t.Context(), d, store.Config{Now: time.Now, NewID: rand.Text}, []store.AnyTable{table})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := d.Exec(t.Context(), "PRAGMA max_page_count = 60"); err != nil {
		t.Fatal(err)
	}
	add := func(first func()) error {
		var once sync.Once
		return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			err := table.Insert(ctx, tx, entry{ID: "one"})
			once.Do(first)
			return err
		})
	}
	var wg sync.WaitGroup
	var innocent, full, refused error
	innocent = add(func() {
		wg.Go(func() { refused = add(func() {}) })
		queued(t, d, 1)
		wg.Go(func() {
			full = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for i := range 2000 {
					if err := table.Insert(ctx, tx, entry{ID: fmt.Sprint(strings.Repeat("n", 200), i)}); err != nil {
						return err
					}
				}
				return nil
			})
		})
		queued(t, d, 2)
	})
	wg.Wait()
	if innocent != nil && refused != nil || innocent == nil && refused == nil {
		t.Errorf("one of two is kept: %v, %v", innocent, refused)
	}
	if err := errors.Join(innocent, refused); !errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrUndone) {
		t.Errorf("the other: %v", err)
	}
	if !errors.Is(full, store.ErrFull) || errors.Is(full, store.ErrUndone) {
		t.Errorf("the one without room: %v", full)
	}
}
