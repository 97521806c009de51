package store

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"time"
)

const (
	defaultLimit = 50
	// MaxLimit is the largest page.
	MaxLimit = 500
	// CountLimit is where [Table.Count] stops counting.
	CountLimit = 999
)

// Clause is one part of a query.
type Clause func(*request)

type request struct {
	where  []equal
	order  []string
	desc   bool
	after  Cursor
	limit  int
	faults []error
}

type equal struct {
	column string
	value  any
}

// Where keeps the rows whose column has this value: a string, an int, an int64 (or a
// type made from one of these), or a time.Time, according to the column's kind.
func Where(column string, value any) Clause {
	return func(r *request) { r.where = append(r.where, equal{column, value}) }
}

// Asc orders by these columns, which come right after those of the Where clauses in an
// index. Without columns it orders by all remaining columns of the index, then by id.
func Asc(columns ...string) Clause { return func(r *request) { r.order, r.desc = columns, false } }

// Desc is [Asc] in reverse.
func Desc(columns ...string) Clause { return func(r *request) { r.order, r.desc = columns, true } }

// After continues where the page that gave the cursor ended. Rows written meanwhile
// neither shift nor repeat the rest. An empty cursor is the start.
func After(c Cursor) Clause { return func(r *request) { r.after = c } }

// Limit sets the size of a page, from 1 to [MaxLimit]; the default is 50.
func Limit(n int) Clause {
	return func(r *request) {
		r.limit = n
		if n < 1 || n > MaxLimit {
			r.faults = append(r.faults, fmt.Errorf("%w: limit %d, from 1 to %d", ErrQuery, n, MaxLimit))
		}
	}
}

// Page is some records in order. Next is empty at the end of the list.
type Page[T any] struct {
	Items []Rec[T]
	Next  Cursor
}

// Values returns the values of the records, and Next.
func (p Page[T]) Values() (all []T, next Cursor) {
	for _, r := range p.Items {
		all = append(all, r.V)
	}
	return all, p.Next
}

// Page reads a page. Its Where and order columns must be the beginning of a declared
// index; otherwise it returns a [NoIndexError] that names them. Without any it reads in
// order of id. If several index orders serve, it takes the first declared.
func (t *Table[T]) Page(ctx context.Context, tx *Tx, clauses ...Clause) (Page[T], error) {
	rows, next, err := t.page(ctx, tx, false, clauses)
	if err != nil {
		return Page[T]{}, err
	}
	p := Page[T]{Items: make([]Rec[T], len(rows)), Next: next}
	for i, row := range rows {
		if p.Items[i], err = t.decode(tx, row); err != nil {
			return Page[T]{}, err
		}
	}
	return p, nil
}

// All reads every record of the query, one page of [Limit] at a time, so the loop may
// write to the table. The loop meets a record again if it moves it forward in the
// order. An error ends the sequence.
func (t *Table[T]) All(ctx context.Context, tx *Tx, clauses ...Clause) iter.Seq2[Rec[T], error] {
	return func(yield func(Rec[T], error) bool) {
		clauses := slices.Clip(clauses)
		for at := clauses; ; {
			p, err := t.Page(ctx, tx, at...)
			if err != nil {
				yield(Rec[T]{}, err)
				return
			}
			for _, r := range p.Items {
				if !yield(r, nil) {
					return
				}
			}
			if p.Next == "" {
				return
			}
			at = append(clauses, After(p.Next))
		}
	}
}

// Light is a record without its document: what lists need, at a third of the cost.
type Light struct {
	ID      string
	Version int64
	schema  *Schema
	cols    []Value
}

// Text returns a text column, or "" if there is no text column of that name.
func (l Light) Text(column string) string { return l.value(column, KindText).Text }

// Int returns an integer column, or 0 if there is no integer column of that name.
func (l Light) Int(column string) int64 { return l.value(column, KindInt).Int }

// Time returns a time column in UTC, or 1970 if there is no time column of that name.
func (l Light) Time(column string) time.Time {
	return time.UnixMicro(l.value(column, KindTime).Int).UTC()
}

func (l Light) value(column string, kind Kind) Value {
	if i := l.schema.position(column); i >= 0 && l.cols[i].Kind == kind {
		return l.cols[i]
	}
	return Value{Kind: kind}
}

// LightPage is a [Page] of the lifted columns alone.
type LightPage struct {
	Items []Light
	Next  Cursor
}

// Light reads a page of the lifted columns and decodes no document.
func (t *Table[T]) Light(ctx context.Context, tx *Tx, clauses ...Clause) (LightPage, error) {
	rows, next, err := t.page(ctx, tx, true, clauses)
	if err != nil {
		return LightPage{}, err
	}
	p := LightPage{Items: make([]Light, len(rows)), Next: next}
	for i, row := range rows {
		p.Items[i] = Light{ID: row.ID, Version: row.Version, schema: &t.schema, cols: row.Cols}
	}
	return p, nil
}

// Count is a number of rows, exact up to [CountLimit].
type Count struct {
	N    int  // at most CountLimit
	More bool // there are more than N
}

// String prints "12", or "999+" when there are more.
func (c Count) String() string {
	if c.More {
		return strconv.Itoa(c.N) + "+"
	}
	return strconv.Itoa(c.N)
}

// Count counts the rows that the Where clauses keep. Other clauses are ignored.
func (t *Table[T]) Count(ctx context.Context, tx *Tx, clauses ...Clause) (Count, error) {
	r := collect(clauses)
	q, _, err := t.plan(tx, request{where: r.where})
	if err != nil {
		return Count{}, err
	}
	q.Limit, q.Light = CountLimit+1, true
	n := 0
	if c, ok := tx.d.(Counter); ok {
		n, err = c.Count(ctx, &t.schema, q)
	} else {
		var rows []Row
		rows, err = tx.d.Query(ctx, &t.schema, q)
		n = len(rows)
	}
	if err != nil {
		return Count{}, tx.noteLost(err)
	}
	return Count{N: min(n, CountLimit), More: n > CountLimit}, nil
}

func collect(clauses []Clause) request {
	r := request{limit: defaultLimit}
	for _, c := range clauses {
		c(&r)
	}
	return r
}

func (t *Table[T]) page(ctx context.Context, tx *Tx, light bool, clauses []Clause) ([]Row, Cursor, error) {
	r := collect(clauses)
	q, shape, err := t.plan(tx, r)
	if err != nil {
		return nil, "", err
	}
	if r.after != "" {
		if q.After, err = r.after.decode(shape, &t.schema, t.schema.open(q)); err != nil {
			return nil, "", err
		}
	}
	q.Limit, q.Light = r.limit+1, light // one more shows whether there is a next page
	rows, err := tx.d.Query(ctx, &t.schema, q)
	if err != nil {
		return nil, "", tx.noteLost(err)
	}
	if len(rows) <= r.limit {
		return rows, "", nil
	}
	rows = rows[:r.limit]
	last := rows[len(rows)-1]
	at := Position{ID: last.ID}
	for _, c := range t.schema.open(q) {
		at.Values = append(at.Values, last.Cols[c])
	}
	return rows, encodeCursor(shape, at), nil
}

// plan finds the index that serves a request. The shape is a digest of everything that
// must not change between a cursor and its next use.
func (t *Table[T]) plan(tx *Tx, r request) (Query, uint64, error) {
	if err := tx.checkReady(&t.schema); err != nil {
		return Query{}, 0, err
	}
	if len(r.faults) > 0 {
		return Query{}, 0, fmt.Errorf("%s: %w", t.schema.Name, r.faults[0])
	}
	given := make(map[int]Value, len(r.where))
	for _, w := range r.where {
		c := t.column(w.column)
		if c < 0 {
			return Query{}, 0, fmt.Errorf("%w: %s has no column %q", ErrQuery, t.schema.Name, w.column)
		}
		if _, twice := given[c]; twice {
			return Query{}, 0, fmt.Errorf("%w: %s: column %q twice", ErrQuery, t.schema.Name, w.column)
		}
		v, ok := toValue(t.schema.Columns[c].Kind, w.value)
		if !ok {
			return Query{}, 0, fmt.Errorf("%w: %s: a %T for column %q", ErrQuery, t.schema.Name, w.value, w.column)
		}
		given[c] = v
	}
	order := make([]int, len(r.order))
	for i, name := range r.order {
		if order[i] = t.column(name); order[i] < 0 {
			return Query{}, 0, fmt.Errorf("%w: %s has no column %q", ErrQuery, t.schema.Name, name)
		}
	}
	q := Query{Desc: r.desc}
	if len(given)+len(order) > 0 {
		i := slices.IndexFunc(t.schema.Indexes, func(x Index) bool { return x.serves(given, order) })
		if i < 0 {
			return Query{}, 0, t.noIndex(r)
		}
		q.Index = &t.schema.Indexes[i]
		for _, c := range q.Index.Columns[:len(given)] {
			q.Equal = append(q.Equal, given[c])
		}
	}
	return q, shapeOf(&t.schema, q), nil
}

func (t *Table[T]) noIndex(r request) error {
	e := &NoIndexError{Table: t.schema.Name, Order: slices.Clone(r.order)}
	for _, w := range r.where {
		e.Where = append(e.Where, w.column)
	}
	return e
}

// serves reports whether the index begins with the given columns, in any order, and
// continues with those of order.
func (x *Index) serves(given map[int]Value, order []int) bool {
	if len(x.Columns) < len(given)+len(order) {
		return false
	}
	for _, c := range x.Columns[:len(given)] {
		if _, ok := given[c]; !ok {
			return false
		}
	}
	return slices.Equal(x.Columns[len(given):len(given)+len(order)], order)
}

// open lists the columns of the query's index that Equal leaves open.
func (s *Schema) open(q Query) []int {
	if q.Index == nil {
		return nil
	}
	return q.Index.Columns[len(q.Equal):]
}

func toValue(kind Kind, v any) (Value, bool) {
	switch v := v.(type) {
	case string:
		return Value{Kind: KindText, Text: v}, kind == KindText
	case int:
		return Value{Kind: KindInt, Int: int64(v)}, kind == KindInt
	case int64:
		return Value{Kind: KindInt, Int: v}, kind == KindInt
	case time.Time:
		return Value{Kind: KindTime, Int: v.UnixMicro()}, kind == KindTime
	}
	switch rv := reflect.ValueOf(v); {
	case kind == KindText && rv.Kind() == reflect.String:
		return Value{Kind: KindText, Text: rv.String()}, true
	case kind == KindInt && rv.CanInt():
		return Value{Kind: KindInt, Int: rv.Int()}, true
	}
	return Value{}, false
}
