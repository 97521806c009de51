package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
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
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// enums are the exported enumerations: how to make a value of each.
var enums = map[string]func(n int) fmt.Stringer{
	"billing.CallbackFault":     func(n int) fmt.Stringer { return billing.CallbackFault(n) },
	"billing.Channel":           func(n int) fmt.Stringer { return billing.Channel(n) },
	"billing.OrderState":        func(n int) fmt.Stringer { return billing.OrderState(n) },
	"billing.Source":            func(n int) fmt.Stringer { return billing.Source(n) },
	"billing.TitleKind":         func(n int) fmt.Stringer { return billing.TitleKind(n) },
	"devca.Algorithm":           func(n int) fmt.Stringer { return devca.Algorithm(n) },
	"envelope.BoxKind":          func(n int) fmt.Stringer { return envelope.BoxKind(n) },
	"envelope.FieldKind":        func(n int) fmt.Stringer { return envelope.FieldKind(n) },
	"envelope.Methods":          func(n int) fmt.Stringer { return envelope.Methods(n) },
	"envelope.PartyKind":        func(n int) fmt.Stringer { return envelope.PartyKind(n) },
	"envelope.PartyState":       func(n int) fmt.Stringer { return envelope.PartyState(n) },
	"envelope.Payer":            func(n int) fmt.Stringer { return envelope.Payer(n) },
	"envelope.Purpose":          func(n int) fmt.Stringer { return envelope.Purpose(n) },
	"envelope.Status":           func(n int) fmt.Stringer { return envelope.Status(n) },
	"org.CodeReason":            func(n int) fmt.Stringer { return org.CodeReason(n) },
	"org.CompanyState":          func(n int) fmt.Stringer { return org.CompanyState(n) },
	"org.DenyReason":            func(n int) fmt.Stringer { return org.DenyReason(n) },
	"org.FaceReason":            func(n int) fmt.Stringer { return org.FaceReason(n) },
	"org.IDKind":                func(n int) fmt.Stringer { return org.IDKind(n) },
	"org.LinkState":             func(n int) fmt.Stringer { return org.LinkState(n) },
	"org.MemberState":           func(n int) fmt.Stringer { return org.MemberState(n) },
	"org.Paper":                 func(n int) fmt.Stringer { return org.Paper(n) },
	"org.PaperFault":            func(n int) fmt.Stringer { return org.PaperFault(n) },
	"org.PersonState":           func(n int) fmt.Stringer { return org.PersonState(n) },
	"org.RemittanceState":       func(n int) fmt.Stringer { return org.RemittanceState(n) },
	"org.ReviewState":           func(n int) fmt.Stringer { return org.ReviewState(n) },
	"org.RevocationReason":      func(n int) fmt.Stringer { return org.RevocationReason(n) },
	"org.Role":                  func(n int) fmt.Stringer { return org.Role(n) },
	"photo.Fault":               func(n int) fmt.Stringer { return photo.Fault(n) },
	"photo.Ink":                 func(n int) fmt.Stringer { return photo.Ink(n) },
	"registry.ApplicationState": func(n int) fmt.Stringer { return registry.ApplicationState(n) },
	"registry.Origin":           func(n int) fmt.Stringer { return registry.Origin(n) },
	"seal.CodeFault":            func(n int) fmt.Stringer { return seal.CodeFault(n) },
	"seal.HandwritingFault":     func(n int) fmt.Stringer { return seal.HandwritingFault(n) },
	"seal.Style":                func(n int) fmt.Stringer { return seal.Style(n) },
	"seal.TextFault":            func(n int) fmt.Stringer { return seal.TextFault(n) },
	"signer.Level":              func(n int) fmt.Stringer { return signer.Level(n) },
	"signer.Certification":      func(n int) fmt.Stringer { return signer.Certification(n) },
	"signer.Corner":             func(n int) fmt.Stringer { return signer.Corner(n) },
	"signer.Side":               func(n int) fmt.Stringer { return signer.Side(n) },
	"store.Kind":                func(n int) fmt.Stringer { return store.Kind(n) },
	"store.Mode":                func(n int) fmt.Stringer { return store.Mode(n) },
	"store.Outcome":             func(n int) fmt.Stringer { return store.Outcome(n) },
	"verify.ChangeLevel":        func(n int) fmt.Stringer { return verify.ChangeLevel(n) },
	"verify.Coverage":           func(n int) fmt.Stringer { return verify.Coverage(n) },
	"verify.Indication":         func(n int) fmt.Stringer { return verify.Indication(n) },
	"verify.MentionKind":        func(n int) fmt.Stringer { return verify.MentionKind(n) },
	"verify.Kind":               func(n int) fmt.Stringer { return verify.Kind(n) },
	"verify.Language":           func(n int) fmt.Stringer { return verify.Language(n) },
	"verify.Remedy":             func(n int) fmt.Stringer { return verify.Remedy(n) },
	"verify.Revocation":         func(n int) fmt.Stringer { return verify.Revocation(n) },
	"verify.TimeSource":         func(n int) fmt.Stringer { return verify.TimeSource(n) },
	"verify.Verdict":            func(n int) fmt.Stringer { return verify.Verdict(n) },
}

// bitSets are those whose values are joined: String names the parts.
var bitSets = []string{"envelope.Methods"}

// unknowns are the words of those that have one word for every unknown value, in place
// of Kind(N).
var unknowns = map[string]string{
	"org.Role": "no member", // the safe answer: a number that is no role has no rights
}

// blanks are those whose Zh may be empty: for no card, no paper, no channel.
var blanks = []string{"billing.Channel", "org.IDKind", "org.Paper"}

// zeros are the words of the zero values that are no mistake: each is the safe value, the
// usual choice, or nothing. The zero value of any other enumeration is invalid.
var zeros = map[string]string{
	"devca.Algorithm":      "P256",
	"envelope.Methods":     "",
	"org.CodeReason":       "wrong",
	"org.CompanyState":     "unverified",
	"org.FaceReason":       "is for something else",
	"org.PersonState":      "unverified",
	"org.Role":             "no member",
	"photo.Ink":            "any",
	"registry.Origin":      "drawn",
	"signer.Certification": "no certification",
	"signer.Corner":        "BottomRight",
	"signer.Side":          "Right",
	"verify.ChangeLevel":   "unchecked",
	"verify.Coverage":      "none",
	"verify.Indication":    "TOTAL_FAILED",
	"verify.Kind":          "signature",
	"verify.Language":      "Chinese",
	"verify.TimeSource":    "none",
	"verify.Verdict":       "unreadable",

	"envelope.PartyState": "waiting",
	"envelope.Payer":      "party pays",
}

// TestEnums: every value of an enumeration has a word of its own, defined or not, and none
// panics. The zero value is invalid or safe.
func TestEnums(t *testing.T) {
	for name, of := range enums {
		words := map[string]bool{}
		bits := slices.Contains(bitSets, name)
		_ = of(-1).String()
		for n := range 256 {
			s := of(n).String()
			words[s] = true
			if s == "" && !bits {
				t.Errorf("%s(%d) has no word", name, n)
			}
			if z, ok := of(n).(interface{ Zh() string }); ok && z.Zh() == "" && !bits && !slices.Contains(blanks, name) {
				t.Errorf("%s(%d) has no Chinese word", name, n)
			}
		}
		if len(words) < 256 && !bits && unknowns[name] == "" {
			t.Errorf("of the words of %s, two are the same", name)
		}
		zero, safe := zeros[name]
		if !safe {
			zero = unknownWord(name, 0)
		}
		if got := of(0).String(); got != zero {
			t.Errorf("%s(0) is %q, want %q", name, got, zero)
		}
		_ = of(1 << 30).String()
		if got, want := of(99).String(), unknownWord(name, 99); got != want && !bits {
			t.Errorf("%s(99) is %q, want %q", name, got, want)
		}
	}
}

// unknownWord is what String returns for a number that is no value.
func unknownWord(name string, n int) string {
	if word, ok := unknowns[name]; ok {
		return word
	}
	_, kind, _ := strings.Cut(name, ".")
	return fmt.Sprintf("%s(%d)", kind, n)
}

// TestEnumsAreListed: every exported type of integers with constants of its own has
// String, and a word for each constant, and is in the list.
func TestEnumsAreListed(t *testing.T) {
	found := map[string]*foundEnum{}
	for _, dir := range publicPackages(t) {
		if err := findEnums(filepath.Join("..", "..", dir), found); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range judgeEnums(found, enums) {
		t.Error(f)
	}
}

// Each fault that the check knows is found where it is planted.
func TestEnumsAreListedCanFail(t *testing.T) {
	list := func(names ...string) map[string]func(int) fmt.Stringer {
		out := map[string]func(int) fmt.Stringer{}
		for _, n := range names {
			out[n] = func(n int) fmt.Stringer { return signer.Side(n) }
		}
		return out
	}
	const (
		four   = "type Side int\nconst (\n\tA Side = iota\n\tB\n\tC, _ = Side(iota), Side(7)\n\tD, _\n)\n"
		five   = "const E = Side(4)\n"
		method = "func (s *Side) String() string { return \"\" }\n"
	)
	for _, c := range []struct {
		text   string
		listed []string
		want   string
	}{
		{four + method, []string{"p.Side"}, ""},
		{four, []string{"p.Side"}, "p.Side has no String"},
		{four + method, nil, "p.Side is not listed"},
		{four + method + five, []string{"p.Side"}, "p.Side has 5 constants, and words for 4"},
		{"type Side int\nconst A int = 1\n", nil, ""},
		{"type Side int\nconst A int = 1\n", []string{"p.Side"}, "p.Side is listed, and is no enumeration"},
		{"type Side uint16\nconst A Side = 1\n", nil, "p.Side has no String\np.Side is not listed"},
		{"type Side string\nconst A Side = \"a\"\n", nil, ""},
		{"type side int\nconst a side = 1\n", nil, ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte("package p\n"+c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		found := map[string]*foundEnum{}
		if err := findEnums(dir, found); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(judgeEnums(found, list(c.listed...)), "\n"); got != c.want {
			t.Errorf("%q is judged %q, want %q", c.text, got, c.want)
		}
	}
}

// foundEnum is an exported type of integers with constants of its own.
type foundEnum struct {
	constants int
	named     bool // it has String
}

// judgeEnums returns what is wrong with the enumerations of the packages, or with the
// list.
func judgeEnums(found map[string]*foundEnum, listed map[string]func(int) fmt.Stringer) (faults []string) {
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	for _, name := range slices.Sorted(maps.Keys(found)) {
		e, of := found[name], listed[name]
		if !e.named {
			fault("%s has no String", name)
		}
		if of == nil {
			fault("%s is not listed", name)
		}
		if !e.named || of == nil || slices.Contains(bitSets, name) {
			continue
		}
		words := map[string]bool{}
		_, kind, _ := strings.Cut(name, ".")
		for n := range 256 {
			if s := of(n).String(); !strings.HasPrefix(s, kind+"(") {
				words[s] = true
			}
		}
		if len(words) < e.constants {
			fault("%s has %d constants, and words for %d", name, e.constants, len(words))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if found[name] == nil {
			fault("%s is listed, and is no enumeration", name)
		}
	}
	return faults
}

// integers are the types that an enumeration may be made of.
var integers = []string{"int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "byte", "rune", "uintptr"}

// findEnums adds the enumerations of the package in dir to found.
func findEnums(dir string, found map[string]*foundEnum) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	ints, named, constants := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				countConstants(d, f.Name.Name+".", constants)
				for _, s := range d.Specs {
					ts, ok := s.(*ast.TypeSpec)
					if !ok || !ts.Name.IsExported() {
						continue
					}
					if id, ok := ts.Type.(*ast.Ident); ok && slices.Contains(integers, id.Name) {
						ints[f.Name.Name+"."+ts.Name.Name] = true
					}
				}
			case *ast.FuncDecl:
				if d.Name.Name == "String" && d.Recv != nil {
					named[f.Name.Name+"."+strings.TrimSuffix(receiver(d), ".")] = true
				}
			}
		}
	}
	for name := range ints {
		if constants[name] > 0 {
			found[name] = &foundEnum{constants[name], named[name]}
		}
	}
	return nil
}

// countConstants counts the constants of a declaration by the type that they state: in
// front of the value, or as a conversion. A line without a value repeats the one above.
func countConstants(d *ast.GenDecl, pkg string, into map[string]int) {
	if d.Tok != token.CONST {
		return
	}
	var above *ast.ValueSpec
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		if len(v.Values) > 0 {
			above = v
		}
		for i, name := range v.Names {
			stated := above.Type
			if call, ok := above.Values[i].(*ast.CallExpr); ok && stated == nil {
				stated = call.Fun
			}
			if id, ok := stated.(*ast.Ident); ok && name.Name != "_" {
				into[pkg+id.Name]++
			}
		}
	}
}
