package postgres

import (
	"context"

	"github.com/dajiaqian/dajiaqian/store"
)

func (t *tx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	if t.mode == store.View {
		return store.ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	id := toText(row.ID)
	if len(row.Doc) == 0 {
		n, err := t.change(ctx, t.text(shape{op: opDelete, schema: s}, func() string { return deleteSQL(s) }), []any{id, old})
		return moved(n, err)
	}
	all, err := args(append(make([]any, 0, 5+len(row.Cols)), row.Version, row.Generation, row.Doc), row.Cols)
	if err != nil {
		return err
	}
	all = append(all, id)
	if old == 0 {
		return t.insert(ctx, s, all)
	}
	return t.update(ctx, s, append(all, old))
}

// insert skips a row that is refused, and only then asks which index refused it. If the
// other row is not visible to this transaction, or not committed yet, that is a
// serialization failure here.
func (t *tx) insert(ctx context.Context, s *store.Schema, all []any) error {
	text := t.text(shape{op: opInsert, schema: s}, func() string { return insertSQL(s) })
	n, err := t.change(ctx, text+" ON CONFLICT DO NOTHING", all)
	if err != nil || n == 1 {
		return err
	}
	_, err = t.attempt(ctx, s, text, all)
	return err
}

// update uses no savepoint as long as no unique column changes.
func (t *tx) update(ctx context.Context, s *store.Schema, all []any) error {
	text := t.text(shape{op: opUpdateSame, schema: s}, func() string { return updateSameSQL(s) })
	n, err := t.change(ctx, text, all)
	if err != nil || n == 1 {
		return err
	}
	plain := t.text(shape{op: opUpdate, schema: s}, func() string { return updateSQL(s) })
	if plain == text {
		return store.ErrConflict
	}
	return moved(t.attempt(ctx, s, plain, all))
}

// change runs a statement that concerns one row.
func (t *tx) change(ctx context.Context, text string, all []any) (int64, error) {
	res, err := t.on.ExecContext(ctx, text, all...)
	if err != nil {
		return 0, t.fail(ctx, "write", err)
	}
	return res.RowsAffected()
}

// attempt runs a statement that a unique index may refuse, on a savepoint.
func (t *tx) attempt(ctx context.Context, s *store.Schema, text string, all []any) (int64, error) {
	if _, err := t.on.ExecContext(ctx, "SAVEPOINT attempt"); err != nil {
		return 0, t.fail(ctx, "write", err)
	}
	res, refusal := t.on.ExecContext(ctx, text, all...)
	index := refusedBy(s, refusal)
	if refusal != nil && index == "" {
		return 0, t.fail(ctx, "write", refusal)
	}
	end := "RELEASE attempt"
	if refusal != nil {
		end = "ROLLBACK TO attempt; RELEASE attempt"
	}
	if _, err := t.on.ExecContext(ctx, end); err != nil {
		return 0, t.fail(ctx, "write", err)
	}
	if refusal != nil {
		return 0, &store.ExistsError{Table: s.Name, Index: index}
	}
	return res.RowsAffected()
}

func moved(n int64, err error) error {
	if err == nil && n == 0 {
		return store.ErrConflict
	}
	return err
}
