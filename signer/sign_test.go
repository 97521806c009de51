package signer_test

import (
	"bytes"
	"crypto"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// box is the simplest artwork: a red square of a given side.
type box float64

func (b box) Vector() ([]byte, float64, float64) {
	return []byte("1 0 0 rg 0 0 " + ftoa(float64(b)) + " " + ftoa(float64(b)) + " re f"), float64(b), float64(b)
}

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

func credential(t testing.TB, ca *devca.CA) signer.Credential {
	t.Helper()
	cred, err := ca.Issue(devca.Subject{Company: "测试上海科技有限公司", Code: "91310115591693856A", Seal: "公章"})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func open(t testing.TB, b []byte) *signer.Document {
	t.Helper()
	d, err := signer.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestSignKeepsThePrefix signs each form of file twice and checks what no signature may
// change: the bytes before it.
func TestSignKeepsThePrefix(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for name, in := range map[string][]byte{"table": tablePDF(2), "stream": streamPDF(2)} {
		t.Run(name, func(t *testing.T) {
			prev := in
			for i, field := range []string{"甲方", "乙方"} {
				var out bytes.Buffer
				err := signer.Sign(t.Context(), &out, open(t, prev), signer.Request{
					Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime, Name: "测试", Reason: "签署合同",
					NewField:   &signer.Field{Name: field, Page: 1 + i, Box: signer.Around(100, 100, 42, 42)},
					Appearance: box(40),
				})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(out.Bytes(), prev) {
					t.Fatal("the input is not the output's prefix")
				}
				prev = bytes.Clone(out.Bytes())
			}
			states, err := open(t, prev).Fields()
			if err != nil || len(states) != 2 || !states[0].Signed || !states[1].Signed {
				t.Fatalf("fields %v, %v", states, err)
			}
		})
	}
}

func TestLayoutThenFill(t *testing.T) {
	ca := newCA(t, devca.RSA2048)
	cred := credential(t, ca)
	var laid, out bytes.Buffer
	fields := []signer.Element{signer.Field{Name: "A", Page: 1, Box: signer.Around(60, 60, 42, 42)}, signer.Field{Name: "B", Page: 1}}
	if err := signer.Layout(t.Context(), &laid, open(t, tablePDF(1)), fields...); err != nil {
		t.Fatal(err)
	}
	doc := open(t, laid.Bytes())
	req := signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, Field: "A", Appearance: box(42)}
	if err := signer.Sign(t.Context(), &out, doc, req); err != nil {
		t.Fatal(err)
	}
	signed := open(t, out.Bytes())
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"signed field", func() error { return signer.Sign(t.Context(), &bytes.Buffer{}, signed, req) }, signer.ErrFieldSigned},
		{"no field", func() error {
			r := req
			r.Field = "C"
			return signer.Sign(t.Context(), &bytes.Buffer{}, signed, r)
		}, signer.ErrNoField},
		{"layout after a signature", func() error {
			return signer.Layout(t.Context(), &bytes.Buffer{}, signed, signer.Field{Name: "C"})
		}, signer.ErrSigned},
		{"name taken", func() error {
			return signer.Layout(t.Context(), &bytes.Buffer{}, doc, signer.Field{Name: "B"})
		}, signer.ErrFieldExists},
		{"off the page", func() error {
			return signer.Layout(t.Context(), &bytes.Buffer{}, doc, signer.Field{Name: "C", Box: signer.Around(205, 100, 42, 42)})
		}, signer.ErrOffPage},
		{"no such page", func() error {
			return signer.Layout(t.Context(), &bytes.Buffer{}, doc, signer.Field{Name: "C", Page: -1, Box: signer.Around(1, 1, 1, 1)})
		}, nil},
		{"box too small", func() error {
			r := req
			r.Appearance = box(43)
			return signer.Sign(t.Context(), &bytes.Buffer{}, doc, r)
		}, signer.ErrBoxTooSmall},
		{"B-T without a timestamper", func() error {
			r := req
			r.Level = signer.BT
			err := signer.Sign(t.Context(), &bytes.Buffer{}, doc, r)
			if err == nil {
				t.Error("signed")
			}
			return nil
		}, nil},
	} {
		if err := c.do(); c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// faultyKey returns a signature with a flipped bit, as a broken token may.
type faultyKey struct{ crypto.Signer }

// T17: what a key answers is verified before it is kept.
func TestT17FaultyKeyIsNoticed(t *testing.T) {
	ca := newCA(t, devca.RSA2048)
	cred := credential(t, ca)
	cred.Key = faultyKey{cred.Key}
	err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), signer.Request{
		Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	if err == nil {
		t.Fatal("a signature that does not verify was returned")
	}
}
