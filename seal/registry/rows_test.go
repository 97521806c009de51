package registry_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/rows"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// TestRows: one row of every table is stored as testdata/rows says. ROWS=write writes
// the files.
func TestRows(t *testing.T) {
	rows.Check(t, "testdata/rows", registry.Tables())
}
