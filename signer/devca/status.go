package devca

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// fresh is how long an answer about a certificate is valid.
const fresh = 24 * time.Hour

// Revoke enters a certificate into the CA's list, with a reason of RFC 5280, 5.3.1 (0
// unspecified, 1 key compromise, 4 superseded). A second entry for the same certificate
// changes nothing.
func (ca *CA) Revoke(cert *x509.Certificate, reason int) error {
	if !ca.own(cert.SerialNumber) || bytes.Equal(cert.Raw, ca.issuing.cert.Raw) || bytes.Equal(cert.Raw, ca.root.Raw) {
		return errors.New("devca: not a certificate of the issuing CA")
	}
	if reason < 0 || reason > 10 || reason == 7 || reason == 8 { // 8 removes a certificate from a list
		return fmt.Errorf("devca: there is no reason %d", reason)
	}
	ca.mu.Lock()
	defer ca.mu.Unlock()
	if ca.find(cert.SerialNumber) == nil {
		ca.revoked = append(ca.revoked, Revocation{cert.SerialNumber, ca.now().UTC().Truncate(time.Second), reason})
	}
	return nil
}

func (ca *CA) find(serial *big.Int) *Revocation {
	for i := range ca.revoked {
		if ca.revoked[i].Serial.Cmp(serial) == 0 {
			return &ca.revoked[i]
		}
	}
	return nil
}

// Revocation implements [signer.Revocations] and verify.Revocations without a network:
// OCSP for what the issuing CA issued, the root's CRL for the issuing CA.
func (ca *CA) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	switch {
	case bytes.Equal(issuer.Raw, ca.root.Raw):
		return nil, ca.rootCRL, nil
	case bytes.Equal(issuer.Raw, ca.issuing.cert.Raw):
		ocsp, err = ca.answer(cert.SerialNumber, nil)
		return ocsp, nil, err
	}
	return nil, nil, fmt.Errorf("devca: %s issued nothing here", issuer.Subject)
}

// answer is the OCSP responder. It answers good for the CA's own certificates, and
// unknown for any other.
func (ca *CA) answer(serial *big.Int, nonce []byte) ([]byte, error) {
	now := ca.now().UTC().Truncate(time.Second)
	a := cms.Answer{Cert: &x509.Certificate{SerialNumber: serial, RawIssuer: ca.issuing.cert.RawSubject}, Issuer: ca.issuing.cert,
		ThisUpdate: now, NextUpdate: now.Add(fresh), Nonce: nonce}
	ca.mu.Lock()
	if r := ca.find(serial); r != nil {
		a.Status, a.RevokedAt, a.Reason = cms.StatusRevoked, r.At, r.Reason
	} else if ca.own(serial) {
		a.Status = cms.StatusGood
	}
	ca.mu.Unlock()
	p := cms.Profile{Chain: []*x509.Certificate{ca.ocsp.cert}, Hash: cms.DefaultHash(ca.ocsp.cert.PublicKey)}
	return p.OCSPResponse(ca.use(ca.ocsp.key), a)
}

// RootCRL returns the root's list, which always stays empty.
func (ca *CA) RootCRL() []byte { return append([]byte(nil), ca.rootCRL...) }

// CRL returns the issuing CA's present list.
func (ca *CA) CRL() ([]byte, error) {
	ca.mu.Lock()
	entries := append([]Revocation(nil), ca.revoked...)
	ca.mu.Unlock()
	return ca.list(ca.issuing, entries, fresh)
}

func (ca *CA) list(by pair, entries []Revocation, good time.Duration) ([]byte, error) {
	issuer, err := smx509.ParseCertificate(by.cert.Raw)
	if err != nil {
		return nil, fmt.Errorf("devca: %w", err)
	}
	now := ca.now().UTC().Truncate(time.Second)
	tmpl := &smx509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.Add(good)}
	for _, r := range entries {
		tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries,
			smx509.RevocationListEntry{SerialNumber: r.Serial, RevocationTime: r.At, ReasonCode: r.Reason})
	}
	der, err := smx509.CreateRevocationList(ca.random(), tmpl, issuer, ca.use(by.key))
	if err != nil {
		return nil, fmt.Errorf("devca: %w", err)
	}
	return der, nil
}
