package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// richCertificates have every extension that is read from a certificate's fields.
func richCertificates(t testing.TB) [][]byte {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(70_000), NotBefore: time.Unix(0, 0), NotAfter: time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC),
		Subject:  pkix.Name{CommonName: "张三", Organization: []string{"O", "P"}, Country: []string{"CN"}, SerialNumber: "x"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageDecipherOnly | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning, x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageAny}, SubjectKeyId: []byte{1, 2}, AuthorityKeyId: []byte{3},
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 2, 3}}, OCSPServer: []string{"http://o.example"}, IssuingCertificateURL: []string{"http://i.example"},
		CRLDistributionPoints: []string{"http://c.example/1", "http://c.example/2"}}
	var out [][]byte
	for _, key := range []crypto.Signer{ed, p256, p521, long} {
		for _, tmpl := range []*x509.Certificate{tmpl, {SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}} {
			der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, der)
		}
	}
	return out
}

// TestReadCertificate: of what crypto/x509 takes too, the reader says the same.
func TestReadCertificate(t *testing.T) {
	for i, der := range richCertificates(t) {
		want, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		got, err := cms.ReadCertificate(der)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		compare(t, got, want)
		if want.PublicKeyAlgorithm != x509.Ed25519 && got.PublicKey == nil {
			t.Errorf("%d: no key", i)
		}
		for n := range der {
			if _, err := cms.ReadCertificate(der[:n]); err == nil {
				t.Fatalf("%d: %d of %d bytes are a certificate", i, n, len(der))
			}
		}
		if _, err := cms.ReadCertificate(append(bytes.Clone(der), 0)); err == nil {
			t.Errorf("%d: with a byte behind", i)
		}
	}
}

// compare holds that two readings of a certificate are the same in what is used.
func compare(t *testing.T, got, want *x509.Certificate) {
	t.Helper()
	same := bytes.Equal(got.Raw, want.Raw) && bytes.Equal(got.RawTBSCertificate, want.RawTBSCertificate) && bytes.Equal(got.RawIssuer, want.RawIssuer) &&
		bytes.Equal(got.RawSubject, want.RawSubject) && bytes.Equal(got.RawSubjectPublicKeyInfo, want.RawSubjectPublicKeyInfo) &&
		got.Version == want.Version && got.SerialNumber.Cmp(want.SerialNumber) == 0 && got.NotBefore.Equal(want.NotBefore) && got.NotAfter.Equal(want.NotAfter)
	if !same {
		t.Errorf("another certificate: %+v, want %+v", got, want)
	}
	if got.KeyUsage != want.KeyUsage && want.KeyUsage != 0 || got.IsCA != want.IsCA || len(got.Extensions) != len(want.Extensions) ||
		!bytes.Equal(got.SubjectKeyId, want.SubjectKeyId) || !bytes.Equal(got.AuthorityKeyId, want.AuthorityKeyId) {
		t.Errorf("extensions: %+v, want %+v", got, want)
	}
	if len(got.ExtKeyUsage)+len(got.UnknownExtKeyUsage) != len(want.ExtKeyUsage)+len(want.UnknownExtKeyUsage) {
		t.Errorf("purposes %v %v, want %v %v", got.ExtKeyUsage, got.UnknownExtKeyUsage, want.ExtKeyUsage, want.UnknownExtKeyUsage)
	}
	for _, u := range got.ExtKeyUsage {
		if !slices.Contains(want.ExtKeyUsage, u) {
			t.Errorf("purpose %v, want %v", u, want.ExtKeyUsage)
		}
	}
	if !slices.Equal(got.OCSPServer, want.OCSPServer) || !slices.Equal(got.IssuingCertificateURL, want.IssuingCertificateURL) ||
		!slices.Equal(got.CRLDistributionPoints, want.CRLDistributionPoints) {
		t.Errorf("places %v %v %v, want %v %v %v", got.OCSPServer, got.IssuingCertificateURL, got.CRLDistributionPoints,
			want.OCSPServer, want.IssuingCertificateURL, want.CRLDistributionPoints)
	}
	if key, ok := want.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && got.PublicKey != nil && !key.Equal(got.PublicKey) {
		t.Errorf("key %v, want %v", got.PublicKey, want.PublicKey)
	}
}

// FuzzReadCertificate: no certificate makes the reader panic or work for long, and of what
// crypto/x509 takes too, the reader takes the same names, keys and uses.
func FuzzReadCertificate(f *testing.F) {
	for _, der := range richCertificates(f) {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if cms.CheckDepth(der) != nil || len(der) > 32<<10 {
			return
		}
		got, err := cms.ReadCertificate(der)
		if err != nil {
			return
		}
		want, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		compare(t, got, want)
	})
}
