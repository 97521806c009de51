package dir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
)

// meeting is a file system where something else happens just before the next rename.
type meeting struct {
	dir.Files
	before func()
	close  error // of the files that are made
}

func (m *meeting) Rename(from, to string) error {
	if f := m.before; f != nil {
		m.before = nil
		f()
	}
	return m.Files.Rename(from, to)
}

func (m *meeting) Create(folder, pattern string) (dir.File, error) {
	f, err := m.Files.Create(folder, pattern)
	return closing{f, m.close}, err
}

type closing struct {
	dir.File
	err error
}

func (c closing) Close() error { return errors.Join(c.File.Close(), c.err) }

// A blob that is put while a Clean brings an older copy back, or while a Delete fails,
// is there and counts as new: a sweep leaves it.
func TestPutBetween(t *testing.T) {
	clock, root, m := time.Now(), t.TempDir(), &meeting{Files: dir.System}
	b, err := dir.NewOn(m, root, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	var d store.Digest
	put := func() {
		if d, _, err = b.Put(t.Context(), strings.NewReader("content")); err != nil {
			t.Error(err)
		}
	}
	put()
	clock = clock.Add(48 * time.Hour)
	m.close, m.before = syscall.EIO, func() { m.close = nil; put() }
	if err := b.Delete(t.Context(), d, clock.Add(-time.Hour)); !errors.Is(err, store.ErrDisk) {
		t.Errorf("a Delete that fails: %v", err)
	}
	m.close, m.before = nil, nil
	if ok, err := b.Has(t.Context(), d); !ok || err != nil {
		t.Fatalf("a Delete that fails takes what it has not judged: %v", err)
	}

	s := d.String()
	if err := os.Rename(filepath.Join(root, s[:2], s[2:4], s), filepath.Join(root, "tmp", "delete-"+s+"-123")); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(48 * time.Hour)
	m.before = put
	if n, err := b.Clean(t.Context(), clock.Add(-time.Hour)); n != 0 || err != nil || m.before != nil {
		t.Fatalf("Clean: %d, %v", n, err)
	}
	if err := b.Delete(t.Context(), d, clock.Add(-time.Hour)); err != nil {
		t.Error(err)
	}
	if ok, err := b.Has(t.Context(), d); !ok || err != nil {
		t.Errorf("what Clean brings back is not as new as what it replaces: %v", err)
	}
}
