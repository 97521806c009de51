package dir_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func open(t testing.TB, root string, now func() time.Time) *dir.Blobs {
	t.Helper()
	b, err := dir.New(root, now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBlobs(t *testing.T) {
	storetest.RunBlobs(t, func(t testing.TB, now func() time.Time) store.Blobs { return open(t, t.TempDir(), now) })
}

func TestDurableBlobs(t *testing.T) {
	storetest.RunDurableBlobs(t, func(t testing.TB) storetest.BlobsPlace {
		root := t.TempDir()
		return storetest.BlobsPlace{
			Open: func(t testing.TB, now func() time.Time) store.Blobs { return open(t, root, now) },
			Damage: func(t testing.TB, d store.Digest, content []byte) {
				if err := os.WriteFile(path(root, d), content, 0o600); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// path is where a blob lies.
func path(root string, d store.Digest) string {
	s := d.String()
	return filepath.Join(root, s[:2], s[2:4], s)
}

func TestDamagedFile(t *testing.T) {
	root := t.TempDir()
	b := open(t, root, time.Now)
	d, _, err := b.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	path := path(root, d)
	for _, damaged := range []string{"Content", "conten", "content\n", ""} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := b.Open(t.Context(), d)
		if e, ok := errors.AsType[*store.DigestError](err); !ok || e.Want != d {
			t.Fatalf("%q: got %v, want a DigestError", damaged, err)
		}
	}
	if _, _, err := b.Put(t.Context(), strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	f, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("a second Put does not repair the file: %v", err)
	}
	f.Close()
}

// A blob that was being deleted when the process died can be opened where it lies, and
// Clean gives it its name back.
func TestDiedWhileDeleting(t *testing.T) {
	root := t.TempDir()
	b := open(t, root, time.Now)
	d, _, err := b.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	s := d.String()
	if err := os.Rename(filepath.Join(root, s[:2], s[2:4], s), filepath.Join(root, "tmp", "delete-"+s+"-123")); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"aside", "brought back"} {
		f, err := b.Open(t.Context(), d)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		f.Close()
		if n, err := b.Clean(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
			t.Errorf("%s: Clean: %d, %v", when, n, err)
		}
		if ok, err := b.Has(t.Context(), d); !ok || err != nil {
			t.Errorf("%s, after Clean: %v, %v", when, ok, err)
		}
	}
}

// TestDeleteAndPut: what one process puts while others delete it is there for that
// process.
func TestDeleteAndPut(t *testing.T) {
	root := t.TempDir()
	var clock atomic.Int64 // seconds
	now := func() time.Time { return time.Unix(1_800_000_000+clock.Add(1), 0) }
	b := open(t, root, now)
	var wg sync.WaitGroup
	done := make(chan struct{})
	d := store.Digest(sha256.Sum256([]byte("content")))
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			err := b.Delete(t.Context(), d, time.Unix(1_800_000_000+clock.Load()-2, 0))
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
			clock.Add(1)
		}
	})
	for range 500 {
		from := now()
		if _, _, err := b.Put(t.Context(), strings.NewReader("content")); err != nil {
			t.Error(err)
		}
		f, err := b.Open(t.Context(), d)
		if err == nil {
			f.Close()
		} else if now().Sub(from) < 4*time.Second {
			t.Errorf("put and not there: %v", err)
		}
	}
	close(done)
	wg.Wait()
}

func TestCleanRemovesOldTemporaryFiles(t *testing.T) {
	root := t.TempDir()
	b := open(t, root, time.Now)
	temp := filepath.Join(root, "tmp", "put-left")
	if err := os.WriteFile(temp, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	written := time.Now()
	if n, err := b.Clean(t.Context(), written.Add(-time.Hour)); n != 0 || err != nil {
		t.Fatalf("clean within the grace time: %d, %v", n, err)
	}
	if n, err := b.Clean(t.Context(), written.Add(time.Hour)); n != 1 || err != nil {
		t.Fatalf("clean: %d, %v", n, err)
	}
}
