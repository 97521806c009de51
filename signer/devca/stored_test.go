package devca_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/rows"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
)

// Hosts keep the state of a CA as JSON. ROWS=write writes the file.
func TestStateIsStored(t *testing.T) {
	rows.Check(t, "testdata/rows", []store.AnyTable{store.NewTable("state", func(s *devca.State) string { return string(s.Root) })})
}
