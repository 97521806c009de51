package arch_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/api")

// apiDir holds the face of every public package, one file each.
var apiDir = filepath.Join("..", "..", "docs", "api")

// publicPackages lists the directories of the packages that a host may import.
func publicPackages(t *testing.T) (dirs []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		switch name := d.Name(); {
		case path == root:
			return nil
		case strings.HasPrefix(name, "."), slices.Contains([]string{"internal", "examples", "witness", "testdata", "docs", "tmp"}, name):
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if sources, _ := filepath.Glob(filepath.Join(path, "*.go")); len(sources) > 0 {
			dirs = append(dirs, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// face prints what a package exports, as go doc -all does: declarations and their
// comments, as it is built on Linux.
func face(t *testing.T, pkg string) []byte {
	t.Helper()
	linux := build.Default
	linux.GOOS, linux.GOARCH, linux.CgoEnabled = "linux", "amd64", false
	dir := filepath.Join("..", "..", filepath.FromSlash(pkg))
	p, err := linux.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, module+"/"+pkg)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	decl := func(n ast.Node, comment string) {
		var raw bytes.Buffer
		if err := (&printer.Config{Mode: printer.RawFormat}).Fprint(&raw, fset, n); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
		// Blank lines and columns come from comments and neighbours: they are no part of the face.
		for line := range strings.Lines(raw.String()) {
			if words := strings.Fields(line); len(words) > 0 {
				indent := len(line) - len(strings.TrimLeft(line, "\t"))
				out.WriteString(strings.Repeat("\t", indent) + strings.Join(words, " ") + "\n")
			}
		}
		for line := range strings.Lines(comment) {
			out.WriteString(strings.TrimRight("    "+line, " "))
		}
	}
	values := func(list []*doc.Value) {
		for _, v := range list {
			for _, spec := range v.Decl.Specs { // what a variable of a stated type is made of is no face
				if s, ok := spec.(*ast.ValueSpec); ok && v.Decl.Tok == token.VAR && s.Type != nil {
					s.Values = nil
				}
			}
			decl(v.Decl, v.Doc)
		}
	}
	funcs := func(list []*doc.Func) {
		for _, f := range list {
			f.Decl.Body = nil
			decl(f.Decl, f.Doc)
		}
	}
	values(d.Consts)
	values(d.Vars)
	funcs(d.Funcs)
	names, most, largest := len(d.Funcs)+len(d.Types), 0, ""
	count := func(list []*doc.Value) {
		for _, v := range list {
			names += len(v.Names)
		}
	}
	count(d.Consts)
	count(d.Vars)
	for _, t := range d.Types {
		decl(t.Decl, t.Doc)
		values(t.Consts)
		values(t.Vars)
		funcs(t.Funcs)
		funcs(t.Methods)
		count(t.Consts)
		count(t.Vars)
		names += len(t.Funcs)
		if len(t.Methods) > most {
			most, largest = len(t.Methods), t.Name
		}
	}
	head := fmt.Sprintf("package %s // %s\n\n// %d names", d.Name, d.ImportPath, names)
	if largest != "" {
		head += fmt.Sprintf(", %d methods of %s", most, largest)
	}
	return append([]byte(head+"\n"), out.Bytes()...)
}

// TestAPI: docs/api shows the face of every public package, so that a change of it
// is seen in review. `go test ./internal/arch -run TestAPI -update` rewrites it.
func TestAPI(t *testing.T) {
	stale := map[string]bool{}
	err := filepath.WalkDir(apiDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			stale[path] = true
		}
		return err
	})
	if err != nil && !*update {
		t.Fatal(err)
	}
	packages := publicPackages(t)
	if len(packages) < 10 {
		t.Fatalf("only %d packages found: the test looks at the wrong place", len(packages))
	}
	for _, pkg := range packages {
		path := filepath.Join(apiDir, filepath.FromSlash(pkg)+".txt")
		delete(stale, path)
		got := face(t, pkg)
		want, err := os.ReadFile(path)
		if bytes.Equal(got, want) {
			continue
		}
		if !*update {
			t.Errorf("the face of %s has changed (%v):\n%s\nif it should: go test ./internal/arch -run TestAPI -update", pkg, err, firstDifference(want, got))
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(stale)) {
		if !*update {
			t.Errorf("%s is of a package that is not there", path)
		} else if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) {
			return "+ " + b[i]
		}
		if i >= len(b) {
			return "- " + a[i]
		}
		if a[i] != b[i] && i > 2 { // the count is no news
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, a[i], b[i])
		}
	}
	return "the count of names"
}
