package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// blobsWith returns blobs with these contents, put at the moment *clock.
func blobsWith(t *testing.T, clock *time.Time, contents ...string) (*memory.Blobs, []store.Digest) {
	t.Helper()
	b, err := memory.NewBlobs(func() time.Time { return *clock })
	if err != nil {
		t.Fatal(err)
	}
	var all []store.Digest
	for _, c := range contents {
		all = append(all, put(t, b, c))
	}
	return b, all
}

func put(t *testing.T, b store.Blobs, content string) store.Digest {
	t.Helper()
	d, _, err := b.Put(t.Context(), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func numbers(from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint("blob ", i))
	}
	return out
}

func names(all ...store.Digest) store.Names {
	return func(_ context.Context, each func(store.Digest) error) error {
		for _, d := range all {
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	}
}

// bad is a store with some damaged blobs. Its Put fails after a number of calls.
type bad struct {
	store.Blobs
	damaged []store.Digest
	puts    int
	opened  int
}

var errFull = errors.New("no space")

func (b *bad) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	b.opened++
	if slices.Contains(b.damaged, d) {
		return nil, &store.DigestError{Want: d}
	}
	return b.Blobs.Open(ctx, d)
}

func (b *bad) Put(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
	if b.puts--; b.puts < 0 {
		return store.Digest{}, 0, errFull
	}
	return b.Blobs.Put(ctx, r)
}

// TestCopyBlobs: a copy that broke off continues, and opens no blob twice.
func TestCopyBlobs(t *testing.T) {
	now := time.Now()
	held, all := blobsWith(t, &now, numbers(0, 50)...)
	other, _ := blobsWith(t, &now, numbers(40, 60)...)
	from, to := &bad{Blobs: held}, &bad{Blobs: other, puts: 15}
	n, err := store.CopyBlobs(t.Context(), to, from)
	if n.Blobs != 15 || !errors.Is(err, errFull) {
		t.Fatalf("%+v, %v", n, err)
	}
	to.puts, from.opened = 100, 0
	n, err = store.CopyBlobs(t.Context(), to, from)
	if n.Blobs != 25 || n.Bytes == 0 || err != nil || from.opened != 25 {
		t.Errorf("%+v, %v; %d opened", n, err, from.opened)
	}
	if n, err := store.CheckBlobs(t.Context(), to, names(all...), names(all...)); n != 50 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestCopyDamaged: damaged blobs are reported, and the rest is copied.
func TestCopyDamaged(t *testing.T) {
	now := time.Now()
	held, all := blobsWith(t, &now, numbers(0, 250)...)
	to, _ := blobsWith(t, &now)
	n, err := store.CopyBlobs(t.Context(), to, &bad{Blobs: held, damaged: all[:3]})
	if n.Blobs != 247 || !errors.Is(err, store.ErrDigest) || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err = store.CopyBlobs(t.Context(), to, held); n.Blobs != 3 || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
	to, _ = blobsWith(t, &now)
	n, err = store.CopyBlobs(t.Context(), to, &bad{Blobs: held, damaged: all[:150]})
	if n.Blobs >= 100 || strings.Count(err.Error(), "\n") != 99 {
		t.Errorf("%+v with %d lines", n, strings.Count(err.Error(), "\n"))
	}
}

// TestCheckBlobs: every blob that is missing or damaged is named, up to a hundred.
func TestCheckBlobs(t *testing.T) {
	now := time.Now()
	held, all := blobsWith(t, &now, numbers(0, 250)...)
	less, _ := blobsWith(t, &now, numbers(1, 250)...)
	n, err := store.CheckBlobs(t.Context(), &bad{Blobs: less, damaged: all[1:2]}, names(all...))
	if n != 250 || !errors.Is(err, store.ErrNotFound) || !errors.Is(err, store.ErrDigest) ||
		!strings.Contains(err.Error(), all[0].String()) || !strings.Contains(err.Error(), all[1].String()) {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := store.CheckBlobs(t.Context(), &bad{Blobs: held, damaged: all}, names(all...)); strings.Count(err.Error(), "\n") != 99 {
		t.Errorf("%v", err)
	}
	failed := errors.New("cannot be read")
	if _, err := store.CheckBlobs(t.Context(), held, func(context.Context, func(store.Digest) error) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}

// TestBackupBesideSweep: a blob that the copied rows name is in the copy, even if it is
// disowned and swept right after the rows were read, or was put right before.
func TestBackupBesideSweep(t *testing.T) {
	now := time.Now()
	from, all := blobsWith(t, &now, numbers(0, 10)...)
	to, _ := blobsWith(t, &now)
	start := now.Add(48 * time.Hour)
	now = start
	var late store.Digest
	n, err := store.Backup(t.Context(), to, from, func(ctx context.Context) error {
		late = put(t, from, "came with the last row")
		swept, err := store.Sweep(ctx, from, func(context.Context, store.Digest) (bool, error) { return false, nil }, start)
		if swept != 10 {
			t.Errorf("%d swept", swept)
		}
		return err
	})
	if n.Blobs != 11 || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := store.CheckBlobs(t.Context(), to, names(append(all, late)...)); n != 11 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	failed := errors.New("no database")
	if _, err := store.Backup(t.Context(), to, from, func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}
