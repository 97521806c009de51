package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dajiaqian/dajiaqian/store"
)

// failed wraps an error of the server or the connection. If ctx has ended, which
// interrupts a statement, it wraps the error of ctx instead.
func failed(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return wrapUndone(what, err)
}

// wrapUndone wraps an error of a transaction that was not committed.
func wrapUndone(what string, err error) error {
	switch stateOf(err) {
	case "53100": // disk_full
		return fmt.Errorf("%w: postgres: %s: %w", store.ErrFull, what, err)
	case "58030": // io_error
		return fmt.Errorf("%w: postgres: %s: %w", store.ErrDisk, what, err)
	}
	return fmt.Errorf("postgres: %s: %w", what, err)
}

// stateOf returns the SQLSTATE, or "".
func stateOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// Retryable implements [store.Driver].
func (d *Driver) Retryable(err error) bool { return Retryable(err) }

// Retryable reports whether a transaction may succeed if it is run again from its
// beginning after err. It may if it met another transaction (serialization_failure,
// deadlock_detected, lock_not_available), or lost its connection before it was asked to
// commit. err may also come from a host's own statement or commit.
func Retryable(err error) bool {
	if errors.Is(err, store.ErrUncertain) {
		return false
	}
	switch state := stateOf(err); state {
	case "40001", "40P01", "55P03":
		return true
	case "":
		return lost(err)
	default:
		return gone(state)
	}
}

// gone reports whether state is the SQLSTATE of a server that goes down, comes up or is
// full.
func gone(state string) bool {
	switch state {
	case "57P01", "57P02", "57P03", "53300":
		return true
	}
	return strings.HasPrefix(state, "08")
}

// lost reports whether err is an error of the connection and not of a ctx.
func lost(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	_, ofNet := errors.AsType[net.Error](err)
	_, ofConnect := errors.AsType[*pgconn.ConnectError](err)
	return ofNet || ofConnect || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// wrapUncertain wraps an error of COMMIT, or of the statement that releases the locks in
// the same message, which may be cancelled after the commit. The transaction may have
// been committed, except in two cases: the server gave a reason that only a COMMIT
// gives, or it never received the COMMIT (driver.ErrBadConn). A server of several
// machines may not know it either (statement_completion_unknown).
func wrapUncertain(err error) error {
	switch state := stateOf(err); {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("postgres: commit: %w", err)
	case refused(state):
		return wrapUndone("commit", err)
	}
	return fmt.Errorf("%w: postgres: commit: %w", store.ErrUncertain, err)
}

// refused reports whether state is an SQLSTATE with which a COMMIT alone is refused:
// for the disk, a constraint, the state of the transaction, another transaction, or a
// lock.
func refused(state string) bool {
	switch state {
	case "40003":
		return false
	case "53100", "58030":
		return true
	}
	return slices.ContainsFunc([]string{"23", "25", "40", "55"}, func(class string) bool { return strings.HasPrefix(state, class) })
}

// refusedBy returns the name of the index of s that a unique_violation is about, as in
// [store.ExistsError], or "".
func refusedBy(s *store.Schema, err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || e.Code != "23505" {
		return ""
	}
	if e.ConstraintName == objectName(s.Name, "id") {
		return "id"
	}
	for _, x := range s.Indexes {
		if e.ConstraintName == objectName(s.Name, x.Name+"__u") {
			return x.Name
		}
	}
	return ""
}
