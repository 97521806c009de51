package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
)

// padlock is a sealer that can be looked through: one byte of key, and the place.
type padlock struct{ key, older byte }

var errPadlock = errors.New("padlock: wrong key or place")

func (p padlock) Seal(table, id string, doc []byte) ([]byte, error) {
	return append([]byte(fmt.Sprintf("%c%s/%s:", p.key, table, id)), flipped(doc)...), nil
}

func (p padlock) Open(table, id string, sealed []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed[1:], []byte(table+"/"+id+":"))
	if !ok || sealed[0] != p.key && sealed[0] != p.older {
		return nil, errPadlock
	}
	return flipped(rest), nil
}

func (p padlock) Stale(sealed []byte) bool { return sealed[0] != p.key }

func flipped(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x80
	}
	return out
}

// seen shows what reaches a driver, and survives the DB that closes it.
type seen struct {
	store.Driver
	rows map[string]store.Row
}

func (w *seen) Close() error { return nil }

func (w *seen) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	tx, err := w.Driver.Begin(ctx, mode, locks)
	return seenTx{tx, w}, err
}

type seenTx struct {
	store.DriverTx
	w *seen
}

func (t seenTx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	t.w.rows[s.Name+"/"+row.ID] = row
	return t.DriverTx.Write(ctx, s, row, old)
}

// T11: a driver gets documents that only the sealer can read, tied to their place, and each of
// them is brought under a new key.
func TestT11Sealed(t *testing.T) {
	for name, open := range drivers(t) {
		t.Run(name, func(t *testing.T) {
			w, ctx := &seen{open(), map[string]store.Row{}}, t.Context()
			t.Cleanup(func() { _ = w.Driver.Close() })
			table, cfg := docs(), config()
			with := func(s store.Sealer) *store.DB {
				t.Helper()
				cfg := cfg
				cfg.Sealer = s
				db, err := store.Open(ctx, w, cfg, []store.AnyTable{table})
				if err != nil {
					t.Fatal(err)
				}
				return db
			}
			put := func(db *store.DB, from, to int) {
				t.Helper()
				err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
					for i := from; i < to; i++ {
						if err := table.Insert(ctx, tx, doc{ID: fmt.Sprint(i), Org: "a", Number: fmt.Sprint(i)}); err != nil {
							return err
						}
					}
					return store.Emit(ctx, tx, store.Event{Topic: "t", Body: []byte("secret body")})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			get := func(db *store.DB, id string) (got store.Rec[doc], err error) {
				err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
					got, err = table.Get(ctx, tx, id)
					return err
				})
				return got, err
			}

			put(with(nil), 0, 3) // of a program without a sealer
			first := with(padlock{key: '1'})
			put(first, 3, 500)
			for place, row := range w.rows {
				clear := strings.Contains(string(row.Doc), `"`)
				if old := place < "doc/3" && len(place) == 5; strings.HasPrefix(place, "doc/") && clear != old {
					t.Errorf("%s is stored as %.60q", place, row.Doc)
				}
			}
			for _, id := range []string{"0", "400"} {
				if got, err := get(first, id); err != nil || got.V.Number != id {
					t.Errorf("row %s: %+v, %v", id, got, err)
				}
			}
			if _, err := get(with(padlock{key: '2', older: '1'}), "400"); err != nil {
				t.Error(err)
			}
			moved := w.rows["doc/401"]
			moved.Doc = w.rows["doc/400"].Doc
			if err := rawWrite(ctx, w.Driver, moved); err != nil {
				t.Fatal(err)
			}
			if _, err := get(first, "401"); !errors.Is(err, errPadlock) {
				t.Errorf("a document that was moved to another row: %v", err)
			}
			if err := rawWrite(ctx, w.Driver, w.rows["doc/401"]); err != nil {
				t.Fatal(err)
			}

			second := with(padlock{key: '2', older: '1'})
			n, err := second.Reseal(ctx)
			if err != nil || n < 500 {
				t.Fatalf("%d rows, %v", n, err)
			}
			if n, err := second.Reseal(ctx); n != 0 || err != nil {
				t.Errorf("again: %d rows, %v", n, err)
			}
			for place, row := range w.rows {
				if len(row.Doc) < 2 || row.Doc[0] != 0 || row.Doc[1] != '2' {
					t.Errorf("%s is stored as %.60q", place, row.Doc)
				}
			}
			only := with(padlock{key: '2'})
			for i := range 500 {
				if got, err := get(only, fmt.Sprint(i)); err != nil || got.Version != 1 {
					t.Fatalf("row %d: %+v, %v", i, got, err)
				}
			}
			if _, err := store.Open(ctx, w, cfg, []store.AnyTable{table}); !errors.Is(err, store.ErrSealed) {
				t.Errorf("without a sealer: %v", err)
			}
			big := doc{ID: "big", Number: strings.Repeat("x", store.MaxText), Org: "b"}
			if err := only.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return table.Insert(ctx, tx, big) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// rawWrite puts a row into the table doc, past the DB.
func rawWrite(ctx context.Context, d store.Driver, row store.Row) error {
	s, err := store.Schemas([]store.AnyTable{docs()})
	if err != nil {
		return err
	}
	tx, err := d.Begin(ctx, store.Update, nil)
	if err != nil {
		return err
	}
	err = tx.Write(ctx, &s[0], row, row.Version)
	return errors.Join(err, tx.End(err == nil))
}
