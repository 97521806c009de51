package signer

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/rows"
	"github.com/dajiaqian/dajiaqian/store"
)

// What [Prepared.MarshalBinary] gives is kept by hosts for hours or days, and must be
// read by later versions. ROWS=write writes the file.
func TestPreparedIsStored(t *testing.T) {
	rows.Check(t, "testdata/rows", []store.AnyTable{store.NewTable("prepared", func(s *state) string { return s.Hash })})
}
