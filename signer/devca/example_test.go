package devca_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// A development CA issues a credential, stamps the time, and tells what it revoked.
func Example() {
	now := func() time.Time { return time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC) }
	ca, err := devca.New(devca.Config{Now: now, Algorithm: devca.P256})
	if err != nil {
		fmt.Println(err)
		return
	}
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		fmt.Println(err)
		return
	}
	in := samples.PDF(samples.Spec{Pages: samples.A4(1)})
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		fmt.Println(err)
		return
	}
	var out bytes.Buffer
	err = signer.Sign(context.Background(), &out, doc, signer.Request{
		Credential: cred, Level: signer.BLT, Time: now(), NewField: &signer.Field{Name: "张三"},
		Services: signer.Services{Timestamper: ca, Revocations: ca, Roots: ca.Roots()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	rep, err := verify.Verify(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), verify.Policy{
		Roots: ca.Roots(), Time: now().Add(time.Hour), Revocation: verify.RequireRevocation,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rep.Verdict, rep.Signatures[0].Signer, rep.Signatures[0].Level)
	// Output: valid 张三@410*****2028 B-LT
}
