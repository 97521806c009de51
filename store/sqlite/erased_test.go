package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// T11: what a row had before it was changed or deleted is erased from the file. SQLite
// overwrites deleted content; in the gap of a page that was split a copy may stay until the
// page is written again, or VACUUM runs. Without secure_delete there are about three traces
// of each row.
func TestT11Erased(t *testing.T) {
	type row struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	table := store.NewTable("t", func(r *row) string { return r.ID }, store.Text("text", func(r *row) string { return r.Text })).Index("by_text", "text")
	path := filepath.Join(t.TempDir(), "erased.db")
	drv, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), drv, store.Config{Now: time.Now, NewID: func() string { return "id" }}, []store.AnyTable{table})
	if err != nil {
		t.Fatal(err)
	}
	secret := func(i int) string { return fmt.Sprintf("geheimnis-%04d-", i) + strings.Repeat("x", 300) }
	const rows = 200
	change := func(do func(ctx context.Context, tx *store.Tx, i int) error) {
		t.Helper()
		for i := range rows {
			if err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx, i) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	change(func(ctx context.Context, tx *store.Tx, i int) error {
		return table.Insert(ctx, tx, row{fmt.Sprint(i), secret(i)})
	})
	change(func(ctx context.Context, tx *store.Tx, i int) error {
		rec, err := table.Get(ctx, tx, fmt.Sprint(i))
		if err != nil || i%2 == 0 {
			return err
		}
		rec.V.Text = "gone"
		return table.Update(ctx, tx, rec)
	})
	change(func(ctx context.Context, tx *store.Tx, i int) error {
		rec, err := table.Get(ctx, tx, fmt.Sprint(i))
		if err != nil || i%2 == 1 {
			return err
		}
		return table.Delete(ctx, tx, rec)
	})
	if err := drv.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(file, []byte("geheimnis")); n > rows/20 {
		t.Errorf("%d traces in %d bytes", n, len(file))
	}
}
