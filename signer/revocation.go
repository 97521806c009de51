package signer

import (
	"context"
	"crypto/x509"
	"errors"
)

// Revocations gets evidence that a certificate was not revoked: a DER OCSPResponse (RFC
// 6960) of at most 256 KiB, or a DER CRL (RFC 5280) of at most 16 MiB, or both. The
// result is checked before it is used. Implementations are safe for concurrent use.
// verify.Revocations has the same shape.
type Revocations interface {
	Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error)
}

// IssuerFinder is a [Revocations] that can also find a certificate's issuer, if neither
// the signature nor Request.Roots has it.
type IssuerFinder interface {
	Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error)
}

// Errors of evidence.
var (
	ErrRevoked    = errors.New("signer: a certificate is revoked")
	ErrNoEvidence = errors.New("signer: no evidence about a certificate")
)
