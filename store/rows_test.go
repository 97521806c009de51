package store_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/rows"
	"github.com/dajiaqian/dajiaqian/store"
)

// TestRows: one row of the outbox and of the filled columns is stored as testdata/rows
// says. ROWS=write writes the files.
func TestRows(t *testing.T) {
	rows.Check(t, "testdata/rows", store.OwnTables())
}
