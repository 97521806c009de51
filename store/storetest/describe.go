package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
)

// describe prints a query, to help find out what is wrong with its result.
func describe(q store.Query) string {
	var b strings.Builder
	b.WriteString("query by ")
	if q.Index == nil {
		b.WriteString("id")
	} else {
		b.WriteString(q.Index.Name)
	}
	if len(q.Equal) > 0 {
		fmt.Fprintf(&b, ", Equal %s", values(q.Equal))
	}
	if q.After != nil {
		fmt.Fprintf(&b, ", After %s id %.60q", values(q.After.Values), q.After.ID)
	}
	if q.Desc {
		b.WriteString(", Desc")
	}
	if q.Light {
		b.WriteString(", Light")
	}
	fmt.Fprintf(&b, ", Limit %d", q.Limit)
	return b.String()
}

func values(all []store.Value) string {
	var texts []string
	for _, v := range all {
		if v.Kind == store.KindText {
			texts = append(texts, fmt.Sprintf("%.60q", v.Text))
		} else {
			texts = append(texts, fmt.Sprint(v.Int))
		}
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

// ids prints the ids of rows.
func ids(rows []store.Row) string {
	var all []string
	for _, r := range rows {
		all = append(all, fmt.Sprintf("%.60q", r.ID))
	}
	return "[" + strings.Join(all, " ") + "]"
}

// row prints a row.
func row(r store.Row) string {
	return fmt.Sprintf("%.60q v%d g%d %s doc %.60q", r.ID, r.Version, r.Generation, values(r.Cols), r.Doc)
}

// sameRows compares what a query returned with what it must return.
func sameRows(t testing.TB, q store.Query, got, wanted []store.Row) {
	t.Helper()
	for i := range max(len(got), len(wanted)) {
		switch {
		case i >= len(got):
			t.Fatalf("%s: got %d rows, want %d; the first that is missing is %s", describe(q), len(got), len(wanted), row(wanted[i]))
		case i >= len(wanted):
			t.Fatalf("%s: got %d rows, want %d; the first that is too many is %s", describe(q), len(got), len(wanted), row(got[i]))
		case row(got[i]) != row(wanted[i]):
			t.Fatalf("%s: row %d is %s, want %s", describe(q), i, row(got[i]), row(wanted[i]))
		}
	}
}
