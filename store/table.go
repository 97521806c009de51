package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of what a row may hold, in bytes. With them every row fits the index pages of
// the databases.
const (
	MaxID   = 256
	MaxText = 512
	MaxDoc  = 16 << 20
)

// AnyTable is a [Table] of any type, as [Open] takes them.
type AnyTable interface {
	declared() (*Schema, error)
	refill(ctx context.Context, tx *Tx, after Cursor, limit int) (n int, next Cursor, err error)
	reseal(ctx context.Context, tx *Tx, after Cursor, limit int) (n int, next Cursor, err error)
}

// Table keeps values of T as JSON documents, with the columns that are
// searched lifted out beside them. It is a description, holds no data, and is
// safe for concurrent use once declared.
type Table[T any] struct {
	schema Schema
	id     func(*T) string
	lift   []func(*T) Value
	gen    int64
	err    error // a fault of the declaration, reported by Open
}

// Col is a column of a table of T.
type Col[T any] struct {
	column Column
	lift   func(*T) Value
}

// Text lifts a string of at most [MaxText] bytes.
func Text[T any](name string, get func(*T) string) Col[T] {
	return Col[T]{Column{name, KindText}, func(v *T) Value { return Value{Kind: KindText, Text: get(v)} }}
}

// Int lifts an integer.
func Int[T any](name string, get func(*T) int64) Col[T] {
	return Col[T]{Column{name, KindInt}, func(v *T) Value { return Value{Kind: KindInt, Int: get(v)} }}
}

// Time lifts a moment, to the microsecond. The zero time sorts first.
func Time[T any](name string, get func(*T) time.Time) Col[T] {
	return Col[T]{Column{name, KindTime}, func(v *T) Value { return Value{Kind: KindTime, Int: get(v).UnixMicro()} }}
}

// NewTable declares a table, with names as in [Schema]. id returns a value's own id: 1
// to [MaxID] bytes, never changed, never used again after a Delete. [Open] reports
// faults in the declaration.
func NewTable[T any](name string, id func(*T) string, cols ...Col[T]) *Table[T] {
	t := &Table[T]{schema: Schema{Name: name}, id: id, gen: 1}
	if !goodName(name) || reserved(name) {
		t.fault("bad table name")
	}
	if id == nil {
		t.fault("no id function")
	}
	for _, c := range cols {
		if !goodName(c.column.Name) || slices.Contains(ownColumns, c.column.Name) || t.column(c.column.Name) >= 0 {
			t.fault(fmt.Sprintf("bad or doubled column name %q", c.column.Name))
		}
		t.schema.Columns = append(t.schema.Columns, c.column)
		t.lift = append(t.lift, c.lift)
	}
	return t
}

// Generation declares which generation of T this program writes. Without a call it is
// 1. Raise it with each field whose loss would do harm. A program of an older
// generation that meets such a record returns [ErrNewerSchema]; otherwise it would
// write the record back without the field. Records of older generations are read as
// they are.
func (t *Table[T]) Generation(n int) *Table[T] {
	if n < 1 {
		t.fault(fmt.Sprintf("generation %d, from 1", n))
	}
	t.gen = int64(n)
	return t
}

// Index declares an order in which the table can be read: by these columns, then by id.
// Call it as part of the declaration. It returns t.
func (t *Table[T]) Index(name string, columns ...string) *Table[T] {
	return t.index(name, false, columns)
}

// Unique declares an index that refuses a second row with the same columns.
// Rows whose first column is empty text are not constrained.
func (t *Table[T]) Unique(name string, columns ...string) *Table[T] {
	return t.index(name, true, columns)
}

func (t *Table[T]) index(name string, unique bool, columns []string) *Table[T] {
	x := Index{Name: name, Unique: unique}
	taken := slices.ContainsFunc(t.schema.Indexes, func(o Index) bool { return o.Name == name })
	if !goodName(name) || name == "id" || taken {
		t.fault(fmt.Sprintf("bad or doubled index name %q", name))
	}
	for _, c := range columns {
		i := t.column(c)
		if i < 0 || slices.Contains(x.Columns, i) {
			t.fault(fmt.Sprintf("index %q: unknown or doubled column %q", name, c))
		}
		x.Columns = append(x.Columns, i)
	}
	if len(columns) == 0 {
		t.fault(fmt.Sprintf("index %q has no columns", name))
	}
	t.schema.Indexes = append(t.schema.Indexes, x)
	return t
}

func (t *Table[T]) fault(reason string) {
	if t.err == nil {
		t.err = &SchemaError{Table: t.schema.Name, Reason: reason}
	}
}

func (t *Table[T]) declared() (*Schema, error) { return &t.schema, t.err }

// Schemas lists what [Open] would make in the database: these tables, then the
// store's own: outbox, store_fill and store_clock.
func Schemas(tables ...[]AnyTable) ([]Schema, error) {
	var all []Schema
	for _, t := range append(slices.Concat(tables...), newEventTable(), newFillTable(), newLookTable()) {
		s, err := t.declared()
		if err != nil {
			return nil, err
		}
		all = append(all, *s)
	}
	return all, nil
}

func (t *Table[T]) column(name string) int { return t.schema.position(name) }

func (s *Schema) position(name string) int {
	return slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name })
}

// goodName reports whether every database takes s as a name. The name of an index in a
// database consists of the table's name, two underscores and the index's name. Since
// neither has two underscores in a row, no two indexes, and no table and index, share a
// name.
func goodName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 40 && !strings.Contains(s, "__")
}

// reserved reports whether SQLite refuses a table of this name, or PostgreSQL would
// look for it in its own catalog first.
func reserved(table string) bool {
	return strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "pg_")
}

// ownColumns are the columns of every table, here or in PostgreSQL.
var ownColumns = []string{"id", "version", "generation", "doc", "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"}

// Rec is a value as it was read, with the version that guards its update.
type Rec[T any] struct {
	V       T
	Version int64
}

// Get returns the record. It returns [ErrNotFound] if there is none.
func (t *Table[T]) Get(ctx context.Context, tx *Tx, id string) (Rec[T], error) {
	if err := tx.checkReady(&t.schema); err != nil {
		return Rec[T]{}, err
	}
	if id == "" {
		return Rec[T]{}, fmt.Errorf("%w: %s", ErrEmptyID, t.schema.Name)
	}
	row, err := tx.d.Get(ctx, &t.schema, id)
	if err != nil {
		return Rec[T]{}, fmt.Errorf("store: %s %q: %w", t.schema.Name, id, tx.noteLost(err))
	}
	return t.decode(tx, row)
}

// Insert adds a value, whose version is then 1. It returns an [ExistsError] if the id
// or a unique column is taken; the transaction stays usable.
func (t *Table[T]) Insert(ctx context.Context, tx *Tx, v T) error {
	return t.write(ctx, tx, v, 0)
}

// Update replaces the record that was read as r with r.V. It returns [ErrConflict] if
// the record has changed since, even by this transaction: read it again first.
func (t *Table[T]) Update(ctx context.Context, tx *Tx, r Rec[T]) error {
	if r.Version < 1 {
		return fmt.Errorf("%w: %s: a record that was never read", ErrConflict, t.schema.Name)
	}
	return t.write(ctx, tx, r.V, r.Version)
}

// Put inserts v, or replaces the record with the same id. If there is usually none, Put
// is cheaper than reading first, and does not conflict with other writers. It returns
// an [ExistsError] if a unique column is taken.
func (t *Table[T]) Put(ctx context.Context, tx *Tx, v T) error {
	taken := t.Insert(ctx, tx, v)
	if !errors.Is(taken, ErrExists) {
		return taken
	}
	r, err := t.Get(ctx, tx, t.id(&v))
	if errors.Is(err, ErrNotFound) {
		return taken // by another record, in a unique column
	}
	if err != nil {
		return err
	}
	r.V = v
	return t.Update(ctx, tx, r)
}

// Delete removes the record that was read as r. It returns [ErrConflict] if the record
// has changed since.
func (t *Table[T]) Delete(ctx context.Context, tx *Tx, r Rec[T]) error {
	if r.Version < 1 {
		return fmt.Errorf("%w: %s: a record that was never read", ErrConflict, t.schema.Name)
	}
	return t.send(ctx, tx, Row{ID: t.id(&r.V)}, r.Version)
}

func (t *Table[T]) write(ctx context.Context, tx *Tx, v T, old int64) error {
	row, err := t.encode(&v, old+1)
	if err != nil {
		return err
	}
	if err := tx.checkReady(&t.schema); err != nil {
		return err
	}
	if row, err = tx.db.sealed(t.schema.Name, row); err != nil {
		return err
	}
	return t.send(ctx, tx, row, old)
}

func (t *Table[T]) send(ctx context.Context, tx *Tx, row Row, old int64) error {
	if err := tx.checkReady(&t.schema); err != nil {
		return err
	}
	if tx.mode != Update {
		return fmt.Errorf("%w: %s", ErrReadOnly, t.schema.Name)
	}
	if row.ID == "" {
		return fmt.Errorf("%w: %s", ErrEmptyID, t.schema.Name)
	}
	tx.recalled = nil
	if err := tx.d.Write(ctx, &t.schema, row, old); err != nil {
		return fmt.Errorf("store: %s %q: %w", t.schema.Name, row.ID, tx.noteLost(err))
	}
	return nil
}

func (t *Table[T]) encode(v *T, version int64) (Row, error) {
	row := Row{ID: t.id(v), Version: version, Generation: t.gen, Cols: make([]Value, len(t.lift))}
	if len(row.ID) > MaxID {
		return Row{}, fmt.Errorf("%w: %s: an id of %d bytes, at most %d", ErrTooLarge, t.schema.Name, len(row.ID), MaxID)
	}
	if !utf8.ValidString(row.ID) {
		return Row{}, fmt.Errorf("%w: the id of a %s", ErrText, t.schema.Name)
	}
	for i, lift := range t.lift {
		row.Cols[i] = lift(v)
		name := t.schema.Columns[i].Name
		if len(row.Cols[i].Text) > MaxText {
			return Row{}, fmt.Errorf("%w: %s %q: %s has %d bytes, at most %d", ErrTooLarge, t.schema.Name, row.ID, name, len(row.Cols[i].Text), MaxText)
		}
		if !utf8.ValidString(row.Cols[i].Text) {
			return Row{}, fmt.Errorf("%w: %s %q: %s", ErrText, t.schema.Name, row.ID, name)
		}
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return Row{}, fmt.Errorf("store: %s %q: %w", t.schema.Name, row.ID, err)
	}
	if len(doc) > MaxDoc {
		return Row{}, fmt.Errorf("%w: %s %q: a document of %d bytes, at most %d", ErrTooLarge, t.schema.Name, row.ID, len(doc), MaxDoc)
	}
	if replaced(doc) {
		return Row{}, fmt.Errorf("%w: %s %q", ErrText, t.schema.Name, row.ID)
	}
	row.Doc = doc
	return row, nil
}

// replaced reports whether encoding/json met bytes that are not UTF-8. It writes the
// escape \ufffd for those, and the three bytes of U+FFFD for that character itself.
// After an even number of backslashes, the u is text.
func replaced(doc []byte) bool {
	for rest := doc; ; {
		i := bytes.Index(rest, []byte(`\ufffd`))
		if i < 0 {
			return false
		}
		slashes := 1
		for slashes <= i && rest[i-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 1 {
			return true
		}
		rest = rest[i+6:]
	}
}

func (t *Table[T]) decode(tx *Tx, row Row) (Rec[T], error) {
	if row.Generation > t.gen {
		return Rec[T]{}, fmt.Errorf("%w: %s %q is of generation %d, not %d", ErrNewerSchema, t.schema.Name, row.ID, row.Generation, t.gen)
	}
	row, err := tx.db.opened(t.schema.Name, row)
	if err != nil {
		return Rec[T]{}, err
	}
	r := Rec[T]{Version: row.Version}
	if err := json.Unmarshal(row.Doc, &r.V); err != nil {
		return Rec[T]{}, fmt.Errorf("store: %s %q: %w", t.schema.Name, row.ID, err)
	}
	return r, nil
}
