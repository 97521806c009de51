package orgtest

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// CheckModel runs a model over so many sequences of at most so many commands (0 is
// rapid's own number), and returns how many: all of them with MODELS=full, as .ci/run
// sets it, a fifth of them otherwise, a fiftieth with -short. What the command line
// says about rapid counts before all of it.
func CheckModel(t *testing.T, sequences, commands int, model func(t *rapid.T)) int {
	t.Helper()
	switch {
	case testing.Short():
		sequences /= 50
	case os.Getenv("MODELS") != "full":
		sequences /= 5
	}
	set := func(name string, value int) {
		if f := flag.Lookup(name); value > 0 && f.Value.String() == f.DefValue {
			Must(t, f.Value.Set(strconv.Itoa(value)))
			t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
		}
	}
	set("rapid.checks", sequences)
	set("rapid.steps", commands)
	rapid.Check(t, model)
	return sequences
}
