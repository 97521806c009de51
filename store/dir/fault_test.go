package dir_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
)

// failing is the operating system's files with one operation that fails, counted from
// the last time that left was set.
type failing struct {
	dir.Files
	left int
	err  error
}

func (f *failing) fails() bool {
	f.left--
	return f.left == 0
}

func (f *failing) MkdirAll(path string) error {
	if f.fails() {
		return f.err
	}
	return f.Files.MkdirAll(path)
}

func (f *failing) Create(folder, pattern string) (dir.File, error) {
	if f.fails() {
		return nil, f.err
	}
	file, err := f.Files.Create(folder, pattern)
	return failingFile{file, f}, err
}

func (f *failing) Rename(from, to string) error {
	if f.fails() {
		return f.err
	}
	return f.Files.Rename(from, to)
}

func (f *failing) Sync(folder string) error {
	if f.fails() {
		return f.err
	}
	return f.Files.Sync(folder)
}

type failingFile struct {
	dir.File
	f *failing
}

// Write writes half of its bytes when it fails, as a full disk does.
func (w failingFile) Write(p []byte) (int, error) {
	if w.f.fails() {
		n, _ := w.File.Write(p[:len(p)/2])
		return n, w.f.err
	}
	return w.File.Write(p)
}

func (w failingFile) Sync() error {
	if w.f.fails() {
		return w.f.err
	}
	return w.File.Sync()
}

func (w failingFile) Close() error {
	err := w.File.Close()
	if w.f.fails() {
		return w.f.err
	}
	return err
}

// If the disk is full or fails at any operation of a Put or a Delete, the error says
// so, what was there stays whole, and a repeated call succeeds.
func TestDiskFails(t *testing.T) {
	for fault, kind := range map[error]error{syscall.ENOSPC: store.ErrFull, syscall.EIO: store.ErrDisk} {
		root := t.TempDir()
		f := &failing{Files: dir.System, err: fault}
		f.left = 1
		if _, err := dir.NewOn(f, root, time.Now); !errors.Is(err, kind) {
			t.Errorf("new: %v is not %v", err, kind)
		}
		b, err := dir.NewOn(f, root, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		old, _, err := b.Put(t.Context(), strings.NewReader("there before"))
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, step int, err error) bool {
			t.Helper()
			if err != nil && (!errors.Is(err, fault) || !errors.Is(err, kind)) {
				t.Errorf("%s, operation %d: %v is not %v", what, step, err, kind)
			}
			for info, lerr := range b.List(t.Context()) {
				if lerr != nil {
					t.Fatal(lerr)
				}
				blob, oerr := b.Open(t.Context(), info.Digest) // checks all of it
				if oerr != nil {
					t.Errorf("%s, operation %d: %v", what, step, oerr)
					continue
				}
				if err := blob.Close(); err != nil {
					t.Error(err)
				}
			}
			if ok, herr := b.Has(t.Context(), old); !ok || herr != nil {
				t.Errorf("%s, operation %d: the older blob is gone: %v", what, step, herr)
			}
			return err == nil
		}
		var seen []string
		for step := 1; ; step++ {
			content := strings.Repeat("new ", 10_000+step)
			f.left = step
			_, _, err := b.Put(t.Context(), io.MultiReader(strings.NewReader(content[:100]), strings.NewReader(content[100:])))
			f.left = 0
			if check("put", step, err) {
				break
			}
			seen = append(seen, "put")
			d, _, err := b.Put(t.Context(), strings.NewReader(content))
			if ok, herr := b.Has(t.Context(), d); err != nil || !ok || herr != nil {
				t.Errorf("put again after operation %d: %v, %v", step, err, herr)
			}
		}
		for step := 1; ; step++ {
			d, _, err := b.Put(t.Context(), strings.NewReader("to be deleted"))
			if err != nil {
				t.Fatal(err)
			}
			f.left = step
			err = b.Delete(t.Context(), d, time.Now().Add(time.Hour))
			f.left = 0
			if check("delete", step, err) {
				break
			}
			seen = append(seen, "delete")
			if err := b.Delete(t.Context(), d, time.Now().Add(time.Hour)); err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("deleted again after operation %d: %v", step, err)
			}
		}
		count := func(what string) int {
			return len(slices.DeleteFunc(slices.Clone(seen), func(s string) bool { return s != what }))
		}
		if count("put") < 6 || count("delete") < 3 {
			t.Errorf("%v met %d operations of puts and %d of deletes", fault, count("put"), count("delete"))
		}
	}
}
