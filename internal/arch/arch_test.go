package arch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dajiaqian/dajiaqian"

// rule says what a room may import of ours. A trailing /... stands for the room
// and everything below it.
type rule struct {
	room    string
	imports []string
	because string
}

// rules are read from the top: the first that names a package's room counts.
var rules = []rule{
	{"store", nil, "a database must be swappable without knowing what it keeps"},
	{"store/storetest", []string{"store"}, "the suite runs against any adapter, also one outside this module"},
	{"store/...", []string{"store"}, "an adapter knows the driver interface and nothing of the platform"},
	{"org", []string{"store", "internal/report"}, "who is who rests on nothing else; the letter of authority is set as the evidence report is"},
	{"seal", []string{"store", "org", "internal/font"}, "its drawing half is used alone; it never signs, so it must not see signer"},
	{"billing", []string{"store", "org"}, "what a file costs does not depend on what is in it"},
	{"signer", []string{"internal/pdf", "internal/cms", "internal/font", "internal/online"}, "signing is useful alone, without a store"},
	{"signer/devca", []string{"signer", "internal/cms"}, "the development CA is one of many a host may have"},
	{"signer/pageview", []string{"signer"}, "pictures of pages and places of words, in the signer's millimetres; it draws and never signs"},
	{"signer/...", nil, "pictures of pages come in their own sandbox"},
	{"verify", []string{"internal/pdf", "internal/cms", "internal/path", "internal/online", "internal/audit"}, "a verifier that shares code with the signer repeats its mistakes: never signer"},
	{"envelope", []string{"store", "org", "seal", "billing", "signer", "verify", "internal/audit", "internal/report"}, "the only room that sees all the others"},
	{"envelope/envelopetest", []string{"store/...", "org", "seal", "billing", "envelope", "sandbox", "signer", "signer/devca"}, "a whole host for tests, as hosts write them"},
	{"sandbox", []string{"org", "seal", "billing", "envelope", "signer", "signer/devca"}, "stands in for a host's providers, behind the ports the rooms declare"},
	{"internal/pdf", nil, "the bottom of the engine"},
	{"internal/cms", nil, "the bottom of the engine"},
	{"internal/path", []string{"internal/cms"}, "judges certificates and evidence; it knows of no document and no policy"},
	{"internal/online", []string{"internal/cms"}, "asks servers, and judges nothing they answer"},
	{"internal/audit", nil, "written by one room and checked by another, so it depends on neither"},
	{"internal/font", nil, "a font file and its outlines"},
	{"internal/report", []string{"internal/font"}, "sets Chinese text on pages, and knows nothing of what it says"},
	{"internal/pgtest", nil, "runs a database server for tests of any room"},
	{"internal/s3test", nil, "runs an object store for tests of any room"},
	{"internal/linear", nil, "tests alone: clients at work on one object, and a checker of what they saw"},
	{"internal/corpus", nil, "finds sample files for tests"},
	{"internal/samples", nil, "makes sample files without the code they test"},
	{"internal/floor", nil, "the yardstick of the benchmarks may not lean on what it measures"},
	{"internal/powercut", nil, "a disk for tests; what it tests goes through its files, and it knows nothing of it"},
	{"internal/arch", nil, "this test"},
	{"examples/...", []string{"store/...", "org", "seal", "billing", "signer/...", "verify", "envelope/...", "sandbox"}, "an example shows the public packages: no engine code, nothing internal"},
}

// examplesOnly are modules that go.mod requires for the examples alone.
var examplesOnly = map[string]string{
	"github.com/fogleman/gg": "the library draws with golang.org/x/image/vector",
}

func covers(pattern, pkg string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == base || strings.HasPrefix(pkg, base+"/")
	}
	return pattern == pkg
}

// TestArrows reads every import of every package, tests apart.
func TestArrows(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") && path != root {
			return filepath.SkipDir
		}
		if d.IsDir() && path != root { // a module of its own, such as witness: the go command leaves it out of ./... too
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		i := slices.IndexFunc(rules, func(r rule) bool { return covers(r.room, pkg) })
		if i < 0 {
			t.Errorf("package %s has no rule: add one with its reason", pkg)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if reason, guest := examplesOnly[imp]; guest && !strings.HasPrefix(pkg, "examples/") {
				t.Errorf("%s imports %s: not allowed, because %s", path, imp, reason)
			}
			ours, ok := strings.CutPrefix(imp, module+"/")
			if !ok {
				continue
			}
			if !slices.ContainsFunc(rules[i].imports, func(p string) bool { return covers(p, ours) }) {
				t.Errorf("%s imports %s: not allowed, because %s", path, ours, rules[i].because)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 {
		t.Errorf("only %d packages found: the test looks at the wrong place", len(seen))
	}
}
