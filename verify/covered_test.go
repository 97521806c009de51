package verify_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// covered appends one update that changes what objs say and ends in a valid signature
// over everything: what a dishonest signer can do with a certificate that everyone
// trusts.
func covered(t testing.TB, cred signer.Credential, b []byte, objs map[int]string) []byte {
	t.Helper()
	return coveredWith(t, cred, b, objs, "")
}

// coveredWith is covered with more entries in the signature dictionary.
func coveredWith(t testing.TB, cred signer.Credential, b []byte, objs map[int]string, more string) []byte {
	t.Helper()
	const room = 4096
	objs[95] = "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached" + more + "/ByteRange [0 " + strings.Repeat(" ", 40) +
		"]/Contents <" + strings.Repeat("0", room) + ">>>"
	out := update(b, 1, objs)
	from := bytes.LastIndex(out, []byte("/Contents <")) + len("/Contents ")
	to := from + room + 2
	at := bytes.LastIndex(out, []byte("/ByteRange [0 ")) + len("/ByteRange [0 ")
	copy(out[at:], fmt.Sprintf("%d %d %d", from, to, len(out)-to))
	digest := sha256.Sum256(append(bytes.Clone(out[:from]), out[to:]...))
	p := cms.Profile{Chain: cred.Chain, Hash: cms.SHA256}
	attrs, err := p.SignedAttributes(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	sig, err := p.SignAttributes(cred.Key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Assemble(attrs, sig, nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(out[from+1:], fmt.Sprintf("%x", der))
	return out
}

// TestA3CoveredChange: a valid later signature excuses only its own field (D2, A3, A11,
// A21, A22, A24). The first case is the honest one.
func TestA3CoveredChange(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred, err := ca.Issue(devca.Subject{Name: "王五", ID: "320*****0011"})
	if err != nil {
		t.Fatal(err)
	}
	_, one, _ := signedTwice(t, ca)
	page, catalog := object(t, one, 3), object(t, one, 1)
	acroform := 0
	fmt.Sscanf(catalog[strings.Index(catalog, "/AcroForm"):], "/AcroForm %d 0 R", &acroform)
	acro := object(t, one, acroform)
	into := func(dict, ref string) string {
		i := strings.LastIndex(dict, "]")
		return dict[:i] + " " + ref + dict[i:]
	}
	with := func(dict, entry string) string { return strings.TrimSuffix(dict, ">>") + entry + ">>" }
	const field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(New)/Rect[0 0 0 0]/F 132/P 3 0 R/V 95 0 R>>"
	form := "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream"
	signed := 0 // the number of the existing signature dictionary
	head := one[:bytes.LastIndex(one, []byte("/Type/Sig\n"))]
	fmt.Sscanf(string(head[bytes.LastIndex(head, []byte("\nendobj\n"))+8:]), "%d 0 obj", &signed)
	honest := func() map[int]string {
		return map[int]string{3: into(page, "91 0 R"), acroform: into(acro, "91 0 R"), 91: field}
	}
	for _, c := range []struct {
		name   string
		change func(o map[int]string)
		want   verify.ChangeLevel
	}{
		{"a field and its signature", func(map[int]string) {}, verify.ChangeSign},
		{"and page content", func(o map[int]string) { o[3] = with(o[3], "/Contents 90 0 R"); o[90] = form }, verify.ChangeOther},
		{"and the page's box", func(o map[int]string) { o[3] = strings.Replace(o[3], "841.89", "800", 1) }, verify.ChangeOther},
		{"and its rotation", func(o map[int]string) { o[3] = with(o[3], "/Rotate 90") }, verify.ChangeOther},
		{"and another annotation", func(o map[int]string) {
			o[3] = into(o[3], "92 0 R")
			o[92] = "<</Type/Annot/Subtype/FreeText/Rect[0 0 500 500]/Contents(x)>>"
		}, verify.ChangeAnnotation},
		{"and an annotation less", func(o map[int]string) {
			i, j := strings.LastIndex(o[3], "["), strings.LastIndex(o[3], " 91 0 R")
			o[3] = o[3][:i+1] + o[3][j:]
		}, verify.ChangeOther},
		{"and an unsigned field", func(o map[int]string) {
			o[acroform] = into(o[acroform], "93 0 R")
			o[93] = "<</FT/Sig/T(Empty)/Rect[0 0 0 0]>>"
		}, verify.ChangeOther},
		{"and a field of the same name", func(o map[int]string) {
			o[91] = strings.Replace(field, "(New)", "<FEFF516C7AE0>", 1)
		}, verify.ChangeOther},
		{"and the page tree", func(o map[int]string) { o[2] = "<</Type/Pages/Count 2/Kids[3 0 R 94 0 R]>>"; o[94] = page }, verify.ChangeOther},
		{"and OpenAction", func(o map[int]string) { o[1] = with(catalog, "/OpenAction<</S/GoTo/D[3 0 R/Fit]>>") }, verify.ChangeOther},
		{"and layers", func(o map[int]string) { o[1] = with(catalog, "/OCProperties<<>>") }, verify.ChangeOther},
		{"and NeedAppearances", func(o map[int]string) { o[acroform] = with(o[acroform], "/NeedAppearances true") }, verify.ChangeOther},
		{"and XFA", func(o map[int]string) { o[acroform] = with(o[acroform], "/XFA(x)") }, verify.ChangeOther},
		{"and SigFlags cleared", func(o map[int]string) {
			o[acroform] = strings.Replace(o[acroform], "/SigFlags 3", "/SigFlags 1", 1)
		}, verify.ChangeOther},
		{"and the earlier signature", func(o map[int]string) {
			o[signed] = strings.Replace(object(t, one, signed), "/M", "/Reason(x)/M", 1)
		}, verify.ChangeUnchecked}, // it is no longer where its own /ByteRange says
	} {
		objs := honest()
		c.change(objs)
		rep := judge(t, covered(t, cred, one, objs), policy(ca))
		if len(rep.Signatures) < 1 || rep.Signatures[0].ChangeLevel != c.want || rep.Valid() != (c.want == verify.ChangeSign) {
			t.Errorf("%s: %v %v", c.name, rep.Verdict, rep.Reasons)
			for _, s := range rep.Signatures {
				t.Errorf("   %s %v %v %v %q", s.Field, s.Indication, s.Reasons, s.ChangeLevel, changesOf(s))
			}
		}
	}
}
