package cms

import (
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ParseCertificate reads one DER certificate of at most 32 KiB. What crypto/x509 does not
// take is read here: keys on the curve SM2, whose PublicKey is an *ecdsa.PublicKey, and
// the deviations of real authorities (see readCertificate).
//
// A PublicKey of a kind that cannot be used here is nil: such a certificate can be shown,
// and nothing that its key signed can be judged.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertBytes {
		return nil, errf(CodeLimit, "a certificate of more than %d bytes", maxCertBytes)
	}
	if err := CheckDepth(der); err != nil {
		return nil, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return readCertificate(der)
	}
	if _, err := walkCertificate(der); err != nil {
		return nil, err
	}
	if c.PublicKey == nil {
		c.PublicKey = readKey(c.RawSubjectPublicKeyInfo)
	}
	return c, nil
}

// CheckIssued checks that issuer's key signed cert, and that cert states issuer's name.
// The caller checks constraints and times.
func CheckIssued(cert, issuer *x509.Certificate) error {
	return (*Memory)(nil).CheckIssued(cert, issuer)
}

// CheckIssued is the function [CheckIssued] with the memory.
func (m *Memory) CheckIssued(cert, issuer *x509.Certificate) error {
	if !SameName(cert.RawIssuer, issuer.RawSubject) {
		return errf(CodeSigner, "the issuer's name is another")
	}
	return m.checkSigned(cert.Raw, issuer)
}

// checkSigned verifies the SIGNED form of X.509: what is signed, an algorithm, a bit
// string.
func (m *Memory) checkSigned(raw []byte, issuer *x509.Certificate) error {
	top := &reader{s: cryptobyte.String(raw)}
	seq := top.element(cbasn1.SEQUENCE)
	tbs := seq.raw(cbasn1.SEQUENCE)
	alg := seq.algorithm()
	var bits asn1.BitString
	if seq.bad || !seq.s.ReadASN1BitString(&bits) || !seq.done() || !top.done() || bits.BitLength%8 != 0 {
		return errf(CodeDER, "not a signed structure")
	}
	return m.verifySelf(alg, issuer, tbs, bits.Bytes)
}
