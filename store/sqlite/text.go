package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/store"
)

type op uint8

const (
	opGet op = iota + 1
	opQuery
	opCount
	opInsert
	opUpdate
	opDelete
)

// shape is everything that the text of a statement depends on.
type shape struct {
	op                 op
	schema             *store.Schema
	index              *store.Index
	equal              int
	after, desc, light bool
}

// prepareShaped builds and prepares a statement once per session.
func (s *session) prepareShaped(ctx context.Context, k shape, build func() string) (*sql.Stmt, error) {
	if stmt := s.shapes[k]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.on.PrepareContext(ctx, build())
	if err == nil {
		s.shapes[k] = stmt
	}
	return stmt, err
}

// selection names the columns of a row in the order that scan reads, and the table.
func selection(s *store.Schema, light bool) string {
	var b strings.Builder
	b.WriteString("id, version, generation")
	if !light {
		b.WriteString(", doc")
	}
	for _, c := range s.Columns {
		fmt.Fprintf(&b, ", %q", c.Name)
	}
	fmt.Fprintf(&b, " FROM %q", s.Name)
	return b.String()
}

func querySQL(s *store.Schema, q store.Query) string {
	var index []int
	if q.Index != nil {
		index = q.Index.Columns
	}
	var where []string
	for i := range q.Equal {
		where = append(where, fmt.Sprintf("%q = ?", s.Columns[index[i]].Name))
	}
	var order []string
	for _, c := range index[len(q.Equal):] {
		order = append(order, fmt.Sprintf("%q", s.Columns[c].Name))
	}
	order = append(order, "id")
	than, dir := ">", ""
	if q.Desc {
		than, dir = "<", " DESC"
	}
	if q.After != nil {
		marks := strings.Repeat(", ?", len(order))[2:]
		where = append(where, fmt.Sprintf("(%s) %s (%s)", strings.Join(order, ", "), than, marks))
	}
	text := "SELECT " + selection(s, q.Light)
	if q.Index != nil {
		text += fmt.Sprintf(" INDEXED BY %q", s.Name+"__"+q.Index.Name)
	}
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	return text + " ORDER BY " + strings.Join(order, dir+", ") + dir + " LIMIT ?"
}

// countSQL counts what querySQL would return of a query without After, from the
// index alone.
func countSQL(s *store.Schema, q store.Query) string {
	text := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %q", s.Name)
	if q.Index != nil {
		text += fmt.Sprintf(" INDEXED BY %q", s.Name+"__"+q.Index.Name)
	}
	for i := range q.Equal {
		word := " AND "
		if i == 0 {
			word = " WHERE "
		}
		text += word + fmt.Sprintf("%q = ?", s.Columns[q.Index.Columns[i]].Name)
	}
	return text + " LIMIT ?)"
}

// queryArgs fills the marks of querySQL and countSQL.
func queryArgs(q store.Query) []any {
	var args []any
	for _, v := range q.Equal {
		args = append(args, arg(v))
	}
	if q.After != nil {
		for _, v := range q.After.Values {
			args = append(args, arg(v))
		}
		args = append(args, q.After.ID)
	}
	return append(args, q.Limit)
}

func insertSQL(s *store.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, `INSERT INTO %q (version, generation, doc`, s.Name)
	for _, c := range s.Columns {
		fmt.Fprintf(&b, ", %q", c.Name)
	}
	b.WriteString(", id) VALUES (?, ?, ?, ?" + strings.Repeat(", ?", len(s.Columns)) + ")")
	return b.String()
}

func updateSQL(s *store.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, `UPDATE %q SET version = ?, generation = ?, doc = ?`, s.Name)
	for _, c := range s.Columns {
		fmt.Fprintf(&b, ", %q = ?", c.Name)
	}
	b.WriteString(" WHERE id = ? AND version = ?")
	return b.String()
}

func arg(v store.Value) any {
	if v.Kind == store.KindText {
		return v.Text
	}
	return v.Int
}

func deleteSQL(s *store.Schema) string {
	return fmt.Sprintf(`DELETE FROM %q WHERE id = ? AND version = ?`, s.Name)
}
