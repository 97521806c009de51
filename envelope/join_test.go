package envelope_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// TestInTheOrdersCommit: a host makes an envelope in the commit of its own order:
// both are there, or neither.
func TestInTheOrdersCommit(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "host.db")
		d, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		o := orders{cast: newCast(t, d), pool: pool(t, "sqlite", "file:"+path+"?_txlock=immediate"), join: sqlite.Join}
		o.both(t, nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		d, err := postgres.Open(t.Context(), dsn, postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
		o := orders{cast: newCast(t, d), pool: pool(t, "pgx", dsn), join: postgres.Join}
		o.both(t, &sql.TxOptions{Isolation: sql.LevelSerializable})
		o.lower(t)
	})
}

func pool(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// orders is a host with a table of its own.
type orders struct {
	*cast
	pool *sql.DB
	join func(context.Context, *store.DB, *sql.Tx) (*store.DB, error)
	made int
}

// order makes an order and its envelope in one transaction, sent if send is set.
func (o *orders) order(t *testing.T, tx *sql.Tx, send bool) (*envelope.Envelope, error) {
	joined, err := o.join(t.Context(), o.DB, tx)
	if err != nil {
		return nil, err
	}
	envelopes := o.Envelopes.In(joined)
	e, err := envelopes.CreateDraft(t.Context(), o.boss, draft(t))
	if err == nil && send {
		e, err = envelopes.Send(t.Context(), o.boss, e.ID)
	}
	if err != nil {
		return nil, err
	}
	o.made++
	_, err = tx.ExecContext(t.Context(), "INSERT INTO orders (number, contract) VALUES ($1, $2)", o.made, e.ID)
	return e, err
}

func (o *orders) begin(t *testing.T, options *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := o.pool.BeginTx(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // of a test that broke off
	return tx
}

func (o *orders) count(t *testing.T) (n int) {
	t.Helper()
	if err := o.pool.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (o *orders) both(t *testing.T, options *sql.TxOptions) {
	if _, err := o.pool.ExecContext(t.Context(), "CREATE TABLE orders (number bigint PRIMARY KEY, contract text)"); err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{false, true} {
		tx := o.begin(t, options)
		e, err := o.order(t, tx, true)
		if err != nil {
			t.Fatal(err)
		}
		end, want, orders, held := tx.Rollback, envelope.ErrNotFound, 0, int64(0)
		if commit {
			end, want, orders, held = tx.Commit, nil, 1, 1
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		got, err := o.Envelopes.Get(t.Context(), o.boss, e.ID)
		if !errors.Is(err, want) || want == nil && got.Status != envelope.InProgress {
			t.Errorf("committed %v: %+v, %v", commit, got, err)
		}
		if n, b := o.count(t), o.balance(t); n != orders || b.Held != held {
			t.Errorf("committed %v: %d orders, %+v", commit, n, b)
		}
	}
}

// lower: at READ COMMITTED a draft can be made, and sending it is refused.
func (o *orders) lower(t *testing.T) {
	before := o.count(t)
	tx := o.begin(t, nil)
	e, err := o.order(t, tx, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.order(t, tx, true); !errors.Is(err, store.ErrIsolation) {
		t.Errorf("sent: got %v, want ErrIsolation", err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Envelopes.Get(t.Context(), o.boss, e.ID); err != nil || o.count(t) != before+1 {
		t.Errorf("the draft: %v, %d orders", err, o.count(t))
	}
}
