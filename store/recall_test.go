package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
)

// TestRecall: an answer is found once, until the transaction writes. It is not kept if
// finding it failed, nor for another key.
func TestRecall(t *testing.T) {
	for name, open := range drivers(t) {
		t.Run(name, func(t *testing.T) {
			table := docs()
			db, err := store.Open(t.Context(), open(), config(), []store.AnyTable{table})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			type key string
			asked := 0
			bad := errors.New("bad")
			err = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				ask := func(k key, fail error) (int, error) {
					return store.Recall(tx, k, func() (int, error) { asked++; return asked, fail })
				}
				for i, step := range []struct {
					key   key
					fail  error
					write string
					want  int
				}{
					{"a", nil, "", 1}, {"a", nil, "", 1}, {"b", nil, "", 2}, {"a", nil, "", 1},
					{"c", bad, "", 3}, {"c", nil, "", 4}, {"c", bad, "", 4},
					{"a", nil, "row", 5}, {"a", nil, "", 5}, {"b", nil, "", 6},
				} {
					if step.write != "" {
						if err := table.Insert(ctx, tx, doc{ID: step.write}); err != nil {
							return err
						}
					}
					if got, err := ask(step.key, step.fail); got != step.want || err != nil && !errors.Is(err, bad) {
						t.Errorf("step %d: answer %d, %v, want %d", i, got, err, step.want)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			err = db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				got, err := store.Recall(tx, key("a"), func() (int, error) { return 100, nil })
				if got != 100 {
					t.Errorf("another transaction's answer: %d", got)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
