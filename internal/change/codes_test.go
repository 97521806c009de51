package change

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryCodeHasTexts: every declared code has both texts with the same arguments,
// its value is its name, and the package uses it.
func TestEveryCodeHasTexts(t *testing.T) {
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used, declared := map[string]int{}, map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				used[n.Name]++
			case *ast.ValueSpec:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "Code" {
					declared[n.Names[0].Name] = strings.Trim(n.Values[0].(*ast.BasicLit).Value, `"`)
				}
			}
			return true
		})
	}
	if len(declared) < 80 {
		t.Fatalf("only %d codes found: the test looks at the wrong place", len(declared))
	}
	for name, value := range declared {
		if strings.ReplaceAll(value, "_", "") != strings.ToUpper(name) {
			t.Errorf("%s is called %s", name, value)
		}
		if used[name] < 3 && name != "TrailingBytes" { // verify uses that one
			t.Errorf("%s is never reported", name)
		}
		both := texts[Code(value)]
		if both[0] == "" || both[1] == "" || strings.Count(both[0], "%") != strings.Count(both[1], "%") {
			t.Errorf("%s says %q", name, both)
		}
	}
	if len(texts) != len(declared) {
		t.Errorf("%d codes have %d texts", len(declared), len(texts))
	}
}

// The values that a change's text shows are also in its fields.
func TestItem(t *testing.T) {
	it := NewItem(Form, FieldFilled, field("金额"), spot{2, [4]float64{10, 20, 30, 5}, [2]float64{210, 297}})
	if it.Field != "金额" || it.Page != 2 || it.Rect[2] != 30 || it.Level != Form || it.Code != "FIELD_FILLED" {
		t.Errorf("%+v", it)
	}
	if it.En != `field "金额" was filled, page 2 at 10,20 mm, 30 × 5 mm` || it.Zh != `填写了域 "金额"，第 2 页 (10, 20) 毫米处，30 × 5 毫米` {
		t.Errorf("%s / %s", it.En, it.Zh)
	}
	if it := NewItem(Other, ObjectRemovedInUse, object(7), object(9)); it.Object != 7 || it.En != "object 7 was removed, and object 9 refers to it" {
		t.Errorf("%+v", it)
	}
	if it := NewItem(Other, PageKeyChanged, page(3), "Contents"); it.Page != 3 || it.En != "page 3: its /Contents was changed" {
		t.Errorf("%+v", it)
	}
}
