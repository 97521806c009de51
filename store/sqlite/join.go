package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/store"
)

// Join returns a DB whose Updates and Views are parts of a transaction that the
// host has begun in the file of db: the host's rows and the library's are
// committed together, or not at all. The driver must be modernc.org/sqlite.
//
// SQLite's transactions are serializable, so everything runs. If another writer was
// faster, the transaction returns [store.ErrRetry], or fails with an error for which
// [Retryable] is true: roll it back and run it again. A host that begins with BEGIN
// IMMEDIATE (_txlock=immediate in its DSN) waits for its turn instead. Until the host's
// transaction ends, every other writer waits.
func Join(ctx context.Context, db *store.DB, tx *sql.Tx) (*store.DB, error) {
	var uncommitted bool
	if err := tx.QueryRowContext(ctx, "PRAGMA read_uncommitted").Scan(&uncommitted); err != nil {
		return nil, fmt.Errorf("sqlite: join: %w", err)
	}
	if uncommitted {
		return nil, fmt.Errorf("sqlite: join: %w", store.ErrIsolation)
	}
	return db.Join(&joined{session: newSession(tx)}), nil
}

// joined is a driver on one transaction of a host.
type joined struct {
	session *session
	over    error // SQLite gave up the transaction, and would commit what follows alone
}

// Ensure implements [store.Driver]. It refuses: the schema is not made in a host's
// transaction.
func (j *joined) Ensure(context.Context, []store.Schema) error {
	return fmt.Errorf("sqlite: %w: the schema", store.ErrIsolation)
}

// Retryable implements [store.Driver].
func (j *joined) Retryable(err error) bool { return Retryable(err) }

// Close implements [store.Driver]. It leaves the host's transaction open.
func (j *joined) Close() error { return nil }

// Begin implements [store.Driver]. The only writer of the file holds every lock.
func (j *joined) Begin(ctx context.Context, mode store.Mode, _ []string) (store.DriverTx, error) {
	if err := cmp.Or(ctx.Err(), j.over); err != nil {
		return nil, err
	}
	if err := j.session.exec(context.WithoutCancel(ctx), "SAVEPOINT store"); err != nil {
		return nil, failed("begin", err)
	}
	return &joinedTx{tx: &tx{session: j.session, mode: mode}, joined: j}, nil
}

// joinedTx is an Update or a View within the host's transaction.
type joinedTx struct {
	*tx
	joined *joined
}

// End keeps the work for the host to commit, or undoes only this part.
func (t *joinedTx) End(commit bool) error {
	ctx := context.Background()
	var err error
	if !commit || t.failed != nil {
		err = t.session.exec(ctx, "ROLLBACK TO store")
	}
	if err = errors.Join(err, t.session.exec(ctx, "RELEASE store")); err != nil {
		t.joined.over = fmt.Errorf("sqlite: the host's transaction was given up: %w", cmp.Or(t.failed, err))
	}
	if err = errors.Join(t.failed, err); err != nil {
		return fmt.Errorf("sqlite: end: %w", err)
	}
	return nil
}
