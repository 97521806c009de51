package envelope_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryEventHasWords: the evidence report has words for every kind of event.
func TestEveryEventHasWords(t *testing.T) {
	kinds, worded := map[string]bool{}, map[string]bool{}
	forEachFile(t, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "EventKind" {
				kinds[spec.Names[0].Name] = true
			}
			if spec.Names[0].Name == "trailWords" {
				for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
					worded[e.(*ast.KeyValueExpr).Key.(*ast.Ident).Name] = true
				}
			}
			return true
		})
	})
	if len(kinds) < 15 {
		t.Fatalf("only %d kinds found: the test looks at the wrong place", len(kinds))
	}
	for k := range kinds {
		if !worded[k] {
			t.Errorf("%s has no words in the evidence report", k)
		}
	}
}

// TestEveryCommandIsTried: machine_test.go tries every command of the pure half.
func TestEveryCommandIsTried(t *testing.T) {
	tried, err := os.ReadFile("machine_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	forEachFile(t, func(f *ast.File) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != "command" {
				continue
			}
			found++
			name := fn.Recv.List[0].Type.(*ast.Ident).Name
			if exported := strings.ToUpper(name[:1]) + name[1:]; !strings.Contains(string(tried), exported+"{") {
				t.Errorf("%s is not tried", name)
			}
		}
	})
	if found < 15 {
		t.Fatalf("only %d commands found: the test looks at the wrong place", found)
	}
}

// forEachFile parses the files of the package, except tests.
func forEachFile(t *testing.T, do func(*ast.File)) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		do(f)
	}
}
