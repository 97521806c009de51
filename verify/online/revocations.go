// Package online asks for evidence of revocation over HTTP, for verify.Policy.Online.
package online

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/online"
)

// Revocations is a verify.Revocations over HTTP: it asks the OCSP responder that a
// certificate names, else fetches the CRL it names. Only certificates that lead to
// a trust anchor are asked about, so that a stranger's file names no address that
// is visited. It is safe for concurrent use.
type Revocations struct {
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // of nonces; nil means crypto/rand
}

// Revocation returns an OCSP response or a CRL in DER, not judged.
func (r *Revocations) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	return online.Client{HTTP: r.Client, Rand: r.Rand}.Status(ctx, cert, issuer)
}
