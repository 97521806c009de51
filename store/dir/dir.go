// Package dir keeps blobs as files in a directory.
//
// A blob lies under ab/cd/abcd…, its digest in hexadecimal. Files appear whole
// (temporary file, fsync, rename, fsync of the folders) and never change, so the
// directory can be copied and served while it is in use.
package dir

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

// tempDir holds what is being written. It lies beside the shards, in the same
// file system, so that a rename is atomic.
const tempDir = "tmp"

// Blobs is a [store.Blobs] in a directory, which several processes may share.
type Blobs struct {
	root  string
	now   func() time.Time
	files Files

	mu     sync.Mutex
	synced map[string]bool // folders that are on the disk, up to the root: 65,792 at most
}

// New returns the blobs below root, and creates root if needed. now is required; it
// dates the files.
func New(root string, now func() time.Time) (*Blobs, error) {
	return NewOn(osFiles{}, root, now)
}

// NewOn is [New] with files that make the changes of the directory, for tests of what a
// failing disk leaves. A host calls New.
func NewOn(files Files, root string, now func() time.Time) (*Blobs, error) {
	switch {
	case root == "":
		return nil, &fault.ConfigError{Package: "dir", Field: "root", Reason: "is required"}
	case now == nil:
		return nil, &fault.ConfigError{Package: "dir", Field: "now", Reason: "is required"}
	}
	root = filepath.Clean(root)
	if err := found(files, root); err != nil {
		return nil, failed("new", err)
	}
	return &Blobs{root: root, now: now, files: files, synced: map[string]bool{}}, nil
}

// found makes the directory, and makes sure that it and its new parent folders are on
// the disk before anything is in it. If the directory exists, the process that made it
// may have stopped before that. A process that cannot read the folder above has not
// made it.
func found(files Files, root string) error {
	last := filepath.Dir(root) // to be synced
	for !exists(last) && last != filepath.Dir(last) {
		last = filepath.Dir(last)
	}
	if err := files.MkdirAll(filepath.Join(root, tempDir)); err != nil {
		return err
	}
	for folder := filepath.Dir(root); ; folder = filepath.Dir(folder) {
		if err := files.Sync(folder); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		if folder == last {
			return nil
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (b *Blobs) path(d store.Digest) string {
	s := d.String()
	return filepath.Join(b.root, s[:2], s[2:4], s)
}

// Put implements [store.Blobs].
func (b *Blobs) Put(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
	temp, err := b.files.Create(filepath.Join(b.root, tempDir), "put-*")
	if err != nil {
		return store.Digest{}, 0, failed("put", err)
	}
	defer b.files.Remove(temp.Name()) // gone already if all went well
	d, size, err := fill(ctx, temp, r)
	if err = errors.Join(err, temp.Close()); err != nil {
		return store.Digest{}, 0, failed("put", err)
	}
	if err := b.publish(temp.Name(), d); err != nil {
		return store.Digest{}, 0, failed("put", err)
	}
	return d, size, nil
}

func fill(ctx context.Context, temp File, r io.Reader) (store.Digest, int64, error) {
	d, size, err := store.CopyDigest(ctx, temp, r)
	if err != nil {
		return store.Digest{}, 0, err
	}
	return d, size, temp.Sync()
}

// publish gives the file its name or, if the content is there already, makes the
// existing file new again. It compares the existing file first, and replaces a damaged
// one. If a sweeper has moved that file away meanwhile, Chtimes fails, and the rename
// then puts ours in its place.
func (b *Blobs) publish(temp string, d store.Digest) error {
	path, now := b.path(d), b.now()
	if err := os.Chtimes(temp, now, now); err != nil {
		return err
	}
	renew := func() error {
		f, err := open(path, d)
		if err != nil {
			return err
		}
		return errors.Join(f.Close(), os.Chtimes(path, now, now))
	}
	if renew() != nil {
		if err := b.files.MkdirAll(filepath.Dir(path)); err != nil {
			return err
		}
		if err := b.files.Rename(temp, path); err != nil {
			return err
		}
	}
	// Also if the file was there: its writer may have stopped before this step.
	if err := b.files.Sync(filepath.Dir(path)); err != nil {
		return err
	}
	return b.syncAbove(filepath.Dir(path))
}

// syncAbove makes sure that a folder itself is on the disk, even if another process
// made it. Folders are never removed, so once is enough.
func (b *Blobs) syncAbove(folder string) error {
	b.mu.Lock()
	done := b.synced[folder]
	b.mu.Unlock()
	if done || folder == b.root {
		return nil
	}
	above := filepath.Dir(folder)
	if err := errors.Join(b.files.Sync(above), b.syncAbove(above)); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.synced[folder] = true
	return nil
}

// Open implements [store.Blobs]. The file is read twice: here to check it, and later by
// the caller.
func (b *Blobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := open(b.path(d), d)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = b.openAside(d)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("dir: blob %s: %w", d, store.ErrNotFound)
	}
	if err != nil {
		return nil, failed("open", err)
	}
	return f, nil
}

func open(path string, d store.Digest) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	size, err := io.Copy(h, f)
	if got := store.Digest(h.Sum(nil)); err == nil && got != d {
		err = &store.DigestError{Want: d, Got: got}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{f, size}, nil
}

// file hides the methods that would let a caller move or change the file.
type file struct {
	f    *os.File
	size int64
}

func (f *file) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) }
func (f *file) Size() int64                             { return f.size }
func (f *file) Close() error                            { return f.f.Close() }

// Has implements [store.Blobs].
func (b *Blobs) Has(ctx context.Context, d store.Digest) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, err := os.Stat(b.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, failed("has", err)
	}
	return true, nil
}

// List implements [store.Blobs]. It skips files with other names.
func (b *Blobs) List(ctx context.Context) iter.Seq2[store.BlobInfo, error] {
	return func(yield func(store.BlobInfo, error) bool) {
		err := filepath.WalkDir(b.root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case entry.IsDir():
				return nil
			}
			d, err := store.ParseDigest(entry.Name())
			if err != nil || path != b.path(d) {
				return nil
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(store.BlobInfo{Digest: d, Size: info.Size(), Stored: info.ModTime()}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(store.BlobInfo{}, failed("list", err))
		}
	}
}

// errStop ends a walk whose reader wants no more.
var errStop = errors.New("dir: stop")
