package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/dajiaqian/dajiaqian/store"
)

type tx struct {
	session *session
	driver  *Driver
	mode    store.Mode
	failed  error // SQLite may have rolled back, and would commit what follows alone
}

// enter returns the error of a ctx that is done. What follows runs to its end: SQLite
// rolls back the whole transaction when a write in it is interrupted, and every
// statement here is short.
func (t *tx) enter(ctx context.Context) (context.Context, error) {
	return context.WithoutCancel(ctx), cmp.Or(t.failed, ctx.Err())
}

func (t *tx) Get(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
	ctx, err := t.enter(ctx)
	if err != nil {
		return store.Row{}, err
	}
	stmt, err := t.session.prepareShaped(ctx, shape{op: opGet, schema: s}, func() string {
		return "SELECT " + selection(s, false) + " WHERE id = ?"
	})
	if err != nil {
		return store.Row{}, t.fail(err)
	}
	row, err := scan(stmt.QueryRowContext(ctx, id), s, false)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Row{}, store.ErrNotFound
	}
	if err != nil {
		return store.Row{}, t.fail(err)
	}
	return row, nil
}

// fail records an error after which SQLite may have rolled back. A query is no safer
// than a write: it also writes when it has to free space in a full cache.
func (t *tx) fail(err error) error {
	t.failed = failed("statement", err)
	return t.failed
}

func (t *tx) Query(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
	ctx, err := t.enter(ctx)
	if err != nil {
		return nil, err
	}
	k := shape{opQuery, s, q.Index, len(q.Equal), q.After != nil, q.Desc, q.Light}
	stmt, err := t.session.prepareShaped(ctx, k, func() string { return querySQL(s, q) })
	if err != nil {
		return nil, t.fail(err)
	}
	found, err := stmt.QueryContext(ctx, queryArgs(q)...)
	if err != nil {
		return nil, t.fail(err)
	}
	defer found.Close()
	rows := make([]store.Row, 0, min(q.Limit, 64))
	for found.Next() {
		row, err := scan(found, s, q.Light)
		if err != nil {
			return nil, t.fail(err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		return nil, t.fail(err)
	}
	return rows, nil
}

// Count implements store.Counter.
func (t *tx) Count(ctx context.Context, s *store.Schema, q store.Query) (n int, err error) {
	if ctx, err = t.enter(ctx); err != nil {
		return 0, err
	}
	k := shape{op: opCount, schema: s, index: q.Index, equal: len(q.Equal)}
	stmt, err := t.session.prepareShaped(ctx, k, func() string { return countSQL(s, q) })
	if err == nil {
		err = stmt.QueryRowContext(ctx, queryArgs(q)...).Scan(&n)
	}
	if err != nil {
		return 0, t.fail(err)
	}
	return n, nil
}

func (t *tx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	if t.mode != store.Update {
		return store.ErrReadOnly
	}
	ctx, err := t.enter(ctx)
	if err != nil {
		return err
	}
	if len(row.Doc) == 0 {
		return t.change(ctx, shape{op: opDelete, schema: s}, deleteSQL, row.ID, old)
	}
	args := append(make([]any, 0, 5+len(row.Cols)), row.Version, row.Generation, row.Doc)
	for _, v := range row.Cols {
		args = append(args, arg(v))
	}
	if old == 0 {
		err = t.change(ctx, shape{op: opInsert, schema: s}, insertSQL, append(args, row.ID)...)
	} else {
		err = t.change(ctx, shape{op: opUpdate, schema: s}, updateSQL, append(args, row.ID, old)...)
	}
	switch codeOf(err) {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &store.ExistsError{Table: s.Name, Index: "id"}
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return t.findClash(ctx, s, row)
	}
	return err
}

// change runs a statement that concerns one row.
func (t *tx) change(ctx context.Context, k shape, build func(*store.Schema) string, args ...any) error {
	var n int64
	stmt, err := t.session.prepareShaped(ctx, k, func() string { return build(k.schema) })
	if err == nil {
		n, err = affected(stmt.ExecContext(ctx, args...))
	}
	if err != nil && codeOf(err)&0xff != sqlite3.SQLITE_CONSTRAINT {
		return t.fail(err)
	}
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if n == 0 {
		return store.ErrConflict
	}
	return nil
}

// findClash finds the index that refused a row by looking for the other row. The error code
// does not name the index, and the message is not reliable. If there is no other row,
// the id itself is taken.
func (t *tx) findClash(ctx context.Context, s *store.Schema, row store.Row) error {
	for i := range s.Indexes {
		x := &s.Indexes[i]
		if !x.Unique || x.Free(row.Cols) {
			continue
		}
		q := store.Query{Index: x, Limit: 2, Light: true}
		for _, c := range x.Columns {
			q.Equal = append(q.Equal, row.Cols[c])
		}
		rows, err := t.Query(ctx, s, q)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID != row.ID {
				return &store.ExistsError{Table: s.Name, Index: x.Name}
			}
		}
	}
	return &store.ExistsError{Table: s.Name, Index: "id"}
}

// End always gives the connection back.
func (t *tx) End(commit bool) error {
	if t.mode == store.View {
		defer func() { t.driver.readers <- t.session }()
		if err := t.session.exec(context.Background(), "ROLLBACK"); err != nil {
			return fmt.Errorf("sqlite: end of a view: %w", err)
		}
		return nil
	}
	b := t.session.batch
	err := t.session.leave(commit && t.failed == nil)
	others := b.kept > 0
	t.driver.writer.pass(t.session)
	if err == nil && others {
		// An Update that rolls back waits too: it has seen what others cannot see yet.
		<-b.done
		err = b.err
	}
	switch {
	case t.failed != nil:
		return t.failed
	case err != nil && others && !commit && !errors.Is(err, store.ErrUncertain):
		return fmt.Errorf("%w: %w", store.ErrUndone, err)
	}
	return err
}

func scan(from interface{ Scan(...any) error }, s *store.Schema, light bool) (store.Row, error) {
	row := store.Row{Cols: make([]store.Value, len(s.Columns))}
	into := append(make([]any, 0, 4+len(s.Columns)), &row.ID, &row.Version, &row.Generation)
	if !light {
		into = append(into, &row.Doc)
	}
	for i, c := range s.Columns {
		row.Cols[i].Kind = c.Kind
		if c.Kind == store.KindText {
			into = append(into, &row.Cols[i].Text)
		} else {
			into = append(into, &row.Cols[i].Int)
		}
	}
	if err := from.Scan(into...); err != nil {
		return store.Row{}, err
	}
	return row, nil
}
