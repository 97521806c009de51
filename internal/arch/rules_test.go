package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pkgNames is what a package declares, and the source of its tests.
type pkgNames struct {
	symbols map[string]bool   // Register, Service.Register, ErrTerms
	tests   map[string]string // name to comment and source
}

// declared reads a package's directory.
func declared(dir string) (*pkgNames, error) {
	p := &pkgNames{symbols: map[string]bool{}, tests: map[string]string{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no package in %s: %w", dir, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, src, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		test := strings.HasSuffix(file, "_test.go")
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				switch {
				case test && d.Recv == nil && strings.HasPrefix(d.Name.Name, "Test"):
					from := d.Pos()
					if d.Doc != nil {
						from = d.Doc.Pos()
					}
					p.tests[d.Name.Name] = string(src[fset.Position(from).Offset:fset.Position(d.End()).Offset])
				case !test:
					p.symbols[receiver(d)+d.Name.Name] = true
				}
			case *ast.GenDecl:
				if !test {
					names(d, p.symbols)
				}
			}
		}
	}
	return p, nil
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

func names(d *ast.GenDecl, into map[string]bool) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			into[s.Name.Name] = true
		case *ast.ValueSpec:
			for _, n := range s.Names {
				into[n.Name] = true
			}
		}
	}
}

var (
	ruleNumber = regexp.MustCompile(`M([0-9]+)`)
	ruleRange  = regexp.MustCompile(`M([0-9]+) to M([0-9]+)`)
)

// namesRule reports whether a text names a rule, alone or in "M20 to M27".
func namesRule(text string, n int) bool {
	for _, m := range ruleNumber.FindAllStringSubmatch(text, -1) {
		if m[1] == strconv.Itoa(n) {
			return true
		}
	}
	for _, m := range ruleRange.FindAllStringSubmatch(text, -1) {
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		if from <= n && n <= to {
			return true
		}
	}
	return false
}

// row is one line of the table in docs/rules.md.
type row struct {
	rule                   int
	code, succeed, refused []string
	host, notYet           bool
}

func rows(text string) (out []row, err error) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 2 || !regexp.MustCompile(`^ M[0-9]+ $`).MatchString(cells[1]) {
			continue
		}
		if len(cells) == 5 { // the table of contradictions
			continue
		}
		if len(cells) != 7 {
			return nil, fmt.Errorf("%d columns in %s", len(cells)-2, line)
		}
		r := row{succeed: strings.Fields(cells[4]), refused: strings.Fields(cells[5])}
		r.rule, _ = strconv.Atoi(strings.TrimSpace(cells[1])[1:])
		if strings.TrimSpace(cells[3]) == "not yet" {
			r.notYet = true
		} else {
			for _, c := range strings.Fields(cells[3]) {
				if c == "host" {
					r.host = true
				} else {
					r.code = append(r.code, c)
				}
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// judge returns everything that is wrong with the table.
func judge(table []row, last int, load func(pkg string) (*pkgNames, error)) (faults []string) {
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	seen := map[int]int{}
	lookup := func(rule int, name string) (p *pkgNames, rest string) {
		pkg, rest, ok := strings.Cut(name, ".")
		if !ok {
			fault("M%d: %q is no package and name", rule, name)
			return nil, ""
		}
		p, err := load(pkg)
		if err != nil {
			fault("M%d: %s: %v", rule, name, err)
		}
		return p, rest
	}
	for _, r := range table {
		seen[r.rule]++
		for _, c := range r.code {
			if p, rest := lookup(r.rule, c); p != nil && !p.symbols[rest] {
				fault("M%d: %s does not exist", r.rule, c)
			}
		}
		if r.host || r.notYet {
			continue
		}
		if len(r.code) == 0 || len(r.succeed) == 0 || len(r.refused) == 0 {
			fault("M%d: no code, no test of success or none of refusal", r.rule)
		}
		named := false
		for _, name := range append(append([]string(nil), r.succeed...), r.refused...) {
			p, rest := lookup(r.rule, name)
			if p == nil {
				continue
			}
			src, ok := p.tests[rest]
			if !ok {
				fault("M%d: the test %s does not exist", r.rule, name)
			}
			named = named || namesRule(src, r.rule)
		}
		if !named {
			fault("M%d: none of its tests names it", r.rule)
		}
	}
	for n := 1; n <= last; n++ {
		if seen[n] != 1 {
			fault("M%d has %d rows", n, seen[n])
		}
	}
	return faults
}

// lastRule is the last rule that must have its row.
const lastRule = 81

func loader() func(pkg string) (*pkgNames, error) {
	cache := map[string]*pkgNames{}
	return func(pkg string) (*pkgNames, error) {
		if p := cache[pkg]; p != nil {
			return p, nil
		}
		p, err := declared(filepath.Join("..", "..", filepath.FromSlash(pkg)))
		cache[pkg] = p
		return p, err
	}
}

func TestRulesTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := rows(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range judge(table, lastRule, loader()) {
		t.Error(f)
	}
}

// Each fault that the check knows is found where it is planted.
func TestRulesTableCanFail(t *testing.T) {
	const good = "| M1 | x | org.Service.Register | org.TestM1RegisterAndLogin | org.TestM2RegisterRefuses |\n"
	for planted, want := range map[string]string{
		good: "",
		"| M1 | x | org.Service.Registre | org.TestM1RegisterAndLogin | org.TestM2RegisterRefuses |": "does not exist",
		"| M1 | x | orgs.Service | org.TestM1RegisterAndLogin | org.TestM2RegisterRefuses |":         "no package",
		"| M1 | x | org.Service | org.TestM1Nothing | org.TestM2RegisterRefuses |":                   "the test org.TestM1Nothing does not exist",
		"| M1 | x | org.Service | org.TestM1RegisterAndLogin | |":                                    "no code, no test",
		"| M1 | x | | org.TestM1RegisterAndLogin | org.TestM2RegisterRefuses |":                      "no code, no test",
		"| M1 | x | org.Service | org.TestM38Transfer | org.TestM38Transfer |":                       "none of its tests names it",
		"| M1 | x | Register | org.TestM1RegisterAndLogin | org.TestM2RegisterRefuses |":             "no package and name",
		good + good:             "M1 has 2 rows",
		"| M2 | x | host | | |": "M1 has 0 rows",
	} {
		table, err := rows(planted)
		if err != nil {
			t.Fatal(err)
		}
		faults := strings.Join(judge(table, 1, loader()), "\n")
		if (want == "") != (faults == "") || !strings.Contains(faults, want) {
			t.Errorf("%s: %q, want %q", planted, faults, want)
		}
	}
	if _, err := rows("| M1 | x | org.Service | a | b | c |"); err == nil {
		t.Error("a row with six columns was read")
	}
	if !namesRule("M20 to M27", 25) || namesRule("M20 to M27", 28) || namesRule("M12", 1) {
		t.Error("rules are read wrongly")
	}
}

// unnamed returns the rules up to last that no comment of the code names, and those
// that no test names.
func unnamed(code, tests string, last int) (inCode, inTests []int) {
	for n := 1; n <= last; n++ {
		name := "M" + strconv.Itoa(n)
		if !says(code, name) {
			inCode = append(inCode, n)
		}
		if !says(tests, name) {
			inTests = append(inTests, n)
		}
	}
	return inCode, inTests
}

// TestRulesAreNamed: comments of the code and tests name every rule by its number, so
// that a search finds both.
func TestRulesAreNamed(t *testing.T) {
	var all words
	for path := range compiled(t) {
		dir, ok := strings.CutPrefix(path, module+"/")
		if !ok || dir == "internal/arch" {
			continue
		}
		w, err := readWords(dir)
		if err != nil {
			t.Fatal(err)
		}
		all.code += w.code
		all.tests += w.tests
	}
	if code, tests := unnamed(all.code, all.tests, lastRule); len(code)+len(tests) > 0 {
		t.Errorf("no comment names the rules %v, no test the rules %v", code, tests)
	}
	if code, tests := unnamed("M1, M3 to M5", "TestM2Register, M4", 5); !slices.Equal(code, []int{2}) || !slices.Equal(tests, []int{1, 3, 5}) {
		t.Errorf("rules are read wrongly: %v, %v", code, tests)
	}
}
