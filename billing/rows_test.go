package billing_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/rows"
)

// TestRows: one row of every table is stored as testdata/rows says. ROWS=write writes
// the files.
func TestRows(t *testing.T) {
	rows.Check(t, "testdata/rows", billing.Tables())
}
