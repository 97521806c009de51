package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// errorPackages are the packages whose errors docs/errors.md lists.
var errorPackages = []string{"internal/fault", "org", "org/secret", "seal", "seal/photo", "seal/registry", "billing", "envelope"}

// sentinels reads a package's exported sentinels: name to English and Chinese text.
func sentinels(t *testing.T, pkg string) map[string][2]string {
	t.Helper()
	out := map[string][2]string{}
	files, err := filepath.Glob(filepath.Join("..", "..", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Err") {
				return true
			}
			if c, ok := v.Values[0].(*ast.CallExpr); ok && len(c.Args) == 2 { // fault.New
				out[path.Base(pkg)+"."+v.Names[0].Name] = [2]string{text(c.Args[0]), text(c.Args[1])}
			}
			return true
		})
	}
	return out
}

func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// errorTypes reads the exported types that are errors by name.
func errorTypes(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	p, err := declared(filepath.Join("..", "..", pkg))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for name := range p.symbols {
		if strings.HasSuffix(name, "Error") && !strings.Contains(name, ".") && p.symbols[name+".Error"] && ast.IsExported(name) {
			out[path.Base(pkg)+"."+name] = true
		}
	}
	return out
}

// TestErrorsTable: docs/errors.md says of every error of these packages what the code
// says, and of no other.
func TestErrorsTable(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed, types := map[string][2]string{}, map[string]bool{}
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		switch {
		case !strings.HasPrefix(line, "| `"):
		case len(cells) != 3:
			t.Errorf("%d columns in %s", len(cells), line)
		case strings.HasPrefix(line, "| `*"):
			types[strings.Trim(cells[0], "| `*")] = true
		default:
			listed[strings.Trim(cells[0], "| `")] = [2]string{cells[1], strings.TrimSuffix(cells[2], " |")}
		}
	}
	for _, pkg := range errorPackages {
		all := sentinels(t, pkg)
		if len(all) < 12 && (pkg == "org" || pkg == "billing" || pkg == "envelope") || len(all)+len(errorTypes(t, pkg)) == 0 {
			t.Errorf("only %d sentinels of %s were found", len(all), pkg)
		}
		for name, want := range all {
			if listed[name] != want {
				t.Errorf("there should be: | `%s` | %s | %s |", name, want[0], want[1])
			}
			delete(listed, name)
		}
		for name := range errorTypes(t, pkg) {
			if !types[name] {
				t.Errorf("*%s is not listed", name)
			}
			delete(types, name)
		}
	}
	for name := range listed {
		t.Errorf("%s does not exist", name)
	}
	for name := range types {
		t.Errorf("*%s does not exist", name)
	}
}
