package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/store"
)

// conn is what a transaction runs its statements on: our *sql.Conn, or the *sql.Tx of a
// host.
type conn interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

type tx struct {
	*texts
	session *session
	on      conn
	mode    store.Mode
	aborted error // the first refusal of the server, after which it only rolls back
}

// fail records an error of the server. A failed statement undoes its transaction, and a
// ctx that ends during a statement ends the connection.
func (t *tx) fail(ctx context.Context, what string, err error) error {
	err = failed(ctx, what, err)
	if t.aborted == nil {
		t.aborted = err
	}
	return err
}

func (t *tx) Get(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
	return t.get(ctx, s, id, t.text(shape{op: opGet, schema: s}, func() string { return getSQL(s) }))
}

func (t *tx) get(ctx context.Context, s *store.Schema, id, text string) (store.Row, error) {
	if err := ctx.Err(); err != nil {
		return store.Row{}, err
	}
	row, err := scan(t.on.QueryRowContext(ctx, text, toText(id)), s, false)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Row{}, store.ErrNotFound
	}
	if err != nil {
		return store.Row{}, t.fail(ctx, "get", err)
	}
	return row, nil
}

func (t *tx) Query(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
	return t.query(ctx, s, q, opQuery, "")
}

func (t *tx) query(ctx context.Context, s *store.Schema, q store.Query, op op, lock string) ([]store.Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all, err := queryArgs(q)
	if err != nil {
		return nil, err
	}
	k := shape{op: op, schema: s, index: q.Index, equal: len(q.Equal), after: q.After != nil, desc: q.Desc, light: q.Light}
	text := t.text(k, func() string { return querySQL(s, q) + lock })
	found, err := t.on.QueryContext(ctx, text, all...)
	if err != nil {
		return nil, t.fail(ctx, "query", err)
	}
	defer found.Close()
	rows := make([]store.Row, 0, min(q.Limit, 64))
	for found.Next() {
		row, err := scan(found, s, q.Light)
		if err != nil {
			return nil, t.fail(ctx, "query", err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		return nil, t.fail(ctx, "query", err)
	}
	return rows, nil
}

// claim is an Update whose queries skip the rows of other transactions.
type claim struct{ *tx }

func (t *claim) Query(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
	return t.query(ctx, s, q, opQueryClaim, " FOR UPDATE SKIP LOCKED")
}

// Count implements store.Counter.
func (t *tx) Count(ctx context.Context, s *store.Schema, q store.Query) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	all, err := queryArgs(q)
	if err != nil {
		return 0, err
	}
	k := shape{op: opCount, schema: s, index: q.Index, equal: len(q.Equal)}
	text := t.text(k, func() string { return countSQL(s, q) })
	if err := t.on.QueryRowContext(ctx, text, all...).Scan(&n); err != nil {
		return 0, t.fail(ctx, "count", err)
	}
	return n, nil
}

// End always gives the connection back.
func (t *tx) End(commit bool) error {
	if !commit || t.aborted != nil {
		err := t.session.end("ROLLBACK")
		err = errors.Join(err, t.session.close(err == nil))
		switch {
		case commit:
			return fmt.Errorf("postgres: commit of what was undone: %w", t.aborted)
		case err != nil && t.aborted == nil:
			return fmt.Errorf("postgres: roll back: %w", err)
		}
		return nil // the connection was lost, and with it the transaction
	}
	err := t.session.end(append([]string{"COMMIT"}, t.session.unlocks()...)...)
	t.session.unlocked = err == nil
	return errors.Join(wrapUncertain(err), t.session.close(err == nil))
}
