package storetest

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

type opener = func(testing.TB) store.Driver

// bare opens a driver without the portable layer, for promises that the layer hides.
func bare(t testing.TB, open opener) (context.Context, store.Driver, *store.Schema) {
	t.Helper()
	d := open(t)
	closes(t, d.Close)
	s := store.Schema{
		Name:    "raw",
		Columns: []store.Column{{Name: "name", Kind: store.KindText}, {Name: "n", Kind: store.KindInt}},
		Indexes: []store.Index{{Name: "by_name", Columns: []int{0, 1}}},
	}
	if err := d.Ensure(t.Context(), []store.Schema{s}); err != nil {
		t.Fatalf("ensure: %v", err)
	}
	return t.Context(), d, &s
}

func inTx(t testing.TB, ctx context.Context, d store.Driver, mode store.Mode, fn func(store.DriverTx)) {
	t.Helper()
	tx := begin(t, ctx, d, mode)
	defer func() { // also runs when a check fails
		if !tx.over {
			_ = tx.End(false)
		}
	}()
	fn(tx.DriverTx)
	if err := tx.End(mode == store.Update); err != nil {
		t.Fatalf("end: %v", err)
	}
}

func rawRow(id, name string, n int64, doc string) store.Row {
	return store.Row{ID: id, Version: 1, Doc: []byte(doc), Cols: []store.Value{
		{Kind: store.KindText, Text: name}, {Kind: store.KindInt, Int: n}}}
}

func absent(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	for _, mode := range []store.Mode{store.View, store.Update} {
		inTx(t, ctx, d, mode, func(tx store.DriverTx) {
			_, err := tx.Get(ctx, s, "absent")
			want(t, "Get of an id that no row has", err, store.ErrNotFound)
			for _, q := range []store.Query{{Limit: 1}, {Index: &s.Indexes[0], Limit: 1}} {
				if rows, err := tx.Query(ctx, s, q); err != nil || len(rows) != 0 {
					t.Fatalf("%s: got %d rows, %v; want none, and no error", describe(q), len(rows), err)
				}
			}
		})
	}
}

func roundTrip(t testing.TB, open opener) {
	b := setUp(t, open)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.FixedZone("CST", 8*3600))
	for _, v := range []item{
		{ID: "a", Group: "g", Code: "c", Rank: math.MinInt64, At: at, Note: "大家签 <&> \u2028"},
		{ID: "b", Rank: math.MaxInt64},
	} {
		b.insert(v)
		r := b.get(v.ID)
		if r.Version != 1 || !r.V.At.Equal(v.At) {
			t.Fatalf("read back %+v, wrote %+v", r, v)
		}
		r.V.At, v.At = time.Time{}, time.Time{}
		same(t, v.ID, r.V, v)
	}
	err := b.View(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := b.items.Get(ctx, tx, "A")
		return err
	})
	want(t, "id in another case", err, store.ErrNotFound)
}

func copies(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	written := rawRow("a", "name", 1, "doc")
	spoil := func(r store.Row) { r.Doc[0], r.Cols[0].Text = 'X', "spoilt" }
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		if err := tx.Write(ctx, s, written, 0); err != nil {
			t.Fatalf("write: %v", err)
		}
		spoil(written)
		got, err := tx.Get(ctx, s, "a")
		if err != nil {
			t.Fatalf("get: %v", err)
		}
		same(t, "in the same transaction", got, rawRow("a", "name", 1, "doc"))
		spoil(got)
		for range 2 {
			got, err = tx.Get(ctx, s, "a")
			if err != nil {
				t.Fatalf("get: %v", err)
			}
			same(t, "again in the same transaction, after the caller changed what it was given", got, rawRow("a", "name", 1, "doc"))
			rows, err := tx.Query(ctx, s, store.Query{Index: &s.Indexes[0], Limit: 9})
			if err != nil || len(rows) != 1 {
				t.Fatalf("query: %d rows, %v, want 1", len(rows), err)
			}
			same(t, "query in the same transaction", rows[0], rawRow("a", "name", 1, "doc"))
			spoil(got)
			spoil(rows[0])
		}
	})
	for range 2 {
		inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
			got, err := tx.Get(ctx, s, "a")
			if err != nil {
				t.Fatalf("get: %v", err)
			}
			same(t, "get", got, rawRow("a", "name", 1, "doc"))
			spoil(got)
			rows, err := tx.Query(ctx, s, store.Query{Index: &s.Indexes[0], Limit: 9})
			if err != nil || len(rows) != 1 {
				t.Fatalf("query: %d rows, %v, want 1", len(rows), err)
			}
			same(t, "query", rows[0], rawRow("a", "name", 1, "doc"))
			spoil(rows[0])
		})
	}
}

func oddValues(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	big := strings.Repeat("文", 1<<20)
	for _, odd := range []string{"nul\x00inside", "\x00", "lone \xed\xa0\x80 surrogate", "\xff\xfe", "'\"`;--", "%_\\", "é", "e\u0301", "\U0001F58B", " padded ", "\ufeffbom"} {
		inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
			if err := tx.Write(ctx, s, rawRow("id"+odd, odd, 1, odd+big), 0); err != nil {
				t.Fatalf("write %q: %v", odd, err)
			}
		})
		inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
			got, err := tx.Get(ctx, s, "id"+odd)
			if err != nil || got.ID != "id"+odd || got.Cols[0].Text != odd || string(got.Doc) != odd+big {
				t.Fatalf("%q did not survive: %.40q, %v", odd, got.ID, err)
			}
			rows, err := tx.Query(ctx, s, store.Query{Index: &s.Indexes[0], Equal: got.Cols[:1], Limit: 9})
			if err != nil || len(rows) != 1 || rows[0].ID != got.ID {
				t.Fatalf("%q is not found by its column: %d rows, %v", odd, len(rows), err)
			}
		})
	}
	b := setUp(t, open)
	err := b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return b.items.Insert(ctx, tx, item{ID: "a", Note: "bad \xff"})
	})
	want(t, "text that JSON would change", err, store.ErrText)
	b.insert(item{ID: "a", Note: `true \ufffd and ` + "\ufffd"})
	same(t, "replacement character as text", b.get("a").V.Note, `true \ufffd and `+"\ufffd")
}

func takenID(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Note: "first"})
	err := b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return b.items.Insert(ctx, tx, item{ID: "a", Note: "second"})
	})
	want(t, "second insert", err, store.ErrExists)
	if e, ok := errors.AsType[*store.ExistsError](err); !ok || e.Index != "id" || e.Table != "item" {
		t.Fatalf("second insert: got %v, want the index named", err)
	}
	same(t, "kept", b.get("a").V.Note, "first")
}

func conflict(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a"})
	old := b.get("a")
	write := func(fn func(ctx context.Context, tx *store.Tx) error) error { return b.Update(b.ctx, fn) }
	update := func(ctx context.Context, tx *store.Tx) error { return b.items.Update(ctx, tx, old) }
	if err := write(update); err != nil {
		t.Fatalf("update: %v", err)
	}
	if v := b.get("a").Version; v != 2 {
		t.Fatalf("version %d after an update, want 2", v)
	}
	want(t, "update of an old version", write(update), store.ErrConflict)
	del := func(ctx context.Context, tx *store.Tx) error { return b.items.Delete(ctx, tx, old) }
	want(t, "delete of an old version", write(del), store.ErrConflict)
	old = b.get("a")
	if err := write(del); err != nil {
		t.Fatalf("delete: %v", err)
	}
	want(t, "update of a deleted row", write(update), store.ErrConflict)
	want(t, "second delete", write(del), store.ErrConflict)
	err := b.View(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := b.items.Get(ctx, tx, "a")
		return err
	})
	want(t, "deleted row", err, store.ErrNotFound)
}

func refusedWrite(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Code: "1"})
	b.update(func(ctx context.Context, tx *store.Tx) error {
		if err := b.items.Insert(ctx, tx, item{ID: "b"}); err != nil {
			return err
		}
		want(t, "taken code", b.items.Insert(ctx, tx, item{ID: "c", Code: "1"}), store.ErrExists)
		want(t, "taken id", b.items.Insert(ctx, tx, item{ID: "a"}), store.ErrExists)
		want(t, "taken id and its own code", b.items.Insert(ctx, tx, item{ID: "a", Code: "1"}), store.ErrExists)
		want(t, "moved, and a taken code", b.items.Update(ctx, tx, store.Rec[item]{V: item{ID: "b", Code: "1"}, Version: 7}), store.ErrConflict)
		want(t, "moved", b.items.Update(ctx, tx, store.Rec[item]{V: item{ID: "a"}, Version: 7}), store.ErrConflict)
		return b.items.Insert(ctx, tx, item{ID: "d"})
	})
	same(t, "rows", b.list(), []string{"a", "b", "d"})
}

func ownWrites(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Group: "g", Rank: 1}, item{ID: "b", Group: "g", Rank: 2})
	b.update(func(ctx context.Context, tx *store.Tx) error {
		a, err := b.items.Get(ctx, tx, "a")
		if err != nil {
			return err
		}
		a.V.Rank = 3
		if err := b.items.Update(ctx, tx, a); err != nil {
			return err
		}
		if err := b.items.Insert(ctx, tx, item{ID: "c", Group: "g", Rank: 4}); err != nil {
			return err
		}
		p, err := b.items.Page(ctx, tx, store.Where("group", "g"))
		if err != nil {
			return err
		}
		var ids []string
		for _, r := range p.Items {
			ids = append(ids, r.V.ID)
		}
		same(t, "inside", ids, []string{"b", "a", "c"})
		c, err := b.items.Get(ctx, tx, "c")
		if err != nil || c.Version != 1 {
			t.Fatalf("own insert: got version %d, %v, want 1", c.Version, err)
		}
		n, err := b.items.Count(ctx, tx, store.Where("group", "g"))
		if err != nil || n.N != 3 {
			t.Fatalf("own rows: counted %s, %v, want 3", n, err)
		}
		if err := b.items.Delete(ctx, tx, c); err != nil {
			return err
		}
		_, err = b.items.Get(ctx, tx, "c")
		want(t, "own delete", err, store.ErrNotFound)
		return b.items.Insert(ctx, tx, item{ID: "c", Note: "again"})
	})
	same(t, "deleted and inserted", b.get("c").V.Note, "again")
}
