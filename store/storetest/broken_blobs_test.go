package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// brokenBlobs is a good store in which some methods are replaced.
type brokenBlobs struct {
	store.Blobs
	now func() time.Time

	damaged map[store.Digest][]byte

	put    func(context.Context, io.Reader) (store.Digest, int64, error)
	open   func(context.Context, store.Digest) (store.Blob, error)
	has    func(context.Context, store.Digest) (bool, error)
	delete func(context.Context, store.Digest, time.Time) error
	list   func(store.BlobInfo) store.BlobInfo
	revert bool // lists backwards
	clean  func(context.Context, time.Time) (int, error)
}

func (b *brokenBlobs) Put(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
	if b.put != nil {
		return b.put(ctx, r)
	}
	return b.Blobs.Put(ctx, r)
}

func (b *brokenBlobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	if b.open != nil {
		return b.open(ctx, d)
	}
	return b.Blobs.Open(ctx, d)
}

func (b *brokenBlobs) Has(ctx context.Context, d store.Digest) (bool, error) {
	if b.has != nil {
		return b.has(ctx, d)
	}
	return b.Blobs.Has(ctx, d)
}

func (b *brokenBlobs) Delete(ctx context.Context, d store.Digest, before time.Time) error {
	if b.delete != nil {
		return b.delete(ctx, d, before)
	}
	return b.Blobs.Delete(ctx, d, before)
}

func (b *brokenBlobs) List(ctx context.Context) iter.Seq2[store.BlobInfo, error] {
	return func(yield func(store.BlobInfo, error) bool) {
		var all []store.BlobInfo
		for info, err := range b.Blobs.List(ctx) {
			if err != nil {
				yield(info, err)
				return
			}
			if b.list != nil {
				info = b.list(info)
			}
			all = append(all, info)
		}
		if b.revert {
			slices.Reverse(all)
		}
		for _, info := range all {
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Clean implements store.Cleaner.
func (b *brokenBlobs) Clean(ctx context.Context, before time.Time) (int, error) {
	if b.clean != nil {
		return b.clean(ctx, before)
	}
	return 0, nil
}

// blobWith is a good blob with another ReadAt.
type blobWith struct {
	store.Blob
	readAt func([]byte, int64) (int, error)
}

func (b blobWith) ReadAt(p []byte, off int64) (int, error) { return b.readAt(p, off) }

// reading breaks the ReadAt of every blob.
func reading(spoil func(b *brokenBlobs, d store.Digest, good store.Blob) func([]byte, int64) (int, error)) func(*brokenBlobs) {
	return func(b *brokenBlobs) {
		b.open = func(ctx context.Context, d store.Digest) (store.Blob, error) {
			good, err := b.Blobs.Open(ctx, d)
			if err != nil {
				return nil, err
			}
			return blobWith{good, spoil(b, d, good)}, nil
		}
	}
}

var blobFaults = map[string]map[string]func(*brokenBlobs){
	"round trip, empty to big": {
		"forgets": func(b *brokenBlobs) {
			b.has = func(context.Context, store.Digest) (bool, error) { return false, nil }
		},
		"cut at 1 MiB": reading(func(_ *brokenBlobs, _ store.Digest, good store.Blob) func([]byte, int64) (int, error) {
			return func(p []byte, off int64) (int, error) {
				if off >= 1<<20 {
					return 0, io.EOF
				}
				return good.ReadAt(p, off)
			}
		}),
		"what comes with the end is lost": func(b *brokenBlobs) {
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				var all []byte
				for p := make([]byte, 1<<20); ; {
					n, err := r.Read(p)
					if err == io.EOF {
						return b.Blobs.Put(ctx, bytes.NewReader(all))
					}
					all = append(all, p[:n]...)
				}
			}
		},
	},
	"same content is one blob": {"listed twice": func(b *brokenBlobs) {
		b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
			d, n, err := b.Blobs.Put(ctx, r)
			_, _, err2 := b.Blobs.Put(ctx, strings.NewReader("another"))
			return d, n, errors.Join(err, err2)
		}
	}},
	"failed put leaves nothing": {
		"keeps halves": func(b *brokenBlobs) {
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				half, err := io.ReadAll(r)
				d, n, _ := b.Blobs.Put(ctx, bytes.NewReader(half))
				return d, n, err
			}
		},
		"another error": func(b *brokenBlobs) {
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				d, n, err := b.Blobs.Put(ctx, r)
				if err != nil {
					err = errors.New("failed")
				}
				return d, n, err
			}
		},
	},
	"absent": {"deleted anyhow": func(b *brokenBlobs) {
		b.delete = func(context.Context, store.Digest, time.Time) error { return nil }
	}},
	"cancelled": {
		"deaf": func(b *brokenBlobs) {
			b.open = func(ctx context.Context, d store.Digest) (store.Blob, error) {
				return b.Blobs.Open(context.WithoutCancel(ctx), d)
			}
		},
		"deaf once it reads": func(b *brokenBlobs) {
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				if err := ctx.Err(); err != nil {
					return store.Digest{}, 0, err
				}
				return b.Blobs.Put(context.WithoutCancel(ctx), r)
			}
		},
	},
	"list in order": {
		"backwards": func(b *brokenBlobs) { b.revert = true },
		"sizes in KiB": func(b *brokenBlobs) {
			b.list = func(i store.BlobInfo) store.BlobInfo { i.Size /= 1024; return i }
		},
		"days, not moments": func(b *brokenBlobs) {
			b.list = func(i store.BlobInfo) store.BlobInfo { i.Stored = i.Stored.Truncate(24 * time.Hour); return i }
		},
	},
	"stored when it has been read": {
		"stored when it begins": func(b *brokenBlobs) {
			began := map[store.Digest]time.Time{}
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				at := b.now()
				d, n, err := b.Blobs.Put(ctx, r)
				began[d] = at
				return d, n, err
			}
			b.list = func(i store.BlobInfo) store.BlobInfo { i.Stored = began[i.Digest]; return i }
		},
		"seconds": func(b *brokenBlobs) {
			b.list = func(i store.BlobInfo) store.BlobInfo { i.Stored = i.Stored.Truncate(time.Second); return i }
		},
		"deletes what is as old": func(b *brokenBlobs) {
			b.delete = func(ctx context.Context, d store.Digest, before time.Time) error {
				return b.Blobs.Delete(ctx, d, before.Add(time.Microsecond))
			}
		},
	},
	"delete spares the new, open blobs stay readable": {
		"deletes all": func(b *brokenBlobs) {
			b.delete = func(ctx context.Context, d store.Digest, before time.Time) error {
				return b.Blobs.Delete(ctx, d, before.AddDate(100, 0, 0))
			}
		},
		"put again is not new": func(b *brokenBlobs) {
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				all, err := io.ReadAll(r)
				d := digest(all)
				if ok, _ := b.Blobs.Has(ctx, d); ok {
					return d, int64(len(all)), err
				}
				return b.Blobs.Put(ctx, bytes.NewReader(all))
			}
		},
		"open blobs go too": reading(func(b *brokenBlobs, d store.Digest, good store.Blob) func([]byte, int64) (int, error) {
			return func(p []byte, off int64) (int, error) {
				if ok, _ := b.Blobs.Has(context.Background(), d); !ok {
					return 0, store.ErrNotFound
				}
				return good.ReadAt(p, off)
			}
		}),
	},
	"sweep": {"cleans what is whole": func(b *brokenBlobs) {
		b.clean = func(ctx context.Context, before time.Time) (n int, err error) {
			for info := range b.Blobs.List(ctx) {
				err = errors.Join(err, b.Blobs.Delete(ctx, info.Digest, before))
				n++
			}
			return n, err
		}
	}},
	"puts at once": {"mixed up": func(b *brokenBlobs) {
		var mu sync.Mutex
		var shared []byte
		b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
			for p := make([]byte, 1<<10); ; {
				n, err := r.Read(p)
				mu.Lock()
				shared = append(shared, p[:n]...)
				all := bytes.Clone(shared)
				mu.Unlock()
				if err == io.EOF {
					return b.Blobs.Put(ctx, bytes.NewReader(all))
				}
			}
		}
	}},
	"read at any place, at once": {
		"from where it is": reading(func(_ *brokenBlobs, _ store.Digest, good store.Blob) func([]byte, int64) (int, error) {
			var mu sync.Mutex
			r := io.NewSectionReader(good, 0, good.Size())
			return func(p []byte, off int64) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				if off == 0 {
					_, _ = r.Seek(0, io.SeekStart)
				}
				return io.ReadFull(r, p)
			}
		}),
		"no end": reading(func(_ *brokenBlobs, _ store.Digest, good store.Blob) func([]byte, int64) (int, error) {
			return func(p []byte, off int64) (int, error) {
				n, _ := good.ReadAt(p, off)
				return n, nil
			}
		}),
		"closed for all": func(b *brokenBlobs) {
			closed := false
			b.open = func(ctx context.Context, d store.Digest) (store.Blob, error) {
				good, err := b.Blobs.Open(ctx, d)
				return closing{good, &closed}, err
			}
		},
	},
}

// closing is a store that hands out one shared file.
type closing struct {
	store.Blob
	closed *bool
}

func (c closing) Close() error { *c.closed = true; return c.Blob.Close() }

func (c closing) ReadAt(p []byte, off int64) (int, error) {
	if *c.closed {
		return 0, errors.New("closed")
	}
	return c.Blob.ReadAt(p, off)
}

func digest(content []byte) store.Digest {
	b, _ := memory.NewBlobs(time.Now)
	d, _, _ := b.Put(context.Background(), bytes.NewReader(content))
	return d
}

func TestBrokenBlobsAreCaught(t *testing.T) {
	for _, c := range storetest.BlobsChecks() {
		for name, spoil := range blobFaults[c.Name] {
			caught := catches(t, func(p testing.TB) {
				c.Run(p, func(t testing.TB, now func() time.Time) store.Blobs {
					good, err := memory.NewBlobs(now)
					if err != nil {
						t.Fatalf("%v", err)
					}
					b := &brokenBlobs{Blobs: good, now: now}
					spoil(b)
					return b
				})
			})
			if !caught {
				t.Errorf("%q does not catch %q", c.Name, name)
			}
		}
	}
}
