// Package online gets evidence of revocation over HTTP, for verify.Policy.Online.
package online

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/online"
)

// Revocations is a verify.Revocations over HTTP. It asks the OCSP responder that a
// certificate names, or else fetches the CRL that it names. It asks only about
// certificates that lead to a trust anchor, so that a stranger's file cannot name
// addresses to visit. It is safe for concurrent use.
type Revocations struct {
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // for nonces; nil means crypto/rand
}

// Revocation returns an OCSP response or a CRL in DER. It does not check it.
func (r *Revocations) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	return online.Client{HTTP: r.Client, Rand: r.Rand}.Status(ctx, cert, issuer)
}
