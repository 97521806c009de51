package signer

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/online"
)

// Revocations gets evidence that certificates were not revoked. What it returns
// is judged before it is used. Implementations are safe for concurrent use.
type Revocations interface {
	Revocation(ctx context.Context, cert, issuer *x509.Certificate) (RevocationData, error)
}

// IssuerFinder is a Revocations that can also find a certificate's issuer, where
// neither the signature nor Request.Roots has it.
type IssuerFinder interface {
	Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error)
}

// RevocationData is evidence about one certificate: a DER OCSPResponse (RFC
// 6960), at most 256 KiB, or a DER CRL (RFC 5280), at most 16 MiB, or both.
type RevocationData struct {
	OCSP []byte
	CRL  []byte
}

// Errors of evidence.
var (
	ErrRevoked    = errors.New("signer: a certificate is revoked")
	ErrNoEvidence = errors.New("signer: no evidence about a certificate")
)

// Online is a Revocations over HTTP: it asks the OCSP responder that a
// certificate names (RFC 6960, appendix A), else fetches the CRL it names, and
// finds issuers by the caIssuers address. Only http and https are followed.
type Online struct {
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // of nonces; nil means crypto/rand
}

// Revocation asks about a certificate. An answer of OCSP must be signed, and
// carry the nonce of the question if it carries one; the caller judges the rest.
func (o *Online) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (RevocationData, error) {
	ocsp, crl, err := online.Client{HTTP: o.Client, Rand: o.Rand}.Status(ctx, cert, issuer)
	if err != nil {
		return RevocationData{}, fmt.Errorf("%w: %s: %w", ErrNoEvidence, cert.Subject, err)
	}
	return RevocationData{OCSP: ocsp, CRL: crl}, nil
}

// Issuer fetches the certificate that caIssuers names.
func (o *Online) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	found, err := online.Client{HTTP: o.Client}.Issuer(ctx, cert)
	if err != nil {
		return nil, fmt.Errorf("%w: the issuer of %s is not known: %w", ErrNoEvidence, cert.Subject, err)
	}
	return found, nil
}
