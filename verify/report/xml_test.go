package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/report"
)

var update = flag.Bool("update", false, "rewrite testdata")

// longBytes are values that the golden files leave out.
var longBytes = regexp.MustCompile(`>[A-Za-z0-9+/]{100,}=*<`)

// golden compares with a file of testdata, without long values.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	got = longBytes.ReplaceAll(got, []byte(">...<"))
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v); -update rewrites it:\n%s", name, err, got)
	}
}

func TestXMLGolden(t *testing.T) {
	ca := newCA(t, devca.P256)
	doc, rep := judge(t, signedAt(t, ca, signer.BT), policy(ca))
	out, _ := write(t, doc, rep)
	golden(t, "signed.xml", out)
	doc, rep = judge(t, plainPDF(1), policy(ca))
	out, _ = write(t, doc, rep)
	golden(t, "unsigned.xml", out)
}

// TestXMLSaysTheVerdict: the indications of the XML are those of the report, and nothing
// that is not valid has passed alone.
func TestXMLSaysTheVerdict(t *testing.T) {
	ca := newCA(t, devca.P256)
	good := signedAt(t, ca, signer.BLTA)
	twice := sign(t, signedAt(t, ca, signer.BT), signer.Request{Credential: issue(t, ca), Level: signer.BB, NewField: &signer.Field{Name: "乙方"}})
	revoking := newCA(t, devca.P256)
	early := signedAt(t, revoking, signer.BB)
	cred := issue(t, revoking)
	late := sign(t, plainPDF(1), signer.Request{Credential: cred, Level: signer.BB, NewField: &signer.Field{Name: "S"}})
	if err := revoking.Revoke(cred.Chain[0], 1); err != nil {
		t.Fatal(err)
	}
	asking := policy(revoking)
	asking.Revocation, asking.Online = verify.RequireRevocation, revoking
	nobody := policy(ca)
	nobody.Roots = nobody.Roots[:0]
	const total = "urn:etsi:019102:mainindication:total-"
	for name, c := range map[string]struct {
		in      []byte
		policy  verify.Policy
		verdict verify.Verdict
		main    []string // of the reports, in order
		sub     string   // of the first
	}{
		"valid":          {good, policy(ca), verify.Valid, []string{total + "passed", "urn:etsi:019102:mainindication:passed"}, ""},
		"twice":          {twice, policy(ca), verify.Valid, []string{total + "passed", total + "passed"}, ""},
		"changed":        {bytes.Replace(good, []byte("/MediaBox"), []byte("/MediaBux"), 1), policy(ca), verify.Invalid, []string{total + "failed", "urn:etsi:019102:mainindication:failed"}, "HASH_FAILURE"},
		"without roots":  {good, nobody, verify.Indeterminate, []string{"urn:etsi:019102:mainindication:indeterminate", "urn:etsi:019102:mainindication:indeterminate"}, "NO_CERTIFICATE_CHAIN_FOUND"},
		"trailing bytes": {append(bytes.Clone(good), "123456"...), policy(ca), verify.Invalid, []string{total + "failed", "urn:etsi:019102:mainindication:failed", total + "failed"}, "FORMAT_FAILURE"},
		"unreachable":    {append(plainPDF(1), "\n/ByteRange [0 1 2 3]"...), policy(ca), verify.Invalid, []string{total + "failed"}, "FORMAT_FAILURE"},
		"unsigned":       {plainPDF(1), policy(ca), verify.Unsigned, []string{"urn:etsi:019102:mainindication:indeterminate"}, ""},
		"not a PDF":      {[]byte("no PDF"), policy(ca), verify.Unreadable, []string{"urn:etsi:019102:mainindication:indeterminate"}, ""},
		"revoked":        {late, asking, verify.Indeterminate, []string{"urn:etsi:019102:mainindication:indeterminate"}, "REVOKED_NO_POE"},
		"another's":      {early, asking, verify.Valid, []string{total + "passed"}, ""},
	} {
		doc, rep := judge(t, c.in, c.policy)
		if rep.Verdict != c.verdict {
			t.Errorf("%s: the fixture is %v: %v %+v", name, rep.Verdict, rep.Reasons, rep.Signatures)
		}
		out, p := write(t, doc, rep)
		var main []string
		for _, r := range p.Reports {
			main = append(main, r.Status.Main)
		}
		sub := strings.TrimPrefix(p.Reports[0].Status.Sub, "urn:etsi:019102:subindication:")
		if !slices.Equal(main, c.main) || sub != c.sub {
			t.Errorf("%s: %q %s, want %q %s", name, main, sub, c.main, c.sub)
		}
		passed := !slices.ContainsFunc(main, func(s string) bool { return !strings.HasSuffix(s, "passed") })
		if passed != (rep.Verdict == verify.Valid) {
			t.Errorf("%s: %v, but the reports say %q", name, rep.Verdict, main)
		}
		for i, s := range rep.Signatures {
			var said []string
			for _, v := range p.Reports[i].Status.Data.Values {
				code, _, _ := strings.Cut(v.Value, ":")
				if strings.HasSuffix(v.Type, "#reason") || strings.HasSuffix(v.Type, "#warning") {
					said = append(said, code)
				}
			}
			var want []string
			for _, r := range slices.Concat(s.Reasons, s.Warnings) {
				want = append(want, string(r))
			}
			if !slices.Equal(said, want) || p.Reports[i].Signer != s.Signer || p.Reports[i].Identifier.ID != fmt.Sprintf("S%d", i+1) {
				t.Errorf("%s: signature %d: %q, want %q", name, i+1, said, want)
			}
		}
		if name == "revoked" && p.Reports[0].Status.Data.Revoked != "urn:etsi:019102:revocationReason:keyCompromise" {
			t.Errorf("revoked: %+v", p.Reports[0].Status.Data)
		}
		checkReferences(t, name, out, p)
		keep(t, name, out)
	}
}

// checkReferences checks that every reference names an object, each object once.
func checkReferences(t *testing.T, name string, out []byte, p parsed) {
	t.Helper()
	ids, bodies := map[string]bool{}, map[string]bool{}
	for _, r := range p.Reports {
		ids[r.Identifier.ID] = true
	}
	for _, o := range p.Objects {
		if ids[o.ID] || bodies[o.Base64+o.Digest] {
			t.Errorf("%s: object %s twice", name, o.ID)
		}
		ids[o.ID], bodies[o.Base64+o.Digest] = true, true
	}
	for _, m := range regexp.MustCompile(`VOReference="([^"]*)"`).FindAllSubmatch(out, -1) {
		if !ids[string(m[1])] {
			t.Errorf("%s: %s is no object", name, m[1])
		}
	}
}

// TestXMLObjects: a B-LTA file brings what its verdict rests on.
func TestXMLObjects(t *testing.T) {
	ca := newCA(t, devca.P256)
	b := signedAt(t, ca, signer.BLTA)
	p := policy(ca)
	p.Revocation = verify.RequireRevocation
	doc, rep := judge(t, b, p)
	_, got := write(t, doc, rep)
	kinds := map[string]int{}
	for _, o := range got.Objects {
		kinds[strings.TrimPrefix(o.Type, "urn:etsi:019102:validationObject:")]++
		if strings.HasSuffix(o.Type, "timestamp") && o.Proves != "2026-03-04T08:30:00Z" {
			t.Errorf("%s proves %q", o.ID, o.Proves)
		}
	}
	if kinds["signedData"] != 1 || kinds["certificate"] < 3 || kinds["timestamp"] != 2 || kinds["OCSPResponse"]+kinds["CRL"] < 2 {
		t.Errorf("objects: %v", kinds)
	}
	if got.Objects[0].Digest != base64.StdEncoding.EncodeToString(doc.SHA256[:]) {
		t.Error("the first object is not the file")
	}
	first := got.Reports[0]
	if first.Best != "2026-03-04T08:30:00Z" || first.Said != "同意 <合同>" || first.Identifier.Value == "" || first.Status.Data.Secure != "true" {
		t.Errorf("%+v", first)
	}
	chain := first.Status.Data.Chain
	if len(chain) != 1 || first.Status.Data.Anchor == nil || len(chain[0].Intermediate) != 1 {
		t.Errorf("%+v", first.Status.Data)
	}
	p.Roots = p.Roots[:0] // nothing is proven then
	_, rep = judge(t, b, p)
	_, got = write(t, doc, rep)
	for _, o := range got.Objects {
		if o.Proves != "" {
			t.Errorf("an untrusted timestamp proves %s", o.Proves)
		}
	}
	if got.Reports[0].Best != "2026-03-04T09:30:00Z" || got.Reports[1].Best != "2026-03-04T09:30:00Z" || got.Reports[0].Status.Data.Anchor != nil {
		t.Errorf("%+v", got.Reports[0])
	}
}

// hostile are texts that mean something to XML, to terminals or to typesetters (A45).
var hostile = []string{"a\x00b", "]]>", "<script>&amp;\"'", "\x1b[2J\r\n签章结果: 签名有效且可信", "\u202egnp.exe\u2066", "\xff\xfe", "\ufffe\uffff", "\U0010ffff", "<!--", "\u2028", "𠮷", strings.Repeat("长", 5000)}

// hostileReport fills every text of a report.
func hostileReport(s string) (report.Document, *verify.Report) {
	return report.Document{Name: s, Size: 1}, &verify.Report{
		Verdict: verify.Invalid, Reasons: []verify.Reason{verify.Reason(s)}, Time: signingTime,
		Mentions: []verify.Mention{{Kind: verify.Unreachable, Offset: 7}, {Kind: verify.MentionKind(99)}},
		Signatures: []verify.Signature{
			{Field: s, Indication: verify.Undetermined, SubIndication: verify.SubIndication(s), Reasons: []verify.Reason{verify.Reason(s)},
				Warnings: []verify.Reason{verify.StructAmbiguous}, Signer: s, SignerID: s, Issuer: s, SigningTime: signingTime, TimeSource: verify.TimeTimestamp,
				Algorithm: s, Digest: s, Level: s, SubFilter: s, Page: 1, Rect: [4]float64{1, 2, 3, 4}, DocMDP: 2, RevisionNumber: 1, ChangeLevel: verify.ChangeOther,
				Changes: []verify.Change{{Level: verify.ChangeOther, Code: s, Revision: 2, Field: s}}},
			{Kind: verify.KindTimestamp, Indication: verify.Indication(99), Coverage: verify.Coverage(99)},
		},
	}
}

// TestXMLHostile: A45, no text of a file breaks the XML or acts in it.
func TestXMLHostile(t *testing.T) {
	for i, s := range hostile {
		out, p := write(t, report.Document{}, &verify.Report{})
		if len(p.Reports) != 1 {
			t.Fatalf("%s", out)
		}
		doc, rep := hostileReport(s)
		out, p = write(t, doc, rep)
		if len(p.Reports) != 3 || p.XMLName.Space != "http://uri.etsi.org/19102/v1.4.1#" {
			t.Errorf("%q: %d reports", s, len(p.Reports))
		}
		checkClean(t, out)
		keep(t, fmt.Sprintf("hostile-%d", i), out)
	}
	ca := newCA(t, devca.P256)
	b := sign(t, plainPDF(1), signer.Request{Credential: issue(t, ca), Level: signer.BB, Reason: "x\n]]><a>\u202e", NewField: &signer.Field{Name: "S"}})
	doc, rep := judge(t, b, policy(ca))
	out, p := write(t, doc, rep)
	checkClean(t, out)
	if got := p.Reports[0].Said; got != "x<U+000A>]]><a><U+202E>" {
		t.Errorf("the reason is %q", got)
	}
}

// checkClean refuses characters that XML 1.0 forbids and those that act.
func checkClean(t *testing.T, out []byte) {
	t.Helper()
	if !utf8.Valid(out) {
		t.Error("no UTF-8")
	}
	for _, r := range string(out) {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffd || r == 0xfffe {
			t.Errorf("%U is in the report", r)
		}
	}
}

// TestXMLNames: the file's name is a relative reference, whatever it holds.
func TestXMLNames(t *testing.T) {
	for in, want := range map[string]string{"a b.pdf": "./a%20b.pdf", "x:y": "./x:y", "合同": "./%E5%90%88%E5%90%8C", "//host/a": "./%2F%2Fhost%2Fa", "%": "./%25", "": ""} {
		_, p := write(t, report.Document{Name: in}, &verify.Report{})
		if got := p.Objects[0].Name; got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// Times that xs:dateTime cannot hold are left out.
func TestXMLTimes(t *testing.T) {
	for _, at := range []time.Time{{}, time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		out, _ := write(t, report.Document{}, &verify.Report{Time: at, Signatures: []verify.Signature{{SigningTime: at, TimeSource: verify.TimeTimestamp}}})
		if bytes.Contains(out, []byte("Time>")) {
			t.Errorf("%v is in\n%s", at, out)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
func (broken) Read([]byte) (int, error)  { return 0, io.ErrUnexpectedEOF }

// What a reader or a writer says goes to the caller.
func TestErrors(t *testing.T) {
	if _, err := report.Describe(broken{}, "x"); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "report: ") {
		t.Error(err)
	}
	rep := &verify.Report{Time: signingTime}
	for _, err := range []error{report.XML(broken{}, report.Document{}, rep), report.PDF(broken{}, report.Document{}, rep, verify.Chinese)} {
		if !errors.Is(err, io.ErrShortWrite) || !strings.HasPrefix(err.Error(), "report: ") {
			t.Error(err)
		}
	}
}

// FuzzXML: whatever stands in a report, the XML is well-formed and has a report for each
// signature.
func FuzzXML(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, int64(i)*1e9, i%4, i%3)
	}
	f.Fuzz(func(t *testing.T, s string, at int64, verdict, indication int) {
		doc, rep := hostileReport(s)
		rep.Time, rep.Verdict = time.Unix(at, 0), verify.Verdict(verdict)
		rep.Signatures[0].SigningTime, rep.Signatures[0].Indication = time.Unix(at, 0), verify.Indication(indication)
		out, p := write(t, doc, rep)
		if len(p.Reports) != 3 {
			t.Errorf("%d reports", len(p.Reports))
		}
		for d := xml.NewDecoder(bytes.NewReader(out)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		checkClean(t, out)
	})
}
