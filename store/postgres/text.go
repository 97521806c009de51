package postgres

import (
	"fmt"
	"strings"
	"sync"

	"github.com/dajiaqian/dajiaqian/store"
)

type op uint8

const (
	opGet op = iota + 1
	opGetShared
	opQuery
	opQueryShared
	opQueryClaim
	opCount
	opInsert
	opUpdate
	opUpdateSame
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

// texts keeps the statements that were built, by shape, because building one costs as
// much as a lookup. pgx recognises by the text which it has prepared.
type texts struct{ built sync.Map }

func (t *texts) text(k shape, build func() string) string {
	if text, ok := t.built.Load(k); ok {
		return text.(string)
	}
	text, _ := t.built.LoadOrStore(k, build())
	return text.(string)
}

// marks numbers the parameters of a statement.
type marks struct {
	strings.Builder
	n int
}

func (m *marks) next() string {
	m.n++
	return fmt.Sprint("$", m.n)
}

// selection names the columns of a row in the order that scan reads, and the table.
func selection(s *store.Schema, light bool) string {
	var b strings.Builder
	b.WriteString("SELECT id, version, generation")
	if !light {
		b.WriteString(", doc")
	}
	for _, c := range s.Columns {
		fmt.Fprintf(&b, ", %q", c.Name)
	}
	fmt.Fprintf(&b, " FROM %q", s.Name)
	return b.String()
}

func getSQL(s *store.Schema) string { return selection(s, false) + " WHERE id = $1" }

func querySQL(s *store.Schema, q store.Query) string {
	var m marks
	m.WriteString(selection(s, q.Light))
	var index []int
	if q.Index != nil {
		index = q.Index.Columns
	}
	where := equalTo(&m, s, index[:len(q.Equal)])
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
		var after []string
		for range order {
			after = append(after, m.next())
		}
		where = append(where, fmt.Sprintf("(%s) %s (%s)", strings.Join(order, ", "), than, strings.Join(after, ", ")))
	}
	m.where(where)
	fmt.Fprintf(&m, " ORDER BY %s%s LIMIT %s", strings.Join(order, dir+", "), dir, m.next())
	return m.String()
}

// countSQL counts what querySQL would return of a query without After, from the index
// alone if the table was vacuumed.
func countSQL(s *store.Schema, q store.Query) string {
	var m marks
	fmt.Fprintf(&m, "SELECT count(*) FROM (SELECT 1 FROM %q", s.Name)
	if q.Index != nil {
		m.where(equalTo(&m, s, q.Index.Columns[:len(q.Equal)]))
	}
	fmt.Fprintf(&m, " LIMIT %s) AS found", m.next())
	return m.String()
}

func equalTo(m *marks, s *store.Schema, columns []int) (all []string) {
	for _, c := range columns {
		all = append(all, fmt.Sprintf("%q = %s", s.Columns[c].Name, m.next()))
	}
	return all
}

func (m *marks) where(all []string) {
	if len(all) > 0 {
		m.WriteString(" WHERE " + strings.Join(all, " AND "))
	}
}

// queryArgs fills the marks of querySQL and countSQL.
func queryArgs(q store.Query) ([]any, error) {
	all, err := args(nil, q.Equal)
	if err == nil && q.After != nil {
		all, err = args(all, q.After.Values)
		all = append(all, toText(q.After.ID))
	}
	return append(all, q.Limit), err
}

// insertSQL takes the version, the generation, the document, the columns and the id. It
// skips a row that is refused, so the transaction stays usable.
func insertSQL(s *store.Schema) string {
	var m marks
	fmt.Fprintf(&m, `INSERT INTO %q (version, generation, doc`, s.Name)
	for _, c := range s.Columns {
		fmt.Fprintf(&m, ", %q", c.Name)
	}
	m.WriteString(", id) VALUES (" + m.next())
	for range len(s.Columns) + 3 {
		m.WriteString(", " + m.next())
	}
	m.WriteString(")")
	return m.String()
}

// updateSQL takes the version, the generation, the document, the columns, the id and the old
// version.
func updateSQL(s *store.Schema) string {
	var m marks
	fmt.Fprintf(&m, `UPDATE %q SET version = %s, generation = %s, doc = %s`, s.Name, m.next(), m.next(), m.next())
	for _, c := range s.Columns {
		fmt.Fprintf(&m, ", %q = %s", c.Name, m.next())
	}
	fmt.Fprintf(&m, " WHERE id = %s AND version = %s", m.next(), m.next())
	return m.String()
}

// updateSameSQL is updateSQL for a row whose unique columns stay as they are,
// so that no unique index can refuse it. It is updateSQL if there are none.
func updateSameSQL(s *store.Schema) string {
	text := updateSQL(s)
	seen := map[int]bool{}
	for _, x := range s.Indexes {
		for _, c := range x.Columns {
			if x.Unique && !seen[c] {
				seen[c] = true
				text += fmt.Sprintf(" AND %q = $%d", s.Columns[c].Name, 4+c)
			}
		}
	}
	return text
}

func deleteSQL(s *store.Schema) string {
	return fmt.Sprintf(`DELETE FROM %q WHERE id = $1 AND version = $2`, s.Name)
}
