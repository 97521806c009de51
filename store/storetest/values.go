package storetest

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// wide opens a bare driver with a column of each kind.
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
				t.Fatalf("write %.60q: %v", r.ID, err)
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
			q := store.Query{Index: x, Limit: 99}
			found, err := tx.Query(ctx, s, q)
			if err != nil {
				t.Fatalf("%s: %v", describe(q), err)
			}
			sameRows(t, q, found, inOrder(q, rows))
			for _, r := range rows {
				found, err := tx.Query(ctx, s, store.Query{Index: x, Equal: r.Cols[c : c+1], Limit: 9})
				if err != nil || len(found) != 1 || found[0].ID != r.ID {
					t.Fatalf("%s = %d: got %s, %v, want %s", x.Name, r.Cols[c].Int, ids(found), err, r.ID)
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

// versions: a row keeps the version and the generation that it was written with.
func versions(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	row := rawRow("a", "n", 1, "doc")
	old := int64(0)
	for _, v := range []int64{7, 7, math.MaxInt32, math.MaxInt32 + 2, math.MaxInt64} {
		row.Version, row.Generation = v, v-1
		inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
			if err := tx.Write(ctx, s, row, old); err != nil {
				t.Fatalf("write of version %d over %d: %v", v, old, err)
			}
		})
		inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
			got, err := tx.Get(ctx, s, "a")
			if err != nil || got.Version != row.Version || got.Generation != row.Generation {
				t.Fatalf("got version %d, generation %d, %v; want %d and %d, as they were given to Write", got.Version, got.Generation, err, row.Version, row.Generation)
			}
		})
		old = v
	}
}

// longTexts: all of a text is searched, ordered and unique, not only its beginning.
func longTexts(t testing.TB, open opener) {
	ctx, d, _ := bare(t, open)
	s := store.Schema{Name: "long", Columns: []store.Column{{Name: "word", Kind: store.KindText}},
		Indexes: []store.Index{{Name: "by_word", Columns: []int{0}}, {Name: "once", Columns: []int{0}, Unique: true}}}
	if err := d.Ensure(ctx, []store.Schema{s}); err != nil {
		t.Fatalf("ensure: %v", err)
	}
	row := func(id, end string) store.Row {
		return store.Row{ID: strings.Repeat("i", store.MaxID-1) + id, Version: 1, Doc: []byte("doc"),
			Cols: []store.Value{{Kind: store.KindText, Text: strings.Repeat("t", store.MaxText-1) + end}}}
	}
	all := []store.Row{row("c", "a"), row("b", "b"), row("a", "c")}
	write(t, ctx, d, &s, all...)
	inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
		for i := range s.Indexes {
			q := store.Query{Index: &s.Indexes[i], Limit: 9}
			rows, err := tx.Query(ctx, &s, q)
			if err != nil || len(rows) != len(all) {
				t.Fatalf("%d rows of %s, %v, want %d", len(rows), q.Index.Name, err, len(all))
			}
			for j, r := range rows {
				same(t, "order of "+q.Index.Name, r.ID[store.MaxID-1:], all[j].ID[store.MaxID-1:])
				q.Equal = all[j].Cols
				one, err := tx.Query(ctx, &s, q)
				if err != nil || len(one) != 1 || one[0].ID != all[j].ID {
					t.Fatalf("%d rows of %s with a text of %d bytes, %v, want the one that has all of them", len(one), q.Index.Name, store.MaxText, err)
				}
			}
		}
	})
}

// pages walks every index both ways, behind every prefix, in pages of every size, also
// from places without a row, and compares with rows in a slice.
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
					before(t, ctx, tx, s, store.Query{Index: x, Equal: key(x, rows[4])[:equal], Desc: desc, Limit: 99}, rows)
				}
			}
		}
	})
}

// key returns the values of a row in the columns of an index.
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

// before asks for what follows the place before all rows that have the same columns as
// one row: the place with an empty id.
func before(t testing.TB, ctx context.Context, tx store.DriverTx, s *store.Schema, q store.Query, rows []store.Row) {
	t.Helper()
	at := rows[4]
	at.ID = ""
	q.After = &store.Position{Values: key(q.Index, at)[len(q.Equal):]}
	wanted := slices.DeleteFunc(inOrder(q, rows), func(r store.Row) bool { return compare(q.Index, r, at) < 0 != q.Desc })
	found, err := tx.Query(ctx, s, q)
	if err != nil {
		t.Fatalf("%s: %v", describe(q), err)
	}
	sameRows(t, q, found, wanted)
}

// inOrder returns the rows that a query without After and Limit returns.
func inOrder(q store.Query, rows []store.Row) (wanted []store.Row) {
	for _, r := range rows {
		if slices.Equal(key(q.Index, r)[:len(q.Equal)], q.Equal) {
			wanted = append(wanted, r)
		}
	}
	slices.SortFunc(wanted, func(a, b store.Row) int { return compare(q.Index, a, b) })
	if q.Desc {
		slices.Reverse(wanted)
	}
	return wanted
}

func walk(t testing.TB, ctx context.Context, tx store.DriverTx, s *store.Schema, q store.Query, rows []store.Row) {
	t.Helper()
	wanted := inOrder(q, rows)
	for {
		page, err := tx.Query(ctx, s, q)
		if err != nil {
			t.Fatalf("%s: %v", describe(q), err)
		}
		n := min(q.Limit, len(wanted))
		sameRows(t, q, page, wanted[:n])
		if wanted = wanted[n:]; n == 0 {
			return
		}
		last := page[n-1]
		q.After = &store.Position{Values: key(q.Index, last)[len(q.Equal):], ID: last.ID}
		if !q.Desc {
			q.After.ID += "\x00" // a place right behind it, without a row
		}
	}
}
