// Package postgres keeps a store in a PostgreSQL database that many processes share. It
// needs version 12 or newer, or a server that speaks its protocol and is serializable,
// with the encoding UTF8. A connection pooler in between must keep a session on one
// connection.
//
// Each kind of record is a table of its own, made in the first schema of the
// connection's search_path, with typed columns and real indexes: [DDL] prints them. A
// document is bytea, so that it is kept to the byte; a text column is text COLLATE "C",
// ordered byte by byte; a time is timestamptz. Two things that PostgreSQL's text cannot
// hold are written in another form, and are read back unchanged: the characters U+0000
// and U+0001 become U+0001 U+0001 and U+0001 U+0002, which keeps their order, and text
// that is not UTF-8 becomes U+10FFFF U+0001 U+0003 and its bytes in hexadecimal.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/dajiaqian/dajiaqian/store"
)

// Config tunes a [Driver] that has its own pool. Its zero value is good.
type Config struct {
	// Conns is how many connections the pool may open, from 2 to 1000; 0 means
	// 16. Up to half of them may wait for keyed locks. The host chooses it so that all
	// processes together stay below the server's max_connections.
	Conns int
}

// Driver is a [store.Driver] on a pool of connections. An Update is
// SERIALIZABLE; a View is REPEATABLE READ, READ ONLY: one snapshot.
//
// Keyed locks are session advisory locks on 64 bits of a digest of the key; two keys
// with the same digest just wait for each other. Of all transactions of one process
// that wait for a key, only the first occupies a connection.
type Driver struct {
	pool      *sql.DB
	owned     bool // Close closes the pool
	isolation string
	planner   string // what a transaction begins with
	queue     queue
	waiting   chan struct{} // one token for each connection that may wait for a lock
	texts     texts
	closed    atomic.Bool
	patience  time.Duration // with a server that is to end a transaction
}

// maxPatience leaves time for a commit that waits for another machine's disk. Without
// it, a machine that is gone would be waited for as long as TCP tries, while this
// process holds the keyed locks.
const maxPatience = time.Minute

// Open connects to the database that dsn names, as a URL
// (postgres://user:secret@host:5432/name) or as libpq's keywords and values.
func Open(ctx context.Context, dsn string, cfg Config) (*Driver, error) {
	if cfg.Conns == 0 {
		cfg.Conns = 16
	}
	if cfg.Conns < 2 || cfg.Conns > 1000 {
		return nil, fmt.Errorf("postgres: Config.Conns is %d, from 2 to 1000", cfg.Conns)
	}
	parsed, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	for name, value := range planner {
		parsed.RuntimeParams[name] = value
	}
	pool := stdlib.OpenDB(*parsed)
	pool.SetMaxOpenConns(cfg.Conns)
	pool.SetMaxIdleConns(cfg.Conns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: %w", err), pool.Close())
	}
	d := New(pool)
	d.owned, d.planner = true, ""
	return d, nil
}

// New uses the host's pool, which must be one of pgx's stdlib package and may open at
// least two connections. New does not change its settings; therefore each transaction
// needs about 20 µs to make its own. Close leaves the pool open.
func New(pool *sql.DB) *Driver {
	waiting := 8
	if n := pool.Stats().MaxOpenConnections; n > 0 {
		waiting = max(1, n/2)
	}
	d := &Driver{
		pool:      pool,
		isolation: "SERIALIZABLE",
		queue:     queue{turns: map[int64]*turn{}},
		waiting:   make(chan struct{}, waiting),
		patience:  maxPatience,
	}
	for name, value := range planner {
		d.planner += fmt.Sprintf("; SET LOCAL %s = %s", name, value)
	}
	return d
}

// planner makes the server use the index that gives a query's rows in order, even while
// a table is small or was never analyzed. A serializable transaction conflicts with
// others on everything it reads, even what it does not need. Also, the server then need
// not plan again each time.
var planner = map[string]string{
	"enable_seqscan":    "off",
	"enable_bitmapscan": "off",
	"enable_sort":       "off",
	"plan_cache_mode":   "force_generic_plan",
}

// Begin implements [store.Driver].
func (d *Driver) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	switch mode {
	case store.View:
		return d.begin(ctx, mode, "REPEATABLE READ READ ONLY", nil)
	case store.Update:
		return d.begin(ctx, mode, d.isolation, locks)
	}
	return nil, fmt.Errorf("postgres: invalid mode %d", mode)
}

// BeginClaim implements [store.Claimer].
func (d *Driver) BeginClaim(ctx context.Context) (store.DriverTx, error) {
	t, err := d.begin(ctx, store.Update, "READ COMMITTED", nil)
	if err != nil {
		return nil, err
	}
	return &claim{t}, nil
}

func (d *Driver) begin(ctx context.Context, mode store.Mode, level string, locks []string) (*tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.closed.Load() {
		return nil, store.ErrClosed
	}
	s, err := d.session(ctx, locks)
	if err != nil {
		return nil, err
	}
	if _, err := s.conn.ExecContext(ctx, "BEGIN ISOLATION LEVEL "+level+d.planner); err != nil {
		return nil, errors.Join(failed(ctx, "begin", err), s.close(false))
	}
	return &tx{texts: &d.texts, session: s, on: s.conn, mode: mode}, nil
}

// Close implements [store.Driver].
func (d *Driver) Close() error {
	d.closed.Store(true)
	if !d.owned {
		return nil
	}
	return d.pool.Close()
}

// session is a connection and the keyed locks that are held on it.
type session struct {
	driver *Driver
	conn   *sql.Conn
	keys   []int64 // locked, in this process and in the server

	unlocked bool // the server has released them already
}

// session takes a connection and then the locks, first within this process, then in the
// server.
func (d *Driver) session(ctx context.Context, locks []string) (*session, error) {
	keys := digests(locks)
	if err := d.queue.enter(ctx, keys); err != nil {
		return nil, err
	}
	s := &session{driver: d}
	err := s.open(ctx, keys)
	if err != nil {
		d.queue.leave(keys)
		return nil, err
	}
	s.keys = keys
	return s, nil
}

func (s *session) open(ctx context.Context, keys []int64) (err error) {
	if len(keys) > 0 {
		select {
		case s.driver.waiting <- struct{}{}:
			defer func() { <-s.driver.waiting }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if s.conn, err = s.driver.pool.Conn(ctx); err != nil {
		return failed(ctx, "connect", err)
	}
	for _, k := range keys {
		if _, err := s.conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", k); err != nil {
			return errors.Join(failed(ctx, "lock", err), s.discard())
		}
	}
	return nil
}

// close releases the locks and the connection. Others may use the connection only if no
// transaction is open on it.
func (s *session) close(fit bool) error {
	defer s.driver.queue.leave(s.keys)
	if fit && !s.unlocked && len(s.keys) > 0 {
		fit = s.end(s.unlocks()...) == nil
	}
	if !fit {
		return s.discard()
	}
	return s.conn.Close()
}

// unlocks returns the statements that release the locks.
func (s *session) unlocks() (all []string) {
	for _, k := range s.keys {
		all = append(all, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", k))
	}
	return all
}

// end runs statements that end something, in one round trip to the server, even if the
// caller's ctx has ended. If one fails, the rest is not run.
func (s *session) end(texts ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.driver.patience)
	defer cancel()
	_, err := s.conn.ExecContext(ctx, strings.Join(texts, ";"))
	return err
}

// discard closes the connection; the server then rolls back and unlocks.
func (s *session) discard() error {
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn }) // database/sql closes it then
	if err := s.conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}
