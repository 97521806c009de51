package verify

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/online"
)

// Online is a Revocations over HTTP: it asks the OCSP responder that a
// certificate names, else fetches the CRL it names. Only certificates that lead to
// a trust anchor are asked about, so that a stranger's file names no address that
// is visited.
type Online struct {
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // of nonces; nil means crypto/rand
}

// Revocation implements Revocations.
func (o *Online) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	return online.Client{HTTP: o.Client, Rand: o.Rand}.Status(ctx, cert, issuer)
}
