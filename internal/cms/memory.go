package cms

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"sync"
)

// Memory remembers which signature values were right: by which key and algorithm, over
// which bytes. It also remembers parsed certificates, which come again and again. This
// is arithmetic and grammar, with the same result each time; it remembers nothing else,
// and nothing that was wrong. It is bounded and safe for concurrent use; its zero value
// is ready, and nil remembers nothing.
type Memory struct {
	mu    sync.Mutex
	right map[[sha256.Size]byte]struct{}
	certs map[[sha256.Size]byte]*x509.Certificate // by digest of their bytes; they are never changed
}

// The size at which a Memory is emptied.
const (
	maxMemory     = 50_000  // values
	maxKept       = 1_000   // certificates
	maxKeptLength = 4 << 10 // bytes of one
)

// ParseCertificate is the function [ParseCertificate] with the memory.
func (m *Memory) ParseCertificate(der []byte) (*x509.Certificate, error) {
	if m == nil || len(der) > maxKeptLength {
		return ParseCertificate(der)
	}
	name := sha256.Sum256(der)
	m.mu.Lock()
	c := m.certs[name]
	m.mu.Unlock()
	if c != nil {
		return c, nil
	}
	// A certificate shares the bytes that it was read from, which may be part of a file.
	c, err := ParseCertificate(bytes.Clone(der))
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.certs == nil || len(m.certs) >= maxKept {
		m.certs = map[[sha256.Size]byte]*x509.Certificate{}
	}
	m.certs[name] = c
	return c, nil
}

// Keep remembers certificates that are parsed already. They must not be changed afterwards.
func (m *Memory) Keep(certs []*x509.Certificate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range certs {
		if len(c.Raw) == 0 || len(c.Raw) > maxKeptLength {
			continue
		}
		if m.certs == nil || len(m.certs) >= maxKept {
			m.certs = map[[sha256.Size]byte]*x509.Certificate{}
		}
		m.certs[sha256.Sum256(c.Raw)] = c
	}
}

// verify is algorithm.verify by the key of a certificate.
func (m *Memory) verify(a algorithm, by *x509.Certificate, h Hash, message, sig []byte) error {
	if m == nil || len(by.RawSubjectPublicKeyInfo) == 0 {
		return a.verify(by.PublicKey, h, message, sig)
	}
	fact := factOf(a, by, h, message, sig)
	m.mu.Lock()
	_, known := m.right[fact]
	m.mu.Unlock()
	if known {
		return nil
	}
	if err := a.verify(by.PublicKey, h, message, sig); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.right == nil || len(m.right) >= maxMemory {
		m.right = map[[sha256.Size]byte]struct{}{}
	}
	m.right[fact] = struct{}{}
	return nil
}

// factOf returns a digest of everything that the result depends on, each part with its
// length.
func factOf(a algorithm, by *x509.Certificate, h Hash, message, sig []byte) [sha256.Size]byte {
	all := sha256.New()
	add := func(part []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		all.Write(n[:])
		all.Write(part)
	}
	add([]byte(a.oid.String()))
	add(a.params)
	add([]byte(h.String()))
	add(by.RawSubjectPublicKeyInfo)
	add(sig)
	add(message)
	return [sha256.Size]byte(all.Sum(nil))
}

// verifySelf is verify for structures that name no hash beside the algorithm.
func (m *Memory) verifySelf(a algorithm, by *x509.Certificate, message, sig []byte) error {
	h, ok := a.hash()
	if !ok {
		return errf(CodeAlgorithm, "signature algorithm %v is weak or unknown", a.oid)
	}
	if err := CheckKey(by.PublicKey); err != nil {
		return err
	}
	if !a.fits(by.PublicKey, h) { // each is valid, but they do not belong together
		return errf(CodeSignature, "the signature is not of this kind of key")
	}
	return m.verify(a, by, h, message, sig)
}
