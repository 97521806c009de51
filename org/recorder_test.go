package org_test

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"

	"github.com/dajiaqian/dajiaqian/store"
)

// recorder keeps a copy of every row that is written, ids and columns included.
type recorder struct {
	store.Driver
	mu   sync.Mutex
	rows []written

	// change, if any, replaces the document of a row on its way.
	change func(doc string) string
}

// written is a row: its document, and what of it is stored.
type written struct{ table, id, doc, cols, raw string }

// opened decrypts the document of a row.
func opened(table, id string, doc []byte) string {
	if len(doc) == 0 || doc[0] != 0 {
		return string(doc)
	}
	doc, err := sealer().Open(table, id, doc[1:])
	if err != nil {
		panic(err)
	}
	return string(doc)
}

// clear returns everything in the row, with the bytes that JSON wrote in base64
// decoded.
func (w written) clear() string {
	out := w.id + "\n" + w.doc + "\n" + w.cols
	for _, quoted := range strings.Split(w.doc, `"`) {
		if b, err := base64.StdEncoding.DecodeString(quoted); err == nil {
			out += "\n" + string(b)
		}
	}
	return out
}

func (r *recorder) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	tx, err := r.Driver.Begin(ctx, mode, locks)
	return recordingTx{tx, r}, err
}

type recordingTx struct {
	store.DriverTx
	r *recorder
}

func (t recordingTx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	raw := string(row.Doc)
	doc := opened(s.Name, row.ID, row.Doc)
	if t.r.change != nil && row.Doc != nil {
		row.Doc = []byte(t.r.change(doc))
	}
	cols := ""
	for _, c := range row.Cols {
		cols += c.Text + "\n"
	}
	t.r.mu.Lock()
	t.r.rows = append(t.r.rows, written{s.Name, row.ID, doc, cols, raw})
	t.r.mu.Unlock()
	return t.DriverTx.Write(ctx, s, row, old)
}

// last returns the document written last to a table.
func (r *recorder) last(table string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.rows) - 1; i >= 0; i-- {
		if r.rows[i].table == table {
			return r.rows[i].doc
		}
	}
	return ""
}

func (r *recorder) all() []written {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]written(nil), r.rows...)
}
