package envelopetest_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/download"
)

// A contract from the draft to the verified download: the company seals, then the other
// party signs. The example runs in a program that is not a test.
func Example() {
	err := envelopetest.Run(context.Background(), func(t envelopetest.T) {
		w, ctx := envelopetest.New(t, nil), t.Context()
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		zhang := w.Person("张伟", "13900139000", "321083197812162119")
		w.Person("王小明", "13700137000", "11010519491231002X")
		company := w.Company(zhang, "上海测试科技有限公司", "91310115591693856A")
		w.Buy(company, "32")
		_, err := w.Seals.Create(ctx, company, "公章", seal.Spec{Style: seal.StyleOfficial})
		must(err)

		e, err := w.Envelopes.CreateDraft(ctx, company, envelope.NewDraft{
			Subject: "采购合同", Ordered: true,
			Files: []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(samples.PDF(samples.Spec{Pages: samples.A4(2)}))}},
			Signers: []envelope.Signer{
				{Kind: envelope.Company, Name: "张伟", Phone: "13900139000", Company: "上海测试科技有限公司",
					Boxes: []envelope.Box{{Kind: envelope.SealBox, Page: 2, X: 60, Y: 250}}},
				{Kind: envelope.Person, Name: "王小明", Phone: "13700137000",
					Boxes: []envelope.Box{{Kind: envelope.SignatureBox, Page: 2, X: 150, Y: 250}}},
			},
		})
		must(err)
		e, err = w.Envelopes.Send(ctx, company, e.ID)
		must(err)
		fmt.Println(e.Status)

		e = w.Complete(e) // each signer asks for a code and submits
		fmt.Println(e.Status)

		for archived := false; !archived; { // evidence and report
			n, err := w.Envelopes.Step(ctx)
			must(err)
			archived = n == 0
		}
		var zip bytes.Buffer
		must(w.Envelopes.Download(ctx, company, e.ID, &zip))
		rep, err := download.Audit(ctx, bytes.NewReader(zip.Bytes()), int64(zip.Len()), verify.Policy{
			Roots: w.CA.Roots(), Time: w.Clock.Now().Add(time.Hour), Revocation: verify.UnsafeSkipRevocation,
		})
		must(err)
		for _, f := range rep.Files {
			fmt.Println(f.Name, f.Report.Verdict, len(rep.Consents))
		}
	})
	fmt.Println(err)
	// Output:
	// in progress
	// completed
	// 合同.pdf valid 2
	// <nil>
}
