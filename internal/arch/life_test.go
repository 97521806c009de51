package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
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

// TestOnlyEventsChangeALife: outside the pure half no file of envelope assigns to a
// field of the life of a stored record, and one place alone takes what apply gave.
func TestOnlyEventsChangeALife(t *testing.T) {
	fields := map[string]bool{}
	state, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "envelope", "life_state.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(state, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok && (s.Name.Name == "life" || s.Name.Name == "content") {
			for _, f := range s.Type.(*ast.StructType).Fields.List {
				for _, name := range f.Names {
					fields[name.Name] = true
				}
			}
		}
		return true
	})
	if len(fields) < 20 {
		t.Fatalf("only %d fields of a life were found", len(fields))
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "envelope", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	applied := 0
	for _, file := range files {
		base := filepath.Base(file)
		if strings.HasPrefix(base, "life_") || strings.HasSuffix(base, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		check := func(e ast.Expr) {
			for {
				switch at := e.(type) {
				case *ast.IndexExpr:
					e = at.X
					continue
				case *ast.SelectorExpr:
					if in, ok := at.X.(*ast.SelectorExpr); ok && in.Sel.Name == "V" && fields[at.Sel.Name] {
						t.Errorf("%s: a stored life is changed without an event", fset.Position(at.Pos()))
					}
					if at.Sel.Name == "life" {
						applied++
					}
					e = at.X
					continue
				}
				return
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					check(left)
				}
			case *ast.IncDecStmt:
				check(n.X)
			}
			return true
		})
	}
	if applied != 1 {
		t.Errorf("%d places take a life from apply, not one", applied)
	}
}
