package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/store"
)

// DDL prints the statements that make the tables and indexes of these schemas in an
// empty database, to be read or run beforehand. [store.Schemas] gives the schemas of
// tables.
func DDL(schemas []store.Schema) string {
	var b strings.Builder
	for i := range schemas {
		b.WriteString(tableSQL(&schemas[i]) + ";\n")
		for _, x := range indexes(&schemas[i]) {
			b.WriteString(x.sql("") + ";\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// column is a column of a table as the catalog describes it.
type column struct {
	name, kind, collation string
}

func (c column) sql() string {
	text := fmt.Sprintf("%q %s", c.name, c.kind)
	if c.collation != "" {
		text += fmt.Sprintf(" COLLATE %q", c.collation)
	}
	return text + " NOT NULL" + c.unset()
}

// unset returns what a column holds in rows of programs that do not know it.
func (c column) unset() string {
	switch {
	case c.name == "id" || c.name == "version" || c.name == "doc":
		return ""
	case c.kind == "text":
		return " DEFAULT ''"
	case c.kind == "bigint":
		return " DEFAULT 0"
	}
	return " DEFAULT '1970-01-01 00:00:00+00'"
}

// columns returns the columns that every table has, then those of the schema.
func columns(s *store.Schema) []column {
	all := []column{{"id", "text", "C"}, {"version", "bigint", ""}, {"generation", "bigint", ""}, {"doc", "bytea", ""}}
	for _, c := range s.Columns {
		switch c.Kind {
		case store.KindText:
			all = append(all, column{c.Name, "text", "C"})
		case store.KindTime:
			all = append(all, column{c.Name, "timestamp with time zone", ""})
		default:
			all = append(all, column{c.Name, "bigint", ""})
		}
	}
	return all
}

// tableSQL leaves space on each page for the next version of its rows. A row that stays
// on its page, with its indexed columns unchanged, needs no new entries in the indexes,
// which others may be reading.
func tableSQL(s *store.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %q (\n", s.Name)
	for _, c := range columns(s) {
		b.WriteString("    " + c.sql() + ",\n")
	}
	fmt.Fprintf(&b, "    CONSTRAINT %q PRIMARY KEY (id)\n) WITH (fillfactor = 70)", objectName(s.Name, "id"))
	return b.String()
}

// index is an index as the catalog describes it.
type index struct {
	name, table string
	columns     []string
	unique      bool
	partial     string // the column that is empty in rows that are not indexed
}

// indexes lists the indexes of a table. A unique index of the schema becomes two: one
// through which all rows are read, and one that constrains the rows that are not free.
func indexes(s *store.Schema) (all []index) {
	for _, x := range s.Indexes {
		one := index{name: objectName(s.Name, x.Name), table: s.Name}
		for _, c := range x.Columns {
			one.columns = append(one.columns, s.Columns[c].Name)
		}
		read := one
		read.columns = append(slices.Clone(one.columns), "id")
		all = append(all, read)
		if !x.Unique {
			continue
		}
		one.name, one.unique = objectName(s.Name, x.Name+"__u"), true
		if s.Columns[x.Columns[0]].Kind == store.KindText {
			one.partial = one.columns[0]
		}
		all = append(all, one)
	}
	return all
}

// sql returns the statement that makes the index; how is "" or "CONCURRENTLY ".
func (x index) sql(how string) string {
	unique, where := "", ""
	if x.unique {
		unique = "UNIQUE "
	}
	if x.partial != "" {
		where = fmt.Sprintf(" WHERE %q <> ''", x.partial)
	}
	quoted := make([]string, len(x.columns))
	for i, c := range x.columns {
		quoted[i] = fmt.Sprintf("%q", c)
	}
	return fmt.Sprintf("CREATE %sINDEX %s%q ON %q (%s)%s", unique, how, x.name, x.table, strings.Join(quoted, ", "), where)
}

// maxName is the longest name, in bytes, that PostgreSQL does not cut.
const maxName = 63

// objectName names an index or constraint of a table. If the name would be cut, it ends
// in a digest of the whole name instead.
func objectName(table, name string) string {
	full := table + "__" + name
	if len(full) <= maxName {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	digest := "_" + hex.EncodeToString(sum[:6])
	return full[:maxName-len(digest)] + digest
}
