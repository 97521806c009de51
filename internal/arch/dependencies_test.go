package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// required lists the modules that a go.mod requires by itself, in its blocks.
func required(t *testing.T, path string) (modules []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "\t") && len(fields) == 2 && strings.HasPrefix(fields[1], "v") && fields[0] != module {
			modules = append(modules, fields[0])
		}
	}
	if len(modules) == 0 {
		t.Fatalf("%s requires nothing", path)
	}
	return modules
}

// TestDependenciesDoc: both languages of docs/dependencies.md name every module that
// the library and witness require, and no other.
func TestDependenciesDoc(t *testing.T) {
	root := filepath.Join("..", "..")
	want := map[string]bool{}
	for _, file := range []string{"go.mod", filepath.Join("witness", "go.mod")} {
		for _, m := range required(t, filepath.Join(root, file)) {
			want["`"+m+"`"] = true
		}
	}
	for _, name := range []string{"dependencies.md", "dependencies.zh-CN.md"} {
		doc, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]bool{}
		for line := range strings.Lines(string(doc)) {
			if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " "); ok && strings.HasPrefix(line, "| `") {
				rows[first] = true
				if !want[first] {
					t.Errorf("%s: %s is required by no go.mod", name, first)
				}
			}
		}
		for m := range want {
			if !rows[m] {
				t.Errorf("%s: no row for %s", name, m)
			}
		}
	}
}
