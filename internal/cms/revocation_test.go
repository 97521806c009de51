package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

func day(n int) time.Time { return time.Date(2026, 3, 1+n, 0, 0, 0, 0, time.UTC) }

type identity struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// certify makes a certificate; without an issuer it signs itself.
func certify(t testing.TB, serial int64, name string, by *identity, change func(c *x509.Certificate)) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: day(-10), NotAfter: day(10),
		KeyUsage: x509.KeyUsageDigitalSignature}
	if change != nil {
		change(tmpl)
	}
	parent, signer := tmpl, crypto.Signer(key)
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cms.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{c, key}
}

func authority(t testing.TB, name string) *identity {
	return certify(t, 1, name, nil, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	})
}

func forOCSP(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }

func (by *identity) says(t testing.TB, a cms.Answer) []byte {
	t.Helper()
	if a.ThisUpdate.IsZero() {
		a.ThisUpdate, a.NextUpdate = day(0), day(1)
	}
	der, err := cms.Profile{Chain: []*x509.Certificate{by.cert}, Hash: cms.SHA256}.OCSPResponse(by.key, a)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestOCSP (C18): who may answer, and about what.
func TestOCSP(t *testing.T) {
	ca, twin, other := authority(t, "CA"), authority(t, "CA"), authority(t, "Other")
	ee, ee2 := certify(t, 5, "ee", ca, nil), certify(t, 6, "ee2", ca, nil)
	about := cms.Answer{Cert: ee.cert, Issuer: ca.cert, Status: cms.StatusGood}
	self := certify(t, 7, "self", ca, forOCSP)
	for name, c := range map[string]struct {
		by   *identity
		say  cms.Answer
		cert *x509.Certificate
		ok   bool
	}{
		"the issuer":              {ca, about, ee.cert, true},
		"its delegate":            {certify(t, 9, "responder", ca, forOCSP), about, ee.cert, true},
		"another key of its name": {twin, about, ee.cert, false},
		"nobody it delegated":     {certify(t, 9, "responder", ca, nil), about, ee.cert, false},
		"a delegate for key agreement": {certify(t, 9, "responder", ca, func(c *x509.Certificate) {
			forOCSP(c)
			c.KeyUsage = x509.KeyUsageKeyAgreement
		}), about, ee.cert, false},
		"a delegate of another":        {certify(t, 9, "responder", other, forOCSP), about, ee.cert, false},
		"a delegate of the same name":  {certify(t, 9, "responder", twin, forOCSP), about, ee.cert, false},
		"the certificate itself":       {self, cms.Answer{Cert: self.cert, Issuer: ca.cert, Status: cms.StatusGood}, self.cert, false},
		"another's serial":             {ca, about, ee2.cert, false},
		"another issuer's certificate": {ca, cms.Answer{Cert: ee.cert, Issuer: twin.cert, Status: cms.StatusGood}, ee.cert, false},
		"an expired delegate": {certify(t, 9, "responder", ca, func(c *x509.Certificate) {
			forOCSP(c)
			c.NotAfter = day(-1)
		}), about, ee.cert, false},
		"a delegate to come": {certify(t, 9, "responder", ca, func(c *x509.Certificate) {
			forOCSP(c)
			c.NotBefore = day(1)
		}), about, ee.cert, false},
		"times out of order": {ca, cms.Answer{Cert: ee.cert, Issuer: ca.cert, Status: cms.StatusGood, ThisUpdate: day(1), NextUpdate: day(0)}, ee.cert, false},
	} {
		r, err := cms.ParseOCSP(c.by.says(t, c.say))
		if err != nil {
			t.Fatal(name, err)
		}
		if err := r.Check(c.cert, ca.cert); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	der := ca.says(t, about)
	for i := range der { // every bit of it matters
		bad := bytes.Clone(der)
		bad[i] ^= 1
		if r, err := cms.ParseOCSP(bad); err == nil && r.Check(ee.cert, ca.cert) == nil && !bytes.Equal(bad, der) {
			// The certificates in the response are not signed; the issuer's own is not
			// checked.
			if at := bytes.Index(der, ca.cert.Raw); i < at || i >= at+len(ca.cert.Raw) {
				t.Errorf("byte %d is free", i)
			}
		}
	}
	for name, want := range map[string]cms.Answer{
		"revoked": {Status: cms.StatusRevoked, RevokedAt: day(-2), Reason: 4}, "unknown": {Status: cms.StatusUnknown}, "nonce": {Status: cms.StatusGood, Nonce: []byte("nonce")},
	} {
		want.Cert, want.Issuer = ee.cert, ca.cert
		r, err := cms.ParseOCSP(ca.says(t, want))
		if err != nil || r.Check(ee.cert, ca.cert) != nil || r.Status != want.Status || !r.RevokedAt.Equal(want.RevokedAt) ||
			r.Reason != want.Reason || !bytes.Equal(r.Nonce, want.Nonce) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if _, err := cms.ParseOCSP(cms.OCSPFailure(6)); code(err) != cms.CodeRevocation {
		t.Errorf("a failure: %v", err)
	}
	if _, err := cms.ParseOCSP(make([]byte, cms.MaxOCSP+1)); code(err) != cms.CodeLimit {
		t.Errorf("too long: %v", err)
	}
}

func list(t testing.TB, by *identity, change func(l *x509.RevocationList)) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: day(0), NextUpdate: day(1), RevokedCertificateEntries: []x509.RevocationListEntry{
		{SerialNumber: big.NewInt(5), RevocationTime: day(-2), ReasonCode: 1}, {SerialNumber: big.NewInt(8), RevocationTime: day(-3)}}}
	if change != nil {
		change(l)
	}
	// CreateRevocationList requires an issuer with the right to sign lists; some here
	// do not have it.
	issuer := *by.cert
	issuer.KeyUsage |= x509.KeyUsageCRLSign
	if issuer.SubjectKeyId == nil {
		issuer.SubjectKeyId = []byte{1}
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, &issuer, by.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func extension(critical bool, oid asn1.ObjectIdentifier, value ...byte) pkix.Extension {
	return pkix.Extension{Id: oid, Critical: critical, Value: value}
}

// TestCRL (C19): a list is used only if all of it is understood.
func TestCRL(t *testing.T) {
	ca, twin, other := authority(t, "CA"), authority(t, "CA"), authority(t, "Other")
	noSign := certify(t, 1, "CA", nil, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	point, unknown := asn1.ObjectIdentifier{2, 5, 29, 28}, asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 9}
	onList := func(e pkix.Extension) func(l *x509.RevocationList) {
		return func(l *x509.RevocationList) { l.ExtraExtensions = append(l.ExtraExtensions, e) }
	}
	onEntry := func(i int, e pkix.Extension) func(l *x509.RevocationList) {
		return func(l *x509.RevocationList) { l.RevokedCertificateEntries[i].ExtraExtensions = []pkix.Extension{e} }
	}
	for name, c := range map[string]struct {
		by     *identity
		change func(l *x509.RevocationList)
		issuer *identity
		ok     bool
	}{
		"a plain list":                {ca, nil, ca, true},
		"no entries":                  {ca, func(l *x509.RevocationList) { l.RevokedCertificateEntries = nil }, ca, true},
		"another key of its name":     {twin, nil, ca, false},
		"another issuer":              {other, nil, ca, false},
		"an issuer without cRLSign":   {noSign, nil, noSign, false},
		"a delta list":                {ca, onList(extension(true, asn1.ObjectIdentifier{2, 5, 29, 27}, 2, 1, 1)), ca, false},
		"for users only":              {ca, onList(extension(true, point, 0x30, 3, 0x81, 1, 0xff)), ca, false},
		"for CAs only":                {ca, onList(extension(true, point, 0x30, 3, 0x82, 1, 0xff)), ca, false},
		"for some reasons only":       {ca, onList(extension(true, point, 0x30, 4, 0x83, 2, 6, 0x40)), ca, false},
		"an indirect list":            {ca, onList(extension(true, point, 0x30, 3, 0x84, 1, 0xff)), ca, false},
		"for attributes only":         {ca, onList(extension(true, point, 0x30, 3, 0x85, 1, 0xff)), ca, false},
		"an empty distribution point": {ca, onList(extension(true, point, 0x30, 0)), ca, true},
		"an unknown extension":        {ca, onList(extension(false, unknown, 5, 0)), ca, true},
		"an unknown critical one":     {ca, onList(extension(true, unknown, 5, 0)), ca, false},
		"an unknown one of an entry":  {ca, onEntry(0, extension(false, unknown, 5, 0)), ca, true},
		"a critical one of an entry":  {ca, onEntry(0, extension(true, unknown, 5, 0)), ca, false},
		"a critical one of another":   {ca, onEntry(1, extension(true, unknown, 5, 0)), ca, false},
		"an entry of another issuer":  {ca, onEntry(1, extension(true, asn1.ObjectIdentifier{2, 5, 29, 29}, 0x30, 0)), ca, false},
	} {
		usable := func(serial int64) error {
			l, err := cms.ParseCRL(list(t, c.by, c.change))
			if err == nil {
				err = l.Check(c.issuer.cert)
			}
			if err == nil {
				_, _, _, err = l.Find(big.NewInt(serial))
			}
			return err
		}
		for _, serial := range []int64{5, 6, 8} {
			if err := usable(serial); (err == nil) != c.ok {
				t.Errorf("%s: of %d: %v", name, serial, err)
			}
		}
	}
	l, err := cms.ParseCRL(list(t, ca, nil))
	if err != nil {
		t.Fatal(err)
	}
	if s, at, reason, err := l.Find(big.NewInt(5)); s != cms.StatusRevoked || !at.Equal(day(-2)) || reason != 1 || err != nil {
		t.Errorf("5: %v %v %v, %v", s, at, reason, err)
	}
	if s, _, _, err := l.Find(big.NewInt(6)); s != cms.StatusGood || err != nil {
		t.Errorf("6: %v, %v", s, err)
	}
	// RFC 5280, 5.1.1.2: the two algorithms are the same.
	der := list(t, ca, nil)
	oid := []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}
	bad := bytes.Clone(der)
	bad[bytes.LastIndex(bad, oid)+9] = 3
	if _, err := cms.ParseCRL(bad); err == nil {
		t.Error("two algorithms")
	}
}
