package cms

import (
	"crypto/x509"
	"encoding/asn1"
)

// Facts returns how many values a memory holds.
func (m *Memory) Facts() int { return len(m.right) }

// Fill fills a memory with n values.
func (m *Memory) Fill(n int) {
	for i := len(m.right); i < n; i++ {
		m.right[[32]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}] = struct{}{}
	}
}

// MaxMemory is the size at which a memory is emptied.
const MaxMemory = maxMemory

// FactOf names what a memory remembers.
func FactOf(oid asn1.ObjectIdentifier, params, spki string, h Hash, message, sig string) [32]byte {
	by := &x509.Certificate{RawSubjectPublicKeyInfo: []byte(spki)}
	return factOf(algorithm{oid, []byte(params)}, by, h, []byte(message), []byte(sig))
}

// ReadCertificate reads what crypto/x509 refuses.
func ReadCertificate(der []byte) (*x509.Certificate, error) { return readCertificate(der) }

// ScopedCRL returns a list of issuer without entries, with an issuingDistributionPoint.
func ScopedCRL(value, issuer []byte) (*CRL, bool) {
	sc, ok := readScope(value, issuer)
	return &CRL{issuer: issuer, issuerKey: NameKey(issuer), scope: sc}, ok
}

// Limits that tests reach.
const (
	MaxPoints       = maxPoints
	MaxPointNames   = maxPointNames
	MaxEntryIssuers = maxEntryIssuers
	MaxExts         = maxExts
	MaxEntryExts    = maxEntryExts
)
