package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The last threat and the last class of attack that must have their rows.
const (
	lastThreat = 38
	lastAttack = 54
)

// numbered is one line of docs/threats.md or docs/attacks.md.
type numbered struct {
	name                 string // T7, A12
	code, tests, reasons []string
}

// numberedRows reads the table whose numbers have a letter. columns are the places
// of code, tests and reasons; no reasons have the place 0.
func numberedRows(text, letter string, width, code, tests, reasons int) (out []numbered, faults []string) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 2 || !regexp.MustCompile(`^ `+letter+`[0-9]+ $`).MatchString(cells[1]) {
			continue
		}
		if len(cells) != width+2 {
			faults = append(faults, fmt.Sprintf("%d columns in %s", len(cells)-2, line))
			continue
		}
		r := numbered{name: strings.TrimSpace(cells[1]), code: strings.Fields(cells[code]), tests: strings.Fields(cells[tests])}
		if reasons > 0 {
			r.reasons = strings.Fields(cells[reasons])
		}
		out = append(out, r)
	}
	return out, faults
}

// words is what may name a number in a package: comments, and in tests names of
// functions and strings too.
type words struct{ code, tests string }

func readWords(dir string) (words, error) {
	var code, tests strings.Builder
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*.go"))
	if err != nil || len(files) == 0 {
		return words{}, fmt.Errorf("no package in %s: %w", dir, err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return words{}, err
		}
		out := &code
		if strings.HasSuffix(file, "_test.go") {
			out = &tests
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					fmt.Fprintln(out, n.Name.Name)
				case *ast.BasicLit:
					fmt.Fprintln(out, n.Value)
				}
				return true
			})
		}
		for _, group := range f.Comments {
			fmt.Fprintln(out, group.Text())
		}
	}
	return words{code.String(), tests.String()}, nil
}

// says reports whether a text names a number: T7, TestT7Codes, TestWill_T7, "A22 to A24".
func says(text, name string) bool {
	letter, n := name[:1], name[1:]
	if regexp.MustCompile(`(^|[^A-Za-z0-9]|Test)` + name + `($|[^0-9])`).MatchString(text) {
		return true
	}
	want, _ := strconv.Atoi(n)
	for _, m := range regexp.MustCompile(letter+`([0-9]+) to `+letter+`([0-9]+)`).FindAllStringSubmatch(text, -1) {
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		if from <= want && want <= to {
			return true
		}
	}
	return false
}

// judgeNumbered returns everything that is wrong with a table.
func judgeNumbered(table []numbered, letter string, last int, reasons string) (faults []string) {
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	load, cache := loader(), map[string]words{}
	read := func(pkg string) words {
		if _, ok := cache[pkg]; !ok {
			w, err := readWords(pkg)
			if err != nil {
				fault("%v", err)
			}
			cache[pkg] = w
		}
		return cache[pkg]
	}
	for i, r := range table {
		if want := letter + strconv.Itoa(i+1); r.name != want {
			fault("row %d is %s, not %s", i+1, r.name, want)
		}
		if len(r.code) == 0 || len(r.tests) == 0 {
			fault("%s: no code or no tests", r.name)
		}
		inCode, inTests := false, false
		for _, name := range r.code {
			pkg, symbol, _ := strings.Cut(name, ".")
			if p, err := load(pkg); err != nil || !p.symbols[symbol] {
				fault("%s: %s does not exist", r.name, name)
				continue
			}
			inCode = inCode || says(read(pkg).code, r.name)
		}
		for _, name := range r.tests {
			pkg, test, _ := strings.Cut(name, ".")
			if p, err := load(pkg); err != nil || p.tests[test] == "" {
				fault("%s: the test %s does not exist", r.name, name)
				continue
			}
			inTests = inTests || says(read(pkg).tests, r.name)
		}
		for _, code := range r.reasons {
			if code != "–" && !strings.Contains(reasons, strconv.Quote(code)) { // – is a class that no verdict names
				fault("%s: there is no reason %s", r.name, code)
			}
		}
		if !inCode {
			fault("%s: no comment of these packages names it: %v", r.name, r.code)
		}
		if !inTests {
			fault("%s: no test of these packages names it: %v", r.name, r.tests)
		}
	}
	if len(table) != last {
		fault("%d rows, not %d", len(table), last)
	}
	return faults
}

func testTable(t *testing.T, page, letter string, last, width, code, tests, reasons int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	table, faults := numberedRows(string(text), letter, width, code, tests, reasons)
	for _, f := range append(faults, judgeNumbered(table, letter, last, reasonCodes(t))...) {
		t.Errorf("%s: %s", page, f)
	}
}

// reasonCodes is the source of the codes that a verdict gives.
func reasonCodes(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, name := range []string{"reason.go", "upload.go"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "verify", name))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	return out.String()
}

// TestThreatsTable: docs/threats.md has a row for every threat, in order; what it names
// exists, and the code and the tests name the threat.
func TestThreatsTable(t *testing.T) { testTable(t, "threats.md", "T", lastThreat, 6, 4, 5, 0) }

// TestAttacksTable: the same for docs/attacks.md.
func TestAttacksTable(t *testing.T) { testTable(t, "attacks.md", "A", lastAttack, 6, 4, 6, 5) }

// Each fault that the check knows is found where it is planted.
func TestNumberedTablesCanFail(t *testing.T) {
	const good = "| T1 | x | y | org.Inside.Authorize | org.TestT1ForeignIDs | – |\n"
	for planted, want := range map[string]string{
		good: "",
		"| T1 | x | y | org.Service.Authorise | org.TestT1ForeignIDs | – |": "org.Service.Authorise does not exist",
		"| T1 | x | y | orgs.Authorize | org.TestT1ForeignIDs | – |":        "orgs.Authorize does not exist",
		"| T1 | x | y | org.Inside.Authorize | org.TestT1Nothing | – |":     "the test org.TestT1Nothing does not exist",
		"| T1 | x | y | org.Inside.Authorize | | – |":                       "no code or no tests",
		"| T1 | x | y | | org.TestT1ForeignIDs | – |":                       "no code or no tests",
		"| T2 | x | y | org.Inside.Authorize | org.TestT1ForeignIDs | – |":  "row 1 is T2, not T1",
		"| T1 | x | y | internal/cms.Parse | org.TestT1ForeignIDs | – |":    "no comment of these packages names it",
		"| T1 | x | y | org.Inside.Authorize | verify.TestFlips | – |":      "no test of these packages names it",
		"| T1 | x | y | org.Inside.Authorize | org.TestT1ForeignIDs |":      "5 columns",
		good + good: "2 rows, not 1",
	} {
		table, faults := numberedRows(planted, "T", 6, 4, 5, 0)
		got := strings.Join(append(faults, judgeNumbered(table, "T", 1, "")...), "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", planted, got, want)
		}
	}
	if faults := judgeNumbered([]numbered{{"A1", []string{"verify.Verify"}, []string{"verify.TestMutants"}, []string{"NO_SUCH"}}}, "A", 1, reasonCodes(t)); len(faults) != 1 {
		t.Errorf("an unknown reason: %q", faults)
	}
	if says("T12 and XT1", "T1") || !says("TestT1Foreign", "T1") || !says("TestSweep_T1", "T1") || !says("A22 to A24", "A23") || says("A22 to A24", "A25") {
		t.Error("numbers are read wrongly")
	}
}
