package online

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/online"
	"github.com/dajiaqian/dajiaqian/signer"
)

// Revocations is a [signer.Revocations] over HTTP. It asks the OCSP responder that a
// certificate names (RFC 6960, appendix A), or else fetches the CRL that it names, and
// finds issuers by the caIssuers address. It follows only http and https. It is safe
// for concurrent use.
type Revocations struct {
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // for nonces; nil means crypto/rand
}

// Revocation gets evidence about a certificate. An OCSP answer must be signed; if it
// carries a nonce, it must be the nonce of the question. The caller checks the rest. It
// returns [signer.ErrNoEvidence] if there is no answer.
func (r *Revocations) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	ocsp, crl, err = online.Client{HTTP: r.Client, Rand: r.Rand}.Status(ctx, cert, issuer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", signer.ErrNoEvidence, cert.Subject, err)
	}
	return ocsp, crl, nil
}

// Issuer fetches the certificate that caIssuers names. It returns
// [signer.ErrNoEvidence] if it cannot.
func (r *Revocations) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	found, err := online.Client{HTTP: r.Client}.Issuer(ctx, cert)
	if err != nil {
		return nil, fmt.Errorf("%w: the issuer of %s is not known: %w", signer.ErrNoEvidence, cert.Subject, err)
	}
	return found, nil
}
