package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"
)

// impure is what the pure half of a package does not touch.
var impure = map[string]string{
	"store.Tx": "a transaction", "store.DB": "a database", "store.Rec": "a row", "store.Table": "a table", "store.Blobs": "blobs",
	"time.Now": "the clock", "time.Since": "the clock", "time.Until": "the clock", "time.After": "the clock", "time.Sleep": "the clock",
}

// TestLifeIsPure: the files life_*.go of envelope decide and apply without context,
// transaction, clock or store, so that the record of an envelope is the fold of its
// events wherever it is folded.
func TestLifeIsPure(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "envelope", "life_*.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 4 {
		t.Fatalf("only %d files of the pure half were found", len(files))
	}
	for _, file := range files {
		if ok, _ := filepath.Match("*_test.go", filepath.Base(file)); ok {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			switch path {
			case "context", "database/sql", "os", "net", "net/http", "io", "math/rand", "math/rand/v2", "crypto/rand":
				t.Errorf("%s imports %s", file, path)
			}
			if spec.Name != nil {
				t.Errorf("%s imports %s under another name", file, path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if id, ok := n.X.(*ast.Ident); ok {
					if what := impure[id.Name+"."+n.Sel.Name]; what != "" {
						t.Errorf("%s uses %s.%s, %s", file, id.Name, n.Sel.Name, what)
					}
				}
			case *ast.Ident:
				if n.Name == "Service" {
					t.Errorf("%s uses the Service", file)
				}
			}
			return true
		})
	}
}
