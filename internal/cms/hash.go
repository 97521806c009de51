package cms

import (
	"crypto"
	_ "crypto/md5"  //nolint:gosec // linked in so that crypto.Hash finds them; weak ones carry no verdict
	_ "crypto/sha1" //nolint:gosec // as before
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding"
	"encoding/asn1"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// Hash is a hash function of a signature. crypto.Hash has no number for SM3.
type Hash int

// The hash functions that a verdict may depend on.
const (
	SHA256 Hash = iota + 1
	SHA384
	SHA512
	SM3
	SHA512t256
	SHA3256
	SHA3384
	SHA3512
)

// The hash functions of old signatures and of names: no verdict may depend on them (A32,
// C8).
const (
	SHA1 Hash = iota + 100
	MD5
	SHA224
	SHA512t224
	SHA3224
)

// function is what is known about a hash function: its number in crypto, its name in
// reports, its identifier, and those of RSA and ECDSA with it (RFC 8017, 5758, 8692 and
// NIST's register).
type function struct {
	hash       Hash
	std        crypto.Hash
	name       string
	oid        asn1.ObjectIdentifier
	rsa, ecdsa asn1.ObjectIdentifier
}

var functions = [...]function{
	{SHA256, crypto.SHA256, "SHA256", nist(2, 1), pkcs1(11), ecdsaWith(3, 2)},
	{SHA384, crypto.SHA384, "SHA384", nist(2, 2), pkcs1(12), ecdsaWith(3, 3)},
	{SHA512, crypto.SHA512, "SHA512", nist(2, 3), pkcs1(13), ecdsaWith(3, 4)},
	{SM3, 0, "SM3", asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}, nil, nil},
	{SHA512t256, crypto.SHA512_256, "SHA512/256", nist(2, 6), pkcs1(16), nil},
	{SHA3256, crypto.SHA3_256, "SHA3-256", nist(2, 8), nist(3, 14), nist(3, 10)},
	{SHA3384, crypto.SHA3_384, "SHA3-384", nist(2, 9), nist(3, 15), nist(3, 11)},
	{SHA3512, crypto.SHA3_512, "SHA3-512", nist(2, 10), nist(3, 16), nist(3, 12)},
	{SHA1, crypto.SHA1, "SHA1", oidSHA1, pkcs1(5), ecdsaWith(1)},
	{MD5, crypto.MD5, "MD5", asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}, pkcs1(4), nil},
	{SHA224, crypto.SHA224, "SHA224", nist(2, 4), pkcs1(14), ecdsaWith(3, 1)},
	{SHA512t224, crypto.SHA512_224, "SHA512/224", nist(2, 5), pkcs1(15), nil},
	{SHA3224, crypto.SHA3_224, "SHA3-224", nist(2, 7), nist(3, 13), nist(3, 9)},
}

func nist(family, last int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, family, last}
}

func pkcs1(last int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, last}
}

func ecdsaWith(last ...int) asn1.ObjectIdentifier {
	return append(asn1.ObjectIdentifier{1, 2, 840, 10045, 4}, last...)
}

// function returns what is known about a hash function, nothing for the zero Hash.
func (h Hash) function() function {
	for _, f := range functions {
		if f.hash == h {
			return f
		}
	}
	return function{}
}

// Weak reports whether no verdict may depend on a hash.
func (h Hash) Weak() bool { return h >= SHA1 }

// HashOf returns the [Hash] of a crypto.Hash. It returns false for those that no
// verdict may depend on here.
func HashOf(h crypto.Hash) (Hash, bool) {
	for _, f := range functions {
		if f.std == h && h != 0 && !f.hash.Weak() {
			return f.hash, true
		}
	}
	return 0, false
}

// Std returns the crypto.Hash, 0 for SM3.
func (h Hash) Std() crypto.Hash { return h.function().std }

// New returns a running hash. It must not be called on the zero Hash.
func (h Hash) New() hash.Hash {
	if h == SM3 {
		return sm3.New()
	}
	return h.Std().New()
}

// Size returns the length of a digest in bytes.
func (h Hash) Size() int {
	if h == SM3 || h == 0 {
		return sm3.Size
	}
	return h.Std().Size()
}

// Sum hashes b.
func (h Hash) Sum(b []byte) []byte {
	s := h.New()
	s.Write(b)
	return s.Sum(nil)
}

// String returns the name as reports print it, for example "SHA256".
func (h Hash) String() string { return h.function().name }

func (h Hash) oid() asn1.ObjectIdentifier { return h.function().oid }

// hashOf returns the hash that an algorithm identifier names, if a verdict may depend on
// it.
func hashOf(oid asn1.ObjectIdentifier) (Hash, bool) {
	h, ok := anyHashOf(oid)
	return h, ok && !h.Weak()
}

// anyHashOf is hashOf for a caller that handles weak hashes.
func anyHashOf(oid asn1.ObjectIdentifier) (Hash, bool) {
	for _, f := range functions {
		if oid.Equal(f.oid) {
			return f.hash, true
		}
	}
	return 0, false
}

// Clone copies the state of a running hash, so that two messages with a common
// beginning are hashed in one pass.
func (h Hash) Clone(state hash.Hash) (hash.Hash, error) {
	if c, ok := state.(hash.Cloner); ok {
		return c.Clone()
	}
	m, ok := state.(encoding.BinaryMarshaler)
	if !ok {
		return nil, errf(CodeAlgorithm, "a hash of %T cannot be cloned", state)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		return nil, err
	}
	out := h.New()
	u, ok := out.(encoding.BinaryUnmarshaler)
	if !ok {
		return nil, errf(CodeAlgorithm, "a hash of %T cannot be cloned", state)
	}
	return out, u.UnmarshalBinary(b)
}
