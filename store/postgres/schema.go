package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// ensureLock makes processes that start at the same time make the schema one after the
// other.
const ensureLock = "store/ensure"

// Ensure implements [store.Driver]. It makes a new table with its indexes in one
// transaction, and adds a new column without rewriting the table. It builds a new index
// of an old table CONCURRENTLY, beside readers and writers, and starts again if an
// earlier attempt broke off.
func (d *Driver) Ensure(ctx context.Context, schemas []store.Schema) (err error) {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return failed(ctx, "connect", err)
	}
	s := &session{driver: d, conn: conn}
	clean := false
	defer func() { err = errors.Join(err, s.close(clean)) }()
	if err := s.lockSchema(ctx); err != nil {
		return err
	}
	tables := make([]*table, len(schemas))
	for i := range schemas {
		if tables[i], err = s.inspect(ctx, &schemas[i]); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := t.complete(ctx, conn); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", digests([]string{ensureLock})[0])
	clean = err == nil
	return err
}

// lockSchema polls for the lock. An index that is built CONCURRENTLY waits for every
// running statement, so a statement that waited for the lock would block it for ever.
func (s *session) lockSchema(ctx context.Context) error {
	for {
		var locked bool
		err := s.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", digests([]string{ensureLock})[0]).Scan(&locked)
		if err != nil {
			return failed(ctx, "lock", err)
		}
		if locked {
			return s.usable(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *session) usable(ctx context.Context) error {
	var encoding string
	if err := s.conn.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return failed(ctx, "encoding", err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("postgres: the database has the encoding %s, UTF8 is needed", encoding)
	}
	return nil
}

// table is what a schema asks for and how much of it the database has.
type table struct {
	schema  *store.Schema
	exists  bool
	columns []column // missing
	missing []index
	broken  []string // indexes that a build left unfinished
}

// inspect compares a schema with the catalog and changes nothing.
func (s *session) inspect(ctx context.Context, schema *store.Schema) (*table, error) {
	have, err := s.columns(ctx, schema.Name)
	if err != nil {
		return nil, failed(ctx, "catalog", err)
	}
	t := &table{schema: schema, exists: len(have) > 0}
	if !t.exists {
		t.missing = indexes(schema)
		return t, nil
	}
	for _, want := range columns(schema) {
		i := slices.IndexFunc(have, func(c column) bool { return c.name == want.name })
		switch {
		case i < 0:
			t.columns = append(t.columns, want)
		case have[i] != want:
			return nil, &store.SchemaError{Table: schema.Name, Reason: fmt.Sprintf("has %s, wanted is %s", have[i].sql(), want.sql())}
		}
	}
	found, err := s.indexes(ctx, schema.Name)
	if err != nil {
		return nil, failed(ctx, "catalog", err)
	}
	for _, want := range indexes(schema) {
		switch x, ok := found[want.name]; {
		case !ok:
			t.missing = append(t.missing, want)
		case !x.valid:
			t.broken, t.missing = append(t.broken, want.name), append(t.missing, want)
		case x.shape != want.shape():
			return nil, &store.SchemaError{Table: schema.Name, Reason: fmt.Sprintf("%s exists as %s, wanted is %s", want.name, x.shape, want.shape())}
		}
	}
	return t, nil
}

func (s *session) columns(ctx context.Context, table string) (all []column, err error) {
	rows, err := s.conn.QueryContext(ctx, `
		SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(c.collname, '')
		FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
		WHERE a.attrelid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident($1))
		  AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY a.attnum`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.kind, &c.collation); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

type foundIndex struct {
	shape string
	valid bool
}

func (s *session) indexes(ctx context.Context, table string) (map[string]foundIndex, error) {
	rows, err := s.conn.QueryContext(ctx, `
		SELECT c.relname, x.indisvalid, x.indisunique, x.indpred IS NOT NULL, array_to_string(ARRAY(
		    SELECT a.attname FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
		    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum ORDER BY k.place), ', ')
		FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
		WHERE x.indrelid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident($1))`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]foundIndex{}
	for rows.Next() {
		var name, columns string
		var valid, unique, partial bool
		if err := rows.Scan(&name, &valid, &unique, &partial, &columns); err != nil {
			return nil, err
		}
		all[name] = foundIndex{shapeOf(columns, unique, partial), valid}
	}
	return all, rows.Err()
}

func (x index) shape() string {
	return shapeOf(strings.Join(x.columns, ", "), x.unique, x.partial != "")
}

func shapeOf(columns string, unique, partial bool) string {
	text := "(" + columns + ")"
	if unique {
		text = "UNIQUE " + text
	}
	if partial {
		text += " WHERE not empty"
	}
	return text
}

// complete makes what is missing.
func (t *table) complete(ctx context.Context, conn *sql.Conn) error {
	if !t.exists {
		all := tableSQL(t.schema)
		for _, x := range t.missing {
			all += "; " + x.sql("")
		}
		return run(ctx, conn, "BEGIN; "+all+"; COMMIT")
	}
	for _, c := range t.columns {
		if err := addColumn(ctx, conn, t.schema.Name, c); err != nil {
			return err
		}
	}
	for _, name := range t.broken {
		if err := run(ctx, conn, fmt.Sprintf("DROP INDEX CONCURRENTLY IF EXISTS %q", name)); err != nil {
			return err
		}
	}
	for _, x := range t.missing {
		err := run(ctx, conn, x.sql("CONCURRENTLY "))
		if stateOf(err) == "23505" {
			err = errors.Join(&store.SchemaError{Table: t.schema.Name, Reason: "has rows that clash in " + x.name},
				run(ctx, conn, fmt.Sprintf("DROP INDEX CONCURRENTLY IF EXISTS %q", x.name)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addColumn takes a moment, however many rows there are, but it needs the table
// exclusively. It asks for that again and again, so that others do not queue behind it.
func addColumn(ctx context.Context, conn *sql.Conn, table string, c column) error {
	text := fmt.Sprintf("BEGIN; SET LOCAL lock_timeout = '100ms'; ALTER TABLE %q ADD COLUMN %s; COMMIT", table, c.sql())
	for {
		err := run(ctx, conn, text)
		if stateOf(err) != "55P03" {
			return err
		}
		if err := run(ctx, conn, "ROLLBACK"); err != nil {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func run(ctx context.Context, conn *sql.Conn, text string) error {
	if _, err := conn.ExecContext(ctx, text); err != nil {
		return failed(ctx, text, err)
	}
	return nil
}
