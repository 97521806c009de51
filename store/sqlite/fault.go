package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/dajiaqian/dajiaqian/store"
)

// codeOf returns the extended result code, or 0.
func codeOf(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// failed wraps an error of SQLite about a transaction that was not, or will not be,
// committed.
func failed(what string, err error) error {
	switch codeOf(err) & 0xff {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: sqlite: %s: %w", store.ErrFull, what, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: sqlite: %s: %w", store.ErrDisk, what, err)
	}
	return fmt.Errorf("sqlite: %s: %w", what, err)
}

// errGivenUp undoes the Updates that shared a commit with one that failed before them.
// They are run again.
var errGivenUp = errors.New("sqlite: another Update failed in the same commit")

// Retryable implements [store.Driver].
func (d *Driver) Retryable(err error) bool { return Retryable(err) }

// Retryable reports whether err says that another transaction held the file too long,
// wrote what this one had begun to read, or failed in the commit that this one shared
// with it. err may also come from a host's own statement or commit.
func Retryable(err error) bool {
	switch {
	case errors.Is(err, errGivenUp):
		return true
	case errors.Is(err, store.ErrUncertain):
		return false
	}
	code := codeOf(err) & 0xff
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

// undone handles a COMMIT that failed. SQLite has rolled back. But if only the sync of
// its log failed, the whole transaction stands in the log, after the part that counts,
// and a process that opens the file after a crash would treat it as committed. The next
// commit overwrites it, so undone makes a commit that changes nothing. Only if that
// fails too, the outcome is not known. On a full disk, the end of the transaction is
// not in the log.
func (s *session) undone(ctx context.Context, refusal error) error {
	_ = s.exec(ctx, "ROLLBACK") // nearly always done already
	if codeOf(refusal)&0xff == sqlite3.SQLITE_FULL {
		return failed("commit", refusal)
	}
	if err := s.touch(ctx); err != nil {
		return fmt.Errorf("%w: sqlite: commit: %w", store.ErrUncertain, errors.Join(refusal, err))
	}
	return failed("commit", refusal)
}

// touch commits the first page of the file as it is.
func (s *session) touch(ctx context.Context) error {
	if err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	var version int32
	err := s.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	if err == nil {
		_, err = s.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
	}
	if err == nil {
		err = s.exec(ctx, "COMMIT")
	}
	if err != nil {
		_ = s.exec(ctx, "ROLLBACK")
	}
	return err
}
