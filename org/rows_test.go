package org_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/rows"
	"github.com/dajiaqian/dajiaqian/org"
)

// TestRows: one row of every table is stored as testdata/rows says. ROWS=write writes
// the files.
func TestRows(t *testing.T) {
	rows.Check(t, "testdata/rows", org.Tables())
}

// TestBodies: the body of every event in the outbox is stored as testdata/bodies says.
func TestBodies(t *testing.T) {
	rows.Check(t, "testdata/bodies", org.BodyTables())
}
