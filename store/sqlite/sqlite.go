// Package sqlite keeps a store in one SQLite file, without cgo.
//
// The file is in WAL mode with synchronous=FULL: a commit that returned has reached the
// disk, and a process killed at any point loses nothing else. Several processes may
// open the same file on a local disk.
//
// A transaction that the disk stops returns [store.ErrFull] or [store.ErrDisk], and
// nothing of it is kept. There is one exception, [store.ErrUncertain]: the log of a
// commit was written but not synced, and the disk takes no further commit. Its rows
// cannot be seen. They are kept only if the file is opened again before anything else
// is committed. After this error, repair the disk, open the file again, and look for
// the rows before you repeat the transaction.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // registers the database/sql driver

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

// Config tunes a [Driver]. Its zero value is good.
type Config struct {
	// Readers is how many Views may run at once, from 1 to 64; 0 means 4.
	Readers int

	// VFS is the name under which SQLite knows another way to access files, such as one
	// of modernc.org/sqlite/vfs; empty means the operating system's.
	VFS string
}

// Driver is a [store.Driver] on one file. Updates queue for one connection, in order of
// arrival within the process, which satisfies every keyed lock. Up to 32 Updates that
// waited in the queue share one commit and one sync of the disk; each returns when that
// is done. Other processes are met at BEGIN IMMEDIATE. Views run beside Updates.
type Driver struct {
	pool    *sql.DB
	vfs     string
	writer  *queue
	readers chan *session
	closed  chan struct{}
}

// preparer is a connection, or the transaction of a host.
type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// session is a connection with the statements it has prepared so far. Their
// number is bounded by the shapes of queries that the schemas allow.
type session struct {
	conn  *sql.Conn // nil in a host's transaction
	on    preparer
	batch *batch // the Updates of an open transaction; only in the session that writes

	stmts  map[string]*sql.Stmt // BEGIN and the like
	shapes map[shape]*sql.Stmt
}

func newSession(on preparer) *session {
	return &session{on: on, stmts: map[string]*sql.Stmt{}, shapes: map[shape]*sql.Stmt{}}
}

// Open opens the file, or creates it.
func Open(ctx context.Context, path string, cfg Config) (*Driver, error) {
	return open(ctx, path, cfg, "FULL")
}

func open(ctx context.Context, path string, cfg Config, synchronous string) (*Driver, error) {
	if path == "" {
		return nil, &fault.ConfigError{Package: "sqlite", Field: "path", Reason: "is required"}
	}
	if cfg.Readers == 0 {
		cfg.Readers = 4
	}
	if cfg.Readers < 1 || cfg.Readers > 64 {
		return nil, &fault.ConfigError{Package: "sqlite", Field: "Config.Readers", Reason: "is not from 1 to 64"}
	}
	params := "?_pragma=busy_timeout(500)&_pragma=journal_mode(WAL)&_pragma=synchronous(" + synchronous + ")" +
		"&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(8000)&_pragma=secure_delete(1)"
	pool, err := sql.Open("sqlite", dsn(path, params, cfg.VFS))
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	d := &Driver{
		pool:    pool,
		vfs:     cfg.VFS,
		readers: make(chan *session, cfg.Readers),
		closed:  make(chan struct{}),
	}
	for i := range cfg.Readers + 1 {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), pool.Close())
		}
		s := newSession(conn)
		s.conn = conn
		if i == 0 {
			d.writer = newQueue(s)
		} else {
			d.readers <- s
		}
	}
	return d, nil
}

// dsn names a file, whatever characters its path has.
func dsn(path, params, vfs string) string {
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + params
	if vfs != "" {
		name += "&vfs=" + url.QueryEscape(vfs)
	}
	return name
}

// Begin implements [store.Driver].
func (d *Driver) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch mode {
	case store.View:
		return d.view(ctx)
	case store.Update:
		return d.update(ctx)
	}
	return nil, fmt.Errorf("sqlite: invalid mode %d", mode)
}

func (d *Driver) view(ctx context.Context) (store.DriverTx, error) {
	select {
	case <-d.closed:
		return nil, store.ErrClosed
	default:
	}
	var s *session
	select {
	case s = <-d.readers: // at once, mostly
	default:
		select {
		case s = <-d.readers:
		case <-d.closed:
			return nil, store.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := s.exec(context.WithoutCancel(ctx), "BEGIN"); err != nil {
		d.readers <- s
		return nil, failed("begin", err)
	}
	return &tx{session: s, driver: d, mode: store.View}, nil
}

func (d *Driver) update(ctx context.Context) (store.DriverTx, error) {
	s, err := d.writer.take(ctx)
	if err != nil {
		return nil, err
	}
	// Without ctx's end: an interrupted BEGIN may have succeeded. SQLite waits half a
	// second at a time for other processes, and ctx is checked in between.
	err = s.enter(context.WithoutCancel(ctx))
	for err != nil && d.Retryable(err) && ctx.Err() == nil {
		err = s.enter(context.WithoutCancel(ctx))
	}
	if err != nil {
		d.writer.pass(s)
		return nil, errors.Join(ctx.Err(), failed("begin", err))
	}
	return &tx{session: s, driver: d, mode: store.Update}, nil
}

// Close implements [store.Driver].
func (d *Driver) Close() error {
	close(d.closed)
	var errs []error
	for range cap(d.readers) {
		errs = append(errs, (<-d.readers).close())
	}
	// The writer is the last, so that its connection writes the -wal into the file.
	errs = append(errs, d.writer.close(), d.pool.Close())
	return errors.Join(errs...)
}

// close ends a session. A connection whose statements are open would outlive its end.
func (s *session) close() error {
	var errs []error
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	for _, stmt := range s.shapes {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

func (s *session) exec(ctx context.Context, text string) error {
	_, err := s.run(ctx, text)
	return err
}

func (s *session) run(ctx context.Context, text string, args ...any) (int64, error) {
	stmt, err := s.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	return affected(stmt.ExecContext(ctx, args...))
}

// affected returns how many rows a statement changed.
func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *session) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt := s.stmts[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.on.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s.stmts[text] = stmt
	return stmt, nil
}
