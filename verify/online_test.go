package verify_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/online"
)

// TestOnline calls the servers that the certificates name, and only for certificates
// that lead to an anchor.
func TestOnline(t *testing.T) {
	var handler http.Handler
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	now := time.Now()
	ca, err := devca.New(devca.Config{Now: func() time.Time { return now }, URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	handler = ca.Handler()
	cred := issue(t, ca)
	b := sign(t, samples.PDF(samples.Spec{}), signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: now,
		NewField: &signer.Field{Name: "S"}})
	p := at(ca, now.Add(time.Minute))
	p.Online = &online.Revocations{}
	if rep := judge(t, b, p); !rep.Valid() || asked == 0 {
		t.Errorf("%v %v after %d questions", rep.Verdict, rep.Signatures[0].Reasons, asked)
	}
	asked = 0
	p.Roots = newCA(t, devca.P256).Roots()
	if rep := judge(t, b, p); rep.Valid() || asked > 0 {
		t.Errorf("a stranger's file: %v after %d questions", rep.Verdict, asked)
	}
	p.Roots = ca.Roots()
	if err := ca.Revoke(cred.Chain[0], 1); err != nil {
		t.Fatal(err)
	}
	late := sign(t, samples.PDF(samples.Spec{}), signer.Request{Credential: cred, Level: signer.BB, Time: now, NewField: &signer.Field{Name: "S"}})
	if rep := judge(t, late, p); !slices.Contains(rep.Signatures[0].Reasons, verify.RevocationRevoked) {
		t.Errorf("revoked: %v %v", rep.Verdict, rep.Signatures[0].Reasons)
	}
	server.Close()
	if rep := judge(t, b, p); rep.Verdict != verify.Indeterminate {
		t.Errorf("nobody answers: %v", rep.Verdict)
	}
}
