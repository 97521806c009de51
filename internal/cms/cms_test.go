package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

func profile(t testing.TB) (cms.Profile, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "signer"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cms.Profile{Chain: []*x509.Certificate{cert}, Hash: cms.SHA256}, key
}

func signature(t testing.TB, message string) []byte {
	t.Helper()
	p, key := profile(t)
	digest := sha256.Sum256([]byte(message))
	attrs, err := p.SignedAttributes(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	sig, err := p.SignAttributes(key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Assemble(attrs, sig, nil)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestProfileTime: a time is a signed attribute, in either form of RFC 5652, 11.3; none is
// there without it.
func TestProfileTime(t *testing.T) {
	p, key := profile(t)
	digest := sha256.Sum256([]byte("message"))
	for _, at := range []time.Time{{}, time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC), time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1949, 1, 1, 0, 0, 0, 0, time.UTC)} {
		p.Time = at
		attrs, err := p.SignedAttributes(digest[:])
		if err != nil {
			t.Fatal(err)
		}
		sig, err := p.SignAttributes(key, attrs)
		if err != nil {
			t.Fatal(err)
		}
		der, err := p.Assemble(attrs, sig, nil)
		if err != nil {
			t.Fatal(err)
		}
		sd, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if got := sd.SigningTime(); sd.Verify(digest[:]) != nil || !got.Equal(at) {
			t.Errorf("%v is read as %v", at, got)
		}
		want := sha256.Sum256(attrs)
		if !bytes.Equal(sd.Represented(), want[:]) {
			t.Errorf("represented: %x", sd.Represented())
		}
	}
}

func code(err error) string {
	var e *cms.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestSignature(t *testing.T) {
	der := signature(t, "message")
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := sha256.Sum256([]byte("message")), sha256.Sum256([]byte("massage"))
	if err := sd.Verify(right[:]); err != nil {
		t.Error(err)
	}
	if err := sd.Verify(wrong[:]); code(err) != cms.CodeMessageDigest {
		t.Errorf("another message: %v", err)
	}
	if _, err := cms.Parse(append(bytes.Clone(der), 0)); code(err) != cms.CodeDER {
		t.Errorf("C13 a trailing byte: %v", err)
	}
}

// TestDeepNest: nesting that crashes other parsers is refused without recursion (C12).
func TestDeepNest(t *testing.T) {
	nest := bytes.Repeat([]byte{0x30, 0x80}, 2_400_000)
	if _, err := cms.Parse(nest[:cms.MaxSize]); err == nil {
		t.Error("an indefinite nest was read")
	}
	if _, err := cms.Parse(nest); code(err) != cms.CodeLimit {
		t.Errorf("4.8 MB: %v", err)
	}
	var der []byte
	for range 40 {
		der = append([]byte{0x30, byte(len(der))}, der...)
		if len(der) > 120 {
			break
		}
	}
	if err := cms.CheckDepth(der); code(err) != cms.CodeLimit {
		t.Errorf("40 deep: %v", err)
	}
}

// FuzzParse: no bytes make the readers panic, and what parses verifies only under its
// own digest.
func FuzzParse(f *testing.F) {
	f.Add(signature(f, "message"))
	f.Add([]byte{0x30, 0x80})
	digest := sha256.Sum256([]byte("another"))
	f.Fuzz(func(t *testing.T, der []byte) {
		if sd, err := cms.Parse(der); err == nil && sd.Verify(digest[:]) == nil {
			t.Fatal("a signature over nothing verifies")
		}
		if ts, err := cms.ParseTimestamp(der); err == nil {
			_ = ts.Check([]byte("another"))
		}
		_, _ = cms.ParseTimestampRequest(der)
		_, _, _ = cms.ParseTimestampResponse(der)
	})
}
