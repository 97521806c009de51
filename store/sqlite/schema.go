package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/store"
)

// Ensure implements [store.Driver]. SQLite keeps the text of every CREATE, so
// an object exists in the same shape exactly when its text is the same.
func (d *Driver) Ensure(ctx context.Context, schemas []store.Schema) error {
	begun, err := d.Begin(ctx, store.Update, nil)
	if err != nil {
		return err
	}
	t := begun.(*tx)
	for _, s := range schemas {
		for _, o := range objects(&s) {
			if err := t.ensure(ctx, s.Name, o); err != nil {
				return errors.Join(err, t.End(false))
			}
		}
	}
	return t.End(true)
}

type object struct{ name, ddl string }

func (t *tx) ensure(ctx context.Context, table string, o object) error {
	var have string
	err := t.session.conn.QueryRowContext(ctx, "SELECT sql FROM sqlite_master WHERE name = ?", o.name).Scan(&have)
	switch {
	case err == nil && have == o.ddl:
		return nil
	case err == nil:
		return &store.SchemaError{Table: table, Reason: fmt.Sprintf("%s exists as %s, wanted is %s", o.name, have, o.ddl)}
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("sqlite: %w", err)
	}
	if _, err := t.session.conn.ExecContext(ctx, o.ddl); err != nil {
		return fmt.Errorf("sqlite: %s: %w", o.ddl, err)
	}
	return nil
}

// objects lists the table and its indexes. A unique index becomes two: one
// that all rows are read through, and a partial one that constrains those that
// are not free.
func objects(s *store.Schema) []object {
	var b strings.Builder
	fmt.Fprintf(&b, `CREATE TABLE %q (id TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL`, s.Name)
	for _, c := range s.Columns {
		kind := "INTEGER" // times too: microseconds since 1970, UTC
		if c.Kind == store.KindText {
			kind = "TEXT"
		}
		fmt.Fprintf(&b, `, %q %s NOT NULL`, c.Name, kind)
	}
	b.WriteString(`, doc BLOB NOT NULL) STRICT`)
	all := []object{{s.Name, b.String()}}
	for _, x := range s.Indexes {
		name, cols := s.Name+"__"+x.Name, columns(s, x.Columns)
		all = append(all, object{name, fmt.Sprintf(`CREATE INDEX %q ON %q (%s, id)`, name, s.Name, cols)})
		if !x.Unique {
			continue
		}
		ddl := fmt.Sprintf(`CREATE UNIQUE INDEX %q ON %q (%s)`, name+"__u", s.Name, cols)
		if first := s.Columns[x.Columns[0]]; first.Kind == store.KindText {
			ddl += fmt.Sprintf(` WHERE %q <> ''`, first.Name)
		}
		all = append(all, object{name + "__u", ddl})
	}
	return all
}

func columns(s *store.Schema, positions []int) string {
	names := make([]string, len(positions))
	for i, c := range positions {
		names[i] = fmt.Sprintf("%q", s.Columns[c].Name)
	}
	return strings.Join(names, ", ")
}
