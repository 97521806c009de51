package signer

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/cms"
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
	var faults []error
	for _, url := range web(cert.OCSPServer) {
		der, err := o.ocsp(ctx, url, cert, issuer)
		if err == nil {
			return RevocationData{OCSP: der}, nil
		}
		faults = append(faults, err)
	}
	for _, url := range web(cert.CRLDistributionPoints) {
		der, err := get(ctx, o.Client, url, cms.MaxCRL)
		if err == nil {
			return RevocationData{CRL: der}, nil
		}
		faults = append(faults, err)
	}
	if faults == nil {
		faults = append(faults, errors.New("it names neither an OCSP responder nor a CRL"))
	}
	return RevocationData{}, fmt.Errorf("%w: %s: %w", ErrNoEvidence, cert.Subject, errors.Join(faults...))
}

func (o *Online) ocsp(ctx context.Context, url string, cert, issuer *x509.Certificate) ([]byte, error) {
	rnd := o.Rand
	if rnd == nil {
		rnd = rand.Reader
	}
	nonce := make([]byte, 16)
	if _, err := io.ReadFull(rnd, nonce); err != nil {
		return nil, err
	}
	body, err := cms.OCSPRequest(cert, issuer, nonce)
	if err != nil {
		return nil, err
	}
	der, err := post(ctx, o.Client, url, "application/ocsp-request", body, cms.MaxOCSP)
	if err != nil {
		return nil, err
	}
	r, err := cms.ParseOCSP(der)
	if err != nil {
		return nil, err
	}
	if r.Nonce != nil && string(r.Nonce) != string(nonce) {
		return nil, errors.New("the answer belongs to another question")
	}
	return der, nil
}

// Issuer fetches the certificate that caIssuers names.
func (o *Online) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	err := fmt.Errorf("%w: the issuer of %s is not known", ErrNoEvidence, cert.Subject)
	for _, url := range web(cert.IssuingCertificateURL) {
		der, gerr := get(ctx, o.Client, url, 64<<10)
		if gerr != nil {
			err = errors.Join(err, gerr)
			continue
		}
		found, perr := ParseCertificates(der)
		if perr != nil {
			err = errors.Join(err, perr)
			continue
		}
		return found[0], nil
	}
	return nil, err
}

func web(urls []string) []string {
	const limit = 4
	var out []string
	for _, u := range urls {
		if (strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://")) && len(out) < limit {
			out = append(out, u)
		}
	}
	return out
}
