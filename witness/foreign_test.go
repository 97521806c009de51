package witness_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/verify"
)

// stranger is a certificate chain that crypto/x509 made: a root and one leaf, for
// signing or for stamping time.
type stranger struct {
	root, leaf *x509.Certificate
	key        crypto.Signer
}

// newStranger makes one. An empty list of purposes leaves the extended key usage
// out.
func newStranger(t testing.TB, purposes ...x509.ExtKeyUsage) stranger {
	t.Helper()
	serial := int64(0)
	issue := func(c *x509.Certificate, parent *x509.Certificate, by crypto.Signer) (*x509.Certificate, crypto.Signer) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		serial++
		c.SerialNumber = big.NewInt(time.Now().UnixNano() + serial)
		c.NotBefore, c.NotAfter, c.BasicConstraintsValid = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0), true
		if parent == nil {
			parent, by = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	root, rootKey := issue(&x509.Certificate{Subject: pkix.Name{CommonName: "Stranger Root"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, nil, nil)
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "Stranger"}, KeyUsage: x509.KeyUsageDigitalSignature}
	for _, p := range purposes {
		if p != x509.ExtKeyUsageTimeStamping {
			t.Fatalf("purpose %v is not made here", p)
		}
		value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			t.Fatal(err)
		}
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value})
	}
	leaf, key := issue(template, root, rootKey)
	return stranger{root, leaf, key}
}

// verdict is what our verifier must say of one signature. It is written by hand.
type verdict struct {
	field      string
	kind       verify.Kind
	indication verify.Indication
	sub        verify.SubIndication
	reasons    []verify.Reason
	warnings   []verify.Reason
	level      string
	time       verify.TimeSource
	changes    verify.ChangeLevel

	// ours is set where the library says another indication than EN 319 102-1, table
	// 5. The test fails on the day that it says the standard's.
	ours *verify.Indication
}

// expect compares a report with the verdicts, in the order of the file.
func expect(t *testing.T, got *verify.Report, want ...verdict) {
	t.Helper()
	if len(got.Signatures) != len(want) {
		t.Fatalf("%d signatures, want %d", len(got.Signatures), len(want))
	}
	all := true
	for i, w := range want {
		indication := w.indication
		all = all && indication == verify.TotalPassed
		if w.ours != nil {
			indication = *w.ours
		}
		s := got.Signatures[i]
		if s.Field != w.field || s.Kind != w.kind || s.Indication != indication || s.SubIndication != w.sub || !slices.Equal(s.Reasons, w.reasons) || !slices.Equal(s.Warnings, w.warnings) {
			t.Errorf("%q: %v %v %v, warnings %v; want %q: %v %v %v, warnings %v",
				s.Field, s.Indication, s.SubIndication, s.Reasons, s.Warnings, w.field, indication, w.sub, w.reasons, w.warnings)
		}
		if s.Level != w.level || s.TimeSource != w.time || s.ChangeLevel != w.changes {
			t.Errorf("%q: level %s, time %d, changes %v (%d); want %s, %d, %v", s.Field, s.Level, s.TimeSource, s.ChangeLevel, len(s.Changes), w.level, w.time, w.changes)
		}
	}
	if got.Valid() != all {
		t.Errorf("the file is valid: %v, want %v", got.Valid(), all)
	}
}
