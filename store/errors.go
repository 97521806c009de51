package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/fault"
)

// Sentinels, to be tested with errors.Is.
var (
	// ErrNotFound says that there is no such row or blob.
	ErrNotFound = fault.NoRow("store: not found")
	// ErrConflict says that the row changed or was deleted since it was read.
	ErrConflict = errors.New("store: conflict")
	// ErrExists is the sentinel of every [ExistsError].
	ErrExists = errors.New("store: already exists")
	// ErrNoIndex is the sentinel of every [NoIndexError].
	ErrNoIndex = errors.New("store: no index")
	// ErrSchema is the sentinel of every [SchemaError].
	ErrSchema = errors.New("store: schema mismatch")
	// ErrNewerSchema says that a newer program wrote the record, with fields that
	// this one would drop.
	ErrNewerSchema = errors.New("store: written by a newer program")
	// ErrDigest is the sentinel of every [DigestError].
	ErrDigest = errors.New("store: digest mismatch")
	// ErrBusy says that the transaction could not start in time, or lost to
	// others on every attempt. Nothing was written.
	ErrBusy = errors.New("store: busy")
	// ErrRetry says that the host's transaction, which a [DB.Join] is part of, lost to
	// another one: roll it back and run it again.
	ErrRetry = errors.New("store: the host's transaction must be run again")
	// ErrIsolation says that the host's transaction is not serializable, and that this
	// cannot be done in it.
	ErrIsolation = errors.New("store: the host's transaction is not serializable")
	// ErrUncertain says that the connection was lost, the disk failed, or ctx was
	// cancelled, while the transaction was committing. It was kept whole or not at all;
	// only its rows can show which.
	ErrUncertain = errors.New("store: unknown whether it was committed")
	// ErrUndone says that a transaction was refused because of what others had written,
	// and that their writes were not kept. So the refusal means nothing, and nothing
	// was written.
	ErrUndone = errors.New("store: what was read was undone")
	// ErrFull says that the disk of the database or of the blobs is full. Nothing of
	// the transaction, or of the Put, was kept.
	ErrFull = errors.New("store: no room")
	// ErrDisk says that the disk failed. Nothing of the transaction was kept. A Put may
	// have been kept all the same; it may be put again.
	ErrDisk = errors.New("store: the disk failed")
	// ErrClosed says that the database is closed.
	ErrClosed = errors.New("store: closed")
	// ErrNested says that a transaction was started inside another one.
	ErrNested = errors.New("store: transaction inside a transaction")
	// ErrReadOnly says that a View tried to write.
	ErrReadOnly = errors.New("store: write in a view")
	// ErrTxDone says that a Tx was used after its function returned.
	ErrTxDone = errors.New("store: transaction is over")
	// ErrCursor says that a cursor is damaged or belongs to another query.
	ErrCursor = errors.New("store: invalid cursor")
	// ErrQuery says that a clause names an unknown column, carries a value of
	// another kind, or is out of its limits.
	ErrQuery = errors.New("store: invalid query")
	// ErrTooLarge says that an id, text column, lock or document exceeds its limit.
	ErrTooLarge = fault.NoRow("store: too large")
	// ErrText says that a string is not UTF-8, which JSON would change silently.
	ErrText = fault.NoRow("store: text is not UTF-8")
	// ErrEmptyID says that a record, or a lookup, has no id.
	ErrEmptyID = fault.NoRow("store: empty id")
	// ErrUnknownTable says that a table was not given to Open.
	ErrUnknownTable = errors.New("store: unknown table")
	// ErrLeaseLost says that another worker claimed, or finished, the delivery.
	ErrLeaseLost = errors.New("store: lease lost")
)

// ExistsError names the unique index that refused a row; the index of the id
// itself is called "id".
type ExistsError struct {
	Table, Index string
}

// Error names the table and the index.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("store: %s: a row with this %s already exists", e.Table, e.Index)
}

// Is reports whether target is [ErrExists].
func (e *ExistsError) Is(target error) bool { return target == ErrExists }

// NoIndexError names the columns of a query that no declared index serves: first those
// tested for equality, then those that give the order.
type NoIndexError struct {
	Table        string
	Where, Order []string
}

// Error names the table and the columns.
func (e *NoIndexError) Error() string {
	return fmt.Sprintf("store: %s: no index on (%s) ordered by (%s)",
		e.Table, strings.Join(e.Where, ", "), strings.Join(e.Order, ", "))
}

// Is reports whether target is [ErrNoIndex].
func (e *NoIndexError) Is(target error) bool { return target == ErrNoIndex }

// SchemaError says that a table is declared wrongly, or exists in another shape.
type SchemaError struct {
	Table, Reason string
}

// Error names the table and the difference.
func (e *SchemaError) Error() string { return fmt.Sprintf("store: table %q: %s", e.Table, e.Reason) }

// Is reports whether target is [ErrSchema].
func (e *SchemaError) Is(target error) bool { return target == ErrSchema }

// DigestError says that the content found under Want hashes to Got.
type DigestError struct {
	Want, Got Digest
}

// Error names both digests.
func (e *DigestError) Error() string {
	return fmt.Sprintf("store: blob %s has the content of %s", e.Want, e.Got)
}

// Is reports whether target is [ErrDigest].
func (e *DigestError) Is(target error) bool { return target == ErrDigest }
