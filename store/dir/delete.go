package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// aside begins the name of a file while its age is judged. The digest follows, then
// characters that make the name unique.
const aside = "delete-"

// Delete implements [store.Blobs]. It moves the file aside before it judges its age. A
// Put in another process then has two cases: it renews the file in time, and Delete
// brings it back; or it finds the file gone, and writes it again. Until then Open finds
// the file where it lies. If the process dies, Clean brings the file back.
func (b *Blobs) Delete(ctx context.Context, d store.Digest, before time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := b.path(d)
	info, err := os.Stat(path)
	if err == nil && !info.ModTime().Before(before) {
		return nil
	}
	if err == nil {
		err = b.remove(path, d, before)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dir: blob %s: %w", d, store.ErrNotFound)
	}
	if err != nil {
		return failed("delete", err)
	}
	return nil
}

func (b *Blobs) remove(path string, d store.Digest, before time.Time) error {
	empty, err := b.files.Create(filepath.Join(b.root, tempDir), aside+d.String()+"-*")
	if err != nil {
		return err
	}
	moved := empty.Name()
	if err = empty.Close(); err == nil {
		err = b.files.Rename(path, moved)
	}
	if err != nil {
		return errors.Join(err, b.files.Remove(moved))
	}
	info, err := os.Stat(moved)
	if err != nil {
		return err
	}
	if info.ModTime().Before(before) {
		err = b.files.Remove(moved)
	} else {
		err = b.files.Rename(moved, path)
	}
	return errors.Join(err, b.files.Sync(filepath.Dir(path)))
}

// openAside opens a blob that another process is deleting, or was deleting when it
// died.
func (b *Blobs) openAside(d store.Digest) (*file, error) {
	entries, err := os.ReadDir(filepath.Join(b.root, tempDir))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), aside+d.String()) {
			continue
		}
		if f, err := open(filepath.Join(b.root, tempDir, e.Name()), d); err == nil {
			return f, nil
		}
	}
	return open(b.path(d), d) // it may have come back meanwhile
}

// Clean implements [store.Cleaner]. It removes temporary files of processes that died,
// and gives back their names to blobs that were being deleted then.
func (b *Blobs) Clean(ctx context.Context, before time.Time) (int, error) {
	entries, err := os.ReadDir(filepath.Join(b.root, tempDir))
	if err != nil {
		return 0, failed("clean", err)
	}
	n := 0
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		removed, err := b.clean(e, before)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process was faster
			return n, failed("clean", err)
		}
		if removed {
			n++
		}
	}
	return n, nil
}

func (b *Blobs) clean(e fs.DirEntry, before time.Time) (removed bool, err error) {
	left := filepath.Join(b.root, tempDir, e.Name())
	info, err := e.Info()
	if err != nil || !info.ModTime().Before(before) {
		return false, err
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(e.Name(), aside), "-")
	if d, err := store.ParseDigest(name); err == nil && !exists(b.path(d)) {
		if f, err := open(left, d); err == nil {
			now := b.now() // a Put may come before the rename, and its file is replaced then
			back := os.Chtimes(left, now, now)
			if back == nil {
				back = b.files.Rename(left, b.path(d))
			}
			return false, errors.Join(f.Close(), back, b.files.Sync(filepath.Dir(b.path(d))))
		}
	}
	err = b.files.Remove(left)
	return err == nil, err
}
