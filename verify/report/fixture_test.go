package report_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/report"
)

var signingTime = time.Date(2026, 3, 4, 16, 30, 0, 0, time.FixedZone("CST", 8*3600))

func clock() time.Time { return signingTime }

func newCA(t testing.TB, alg devca.Algorithm) *devca.CA {
	t.Helper()
	ca, err := devca.New(devca.Config{Now: clock, Algorithm: alg, Seed: []byte("report")})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *devca.CA) signer.Credential {
	t.Helper()
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028", Company: "测试上海科技有限公司", Code: "91310115591693856A"})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// plainPDF makes a file of A4 pages, the last of them turned.
func plainPDF(pages int) []byte {
	var b bytes.Buffer
	var rows string
	b.WriteString("%PDF-1.7\n")
	put := func(n int, body string) {
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, body)
	}
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+i)
	}
	put(1, "<</Type/Catalog/Pages 2 0 R>>")
	put(2, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids))
	for i := range pages {
		put(3+i, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Rotate %d/Resources<<>>>>", 90*(i/max(pages-1, 1))))
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", pages+3, rows, pages+3, at)
	return b.Bytes()
}

func sign(t testing.TB, in []byte, req signer.Request) []byte {
	t.Helper()
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	req.Time = signingTime
	var out bytes.Buffer
	if err := signer.Sign(t.Context(), &out, doc, req); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// signedAt signs a file of two pages at a level.
func signedAt(t testing.TB, ca *devca.CA, level signer.Level) []byte {
	t.Helper()
	return sign(t, plainPDF(2), signer.Request{Credential: issue(t, ca), Level: level, Services: signer.Services{Timestamper: ca, Revocations: ca, Roots: ca.Roots()},
		Reason: "同意 <合同>", Location: "上海", NewField: &signer.Field{Name: "甲方", Page: 2, Box: signer.Around(50, 100, 42, 30)}})
}

func policy(ca *devca.CA) verify.Policy {
	return verify.Policy{Roots: ca.Roots(), Time: signingTime.Add(time.Hour), Revocation: verify.UnsafeAllowUnknown}
}

func judge(t testing.TB, b []byte, p verify.Policy) (report.Document, *verify.Report) {
	t.Helper()
	rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), p)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := report.Describe(bytes.NewReader(b), "合同 1.pdf")
	if err != nil {
		t.Fatal(err)
	}
	return doc, rep
}

// parsed is what the tests read of an XML report.
type parsed struct {
	XMLName xml.Name
	Reports []struct {
		Identifier struct {
			ID    string `xml:"id,attr"`
			Value string `xml:"SignatureValue"`
		} `xml:"SignatureIdentifier"`
		Best   string `xml:"ValidationTimeInfo>BestSignatureTime>POETime"`
		Signer string `xml:"SignerInformation>Signer"`
		Said   string `xml:"SignatureAttributes>Reason>ReasonElement"`
		Status struct {
			Main string `xml:"MainIndication"`
			Sub  string `xml:"SubIndication"`
			Data struct {
				Anchor *ref `xml:"TrustAnchor"`
				Chain  []struct {
					Signing      ref   `xml:"SigningCertificate"`
					Intermediate []ref `xml:"IntermediateCertificate"`
				} `xml:"CertificateChain"`
				Revoked string `xml:"RevocationStatusInformation>RevocationReason"`
				Secure  string `xml:"CryptoInformation>SecureAlgorithm"`
				Values  []struct {
					Type, Value string
				} `xml:"AdditionalValidationReportData>ReportData"`
			} `xml:"AssociatedValidationReportData"`
		} `xml:"SignatureValidationStatus"`
	} `xml:"SignatureValidationReport"`
	Objects []struct {
		ID     string `xml:"id,attr"`
		Type   string `xml:"ObjectType"`
		Base64 string `xml:"ValidationObjectRepresentation>base64"`
		Digest string `xml:"ValidationObjectRepresentation>DigestAlgAndValue>DigestValue"`
		Name   string `xml:"ValidationObjectRepresentation>URI"`
		Proves string `xml:"POEProvisioning>POETime"`
	} `xml:"SignatureValidationObjects>ValidationObject"`
}

type ref struct {
	To string `xml:"VOReference,attr"`
}

// write makes the XML report and reads it back.
func write(t testing.TB, doc report.Document, rep *verify.Report) ([]byte, parsed) {
	t.Helper()
	var out bytes.Buffer
	if err := report.XML(&out, doc, rep); err != nil {
		t.Fatal(err)
	}
	var p parsed
	if err := xml.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatalf("%v in\n%s", err, out.Bytes())
	}
	return out.Bytes(), p
}

// keep leaves a report in the directory REPORTS_OUT, if it is set, for outside witnesses.
func keep(t *testing.T, name string, out []byte) {
	t.Helper()
	dir := os.Getenv("REPORTS_OUT")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".xml"), out, 0o666); err != nil {
		t.Fatal(err)
	}
}
