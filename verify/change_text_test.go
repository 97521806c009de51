package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryChangeInChinese reads the package's own source: every sentence that a
// change is reported with has a case in the translation.
func TestEveryChangeInChinese(t *testing.T) {
	table, err := os.ReadFile("change_text.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			callee := ""
			switch fun := call.Fun.(type) {
			case *ast.SelectorExpr:
				callee = fun.Sel.Name
			case *ast.Ident:
				callee = fun.Name
			}
			arg := map[string]int{"raise": 1, "other": 0, "newFinding": 0}
			i, ok := arg[callee]
			if !ok || len(call.Args) <= i {
				return true
			}
			lit, ok := call.Args[i].(*ast.BasicLit)
			if !ok {
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if s != "%v" && !strings.Contains(string(table), "case "+lit.Value+":") {
				t.Errorf("%s: %s has no Chinese", name, s)
			}
			return true
		})
	}
	if found < 60 {
		t.Errorf("only %d sentences found: the test looks at the wrong place", found)
	}
}
