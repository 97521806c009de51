package store

import (
	"cmp"
	"context"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Mode says what a transaction may do. Its zero value is invalid.
type Mode uint8

const (
	// View reads one snapshot and refuses writes.
	View Mode = iota + 1
	// Update reads and writes; it is serializable.
	Update
)

var modeNames = []string{View: "view", Update: "update"}

// String returns the mode in English.
func (m Mode) String() string { return enum.Name("Mode", modeNames, m) }

// Kind is the type of a column. Its zero value is invalid.
type Kind uint8

const (
	// KindText is a byte string, ordered byte by byte in every locale. NUL and bytes
	// that are not UTF-8 are kept as they are. Only the order of text that is not
	// UTF-8, which [Table] refuses, may differ.
	KindText Kind = iota + 1
	// KindInt is a 64-bit signed integer.
	KindInt
	// KindTime is a moment in UTC, kept as microseconds since 1970.
	KindTime
)

var kindNames = []string{KindText: "text", KindInt: "int", KindTime: "time"}

// String returns the type in English.
func (k Kind) String() string { return enum.Name("Kind", kindNames, k) }

// Value is the content of one column: Text for [KindText], Int for the others.
type Value struct {
	Kind Kind
	Text string
	Int  int64
}

// Compare orders two values of the same kind, as every driver must.
func (v Value) Compare(w Value) int {
	if v.Kind == KindText {
		return strings.Compare(v.Text, w.Text)
	}
	return cmp.Compare(v.Int, w.Int)
}

// Column is a value lifted out of the document so that it can be searched.
type Column struct {
	Name string
	Kind Kind
}

// Index is an order in which rows can be read: by Columns, which are positions in
// [Schema].Columns, then by id.
//
// A Unique index refuses a second row with the same columns. Rows whose first column is
// empty text are not constrained, so many rows may leave out an optional number. They
// are still found through the index.
type Index struct {
	Name    string
	Columns []int
	Unique  bool
}

// Free reports whether a row with these columns is not constrained by a unique index.
func (x *Index) Free(cols []Value) bool {
	first := cols[x.Columns[0]]
	return first.Kind == KindText && first.Text == ""
}

// Schema is the shape of one table. Names match [a-z][a-z0-9_]*, have at most 40 bytes
// and no two underscores in a row, so that a driver may join names with two
// underscores. Table names do not begin with sqlite_ or pg_. The columns id, version,
// generation and doc exist in every table; no column is named like a system column of
// PostgreSQL (xmin, ctid).
type Schema struct {
	Name    string
	Columns []Column
	Indexes []Index
}

// Row is one record. Cols has one value for each of [Schema].Columns. Generation is
// kept for the reader of the row.
type Row struct {
	ID         string
	Version    int64
	Generation int64
	Doc        []byte
	Cols       []Value
}

// Position is a place between rows in the order of an index. It has an id and the
// values of all index columns that Query.Equal leaves open (none if Query.Index is
// nil). An empty ID stands before every id of these values. There need not be a row at
// the place.
type Position struct {
	Values []Value
	ID     string
}

// Query asks for one bounded page.
type Query struct {
	Index *Index    // one of the schema's, known by its name; nil reads in order of id
	Equal []Value   // required values of the first len(Equal) index columns; none without Index
	After *Position // rows strictly after this place, in the direction of reading; nil starts at the edge
	Desc  bool      // reverses every open column and the id
	Limit int       // at least 1
	Light bool      // leaves Row.Doc nil
}

// Driver is what a database implements, together with [DriverTx]. Its methods
// may be called concurrently.
type Driver interface {
	// Ensure creates the tables, columns and indexes that are missing; several
	// processes may do so at once. A new column is empty, 0 or 1970 in the rows that
	// exist.
	//
	// Ensure keeps what a table has and the schema does not know, for a newer program.
	// Such a column keeps its value in a row that is replaced, and is empty, 0 or 1970
	// in a new row. Such an index is still maintained and enforced.
	//
	// Ensure returns a [SchemaError] and changes nothing if a column or an index exists
	// in another shape. It also returns a SchemaError if rows break a unique index; it
	// then does not make that index, but may have made what the schemas name before it.
	// If ctx is done, Ensure returns its error.
	Ensure(ctx context.Context, schemas []Schema) error

	// Begin starts a transaction. An Update holds every key of locks, which come sorted
	// and without duplicates. It takes them before its snapshot, so that it sees what
	// the previous holder committed. Transactions are serializable. A View never waits
	// for an Update, and an Update never waits for a View.
	//
	// ctx bounds only the wait for Begin: its end does not end the transaction. If ctx
	// is done before Begin or while it waits, Begin returns its error, which is not
	// [ErrBusy]. Begin returns [ErrClosed] if the driver is closed.
	Begin(ctx context.Context, mode Mode, locks []string) (DriverTx, error)

	// Retryable reports whether the same transaction, run again from its beginning, may
	// succeed after err, because it lost to another one. It returns false for nil, for
	// a ctx's error, and for errors of this package such as [ErrConflict] and
	// [ErrUncertain]; of these only a roll-back with [ErrUndone] may be run again. It
	// may always return false if Updates run one at a time.
	Retryable(err error) bool

	// Close releases the database. It is called once, when no transaction is open;
	// Begin may still be called later.
	Close() error
}

// DriverTx is one transaction, used by one goroutine at a time. Arguments and results
// are not shared: either side may change its copy. A method returns the ctx's error if
// ctx is done.
type DriverTx interface {
	// Get returns the row as this transaction sees it. It returns [ErrNotFound] if
	// there is none.
	Get(ctx context.Context, s *Schema, id string) (Row, error)

	// Write inserts row when old is 0. Otherwise it replaces the row whose version is
	// old, or deletes it if Doc is empty. row.Version comes from the caller, starts at
	// 1, and is kept as given; it may equal old. An insert has a Doc; a row that is
	// deleted may be without Cols.
	//
	// It returns an [ExistsError] if the id (Index "id") or a unique index is taken,
	// naming either if both are. It returns [ErrConflict] if no row has that id and
	// version, even if a unique index is taken, and [ErrReadOnly] in a View. A refused
	// Write changes nothing and leaves the transaction usable.
	Write(ctx context.Context, s *Schema, row Row, old int64) error

	// Query returns one page, as this transaction sees it.
	Query(ctx context.Context, s *Schema, q Query) ([]Row, error)

	// End commits or rolls back, and is called exactly once, even after an error. If
	// the driver keeps anything at all, a commit that returned nil survives the death
	// of the process. [ErrUncertain] means that the transaction is kept whole or not at
	// all, and that the driver does not know which: the connection broke off, or the
	// disk failed, after the commit was sent. Every other error means that nothing was
	// kept.
	//
	// A roll-back returns [ErrUndone] if what the transaction read was not committed
	// and never will be, and [ErrUncertain] if that is not known. This concerns only a
	// driver whose transactions read what others have not finished committing.
	//
	// Every method returns [ErrFull] if the disk is full and [ErrDisk] if it fails,
	// where the driver learns of it.
	End(commit bool) error
}

// Counter is an optional interface of a [DriverTx]. It counts the rows of a query
// without After, up to its Limit, faster than Query returns them.
type Counter interface {
	Count(ctx context.Context, s *Schema, q Query) (int, error)
}

// Claimer is an optional interface of a [Driver]. It lets several transactions take
// different rows from one queue without waiting for each other.
type Claimer interface {
	// BeginClaim is Begin for an Update that is not serializable. Its Query skips the
	// rows that another transaction is writing or has claimed. It claims the rows that
	// it returns, in their present state, until the end of the transaction. The
	// transaction must not rely on anything else it reads.
	BeginClaim(ctx context.Context) (DriverTx, error)
}
