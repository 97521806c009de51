package witness_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
	"go.mozilla.org/pkcs7"
)

// signingCertificate is the attribute of RFC 5035 that names a certificate, with
// SHA-256, its default.
func signingCertificate(cert []byte) pkcs7.Attribute {
	type essCertID struct{ Hash []byte }
	digest := sha256.Sum256(cert)
	return pkcs7.Attribute{
		Type:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47},
		Value: struct{ Certs []essCertID }{[]essCertID{{digest[:]}}},
	}
}

// cmsByMozilla signs bytes, detached. go.mozilla.org/pkcs7 always adds a
// signing-time attribute and has no way to leave it out.
func cmsByMozilla(t *testing.T, a *authority, covered []byte, extra ...pkcs7.Attribute) []byte {
	t.Helper()
	sd, err := pkcs7.NewSignedData(covered)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := sd.AddSignerChain(a.cred.Chain[0], a.cred.Key, a.cred.Chain[1:], pkcs7.SignerInfoConfig{ExtraSignedAttributes: extra}); err != nil {
		t.Fatal(err)
	}
	sd.Detach()
	der, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// CMS that go.mozilla.org/pkcs7 made, in a file that our signer prepared. Its
// SubFilter is ETSI.CAdES.detached, so the CMS must keep to EN 319 142-1, 6.3.
func TestMozillaCMS(t *testing.T) {
	failed := verify.TotalFailed
	for _, c := range []struct {
		name   string
		extra  func(a *authority) []pkcs7.Attribute
		signer string // words of our signer's refusal
		want   verdict
	}{
		// The attribute signing-certificate-v2 must be there. Without it nothing that was
		// signed says which certificate it was (EN 319 102-1, 5.2.8: a signed attribute
		// that the profile requires is absent).
		{"no signing certificate", func(*authority) []pkcs7.Attribute { return nil }, "no signing-certificate attribute", verdict{
			indication: verify.Undetermined, ours: &failed, sub: verify.FormatFailure, reasons: []verify.Reason{verify.CMSSigningCert},
		}},
		// The attribute signing-time must not be there: the time is in /M. EN 319 102-1
		// judges what was signed all the same, so the signature passes. The level is too
		// kind: with this attribute it is not B-B. Neither the signer nor the verifier of
		// the library says so today.
		{"signing time", func(a *authority) []pkcs7.Attribute {
			return []pkcs7.Attribute{signingCertificate(a.cred.Chain[0].Raw)}
		}, "", verdict{indication: verify.TotalPassed}},
		// It names another certificate.
		{"another certificate", func(a *authority) []pkcs7.Attribute {
			return []pkcs7.Attribute{signingCertificate(a.cred.Chain[1].Raw)}
		}, "SIGNING_CERT", verdict{
			indication: verify.Undetermined, ours: &failed, sub: verify.FormatFailure, reasons: []verify.Reason{verify.CMSSigningCert},
		}},
	} {
		for _, algorithm := range []string{"rsa2048", "p256"} { // its list of signature algorithms has no Ed25519
			t.Run(c.name+"/"+algorithm, func(t *testing.T) {
				a := authorityOf(t, algorithm)
				doc, state := prepared(t, a)
				// Completed once by our own means, the file shows which bytes are covered.
				file := completed(t, a, doc, state)
				d := dictionaries(t, file)[0]
				der := cmsByMozilla(t, a, d.covered, c.extra(a)...)
				again, err := signer.Resume(doc, state, signer.Services{})
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				err = again.CompleteCMS(t.Context(), &out, der)
				switch {
				case c.signer == "" && err != nil:
					t.Errorf("our signer: %v", err)
				case c.signer != "" && (err == nil || !strings.Contains(err.Error(), c.signer)):
					t.Errorf("our signer says %v, want %q", err, c.signer)
				}
				// A signer with fewer scruples writes it.
				digits := bytes.Repeat([]byte("0"), bytes.IndexByte(file[d.at:], '>'))
				hex.Encode(digits, der)
				copy(file[d.at:], digits)
				if c.signer == "" && !bytes.Equal(bytes.ToLower(file), bytes.ToLower(out.Bytes())) {
					t.Error("CompleteCMS made another file")
				}
				c.want.field, c.want.level, c.want.time, c.want.changes = "S", "B-B", verify.TimeClaimed, verify.ChangeNone
				expect(t, judge(t, a, file), c.want)
			})
		}
	}
}

// prepared lays out a signature that waits for its value.
func prepared(t *testing.T, a *authority) (*signer.Document, []byte) {
	t.Helper()
	file := small.pdf()
	doc, err := signer.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := signer.Prepare(t.Context(), doc, signer.Request{
		Credential: signer.Credential{Chain: a.cred.Chain}, Level: signer.BB, Time: time.Now(), NewField: &signer.Field{Name: "S"},
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return doc, state
}

// completed is the file with a signature of our own.
func completed(t *testing.T, a *authority, doc *signer.Document, state []byte) []byte {
	t.Helper()
	p, err := signer.Resume(doc, state, signer.Services{})
	if err != nil {
		t.Fatal(err)
	}
	h := p.Hash().New()
	h.Write(p.ToSign())
	value, err := a.cred.Key.Sign(nil, h.Sum(nil), p.Hash())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Complete(t.Context(), &out, value); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
