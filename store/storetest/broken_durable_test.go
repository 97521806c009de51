package storetest_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// kept returns a driver that can be opened again after its Close, with all its data.
func kept(d store.Driver) store.Driver {
	return &broken{Driver: d, close: func() error { return nil }}
}

func durableFaults() []fault {
	forgets := func(store.Driver) store.Driver { return memory.New() }
	return []fault{
		{"keeps nothing", "durable/what was committed, and nothing else", forgets},
		{"keeps what was rolled back", "durable/what was committed, and nothing else", rollsForward},
		{"deleted rows come back", "durable/what was committed, and nothing else", noDelete},
		{"unique within one opening", "durable/what was committed, and nothing else", notUnique},
		{"forgets the shape", "durable/the shape of a table", forgets},
		{"any shape will do", "durable/the shape of a table", func(d store.Driver) store.Driver {
			return &broken{Driver: d, ensure: func(ctx context.Context, s []store.Schema) error {
				_ = d.Ensure(ctx, s)
				return nil
			}}
		}},
		{"forgets events", "durable/events", forgets},
		{"updates are lost", "durable/events", writes(func(ctx context.Context, tx *brokenTx, s *store.Schema, r store.Row, old int64) error {
			if old != 0 {
				return nil
			}
			return tx.DriverTx.Write(ctx, s, r, old)
		})},
	}
}

func TestForgetfulDriversAreCaught(t *testing.T) {
	for _, f := range durableFaults() {
		for _, c := range storetest.DurableChecks() {
			if c.Name != f.check {
				continue
			}
			t.Run(f.fault, func(t *testing.T) {
				place := memory.New()
				if !catches(t, func(p testing.TB) {
					c.Run(p, func(testing.TB) store.Driver { return f.breaks(kept(place)) })
				}) {
					t.Errorf("%q does not catch it", c.Name)
				}
			})
		}
	}
}

// A driver without a fault passes: each fault was found because of the fault itself.
func TestMemoryThatIsKeptIsDurable(t *testing.T) {
	storetest.RunDurable(t, func(testing.TB) func(testing.TB) store.Driver {
		place := memory.New()
		return func(testing.TB) store.Driver { return kept(place) }
	})
	storetest.RunDurableBlobs(t, func(testing.TB) storetest.BlobsPlace { return blobsPlace(func(*brokenBlobs) {}) })
}

// blobsPlace returns blobs in memory whose content can be damaged, and which notice it.
// spoil breaks them at each opening.
func blobsPlace(spoil func(*brokenBlobs)) storetest.BlobsPlace {
	damaged := map[store.Digest][]byte{}
	var clock func() time.Time
	good, _ := memory.NewBlobs(func() time.Time { return clock() })
	return storetest.BlobsPlace{
		Open: func(_ testing.TB, now func() time.Time) store.Blobs {
			clock = now
			b := &brokenBlobs{Blobs: good, damaged: damaged}
			b.open = func(ctx context.Context, d store.Digest) (store.Blob, error) {
				if other, ok := damaged[d]; ok {
					return nil, &store.DigestError{Want: d, Got: digest(other)}
				}
				return b.Blobs.Open(ctx, d)
			}
			b.put = func(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
				d, n, err := b.Blobs.Put(ctx, r)
				delete(damaged, d)
				return d, n, err
			}
			spoil(b)
			return b
		},
		Damage: func(_ testing.TB, d store.Digest, content []byte) { damaged[d] = content },
	}
}

var durableBlobFaults = map[string]map[string]func(*brokenBlobs){
	"durable/what was put": {
		"keeps nothing": func(b *brokenBlobs) {
			b.Blobs, _ = memory.NewBlobs(time.Now)
		},
		"dated when it was opened": func(b *brokenBlobs) {
			b.list = func(i store.BlobInfo) store.BlobInfo { i.Stored = i.Stored.Add(-time.Hour); return i }
		},
	},
	"durable/other content is refused, and put right": {
		"does not look": func(b *brokenBlobs) {
			b.open = func(ctx context.Context, d store.Digest) (store.Blob, error) {
				if other, ok := b.damaged[d]; ok {
					return plain{bytes.NewReader(other)}, nil
				}
				return b.Blobs.Open(ctx, d)
			}
		},
		"looks at the size": func(b *brokenBlobs) {
			b.open = func(ctx context.Context, d store.Digest) (store.Blob, error) {
				good, err := b.Blobs.Open(ctx, d)
				if other, ok := b.damaged[d]; ok && err == nil {
					if int64(len(other)) != good.Size() {
						return nil, &store.DigestError{Want: d}
					}
					return plain{bytes.NewReader(other)}, nil
				}
				return good, err
			}
		},
		"what is there is not written again": func(b *brokenBlobs) {
			b.put = b.Blobs.Put
		},
	},
}

// plain is content that was not checked.
type plain struct{ *bytes.Reader }

func (plain) Close() error { return nil }

func TestForgetfulBlobsAreCaught(t *testing.T) {
	for _, c := range storetest.DurableBlobsChecks() {
		for name, spoil := range durableBlobFaults[c.Name] {
			if !catches(t, func(p testing.TB) { c.Run(p, blobsPlace(spoil)) }) {
				t.Errorf("%q does not catch %q", c.Name, name)
			}
		}
	}
}
