package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

func order(t testing.TB, open opener) {
	b := setUp(t, open)
	early, late := b.clock.now(), b.clock.now().Add(time.Microsecond)
	b.insert(
		item{ID: "e", Group: "g", Rank: 1, At: late}, item{ID: "d", Group: "g", Rank: 1, At: late},
		item{ID: "c", Group: "g", Rank: 1, At: early}, item{ID: "b", Group: "g", Rank: -1, At: late},
		item{ID: "a", Group: "g", Rank: 10}, item{ID: "f", Group: "ga"}, item{ID: "g", Group: "f"})
	up := []string{"b", "c", "d", "e", "a"}
	same(t, "as the index", b.list(store.Where("group", "g")), up)
	same(t, "ascending", b.list(store.Where("group", "g"), store.Asc("rank")), up)
	down := slices.Clone(up)
	slices.Reverse(down)
	same(t, "descending", b.list(store.Where("group", "g"), store.Desc("rank", "at")), down)
	same(t, "ties by id", b.list(store.Where("group", "g"), store.Where("rank", 1), store.Desc("at")), []string{"e", "d", "c"})
	same(t, "whole key", b.list(store.Where("at", late), store.Where("group", "g"), store.Where("rank", 1), store.Desc()), []string{"e", "d"})
	same(t, "by id", b.list(), []string{"a", "b", "c", "d", "e", "f", "g"})
	same(t, "by id, descending", b.list(store.Desc()), []string{"g", "f", "e", "d", "c", "b", "a"})
}

func bytewise(t testing.TB, open opener) {
	b := setUp(t, open)
	wanted := []string{"A", "B", "Z", "_", "a", "a\x00", "a\x00b", "a\x01", "a\x02", "ab", "b", "e\u0301", "ä", "é", "上", "丙", "大", "\ufffd", "\U0001F58B", "\U0010FFFE", "\U0010FFFF", "\U0010FFFF\x00", "\U0010FFFF\x01", "\U0010FFFFa"}
	for _, s := range []int{7, 3, 11, 0, 14, 18, 5, 9, 16, 1, 13, 2, 17, 12, 4, 10, 15, 6, 8, 22, 20, 23, 19, 21} {
		b.insert(item{ID: wanted[s], Group: wanted[s]})
	}
	same(t, "ids", b.list(), wanted)
	same(t, "column", b.list(store.Asc("group")), wanted)
	slices.Reverse(wanted)
	same(t, "descending", b.list(store.Desc("group")), wanted)
}

func prefixes(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Group: "g", Rank: 1}, item{ID: "b", Group: "g", Rank: 2}, item{ID: "c", Group: "h", Rank: 1}, item{ID: "d"})
	same(t, "one of two", b.list(store.Where("group", "g"), store.Where("rank", 2)), []string{"b"})
	same(t, "empty text", b.list(store.Where("group", "")), []string{"d"})
	same(t, "no row", b.list(store.Where("group", "x")), []string(nil))
	same(t, "second index", b.list(store.Where("rank", 1)), []string{"a", "c"})
	same(t, "free rows of a unique index", b.list(store.Where("code", "")), []string{"d", "a", "b", "c"})
	err := b.View(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := b.items.Count(ctx, tx, store.Where("group", "g"))
		same(t, "count", n.String(), "2")
		if err != nil {
			return err
		}
		_, err = b.items.Page(ctx, tx, store.Where("at", b.clock.now()))
		return err
	})
	e, ok := errors.AsType[*store.NoIndexError](err)
	if !ok || e.Table != "item" || !slices.Equal(e.Where, []string{"at"}) {
		t.Fatalf("no index: got %v", err)
	}
	err = b.View(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := b.items.Page(ctx, tx, store.Where("group", "g"), store.Desc("at"))
		return err
	})
	want(t, "a gap in the index", err, store.ErrNoIndex)
	many := make([]item, 1001)
	for i := range many {
		many[i] = item{ID: b.NewID(), Group: "many"}
	}
	b.insert(many...)
	b.view(func(ctx context.Context, tx *store.Tx) error {
		n, err := b.items.Count(ctx, tx, store.Where("group", "many"))
		same(t, "count", n.String(), "999+")
		return err
	})
}

func lightRows(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Group: "g", Rank: 7, At: b.clock.now()})
	b.view(func(ctx context.Context, tx *store.Tx) error {
		p, err := b.items.Light(ctx, tx, store.Where("group", "g"))
		if err != nil || len(p.Items) != 1 {
			t.Fatalf("light: got %d rows, %v, want 1", len(p.Items), err)
		}
		l := p.Items[0]
		if l.ID != "a" || l.Version != 1 || l.Text("group") != "g" || l.Int("rank") != 7 || !l.Time("at").Equal(b.clock.now()) {
			t.Fatalf("light: got %+v, want a, version 1, of group g, rank 7, at %s", l, b.clock.now())
		}
		return nil
	})
	ctx, d, s := bare(t, open)
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		_ = tx.Write(ctx, s, rawRow("a", "n", 1, "doc"), 0)
		rows, err := tx.Query(ctx, s, store.Query{Limit: 1, Light: true})
		if err != nil || len(rows) != 1 || rows[0].Doc != nil {
			t.Fatalf("light rows: got %v, %v, want one without Doc", rows, err)
		}
	})
}

func cursors(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "b", Group: "g", Rank: 2}, item{ID: "d", Group: "g", Rank: 4}, item{ID: "f", Group: "g", Rank: 6}, item{ID: "h", Group: "g", Rank: 8})
	page := func(after store.Cursor) (ids []string, next store.Cursor) {
		b.view(func(ctx context.Context, tx *store.Tx) error {
			p, err := b.items.Page(ctx, tx, store.Where("group", "g"), store.Limit(2), store.After(after))
			ids, next = nil, p.Next
			for _, r := range p.Items {
				ids = append(ids, r.V.ID)
			}
			return err
		})
		return ids, next
	}
	first, next := page("")
	same(t, "first page", first, []string{"b", "d"})
	d := b.get("d")
	b.update(func(ctx context.Context, tx *store.Tx) error { return b.items.Delete(ctx, tx, d) }) // the row of the cursor itself
	b.insert(item{ID: "a", Group: "g", Rank: 1}, item{ID: "e", Group: "g", Rank: 5})
	second, next := page(next)
	same(t, "second page", second, []string{"e", "f"})
	third, next := page(next)
	same(t, "third page", third, []string{"h"})
	same(t, "end", next, store.Cursor(""))

	_, next = page("")
	for what, clauses := range map[string][]store.Clause{
		"another value": {store.Where("group", "x"), store.After(next)},
		"another way":   {store.Where("group", "g"), store.Desc(), store.After(next)},
		"another index": {store.After(next)},
		"cut":           {store.Where("group", "g"), store.After(next[:len(next)-3])},
		"noise":         {store.Where("group", "g"), store.After("?")},
	} {
		err := b.View(b.ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := b.items.Page(ctx, tx, clauses...)
			return err
		})
		want(t, "cursor: "+what, err, store.ErrCursor)
	}

	b.update(func(ctx context.Context, tx *store.Tx) error { // writing inside All
		n := 0
		for r, err := range b.items.All(ctx, tx, store.Where("group", "g"), store.Limit(1)) {
			if err != nil {
				return err
			}
			if n++; n > 5 {
				return errors.New("rows come again after they were deleted")
			}
			if err := b.items.Delete(ctx, tx, r); err != nil {
				return err
			}
		}
		same(t, "deleted inside the loop", n, 5)
		return nil
	})
	same(t, "left", b.list(), []string(nil))
}

func unique(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Code: "1", Group: "g"}, item{ID: "b", Code: "1", Group: "h"}, item{ID: "c", Code: "2", Group: "g"},
		item{ID: "d", Group: "g"}, item{ID: "e", Group: "g"}, item{ID: "f"}, item{ID: "g"})
	named := func(what string, err error) {
		if e, ok := errors.AsType[*store.ExistsError](err); !ok || e.Index != "by_code" {
			t.Fatalf("%s: got %v, want by_code named", what, err)
		}
	}
	named("insert", b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return b.items.Insert(ctx, tx, item{ID: "x", Code: "1", Group: "g"})
	}))
	c := b.get("c")
	c.V.Code = "1"
	named("update", b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error { return b.items.Update(ctx, tx, c) }))
	same(t, "unchanged", b.get("c").V.Code, "2")
	b.insert(item{ID: "y", Code: "1"}, item{ID: "z", Code: "1 ", Group: "g"}) // only an empty first column frees; no padding
	ctx, d, _ := bare(t, open)
	s := store.Schema{Name: "numbered", Columns: []store.Column{{Name: "n", Kind: store.KindInt}},
		Indexes: []store.Index{{Name: "once", Columns: []int{0}, Unique: true}}}
	if err := d.Ensure(ctx, []store.Schema{s}); err != nil {
		t.Fatalf("ensure: %v", err)
	}
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		row := store.Row{ID: "a", Version: 1, Doc: []byte("doc"), Cols: []store.Value{{Kind: store.KindInt}}}
		if err := tx.Write(ctx, &s, row, 0); err != nil {
			t.Fatalf("write: %v", err)
		}
		row.ID = "b"
		want(t, "a second 0", tx.Write(ctx, &s, row, 0), store.ErrExists) // only text can be left out
	})
}

func uniqueFreed(t testing.TB, open opener) {
	b := setUp(t, open)
	b.insert(item{ID: "a", Code: "1"}, item{ID: "b", Code: "2"})
	a, two := b.get("a"), b.get("b")
	b.update(func(ctx context.Context, tx *store.Tx) error {
		if err := b.items.Delete(ctx, tx, a); err != nil {
			return err
		}
		two.V.Code = "3"
		if err := b.items.Update(ctx, tx, two); err != nil {
			return err
		}
		if err := b.items.Insert(ctx, tx, item{ID: "c", Code: "1"}); err != nil {
			return err
		}
		return b.items.Insert(ctx, tx, item{ID: "d", Code: "2"})
	})
	same(t, "rows", b.list(store.Asc("code")), []string{"c", "d", "b"})
}

// uniqueTogether lets two see that a code is free before either takes it.
func uniqueTogether(t testing.TB, open opener) {
	b := setUp(t, open)
	m := newMeeting()
	take := func(id string) func() error {
		return func() error {
			return b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
				p, err := b.items.Page(ctx, tx, store.Where("code", "1"), store.Where("group", "g"))
				if err != nil || len(p.Items) > 0 {
					return errors.Join(err, store.ErrExists)
				}
				m.wait()
				return b.items.Insert(ctx, tx, item{ID: id, Code: "1", Group: "g"})
			})
		}
	}
	errs := together(take("a"), take("b"))
	want(t, "one of them", errors.Join(errs...), store.ErrExists)
	same(t, "rows of the code", len(b.list(store.Where("code", "1"), store.Where("group", "g"))), 1)
	if errs[0] != nil && errs[1] != nil {
		t.Fatalf("both were refused: %v", errs)
	}
}
