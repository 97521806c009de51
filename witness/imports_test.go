package witness_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The library is used as a host uses it. The one file that times what has no
// public name is said in the package comment.
func TestPublicPackagesOnly(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		internal := false
		for _, spec := range f.Imports {
			internal = internal || strings.Contains(spec.Path.Value, "/internal/")
		}
		if want := file == "rival_cms_test.go"; internal != want {
			t.Errorf("%s: imports an internal package: %v, want %v", file, internal, want)
		}
	}
}
