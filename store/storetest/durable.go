package storetest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// RunDurable checks a driver that keeps anything past its Close, with each of
// [DurableChecks]. place makes a new and empty place each time, and returns a function
// that opens a driver there. The suite opens it several times, always after it has
// closed the one before.
//
// It does not show what a killed process or a power cut leaves.
func RunDurable(t *testing.T, place func(testing.TB) (open func(testing.TB) store.Driver)) {
	for _, c := range DurableChecks() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, place(t)) })
	}
}

// DurableChecks lists what [RunDurable] runs. Their open function opens the same place
// each time.
func DurableChecks() []Check {
	all := []Check{
		{"durable/what was committed, and nothing else", keptRows},
		{"durable/the shape of a table", keptShape},
		{"durable/events", keptEvents},
	}
	for i := range all {
		all[i].Run = guard(all[i].Run)
	}
	return all
}

// opened opens the driver of a place, runs fn, and closes it.
func opened(t testing.TB, open opener, fn func(store.Driver)) {
	t.Helper()
	d := open(t)
	shut := sync.OnceValue(d.Close)
	closes(t, shut) // for a check that fails
	fn(d)
	var err error
	if !ends(slow.get(), func() { err = shut() }) || err != nil {
		t.Fatalf("close: %v, within %s", err, slow)
	}
}

func keptRows(t testing.TB, open opener) {
	ctx := t.Context()
	s := store.Schema{Name: "kept", Columns: []store.Column{{Name: "name", Kind: store.KindText}, {Name: "n", Kind: store.KindInt}},
		Indexes: []store.Index{{Name: "by_name", Columns: []int{0}, Unique: true}}}
	again := func(fn func(store.Driver)) {
		t.Helper()
		opened(t, open, func(d store.Driver) {
			if err := d.Ensure(ctx, []store.Schema{s}); err != nil {
				t.Fatalf("ensure: %v", err)
			}
			fn(d)
		})
	}
	a, b, c := rawRow("a", "first\x00", 1, "doc\x00\xff"), rawRow("b", "second", 2, "doc"), rawRow("c", "third", 3, "doc")
	changed := rawRow("b", "changed", -2, "changed")
	changed.Version, changed.Generation = 1<<40, 1<<41
	again(func(d store.Driver) {
		write(t, ctx, d, &s, a, b, c)
		inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
			err := tx.Write(ctx, &s, changed, 1)
			if err = errors.Join(err, tx.Write(ctx, &s, store.Row{ID: "c", Cols: c.Cols}, 1)); err != nil {
				t.Fatalf("update and delete: %v", err)
			}
		})
		tx := begin(t, ctx, d, store.Update)
		err := tx.Write(ctx, &s, rawRow("d", "rolled back", 4, "doc"), 0)
		if err = errors.Join(err, tx.End(false)); err != nil {
			t.Fatalf("a write that is rolled back: %v", err)
		}
	})
	look := func(d store.Driver, wanted ...store.Row) {
		t.Helper()
		inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
			for _, q := range []store.Query{{Limit: 9}, {Index: &s.Indexes[0], Limit: 9}} {
				rows, err := tx.Query(ctx, &s, q)
				if err != nil {
					t.Fatalf("%s, after it was opened again: %v", describe(q), err)
				}
				slices.SortFunc(wanted, func(a, b store.Row) int { return compare(q.Index, a, b) })
				sameRows(t, q, rows, wanted)
			}
		})
	}
	e := rawRow("e", "second", 5, "doc") // b no longer has this value
	again(func(d store.Driver) {
		look(d, a, changed)
		inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
			want(t, "a unique text of before", tx.Write(ctx, &s, rawRow("f", "changed", 1, "doc"), 0), store.ErrExists)
		})
		write(t, ctx, d, &s, e)
	})
	again(func(d store.Driver) { look(d, a, changed, e) })
}

// keptShape: a table grows or is refused as if the driver had not been closed in
// between.
func keptShape(t testing.TB, open opener) {
	ctx := t.Context()
	s := store.Schema{Name: "kept", Columns: []store.Column{{Name: "name", Kind: store.KindText}, {Name: "n", Kind: store.KindInt}}}
	opened(t, open, func(d store.Driver) {
		if err := d.Ensure(ctx, []store.Schema{s}); err != nil {
			t.Fatalf("ensure: %v", err)
		}
		write(t, ctx, d, &s, rawRow("a", "name", 1, "doc"))
	})
	grown := store.Schema{Name: "kept", Columns: append(s.Columns[:2:2], store.Column{Name: "extra", Kind: store.KindText}),
		Indexes: []store.Index{{Name: "by_extra", Columns: []int{2, 0}}}}
	opened(t, open, func(d store.Driver) {
		if err := d.Ensure(ctx, []store.Schema{grown}); err != nil {
			t.Fatalf("a new column and its index, in a table of before: %v", err)
		}
	})
	wanted := rawRow("a", "name", 1, "doc")
	wanted.Cols = append(wanted.Cols, store.Value{Kind: store.KindText})
	opened(t, open, func(d store.Driver) {
		other := store.Schema{Name: "kept", Columns: []store.Column{{Name: "name", Kind: store.KindInt}}}
		want(t, "a table of before in another shape", d.Ensure(ctx, []store.Schema{other}), store.ErrSchema)
		if err := d.Ensure(ctx, []store.Schema{grown}); err != nil {
			t.Fatalf("ensure: %v", err)
		}
		inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
			q := store.Query{Index: &grown.Indexes[0], Limit: 9}
			rows, err := tx.Query(ctx, &grown, q)
			if err != nil {
				t.Fatalf("%s: %v", describe(q), err)
			}
			sameRows(t, q, rows, []store.Row{wanted})
		})
	})
}

func keptEvents(t testing.TB, open opener) {
	first := setUp(t, open)
	first.emit("a", "a1", "a2", "a3")
	ds, bodies := first.claim(10)
	same(t, "claimed", bodies, []string{"a1"})
	first.done(ds[0])
	first.claim(10) // a2, and its worker dies
	if err := first.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	second := setUp(t, open)
	_, bodies = second.claim(10)
	same(t, "claimed of what is leased", bodies, []string(nil))
	second.clock.advance(time.Hour)
	for _, wanted := range []string{"a2", "a3"} {
		ds, bodies := second.claim(10)
		same(t, "claimed after it was opened again", bodies, []string{wanted})
		second.done(ds[0])
	}
	if err := second.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	third := setUp(t, open)
	third.clock.advance(2 * time.Hour)
	_, bodies = third.claim(10)
	same(t, "claimed of what is done", bodies, []string(nil))
}

// BlobsPlace is a place where a store of blobs keeps its data.
type BlobsPlace struct {
	// Open opens the store there. It may be called several times. The store dates its
	// blobs by the clock.
	Open func(testing.TB, func() time.Time) store.Blobs
	// Damage replaces the content of an existing blob without the store's knowledge.
	Damage func(testing.TB, store.Digest, []byte)
}

// DurableBlobsCheck is one promise of a [store.Blobs] that keeps its data somewhere.
type DurableBlobsCheck struct {
	Name string
	Run  func(t testing.TB, place BlobsPlace)
}

// RunDurableBlobs checks a store of blobs that keeps anything past its own life, with
// each of [DurableBlobsChecks]. place makes a new and empty place each time.
func RunDurableBlobs(t *testing.T, place func(testing.TB) BlobsPlace) {
	for _, c := range DurableBlobsChecks() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, place(t)) })
	}
}

// DurableBlobsChecks lists what [RunDurableBlobs] runs.
func DurableBlobsChecks() []DurableBlobsCheck {
	all := []DurableBlobsCheck{
		{"durable/what was put", keptBlobs},
		{"durable/other content is refused, and put right", damagedBlobs},
	}
	for i := range all {
		all[i].Run = guard(all[i].Run)
	}
	return all
}

func keptBlobs(t testing.TB, p BlobsPlace) {
	c := newClock()
	b := p.Open(t, c.now)
	big := strings.Repeat("0123456789", 100_000)
	all := []store.Digest{put(t, b, ""), put(t, b, "small"), put(t, b, big)}
	gone, at := put(t, b, "deleted"), c.now()
	if err := b.Delete(t.Context(), gone, at.Add(time.Hour)); err != nil {
		t.Fatalf("delete: %v", err)
	}
	slices.SortFunc(all, func(x, y store.Digest) int { return bytes.Compare(x[:], y[:]) })
	c.advance(time.Hour)
	b = p.Open(t, c.now)
	same(t, "listed after it was opened again", digests(t, b), all)
	same(t, "content", content(t, b, put(t, b, big)), big) // new again
	for info, err := range b.List(t.Context()) {
		wanted := at
		if info.Size == int64(len(big)) {
			wanted = c.now()
		}
		if err != nil || !info.Stored.Equal(wanted) {
			t.Fatalf("listed %+v, %v; want it Stored at %s", info, err, wanted)
		}
	}
	_, err := b.Open(t.Context(), gone)
	want(t, "open of a blob that was deleted before", err, store.ErrNotFound)
}

func damagedBlobs(t testing.TB, p BlobsPlace) {
	b := p.Open(t, newClock().now)
	text := strings.Repeat("0123456789", 50_000)
	d := put(t, b, text)
	for what, damaged := range map[string]string{
		"another last byte":  text[:len(text)-1] + "8",
		"another first byte": "1" + text[1:],
		"cut":                text[:len(text)-1],
		"longer":             text + "0",
		"empty":              "",
	} {
		p.Damage(t, d, []byte(damaged))
		for range 2 {
			f, err := b.Open(t.Context(), d)
			if err == nil {
				_ = f.Close()
			}
			if e, ok := errors.AsType[*store.DigestError](err); !ok || e.Want != d {
				t.Fatalf("open of what was damaged (%s): got %v, want a DigestError of %s", what, err, d)
			}
			b = p.Open(t, newClock().now)
		}
		put(t, b, text)
		if content(t, b, d) != text {
			t.Fatalf("put again after it was damaged (%s), and not whole", what)
		}
	}
}
