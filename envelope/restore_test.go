package envelope_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// whole checks that every blob that rows name is there, and returns how many there are.
func (c *cast) whole(ctx context.Context) (int, error) {
	return store.CheckBlobs(ctx, c.Blobs, c.Org.Upkeep().Named, c.Seals.Named, c.Envelopes.Named)
}

// TestRestore backs up a site while envelopes are made, signed and completed on it, and
// opens the copy elsewhere: what was acknowledged before is there, every document that
// rows name is there and complete, the books agree, and unfinished work continues.
func TestRestore(t *testing.T) {
	live, copied := t.TempDir(), t.TempDir()
	s := newSite(t, live)
	at := envelopetest.Start.Add(30 * 24 * time.Hour)
	drv, blobs := s.files(t)
	c := s.open(t, at, drv, blobs)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	var diary []note
	enough := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- c.work(ctx, t, func(n note) error {
			mu.Lock()
			defer mu.Unlock()
			if diary = append(diary, n); len(diary) == 12 {
				close(enough)
			}
			return ctx.Err()
		})
	}()
	select {
	case <-enough:
	case err := <-done:
		t.Fatal(err)
	}
	mu.Lock()
	before := slices.Clone(diary)
	mu.Unlock()

	to, err := dir.New(filepath.Join(copied, "blobs"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	n, err := store.Backup(t.Context(), to, blobs, func(ctx context.Context) error {
		err := drv.(*sqlite.Driver).Backup(ctx, filepath.Join(copied, "db"))
		wait := time.After(200 * time.Millisecond) // meanwhile more is signed
		<-wait
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := errors.Join(c.DB.Close(), os.RemoveAll(live)); err != nil {
		t.Fatal(err)
	}

	elsewhere := *s
	elsewhere.folder = copied
	restored, documents := elsewhere.files(t)
	c = elsewhere.open(t, at.Add(time.Hour), restored, documents)
	named, err := c.whole(t.Context())
	if err != nil || named == 0 || named > n.Blobs {
		t.Fatalf("%d named of %d, %v", named, n.Blobs, err)
	}
	c.kept(t, before)
	c.books(t)
	c.recover(t)
	states := c.settled(t)
	t.Logf("%d acknowledged before, %d in all; %d of %d blobs named; at the end %v", len(before), len(diary), named, n.Blobs, states)
	if states[envelope.Completed] == 0 {
		t.Error("nothing was completed")
	}

	// A document that was lost, or changed on the disk, is detected.
	for _, e := range c.books(t) {
		if e.Status != envelope.Completed {
			continue
		}
		d := e.Files[0].Head
		if err := documents.Delete(t.Context(), d, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.whole(t.Context()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("lost: %v", err)
		}
		name := d.String()
		if err := os.WriteFile(filepath.Join(copied, "blobs", name[:2], name[2:4], name), []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.whole(t.Context()); !errors.Is(err, store.ErrDigest) {
			t.Errorf("changed: %v", err)
		}
		return
	}
}
