package report

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Sign makes a detached CAdES signature over an XML report, to be kept beside it as .p7s
// in DER: a CMS SignedData (RFC 5652) over exactly these bytes, with the attributes
// content-type, message-digest, signing-certificate-v2 and signing-time (EN 319 122-1).
// It has no timestamp.
//
// chain holds the signer's certificate first, then its issuers without the root. key may
// be RSA (2048 to 8192 bits), ECDSA (P-256, P-384, P-521), Ed25519 or SM2, also a remote
// one: it is called once. at is the time that the signature claims. Sign checks the
// signature as a verifier would, and returns an error if the key is not that of the
// certificate.
func Sign(xml []byte, chain []*x509.Certificate, key crypto.Signer, at time.Time) ([]byte, error) {
	switch {
	case len(chain) == 0 || chain[0] == nil:
		return nil, errors.New("report: Sign needs a chain")
	case key == nil:
		return nil, errors.New("report: Sign needs a key")
	case at.IsZero():
		return nil, errors.New("report: Sign needs a time")
	}
	p := cms.Profile{Chain: chain, Hash: cms.DefaultHash(chain[0].PublicKey), Time: at}
	digest := p.Hash.Sum(xml)
	attrs, err := p.SignedAttributes(digest)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	value, err := p.SignAttributes(key, attrs)
	if err != nil {
		return nil, fmt.Errorf("report: the key: %w", err)
	}
	der, err := p.Assemble(attrs, value, nil)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	sd, err := cms.Parse(der)
	if err == nil {
		err = sd.Verify(digest)
	}
	if err != nil {
		return nil, fmt.Errorf("report: the signature does not verify: %w", err)
	}
	return der, nil
}
