package arch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// nameInText finds what looks like a name of one of our packages, such as
// signer.Box or org.Service.Step.
var nameInText = regexp.MustCompile(`\b([a-z][a-z0-9]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)

// TestNamesInDocs: the READMEs and the documents name what exists.
func TestNamesInDocs(t *testing.T) {
	dirs := map[string][]*pkgNames{} // by the package's name
	root := filepath.Join("..", "..")
	load := loader()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(rel, "witness") || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && rel != "." {
			return filepath.SkipDir
		}
		if p, err := load(rel); err == nil && rel != "." {
			dirs[filepath.Base(rel)] = append(dirs[filepath.Base(rel)], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(texts, more...) {
		if filepath.Base(name) == "CHANGELOG.md" { // it names what was
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range nameInText.FindAllStringSubmatch(string(text), -1) {
			ours := dirs[m[1]]
			if len(ours) == 0 {
				continue
			}
			found++
			if !namesSomething(ours, m[2], m[3]) {
				t.Errorf("%s: there is no %s", filepath.Base(name), m[0])
			}
		}
	}
	if found < 300 {
		t.Errorf("only %d names found: the test looks at the wrong place", found)
	}
}

// namesSomething reports whether one of some packages declares a name, as a symbol or
// a test. A second part is a method, or a field, which is not looked for.
func namesSomething(packages []*pkgNames, first, second string) bool {
	for _, p := range packages {
		if second != "" && p.symbols[first+"."+second] {
			return true
		}
		if p.symbols[first] || p.tests[first] != "" {
			return true
		}
	}
	return false
}

// linkTo finds the target of a link in Markdown.
var linkTo = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)

// TestLinksInDocs: what a page links to in the repository is there.
func TestLinksInDocs(t *testing.T) {
	root := filepath.Join("..", "..")
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "witness/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	links := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linkTo.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], ":") { // another site
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s: %v", filepath.Base(page), err)
			}
		}
	}
	if links < 30 {
		t.Errorf("only %d links in %d pages: the test looks at the wrong place", links, len(pages))
	}
}

// runNamed finds what a script gives to go test -run.
var runNamed = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w*`)

// missingTests returns the names in a script that begin no test's name.
func missingTests(script string, tests map[string]bool) (out []string) {
	for _, name := range runNamed.FindAllString(script, -1) {
		found := false
		for test := range tests {
			found = found || strings.HasPrefix(test, name)
		}
		if !found {
			out = append(out, name)
		}
	}
	return out
}

// TestScriptsNameTests: a test that the parts of .ci/run or the Makefile name is there.
// A pattern with several names would not fail for one that was renamed.
func TestScriptsNameTests(t *testing.T) {
	root := filepath.Join("..", "..")
	tests := map[string]bool{}
	declares := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range declares.FindAllStringSubmatch(string(src), -1) {
			tests[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(filepath.Join(root, ".ci", "parts", "*"))
	if err != nil || len(scripts) == 0 {
		t.Fatal(len(scripts), err)
	}
	for _, name := range append(scripts, filepath.Join(root, "Makefile")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range missingTests(string(text), tests) {
			t.Errorf("%s: there is no test %s", filepath.Base(name), m)
		}
	}
	if m := missingTests("-run 'TestScriptsName|TestThatIsNot$'", tests); len(m) != 1 || m[0] != "TestThatIsNot" {
		t.Errorf("missing: %v", m)
	}
}
