package online_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/online"
)

// A file that holds no evidence of revocation is judged with what the CA's servers
// answer.
func Example() {
	var ca *devca.CA
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ca.Handler().ServeHTTP(w, r) }))
	defer server.Close()
	now := func() time.Time { return time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC) }
	ca, err := devca.New(devca.Config{Now: now, Algorithm: devca.P256, URL: server.URL})
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
		Credential: cred, Level: signer.BT, Time: now(), NewField: &signer.Field{Name: "张三"}, Services: signer.Services{Timestamper: ca},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := verify.Policy{Roots: ca.Roots(), Time: now().Add(time.Hour), Revocation: verify.RequireRevocation}
	for _, asked := range []verify.Revocations{nil, &online.Revocations{Client: &http.Client{Timeout: 10 * time.Second}}} {
		policy.Online = asked
		rep, err := verify.Verify(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), policy)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(rep.Verdict, rep.Signatures[0].Reasons)
	}
	// Output:
	// indeterminate [REVOCATION_NO_DATA]
	// valid []
}
