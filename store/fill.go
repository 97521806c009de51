package store

import (
	"context"
	"errors"
	"slices"
)

// fillBatch is how many records a transaction reads to fill a new column.
const fillBatch = 200

// fillLock makes processes that start at the same time fill one after the other.
const fillLock Lock = "store/fill"

// fill records how far the columns of a table are filled.
type fill struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`         // filled in every record
	After   Cursor   `json:"after,omitempty"` // where filling of further ones continues
}

func newFillTable() *Table[fill] {
	return NewTable("store_fill", func(f *fill) string { return f.Table })
}

// Fill fills the columns of all records again. Call it after a rolling upgrade that
// added a column, once the last process of the older program has ended: records that it
// wrote meanwhile have the column empty.
func (db *DB) Fill(ctx context.Context) error { return db.fill(ctx, true) }

// fill goes through the tables that have a column that is not filled, or through all of
// them. It makes a batch smaller if it keeps losing to writers.
func (db *DB) fill(ctx context.Context, all bool) error {
	if all {
		if err := db.Update(ctx, db.forget, fillLock); err != nil {
			return err
		}
	}
	rest, err := db.hasUnfilled(ctx)
	if err != nil {
		return err
	}
	for batch := fillBatch; rest; {
		err := db.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
			rest, err = db.fillSome(ctx, tx, batch)
			return err
		}, fillLock)
		switch {
		case errors.Is(err, ErrBusy) && batch > 1:
			batch, rest = max(1, batch/4), true
		case err != nil:
			return err
		}
	}
	return nil
}

// forget marks every table as not filled.
func (db *DB) forget(ctx context.Context, tx *Tx) error {
	for _, t := range db.tables {
		s, err := t.declared()
		if err != nil {
			return err
		}
		rec, err := db.loadProgress(ctx, tx, s.Name)
		if err != nil {
			return err
		}
		rec.V.Columns, rec.V.After = nil, ""
		if err := db.fills.Update(ctx, tx, rec); err != nil {
			return err
		}
	}
	return nil
}

// hasUnfilled reports whether any table has a column that is not filled.
func (db *DB) hasUnfilled(ctx context.Context) (rest bool, err error) {
	err = db.View(ctx, func(ctx context.Context, tx *Tx) error {
		filled := map[string][]string{}
		for rec, err := range db.fills.All(ctx, tx, Limit(MaxLimit)) {
			if err != nil {
				return err
			}
			filled[rec.V.Table] = rec.V.Columns
		}
		for _, t := range db.tables {
			s, err := t.declared()
			if err != nil {
				return err
			}
			rest = rest || len(s.without(filled[s.Name])) > 0
		}
		return nil
	})
	return rest, err
}

// fillSome reads at most batch records, and reports whether there are more.
func (db *DB) fillSome(ctx context.Context, tx *Tx, batch int) (rest bool, err error) {
	for _, t := range db.tables {
		s, err := t.declared()
		if err != nil {
			return false, err
		}
		rec, err := db.loadProgress(ctx, tx, s.Name)
		if err != nil {
			return false, err
		}
		open := s.without(rec.V.Columns)
		if len(open) == 0 {
			continue
		}
		if batch == 0 {
			return true, nil
		}
		n, next, err := t.refill(ctx, tx, rec.V.After, batch)
		if err != nil {
			return false, err
		}
		if rec.V.After = next; next == "" {
			rec.V.Columns = append(rec.V.Columns, open...)
		}
		if err := db.fills.Update(ctx, tx, rec); err != nil {
			return false, err
		}
		if next != "" {
			return true, nil
		}
		batch -= min(batch, n)
	}
	return false, nil
}

func (db *DB) loadProgress(ctx context.Context, tx *Tx, table string) (Rec[fill], error) {
	rec, err := db.fills.Get(ctx, tx, table)
	if errors.Is(err, ErrNotFound) {
		rec = Rec[fill]{V: fill{Table: table}, Version: 1}
		err = db.fills.Insert(ctx, tx, rec.V)
	}
	return rec, err
}

// without lists the columns of the schema that are not among filled.
func (s *Schema) without(filled []string) (names []string) {
	for _, c := range s.Columns {
		if !slices.Contains(filled, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// refill lifts the columns of some records again. A record whose columns change keeps
// its version and its document, so nothing changes for those who have read it. It
// leaves out records of a newer program, which has filled them.
func (t *Table[T]) refill(ctx context.Context, tx *Tx, after Cursor, limit int) (int, Cursor, error) {
	rows, next, err := t.page(ctx, tx, false, []Clause{After(after), Limit(limit)})
	if err != nil {
		return 0, "", err
	}
	for _, row := range rows {
		rec, err := t.decode(tx, row)
		if errors.Is(err, ErrNewerSchema) {
			continue
		}
		if err != nil {
			return 0, "", err
		}
		lifted, err := t.encode(&rec.V, row.Version)
		if err != nil {
			return 0, "", err
		}
		if slices.Equal(lifted.Cols, row.Cols) {
			continue
		}
		row.Cols = lifted.Cols
		if err := t.send(ctx, tx, row, row.Version); err != nil {
			return 0, "", err
		}
	}
	return len(rows), next, nil
}
