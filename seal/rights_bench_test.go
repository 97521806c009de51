package seal_test

import (
	"context"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// BenchmarkUsable is the question of every stamp, for a member with a grant.
func BenchmarkUsable(b *testing.B) {
	w := newWorld(b, memory.New())
	boss := w.firm(b, 0)
	m, id := w.member(b, boss, 1), w.official(b, boss, "公章")
	must(b, w.Grant(b.Context(), boss, id, m.Person, seal.Period{}))
	must(b, w.db.View(b.Context(), func(ctx context.Context, tx *store.Tx) error {
		for b.Loop() {
			if _, err := w.Usable(ctx, tx, m, id); err != nil {
				return err
			}
		}
		return nil
	}))
}
