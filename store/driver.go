package store

import (
	"cmp"
	"context"
	"strings"
)

// Mode says what a transaction may do. Its zero value is invalid.
type Mode uint8

const (
	// View reads one snapshot and refuses writes.
	View Mode = iota + 1
	// Update reads and writes, serializably.
	Update
)

// Kind is the type of a column. Its zero value is invalid.
type Kind uint8

const (
	// KindText is a byte string, ordered byte by byte whatever the locale.
	// NUL and bytes that are not UTF-8 are kept as they are; only the place of
	// text that is not UTF-8, which [Table] refuses, may be another in the order.
	KindText Kind = iota + 1
	// KindInt is a 64-bit signed integer.
	KindInt
	// KindTime is a moment in UTC, kept as microseconds since 1970.
	KindTime
)

// Value is the content of one column: Text for KindText, Int for the others.
type Value struct {
	Kind Kind
	Text string
	Int  int64
}

// Compare orders two values of the same kind as every driver must.
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

// Index is an order in which rows can be read: by Columns, given as positions
// in [Schema.Columns], then by id.
//
// A Unique index refuses a second row with the same columns. Rows whose first
// column is empty text are not constrained, so that an optional number may be
// left out by many rows; they are still found through the index.
type Index struct {
	Name    string
	Columns []int
	Unique  bool
}

// Free reports whether a row with these columns escapes the constraint of a
// unique index.
func (x *Index) Free(cols []Value) bool {
	first := cols[x.Columns[0]]
	return first.Kind == KindText && first.Text == ""
}

// Schema is the shape of one table. Names match [a-z][a-z0-9_]*, at most 40 bytes,
// without two underscores in a row, so that a driver may join them with these. Tables
// do not begin with sqlite_ or pg_. The columns id, version, generation and doc exist in
// every table; none is named like a system column of PostgreSQL (xmin, ctid).
type Schema struct {
	Name    string
	Columns []Column
	Indexes []Index
}

// Row is one record. Cols has one value for each of [Schema.Columns]. Generation
// is kept for whoever reads the row.
type Row struct {
	ID         string
	Version    int64
	Generation int64
	Doc        []byte
	Cols       []Value
}

// Position is a place between rows in the order of an index: the values of all of the
// index columns that [Query.Equal] leaves open, none where Index is nil, and an id. An
// empty ID stands before every id of these values; no row need be at the place.
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
	// processes may do so at once. A new column is empty, 0 or 1970 in the rows
	// that exist.
	//
	// What a table has and the schema does not know stays, for a newer program: such a
	// column keeps its value in a row that is replaced, and is empty, 0 or 1970 in a
	// new one; such an index goes on to be kept, and enforced.
	//
	// A column or an index that exists in another shape is a [SchemaError], and then
	// nothing is changed. A unique index that rows break is a SchemaError too: the index
	// is not made, but what the schemas name before it may have been. When ctx is done,
	// Ensure answers with its error.
	Ensure(ctx context.Context, schemas []Schema) error

	// Begin starts a transaction. An Update holds every key of locks, which
	// come sorted and without duplicates, and takes them before its snapshot,
	// so that it sees what the previous holder committed. Transactions are
	// serializable. A View waits for no Update, nor an Update for a View.
	//
	// ctx bounds the wait for Begin only: its end does not end the transaction. When it
	// is done, before Begin or while it waits, Begin answers with its error, which is not
	// [ErrBusy]. A closed driver answers [ErrClosed].
	Begin(ctx context.Context, mode Mode, locks []string) (DriverTx, error)

	// Retryable reports whether err says that the same transaction, run
	// again from its beginning, may succeed: because it lost to another one. It is
	// false of nil, of a ctx's error, and of what this package names, such as
	// [ErrConflict] and [ErrUncertain]; only a roll-back that is [ErrUndone] may be run
	// again. Where Updates run one at a time it may be false always.
	Retryable(err error) bool

	// Close releases the database. It is called once, with no transaction open; a Begin
	// may come later.
	Close() error
}

// DriverTx is one transaction, used by one goroutine at a time. What it
// returns and what it is given is not shared: either side may change its copy.
// A method whose ctx is done answers with the ctx's error.
type DriverTx interface {
	// Get returns the row, as this transaction sees it, or [ErrNotFound].
	Get(ctx context.Context, s *Schema, id string) (Row, error)

	// Write inserts row when old is 0 and otherwise replaces, or with an
	// empty Doc deletes, the row whose version is old. row.Version is the caller's, from
	// 1, and kept as it is given; it may be old itself. An insert has a Doc; a row that
	// is deleted may be without Cols.
	//
	// It answers [ExistsError] for a taken id (Index "id") or unique index, either where
	// both are, [ErrConflict] when no row has that id and version, also where a unique
	// index is taken, [ErrReadOnly] in a View. A refused Write changes nothing and leaves
	// the transaction usable.
	Write(ctx context.Context, s *Schema, row Row, old int64) error

	// Query returns one page, as this transaction sees it.
	Query(ctx context.Context, s *Schema, q Query) ([]Row, error)

	// End commits or rolls back, and is called exactly once, also after an error. A
	// commit that returns nil survives the death of the process, where the driver keeps
	// anything at all. [ErrUncertain] says that it may have been kept, whole; every
	// other error that it was not. It is the answer of a driver that does not know: the
	// connection broke off, or the disk failed, after the commit was sent on its way.
	//
	// A roll-back that answers [ErrUndone] says that what was read was not committed, and
	// never will be, [ErrUncertain] that it may not be: of a driver whose transactions
	// read what others have not finished to commit. Others have no need of it.
	//
	// A full disk is [ErrFull], and one that fails [ErrDisk], from any method that meets
	// it, where the driver is told.
	End(commit bool) error
}

// Counter is a DriverTx that counts the rows of a query without After, up to its
// Limit, faster than it returns them. It need not be one.
type Counter interface {
	Count(ctx context.Context, s *Schema, q Query) (int, error)
}

// Claimer is a Driver that lets transactions take rows from a queue past one
// another. It need not be one.
type Claimer interface {
	// BeginClaim is Begin for an Update that is not serializable. Its Query
	// passes over the rows that another transaction is writing or has claimed,
	// and claims those that it returns, as they are now, until the end of the
	// transaction. What else it reads, it must not rely on.
	BeginClaim(ctx context.Context) (DriverTx, error)
}
