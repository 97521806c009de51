package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/dajiaqian/dajiaqian/internal/test/s3test"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/s3"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(s3test.Main(m)) }

// opened returns a store in a new bucket, and a client to change that bucket.
func opened(t testing.TB, now func() time.Time) (*s3.Blobs, *minio.Client, string) {
	t.Helper()
	client, bucket := s3test.Bucket(t)
	b, err := s3.New(s3.Config{Client: client, Bucket: bucket, Prefix: "contracts/", Now: now, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return b, client, bucket
}

func TestBlobs(t *testing.T) {
	storetest.RunBlobs(t, func(t testing.TB, now func() time.Time) store.Blobs {
		b, _, _ := opened(t, now)
		return b
	})
}

func TestDurableBlobs(t *testing.T) {
	storetest.RunDurableBlobs(t, func(t testing.TB) storetest.BlobsPlace {
		client, bucket := s3test.Bucket(t)
		temp := t.TempDir()
		return storetest.BlobsPlace{
			Open: func(t testing.TB, now func() time.Time) store.Blobs {
				b, err := s3.New(s3.Config{Client: client, Bucket: bucket, Now: now, Temp: temp})
				if err != nil {
					t.Fatal(err)
				}
				return b
			},
			Damage: func(t testing.TB, d store.Digest, content []byte) {
				for o := range client.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{Prefix: d.String()}) {
					if _, err := client.PutObject(t.Context(), bucket, o.Key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
						t.Fatal(err)
					}
				}
			},
		}
	})
}

// names lists all objects of a bucket.
func names(t *testing.T, c *minio.Client, bucket string) (all []string) {
	t.Helper()
	for o := range c.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		all = append(all, o.Key)
	}
	return all
}

// Content that the server changed or cut is an error and never returned as bytes;
// putting it again repairs it. Nothing is left in the folder for content in transit.
func TestDamagedObject(t *testing.T) {
	client, bucket := s3test.Bucket(t)
	temp := t.TempDir()
	b, err := s3.New(s3.Config{Client: client, Bucket: bucket, Now: time.Now, Temp: temp})
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := b.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []string{"Content", "conten", "content\n", ""} {
		key := names(t, client, bucket)[0]
		if _, err := client.PutObject(t.Context(), bucket, key, strings.NewReader(damaged), int64(len(damaged)), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Open(t.Context(), d); !errors.Is(err, store.ErrDigest) {
			t.Errorf("%q: %v", damaged, err)
		}
		if _, _, err := b.Put(t.Context(), strings.NewReader("content")); err != nil {
			t.Fatal(err)
		}
		f, err := b.Open(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if open, err := os.ReadDir(temp); runtime.GOOS != "windows" && (err != nil || len(open) > 0) {
			t.Errorf("a crash would leave %v, %v", open, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A large blob is uploaded in parts and comes back whole. Parts of an upload that never
// ended are removed; younger ones are not.
func TestParts(t *testing.T) {
	b, client, bucket := opened(t, time.Now)
	big := bytes.Repeat([]byte("0123456789abcdef"), 40<<20/16+3)
	d, n, err := b.Put(t.Context(), bytes.NewReader(big))
	if err != nil || n != int64(len(big)) {
		t.Fatal(n, err)
	}
	f, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size())); err != nil || !bytes.Equal(got, big) {
		t.Errorf("%d of %d bytes, %v", len(got), len(big), err)
	}
	core := minio.Core{Client: client}
	for _, key := range []string{names(t, client, bucket)[0], "contracts/of another"} {
		if _, err := core.NewMultipartUpload(t.Context(), bucket, key, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		before time.Time
		want   int
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 1}, {time.Now().Add(time.Hour), 0}} {
		if n, err := b.Clean(t.Context(), step.before); n != step.want || err != nil {
			t.Errorf("%d cleaned, %v, want %d", n, err, step.want)
		}
	}
}

// One process puts and one sweeps, at once, on two clocks: what was put again stays,
// even while it was being deleted.
func TestPutWhileDeleted(t *testing.T) {
	b, client, bucket := opened(t, time.Now)
	for round := range 40 {
		text := fmt.Sprint("round ", round)
		d, _, err := b.Put(t.Context(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		cutoff := time.Now().Add(time.Millisecond)
		time.Sleep(2 * time.Millisecond)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, _, err := b.Put(t.Context(), strings.NewReader(text)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := b.Delete(t.Context(), d, cutoff); err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		})
		wg.Wait()
		f, err := b.Open(t.Context(), d)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		f.Close()
	}
	// A process that died between the two objects of one blob left both: they count
	// once.
	keys := names(t, client, bucket)
	old := keys[0][:len(keys[0])-16] + strings.Repeat("0", 16)
	if _, err := client.PutObject(t.Context(), bucket, old, strings.NewReader("x"), 1, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range b.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != len(keys) {
		t.Errorf("%d blobs in %d objects", n, len(keys)+1)
	}
}

// A server that is busy, or whose connection breaks off, is asked again.
func TestRetries(t *testing.T) {
	_, bucket := s3test.Bucket(t)
	var failed atomic.Int64
	client := s3test.Behind(t, func(server http.Handler) http.Handler {
		var mu sync.Mutex
		seen := map[string]int{}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			what := r.Method + " " + r.URL.String()
			seen[what]++
			n := seen[what]
			mu.Unlock()
			switch n {
			case 1:
				failed.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
			case 2:
				failed.Add(1)
				panic(http.ErrAbortHandler)
			default:
				server.ServeHTTP(w, r)
			}
		})
	})
	b, err := s3.New(s3.Config{Client: client, Bucket: bucket, Now: time.Now, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := b.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Delete(t.Context(), d, time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if failed.Load() < 6 {
		t.Errorf("%d requests failed", failed.Load())
	}
}

// A server that is absent or refuses is an error of the call, and takes no more time
// than ctx gives.
func TestRefusals(t *testing.T) {
	client, _ := s3test.Bucket(t)
	b, err := s3.New(s3.Config{Client: client, Bucket: "absent-bucket", Now: time.Now, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, _, err := b.Put(ctx, strings.NewReader("x")); err == nil {
		t.Error("put into no bucket")
	}
	if ok, err := b.Has(ctx, store.Digest{1}); ok || err == nil {
		t.Error("found in no bucket")
	}
	if _, err := b.Open(ctx, store.Digest{1}); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("no bucket is not an absent blob: %v", err)
	}
	for _, c := range []s3.Config{{}, {Client: client}, {Client: client, Bucket: "b"}} {
		if _, err := s3.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
