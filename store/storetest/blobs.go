package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// BlobsChecks lists what [RunBlobs] runs.
func BlobsChecks() []BlobsCheck {
	all := []BlobsCheck{
		{"round trip, empty to big", blobRoundTrip},
		{"same content is one blob", blobTwice},
		{"failed put leaves nothing", blobFailedPut},
		{"absent", blobAbsent},
		{"cancelled", blobCancelled},
		{"list in order", blobList},
		{"stored when it has been read", blobStored},
		{"delete spares the new, open blobs stay readable", blobDelete},
		{"sweep", blobSweep},
		{"puts at once", blobTogether},
		{"read at any place, at once", blobReadAt},
	}
	for i := range all {
		all[i].Run = guard(all[i].Run)
	}
	return all
}

type blobOpener = func(testing.TB, func() time.Time) store.Blobs

func put(t testing.TB, b store.Blobs, content string) store.Digest {
	t.Helper()
	d, n, err := b.Put(t.Context(), strings.NewReader(content))
	if wanted := store.Digest(sha256.Sum256([]byte(content))); err != nil || n != int64(len(content)) || d != wanted {
		t.Fatalf("put: got %s, %d bytes, %v; want %s, %d bytes", d, n, err, wanted, len(content))
	}
	return d
}

func content(t testing.TB, b store.Blobs, d store.Digest) string {
	t.Helper()
	f, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer f.Close()
	all, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil || int64(len(all)) != f.Size() {
		t.Fatalf("read: got %d bytes, %v, where Size is %d", len(all), err, f.Size())
	}
	return string(all)
}

func digests(t testing.TB, b store.Blobs) (all []store.Digest) {
	t.Helper()
	for info, err := range b.List(t.Context()) {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		all = append(all, info.Digest)
	}
	return all
}

func blobRoundTrip(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	for _, c := range []string{"", "x", "\x00\xff", strings.Repeat("0123456789abcdef", 1<<18)} {
		d := put(t, b, c)
		if got := content(t, b, d); got != c {
			t.Fatalf("%d bytes came back as %d", len(c), len(got))
		}
		if ok, err := b.Has(t.Context(), d); !ok || err != nil {
			t.Fatalf("has: got %v, %v, want true of what was put", ok, err)
		}
		text, err := json.Marshal(d)
		var back store.Digest
		if err = errors.Join(err, json.Unmarshal(text, &back)); err != nil || back != d {
			t.Fatalf("digest as JSON: %s, %v", text, err)
		}
	}
	d, _, err := b.Put(t.Context(), iotest.OneByteReader(strings.NewReader("slowly")))
	if err != nil || content(t, b, d) != "slowly" {
		t.Fatalf("put in small steps: %v", err)
	}
	d, _, err = b.Put(t.Context(), iotest.DataErrReader(strings.NewReader("with its end")))
	if err != nil || content(t, b, d) != "with its end" {
		t.Fatalf("put of what ends with its last bytes: %v", err)
	}
}

func blobTwice(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	first, second := put(t, b, "same"), put(t, b, "same")
	same(t, "digests", second, first)
	same(t, "listed", digests(t, b), []store.Digest{first})
}

func blobFailedPut(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	broken := errors.New("broken")
	_, _, err := b.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
	want(t, "put", err, broken)
	same(t, "listed", digests(t, b), []store.Digest(nil))
	if ok, _ := b.Has(t.Context(), sha256.Sum256([]byte("half"))); ok {
		t.Fatalf("half a blob is there")
	}
}

func blobAbsent(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	d := store.Digest(sha256.Sum256([]byte("absent")))
	_, err := b.Open(t.Context(), d)
	want(t, "open", err, store.ErrNotFound)
	want(t, "delete", b.Delete(t.Context(), d, newClock().now()), store.ErrNotFound)
	if ok, err := b.Has(t.Context(), d); ok || err != nil {
		t.Fatalf("has: got %v, %v, want false, and no error, of what is absent", ok, err)
	}
}

func blobCancelled(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	d := put(t, b, "kept")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := b.Put(ctx, strings.NewReader("new"))
	want(t, "put", err, context.Canceled)
	_, err = b.Open(ctx, d)
	want(t, "open", err, context.Canceled)
	want(t, "delete", b.Delete(ctx, d, newClock().now().Add(time.Hour)), context.Canceled)
	err = nil
	for _, e := range b.List(ctx) {
		err = e
	}
	want(t, "list", err, context.Canceled)
	_, err = b.Has(ctx, d)
	want(t, "has", err, context.Canceled)
	reading, stop := context.WithCancel(t.Context())
	_, _, err = b.Put(reading, io.MultiReader(strings.NewReader("first"), stopper(stop), strings.NewReader("rest")))
	want(t, "put, while it reads", err, context.Canceled)
	same(t, "listed", digests(t, b), []store.Digest{d})
}

// stopper ends a ctx, or does something else, when it is read.
type stopper func()

func (s stopper) Read([]byte) (int, error) { s(); return 0, io.EOF }

func blobList(t testing.TB, open blobOpener) {
	c := newClock()
	b := open(t, c.now)
	var all []store.Digest
	for i := range 50 {
		all = append(all, put(t, b, fmt.Sprint(i)))
	}
	slices.SortFunc(all, func(x, y store.Digest) int { return bytes.Compare(x[:], y[:]) })
	same(t, "listed", digests(t, b), all)
	for info, err := range b.List(t.Context()) {
		if err != nil || info.Size < 1 || info.Size > 2 || !info.Stored.Equal(c.now()) {
			t.Fatalf("listed %+v, %v; want a size of 1 or 2, Stored at %s", info, err, c.now())
		}
		break // a reader may stop
	}
}

// blobStored: the grace of a slow Put starts at its end, not at its beginning.
func blobStored(t testing.TB, open blobOpener) {
	c := newClock()
	b := open(t, c.now)
	later := stopper(func() { c.advance(time.Hour) })
	d, _, err := b.Put(t.Context(), io.MultiReader(strings.NewReader("first"), later, strings.NewReader("rest")))
	if err != nil {
		t.Fatalf("put: %v", err)
	}
	for info, err := range b.List(t.Context()) {
		if err != nil || info.Digest != d || !info.Stored.Equal(c.now()) {
			t.Fatalf("listed %+v, %v; want it Stored at %s, when what was put had been read, to the microsecond", info, err, c.now())
		}
	}
	if err := b.Delete(t.Context(), d, c.now()); err != nil {
		t.Fatalf("delete: %v", err)
	}
	same(t, "left by a Delete before the moment at which it was stored", digests(t, b), []store.Digest{d})
}

func blobDelete(t testing.TB, open blobOpener) {
	c := newClock()
	b := open(t, c.now)
	d, at := put(t, b, "content"), c.now()
	if err := b.Delete(t.Context(), d, at); err != nil || content(t, b, d) != "content" {
		t.Fatalf("delete of a new blob: %v", err)
	}
	c.advance(time.Hour)
	put(t, b, "content") // new again
	if err := b.Delete(t.Context(), d, at.Add(time.Minute)); err != nil || content(t, b, d) != "content" {
		t.Fatalf("delete of a blob put again: %v", err)
	}
	f, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer f.Close()
	if err := b.Delete(t.Context(), d, c.now().Add(time.Minute)); err != nil {
		t.Fatalf("delete: %v", err)
	}
	_, err = b.Open(t.Context(), d)
	want(t, "open of a deleted blob", err, store.ErrNotFound)
	p := make([]byte, 7)
	if _, err := f.ReadAt(p, 0); err != nil && err != io.EOF || string(p) != "content" {
		t.Fatalf("read of an open blob: %q, %v", p, err)
	}
}

func blobSweep(t testing.TB, open blobOpener) {
	c := newClock()
	b := open(t, c.now)
	named, orphan := put(t, b, "named"), put(t, b, "orphan")
	c.advance(time.Hour)
	fresh := put(t, b, "fresh orphan")
	n, err := store.Sweep(t.Context(), b, func(_ context.Context, d store.Digest) (bool, error) { return d == named, nil }, c.now())
	if err != nil || n != 1 {
		t.Fatalf("sweep: %d blobs went, %v; want 1, the old one that is not named", n, err)
	}
	left := digests(t, b)
	if len(left) != 2 || slices.Contains(left, orphan) || !slices.Contains(left, fresh) {
		t.Fatalf("left: %v; want %s, which is named, and %s, which is fresh", left, named, fresh)
	}
	if c, ok := b.(store.Cleaner); ok { // whole content is no remains, however old
		if _, err := c.Clean(t.Context(), time.Now().AddDate(10, 0, 0)); err != nil || len(digests(t, b)) != 2 {
			t.Fatalf("after Clean: got %v, %v, want %v, which are whole", digests(t, b), err, left)
		}
	}
}

// blobReadAt: a blob can be read at any place, by several readers at once, as
// io.ReaderAt requires, and closing one does not affect another.
func blobReadAt(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	text := strings.Repeat("0123456789", 10_000)
	d := put(t, b, text)
	first, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	second, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer second.Close()
	if err := first.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	var reads []func() error
	for i := range 8 {
		reads = append(reads, func() error {
			for off := i * 1000; off < len(text); off += 7000 {
				p := make([]byte, 300)
				n, err := second.ReadAt(p, int64(off))
				if n != 300 || err != nil && err != io.EOF || string(p) != text[off:off+300] {
					return fmt.Errorf("%d bytes at %d, %w", n, off, err)
				}
			}
			return nil
		})
	}
	if err := errors.Join(together(reads...)...); err != nil {
		t.Fatalf("read: %v", err)
	}
	size := second.Size()
	p := make([]byte, 10)
	if n, err := second.ReadAt(p, size-4); n != 4 || err != io.EOF || string(p[:4]) != "6789" {
		t.Fatalf("across the end: %d bytes, %v", n, err)
	}
	if n, err := second.ReadAt(p, size); n != 0 || err != io.EOF {
		t.Fatalf("at the end: %d bytes, %v", n, err)
	}
}

func blobTogether(t testing.TB, open blobOpener) {
	b := open(t, newClock().now)
	var puts []func() error
	for i := range 16 {
		puts = append(puts, func() error {
			_, _, err := b.Put(t.Context(), strings.NewReader(strings.Repeat(fmt.Sprint(i%2), 100_000)))
			return err
		})
	}
	if err := errors.Join(together(puts...)...); err != nil {
		t.Fatalf("put: %v", err)
	}
	for _, d := range digests(t, b) {
		same(t, "size", len(content(t, b, d)), 100_000)
	}
	same(t, "blobs", len(digests(t, b)), 2)
}
