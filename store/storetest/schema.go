package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
)

// newColumn lets an older and a newer program take turns on one table.
func newColumn(t testing.TB, open opener) {
	ctx, d, old := bare(t, open)
	newer := store.Schema{Name: old.Name,
		Columns: append(old.Columns[:2:2], store.Column{Name: "extra", Kind: store.KindText}, store.Column{Name: "seen", Kind: store.KindTime}),
		Indexes: append(old.Indexes[:1:1], store.Index{Name: "by_extra", Columns: []int{2}}, store.Index{Name: "by_seen", Columns: []int{3}})}
	write := func(s *store.Schema, row store.Row, version int64) {
		t.Helper()
		inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
			if err := tx.Write(ctx, s, row, version); err != nil {
				t.Fatalf("write %s: %v", row.ID, err)
			}
		})
	}
	cols := func(s *store.Schema, id string) (text string) {
		t.Helper()
		inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
			row, err := tx.Get(ctx, s, id)
			if err != nil {
				t.Fatalf("get %s: %v", id, err)
			}
			for _, v := range row.Cols {
				text += fmt.Sprint(v.Text, v.Int, " ")
			}
		})
		return text
	}
	write(old, rawRow("a", "name", 1, "doc"), 0)
	for range 2 {
		if err := d.Ensure(ctx, []store.Schema{newer}); err != nil {
			t.Fatalf("new columns: %v", err)
		}
	}
	same(t, "a row from before", cols(&newer, "a"), "name0 1 0 0 ")
	b := rawRow("b", "name", 2, "doc")
	b.Cols = append(b.Cols, store.Value{Kind: store.KindText, Text: "x"}, store.Value{Kind: store.KindTime, Int: 7})
	write(&newer, b, 0)
	if err := d.Ensure(ctx, []store.Schema{*old}); err != nil {
		t.Fatalf("an older program: %v", err)
	}
	same(t, "a newer row, read by an older program", cols(old, "b"), "name0 2 ")
	write(old, rawRow("c", "name", 3, "doc"), 0)
	write(old, store.Row{ID: "b", Version: 2, Doc: []byte("doc"), Cols: rawRow("b", "other", 4, "").Cols}, 1)
	same(t, "a row of an older program", cols(&newer, "c"), "name0 3 0 0 ")
	same(t, "a newer row, written by an older program", cols(&newer, "b"), "other0 4 x0 7 ")
	inTx(t, ctx, d, store.View, func(tx store.DriverTx) {
		for _, x := range newer.Indexes[1:] {
			q := store.Query{Index: &x, Limit: 9}
			rows, err := tx.Query(ctx, &newer, q)
			if err != nil || len(rows) != 3 || rows[2].ID != "b" {
				t.Fatalf("%s: got %s, %v; want a, c, b, with those that an older program wrote", describe(q), ids(rows), err)
			}
		}
	})
}

// kept is a driver that several programs open one after the other.
type kept struct{ store.Driver }

func (kept) Close() error { return nil }

// stopping is a driver that refuses Updates after a number of them.
type stopping struct {
	store.Driver
	left int
}

var errStopped = errors.New("stopped")

func (s *stopping) Begin(ctx context.Context, m store.Mode, locks []string) (store.DriverTx, error) {
	if m == store.Update {
		if s.left--; s.left < 0 {
			return nil, errStopped
		}
	}
	return s.Driver.Begin(ctx, m, locks)
}

// program opens a driver with a table of items.
func program(t testing.TB, d store.Driver, items *store.Table[item]) (*bench, error) {
	n := 0
	b := &bench{TB: t, ctx: t.Context(), items: items, clock: newClock()}
	db, err := store.Open(b.ctx, d, store.Config{Now: b.clock.now, NewID: func() string { n++; return fmt.Sprint("id-", n) }}, []store.AnyTable{items})
	b.DB = db
	return b, err
}

// plain and noted are the tables of items of an older and a newer program.
func plain() *store.Table[item] {
	return store.NewTable("item", func(v *item) string { return v.ID }, store.Text("group", func(v *item) string { return v.Group }))
}

func noted() *store.Table[item] {
	return store.NewTable("item", func(v *item) string { return v.ID }, store.Text("group", func(v *item) string { return v.Group }),
		store.Text("note", func(v *item) string { return v.Note })).Index("by_note", "note")
}

// filled lets a newer program fill its column, break off, and continue.
func filled(t testing.TB, open opener) {
	d := kept{open(t)}
	closes(t, d.Driver.Close)
	older, err := program(t, d, plain())
	if err != nil {
		t.Fatalf("older program: %v", err)
	}
	const many = 450 // more than two batches
	var all []item
	for i := range many {
		all = append(all, item{ID: fmt.Sprintf("%04d", i), Note: "n"})
	}
	older.insert(all...)
	count := func(b *bench) int { return len(b.list(store.Where("note", "n"))) }
	if _, err := program(t, &stopping{d, 1}, noted()); !errors.Is(err, errStopped) {
		t.Fatalf("broken off: got %v", err)
	}
	newer, err := program(t, d, noted())
	if err != nil {
		t.Fatalf("newer program: %v", err)
	}
	same(t, "filled", count(newer), many)
	same(t, "version of a row that was filled, which Write keeps as it is given", newer.get("0001").Version, int64(1))
	older.insert(item{ID: "late", Note: "n"})
	same(t, "before it is filled", count(newer), many)
	if err := newer.Fill(t.Context()); err != nil {
		t.Fatalf("fill: %v", err)
	}
	same(t, "filled again", count(newer), many+1)
}

// newerRecord: an older program does not change what it would damage.
func newerRecord(t testing.TB, open opener) {
	d := kept{open(t)}
	closes(t, d.Driver.Close)
	older, err := program(t, d, plain())
	if err != nil {
		t.Fatalf("older program: %v", err)
	}
	older.insert(item{ID: "a", Note: "old"})
	newer, err := program(t, d, noted().Generation(2))
	if err != nil {
		t.Fatalf("newer program: %v", err)
	}
	same(t, "an older record", newer.get("a").V.Note, "old")
	newer.insert(item{ID: "b"})
	read := func(fn func(ctx context.Context, tx *store.Tx) error) {
		t.Helper()
		want(t, "a newer record", older.View(t.Context(), fn), store.ErrNewerSchema)
	}
	read(func(ctx context.Context, tx *store.Tx) error { _, err := older.items.Get(ctx, tx, "b"); return err })
	read(func(ctx context.Context, tx *store.Tx) error { _, err := older.items.Page(ctx, tx); return err })
	older.update(func(ctx context.Context, tx *store.Tx) error {
		r, err := older.items.Get(ctx, tx, "a")
		if err != nil {
			return err
		}
		return older.items.Update(ctx, tx, r)
	})
	if err := older.Fill(t.Context()); err != nil {
		t.Fatalf("fill beside newer records: %v", err)
	}
}

// neighbours: names that are similar, or reserved in SQL, work like any others.
func neighbours(t testing.TB, open opener) {
	ctx, d, _ := bare(t, open)
	var all []store.Schema
	for _, name := range []string{"a", "a_", "a_b", "a_b_c", "table", "index_u", "order"} {
		s := store.Schema{Name: name}
		for i, column := range []string{"b", "b_c", "c", "c_u", "u", "select", "rowid"} {
			s.Columns = append(s.Columns, store.Column{Name: column, Kind: store.KindText})
			s.Indexes = append(s.Indexes, store.Index{Name: column, Columns: []int{i}, Unique: i%2 == 0})
		}
		all = append(all, s)
	}
	for range 2 {
		if err := d.Ensure(ctx, all); err != nil {
			t.Fatalf("ensure: %v", err)
		}
	}
	for i := range all {
		s := &all[i]
		row := store.Row{ID: s.Name, Version: 1, Doc: []byte("doc")}
		for _, c := range s.Columns {
			row.Cols = append(row.Cols, store.Value{Kind: store.KindText, Text: c.Name + s.Name})
		}
		inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
			if err := tx.Write(ctx, s, row, 0); err != nil {
				t.Fatalf("write: %v", err)
			}
			clash := row
			clash.ID, clash.Cols = "clash", slices.Clone(row.Cols)
			clash.Cols[0].Text = "free of the first"
			err := tx.Write(ctx, s, clash, 0)
			if e, ok := errors.AsType[*store.ExistsError](err); !ok || e.Table != s.Name || e.Index != "c" {
				t.Fatalf("clash in %s: got %v, want c named", s.Name, err)
			}
			for j := range s.Indexes {
				rows, err := tx.Query(ctx, s, store.Query{Index: &s.Indexes[j], Equal: row.Cols[j : j+1], Limit: 2})
				if err != nil || len(rows) != 1 || rows[0].ID != s.Name {
					t.Fatalf("%s by %s: got %s, %v, want %s", s.Name, s.Indexes[j].Name, ids(rows), err, s.Name)
				}
			}
		})
	}
}
