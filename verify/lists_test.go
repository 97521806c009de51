package verify_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
)

// office is a root, an authority with a key for certificates and another for lists, and
// a signer.
type office struct {
	root, ca, lists, leaf *x509.Certificate
	rootKey, caKey        crypto.Signer
	listKey, leafKey      crypto.Signer
}

func newOffice(t testing.TB, policies ...uint64) *office {
	t.Helper()
	n := int64(0)
	make := func(name string, usage x509.KeyUsage, by *x509.Certificate, byKey crypto.Signer) (*x509.Certificate, crypto.Signer) {
		n++
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: name}, KeyUsage: usage,
			NotBefore: signingTime.AddDate(-1, 0, 0), NotAfter: signingTime.AddDate(1, 0, 0), SubjectKeyId: []byte{byte(n)}, BasicConstraintsValid: true, IsCA: usage&x509.KeyUsageCertSign != 0}
		for _, p := range policies {
			id, err := x509.OIDFromInts([]uint64{1, 2, 3, p})
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = append(c.Policies, id)
		}
		if by == nil {
			by, byKey = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), byKey)
		if err != nil {
			t.Fatal(err)
		}
		out, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return out, key
	}
	var o office
	o.root, o.rootKey = make("Root", x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil, nil)
	o.ca, o.caKey = make("CA", x509.KeyUsageCertSign, o.root, o.rootKey)
	o.lists, o.listKey = make("CA", x509.KeyUsageCRLSign, o.root, o.rootKey)
	o.leaf, o.leafKey = make("张三", x509.KeyUsageDigitalSignature, o.ca, o.caKey)
	return &o
}

// answers gives lists: those of the root, and those of the authority.
type answers struct {
	o           *office
	root, lists []byte
}

func (a answers) Revocation(_ context.Context, cert, _ *x509.Certificate) (ocsp, crl []byte, err error) {
	if cert.Equal(a.o.leaf) {
		return nil, a.lists, nil
	}
	return nil, a.root, nil
}

func listOf(t testing.TB, by *x509.Certificate, key crypto.Signer, revoked *x509.Certificate, exts ...pkix.Extension) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(7), ThisUpdate: signingTime, NextUpdate: signingTime.AddDate(0, 1, 0), ExtraExtensions: exts}
	if revoked != nil {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: revoked.SerialNumber, RevocationTime: signingTime.Add(-time.Hour)}}
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, by, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestA47BadNews (A47, A48): a revocation in any authentic list fails a signature, also
// with UnsafeAllowUnknown; good news comes only from a list that covers the certificate.
// The key for lists has a certificate of its own, which comes with the signature.
func TestA47BadNews(t *testing.T) {
	o := newOffice(t)
	b := sign(t, samples.PDF(samples.Spec{}), signer.Request{Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"},
		Credential: signer.Credential{Chain: []*x509.Certificate{o.leaf, o.ca, o.lists}, Key: o.leafKey}})
	bare := sign(t, samples.PDF(samples.Spec{}), signer.Request{Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"},
		Credential: signer.Credential{Chain: []*x509.Certificate{o.leaf, o.ca}, Key: o.leafKey}})
	cat := number(t, bare, "/Type/Catalog")
	stored := add(bare, map[int]string{cat: put(object(t, bare, cat), "DSS", "<</Certs[700 0 R]>>"),
		700: fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(o.lists.Raw), o.lists.Raw)})
	scope := func(v ...byte) pkix.Extension {
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: v}
	}
	delta := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 6}}
	unknown := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}
	users, authorities, some := scope(0x30, 3, 0x81, 1, 0xff), scope(0x30, 3, 0x82, 1, 0xff), scope(0x30, 4, 0x83, 2, 6, 0x40)
	good := listOf(t, o.root, o.rootKey, nil)
	by := func(revoked *x509.Certificate, exts ...pkix.Extension) []byte {
		return listOf(t, o.lists, o.listKey, revoked, exts...)
	}
	const pass, unchecked, revoked, none = "valid", "valid, not checked", "revoked", "no data"
	for _, c := range []struct {
		name         string
		file         []byte
		root, lists  []byte
		strict, soft string
	}{
		{"good", b, good, by(nil), pass, pass},
		{"good, for users", b, good, by(nil, users), pass, pass},
		{"revoked", b, good, by(o.leaf), revoked, revoked},
		{"a delta", b, good, by(nil, delta), none, unchecked},
		{"a delta that revokes", b, good, by(o.leaf, delta), revoked, revoked},
		{"for authorities", b, good, by(nil, authorities), none, unchecked},
		{"for authorities, and revokes", b, good, by(o.leaf, authorities), revoked, revoked},
		{"some reasons", b, good, by(nil, some), none, unchecked},
		{"some reasons, and revokes", b, good, by(o.leaf, some), revoked, revoked},
		{"not understood", b, good, by(nil, unknown), none, unchecked},
		{"not understood, and revokes", b, good, by(o.leaf, unknown), revoked, revoked},
		{"revokes, and nothing about the signer of the list", b, nil, by(o.leaf), revoked, revoked},
		{"the authority is revoked, nothing about the leaf", b, listOf(t, o.root, o.rootKey, o.ca), nil, revoked, revoked},
		{"the key for lists is revoked", b, listOf(t, o.root, o.rootKey, o.lists), by(nil), none, unchecked},
		{"the signer of the list is in the DSS", stored, good, by(nil), pass, pass},
		{"the same, and revokes", stored, good, by(o.leaf), revoked, revoked},
		{"the signer of the list is not there", bare, good, by(nil), none, unchecked},
	} {
		for _, soft := range []bool{false, true} {
			p := verify.Policy{Roots: []*x509.Certificate{o.root}, Time: signingTime.Add(time.Hour), Revocation: verify.RequireRevocation,
				Online: answers{o, c.root, c.lists}, Memory: &remembered}
			want := c.strict
			if soft {
				p.Revocation, want = verify.UnsafeAllowUnknown, c.soft
			}
			s := judge(t, c.file, p).Signatures[0]
			got := "?"
			switch {
			case slices.Contains(s.Reasons, verify.RevocationRevoked):
				got = revoked
			case slices.Contains(s.Reasons, verify.RevocationNoData):
				got = none
			case s.Indication == verify.TotalPassed && slices.Contains(s.Warnings, verify.RevocationNotChecked):
				got = unchecked
			case s.Indication == verify.TotalPassed:
				got = pass
			}
			if got != want {
				t.Errorf("%s, unknown allowed %v: %s %v, want %s", c.name, soft, got, s.Reasons, want)
			}
		}
	}
}

// TestA51Policies (A51): certificate policies are asked for by the policy, of the
// signer's path.
func TestA51Policies(t *testing.T) {
	for _, c := range []struct {
		name string
		have []uint64
		ask  verify.CertificatePolicies
		want bool
	}{
		{"none asked", nil, verify.CertificatePolicies{}, true},
		{"none asked, one there", []uint64{1}, verify.CertificatePolicies{}, true},
		{"any asked, none there", nil, verify.CertificatePolicies{RequireExplicit: true}, false},
		{"any asked, one there", []uint64{1}, verify.CertificatePolicies{RequireExplicit: true}, true},
		{"one asked, there", []uint64{1, 2}, verify.CertificatePolicies{Set: []string{"1.2.3.2"}, RequireExplicit: true}, true},
		{"one asked, another there", []uint64{1}, verify.CertificatePolicies{Set: []string{"1.2.3.2"}, RequireExplicit: true}, false},
		{"a set that is not required", []uint64{1}, verify.CertificatePolicies{Set: []string{"1.2.3.2"}}, true},
	} {
		o := newOffice(t, c.have...)
		b := sign(t, samples.PDF(samples.Spec{}), signer.Request{Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"},
			Credential: signer.Credential{Chain: []*x509.Certificate{o.leaf, o.ca}, Key: o.leafKey}})
		rep := judge(t, b, verify.Policy{Roots: []*x509.Certificate{o.root}, Time: signingTime.Add(time.Hour),
			Revocation: verify.UnsafeSkipRevocation, CertificatePolicies: c.ask})
		if rep.Valid() != c.want || !c.want && !has(rep, verify.ChainConstraints) {
			t.Errorf("%s: %v %v", c.name, rep.Verdict, rep.Signatures[0].Reasons)
		}
	}
}
