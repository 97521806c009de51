package verify_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestBasis: what a verdict rests on is what stands in the file.
func TestBasis(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	b := sign(t, plainPDF(2, ""), signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime,
		Reason: "同意\n", Location: "上海", NewField: &signer.Field{Name: "S", Page: 2, Box: signer.Around(50, 100, 42, 42)}})
	s := judge(t, b, policy(ca)).Signatures[0]
	got := s.Basis()
	r := got.ByteRange
	if r[0] != 0 || r[2]+r[3] != int64(len(b)) {
		t.Fatalf("%v", r)
	}
	covered := sha256.Sum256(slices.Concat(b[:r[1]], b[r[2]:]))
	if !bytes.Equal(got.Covered, covered[:]) || got.CoveredBy != "SHA256" {
		t.Errorf("covered: %s %x", got.CoveredBy, got.Covered)
	}
	attrs, err := cms.Profile{Chain: cred.Chain, Hash: cms.SHA256}.SignedAttributes(covered[:])
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(attrs); !bytes.Equal(got.Represented, want[:]) {
		t.Errorf("represented: %x, want %x", got.Represented, want)
	}
	if err := signatureOf(t, b).Check(got.Value); err != nil {
		t.Errorf("the value is not what the timestamp covers: %v", err)
	}
	if got.Reason != "同意<U+000A>" || got.Location != "上海" || !got.Claimed.Equal(signingTime) {
		t.Errorf("%q %q %v", got.Reason, got.Location, got.Claimed)
	}
	if len(got.Places) != 1 || got.Places[0].Page != 2 || got.Places[0].Rect != s.Rect || got.Places[0].PageSize[0] < 209 || got.Places[0].PageSize[0] > 211 {
		t.Errorf("%+v", got.Places)
	}
	if !got.Anchored || len(got.Path) != 3 || !got.Path[0].Equal(cred.Chain[0]) || !got.Path[2].Equal(ca.Root()) {
		t.Errorf("a path of %d, anchored: %v", len(got.Path), got.Anchored)
	}
	if ts, err := cms.ParseTimestamp(got.Stamp); err != nil || !ts.Time.Equal(got.StampTime) || !got.Proven || len(got.StampPath) == 0 {
		t.Errorf("%v, %v, %v, %d", err, got.StampTime, got.Proven, len(got.StampPath))
	}
	got.Value[0], got.Places[0].Page = got.Value[0]^1, 9
	if again := s.Basis(); bytes.Equal(again.Value, got.Value) || again.Places[0].Page != 2 {
		t.Error("the caller wrote into the report")
	}

	p := policy(ca)
	p.Roots = p.Roots[:0]
	got = judge(t, b, p).Signatures[0].Basis()
	if got.Anchored || got.Proven || len(got.Path) != 1 || got.StampPath != nil {
		t.Errorf("without roots: %+v", got)
	}
	if got := (verify.Signature{}).Basis(); got.Path != nil || got.Value != nil {
		t.Errorf("%+v", got)
	}
}

// TestBasisEvidence: a revocation comes with its evidence and its reason.
func TestBasisEvidence(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	b := sign(t, plainPDF(1, ""), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	if err := ca.Revoke(cred.Chain[0], 1); err != nil {
		t.Fatal(err)
	}
	p := policy(ca)
	p.Revocation, p.Online = verify.RequireRevocation, ca
	got := judge(t, b, p).Signatures[0].Basis().Evidence
	i := slices.IndexFunc(got, func(e verify.Evidence) bool { return !e.RevokedAt.IsZero() })
	if i < 0 || !got[i].Certificate.Equal(cred.Chain[0]) || got[i].Reason != 1 || (got[i].OCSP == nil) == (got[i].CRL == nil) {
		t.Fatalf("%+v", got)
	}
	if _, err := cms.ParseOCSP(got[i].OCSP); got[i].OCSP != nil && err != nil {
		t.Error(err)
	}
}
