package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func TestDurable(t *testing.T) {
	storetest.RunDurable(t, func(t testing.TB) func(testing.TB) store.Driver {
		path := filepath.Join(t.TempDir(), "kept.db")
		return func(t testing.TB) store.Driver {
			d, err := sqlite.Open(t.Context(), path, sqlite.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
	})
}

func TestDriver(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Driver {
		d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "odd ?name#%41.db"), sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}
