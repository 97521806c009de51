package store_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

type doc struct {
	ID, Org, Number string
	Sent            int64
}

func docs() *store.Table[doc] {
	return store.NewTable("doc", func(d *doc) string { return d.ID },
		store.Text("org", func(d *doc) string { return d.Org }),
		store.Text("number", func(d *doc) string { return d.Number }),
		store.Int("sent", func(d *doc) int64 { return d.Sent })).
		Index("by_org", "org", "sent").
		Unique("by_number", "number")
}

func config() store.Config {
	var n atomic.Int64
	return store.Config{Now: time.Now, NewID: func() string { return fmt.Sprintf("%08d", n.Add(1)) }}
}

func drivers(t testing.TB) map[string]func() store.Driver {
	files := 0
	return map[string]func() store.Driver{
		"memory": func() store.Driver { return memory.New() },
		"sqlite": func() store.Driver {
			files++
			d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), fmt.Sprint(files, ".db")), sqlite.Config{Readers: 1})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	}
}

// TestModel runs random transactions against a table and against a map.
func TestModel(t *testing.T) {
	for name, open := range drivers(t) {
		t.Run(name, func(t *testing.T) {
			table := docs()
			db, err := store.Open(t.Context(), open(), config(), []store.AnyTable{table})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			rapid.Check(t, func(rt *rapid.T) { model(t.Context(), rt, db, table) })
		})
	}
}

var errAbort = errors.New("abort")

func model(ctx context.Context, rt *rapid.T, db *store.DB, table *store.Table[doc]) {
	clear := func(ctx context.Context, tx *store.Tx) error {
		for r, err := range table.All(ctx, tx) {
			if err := errors.Join(err, table.Delete(ctx, tx, r)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := db.Update(ctx, clear); err != nil {
		rt.Fatal(err)
	}
	text := rapid.SampledFrom([]string{"", "a", "b", "ab", "\x00", "中"})
	want := map[string]doc{}
	rt.Repeat(map[string]func(*rapid.T){
		"transaction": func(rt *rapid.T) {
			next, abort := maps.Clone(want), rapid.Bool().Draw(rt, "abort")
			err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				for range rapid.IntRange(1, 4).Draw(rt, "writes") {
					d := doc{
						ID: rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}).Draw(rt, "id"), Org: text.Draw(rt, "org"),
						Number: text.Draw(rt, "number"), Sent: rapid.Int64Range(-2, 2).Draw(rt, "sent"),
					}
					taken := false
					for _, o := range next {
						taken = taken || o.ID != d.ID && o.Number == d.Number && d.Number != ""
					}
					have, err := table.Get(ctx, tx, d.ID)
					_, exists := next[d.ID]
					if exists != (err == nil) || exists && have.V != next[d.ID] {
						rt.Fatalf("get %s: %+v, %v, want %+v", d.ID, have, err, next[d.ID])
					}
					switch {
					case exists && rapid.Bool().Draw(rt, "delete"):
						err, taken = table.Delete(ctx, tx, have), false
						delete(next, d.ID)
					case rapid.Bool().Draw(rt, "put"):
						err = table.Put(ctx, tx, d)
					case exists:
						err = table.Update(ctx, tx, store.Rec[doc]{V: d, Version: have.Version})
					default:
						err = table.Insert(ctx, tx, d)
					}
					if taken != errors.Is(err, store.ErrExists) || !taken && err != nil {
						rt.Fatalf("write %+v: %v, taken %v", d, err, taken)
					}
					if _, gone := next[d.ID]; !taken && (gone || !exists) {
						next[d.ID] = d
					}
				}
				if abort {
					return errAbort
				}
				return nil
			})
			if abort != errors.Is(err, errAbort) || !abort && err != nil {
				rt.Fatalf("update: %v", err)
			}
			if !abort {
				want = next
			}
		},
		"": func(rt *rapid.T) {
			org := text.Draw(rt, "which")
			var wanted []doc
			for _, d := range want {
				if d.Org == org {
					wanted = append(wanted, d)
				}
			}
			slices.SortFunc(wanted, func(a, b doc) int {
				return cmp.Or(cmp.Compare(b.Sent, a.Sent), strings.Compare(b.ID, a.ID))
			})
			var got []doc
			err := db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				got = nil
				for r, err := range table.All(ctx, tx, store.Where("org", org), store.Desc("sent"), store.Limit(2)) {
					if err != nil {
						return err
					}
					got = append(got, r.V)
				}
				return nil
			})
			if err != nil || !slices.Equal(got, wanted) {
				rt.Fatalf("org %q: got %+v, %v, want %+v", org, got, err, wanted)
			}
		},
	})
}

func TestOpenRefuses(t *testing.T) {
	id := func(d *doc) string { return d.ID }
	org := store.Text("org", func(d *doc) string { return d.Org })
	for reason, tables := range map[string][]store.AnyTable{
		"bad table name":                     {store.NewTable("Doc", id)},
		"no id function":                     {store.NewTable[doc]("doc", nil)},
		`bad or doubled column name "org"`:   {store.NewTable("doc", id, org, org)},
		`index "x" has no columns`:           {store.NewTable("doc", id, org).Index("x")},
		`bad or doubled index name "id"`:     {store.NewTable("doc", id, org).Index("id", "org")},
		`index "x": unknown or doubled colu`: {store.NewTable("doc", id, org).Index("x", "nowhere")},
		"declared twice":                     {docs(), docs()},
	} {
		_, err := store.Open(t.Context(), memory.New(), config(), tables)
		if !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %v, want %q", err, reason)
		}
	}
	if _, err := store.Open(t.Context(), memory.New(), store.Config{NewID: config().NewID}); err == nil || !strings.Contains(err.Error(), "Config.Now") {
		t.Errorf("without a clock: %v", err)
	}
}

// Names that would make two index names look the same, and names that a database
// reserves, are refused with every driver.
func TestNames(t *testing.T) {
	id := func(d *doc) string { return d.ID }
	named := func(table, column, index string) error {
		tables := []store.AnyTable{store.NewTable(table, id, store.Text(column, id)).Index(index, column)}
		db, err := store.Open(t.Context(), memory.New(), config(), tables)
		if err == nil {
			err = db.Close()
		}
		return err
	}
	for _, good := range [][3]string{{"a", "b", "c"}, {"a_", "b_", "c_"}, {"a_b1", "xmin_", "u"}, {"sqlite", "oid", "pg"}} {
		if err := named(good[0], good[1], good[2]); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range [][3]string{{"a__b", "c", "d"}, {"a", "b", "c__d"}, {"a", "b__c", "d"}, {"a", "b", "c__"}, {"a", "b", "_c"},
		{"a___b", "c", "d"}, {"sqlite_a", "b", "c"}, {"pg_class", "b", "c"}, {"a", "xmin", "c"}, {"a", "ctid", "c"}, {"a", "generation", "c"}} {
		if err := named(bad[0], bad[1], bad[2]); !errors.Is(err, store.ErrSchema) {
			t.Errorf("%v: %v, want ErrSchema", bad, err)
		}
	}
}

func TestLimits(t *testing.T) {
	table, stranger := docs(), docs()
	db, err := store.Open(t.Context(), memory.New(), config(), []store.AnyTable{table})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, tt := range []struct {
		name  string
		table *store.Table[doc]
		doc   doc
		want  error
	}{
		{"longest id", table, doc{ID: strings.Repeat("x", store.MaxID)}, nil},
		{"longer id", table, doc{ID: strings.Repeat("x", store.MaxID+1)}, store.ErrTooLarge},
		{"longest text", table, doc{ID: "1", Org: strings.Repeat("x", store.MaxText)}, nil},
		{"longer text", table, doc{ID: "2", Org: strings.Repeat("x", store.MaxText+1)}, store.ErrTooLarge},
		{"no id", table, doc{}, store.ErrEmptyID},
		{"bad id", table, doc{ID: "\xff"}, store.ErrText},
		{"bad text", table, doc{ID: "3", Org: "\xff"}, store.ErrText},
		{"unknown table", stranger, doc{ID: "4"}, store.ErrUnknownTable},
	} {
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tt.table.Insert(ctx, tx, tt.doc) })
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	for n, want := range map[int]error{0: store.ErrQuery, 1: nil, store.MaxLimit: nil, store.MaxLimit + 1: store.ErrQuery} {
		err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := table.Page(ctx, tx, store.Limit(n))
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("limit %d: got %v, want %v", n, err, want)
		}
	}
}
