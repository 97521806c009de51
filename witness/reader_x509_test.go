package witness_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/digitorus/pdf"
	"golang.org/x/crypto/ocsp"
)

// What the readers cannot read: crypto/x509 knows no curve of SM2, and x/crypto/ocsp
// reads certificates with it and has RSA and ECDSA in its list of algorithms.
var (
	x509Unread = unread{"sm2": "unsupported elliptic curve"}
	ocspUnread = unread{"sm2": "unsupported elliptic curve", "ed25519": "algorithm unimplemented"}
)

// dss reads the streams of one array of the DSS, through another package's reader
// of PDF.
func dss(file []byte, array string) ([][]byte, error) {
	r, err := pdf.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	list := r.Trailer().Key("Root").Key("DSS").Key(array)
	var all [][]byte
	for i := range list.Len() {
		data, err := io.ReadAll(list.Index(i).Reader())
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// evidence is what crypto/x509 reads of a DSS.
type evidence struct {
	certs []*x509.Certificate
	crls  []*x509.RevocationList
}

func readEvidence(f signedFile) (e evidence, err error) {
	certs, err := dss(f.data, "Certs")
	if err != nil {
		return e, err
	}
	crls, err := dss(f.data, "CRLs")
	if err != nil {
		return e, err
	}
	for _, der := range certs {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return e, fmt.Errorf("certificate: %w", err)
		}
		e.certs = append(e.certs, c)
	}
	for _, der := range crls {
		l, err := x509.ParseRevocationList(der)
		if err != nil {
			return e, fmt.Errorf("CRL: %w", err)
		}
		e.crls = append(e.crls, l)
	}
	return e, nil
}

// find returns the certificate of the DSS that passes a test.
func (e evidence) find(is func(*x509.Certificate) bool) (*x509.Certificate, error) {
	for _, c := range e.certs {
		if is(c) {
			return c, nil
		}
	}
	return nil, errors.New("not among the certificates of the DSS")
}

// check does with the evidence what a validator does in later years: every chain
// leads to our root, and every list is signed by its issuer, is fresh, and has no
// entries.
func (e evidence) check(f signedFile) error {
	if len(e.certs) == 0 || len(e.crls) == 0 {
		return fmt.Errorf("%d certificates, %d lists", len(e.certs), len(e.crls))
	}
	others := x509.NewCertPool()
	for _, c := range e.certs {
		others.AddCert(c)
	}
	now := time.Now()
	for _, c := range e.certs {
		if _, err := c.Verify(x509.VerifyOptions{Roots: f.pool(), Intermediates: others, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			return fmt.Errorf("%s: %w", c.Subject.CommonName, err)
		}
	}
	for _, l := range e.crls {
		issuer := f.Root()
		if !bytes.Equal(l.RawIssuer, issuer.RawSubject) {
			var err error
			if issuer, err = e.find(func(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, l.RawIssuer) }); err != nil {
				return err
			}
		}
		if err := l.CheckSignatureFrom(issuer); err != nil {
			return err
		}
		if len(l.RevokedCertificateEntries) != 0 || l.ThisUpdate.After(now) || l.NextUpdate.Before(now) {
			return fmt.Errorf("a list from %v to %v with %d entries", l.ThisUpdate, l.NextUpdate, len(l.RevokedCertificateEntries))
		}
	}
	return nil
}

// checkOCSP does the same with the responses: each is about a certificate of the
// DSS, is signed by its issuer's responder, is fresh, and says good. One is about
// the signer.
func checkOCSP(f signedFile, e evidence) error {
	responses, err := dss(f.data, "OCSPs")
	if err != nil {
		return err
	}
	now, signer, issuing := time.Now(), false, f.cred.Chain[1]
	for _, der := range responses {
		r, err := ocsp.ParseResponse(der, nil)
		if err != nil {
			return err
		}
		cert, err := e.find(func(c *x509.Certificate) bool { return c.SerialNumber.Cmp(r.SerialNumber) == 0 })
		if err != nil {
			return err
		}
		if r, err = ocsp.ParseResponseForCert(der, cert, issuing); err != nil {
			return err
		}
		if r.Status != ocsp.Good || r.ThisUpdate.After(now) || r.NextUpdate.Before(now) {
			return fmt.Errorf("a response of status %d from %v to %v", r.Status, r.ThisUpdate, r.NextUpdate)
		}
		signer = signer || cert.Equal(f.cred.Chain[0])
	}
	if !signer {
		return fmt.Errorf("%d responses, none about the signer", len(responses))
	}
	return nil
}

// Every certificate that B-LT and B-LTA put into the file leads to our root for
// crypto/x509, the lists beside them are read and checked by it, and the responses
// by x/crypto/ocsp.
func TestX509(t *testing.T) {
	each(t, func(t *testing.T, f signedFile) {
		if f.level == "B-B" || f.level == "B-T" {
			if all, err := dss(f.data, "Certs"); err != nil || len(all) != 0 {
				t.Errorf("a DSS at %s: %d certificates, %v", f.level, len(all), err)
			}
			return
		}
		stranger := f
		stranger.authority = authorityOf(t, map[bool]string{true: "p256", false: "rsa2048"}[f.algorithm == "rsa2048"])
		e, err := readEvidence(f)
		if err == nil {
			err = e.check(f)
		}
		if x509Unread.check(t, f, err) && e.check(stranger) == nil {
			t.Error("the chains lead to a stranger's root")
		}
		if ocspUnread.check(t, f, checkOCSP(f, e)) && checkOCSP(stranger, e) == nil {
			t.Error("the responses serve a stranger")
		}
	})
}

// A revoked certificate is revoked for x/crypto/ocsp and in the list that
// crypto/x509 reads, with its reason and time.
func TestRevoked(t *testing.T) {
	for _, a := range algorithms {
		if _, ok := ocspUnread[a.name]; ok {
			continue // TestX509 holds the refusal
		}
		t.Run(a.name, func(t *testing.T) {
			ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: a.of})
			if err != nil {
				t.Fatal(err)
			}
			cred, err := ca.Issue(devca.Subject{Name: "李四", ID: "410*****2036"})
			if err != nil {
				t.Fatal(err)
			}
			leaf, issuing := cred.Chain[0], cred.Chain[1]
			status := func() *ocsp.Response {
				der, _, err := ca.Revocation(t.Context(), leaf, issuing)
				if err != nil {
					t.Fatal(err)
				}
				r, err := ocsp.ParseResponseForCert(der, leaf, issuing)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			if r := status(); r.Status != ocsp.Good {
				t.Errorf("status %d before it is revoked", r.Status)
			}
			if err := ca.Revoke(leaf, ocsp.KeyCompromise); err != nil {
				t.Fatal(err)
			}
			if r := status(); r.Status != ocsp.Revoked || r.RevocationReason != ocsp.KeyCompromise || time.Since(r.RevokedAt) > time.Minute {
				t.Errorf("status %d, reason %d, at %v", r.Status, r.RevocationReason, r.RevokedAt)
			}
			der, err := ca.CRL()
			if err != nil {
				t.Fatal(err)
			}
			list, err := x509.ParseRevocationList(der)
			if err != nil {
				t.Fatal(err)
			}
			if err := list.CheckSignatureFrom(issuing); err != nil {
				t.Error(err)
			}
			got := list.RevokedCertificateEntries
			if len(got) != 1 || got[0].SerialNumber.Cmp(leaf.SerialNumber) != 0 || got[0].ReasonCode != ocsp.KeyCompromise {
				t.Errorf("the list has %v", got)
			}
		})
	}
}
