package org_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// docs/permissions.md is the table that decides, line by line (M35).
func TestM35PermissionsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/permissions.md")
	orgtest.Must(t, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	all := org.ActionRules()
	if len(lines) != len(all) {
		t.Errorf("%d lines for %d actions", len(lines), len(all))
	}
	mark := func(yes bool) string {
		if yes {
			return "yes"
		}
		return "–"
	}
	for i, p := range all {
		may := func(r org.Role) string { return mark(p.Least != org.NoMember && r >= p.Least) }
		want := fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s |", p.Action, mark(p.Personal), may(org.Member), may(org.SubAdmin), may(org.MainAdmin), mark(p.Unverified))
		if i >= len(lines) || lines[i] != want {
			t.Errorf("line %d should be %s", i+1, want)
		}
	}
}
