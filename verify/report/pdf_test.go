package report_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/report"
)

// print makes the PDF twice and checks that it is the same, and that a strict reader
// takes it.
func print(t *testing.T, doc report.Document, rep *verify.Report, lang verify.Language) []byte {
	t.Helper()
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := report.PDF(w, doc, rep, lang); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same report is not the same PDF")
	}
	found, err := verify.CheckUpload(t.Context(), bytes.NewReader(a.Bytes()), int64(a.Len()))
	if err != nil || len(found) > 0 {
		t.Errorf("%v, %+v", err, found)
	}
	return a.Bytes()
}

// words returns the text of a PDF without blanks, by pdftotext.
func words(t *testing.T, b []byte) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is absent")
		}
		t.Skip("pdftotext is absent")
	}
	name := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

// TestPDFSaysTheVerdict: the words for people are on the page, in both languages.
func TestPDFSaysTheVerdict(t *testing.T) {
	ca := newCA(t, devca.P256)
	good := signedAt(t, ca, signer.BLTA)
	nobody := policy(ca)
	nobody.Roots = nobody.Roots[:0]
	for name, c := range map[string]struct {
		in     []byte
		policy verify.Policy
		lang   verify.Language
		says   []string
	}{
		"valid": {good, policy(ca), verify.Chinese, []string{"验证通过：全部签名有效且可信", "1个签名，1个文档时间戳", "签名有效且可信", "签署原因", "同意<合同>", "上海",
			"第2页，距左上角29.0、85.0毫米，42.0×30.0毫米", "第2页，297×210毫米", "B-LTA（含长期验证数据与归档时间戳）", "文档时间戳T1", "未吊销（OCSP", "TOTAL_PASSED", "添加了文档时间戳"}},
		"in English": {good, policy(ca), verify.English, []string{"Passed:everysignatureisvalidandtrusted", "Documenttimestamp T1", "page2,29.0and85.0mm", "notrevoked(OCSPof"}},
		"changed":    {bytes.Replace(good, []byte("/MediaBox"), []byte("/MediaBux"), 1), policy(ca), verify.Chinese, []string{"验证不通过", "签名无效", "文件内容与签名不符（CMS_DIGEST）", "TOTAL_FAILED，HASH_FAILURE"}},
		"untrusted":  {good, nobody, verify.Chinese, []string{"无法确认", "证书不是由受信任的机构签发（NO_CERTIFICATE_CHAIN_FOUND）"}},
		"trailing":   {append(bytes.Clone(good), "123456"...), policy(ca), verify.Chinese, []string{"文件问题", "文件末尾有多余数据（STRUCT_TRAILING_BYTES）"}},
		"unsigned":   {plainPDF(1), policy(ca), verify.Chinese, []string{"文件没有签名", "0个签名"}},
		"no PDF":     {[]byte("x"), policy(ca), verify.English, []string{"Thefilecannotbejudged", "thefileisnotaPDF(STRUCT_NOT_PDF)"}},
	} {
		doc, rep := judge(t, c.in, c.policy)
		got := words(t, print(t, doc, rep, c.lang))
		for _, want := range append(c.says, fmt.Sprintf("%x", doc.SHA256)) {
			if !strings.Contains(got, strings.ReplaceAll(want, " ", "")) {
				t.Errorf("%s: %q is not in\n%s", name, want, got)
			}
		}
	}
}

// TestPDFSketches: every page that shows a signature or a slice of a 骑缝章 is drawn.
func TestPDFSketches(t *testing.T) {
	ca := newCA(t, devca.P256)
	in := plainPDF(4)
	file, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	var laid bytes.Buffer
	err = signer.Layout(t.Context(), &laid, file, signer.Field{Name: "甲方", Page: 1, Box: signer.Around(50, 100, 42, 42)},
		signer.Field{Name: "骑缝", Straddle: &signer.Straddle{Pages: []int{2, 3}, At: 0.5, Width: 42, Height: 42}})
	if err != nil {
		t.Fatal(err)
	}
	art, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "上海测试科技有限公司"})
	if err != nil {
		t.Fatal(err)
	}
	b := laid.Bytes()
	for _, field := range []string{"甲方", "骑缝"} {
		b = sign(t, b, signer.Request{Credential: issue(t, ca), Level: signer.BB, Field: field, Appearance: art})
	}
	doc, rep := judge(t, b, policy(ca))
	got := words(t, print(t, doc, rep, verify.Chinese))
	for page, want := range map[int]bool{1: true, 2: true, 3: true, 4: false} {
		if strings.Contains(got, fmt.Sprintf("第%d页，210×297毫米", page)) != want {
			t.Errorf("page %d is drawn: %v, in\n%s", page, !want, got)
		}
	}
}

// TestPDFHostile: A45, texts of strangers are shown and do nothing, and long ones are cut.
func TestPDFHostile(t *testing.T) {
	for _, s := range hostile {
		doc, rep := hostileReport(s)
		for _, lang := range []verify.Language{verify.Chinese, verify.English, verify.Language(99)} {
			if n := strings.Count(words(t, print(t, doc, rep, lang)), "长"); n > 12000 {
				t.Errorf("%d letters of long texts", n)
			}
		}
	}
}

// Long lists have their beginning, and say how many more there are.
func TestPDFLimits(t *testing.T) {
	rep := &verify.Report{Time: signingTime, Verdict: verify.Invalid}
	var s verify.Signature
	for i := range 1000 {
		rep.Mentions = append(rep.Mentions, verify.Mention{Kind: verify.Unreachable, Offset: int64(i)})
		s.Changes = append(s.Changes, verify.Change{Level: verify.ChangeOther, Revision: i + 2})
	}
	for range 128 {
		rep.Signatures = append(rep.Signatures, s)
	}
	got := words(t, print(t, report.Document{}, rep, verify.Chinese))
	if n := strings.Count(got, "另有900项"); n != 2 {
		t.Errorf("%d lists are cut", n)
	}
}
