package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// Digest is the SHA-256 of a blob's content, and its name.
type Digest [sha256.Size]byte

// ParseDigest reads 64 hexadecimal digits.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != hex.EncodedLen(len(d)) {
		return Digest{}, fmt.Errorf("store: a digest has %d digits, not %d", hex.EncodedLen(len(d)), len(s))
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, fmt.Errorf("store: digest: %w", err)
	}
	return d, nil
}

// String prints 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText returns [Digest.String], for JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is [ParseDigest], for JSON.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := ParseDigest(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Blob is an open blob. ReadAt may be called concurrently.
type Blob interface {
	io.ReaderAt
	// Size is in bytes.
	Size() int64
	// Close releases what ReadAt reads from; it is called once.
	Close() error
}

// BlobInfo is an entry of [Blobs].List. Stored is when the content was last put, by the
// clock of the store, precise to at least a microsecond.
type BlobInfo struct {
	Digest Digest
	Size   int64 // bytes
	Stored time.Time
}

// Blobs keeps file content under its own digest. Write the blob first, then the row
// that names it; [Sweep] later deletes blobs that no row names. The methods may be
// called concurrently. A method returns the ctx's error if ctx is done before it starts
// or while it reads or lists.
type Blobs interface {
	// Put streams r into the store and returns its digest and size in bytes. When Put
	// returns nil, the content is durable and whole. Its Stored time is then new, even
	// if the content was there before, and is a moment after all of r was read. If r
	// fails, Put returns that error wrapped and leaves nothing that Open would find. It
	// returns [ErrFull] or [ErrDisk] if the disk is full or fails and the store learns
	// of it.
	Put(ctx context.Context, r io.Reader) (Digest, int64, error)

	// Open returns the content after it has checked all of it against d. It returns a
	// [DigestError] if the content differs and [ErrNotFound] if there is none. The
	// caller closes the Blob, which stays readable if it is deleted meanwhile.
	Open(ctx context.Context, d Digest) (Blob, error)

	// Has reports whether there is a blob of this name, without checking it.
	Has(ctx context.Context, d Digest) (bool, error)

	// Delete removes a blob that was last Stored before the given moment. It keeps a
	// blob Stored at or after that moment and returns nil. It returns [ErrNotFound] if
	// there is no such blob.
	Delete(ctx context.Context, d Digest, before time.Time) error

	// List goes through all blobs in order of digest. It may miss blobs that are put or
	// deleted meanwhile. An error ends the sequence.
	List(ctx context.Context) iter.Seq2[BlobInfo, error]
}

// CopyDigest copies r to w until r ends, and returns the digest and the size in bytes of
// what it copied. It returns the ctx's error if ctx is done before. The Put of a [Blobs]
// takes content in by it.
func CopyDigest(ctx context.Context, w io.Writer, r io.Reader) (Digest, int64, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	}))
	if err != nil {
		return Digest{}, n, err
	}
	return Digest(h.Sum(nil)), n, nil
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Cleaner is a [Blobs] that may hold remains of interrupted Puts.
type Cleaner interface {
	// Clean removes remains last touched before the given moment and returns how many.
	Clean(ctx context.Context, before time.Time) (int, error)
}

// Sweep deletes the blobs that were last put before the given moment and for which keep
// returns false (T21). Then it removes what interrupted Puts left before that moment. It
// returns how many blobs it deleted. The time from before until now is the grace in
// which a row that names the blob must be committed: an hour is ample, a second is not.
func Sweep(ctx context.Context, b Blobs, keep func(context.Context, Digest) (bool, error), before time.Time) (int, error) {
	n := 0
	for info, err := range b.List(ctx) {
		if err != nil {
			return n, err
		}
		if !info.Stored.Before(before) {
			continue
		}
		kept, err := keep(ctx, info.Digest)
		if err != nil {
			return n, err
		}
		if kept {
			continue
		}
		switch err := b.Delete(ctx, info.Digest, before); {
		case err == nil:
			n++
		case !errors.Is(err, ErrNotFound): // another sweeper was faster
			return n, err
		}
	}
	if c, ok := b.(Cleaner); ok {
		if _, err := c.Clean(ctx, before); err != nil {
			return n, err
		}
	}
	return n, nil
}
