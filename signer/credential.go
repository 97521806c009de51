package signer

import (
	"crypto"
	"crypto/x509"
)

// Credential is a signer's key and certificates (T17). Key may be remote; it is called once
// for each signature. It may be RSA (2048 to 8192 bits), ECDSA (P-256, P-384, P-521),
// Ed25519 or SM2. A key that implements crypto.MessageSigner gets the message, any
// other its digest. An SM2 key that takes digests gets e = SM3(Z ‖ M) under the default
// identity 1234567812345678. Package keyfile reads credentials from files.
type Credential struct {
	Chain []*x509.Certificate // the signer's first, then its issuers, without the root
	Key   crypto.Signer
}
