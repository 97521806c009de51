// Package pkcs11 signs with keys in tokens: USB keys (智能密码钥匙), smart cards and
// hardware security modules (密码机). It loads the PKCS #11 module of the token's maker
// (OASIS PKCS #11 v2.40), without cgo, on Linux and macOS of 64 bits.
//
//	token, err := pkcs11.Open(pkcs11.Config{Module: "/usr/lib/libtoken.so", PIN: pin})
//	defer token.Close()
//	cred, err := token.Credential("签名密钥")
//
// A module is foreign code in the address space of the program: a fault in it ends the
// program. Keys are RSA (PKCS #1 and PSS), or ECDSA on P-256, P-384 and P-521, and sign
// digests of SHA-256, SHA-384 and SHA-512. PKCS #11 v2.40 defines nothing for SM2; makers have
// functions of their own for it, which this package does not use.
package pkcs11

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Config says which token to use.
type Config struct {
	Module string // path of the shared library of the token's maker
	Token  string // label of the token; empty means the only one
	PIN    string // of the user; empty if the token asks for it by itself
}

// Errors of this package.
var (
	ErrPlatform  = errors.New("pkcs11: modules are loaded on Linux and macOS of 64 bits only")
	ErrNoToken   = errors.New("pkcs11: there is no such token")
	ErrNoKey     = errors.New("pkcs11: there is no such private key in the token")
	ErrNotAlone  = errors.New("pkcs11: there are several, and none is named")
	ErrNoSigning = errors.New("pkcs11: the token cannot sign in this way")
	ErrLoggedIn  = errors.New("pkcs11: other code of the program is logged in to the token, so that the PIN cannot be checked")
)

// Error is what a module answered (PKCS #11, 5.1).
type Error struct {
	Call  string // such as C_Login
	Value uint64 // CK_RV
}

// known are the values that a person can do something about.
var known = map[uint64][2]string{
	0x30:  {"CKR_DEVICE_ERROR", "密钥设备出错"},
	0x32:  {"CKR_DEVICE_REMOVED", "密钥设备已拔出"},
	0xa0:  {"CKR_PIN_INCORRECT", "PIN码不正确"},
	0xa4:  {"CKR_PIN_LOCKED", "PIN码已锁定"},
	0xe0:  {"CKR_TOKEN_NOT_PRESENT", "未插入密钥设备"},
	0x101: {"CKR_USER_NOT_LOGGED_IN", "请先输入PIN码"},
}

// Error names the call and the value.
func (e *Error) Error() string {
	if k, ok := known[e.Value]; ok {
		return "pkcs11: " + e.Call + ": " + k[0]
	}
	return fmt.Sprintf("pkcs11: %s: CKR 0x%x", e.Call, e.Value)
}

// Zh returns the sentence to show.
func (e *Error) Zh() string {
	if k, ok := known[e.Value]; ok {
		return k[1]
	}
	return "密钥设备无法使用"
}

// Token is an open session with a token. It is safe for concurrent use; the token makes one
// signature at a time.
type Token struct {
	mu      sync.Mutex
	m       *module
	slot    uint64
	session uint64
}

// Open loads the module, finds the token and logs in. It returns [ErrNoToken] if there is
// no token of the label, [ErrNotAlone] if there are several, and an [*Error] if the PIN is
// wrong. A wrong PIN is counted by the token, which may lock itself. A program is logged in to
// a token once: while a Token is open, a further one must be opened with the same PIN, and
// [ErrLoggedIn] is returned if code outside this package has logged in.
func Open(c Config) (*Token, error) {
	m, err := load(c.Module)
	if err != nil {
		return nil, err
	}
	t := &Token{m: m}
	if t.slot, err = t.find(c.Token); err == nil {
		t.session, err = m.openSession(t.slot)
	}
	if err == nil {
		if err = m.login(t.slot, t.session, c.PIN); err != nil {
			err = errors.Join(err, m.closeSession(t.session))
		}
	}
	if err != nil {
		return nil, errors.Join(err, m.unload())
	}
	return t, nil
}

// find finds the slot of the token.
func (t *Token) find(label string) (uint64, error) {
	slots, err := t.m.slots()
	if err != nil {
		return 0, err
	}
	var found []uint64
	for _, s := range slots {
		name, err := t.m.label(s)
		var e *Error
		switch {
		case errors.As(err, &e): // a token that is not ready, beside others
		case err != nil:
			return 0, err
		case label == "" && name != "" || label != "" && name == label:
			found = append(found, s)
		}
	}
	return one(found, ErrNoToken)
}

func one[T any](found []T, none error) (v T, err error) {
	switch len(found) {
	case 0:
		return v, none
	case 1:
		return found[0], nil
	}
	return v, fmt.Errorf("%w (%d)", ErrNotAlone, len(found))
}

// Close ends the session. Keys of the token sign no more.
func (t *Token) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		return nil
	}
	err := errors.Join(t.m.logout(t.slot, t.session), t.m.unload())
	t.m = nil
	return err
}

// Key returns the private key of a label (CKA_LABEL); empty means the only one. Its public
// half comes from the certificate or the public key of the same CKA_ID. It returns
// [ErrNoKey] if there is none, and [ErrNotAlone] if there are several.
func (t *Token) Key(label string) (crypto.Signer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, _, err := t.findKey(label)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Credential is [Token.Key] with the certificate of the key, that which is valid longest, and
// those of its issuers that the token has. It returns [signer.ErrKeyMismatch] if the token has
// no certificate of the key.
func (t *Token) Credential(label string) (signer.Credential, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, certs, err := t.findKey(label)
	if err != nil {
		return signer.Credential{}, err
	}
	chain := chainOf(k.public, certs)
	if chain == nil {
		return signer.Credential{}, signer.ErrKeyMismatch
	}
	return signer.Credential{Chain: chain, Key: k}, nil
}

// findKey finds a key, and all certificates of the token.
func (t *Token) findKey(label string) (*key, []*x509.Certificate, error) {
	if t.m == nil {
		return nil, nil, ErrNoToken
	}
	query := attributes{{class, number(classPrivateKey)}}
	if label != "" {
		query = append(query, attribute{labelOf, []byte(label)})
	}
	handles, err := t.m.findObjects(t.session, query)
	if err != nil {
		return nil, nil, err
	}
	handle, err := one(handles, ErrNoKey)
	if err != nil {
		return nil, nil, err
	}
	id, err := t.m.attribute(t.session, handle, idOf)
	if err == nil && len(id) == 0 {
		err = fmt.Errorf("%w with a CKA_ID, by which its public half is found", ErrNoKey)
	}
	if err != nil {
		return nil, nil, err
	}
	k := &key{token: t, handle: handle}
	var certs []*x509.Certificate
	handles, err = t.m.findObjects(t.session, attributes{{class, number(classCertificate)}})
	for _, h := range handles {
		der, aerr := t.m.attribute(t.session, h, valueOf)
		certID, iderr := t.m.attribute(t.session, h, idOf)
		if err = errors.Join(err, aerr, iderr); err != nil {
			break
		}
		c, perr := x509.ParseCertificate(der)
		if perr != nil {
			continue // of another kind
		}
		certs = append(certs, c)
		if bytes.Equal(certID, id) && k.public == nil {
			k.public = c.PublicKey
		}
	}
	if err == nil && k.public == nil {
		k.public, err = t.publicKey(id)
	}
	return k, certs, err
}

// chainOf orders certificates from that of a key to the last issuer that is not a root.
func chainOf(public crypto.PublicKey, certs []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	p, ok := public.(interface{ Equal(crypto.PublicKey) bool })
	for _, c := range certs {
		switch {
		case !ok || !p.Equal(c.PublicKey):
		case chain == nil:
			chain = append(chain, c)
		case c.NotAfter.After(chain[0].NotAfter):
			chain[0] = c
		}
	}
	const longest = 10
	for grown := chain != nil; grown && len(chain) < longest; {
		grown = false
		last := chain[len(chain)-1]
		for _, c := range certs {
			if !bytes.Equal(c.RawSubject, c.RawIssuer) && !slices.Contains(chain, c) && bytes.Equal(c.RawSubject, last.RawIssuer) && last.CheckSignatureFrom(c) == nil {
				chain, grown = append(chain, c), true
				break
			}
		}
	}
	return chain
}

// trimmed returns a padded text of a token.
func trimmed(b []byte) string { return strings.TrimRight(string(b), " \x00") }
