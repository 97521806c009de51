package s3

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/dajiaqian/dajiaqian/store"
)

// file is content on its way in or out, in a temporary file that is removed when it is
// closed. On systems where an open file may be removed, it has no name from the start,
// so a killed process leaves no copy of a contract.
type file struct {
	f    *os.File
	size int64
}

func (f *file) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) }
func (f *file) Size() int64                             { return f.size }

// Close implements [store.Blob].
func (f *file) Close() error {
	err := f.f.Close()
	if rerr := os.Remove(f.f.Name()); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

// spool reads r to its end into a file, and hashes what it read.
func (b *Blobs) spool(ctx context.Context, r io.Reader) (*file, store.Digest, error) {
	temp, err := os.CreateTemp(b.cfg.Temp, "blob-*") // mode 0600
	if err != nil {
		return nil, store.Digest{}, err
	}
	_ = os.Remove(temp.Name()) // otherwise Close removes it
	f := &file{f: temp}
	d, size, err := store.CopyDigest(ctx, temp, r)
	if err != nil {
		return nil, store.Digest{}, errors.Join(err, f.Close())
	}
	f.size = size
	return f, d, nil
}
