package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// runTool runs one of PostgreSQL's programs.
func runTool(ctx context.Context, t *testing.T, name string, args ...string) error {
	t.Helper()
	path, err := pgtest.Tool(name)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(ctx, path, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return nil
}

// TestDump backs up a database and its blobs with pg_dump while four writers are at
// work, and restores both. The rows are of one moment, which is after what was
// acknowledged before, and every blob that they name is there.
func TestDump(t *testing.T) {
	ctx, dsn := t.Context(), pgtest.DSN(t)
	driver, err := postgres.Open(ctx, dsn, postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	table := ledger()
	db := openDB(t, driver, table)
	from, err := memory.NewBlobs(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	to, err := memory.NewBlobs(time.Now)
	if err != nil {
		t.Fatal(err)
	}

	working, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var acknowledged []string
	some := make(chan struct{})
	for w := range 4 {
		wg.Go(func() {
			for n := 0; working.Err() == nil; n++ {
				id := fmt.Sprint(w, "-", n)
				d, _, err := from.Put(working, strings.NewReader(id)) // before the row that names it
				if err == nil {
					err = db.Update(working, func(ctx context.Context, tx *store.Tx) error {
						return errors.Join(table.Insert(ctx, tx, entry{ID: id, Name: d.String()}),
							store.Emit(ctx, tx, store.Event{Topic: "kept", Body: []byte(id)}))
					})
				}
				if err != nil && working.Err() == nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if acknowledged = append(acknowledged, id); len(acknowledged) == 50 {
					close(some)
				}
				mu.Unlock()
			}
		})
	}
	<-some
	mu.Lock()
	before := len(acknowledged)
	mu.Unlock()
	dump := filepath.Join(t.TempDir(), "host.dump")
	_, err = store.Backup(ctx, to, from, func(ctx context.Context) error {
		return runTool(ctx, t, "pg_dump", "--serializable-deferrable", "--format=custom", "--file="+dump, dsn)
	})
	stop()
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}

	elsewhere := pgtest.DSN(t)
	if err := runTool(ctx, t, "pg_restore", "--exit-on-error", "--dbname="+elsewhere, dump); err != nil {
		t.Fatal(err)
	}
	if driver, err = postgres.Open(ctx, elsewhere, postgres.Config{}); err != nil {
		t.Fatal(err)
	}
	restored := ledger()
	db = openDB(t, driver, restored)
	rows := map[string]bool{}
	n, err := store.CheckBlobs(ctx, to, func(ctx context.Context, each func(store.Digest) error) error {
		return db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			for rec, err := range restored.All(ctx, tx, store.Limit(store.MaxLimit)) {
				if err != nil {
					return err
				}
				rows[rec.V.ID] = true
				d, err := store.ParseDigest(rec.V.Name)
				if err != nil {
					return err
				}
				if err := each(d); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil || n != len(rows) || n < before {
		t.Errorf("%d rows, %d blobs, %d acknowledged before, %v", len(rows), n, before, err)
	}
	for _, id := range acknowledged[:before] {
		if !rows[id] {
			t.Errorf("%s is lost", id)
		}
	}
	stats, err := db.Outbox().Stats(ctx)
	if err != nil || stats.Ready.N != min(n, store.CountLimit) {
		t.Errorf("%s events of %d rows, %v", stats.Ready, n, err)
	}
	t.Logf("%d rows restored, %d acknowledged before the backup, %d in all", n, before, len(acknowledged))
}
