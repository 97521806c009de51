package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Sealer encrypts the documents of rows before a driver gets them. Columns that are lifted
// out to be searched stay as they are. It must be safe for concurrent use, and must tie what
// it encrypts to the table and the id. Config.Sealer takes one; org/secret has one.
type Sealer interface {
	// Seal encrypts a document.
	Seal(table, id string, doc []byte) ([]byte, error)
	// Open returns the document. Its error ends the command that reads the row.
	Open(table, id string, sealed []byte) ([]byte, error)
	// Stale reports whether something was sealed under a key that is not the current one.
	Stale(sealed []byte) bool
}

// sealMark is before what a sealer made. No JSON begins with it: what does not either is a row
// of a program without a sealer.
const sealMark = 0x00

func marked(doc []byte) bool { return len(doc) > 0 && doc[0] == sealMark }

// sealed encrypts the document of a row, if the DB has a sealer.
func (db *DB) sealed(table string, row Row) (Row, error) {
	if db.cfg.Sealer == nil || row.Doc == nil {
		return row, nil
	}
	doc, err := db.cfg.Sealer.Seal(table, row.ID, row.Doc)
	if err != nil {
		return Row{}, fmt.Errorf("store: %s %q: %w", table, row.ID, err)
	}
	if len(doc) >= MaxDoc {
		return Row{}, fmt.Errorf("%w: %s %q: a sealed document of %d bytes, at most %d", ErrTooLarge, table, row.ID, len(doc)+1, MaxDoc)
	}
	row.Doc = append([]byte{sealMark}, doc...)
	return row, nil
}

// ErrSealed says that a row is encrypted, and that the DB has no Config.Sealer.
var ErrSealed = errors.New("store: the row is encrypted, and Config.Sealer is missing")

// opened is the reverse of sealed.
func (db *DB) opened(table string, row Row) (Row, error) {
	if !marked(row.Doc) {
		return row, nil
	}
	err := ErrSealed
	if db.cfg.Sealer != nil {
		row.Doc, err = db.cfg.Sealer.Open(table, row.ID, row.Doc[1:])
	}
	if err != nil {
		return Row{}, fmt.Errorf("store: %s %q: %w", table, row.ID, err)
	}
	return row, nil
}

// Sealed reports whether the DB has a [Sealer].
func (db *DB) Sealed() bool { return db.cfg.Sealer != nil }

// Reseal encrypts under the sealer's current key every row that is clear or under an older
// key, and returns how many those were. The rows keep their versions. It may run while others
// work, in several processes, and again after it was interrupted; it is done when a round
// returns 0. Without a sealer it does nothing.
func (db *DB) Reseal(ctx context.Context) (int, error) {
	total := 0
	if db.cfg.Sealer == nil {
		return 0, nil
	}
	for _, t := range append(slices.Clone(db.tables), db.fills, db.clock) {
		batch, after := fillBatch, Cursor("")
		for first := true; first || after != ""; {
			var n int
			var next Cursor
			err := db.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
				n, next, err = t.reseal(ctx, tx, after, batch)
				return err
			})
			switch {
			case errors.Is(err, ErrBusy) && batch > 1:
				batch = max(1, batch/4)
				continue
			case err != nil:
				return total, err
			}
			total, after, first = total+n, next, false
		}
	}
	return total, nil
}

// reseal encrypts some records again, and returns how many.
func (t *Table[T]) reseal(ctx context.Context, tx *Tx, after Cursor, limit int) (n int, next Cursor, err error) {
	rows, next, err := t.page(ctx, tx, false, []Clause{After(after), Limit(limit)})
	if err != nil {
		return 0, "", err
	}
	for _, row := range rows {
		if marked(row.Doc) && !tx.db.cfg.Sealer.Stale(row.Doc[1:]) {
			continue
		}
		if row, err = tx.db.opened(t.schema.Name, row); err != nil {
			return 0, "", err
		}
		if row, err = tx.db.sealed(t.schema.Name, row); err != nil {
			return 0, "", err
		}
		if err := t.send(ctx, tx, row, row.Version); err != nil {
			return 0, "", err
		}
		n++
	}
	return n, next, nil
}
