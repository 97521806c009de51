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

// MarshalText is [Digest.String], for JSON.
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
// clock of the store, at least to the microsecond.
type BlobInfo struct {
	Digest Digest
	Size   int64 // bytes
	Stored time.Time
}

// Blobs keeps file content under its own digest. Write the blob first, then
// the row that names it; what no row names is swept later. Its methods may be
// called concurrently. One whose ctx is done, before it or while it reads or lists,
// answers with the ctx's error.
type Blobs interface {
	// Put streams r into the store and returns its digest and size in bytes.
	// When Put returns nil the content is durable, whole, and newly Stored, at a moment
	// when all of r had been read, also if it was there before. An error of r is returned wrapped, and
	// leaves nothing that Open would find. A disk that is full or fails is
	// [ErrFull] or [ErrDisk], where the store is told.
	Put(ctx context.Context, r io.Reader) (Digest, int64, error)

	// Open returns content that has been checked against d from its first to
	// its last byte: other content is a [DigestError], absent content
	// [ErrNotFound]. The caller closes the Blob, which stays readable if it
	// is deleted meanwhile.
	Open(ctx context.Context, d Digest) (Blob, error)

	// Has reports whether there is a blob of this name, without checking it.
	Has(ctx context.Context, d Digest) (bool, error)

	// Delete removes a blob that was last Stored before a moment; one Stored at it, or
	// later, stays, without an error. Absent content is [ErrNotFound].
	Delete(ctx context.Context, d Digest, before time.Time) error

	// List goes through all blobs in order of digest. Blobs that come or go
	// meanwhile may be missed. An error ends the sequence.
	List(ctx context.Context) iter.Seq2[BlobInfo, error]
}

// Cleaner is a [Blobs] that may hold what interrupted Puts left behind.
type Cleaner interface {
	// Clean removes leavings last touched before a moment and returns how many.
	Clean(ctx context.Context, before time.Time) (int, error)
}

// Sweep deletes the blobs that were last put before a moment and that keep
// disowns, then what interrupted Puts left before it, and returns how many
// blobs went. The time from before until now is the grace in which a row that
// names the blob must be committed (T21): an hour is ample, a second is not.
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
