package registry_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// T37: names of seals and purposes have limits, and no characters that are not seen.
func TestT37Texts(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 1)
	id := w.official(t, boss, "公章")
	type texts struct{ Name, Purpose string } // the code is that of the company
	orgtest.Texts(t, 2, func(*testing.T) texts { return texts{"公章二", "合同"} }, func(c texts) error {
		if c.Purpose != "合同" {
			_, err := w.Apply(t.Context(), boss, id, c.Purpose, registry.Period{})
			return err
		}
		_, err := w.Create(t.Context(), boss, c.Name, seal.Spec{Style: seal.StyleOfficial})
		return err
	})
}
