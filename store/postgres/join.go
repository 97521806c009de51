package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/store"
)

// Join returns a DB whose Updates and Views are parts of a transaction that the
// host has begun, on a pool of pgx's stdlib package, in the database of db: the
// host's rows and the library's are committed together, or not at all.
//
//	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
//	joined, err := postgres.Join(ctx, db, tx)
//	draft, err := envelopes.In(joined).CreateDraft(ctx, actor, d)
//	_, err = tx.ExecContext(ctx, "UPDATE orders SET envelope = $1 WHERE id = $2", draft.ID, order)
//	err = tx.Commit()
//
// In a serializable transaction everything runs. At a lower level the library can keep
// few of its promises, and only commands that create something run. They insert, and
// they read by the id or by all columns of a unique index, which keeps the row
// unchanged until the host's transaction ends. Everything else returns
// [store.ErrIsolation].
//
// A transaction that lost to another returns [store.ErrRetry], or fails to commit with
// an error for which [Retryable] is true: roll it back and run it again. Keyed locks
// are taken after the host's snapshot here. So they save useless waiting, but a
// transaction may still lose. They are held until the host's transaction ends.
func Join(ctx context.Context, db *store.DB, tx *sql.Tx) (*store.DB, error) {
	var level string
	if err := tx.QueryRowContext(ctx, "SHOW transaction_isolation").Scan(&level); err != nil {
		return nil, failed(ctx, "join", err)
	}
	return db.Join(&joined{host: tx, serializable: level == "serializable"}), nil
}

// shared keeps a row that was read unchanged until the transaction ends.
const shared = " FOR SHARE"

// joined is a driver on one transaction of a host.
type joined struct {
	host         *sql.Tx
	serializable bool
	texts        texts
	lost         error // why the host's transaction must be run again
}

// Ensure implements [store.Driver]. It refuses: the schema is not made in a host's
// transaction.
func (j *joined) Ensure(context.Context, []store.Schema) error {
	return fmt.Errorf("postgres: %w: the schema", store.ErrIsolation)
}

// Retryable implements [store.Driver].
func (j *joined) Retryable(err error) bool { return Retryable(err) }

// Close implements [store.Driver]. It leaves the host's transaction open.
func (j *joined) Close() error { return nil }

// Begin implements [store.Driver].
func (j *joined) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if j.lost != nil {
		return nil, j.lost
	}
	for _, k := range digests(locks) {
		if _, err := j.host.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", k); err != nil {
			return nil, j.note(failed(ctx, "lock", err))
		}
	}
	if _, err := j.host.ExecContext(ctx, "SAVEPOINT store"); err != nil {
		return nil, j.note(failed(ctx, "begin", err))
	}
	return &joinedTx{tx: &tx{texts: &j.texts, on: j.host, mode: mode}, joined: j}, nil
}

func (j *joined) note(err error) error {
	if j.lost == nil && Retryable(err) {
		j.lost = err
	}
	return err
}

// joinedTx is an Update or a View within the host's transaction.
type joinedTx struct {
	*tx
	joined *joined
}

func (t *joinedTx) Get(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
	if t.joined.serializable || t.mode == store.View {
		return t.tx.Get(ctx, s, id)
	}
	return t.get(ctx, s, id, t.text(shape{op: opGetShared, schema: s}, func() string { return getSQL(s) + shared }))
}

func (t *joinedTx) Query(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
	switch {
	case t.joined.serializable:
		return t.tx.Query(ctx, s, q)
	case !single(q):
		return nil, fmt.Errorf("%w: a list of %s", store.ErrIsolation, s.Name)
	case t.mode == store.View:
		return t.tx.Query(ctx, s, q)
	}
	return t.query(ctx, s, q, opQueryShared, shared)
}

// single reports whether a query finds one row at most.
func single(q store.Query) bool {
	if q.Index == nil || !q.Index.Unique || len(q.Equal) < len(q.Index.Columns) {
		return false
	}
	first := q.Equal[0]
	return first.Kind != store.KindText || first.Text != ""
}

func (t *joinedTx) Count(ctx context.Context, s *store.Schema, q store.Query) (int, error) {
	if !t.joined.serializable {
		return 0, fmt.Errorf("%w: a count of %s", store.ErrIsolation, s.Name)
	}
	return t.tx.Count(ctx, s, q)
}

func (t *joinedTx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	if !t.joined.serializable && old != 0 {
		return fmt.Errorf("%w: a change of %s", store.ErrIsolation, s.Name)
	}
	return t.tx.Write(ctx, s, row, old)
}

// End keeps the work for the host to commit, or undoes only this part.
func (t *joinedTx) End(commit bool) error {
	ctx, text := context.Background(), "RELEASE store"
	if !commit || t.aborted != nil {
		text = "ROLLBACK TO store; RELEASE store"
	}
	_, err := t.joined.host.ExecContext(ctx, text)
	if err != nil {
		err = fmt.Errorf("postgres: end: %w", err)
	}
	if t.aborted != nil {
		err = errors.Join(t.aborted, err)
		_ = t.joined.note(t.aborted)
	}
	if !commit && t.aborted != nil {
		return nil // the caller that met the error has the reason
	}
	return t.joined.note(err)
}
