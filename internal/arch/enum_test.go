package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// enums are the exported enumerations with words: how to make a value of each.
var enums = map[string]func(n int) any{
	"billing.CallbackFault":     func(n int) any { return billing.CallbackFault(n) },
	"billing.Channel":           func(n int) any { return billing.Channel(n) },
	"billing.OrderState":        func(n int) any { return billing.OrderState(n) },
	"billing.Source":            func(n int) any { return billing.Source(n) },
	"envelope.Methods":          func(n int) any { return envelope.Methods(n) },
	"envelope.Status":           func(n int) any { return envelope.Status(n) },
	"org.CodeReason":            func(n int) any { return org.CodeReason(n) },
	"org.CompanyState":          func(n int) any { return org.CompanyState(n) },
	"org.IDKind":                func(n int) any { return org.IDKind(n) },
	"org.LinkState":             func(n int) any { return org.LinkState(n) },
	"org.Paper":                 func(n int) any { return org.Paper(n) },
	"org.ReviewState":           func(n int) any { return org.ReviewState(n) },
	"org.Role":                  func(n int) any { return org.Role(n) },
	"photo.Fault":               func(n int) any { return photo.Fault(n) },
	"registry.ApplicationState": func(n int) any { return registry.ApplicationState(n) },
	"seal.CodeFault":            func(n int) any { return seal.CodeFault(n) },
	"seal.HandwritingFault":     func(n int) any { return seal.HandwritingFault(n) },
	"seal.Style":                func(n int) any { return seal.Style(n) },
	"seal.TextFault":            func(n int) any { return seal.TextFault(n) },
	"signer.Level":              func(n int) any { return signer.Level(n) },
	"signer.Side":               func(n int) any { return signer.Side(n) },
	"store.Outcome":             func(n int) any { return store.Outcome(n) },
	"verify.ChangeLevel":        func(n int) any { return verify.ChangeLevel(n) },
	"verify.Coverage":           func(n int) any { return verify.Coverage(n) },
	"verify.Indication":         func(n int) any { return verify.Indication(n) },
	"verify.Kind":               func(n int) any { return verify.Kind(n) },
	"verify.TimeSource":         func(n int) any { return verify.TimeSource(n) },
	"verify.Verdict":            func(n int) any { return verify.Verdict(n) },
}

// TestEnums: every enumeration with words gives one for its values, and does not panic
// for any other value.
func TestEnums(t *testing.T) {
	for name, of := range enums {
		words := map[string]bool{}
		for _, n := range []int{-1, 0, 1, 2, 3, 4, 5, 6, 7, 99, 255, 1 << 30} {
			v := of(n)
			if s, ok := v.(fmt.Stringer); ok {
				words[s.String()] = true
			}
			if z, ok := v.(interface{ Zh() string }); ok {
				words[z.Zh()] = true
			}
		}
		if len(words) < 2 {
			t.Errorf("%s has the words %v", name, words)
		}
	}
}

// TestEnumsAreListed: an exported type of integers with String or Zh is in the list.
func TestEnumsAreListed(t *testing.T) {
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		switch {
		case slices.Contains([]string{"internal", "examples", "witness", "testdata", ".git", ".ci"}, d.Name()):
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && filepath.Clean(path) != filepath.Join("..", "..") {
			return filepath.SkipDir
		}
		for _, name := range wordedInts(t, path) {
			found++
			if enums[name] == nil {
				t.Errorf("%s in %s is not listed", name, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(enums) {
		t.Errorf("%d found, %d listed", found, len(enums))
	}
}

// wordedInts returns the exported types of a package's directory that are integers and
// have a method String or Zh.
func wordedInts(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	ints, worded := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for _, s := range d.Specs {
					ts, ok := s.(*ast.TypeSpec)
					if !ok || !ts.Name.IsExported() {
						continue
					}
					if id, ok := ts.Type.(*ast.Ident); ok && (id.Name == "int" || id.Name == "uint8") {
						ints[f.Name.Name+"."+ts.Name.Name] = true
					}
				}
			case *ast.FuncDecl:
				if d.Name.Name == "String" || d.Name.Name == "Zh" {
					worded[f.Name.Name+"."+strings.TrimSuffix(receiver(d), ".")] = true
				}
			}
		}
	}
	var out []string
	for name := range ints {
		if worded[name] {
			out = append(out, name)
		}
	}
	return out
}
