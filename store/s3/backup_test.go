package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
)

// place is where blobs are, with a function that damages one of them there.
type place struct {
	store.Blobs
	damage func(store.Digest)
}

func bucketPlace(t *testing.T) place {
	b, client, bucket := opened(t, time.Now)
	return place{b, func(d store.Digest) {
		for o := range client.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{Prefix: "contracts/" + d.String(), Recursive: true}) {
			if _, err := client.PutObject(t.Context(), bucket, o.Key, strings.NewReader("other"), 5, minio.PutObjectOptions{}); err != nil {
				t.Error(err)
			}
		}
	}}
}

func folderPlace(t *testing.T) place {
	root := t.TempDir()
	b, err := dir.New(root, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return place{b, func(d store.Digest) {
		name := d.String()
		if err := os.WriteFile(filepath.Join(root, name[:2], name[2:4], name), []byte("other"), 0o600); err != nil {
			t.Error(err)
		}
	}}
}

// full is a store with space for a limited number of blobs.
type full struct {
	store.Blobs
	room int
}

var errFull = errors.New("no space")

func (f *full) Put(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
	if f.room--; f.room < 0 {
		return store.Digest{}, 0, errFull
	}
	return f.Blobs.Put(ctx, r)
}

// pattern returns the content of a large blob without holding it in memory.
func pattern(size int64, seed byte) io.Reader {
	return io.LimitReader(repeated(bytes.Repeat([]byte{seed, 1, 2, 3}, 1024)), size)
}

type repeated []byte

func (r repeated) Read(p []byte) (int, error) { return copy(p, r), nil }

// fill puts more blobs than one page of a listing holds, and two that are uploaded in
// parts.
func fill(t *testing.T, b store.Blobs) (all []store.Digest) {
	t.Helper()
	const small = 1010
	var mu sync.Mutex
	put := func(r io.Reader) {
		d, _, err := b.Put(t.Context(), r)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, d)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < small; i += 8 {
				put(strings.NewReader(fmt.Sprint("blob ", i)))
			}
		})
	}
	wg.Wait()
	put(pattern(17<<20, 4))
	put(pattern(33<<20, 5))
	slices.SortFunc(all, func(a, b store.Digest) int { return bytes.Compare(a[:], b[:]) })
	return all
}

func each(all []store.Digest) store.Names {
	return func(_ context.Context, each func(store.Digest) error) error {
		for _, d := range all {
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	}
}

// TestBackup copies from and to buckets. A copy that broke off continues; damaged blobs
// are named and the rest is copied; what a writer puts before the rows are read is
// there; and a sweep of the copy takes what no row names.
func TestBackup(t *testing.T) {
	if testing.Short() {
		t.Skip("some thousand objects; not in the short run")
	}
	for name, places := range map[string][2]func(*testing.T) place{
		"bucket to folder": {bucketPlace, folderPlace},
		"folder to bucket": {folderPlace, bucketPlace},
		"bucket to bucket": {bucketPlace, bucketPlace},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := places[0](t), places[1](t)
			all := fill(t, from)
			n, err := store.CopyBlobs(t.Context(), &full{to, 300}, from)
			if n.Blobs != 300 || !errors.Is(err, errFull) {
				t.Fatalf("%+v, %v", n, err)
			}
			bad := all[len(all)-2]
			from.damage(bad)
			n, written, err := backupBesideWriter(t, to, from, all[:len(all)-10])
			if !errors.Is(err, store.ErrDigest) || !strings.Contains(err.Error(), bad.String()) {
				t.Errorf("%v does not name %s", err, bad)
			}
			if least := len(all) - 1 - 300 + len(written); n.Blobs < least {
				t.Errorf("%d copied, at least %d were to be", n.Blobs, least)
			}
			all = append(all, written...)
			n2, err := store.CheckBlobs(t.Context(), to, each(all))
			if n2 != len(all) || !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), bad.String()) || strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("%d, %v", n2, err)
			}
			sweepCopy(t, to, all, bad)
		})
	}
}

// backupBesideWriter runs a Backup while new blobs and old ones are put. It returns the
// new ones that were there before the rows were read.
func backupBesideWriter(t *testing.T, to, from store.Blobs, old []store.Digest) (n store.Copied, written []store.Digest, err error) {
	t.Helper()
	working, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Go(func() {
		for i := 0; working.Err() == nil; i++ {
			time.Sleep(50 * time.Millisecond) // slower than the copy, which reads what comes before it ends
			d, _, err := from.Put(working, strings.NewReader(fmt.Sprint("new ", i)))
			if err == nil {
				mu.Lock()
				written = append(written, d)
				mu.Unlock()
				err = putAgain(working, from, old[i*37%len(old)])
			}
			if err != nil && working.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	var seen int
	n, err = store.Backup(t.Context(), to, from, func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		seen = len(written)
		return nil
	})
	stop()
	wg.Wait()
	if seen == 0 {
		t.Error("nothing was written beside the backup")
	}
	return n, written[:seen], err
}

func putAgain(ctx context.Context, b store.Blobs, d store.Digest) error {
	f, err := b.Open(ctx, d)
	if err != nil {
		return err
	}
	_, _, err = b.Put(ctx, io.NewSectionReader(f, 0, f.Size()))
	return errors.Join(err, f.Close())
}

// sweepCopy keeps every other blob of a copy.
func sweepCopy(t *testing.T, b store.Blobs, all []store.Digest, absent store.Digest) {
	t.Helper()
	kept := map[store.Digest]bool{}
	for i, d := range all {
		kept[d] = i%2 == 0 && d != absent
	}
	keep := func(_ context.Context, d store.Digest) (bool, error) { return kept[d], nil }
	if _, err := store.Sweep(t.Context(), b, keep, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	left := 0
	for info, err := range b.List(t.Context()) {
		if left++; err != nil || !kept[info.Digest] {
			t.Errorf("%s left, %v", info.Digest, err)
		}
		delete(kept, info.Digest)
	}
	for d, k := range kept {
		if k {
			t.Errorf("%s was swept", d)
		}
	}
	t.Logf("%d of %d left", left, len(all))
}

// A listing that is cancelled between two pages ends with an error, because it is not
// whole.
func TestListGivenUp(t *testing.T) {
	b := bucketPlace(t)
	all := fill(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range b.List(ctx) {
		if n++; n == 900 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("%d of %d, %v", n, len(all), last)
	}
	// A cancelled call does not report a blob as absent either.
	for _, do := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := b.Open(ctx, all[0]); return err },
		func(ctx context.Context) error { _, err := b.Has(ctx, all[0]); return err },
		func(ctx context.Context) error { return b.Delete(ctx, all[0], time.Now()) },
	} {
		if err := do(&late{Context: ctx}); !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
	}
}

// late is a context that is done right after it was asked once.
type late struct {
	context.Context
	asked bool
}

func (l *late) Err() error {
	if !l.asked {
		l.asked = true
		return nil
	}
	return l.Context.Err()
}

// TestCopyMemory: a copy holds one part of a blob in memory, however large the blob is.
func TestCopyMemory(t *testing.T) {
	from, to := bucketPlace(t), bucketPlace(t)
	const size = 160 << 20
	if _, _, err := from.Put(t.Context(), pattern(size, 6)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := store.CopyBlobs(t.Context(), to, from)
	runtime.ReadMemStats(&after)
	if n.Bytes != size || err != nil {
		t.Fatalf("%+v, %v", n, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 40<<20 {
		t.Errorf("%d MiB allocated for a blob of %d MiB", took>>20, size>>20)
	}
}
