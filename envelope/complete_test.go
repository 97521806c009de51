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

// TestEveryCommandIsTried: machine_test.go and fold_test.go try every command of the pure
// half.
func TestEveryCommandIsTried(t *testing.T) {
	tried := map[string]string{}
	for _, file := range []string{"machine_test.go", "fold_test.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tried[file] = string(src)
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
			exported := strings.ToUpper(name[:1]) + name[1:]
			for file, src := range tried {
				if !strings.Contains(src, exported+"{") {
					t.Errorf("%s is not tried in %s", name, file)
				}
			}
		}
	})
	if found < 15 {
		t.Fatalf("only %d commands found: the test looks at the wrong place", found)
	}
}

// TestCommandNamesDiffer: no two commands have one name, by which Once would take them
// for each other.
func TestCommandNamesDiffer(t *testing.T) {
	consts := map[string]string{} // by the name's text
	forEachFile(t, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
				return true
			}
			text, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || !strings.HasPrefix(text.Value, `"envelope.`) {
				return true
			}
			if other := consts[text.Value]; other != "" {
				t.Errorf("%s and %s are both %s", other, spec.Names[0], text.Value)
			}
			consts[text.Value] = spec.Names[0].Name
			return true
		})
	})
	if len(consts) < 13 {
		t.Errorf("only %d names found: %v", len(consts), consts)
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
