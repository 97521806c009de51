package signer

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Credential is a signer's key and certificates (T17). Key may be remote; it is called once
// for each signature. It may be RSA (2048 to 8192 bits), ECDSA (P-256, P-384, P-521),
// Ed25519 or SM2. A key that implements crypto.MessageSigner gets the message, any
// other its digest. An SM2 key that takes digests gets e = SM3(Z ‖ M) under the default
// identity 1234567812345678.
type Credential struct {
	Chain []*x509.Certificate // the signer's first, then its issuers, without the root
	Key   crypto.Signer
}

// ParseCertificates reads certificates in PEM, or one in DER. It knows SM2 keys, which
// crypto/x509 does not.
func ParseCertificates(data []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	block, rest := pem.Decode(data)
	if block == nil {
		c, err := cms.ParseCertificate(data)
		if err != nil {
			return nil, fmt.Errorf("signer: certificate: %w", err)
		}
		return append(out, c), nil
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := cms.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("signer: certificate: %w", err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("signer: no certificate in the PEM")
	}
	return out, nil
}

// ParseKey reads a private key in PKCS #8, PEM or DER. It knows SM2 keys.
func ParseKey(data []byte) (crypto.Signer, error) {
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	k, err := smx509.ParsePKCS8PrivateKey(data)
	if err != nil {
		return nil, errors.New("signer: not an unencrypted PKCS #8 private key") // the cause may quote the key
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return nil, errors.New("signer: a key that cannot sign")
	}
	return s, nil
}
