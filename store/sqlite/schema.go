package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/dajiaqian/dajiaqian/store"
)

// Ensure implements [store.Driver]. SQLite keeps the text of every CREATE INDEX,
// so an index exists in the same shape exactly when its text is the same.
func (d *Driver) Ensure(ctx context.Context, schemas []store.Schema) error {
	begun, err := d.Begin(ctx, store.Update, nil)
	if err != nil {
		return err
	}
	t := begun.(*tx)
	for _, s := range schemas {
		if err := t.ensureTable(ctx, &s); err != nil {
			return errors.Join(err, t.End(false))
		}
		for _, o := range indexes(&s) {
			if err := t.ensure(ctx, s.Name, o); err != nil {
				return errors.Join(err, t.End(false))
			}
		}
	}
	return t.End(true)
}

// ensureTable creates a table, or adds the columns that it lacks.
func (t *tx) ensureTable(ctx context.Context, s *store.Schema) error {
	have, err := t.columns(ctx, s.Name)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		return t.run(ctx, tableSQL(s))
	}
	for _, c := range columns(s) {
		switch kind, ok := have[c.name]; {
		case !ok:
			if err := t.run(ctx, fmt.Sprintf("ALTER TABLE %q ADD COLUMN %s", s.Name, c.sql())); err != nil {
				return err
			}
		case kind != c.kind:
			return &store.SchemaError{Table: s.Name, Reason: fmt.Sprintf("has %s as %s, wanted is %s", c.name, kind, c.kind)}
		}
	}
	return nil
}

// columns reads the kinds of a table's columns, by name.
func (t *tx) columns(ctx context.Context, table string) (map[string]string, error) {
	rows, err := t.session.conn.QueryContext(ctx, "SELECT name, type FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	defer rows.Close()
	have := map[string]string{}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return nil, fmt.Errorf("sqlite: %w", err)
		}
		have[name] = kind
	}
	return have, rows.Err()
}

func (t *tx) run(ctx context.Context, ddl string) error {
	if _, err := t.session.conn.ExecContext(ctx, ddl); err != nil {
		return failed(ddl, err)
	}
	return nil
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
	err = t.run(ctx, o.ddl)
	if codeOf(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return &store.SchemaError{Table: table, Reason: "has rows that clash in " + o.name}
	}
	return err
}

type column struct{ name, kind string }

// sql returns the column with its value for rows of programs that do not know it.
func (c column) sql() string {
	switch {
	case c.name == "id":
		return "id TEXT NOT NULL PRIMARY KEY"
	case c.name == "version" || c.name == "doc":
		return c.name + " " + c.kind + " NOT NULL"
	case c.kind == "TEXT":
		return fmt.Sprintf("%q TEXT NOT NULL DEFAULT ''", c.name)
	}
	return fmt.Sprintf("%q INTEGER NOT NULL DEFAULT 0", c.name)
}

// columns returns the columns that every table has, then those of the schema.
func columns(s *store.Schema) []column {
	all := []column{{"id", "TEXT"}, {"version", "INTEGER"}, {"generation", "INTEGER"}, {"doc", "BLOB"}}
	for _, c := range s.Columns {
		kind := "INTEGER" // times too: microseconds since 1970, UTC
		if c.Kind == store.KindText {
			kind = "TEXT"
		}
		all = append(all, column{c.Name, kind})
	}
	return all
}

func tableSQL(s *store.Schema) string {
	var all []string
	for _, c := range columns(s) {
		all = append(all, c.sql())
	}
	return fmt.Sprintf("CREATE TABLE %q (%s) STRICT", s.Name, strings.Join(all, ", "))
}

// indexes lists the indexes of a table. A unique index of the schema becomes two: one
// through which all rows are read, and a partial one that constrains the rows that are
// not free.
func indexes(s *store.Schema) (all []object) {
	for _, x := range s.Indexes {
		name, cols := s.Name+"__"+x.Name, quoted(s, x.Columns)
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

func quoted(s *store.Schema, positions []int) string {
	names := make([]string, len(positions))
	for i, c := range positions {
		names[i] = fmt.Sprintf("%q", s.Columns[c].Name)
	}
	return strings.Join(names, ", ")
}
