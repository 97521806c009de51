package sandbox_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
)

const (
	companyName = "上海测试科技有限公司"
	companyCode = "91310115591693856A"
)

func founder(t *testing.T, w *envelopetest.World) org.Actor {
	t.Helper()
	me := w.Person("张伟", "13800138001", "321083197812162119")
	c, err := w.Org.CreateCompany(t.Context(), me, org.NewCompany{Name: companyName, CreditCode: companyCode})
	if err != nil {
		t.Fatal(err)
	}
	return org.Actor{Person: me.Person, Org: c.ID}
}

// steps does what is queued for the providers.
func steps(t *testing.T, w *envelopetest.World) {
	t.Helper()
	for {
		n, err := w.Org.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// reported waits for the bank's callback.
func reported(t *testing.T, w *envelopetest.World, a org.Actor, want org.RemittanceState) {
	t.Helper()
	for range 500 {
		info, err := w.Org.RemittanceStatus(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if info.State == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the bank did not report")
}

// The bank over HTTP: an account that does not exist, then one that does (M19).
func TestM19Remittance(t *testing.T) {
	w := envelopetest.New(t, nil)
	a := founder(t, w)
	start := func(account string) {
		t.Helper()
		if _, err := w.Org.StartRemittance(t.Context(), a, org.RemittanceForm{Legal: "法人", Agreement: envelopetest.Terms, Bank: "招商银行", Account: account}); err != nil {
			t.Fatal(err)
		}
		steps(t, w)
	}
	start("621400000000")
	reported(t, w, a, org.RemittanceFailed)
	if got := w.Sandbox.Statement("621400000000"); len(got) != 0 {
		t.Errorf("paid into an account that does not exist: %+v", got)
	}
	start("621400000001")
	reported(t, w, a, org.RemittanceArrived)
	got := w.Sandbox.Statement("621400000001")
	if len(got) != 1 || got[0].Payee != companyName || got[0].Fen < 1 || got[0].Fen > 99 {
		t.Fatalf("the statement is %+v", got)
	}
	if _, err := w.Org.ConfirmRemittance(t.Context(), a, org.RemittanceProof{Fen: got[0].Fen%99 + 1, Remark: got[0].Remark}); err == nil {
		t.Error("another amount was taken")
	}
	if c, err := w.Org.ConfirmRemittance(t.Context(), a, org.RemittanceProof{Fen: got[0].Fen, Remark: got[0].Remark}); err != nil || !c.Verified {
		t.Errorf("%+v, %v", c, err)
	}
}

// The staff over HTTP: M26, M27.
func TestM26Review(t *testing.T) {
	w := envelopetest.New(t, nil)
	a := founder(t, w)
	if _, err := w.Org.StartReview(t.Context(), a, org.ReviewForm{CreditCode: companyCode, Legal: "法人", Agreement: envelopetest.Terms}); err != nil {
		t.Fatal(err)
	}
	for _, p := range org.Papers() {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, int(p), 9))); err != nil {
			t.Fatal(err)
		}
		if err := w.Org.Upload(t.Context(), a, p, "a.png", &b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.Org.SubmitReview(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	clerk := w.Person("李娜", "13800138002", "360426199101010071")
	if _, err := w.Org.ReviewDesk().Decide(t.Context(), clerk, r.ID, true, ""); err == nil {
		t.Error("somebody decided who is not on the staff")
	}
	w.Sandbox.Hire(clerk.Person)
	if r, err = w.Org.ReviewDesk().Decide(t.Context(), clerk, r.ID, true, ""); err != nil || r.State != org.ReviewApproved {
		t.Errorf("%+v, %v", r, err)
	}
}

// A disabled member's certificate is revoked, and a later one is a different
// certificate (M34).
func TestM34Revocation(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss := w.Company(w.Person("张伟", "13800138001", "321083197812162119"), companyName, companyCode)
	p := w.Person("李娜", "13800138002", "360426199101010071")
	m := w.Member(boss, p, "李娜", "13800138002")
	subject := envelope.Subject{Purpose: envelope.PersonSigns, ID: string(p.Person), Name: "李娜", Number: "360*****0071", Company: companyName, Code: companyCode}
	serial := func() string {
		t.Helper()
		c, err := w.Sandbox.Credentials().For(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		return c.Chain[0].SerialNumber.String()
	}
	first := serial()
	if serial() != first {
		t.Fatal("the certificate is not kept")
	}
	if err := w.Org.Disable(t.Context(), boss, m.Person); err != nil {
		t.Fatal(err)
	}
	steps(t, w)
	second := serial()
	if second == first {
		t.Error("the certificate is still in use")
	}
	state, err := w.CA.State()
	if err != nil || len(state.Revoked) != 1 || state.Revoked[0].Serial.String() != first || state.Revoked[0].Reason != 3 {
		t.Errorf("revoked: %+v, %v", state.Revoked, err)
	}
	steps(t, w)
	if serial() != second {
		t.Error("the new certificate was revoked too")
	}
}
