package sqlite_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/powercut"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// TestPowerCut cuts the power at random moments of one database's life. With
// synchronous=FULL every transaction that returned is there afterwards.
func TestPowerCut(t *testing.T) {
	cuts := 100
	if testing.Short() {
		cuts = 20
	}
	if lost := powerCuts(t, "FULL", cuts); lost > 0 {
		t.Errorf("%d of %d cuts lost a transaction", lost, cuts)
	}
}

// TestPowerCutFinds: with less than synchronous=FULL the same cuts lose transactions.
func TestPowerCutFinds(t *testing.T) {
	for _, less := range []string{"NORMAL", "OFF"} {
		lost := powerCuts(t, less, 30)
		t.Logf("%s: %d of 30 cuts lost something", less, lost)
		if lost == 0 {
			t.Errorf("30 cuts with synchronous=%s lost nothing", less)
		}
	}
}

// powerCuts returns after how many cuts there was less, or more, than there should be.
func powerCuts(t *testing.T, synchronous string, cuts int) (lost int) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("%s, seed %d", synchronous, seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	folder := t.TempDir()
	disk := powercut.New(folder, seed)
	defer func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	}()
	vfs, err := disk.VFS()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "power.db")
	var acknowledged int64
	for range cuts {
		disk.CutBefore(1 + chance.IntN(400))
		reached, err := untilCut(t.Context(), path, vfs, synchronous)
		acknowledged = max(acknowledged, reached)
		if !disk.Off() { // what the last cut left cannot be repaired
			t.Logf("it ended with the power on: %v", err)
			return lost + 1
		}
		if err := disk.Restore(); err != nil {
			t.Fatal(err)
		}
		found, err := totals(t.Context(), path)
		if err != nil || found.rows != found.total || found.total < acknowledged || found.total > acknowledged+writers ||
			int64(found.events) != min(found.total, store.CountLimit) {
			lost++
			if synchronous == "FULL" {
				t.Errorf("%+v, acknowledged %d, %v", found, acknowledged, err)
			}
		}
		acknowledged = found.total
	}
	if acknowledged == 0 && lost == 0 {
		t.Error("nothing was written")
	}
	return lost
}

// untilCut books until something fails, and returns how far its writers came.
func untilCut(ctx context.Context, path, vfs, synchronous string) (reached int64, err error) {
	d, err := sqlite.OpenSynchronous(ctx, path, sqlite.Config{Readers: 1, VFS: vfs}, synchronous)
	if err != nil {
		return 0, err
	}
	db, table, err := ledgerOn(ctx, d)
	if err != nil {
		return 0, err
	}
	defer db.Close() // returns that the power is off
	var sums [writers]int64
	var errs [writers]error
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for errs[w] == nil {
				var sum int64
				if sum, errs[w] = step(ctx, db, table); errs[w] == nil {
					sums[w] = sum
				}
			}
		})
	}
	wg.Wait()
	return slices.Max(sums[:]), errs[0]
}

// writers work at once, so that some of their transactions share a commit.
const writers = 4

type found struct {
	rows, total int64
	events      int
}

// totals opens a database as it is and counts.
func totals(ctx context.Context, path string) (f found, err error) {
	db, table, err := openLedger(ctx, path)
	if err != nil {
		return f, err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for r, err := range table.All(ctx, tx, store.Limit(store.MaxLimit)) {
			if err != nil {
				return err
			}
			if r.V.ID == "total" {
				f.total = r.V.Sum
			} else {
				f.rows++
			}
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	stats, err := db.Outbox().Stats(ctx)
	f.events = stats.Ready.N
	return f, err
}
