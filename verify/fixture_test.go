package verify_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

var signingTime = time.Date(2026, 3, 4, 16, 30, 0, 0, time.FixedZone("CST", 8*3600))

func clock() time.Time { return signingTime }

func newCA(t testing.TB, alg devca.Algorithm) *devca.CA {
	t.Helper()
	ca, err := devca.New(devca.Config{Now: clock, Algorithm: alg})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// plainPDF makes a one-revision file of A4 pages. extra are further objects,
// from number 3+pages on, and catalog is added to the catalog.
func plainPDF(pages int, catalog string, extra ...string) []byte {
	kids := ""
	objs := []string{"<</Type/Catalog/Pages 2 0 R" + catalog + ">>", ""}
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+i)
		objs = append(objs, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<<>>>>")
	}
	objs[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids)
	objs = append(objs, extra...)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, at)
	return b.Bytes()
}

func sign(t testing.TB, in []byte, req signer.Request) []byte {
	t.Helper()
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := signer.Sign(t.Context(), &out, doc, req); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func layout(t testing.TB, in []byte, names ...string) []byte {
	t.Helper()
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	var fields []signer.Element
	for i, n := range names {
		fields = append(fields, signer.Field{Name: n, Page: 1, Box: signer.Around(50+50*float64(i), 100, 42, 42)})
	}
	var out bytes.Buffer
	if err := signer.Layout(t.Context(), &out, doc, fields...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// signedTwice returns a laid out file, and the same with one and two signatures.
func signedTwice(t testing.TB, ca *devca.CA) (laid, one, two []byte) {
	t.Helper()
	person, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028", Company: "测试上海科技有限公司", Code: "91310115591693856A"})
	if err != nil {
		t.Fatal(err)
	}
	company, err := ca.Issue(devca.Subject{Company: "测试上海科技有限公司", Code: "91310115591693856A", Seal: "公章"})
	if err != nil {
		t.Fatal(err)
	}
	laid = layout(t, plainPDF(1, ""), "经办人", "公章")
	one = sign(t, laid, signer.Request{Credential: person, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime, Field: "经办人"})
	two = sign(t, one, signer.Request{Credential: company, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime, Field: "公章"})
	return laid, one, two
}

func policy(ca *devca.CA) verify.Policy {
	return verify.Policy{Roots: ca.Roots(), Time: signingTime.Add(time.Hour), Revocation: verify.UnsafeSkipRevocation, Memory: &remembered}
}

// remembered is one memory for all files that the tests verify, good and bad: it must
// not change a verdict.
var remembered verify.Memory

func judge(t testing.TB, b []byte, p verify.Policy) *verify.Report {
	t.Helper()
	rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), p)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// signatureOf returns the timestamp of a file's last signature.
func signatureOf(t testing.TB, b []byte) *cms.Timestamp {
	t.Helper()
	ts, err := cms.ParseTimestamp(tokenOf(t, b))
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// tokenOf returns the token of a file's last signature.
func tokenOf(t testing.TB, b []byte) []byte {
	t.Helper()
	i := bytes.LastIndex(b, []byte("/Contents <")) + len("/Contents <")
	der, err := hex.DecodeString(string(b[i : i+bytes.IndexByte(b[i:], '>')]))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := cms.Element(der)
	sd, err := cms.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := sd.TimestampToken()
	return token
}

func pad(n int) string { return fmt.Sprintf("%010d", n) }

// tooLong reports whether work took longer than any file may take: 2 seconds on an idle
// machine. Other work may run on this machine, so it counts the processor time of all
// cores, and allows twice as much.
func tooLong(cpu time.Duration) bool { return cpu > 4*time.Second }

// cpuTime returns the processor time that the process has used.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
