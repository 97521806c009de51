// Package keyfile reads the key and the certificates of a signer from files as they come
// from authorities and tools: PKCS #12 (.p12, .pfx), PKCS #8, PKCS #1 and SEC 1, in PEM or
// DER, encrypted or not, with the certificates in any order.
//
//	cred, err := keyfile.Read("secret", chain, key)
//
// A key in a file can be copied by anyone who reads the file. Where this matters, use one
// that cannot be read: a [crypto.Signer] of a token or of a service.
package keyfile

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/smx509"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
)

// Error is why files give no credential.
type Error struct {
	msg, zh string
	cause   error
}

// Error names the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return "keyfile: " + e.msg + ": " + e.cause.Error()
	}
	return "keyfile: " + e.msg
}

// Zh says the same in Chinese.
func (e *Error) Zh() string { return e.zh }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the same error, whatever the cause.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.msg == e.msg
}

// Errors of this package. What they say never has a part of a key.
var (
	ErrPasswordNeeded = &Error{msg: "the key is encrypted, and needs a password", zh: "私钥已加密，请提供口令"}
	ErrPassword       = &Error{msg: "the password does not open the key", zh: "口令不正确"}
	ErrNoKey          = &Error{msg: "there is no private key in the files", zh: "文件中没有私钥"}
	ErrKeys           = &Error{msg: "there is more than one private key in the files", zh: "文件中有多个私钥"}
	ErrNoCertificate  = &Error{msg: "there is no certificate in the files", zh: "文件中没有证书"}
	ErrSigners        = &Error{msg: "the certificates are of several signers", zh: "文件中有多个签名人的证书"}
	ErrMismatch       = &Error{msg: "no certificate in the files is that of the key", zh: "私钥与证书不匹配", cause: signer.ErrKeyMismatch}
	ErrShort          = &Error{msg: "an RSA key of fewer than 2,048 bits does not serve", zh: "RSA 密钥长度不足 2048 位"}
	ErrUnknown        = &Error{msg: "neither PEM, nor a key, a certificate or PKCS #12 in DER", zh: "无法识别的密钥或证书文件"}
	ErrDamaged        = &Error{msg: "a key or certificate that cannot be read", zh: "密钥或证书文件已损坏"}
	ErrTooLarge       = &Error{msg: "a file of more than 1 MiB", zh: "密钥或证书文件过大"}
)

// maxFile is how many bytes a file may have.
const maxFile = 1 << 20

// Read returns the credential that some files hold together: one key, its certificate, and
// those of the issuers as far as they are there. The order of files and of certificates
// does not matter. Certificates of others and roots are left out. password opens what is
// encrypted; a file that is not encrypted does not need it.
func Read(password string, files ...[]byte) (signer.Credential, error) {
	var found contents
	for _, data := range files {
		if err := found.read(data, password); err != nil {
			return signer.Credential{}, err
		}
	}
	switch {
	case len(found.keys) == 0:
		return signer.Credential{}, ErrNoKey
	case len(found.keys) > 1:
		return signer.Credential{}, ErrKeys
	case len(found.certs) == 0:
		return signer.Credential{}, ErrNoCertificate
	}
	key := found.keys[0]
	if k, ok := key.Public().(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
		return signer.Credential{}, ErrShort
	}
	leaf := found.of(key)
	if leaf == nil {
		return signer.Credential{}, ErrMismatch
	}
	return signer.Credential{Key: key, Chain: found.chain(leaf)}, nil
}

// Chain returns the certificates of a file or of several, the signer's first, for a key
// that is elsewhere. The signer's is the one that issued none of the others; it returns
// ErrSigners if there are several such.
func Chain(files ...[]byte) ([]*x509.Certificate, error) {
	var found contents
	for _, data := range files {
		if err := found.read(data, ""); err != nil {
			return nil, err
		}
	}
	var leaf *x509.Certificate
	for _, c := range found.certs {
		if found.issued(c) {
			continue
		}
		if leaf != nil {
			return nil, ErrSigners
		}
		leaf = c
	}
	if leaf == nil {
		return nil, ErrNoCertificate
	}
	return found.chain(leaf), nil
}

// Certificates returns all certificates of some files, each once, in their order: also
// roots and those of others.
func Certificates(password string, files ...[]byte) ([]*x509.Certificate, error) {
	var found contents
	for _, data := range files {
		if err := found.read(data, password); err != nil {
			return nil, err
		}
	}
	return found.certs, nil
}

// contents is what files hold, each key and certificate once.
type contents struct {
	keys  []crypto.Signer
	certs []*x509.Certificate
}

// read adds what a file holds.
func (c *contents) read(data []byte, password string) error {
	if len(data) > maxFile {
		return ErrTooLarge
	}
	block, rest := pem.Decode(data)
	if block == nil {
		return c.readDER(data, password)
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if err := c.readBlock(block, password); err != nil {
			return err
		}
	}
	return nil
}

// readBlock adds a block of PEM; those of other kinds, such as parameters of curves, say
// nothing about keys.
func (c *contents) readBlock(b *pem.Block, password string) error {
	der := b.Bytes
	//lint:ignore SA1019 old, and still written by tools
	if x509.IsEncryptedPEMBlock(b) { //nolint:staticcheck // old, and still written by tools
		if password == "" {
			return ErrPasswordNeeded
		}
		var err error
		//lint:ignore SA1019 as above
		if der, err = x509.DecryptPEMBlock(b, []byte(password)); err != nil { //nolint:staticcheck // as above
			return ErrPassword
		}
	}
	switch b.Type {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return c.addCertificate(der)
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		key, ok := parseKey(der)
		if !ok {
			return ErrDamaged
		}
		c.addKey(key)
	case "ENCRYPTED PRIVATE KEY":
		return c.decrypt(der, password)
	}
	return nil
}

// readDER adds what a file is that is not PEM.
func (c *contents) readDER(der []byte, password string) error {
	if _, err := smx509.ParseCertificate(der); err == nil {
		return c.addCertificate(der)
	}
	if key, ok := parseKey(der); ok {
		c.addKey(key)
		return nil
	}
	key, leaf, others, err := pkcs12.DecodeChain(der, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && password == "":
		return ErrPasswordNeeded
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return ErrPassword
	case err == nil:
		s, ok := key.(crypto.Signer)
		if !ok {
			return ErrDamaged
		}
		c.addKey(s)
		for _, cert := range append([]*x509.Certificate{leaf}, others...) {
			if err := c.addCertificate(cert.Raw); err != nil {
				return err
			}
		}
		return nil
	}
	if isPKCS12(der) {
		return &Error{msg: ErrDamaged.msg, zh: ErrDamaged.zh, cause: err}
	}
	if err := c.decrypt(der, password); errors.Is(err, ErrPasswordNeeded) || errors.Is(err, ErrPassword) || err == nil {
		return err
	}
	return ErrUnknown
}

// isPKCS12 reports whether DER begins like a PFX of version 3 (RFC 7292, 4).
func isPKCS12(der []byte) bool {
	const head = 8
	return len(der) > head && der[0] == 0x30 && bytes.Contains(der[:head], []byte{2, 1, 3, 0x30})
}

// isEncrypted reports whether DER is an EncryptedPrivateKeyInfo (RFC 5958, 3): a SEQUENCE
// that begins with an algorithm, which itself begins with an object identifier.
func isEncrypted(der []byte) bool {
	for range 2 {
		if len(der) < 2 || der[0] != 0x30 {
			return false
		}
		head := 2
		if der[1] > 0x80 {
			head += int(der[1] & 0x7f)
		}
		if len(der) < head {
			return false
		}
		der = der[head:]
	}
	return len(der) > 0 && der[0] == 6
}

// decrypt adds a key in PKCS #8 that is encrypted.
func (c *contents) decrypt(der []byte, password string) error {
	if !isEncrypted(der) {
		return ErrDamaged
	}
	if password == "" {
		return ErrPasswordNeeded
	}
	k, _, err := pkcs8.ParsePrivateKey(der, []byte(password))
	if err != nil {
		return ErrPassword // the cause may quote what was decrypted
	}
	key, ok := k.(crypto.Signer)
	if !ok {
		return ErrDamaged
	}
	c.addKey(key)
	return nil
}

// parseKey reads a key in PKCS #8, PKCS #1 or SEC 1.
func parseKey(der []byte) (crypto.Signer, bool) {
	if k, err := smx509.ParsePKCS8PrivateKey(der); err == nil {
		s, ok := k.(crypto.Signer)
		return s, ok
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k, true
	}
	if k, err := smx509.ParseTypedECPrivateKey(der); err == nil {
		s, ok := k.(crypto.Signer)
		return s, ok
	}
	return nil, false
}

func (c *contents) addKey(key crypto.Signer) {
	for _, have := range c.keys {
		if equal(have.Public(), key.Public()) {
			return
		}
	}
	c.keys = append(c.keys, key)
}

func (c *contents) addCertificate(der []byte) error {
	cert, err := cms.ParseCertificate(der)
	if err != nil {
		return &Error{msg: ErrDamaged.msg, zh: ErrDamaged.zh, cause: err}
	}
	for _, have := range c.certs {
		if have.Equal(cert) {
			return nil
		}
	}
	c.certs = append(c.certs, cert)
	return nil
}

func equal(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// of returns the certificate of a key: the one that is valid longest, nil if there is none.
func (c *contents) of(key crypto.Signer) *x509.Certificate {
	var out *x509.Certificate
	for _, cert := range c.certs {
		if equal(key.Public(), cert.PublicKey) && (out == nil || cert.NotAfter.After(out.NotAfter)) {
			out = cert
		}
	}
	return out
}

// issued reports whether a certificate issued another one of the files.
func (c *contents) issued(cert *x509.Certificate) bool {
	for _, other := range c.certs {
		if other != cert && issues(cert, other) {
			return true
		}
	}
	return false
}

// chain returns a certificate and its issuers, without a root.
func (c *contents) chain(leaf *x509.Certificate) []*x509.Certificate {
	out := []*x509.Certificate{leaf}
	for {
		last := out[len(out)-1]
		var next *x509.Certificate
		for _, cert := range c.certs {
			if issues(cert, last) && !issues(cert, cert) && !contains(out, cert) {
				next = cert
			}
		}
		if next == nil {
			return out
		}
		out = append(out, next)
	}
}

func contains(certs []*x509.Certificate, cert *x509.Certificate) bool {
	for _, c := range certs {
		if c.Equal(cert) {
			return true
		}
	}
	return false
}

// issues reports whether a certificate is that of another's issuer, by names and key
// identifiers. Whether it really signed it is judged by those who verify.
func issues(issuer, cert *x509.Certificate) bool {
	if !bytes.Equal(issuer.RawSubject, cert.RawIssuer) {
		return false
	}
	return len(issuer.SubjectKeyId) == 0 || len(cert.AuthorityKeyId) == 0 || bytes.Equal(issuer.SubjectKeyId, cert.AuthorityKeyId)
}
