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
	"github.com/dajiaqian/dajiaqian/signer/online"
)

// The timestamp and the evidence of a B-LT signature come over HTTP, here from a
// development CA.
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
	cred, err := ca.Issue(devca.Subject{Company: "上海测试科技有限公司", Code: "91310115591693856A", Seal: "公章"})
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
	client := &http.Client{Timeout: 10 * time.Second}
	var out bytes.Buffer
	err = signer.Sign(context.Background(), &out, doc, signer.Request{
		Credential: cred, Level: signer.BLT, Time: now(), NewField: &signer.Field{Name: "公章"},
		Services: signer.Services{
			Timestamper: &online.TSA{URL: server.URL + "/tsa", Client: client},
			Revocations: &online.Revocations{Client: client},
			Roots:       ca.Roots(),
		},
	})
	fmt.Println(err, bytes.HasPrefix(out.Bytes(), in))
	// Output: <nil> true
}
