package online

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Client makes the calls. The zero Client is ready; deadlines come with the context.
type Client struct {
	HTTP *http.Client // nil means http.DefaultClient
	Rand io.Reader    // for nonces; nil means crypto/rand
}

// Status asks the OCSP responder that a certificate names (RFC 6960, appendix A), or
// else fetches the CRL that it names (RFC 5280, 4.2.1.13). It checks that an OCSP
// answer parses, and that its nonce, if any, is the nonce of the question.
func (c Client) Status(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	var faults []error
	for _, url := range web(cert.OCSPServer) {
		der, err := c.ocsp(ctx, url, cert, issuer)
		if err == nil {
			return der, nil, nil
		}
		faults = append(faults, err)
	}
	for _, url := range web(cert.CRLDistributionPoints) {
		der, err := get(ctx, c.HTTP, url, cms.MaxCRL)
		if err == nil {
			return nil, der, nil
		}
		faults = append(faults, err)
	}
	if faults == nil {
		faults = append(faults, errors.New("the certificate names neither an OCSP responder nor a CRL"))
	}
	return nil, nil, errors.Join(faults...)
}

func (c Client) ocsp(ctx context.Context, url string, cert, issuer *x509.Certificate) ([]byte, error) {
	rnd := c.Rand
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
	der, err := Post(ctx, c.HTTP, url, "application/ocsp-request", body, cms.MaxOCSP)
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

// Issuer fetches the certificate that caIssuers names (RFC 5280, 4.2.2.1), in DER or
// PEM. The caller checks whether it issued cert.
func (c Client) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	const limit = 64 << 10
	err := errors.New("the certificate names no address of its issuer")
	for _, url := range web(cert.IssuingCertificateURL) {
		var data []byte
		if data, err = get(ctx, c.HTTP, url, limit); err != nil {
			continue
		}
		if block, _ := pem.Decode(data); block != nil {
			data = block.Bytes
		}
		var found *x509.Certificate
		if found, err = cms.ParseCertificate(data); err == nil {
			return found, nil
		}
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
