package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ParseCertificate reads one DER certificate of at most 32 KiB. Unlike crypto/x509 it
// knows keys on the curve SM2, whose PublicKey is an *ecdsa.PublicKey.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertBytes {
		return nil, errf(CodeLimit, "a certificate of more than %d bytes", maxCertBytes)
	}
	if err := CheckDepth(der); err != nil {
		return nil, err
	}
	if !bytes.Contains(der, sm2Curve) {
		return x509.ParseCertificate(der)
	}
	c, err := smx509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	out := &x509.Certificate{
		Raw: c.Raw, RawTBSCertificate: c.RawTBSCertificate, RawSubjectPublicKeyInfo: c.RawSubjectPublicKeyInfo,
		RawSubject: c.RawSubject, RawIssuer: c.RawIssuer, Signature: c.Signature, PublicKey: c.PublicKey,
		PublicKeyAlgorithm: x509.ECDSA, Version: c.Version, SerialNumber: c.SerialNumber,
		Issuer: c.Issuer, Subject: c.Subject, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		KeyUsage: x509.KeyUsage(c.KeyUsage), Extensions: c.Extensions,
		UnhandledCriticalExtensions: c.UnhandledCriticalExtensions, UnknownExtKeyUsage: c.UnknownExtKeyUsage,
		BasicConstraintsValid: c.BasicConstraintsValid, IsCA: c.IsCA, MaxPathLen: c.MaxPathLen, MaxPathLenZero: c.MaxPathLenZero,
		SubjectKeyId: c.SubjectKeyId, AuthorityKeyId: c.AuthorityKeyId,
		OCSPServer: c.OCSPServer, IssuingCertificateURL: c.IssuingCertificateURL, CRLDistributionPoints: c.CRLDistributionPoints,
		DNSNames: c.DNSNames, EmailAddresses: c.EmailAddresses, IPAddresses: c.IPAddresses, URIs: c.URIs,
		PermittedDNSDomainsCritical: c.PermittedDNSDomainsCritical, PermittedDNSDomains: c.PermittedDNSDomains,
		ExcludedDNSDomains: c.ExcludedDNSDomains, PermittedIPRanges: c.PermittedIPRanges, ExcludedIPRanges: c.ExcludedIPRanges,
		PermittedEmailAddresses: c.PermittedEmailAddresses, ExcludedEmailAddresses: c.ExcludedEmailAddresses,
		PermittedURIDomains: c.PermittedURIDomains, ExcludedURIDomains: c.ExcludedURIDomains,
		PolicyIdentifiers: c.PolicyIdentifiers,
	}
	for _, u := range c.ExtKeyUsage {
		out.ExtKeyUsage = append(out.ExtKeyUsage, x509.ExtKeyUsage(u))
	}
	return out, nil
}

// sm2Curve is the object identifier 1.2.156.10197.1.301 as an element.
var sm2Curve = []byte{6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d}

// CheckIssued checks that issuer's key signed cert, and that cert states issuer's name.
// The caller checks constraints and times.
func CheckIssued(cert, issuer *x509.Certificate) error {
	return (*Memory)(nil).CheckIssued(cert, issuer)
}

// CheckIssued is the function [CheckIssued] with the memory.
func (m *Memory) CheckIssued(cert, issuer *x509.Certificate) error {
	if !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
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
