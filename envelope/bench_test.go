package envelope_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

var benchRows = flag.Int("rows", 10_000, "envelopes that the benchmarks make; the company has a tenth of them")

// BenchmarkLists: the task list, the counts and the latest files of a person who has a
// tenth of all envelopes. With -rows 1000000 each takes at most 3 ms on SQLite, and on
// PostgreSQL 3 ms for the tasks and 5 ms for the counts.
func BenchmarkLists(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) {
		d, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "db"), sqlite.Config{})
		if err != nil {
			b.Fatal(err)
		}
		lists(b, d)
	})
	b.Run("PostgreSQL", func(b *testing.B) {
		d, err := postgres.Open(b.Context(), pgtest.DSN(b), postgres.Config{})
		if err != nil {
			b.Fatal(err)
		}
		lists(b, d)
	})
}

func lists(b *testing.B, d store.Driver) {
	c := newCast(b, d)
	if err := envelope.FillEnvelopes(b.Context(), c.DB, c.staff, companyName, *benchRows); err != nil {
		b.Fatal(err)
	}
	b.Run("tasks", func(b *testing.B) {
		for b.Loop() {
			page, _, err := c.Envelopes.Tasks(b.Context(), c.staff, "")
			if err != nil || len(page) != 50 {
				b.Fatal(len(page), err)
			}
		}
	})
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			n, err := c.Envelopes.Counts(b.Context(), c.staff)
			if err != nil || n.ToDo.N == 0 || n.Completed.N == 0 || n.InProgress.N == 0 || n.Drafts.N == 0 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("latest", func(b *testing.B) {
		for b.Loop() {
			page, _, err := c.Envelopes.Sent(b.Context(), c.staff, envelope.Filter{}, "")
			if err != nil || len(page) != 50 {
				b.Fatal(len(page), err)
			}
		}
	})
}
