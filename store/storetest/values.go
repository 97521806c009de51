package storetest

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// wide is a bare driver with a column of each kind.
func wide(t testing.TB, open opener) (context.Context, store.Driver, *store.Schema) {
	t.Helper()
	ctx, d, _ := bare(t, open)
	s := store.Schema{
		Name:    "wide",
		Columns: []store.Column{{Name: "word", Kind: store.KindText}, {Name: "n", Kind: store.KindInt}, {Name: "at", Kind: store.KindTime}},
		Indexes: []store.Index{
			{Name: "by_all", Columns: []int{0, 1, 2}},
			{Name: "by_n", Columns: []int{1}},
			{Name: "by_at", Columns: []int{2, 0}},
		},
	}
	if err := d.Ensure(ctx, []store.Schema{s}); err != nil {
		t.Fatalf("ensure: %v", err)
	}
	return ctx, d, &s
}

func wideRow(id, word string, n, at int64) store.Row {
	return store.Row{ID: id, Version: 1, Doc: []byte("doc " + id), Cols: []store.Value{
		{Kind: store.KindText, Text: word}, {Kind: store.KindInt, Int: n}, {Kind: store.KindTime, Int: at}}}
}

func write(t testing.TB, ctx context.Context, d store.Driver, s *store.Schema, rows ...store.Row) {
	t.Helper()
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		for _, r := range rows {
			if err := tx.Write(ctx, s, r, 0); err != nil {
				t.Fatalf("write %q: %v", r.ID, err)
			}
		}
	})
}

// extremes: integers to their ends, and moments to the microsecond, also before 1970.
func extremes(t testing.TB, open opener) {
	ctx, d, s := wide(t, open)
	moments := []int64{time.Time{}.UnixMicro(), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro(), -1_000_001,
		-999_999, 0, 1, 999_999, time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro()}
	numbers := []int64{math.MinInt64, math.MinInt64 + 1, -1 << 53, -1<<53 + 1, 0, 1<<53 + 1, math.MaxInt64 - 1, math.MaxInt64}
	var rows []store.Row
	for i := range moments {
		rows = append(rows, wideRow(string(rune('a'+i)), "w", numbers[i], moments[i]))
	}
	write(t, ctx, d, s, rows...)
	inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
		for c, x := range map[int]*store.Index{1: &s.Indexes[1], 2: &s.Indexes[2]} {
			found, err := tx.Query(ctx, s, store.Query{Index: x, Limit: 99})
			if err != nil {
				t.Fatalf("query: %v", err)
			}
			wanted := slices.Clone(rows)
			slices.SortFunc(wanted, func(a, b store.Row) int { return cmp.Compare(a.Cols[c].Int, b.Cols[c].Int) })
			same(t, x.Name, found, wanted)
			for _, r := range rows {
				found, err := tx.Query(ctx, s, store.Query{Index: x, Equal: r.Cols[c : c+1], Limit: 9})
				if err != nil || len(found) != 1 || found[0].ID != r.ID {
					t.Fatalf("by %s %d: %v, %v", x.Name, r.Cols[c].Int, found, err)
				}
			}
		}
	})
}

// largest: a document of store.MaxDoc bytes, any bytes, beside the longest id and text.
func largest(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	id, text := string(bytes.Repeat([]byte("i"), store.MaxID)), string(bytes.Repeat([]byte("t"), store.MaxText))
	row := rawRow(id, text, 1, "")
	row.Doc = make([]byte, store.MaxDoc)
	for i := range row.Doc {
		row.Doc[i] = byte(i * i >> 8)
	}
	check := func(tx store.DriverTx) {
		got, err := tx.Get(ctx, s, id)
		if err != nil || !bytes.Equal(got.Doc, row.Doc) || got.Cols[0].Text != text {
			t.Fatalf("%d of %d bytes came back, %v", len(got.Doc), len(row.Doc), err)
		}
	}
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		if err := tx.Write(ctx, s, row, 0); err != nil {
			t.Fatalf("write: %v", err)
		}
		check(tx)
	})
	inTx(t, ctx, d, store.View, check)
}

// pages walks every index both ways, behind every prefix, in pages of every size, also
// from places where no row is, and holds it against rows in a slice.
func pages(t testing.TB, open opener) {
	ctx, d, s := wide(t, open)
	var rows []store.Row
	for i := range 24 {
		rows = append(rows, wideRow(string(rune('a'+i*7%24)), []string{"", "v", "w"}[i%3], int64(i%2)-1, int64(i%4)-2))
	}
	write(t, ctx, d, s, rows...)
	indexes := []*store.Index{nil}
	for i := range s.Indexes {
		indexes = append(indexes, &s.Indexes[i])
	}
	inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
		for _, x := range indexes {
			columns := 0
			if x != nil {
				columns = len(x.Columns)
			}
			for equal := range columns + 1 {
				for _, desc := range []bool{false, true} {
					for _, limit := range []int{1, 2, 5, 24, 99} {
						walk(t, ctx, tx, s, store.Query{Index: x, Equal: key(x, rows[4])[:equal], Desc: desc, Limit: limit}, rows)
					}
				}
			}
		}
	})
}

// key is what a row has in the columns of an index.
func key(x *store.Index, r store.Row) (k []store.Value) {
	if x != nil {
		for _, c := range x.Columns {
			k = append(k, r.Cols[c])
		}
	}
	return k
}

func compare(x *store.Index, a, b store.Row) int {
	return cmp.Or(slices.CompareFunc(key(x, a), key(x, b), store.Value.Compare), cmp.Compare(a.ID, b.ID))
}

func walk(t testing.TB, ctx context.Context, tx store.DriverTx, s *store.Schema, q store.Query, rows []store.Row) {
	t.Helper()
	var wanted []store.Row
	for _, r := range rows {
		if slices.Equal(key(q.Index, r)[:len(q.Equal)], q.Equal) {
			wanted = append(wanted, r)
		}
	}
	slices.SortFunc(wanted, func(a, b store.Row) int { return compare(q.Index, a, b) })
	if q.Desc {
		slices.Reverse(wanted)
	}
	for {
		page, err := tx.Query(ctx, s, q)
		if err != nil {
			t.Fatalf("query: %v", err)
		}
		n := min(q.Limit, len(wanted))
		same(t, "page", page, wanted[:n])
		if wanted = wanted[n:]; n == 0 {
			return
		}
		last := page[n-1]
		q.After = &store.Position{Values: key(q.Index, last)[len(q.Equal):], ID: last.ID}
		if !q.Desc {
			q.After.ID += "\x00" // a place right behind it, where no row is
		}
	}
}
