package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"log"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/report"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// judged makes a signed file, and judges it.
func judged() (*devca.CA, report.Document, *verify.Report) {
	ctx := context.Background()
	ca, err := devca.New(devca.Config{Now: clock})
	must(err)
	cred, err := ca.Issue(devca.Subject{Company: "上海测试科技有限公司", Code: "91310115591693856A", Seal: "公章"})
	must(err)
	art, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "上海测试科技有限公司", Code: "91310115591693856A"})
	must(err)
	var page, signed bytes.Buffer
	must(art.PDF(&page)) // any PDF works
	file, err := signer.Open(bytes.NewReader(page.Bytes()), int64(page.Len()))
	must(err)
	must(signer.Sign(ctx, &signed, file, signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: clock(),
		NewField: &signer.Field{Name: "公章", Page: 1, Box: signer.Around(21, 21, 42, 42)}, Appearance: art}))
	rep, err := verify.Verify(ctx, bytes.NewReader(signed.Bytes()), int64(signed.Len()), verify.Policy{
		Roots: ca.Roots(), Time: clock(), Revocation: verify.UnsafeSkipRevocation})
	must(err)
	doc, err := report.Describe(&signed, "contract.pdf")
	must(err)
	return ca, doc, rep
}

// Other programs read the verdict from the standard's XML.
func ExampleXML() {
	_, doc, rep := judged()
	var out bytes.Buffer
	must(report.XML(&out, doc, rep))

	var read struct {
		Reports []struct {
			Indication string `xml:"SignatureValidationStatus>MainIndication"`
			Signer     string `xml:"SignerInformation>Signer"`
		} `xml:"SignatureValidationReport"`
	}
	must(xml.Unmarshal(out.Bytes(), &read))
	for _, r := range read.Reports {
		fmt.Println(r.Indication, r.Signer)
	}
	// Output:
	// urn:etsi:019102:mainindication:total-passed 上海测试科技有限公司@91310115591693856A@公章
}

// People read the PDF.
func ExamplePDF() {
	_, doc, rep := judged()
	var out bytes.Buffer
	must(report.PDF(&out, doc, rep, verify.Chinese))
	fmt.Printf("%.8s\n", out.Bytes())
	// Output:
	// %PDF-1.7
}

// A service signs the report that it gives out. `openssl cms -verify -binary -inform DER
// -in report.p7s -content report.xml` checks it.
func ExampleSign() {
	ca, doc, rep := judged()
	var out bytes.Buffer
	must(report.XML(&out, doc, rep))
	service, err := ca.Issue(devca.Subject{Company: "上海验签服务有限公司", Code: "91310115MA1K3ABC4D", Seal: "业务专用章"})
	must(err)
	p7s, err := report.Sign(out.Bytes(), service.Chain, service.Key, clock())
	must(err)
	fmt.Println(len(p7s) > 0)
	// Output:
	// true
}

// Describe names the file that was judged by its digest.
func ExampleDescribe() {
	doc, err := report.Describe(bytes.NewReader([]byte("abc")), "abc.pdf")
	must(err)
	fmt.Printf("%s, %d bytes, %x…\n", doc.Name, doc.Size, doc.SHA256[:4])
	// Output:
	// abc.pdf, 3 bytes, ba7816bf…
}
