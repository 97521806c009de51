package registry_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// BenchmarkUsable measures the question of every stamp, for a member with a grant.
func BenchmarkUsable(b *testing.B) {
	w := newWorld(b, memory.New())
	boss := w.firm(b, 0)
	m, id := w.Member(b, boss, 1), w.official(b, boss, "公章")
	orgtest.Must(b, w.Grant(b.Context(), boss, id, m.Person, registry.Period{}))
	orgtest.Must(b, w.DB.View(b.Context(), func(ctx context.Context, tx *store.Tx) error {
		for b.Loop() {
			if _, err := w.Usable(ctx, tx, m, id); err != nil {
				return err
			}
		}
		return nil
	}))
}

var benchRows = flag.Int("rows", 10_000, "seals that BenchmarkSeals makes; the company has a tenth of them")

// BenchmarkSeals reads a page of fifty seals, live or discarded, of a company that has
// a tenth of all, and of fifty grants and uses of one of them; at most 1.5 ms on
// SQLite, with -rows 1000000.
func BenchmarkSeals(b *testing.B) {
	d, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "seal.db"), sqlite.Config{})
	orgtest.Must(b, err)
	w := newWorld(b, d)
	boss := w.firm(b, 0)
	m := w.Member(b, boss, 1)
	id := w.official(b, boss, "公章")
	orgtest.Must(b, registry.FillSeals(b.Context(), w.DB, string(boss.Org), string(m.Person), string(id), *benchRows))
	for name, page := range map[string]func(after store.Cursor) (int, store.Cursor, error){
		"discarded": func(after store.Cursor) (int, store.Cursor, error) {
			list, next, err := w.List(b.Context(), boss, true, after)
			return len(list), next, err
		},
		"live": func(after store.Cursor) (int, store.Cursor, error) {
			list, next, err := w.List(b.Context(), boss, false, after)
			return len(list), next, err
		},
		"history": func(after store.Cursor) (int, store.Cursor, error) {
			list, next, err := w.Grants(b.Context(), boss, id, registry.GrantFilter{All: true}, after)
			return len(list), next, err
		},
		"uses": func(after store.Cursor) (int, store.Cursor, error) {
			list, next, err := w.Uses(b.Context(), boss, id, after)
			return len(list), next, err
		},
	} {
		b.Run(name, func(b *testing.B) {
			var after store.Cursor
			if name != "live" { // there are two pages of them
				for range 3 {
					_, after, err = page(after)
					orgtest.Must(b, err)
				}
			}
			for b.Loop() {
				if n, _, err := page(after); err != nil || n != 50 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
