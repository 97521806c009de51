package arch_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// lastThreat is the last threat that must have its row.
const lastThreat = 25

// TestThreatsTable: SECURITY.md has a row for every threat, in order, and each names
// tests that exist.
func TestThreatsTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	load, rows := loader(), 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 6 || !strings.HasPrefix(cells[1], " T") {
			continue
		}
		rows++
		tests := strings.Fields(cells[3])
		if name := strings.TrimSpace(cells[1]); name != "T"+strconv.Itoa(rows) || len(tests) == 0 {
			t.Errorf("row %d is %s with %d tests", rows, name, len(tests))
		}
		for _, name := range tests {
			pkg, test, _ := strings.Cut(name, ".")
			p, err := load(pkg)
			if err != nil {
				t.Error(err)
			} else if _, ok := p.tests[test]; !ok {
				t.Errorf("T%d: the test %s does not exist", rows, name)
			}
		}
	}
	if rows != lastThreat {
		t.Errorf("%d rows, not %d", rows, lastThreat)
	}
}
