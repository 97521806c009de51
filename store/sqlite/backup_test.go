package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// padding makes the database big enough for a copy to take a while.
func padding(t *testing.T, db *store.DB, table *store.Table[entry], rows int) {
	t.Helper()
	for from := 0; from < rows; from += 1000 {
		if err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < from+1000; i++ {
				if err := table.Insert(ctx, tx, entry{ID: fmt.Sprint("pad", i, strings.Repeat("-", 200))}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBackup copies a database again and again while four writers are at work. Each
// copy is of one moment, which is after what was acknowledged before, and can be
// opened.
func TestBackup(t *testing.T) {
	pads, copies := int64(8_000), 5
	if testing.Short() {
		pads, copies = 2_000, 2
	}
	folder := t.TempDir()
	driver, err := sqlite.Open(t.Context(), filepath.Join(folder, "live.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	db, table, err := ledgerOn(t.Context(), driver)
	if err != nil {
		t.Fatal(err)
	}
	padding(t, db, table, int(pads))
	var mu sync.Mutex
	var acknowledged int64
	booked := func() int64 { mu.Lock(); defer mu.Unlock(); return acknowledged }
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for ctx.Err() == nil {
				sum, err := step(ctx, db, table)
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged = max(acknowledged, sum)
				mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
	}
	during := int64(0)
	for n := range copies {
		path, before := filepath.Join(folder, fmt.Sprintf("odd ?copy#%%41 %d.db", n)), booked()
		if err := driver.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		after := booked()
		during += after - before
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		got, err := totals(t.Context(), path)
		if err != nil || got.rows-pads != got.total || got.total < before || got.total > after+writers || int64(got.events) != min(got.total, store.CountLimit) {
			t.Errorf("copy %d: %+v with %d padding, between %d and %d, %v", n, got, pads, before, after, err)
		}
	}
	stop()
	wg.Wait()
	if during == 0 {
		t.Error("nothing was booked during a backup")
	}
	t.Logf("%d booked during %d backups", during, copies)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := driver.Backup(t.Context(), filepath.Join(folder, "late.db")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestBackupRefused: existing files are not touched, and a backup that broke off leaves
// nothing.
func TestBackupRefused(t *testing.T) {
	folder := t.TempDir()
	live := filepath.Join(folder, "live.db")
	driver, err := sqlite.Open(t.Context(), live, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	db, table, err := ledgerOn(t.Context(), driver)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	padding(t, db, table, 2_000)
	for _, name := range []string{"old.db", "moved.db-wal", "cut.db-journal"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"live.db", "old.db", "moved.db", "cut.db"} {
		if err := driver.Backup(t.Context(), filepath.Join(folder, name)); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := driver.Backup(t.Context(), filepath.Join(folder, "absent", "copy.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	if err := driver.Backup(ctx, filepath.Join(folder, "ended.db")); !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(fmt.Sprint(err), "interrupt") {
		t.Errorf("ended: %v", err)
	}
	for _, pattern := range []string{".backup-*", "ended.db*"} {
		if left, _ := filepath.Glob(filepath.Join(folder, pattern)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
	if _, err := step(t.Context(), db, table); err != nil {
		t.Error(err)
	}
}

// TestBackupKilled kills a process that makes backups: a file that has its final name
// is whole.
func TestBackupKilled(t *testing.T) {
	if folder := os.Getenv("STORE_BACKUP_CHILD"); folder != "" {
		backupChild(t, folder)
	}
	folder, whole := t.TempDir(), 0
	db, table, err := openLedger(t.Context(), filepath.Join(folder, "live.db"))
	if err != nil {
		t.Fatal(err)
	}
	padding(t, db, table, 2_000)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBackupKilled$")
		cmd.Env = append(os.Environ(), "STORE_BACKUP_CHILD="+folder)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		bufio.NewScanner(out).Scan() // the first copy is made
		time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	found, err := filepath.Glob(filepath.Join(folder, "copy-*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if got, err := totals(t.Context(), path); err != nil || got.rows != 2_000 {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
		whole++
	}
	if whole < 5 {
		t.Error("a process did not come far enough")
	}
	left, _ := filepath.Glob(filepath.Join(folder, ".backup-*"))
	t.Logf("%d whole copies, %d that broke off", whole, len(left))
}

func backupChild(t *testing.T, folder string) {
	driver, err := sqlite.Open(t.Context(), filepath.Join(folder, "live.db"), sqlite.Config{Readers: 1})
	for n := 0; err == nil; n++ {
		err = driver.Backup(t.Context(), filepath.Join(folder, fmt.Sprintf("copy-%d-%d.db", os.Getpid(), n)))
		fmt.Println(n)
	}
	t.Fatal(err)
}
