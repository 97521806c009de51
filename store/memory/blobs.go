package memory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// Blobs is a [store.Blobs] in memory.
type Blobs struct {
	now func() time.Time

	mu   sync.RWMutex
	held map[store.Digest]held
}

type held struct {
	content []byte // never changed
	stored  time.Time
}

// NewBlobs returns an empty store. now is required.
func NewBlobs(now func() time.Time) (*Blobs, error) {
	if now == nil {
		return nil, errors.New("memory: NewBlobs needs a clock")
	}
	return &Blobs{now: now, held: map[store.Digest]held{}}, nil
}

// Put implements [store.Blobs].
func (b *Blobs) Put(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
	var content bytes.Buffer
	d, size, err := store.CopyDigest(ctx, &content, r)
	if err != nil {
		return store.Digest{}, 0, fmt.Errorf("memory: put: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[d] = held{content.Bytes(), b.now()}
	return d, size, nil
}

// Open implements [store.Blobs].
func (b *Blobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.RLock()
	h, ok := b.held[d]
	b.mu.RUnlock()
	if !ok {
		return nil, fmt.Errorf("memory: blob %s: %w", d, store.ErrNotFound)
	}
	if got := store.Digest(sha256.Sum256(h.content)); got != d {
		return nil, &store.DigestError{Want: d, Got: got}
	}
	return blob{bytes.NewReader(h.content)}, nil
}

// Has implements [store.Blobs].
func (b *Blobs) Has(ctx context.Context, d store.Digest) (bool, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.held[d]
	return ok, ctx.Err()
}

// Delete implements [store.Blobs].
func (b *Blobs) Delete(ctx context.Context, d store.Digest, before time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.held[d]
	if !ok {
		return fmt.Errorf("memory: blob %s: %w", d, store.ErrNotFound)
	}
	if h.stored.Before(before) {
		delete(b.held, d)
	}
	return nil
}

// List implements [store.Blobs]. It lists the blobs held when it begins.
func (b *Blobs) List(ctx context.Context) iter.Seq2[store.BlobInfo, error] {
	return func(yield func(store.BlobInfo, error) bool) {
		b.mu.RLock()
		now := maps.Clone(b.held)
		b.mu.RUnlock()
		digests := slices.SortedFunc(maps.Keys(now), func(x, y store.Digest) int {
			return bytes.Compare(x[:], y[:])
		})
		for _, d := range digests {
			if err := ctx.Err(); err != nil {
				yield(store.BlobInfo{}, err)
				return
			}
			if !yield(store.BlobInfo{Digest: d, Size: int64(len(now[d].content)), Stored: now[d].stored}, nil) {
				return
			}
		}
	}
}

// blob hides the reader's other methods: a Blob is read at offsets only.
type blob struct{ r *bytes.Reader }

func (b blob) ReadAt(p []byte, off int64) (int, error) { return b.r.ReadAt(p, off) }
func (b blob) Size() int64                             { return b.r.Size() }
func (b blob) Close() error                            { return nil }
