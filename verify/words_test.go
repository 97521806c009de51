package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// reasons reads the constants of reason.go.
func reasons(t *testing.T) (out []verify.Reason) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, e := range v.Values {
				if lit, ok := e.(*ast.BasicLit); ok {
					code, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, verify.Reason(code))
				}
			}
		}
		return true
	})
	if len(out) < 40 {
		t.Fatalf("only %d reasons found: the test looks at the wrong place", len(out))
	}
	return out
}

// Every reason has a sentence of its own in both languages.
func TestReasonsHaveWords(t *testing.T) {
	han := func(s string) bool {
		return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
	}
	seen := map[string]verify.Reason{}
	for _, r := range reasons(t) {
		zh, en := r.Text(verify.Chinese), r.Text(verify.English)
		if !han(zh) || han(en) || en == string(r) || en == "" {
			t.Errorf("%s: %q, %q", r, zh, en)
		}
		for _, s := range []string{zh, en} {
			if seen[s] != "" {
				t.Errorf("%s and %s both say %q", r, seen[s], s)
			}
			seen[s] = r
		}
	}
	if got := verify.SigChanged.Text(verify.Language(99)); got != verify.SigChanged.Text(verify.Chinese) {
		t.Errorf("in an unknown language: %q", got)
	}
	if got := verify.Reason("NEW").Text(verify.Chinese); got != "NEW" {
		t.Errorf("an unknown reason is %q", got)
	}
}

// The page says reasons and warnings in words, and lists as changes only what is more
// than further signatures.
func TestPageInWords(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, one, two := signedTwice(t, ca)
	p := policy(ca)
	rep := judge(t, append(one, '!', '!', '!', '!', '!', '!'), p)
	for _, want := range []string{"文件问题: 文件末尾有多余数据（STRUCT_TRAILING_BYTES）", "原因: 签署后文件被修改（SIG_CHANGED）",
		"注意: 未能确认证书是否已被吊销（REVOCATION_NOT_CHECKED）"} {
		if got := rep.Text(verify.Chinese); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if got := rep.Text(verify.English); !strings.Contains(got, "Reasons: the file was changed after this signature (SIG_CHANGED)") {
		t.Error(got)
	}
	rep = judge(t, append(two, '!', '!', '!', '!', '!', '!'), p)
	rows := rep.Signatures[0].Rows(verify.Chinese)
	last := rows[len(rows)-1]
	if last.Label != "签名后变更" || !strings.Contains(last.Value, "末尾") || !strings.HasSuffix(last.Value, "；后续正常签署 1 项") || strings.Contains(last.Value, "公章") {
		t.Errorf("%+v", last)
	}
}
