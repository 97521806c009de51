// Package memory keeps a store in the memory of one process, for tests and first steps.
// Nothing survives the process.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/tidwall/btree"

	"github.com/dajiaqian/dajiaqian/store"
)

// Driver is a [store.Driver] on copy-on-write trees. Views read the last committed
// state and hold no lock. Updates run one at a time, which makes them serializable and
// satisfies every keyed lock.
type Driver struct {
	state  atomic.Pointer[state] // never changed, only replaced
	writer chan struct{}         // holds one token while no Update runs
	closed atomic.Bool
}

// New returns an empty driver.
func New() *Driver {
	d := &Driver{writer: make(chan struct{}, 1)}
	d.state.Store(&state{tables: map[string]*table{}})
	d.writer <- struct{}{}
	return d
}

type state struct{ tables map[string]*table }

// table has a tree in order of id and one for each index of the schema.
type table struct {
	schema store.Schema
	trees  []*tree
}

type tree = btree.BTreeG[item]

// item is a row under its key in one tree. At the start of a search the key may be
// short: it then stands after all keys that begin with it if after is set, and
// otherwise before them.
type item struct {
	key   []store.Value
	id    string
	after bool
	row   *store.Row
}

func newTree() *tree {
	return btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
}

func less(a, b item) bool {
	for i := range min(len(a.key), len(b.key)) {
		if c := a.key[i].Compare(b.key[i]); c != 0 {
			return c < 0
		}
	}
	switch {
	case len(a.key) < len(b.key):
		return !a.after
	case len(a.key) > len(b.key):
		return b.after
	case a.after != b.after:
		return b.after
	}
	return a.id < b.id
}

// Ensure implements [store.Driver].
func (d *Driver) Ensure(ctx context.Context, schemas []store.Schema) error {
	tx, err := d.begin(ctx, store.Update)
	if err != nil {
		return err
	}
	done := false
	defer func() { _ = tx.End(done) }()
	next := maps.Clone(tx.state.tables)
	for _, s := range schemas {
		have := next[s.Name]
		if have == nil {
			have = &table{schema: store.Schema{Name: s.Name}, trees: []*tree{newTree()}}
		}
		if next[s.Name], err = have.addMissing(&s); err != nil {
			return err
		}
	}
	tx.state, done = &state{tables: next}, true
	return nil
}

// addMissing returns the table with the columns and indexes of s added. s may add columns
// only at the end, or lack columns at its end.
func (tab *table) addMissing(s *store.Schema) (*table, error) {
	columns, common := tab.schema.Columns, min(len(tab.schema.Columns), len(s.Columns))
	if !slices.Equal(columns[:common], s.Columns[:common]) {
		return nil, &store.SchemaError{Table: s.Name, Reason: "exists with other columns"}
	}
	fresh := &table{schema: store.Schema{Name: s.Name, Indexes: slices.Clone(s.Indexes)}, trees: []*tree{newTree()}}
	fresh.schema.Columns = append(slices.Clone(columns), s.Columns[common:]...)
	for _, x := range tab.schema.Indexes {
		i := slices.IndexFunc(s.Indexes, func(y store.Index) bool { return y.Name == x.Name })
		switch {
		case i < 0:
			fresh.schema.Indexes = append(fresh.schema.Indexes, x)
		case x.Unique != s.Indexes[i].Unique || !slices.Equal(x.Columns, s.Indexes[i].Columns):
			return nil, &store.SchemaError{Table: s.Name, Reason: "has another index " + x.Name}
		}
	}
	for range fresh.schema.Indexes {
		fresh.trees = append(fresh.trees, newTree())
	}
	var clash error
	tab.trees[0].Scan(func(it item) bool {
		row := clone(it.row, false)
		row.Cols = fresh.padCols(row.Cols, nil)
		if clash = fresh.checkTaken(row); clash != nil {
			return false
		}
		fresh.each(&row, func(tr *tree, it item) { tr.Set(it) })
		return true
	})
	if clash != nil {
		return nil, &store.SchemaError{Table: s.Name, Reason: "has rows that clash: " + clash.Error()}
	}
	return fresh, nil
}

// padCols returns cols with the further columns that their writer does not know: as they
// were in the row that is replaced, or unset.
func (tab *table) padCols(cols, old []store.Value) []store.Value {
	cols = slices.Clip(cols)
	for i := len(cols); i < len(tab.schema.Columns); i++ {
		v := store.Value{Kind: tab.schema.Columns[i].Kind}
		if i < len(old) {
			v = old[i]
		}
		cols = append(cols, v)
	}
	return cols
}

// Begin implements [store.Driver].
func (d *Driver) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	return d.begin(ctx, mode)
}

func (d *Driver) begin(ctx context.Context, mode store.Mode) (*tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if mode != store.View && mode != store.Update {
		return nil, fmt.Errorf("memory: invalid mode %d", mode)
	}
	if mode == store.Update {
		select {
		case <-d.writer:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	t := &tx{driver: d, mode: mode, state: d.state.Load()}
	if d.closed.Load() {
		_ = t.End(false)
		return nil, store.ErrClosed
	}
	return t, nil
}

// Retryable implements [store.Driver]. One writer at a time never loses.
func (d *Driver) Retryable(error) bool { return false }

// Close implements [store.Driver] and forgets everything.
func (d *Driver) Close() error {
	d.closed.Store(true)
	d.state.Store(&state{})
	return nil
}

// tx reads the state it began with. Its first write to a table replaces that table in
// its own state by a lazy copy.
type tx struct {
	driver *Driver
	mode   store.Mode
	state  *state
	own    map[string]bool
}

func (t *tx) Get(ctx context.Context, s *store.Schema, id string) (store.Row, error) {
	tab, err := t.table(ctx, s)
	if err != nil {
		return store.Row{}, err
	}
	it, ok := tab.trees[0].Get(item{id: id})
	if !ok {
		return store.Row{}, store.ErrNotFound
	}
	return cutUnknown(s, clone(it.row, false)), nil
}

// cutUnknown cuts off the columns that the reader does not know.
func cutUnknown(s *store.Schema, row store.Row) store.Row {
	row.Cols = row.Cols[:len(s.Columns)]
	return row
}

func (t *tx) Query(ctx context.Context, s *store.Schema, q store.Query) ([]store.Row, error) {
	tab, err := t.table(ctx, s)
	if err != nil {
		return nil, err
	}
	tr := tab.trees[0]
	if q.Index != nil {
		i := slices.IndexFunc(tab.schema.Indexes, func(x store.Index) bool { return x.Name == q.Index.Name })
		if i < 0 {
			return nil, &store.SchemaError{Table: s.Name, Reason: "no index " + q.Index.Name}
		}
		tr = tab.trees[i+1]
	}
	start := item{key: q.Equal, after: q.Desc}
	if q.After != nil {
		start = item{key: slices.Concat(q.Equal, q.After.Values), id: q.After.ID}
	}
	var rows []store.Row
	visit := func(it item) bool {
		if len(rows) == q.Limit || !slices.Equal(it.key[:len(q.Equal)], q.Equal) {
			return false
		}
		if q.After == nil || it.id != q.After.ID || !slices.Equal(it.key, start.key) {
			rows = append(rows, cutUnknown(s, clone(it.row, q.Light)))
		}
		return true
	}
	if q.Desc {
		tr.Descend(start, visit)
	} else {
		tr.Ascend(start, visit)
	}
	return rows, nil
}

func (t *tx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	if t.mode != store.Update {
		return store.ErrReadOnly
	}
	tab, err := t.table(ctx, s)
	if err != nil {
		return err
	}
	have, exists := tab.trees[0].Get(item{id: row.ID})
	switch {
	case old == 0 && exists:
		return &store.ExistsError{Table: s.Name, Index: "id"}
	case old != 0 && (!exists || have.row.Version != old):
		return store.ErrConflict
	}
	if len(row.Doc) > 0 {
		var old []store.Value
		if exists {
			old = have.row.Cols
		}
		row.Cols = tab.padCols(row.Cols, old)
		if err := tab.checkTaken(row); err != nil {
			return err
		}
	}
	tab = t.writable(tab)
	if exists {
		tab.each(have.row, func(tr *tree, it item) { tr.Delete(it) })
	}
	if len(row.Doc) > 0 {
		kept := clone(&row, false)
		tab.each(&kept, func(tr *tree, it item) { tr.Set(it) })
	}
	return nil
}

func (t *tx) End(commit bool) error {
	if t.mode == store.Update {
		if commit {
			t.driver.state.Store(t.state)
		}
		t.driver.writer <- struct{}{}
	}
	return nil
}

func (t *tx) table(ctx context.Context, s *store.Schema) (*table, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tab := t.state.tables[s.Name]
	if tab == nil {
		return nil, &store.SchemaError{Table: s.Name, Reason: "was never ensured"}
	}
	return tab, nil
}

func (t *tx) writable(tab *table) *table {
	name := tab.schema.Name
	if t.own[name] {
		return tab
	}
	if t.own == nil {
		t.own = map[string]bool{}
		t.state = &state{tables: maps.Clone(t.state.tables)}
	}
	mine := &table{schema: tab.schema}
	for _, tr := range tab.trees {
		mine.trees = append(mine.trees, tr.Copy())
	}
	t.own[name], t.state.tables[name] = true, mine
	return mine
}

func (tab *table) checkTaken(row store.Row) error {
	for i := range tab.schema.Indexes {
		x := &tab.schema.Indexes[i]
		if !x.Unique || x.Free(row.Cols) {
			continue
		}
		key, clash := keyOf(x, row.Cols), false
		tab.trees[i+1].Ascend(item{key: key}, func(it item) bool {
			if !slices.Equal(it.key, key) {
				return false
			}
			clash = it.id != row.ID
			return !clash
		})
		if clash {
			return &store.ExistsError{Table: tab.schema.Name, Index: x.Name}
		}
	}
	return nil
}

func (tab *table) each(row *store.Row, visit func(*tree, item)) {
	visit(tab.trees[0], item{id: row.ID, row: row})
	for i := range tab.schema.Indexes {
		visit(tab.trees[i+1], item{key: keyOf(&tab.schema.Indexes[i], row.Cols), id: row.ID, row: row})
	}
}

func keyOf(x *store.Index, cols []store.Value) []store.Value {
	key := make([]store.Value, len(x.Columns))
	for i, c := range x.Columns {
		key[i] = cols[c]
	}
	return key
}

func clone(r *store.Row, light bool) store.Row {
	c := store.Row{ID: r.ID, Version: r.Version, Generation: r.Generation, Cols: slices.Clone(r.Cols)}
	if !light {
		c.Doc = bytes.Clone(r.Doc)
	}
	return c
}
