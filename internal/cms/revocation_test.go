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

// listed is what a list says about a certificate of ca with a serial number.
func listed(by *identity, der []byte, ca *identity, serial int64) string {
	l, err := cms.ParseCRL(der)
	if err != nil {
		return "refused"
	}
	if l.Check(by.cert) != nil {
		return "not signed"
	}
	target := cms.NewTarget(&x509.Certificate{SerialNumber: big.NewInt(serial), RawIssuer: ca.cert.RawSubject})
	found, err := l.Find(target)
	switch {
	case !l.About(target):
		return "about another"
	case err != nil:
		return "not known"
	case found.Listed:
		return "revoked"
	case found.Removed:
		return "removed"
	case l.Covers(target) != cms.AllReasons:
		return "partial"
	}
	return "good"
}

// TestCRL (C19, A49): a list gives good news only if all of it is understood and it covers
// the certificate; bad news counts in any case.
func TestCRL(t *testing.T) {
	ca, twin, other := authority(t, "CA"), authority(t, "CA"), authority(t, "Other")
	noSign := certify(t, 1, "CA", nil, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	point, unknown := asn1.ObjectIdentifier{2, 5, 29, 28}, asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 9}
	onList := func(e ...pkix.Extension) func(l *x509.RevocationList) {
		return func(l *x509.RevocationList) { l.ExtraExtensions = append(l.ExtraExtensions, e...) }
	}
	onEntry := func(i int, e ...pkix.Extension) func(l *x509.RevocationList) {
		return func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[i].ReasonCode = 0
			l.RevokedCertificateEntries[i].ExtraExtensions = e
		}
	}
	of := func(who *identity) pkix.Extension { // certificateIssuer
		name := who.cert.RawSubject
		return extension(true, asn1.ObjectIdentifier{2, 5, 29, 29}, append([]byte{0x30, byte(len(name) + 2), 0xa4, byte(len(name))}, name...)...)
	}
	same := func(s string) [3]string { return [3]string{s, s, s} }
	fine := [3]string{"revoked", "good", "revoked"}
	partial := [3]string{"revoked", "partial", "revoked"}
	for name, c := range map[string]struct {
		by     *identity
		change func(l *x509.RevocationList)
		issuer *identity
		want   [3]string // of the numbers 5, 6, 8
	}{
		"a plain list":                 {ca, nil, ca, fine},
		"no entries":                   {ca, func(l *x509.RevocationList) { l.RevokedCertificateEntries = nil }, ca, same("good")},
		"another key of its name":      {twin, nil, ca, same("not signed")},
		"another issuer":               {other, nil, ca, same("not signed")},
		"an issuer without cRLSign":    {noSign, nil, noSign, same("not signed")},
		"a delta list":                 {ca, onList(extension(true, asn1.ObjectIdentifier{2, 5, 29, 27}, 2, 1, 1)), ca, partial},
		"for users only":               {ca, onList(extension(true, point, 0x30, 3, 0x81, 1, 0xff)), ca, fine},
		"for CAs only":                 {ca, onList(extension(true, point, 0x30, 3, 0x82, 1, 0xff)), ca, partial},
		"for some reasons only":        {ca, onList(extension(true, point, 0x30, 4, 0x83, 2, 6, 0x40)), ca, partial},
		"an indirect list of its own":  {ca, onList(extension(true, point, 0x30, 3, 0x84, 1, 0xff)), ca, fine},
		"for attributes only":          {ca, onList(extension(true, point, 0x30, 3, 0x85, 1, 0xff)), ca, same("about another")},
		"an empty distribution point":  {ca, onList(extension(true, point, 0x30, 0)), ca, fine},
		"a point that names no one":    {ca, onList(extension(true, point, 0x30, 6, 0xa0, 4, 0xa0, 2, 0x86, 0)), ca, partial},
		"an unknown extension":         {ca, onList(extension(false, unknown, 5, 0)), ca, fine},
		"an unknown critical one":      {ca, onList(extension(true, unknown, 5, 0)), ca, partial},
		"an unknown one of an entry":   {ca, onEntry(0, extension(false, unknown, 5, 0)), ca, fine},
		"a critical one of an entry":   {ca, onEntry(0, extension(true, unknown, 5, 0)), ca, partial},
		"a critical one of another":    {ca, onEntry(1, extension(true, unknown, 5, 0)), ca, partial},
		"an entry of another issuer":   {ca, onEntry(0, of(other)), ca, same("good")},
		"and back to the own":          {ca, func(l *x509.RevocationList) { onEntry(0, of(other))(l); onEntry(1, of(ca))(l) }, ca, [3]string{"good", "good", "revoked"}},
		"the second of another issuer": {ca, onEntry(1, of(other)), ca, [3]string{"revoked", "good", "good"}},
		"an issuer without a name":     {ca, onEntry(0, extension(true, asn1.ObjectIdentifier{2, 5, 29, 29}, 0x30, 3, 0x86, 1, 'x')), ca, [3]string{"not known", "good", "not known"}},
		"an issuer that is empty":      {ca, onEntry(0, extension(true, asn1.ObjectIdentifier{2, 5, 29, 29}, 0x30, 0)), ca, same("refused")},
		"bytes behind a scope":         {ca, onList(extension(true, point, 0x30, 3, 0x81, 1, 0xff, 0)), ca, same("refused")},
		"bytes in a scope":             {ca, onList(extension(true, point, 0x30, 5, 0x81, 1, 0xff, 5, 0)), ca, same("refused")},
		"bytes behind a base":          {ca, onList(extension(true, asn1.ObjectIdentifier{2, 5, 29, 27}, 2, 1, 1, 0)), ca, same("refused")},
		"a negative base":              {ca, onList(extension(true, asn1.ObjectIdentifier{2, 5, 29, 27}, 2, 1, 0xff)), ca, same("refused")},
		"an extension twice":           {ca, onList(extension(false, unknown, 5, 0), extension(false, unknown, 5, 0)), ca, same("refused")},
		"a scope twice":                {ca, onList(extension(true, point, 0x30, 0), extension(true, point, 0x30, 0)), ca, same("refused")},
	} {
		der := list(t, c.by, c.change)
		for i, serial := range []int64{5, 6, 8} {
			if got := listed(c.issuer, der, ca, serial); got != c.want[i] {
				t.Errorf("%s: of %d: %s, want %s", name, serial, got, c.want[i])
			}
		}
	}
	l, err := cms.ParseCRL(list(t, ca, nil))
	if err != nil {
		t.Fatal(err)
	}
	five := cms.NewTarget(&x509.Certificate{SerialNumber: big.NewInt(5), RawIssuer: ca.cert.RawSubject})
	if f, err := l.Find(five); !f.Listed || !f.At.Equal(day(-2)) || f.Reason != 1 || err != nil {
		t.Errorf("5: %+v, %v", f, err)
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

// TestNumbers (C19): numbers are compared as integers of any length, 255 and -1 differ,
// and one in more bytes than it needs is refused.
func TestNumbers(t *testing.T) {
	ca := authority(t, "CA")
	long := new(big.Int).Lsh(big.NewInt(0x7f), 152) // 20 bytes
	l := func(n *big.Int) []byte {
		return list(t, ca, func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].SerialNumber = n })
	}
	find := func(der []byte, n *big.Int) bool {
		c, err := cms.ParseCRL(der)
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.Find(cms.NewTarget(&x509.Certificate{SerialNumber: n, RawIssuer: ca.cert.RawSubject}))
		return err == nil && f.Listed
	}
	if !find(l(long), long) || find(l(long), new(big.Int).Add(long, big.NewInt(1))) {
		t.Error("a number of 20 bytes")
	}
	if der := l(big.NewInt(255)); find(der, big.NewInt(-1)) || !find(der, big.NewInt(255)) {
		t.Error("255 is not -1")
	}
	if !find(l(big.NewInt(-1)), big.NewInt(-1)) {
		t.Error("a negative number")
	}
	der := l(big.NewInt(0x1234)) // made 00 34: the same length
	i := bytes.Index(der, []byte{2, 2, 0x12, 0x34})
	der[i+2] = 0
	if _, err := cms.ParseCRL(der); err == nil {
		t.Error("a number in more bytes than it needs")
	}
}

// TestNames (C16, A52): names are compared by RFC 5280, 7.1, everywhere by one function.
func TestNames(t *testing.T) {
	cn := func(tag byte, v string) []byte {
		av := append([]byte{6, 3, 0x55, 4, 3, tag, byte(len(v))}, v...)
		seq := append([]byte{0x30, byte(len(av))}, av...)
		set := append([]byte{0x31, byte(len(seq))}, seq...)
		return append([]byte{0x30, byte(len(set))}, set...)
	}
	const utf8, printable, octets = 12, 19, 4
	for _, c := range []struct {
		a, b []byte
		same bool
	}{
		{cn(utf8, "CA One"), cn(utf8, "CA One"), true},
		{cn(utf8, "CA One"), cn(printable, " ca  ONE "), true},
		{cn(utf8, "CA One"), cn(utf8, "CAOne"), false},
		{cn(utf8, "CA One"), cn(utf8, "CA Two"), false},
		{cn(octets, "CA One"), cn(octets, "ca one"), false},
		{cn(octets, "CA One"), cn(utf8, "CA One"), false},
		{cn(utf8, "\xff"), cn(utf8, "\xff"), true},
		{cn(utf8, "\xff"), cn(printable, "\xff"), false},
		{[]byte{0x30, 0}, []byte{0x30, 0}, true},
		{[]byte{0x30, 0}, cn(utf8, "x"), false},
	} {
		if cms.SameName(c.a, c.b) != c.same || (cms.NameKey(c.a) == cms.NameKey(c.b)) != c.same {
			t.Errorf("%q and %q: want %v", c.a, c.b, c.same)
		}
	}
}
