package arch_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	packageRow = regexp.MustCompile("^\\| ((?:`[a-z0-9/]+` ?)+)(\\+ )?\\|")
	quoted     = regexp.MustCompile("`([^` ]+)`")
	testName   = regexp.MustCompile(`^([a-z0-9/]+)\.((?:Test|Example)\w*)$`)
	filePath   = regexp.MustCompile(`^[\w./-]+/[\w.-]+\.(?:go|txt|md|yml)$|^(?:README|SECURITY|CHANGELOG|CONTRIBUTING)[\w.-]*\.md$`)
)

// judgeArchitecture returns everything in a page of the architecture that is not so.
// there are the packages of the module, examples apart.
func judgeArchitecture(page string, there map[string]bool, load func(string) (*pkgNames, error)) (faults []string) {
	rows := map[string]bool{}
	for line := range strings.Lines(page) {
		if m := packageRow.FindStringSubmatch(line); m != nil {
			for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
				rows[q[1]] = true
				if planned := m[2] != ""; planned == there[q[1]] {
					faults = append(faults, q[1]+" is planned, or is it there?")
				}
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(there)) {
		if !rows[pkg] {
			faults = append(faults, "the package "+pkg+" has no row")
		}
	}
	for _, q := range quoted.FindAllStringSubmatch(page, -1) {
		if m := testName.FindStringSubmatch(q[1]); m != nil {
			if p, err := load(m[1]); err != nil || p.tests[m[2]] == "" {
				faults = append(faults, "there is no test "+q[1])
			}
		} else if filePath.MatchString(q[1]) {
			if _, err := os.Stat(filepath.Join("..", "..", q[1])); err != nil {
				faults = append(faults, err.Error())
			}
		}
	}
	return faults
}

// TestArchitecture: docs/architecture.md, in both languages, has every package, and
// names only files and tests that exist.
func TestArchitecture(t *testing.T) {
	there := map[string]bool{}
	for path := range compiled(t) {
		if pkg, ours := strings.CutPrefix(path, module+"/"); ours && !strings.HasPrefix(pkg, "examples/") {
			there[pkg] = true
		}
	}
	for _, name := range []string{"architecture.md", "architecture.zh-CN.md"} {
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range judgeArchitecture(string(page), there, loader()) {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// Each fault that the check knows is found where it is planted.
func TestArchitectureCanFail(t *testing.T) {
	for page, want := range map[string]string{
		"| `org` | persons |\n| `new` + | later |\n`org.TestM38Model` `org/errors.go`": "",
		"| `org` + | persons |":                         "org is planned, or is it there?",
		"| `org` `old` | persons |":                     "old is planned, or is it there?",
		"| `seal` + | seals |":                          "the package org has no row",
		"| `org` | persons |\n`org.TestNope`":           "there is no test org.TestNope",
		"| `org` | persons |\nsee `org/nope.go`, there": "no such file",
	} {
		got := strings.Join(judgeArchitecture(page, map[string]bool{"org": true}, loader()), "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}
