package cms_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// FuzzOCSP: no answer makes the reader panic, and none is accepted under a key that
// signed nothing.
func FuzzOCSP(f *testing.F) {
	ca, stranger := authority(f, "CA"), authority(f, "CA")
	ee := certify(f, 5, "ee", ca, nil)
	for _, by := range []*identity{ca, certify(f, 9, "responder", ca, forOCSP)} {
		for _, a := range []cms.Answer{{Status: cms.StatusGood, Nonce: []byte("nonce")}, {Status: cms.StatusRevoked, RevokedAt: day(-1), Reason: 1}, {}} {
			a.Cert, a.Issuer = ee.cert, ca.cert
			f.Add(by.says(f, a))
		}
	}
	f.Add(cms.OCSPFailure(1))
	ask, err := cms.OCSPRequest(ee.cert, ca.cert, []byte("nonce"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ask)
	f.Fuzz(func(t *testing.T, der []byte) {
		if r, err := cms.ParseOCSP(der); err == nil && r.Check(ee.cert, stranger.cert) == nil {
			t.Error("an answer that nobody signed serves")
		}
		if serial, _, err := cms.ParseOCSPRequest(der); err == nil && serial == nil {
			t.Error("a question about nothing")
		}
	})
}

// FuzzCRL: no list makes the reader panic, and none is accepted under a key that signed
// nothing.
func FuzzCRL(f *testing.F) {
	ca, stranger := authority(f, "CA"), authority(f, "CA")
	f.Add(list(f, ca, nil))
	f.Add(list(f, ca, func(l *x509.RevocationList) { l.RevokedCertificateEntries = nil }))
	f.Add(list(f, ca, func(l *x509.RevocationList) {
		l.ExtraExtensions = append(l.ExtraExtensions, extension(true, asn1.ObjectIdentifier{2, 5, 29, 28}, 0x30, 3, 0x81, 1, 0xff))
	}))
	f.Fuzz(func(t *testing.T, der []byte) {
		l, err := cms.ParseCRL(der)
		if err != nil {
			return
		}
		if l.Check(stranger.cert) == nil {
			t.Error("a list that nobody signed serves")
		}
		for _, n := range []int64{0, 5, 6, -1} {
			target := cms.NewTarget(&x509.Certificate{SerialNumber: big.NewInt(n), RawIssuer: ca.cert.RawSubject})
			found, err := l.Find(target)
			if l.About(target) && err == nil && l.Covers(target)&^cms.AllReasons != 0 || found.Listed && err != nil {
				t.Error("more reasons than there are, or news with an error")
			}
		}
	})
}

// FuzzPoints: no cRLDistributionPoints make the reader panic, and what is read gives a
// list of every certificate no more to cover than all reasons.
func FuzzPoints(f *testing.F) {
	ca := authority(f, "CA")
	l, err := cms.ParseCRL(list(f, ca, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		cert := &x509.Certificate{SerialNumber: big.NewInt(5), RawIssuer: ca.cert.RawSubject, RawSubject: ca.cert.RawSubject,
			Extensions: []pkix.Extension{extension(false, asn1.ObjectIdentifier{2, 5, 29, 31}, value...)}}
		target := cms.NewTarget(cert)
		if !l.About(target) || l.Covers(target) != cms.AllReasons {
			t.Error("a list of all certificates does not cover one")
		}
		if target.Malformed && target.AnswersItself() {
			t.Error("points that cannot be read name a signer")
		}
	})
}

// FuzzScope: no issuingDistributionPoint makes the reader panic, and none makes a list
// cover what another issuer issued.
func FuzzScope(f *testing.F) {
	ca, other := authority(f, "CA"), authority(f, "Other")
	f.Fuzz(func(t *testing.T, value []byte) {
		l, ok := cms.ScopedCRL(value, ca.cert.RawSubject)
		if !ok {
			return
		}
		for _, issuer := range [][]byte{ca.cert.RawSubject, other.cert.RawSubject} {
			target := cms.NewTarget(&x509.Certificate{SerialNumber: big.NewInt(5), RawIssuer: issuer})
			if covers := l.Covers(target); covers&^cms.AllReasons != 0 || bytes.Equal(issuer, other.cert.RawSubject) && covers != 0 {
				t.Error("it covers too much")
			}
		}
	})
}

// FuzzCertificate: no certificate makes the readers panic, and none counts as issued by
// a key that signed nothing.
func FuzzCertificate(f *testing.F) {
	ca, stranger := authority(f, "CA"), authority(f, "CA")
	f.Add(ca.cert.Raw)
	f.Add(certify(f, 9, "responder", ca, forOCSP).cert.Raw)
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	sd, err := cms.Parse(sealed(f, key, cms.Profile{}, []byte("message")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sd.Signer.Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := cms.ParseCertificate(der)
		if err != nil {
			return
		}
		if !bytes.Equal(c.Raw, der) {
			t.Error("what was read is not what was given")
		}
		if cms.CheckIssued(c, stranger.cert) == nil {
			t.Error("a certificate that nobody issued passes")
		}
		_ = cms.CheckKey(c.PublicKey)
		_ = cms.CheckIssued(c, c)
		_, _ = cms.IsTimeStamping(c), cms.NoCheck(c)
	})
}

// FuzzTimestamp: no token, request or response makes the readers panic, and no token is
// accepted for what it was not made for.
func FuzzTimestamp(f *testing.F) {
	tsa := certify(f, 3, "TSA", nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping} })
	p := cms.Profile{Chain: []*x509.Certificate{tsa.cert}, Hash: cms.SHA256}
	token, err := p.Stamp(tsa.key, cms.Info{Policy: asn1.ObjectIdentifier{1, 2, 3}, Hash: cms.SHA256, Digest: cms.SHA256.Sum([]byte("message")),
		Serial: big.NewInt(1), Time: day(0), Nonce: big.NewInt(7)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	for _, marshal := range []func() ([]byte, error){
		func() ([]byte, error) { return cms.TimestampResponse(token) },
		cms.TimestampRejection,
		cms.TimestampRequest{Hash: cms.SHA256, Digest: cms.SHA256.Sum(nil), Nonce: big.NewInt(7), WantCert: true}.Marshal,
	} {
		der, err := marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if ts, err := cms.ParseTimestamp(der); err == nil && ts.Check([]byte("another message")) == nil {
			t.Error("a stamp on what it was not made for")
		}
		if q, err := cms.ParseTimestampRequest(der); err == nil && len(q.Digest) != q.Hash.Size() {
			t.Error("an imprint of a wrong length")
		}
		if token, _, err := cms.ParseTimestampResponse(der); err == nil && len(token) == 0 {
			t.Error("no token and no error")
		}
	})
}
