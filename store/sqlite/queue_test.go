package sqlite_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

var rows = store.Schema{Name: "row"}

// open opens a new file, and returns a function that counts the commits in its log.
func open(t *testing.T) (*sqlite.Driver, func() int) {
	path := filepath.Join(t.TempDir(), "db")
	d, err := sqlite.Open(t.Context(), path, sqlite.Config{Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Ensure(t.Context(), []store.Schema{rows}); err != nil {
		t.Fatal(err)
	}
	return d, func() int { return commits(t, path+"-wal") }
}

// commits counts the frames of a write-ahead log that end a transaction: those that
// state a size of the database (SQLite file format, 4.1).
func commits(t *testing.T, path string) int {
	wal, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, page := 0, int(binary.BigEndian.Uint32(wal[8:]))
	for at := 32; at+24+page <= len(wal); at += 24 + page {
		if binary.BigEndian.Uint32(wal[at+4:]) != 0 {
			n++
		}
	}
	return n
}

func begin(t *testing.T, d *sqlite.Driver) store.DriverTx {
	t.Helper()
	tx, err := d.Begin(t.Context(), store.Update, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func insert(ctx context.Context, tx store.DriverTx, id string, size int) error {
	return tx.Write(ctx, &rows, store.Row{ID: id, Version: 1, Doc: bytes.Repeat([]byte{'x'}, size)}, 0)
}

func has(t *testing.T, d *sqlite.Driver, id string) bool {
	t.Helper()
	tx, err := d.Begin(t.Context(), store.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.End(false)
	_, err = tx.Get(t.Context(), &rows, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// queued waits until n Updates wait.
func queued(t *testing.T, d *sqlite.Driver, n int) {
	t.Helper()
	for start := time.Now(); d.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d wait, want %d", d.Waiting(), n)
		}
	}
}

// Updates that wait for each other share a commit, and each sees what the ones before
// it wrote. What one of them rolls back is undone alone, whichever it is.
func TestOneCommitForMany(t *testing.T) {
	const n = 40 // more than one commit takes
	for _, firstFails := range []bool{false, true} {
		d, commits := open(t)
		fails := func(i int) bool { return i == 0 && firstFails || i%3 == 1 }
		before := commits()
		first := begin(t, d)
		var wg sync.WaitGroup
		errs := make([]error, n)
		for i := 1; i < n; i++ {
			wg.Go(func() {
				tx, err := d.Begin(t.Context(), store.Update, nil)
				if err != nil {
					errs[i] = err
					return
				}
				_, seen := tx.Get(t.Context(), &rows, fmt.Sprint(i-1))
				if (seen == nil) == fails(i-1) {
					errs[i] = fmt.Errorf("of the one before: %w", seen)
				}
				errs[i] = errors.Join(errs[i], insert(t.Context(), tx, fmt.Sprint(i), 9000), tx.End(!fails(i)))
			})
			queued(t, d, i)
		}
		errs[0] = errors.Join(insert(t.Context(), first, "0", 9000), first.End(!fails(0)))
		wg.Wait()
		for i, err := range errs {
			if err != nil || has(t, d, fmt.Sprint(i)) == fails(i) {
				t.Errorf("update %d: rolled back %v, present %v, %v", i, fails(i), has(t, d, fmt.Sprint(i)), err)
			}
		}
		if got := commits() - before; got != 2 {
			t.Errorf("%d commits for %d updates, want 2", got, n)
		}
	}
}

// An Update that rolls back has decided by what others in its commit wrote. It ends
// only when everyone can see their writes.
func TestRefusalWaits(t *testing.T) {
	d, _ := open(t)
	first := begin(t, d)
	var wg sync.WaitGroup
	refused, last := make(chan error, 1), make(chan store.DriverTx, 1)
	wg.Go(func() {
		tx := begin(t, d)
		_, err := tx.Get(t.Context(), &rows, "first")
		refused <- errors.Join(err, tx.End(false))
	})
	queued(t, d, 1)
	wg.Go(func() { last <- begin(t, d) })
	queued(t, d, 2)
	wg.Go(func() {
		if err := errors.Join(insert(t.Context(), first, "first", 10), first.End(true)); err != nil {
			t.Error(err)
		}
	})
	tx := <-last // the others have ended, and wait for it
	select {
	case err := <-refused:
		t.Errorf("ended before the row that it saw was there: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := tx.End(true); err != nil {
		t.Error(err)
	}
	if err := <-refused; err != nil || !has(t, d, "first") {
		t.Errorf("refused with %v, the row is there: %v", err, has(t, d, "first"))
	}
	wg.Wait()
}

// An Update that stops waiting, even if it gets its turn at that moment, blocks no
// other.
func TestForgoneTurns(t *testing.T) {
	d, _ := open(t)
	for round := range 300 {
		tx := begin(t, d)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if other, err := d.Begin(ctx, store.Update, nil); err == nil {
				err = other.End(true)
				if err != nil {
					t.Error(err)
				}
			}
		})
		queued(t, d, 1)
		id := fmt.Sprint(round)
		if err := insert(t.Context(), tx, id, 10); err != nil {
			t.Fatal(err)
		}
		wg.Go(cancel)
		if err := tx.End(true); err != nil || !has(t, d, id) {
			t.Fatal(round, err)
		}
		wg.Wait()
		cancel()
	}
}

// When the disk is full, every Update of a commit gets the true result for its own
// rows, and nothing is written after SQLite has given up a transaction.
func TestFullInABatch(t *testing.T) {
	for _, swallow := range []bool{false, true} {
		d, _ := open(t)
		if err := d.Exec(t.Context(), "PRAGMA max_page_count = 40"); err != nil {
			t.Fatal(err)
		}
		first := begin(t, d)
		if err := insert(t.Context(), first, "first", 10); err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 3)
		var wg sync.WaitGroup
		wg.Go(func() {
			tx := begin(t, d)
			full := insert(t.Context(), tx, "large", 1<<20)
			if !errors.Is(full, store.ErrFull) {
				t.Errorf("1 MiB in 40 pages: %v", full)
			}
			if err := insert(t.Context(), tx, "small", 10); err == nil {
				t.Error("a write after the failure")
			}
			if errs[1] = tx.End(swallow); !errors.Is(errs[1], store.ErrFull) || errors.Is(errs[1], store.ErrUndone) {
				t.Errorf("ended after the failure: %v", errs[1])
			}
		})
		queued(t, d, 1)
		wg.Go(func() {
			tx := begin(t, d)
			errs[2] = errors.Join(insert(t.Context(), tx, "third", 10), tx.End(true))
		})
		queued(t, d, 2)
		errs[0] = first.End(true)
		wg.Wait()
		if has(t, d, "large") || has(t, d, "small") {
			t.Error("part of a failed update is there")
		}
		for i, id := range map[int]string{0: "first", 2: "third"} {
			if has(t, d, id) != (errs[i] == nil) {
				t.Errorf("%s: present %v, %v", id, has(t, d, id), errs[i])
			}
		}
		if errs[0] != nil && !d.Retryable(errs[0]) {
			t.Errorf("the one before the failure: %v", errs[0])
		}
		if errs[2] != nil {
			t.Errorf("the one after the failure: %v", errs[2])
		}
	}
}
