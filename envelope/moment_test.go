package envelope_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// grace is the minimum age of a blob that a sweep of TestRestoreToMoment deletes.
const grace = 8 * time.Second

// repeat does something again and again until ctx is done.
func repeat(ctx context.Context, t *testing.T, do func() error) {
	for ctx.Err() == nil {
		if err := do(); err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// sweepOld deletes what no package names and is older than grace, as docs/operations.md
// says.
func (c *cast) sweepOld(ctx context.Context) (int, error) {
	before := time.Now().Add(-grace)
	keep, err := c.Envelopes.Keeper(ctx)
	if err != nil {
		return 0, err
	}
	return store.Sweep(ctx, c.Blobs, func(ctx context.Context, d store.Digest) (bool, error) {
		for _, keeps := range []func(context.Context, store.Digest) (bool, error){keep, c.Org.Upkeep().Keeps, c.Seals.Keeps} {
			if kept, err := keeps(ctx, d); kept || err != nil {
				return kept, err
			}
		}
		return false, nil
	}, before)
}

// absent returns how many blobs that rows name are not in a store.
func (c *cast) absent(t *testing.T, b store.Blobs) (n int) {
	t.Helper()
	seen := map[store.Digest]bool{}
	for _, names := range []store.Names{c.Org.Upkeep().Named, c.Seals.Named, c.Envelopes.Named} {
		err := names(t.Context(), func(d store.Digest) error {
			has, err := b.Has(t.Context(), d)
			if !has && !seen[d] {
				n++
			}
			seen[d] = true
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// drafts makes n drafts, each of another document.
func (c *cast) drafts(t *testing.T, n int) (ids []string) {
	t.Helper()
	for i := range n {
		d := draft(t)
		d.Files[0].Content = io.MultiReader(d.Files[0].Content, strings.NewReader(fmt.Sprintf("%%%d\n", i)))
		e, err := c.Envelopes.CreateDraft(t.Context(), c.boss, d)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(e.ID))
	}
	return ids
}

// TestRestoreToMoment takes PostgreSQL back to a moment in the middle of work, from a
// base backup and the archived log, after documents of that moment were swept: what was
// acknowledged before is there, what came after is not, the copy has every blob that
// the rows name, the books agree, and unfinished work continues.
func TestRestoreToMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the grace of a sweep; not in the short run")
	}
	server := pgtest.Archived(t)
	if err := server.Create(t.Context(), "host"); err != nil {
		t.Fatal(err)
	}
	database := func() store.Driver {
		t.Helper()
		drv, err := postgres.Open(t.Context(), server.DSN("host"), postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return drv
	}
	folder := t.TempDir()
	live, err := dir.New(filepath.Join(folder, "live"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := dir.New(filepath.Join(folder, "copy"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{folder: folder, Keys: envelopetest.Keys()}
	s.settle(t, database(), live)
	at := envelopetest.Start.Add(30 * 24 * time.Hour)
	c := s.open(t, at, database(), live)

	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() { stop(); wg.Wait() }()
	var mu sync.Mutex
	var diary []note
	told := func() []note { mu.Lock(); defer mu.Unlock(); return slices.Clone(diary) }
	wg.Go(func() {
		err := c.work(ctx, t, func(n note) error {
			mu.Lock()
			defer mu.Unlock()
			diary = append(diary, n)
			return ctx.Err()
		})
		if ctx.Err() == nil {
			t.Error(err)
		}
	})
	wg.Go(func() { c.Envelopes.Run(ctx, 5*time.Millisecond, func(err error) { t.Error(err) }) })
	copies := 0
	wg.Go(func() {
		repeat(ctx, t, func() error {
			start := time.Now()
			_, err := store.CopyBlobs(ctx, copied, live)
			if took := time.Since(start); took > grace/3 {
				t.Errorf("a copy took %v: the disk is too slow for this test", took)
			}
			copies++
			return err
		})
	})
	swept := 0
	wg.Go(func() {
		repeat(ctx, t, func() error { n, err := c.sweepOld(ctx); swept += n; return err })
	})
	if err := server.BaseBackup(); err != nil {
		t.Fatal(err)
	}
	drafts := c.drafts(t, 5)
	time.Sleep(2 * time.Second)
	before := told()
	moment, err := server.Now()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	seen := len(told())
	for _, id := range drafts { // and then their documents are swept
		if err := c.Envelopes.DeleteDraft(ctx, c.boss, envelope.ID(id)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(grace + 4*time.Second)
	stop()
	wg.Wait()
	after := told()[seen:]
	if err := errors.Join(server.Archive(), c.DB.Close(), server.Crash(), server.Restore(moment)); err != nil {
		t.Fatal(err)
	}

	c = s.open(t, at.Add(time.Hour), database(), copied)
	named, err := c.whole(t.Context())
	gone := c.absent(t, live)
	t.Logf("%d acknowledged before, %d a second after; %d copies, %d swept; %d named, %d of them swept since", len(before), len(after), copies, swept, named, gone)
	if err != nil || gone < len(drafts) {
		t.Errorf("%d named, %d gone, %v", named, gone, err)
	}
	c.kept(t, before)
	for _, n := range after {
		if _, err := c.Envelopes.Get(t.Context(), c.boss, envelope.ID(n.Envelope)); n.What == "sent" && !errors.Is(err, envelope.ErrNotFound) {
			t.Fatalf("sent a second after the moment: %+v, %v", n, err)
		}
	}
	c.books(t)
	c.recover(t)
	if states := c.settled(t); states[envelope.Completed] == 0 {
		t.Errorf("nothing was completed: %v", states)
	}
}

// The archive command of docs/operations.md is the tested one.
func TestRecipe(t *testing.T) {
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if command := pgtest.ArchiveCommand("/backup/wal"); !strings.Contains(string(text), command) {
		t.Errorf("docs/operations.md does not have %s", command)
	}
}
