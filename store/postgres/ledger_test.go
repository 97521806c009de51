package postgres_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// entry is the record of these tests.
type entry struct {
	ID, Name string
	Sum      int64
}

func ledger() *store.Table[entry] {
	return store.NewTable("entry", func(e *entry) string { return e.ID },
		store.Text("name", func(e *entry) string { return e.Name }),
		store.Int("sum", func(e *entry) int64 { return e.Sum })).Index("by_sum", "sum")
}

var ids atomic.Int64

func config() store.Config {
	return store.Config{Now: time.Now, NewID: func() string { return fmt.Sprint(os.Getpid(), "-", ids.Add(1)) }}
}

func openDB(t testing.TB, d store.Driver, tables ...store.AnyTable) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, config(), tables)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
