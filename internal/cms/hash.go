package cms

import (
	"crypto"
	_ "crypto/sha1" // linked in so that crypto.Hash finds them
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding"
	"encoding/asn1"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// Hash is a hash function that a verdict may depend on. crypto.Hash has no number for
// SM3.
type Hash int

// The hash functions.
const (
	SHA256 Hash = iota + 1
	SHA384
	SHA512
	SM3
	SHA1 // for names and old signatures: no verdict may depend on it (A32)
)

// Weak reports whether no verdict may depend on a hash.
func (h Hash) Weak() bool { return h == SHA1 }

// HashOf returns the [Hash] of a crypto.Hash. It returns false for those that no
// verdict may depend on here.
func HashOf(h crypto.Hash) (Hash, bool) {
	switch h {
	case crypto.SHA256:
		return SHA256, true
	case crypto.SHA384:
		return SHA384, true
	case crypto.SHA512:
		return SHA512, true
	}
	return 0, false
}

// Std returns the crypto.Hash, 0 for SM3.
func (h Hash) Std() crypto.Hash {
	switch h {
	case SHA256:
		return crypto.SHA256
	case SHA384:
		return crypto.SHA384
	case SHA512:
		return crypto.SHA512
	case SHA1:
		return crypto.SHA1
	}
	return 0
}

// New returns a running hash. It must not be called on the zero Hash.
func (h Hash) New() hash.Hash {
	if h == SM3 {
		return sm3.New()
	}
	return h.Std().New()
}

// Size returns the length of a digest in bytes.
func (h Hash) Size() int {
	switch h {
	case SHA384:
		return 48
	case SHA512:
		return 64
	case SHA1:
		return 20
	}
	return 32
}

// Sum hashes b.
func (h Hash) Sum(b []byte) []byte {
	s := h.New()
	s.Write(b)
	return s.Sum(nil)
}

// String returns the name as reports print it, for example "SHA256".
func (h Hash) String() string {
	switch h {
	case SHA256:
		return "SHA256"
	case SHA384:
		return "SHA384"
	case SHA512:
		return "SHA512"
	case SM3:
		return "SM3"
	case SHA1:
		return "SHA1"
	}
	return ""
}

func (h Hash) oid() asn1.ObjectIdentifier {
	switch h {
	case SHA256:
		return oidSHA256
	case SHA384:
		return oidSHA384
	case SHA512:
		return oidSHA512
	case SM3:
		return oidSM3
	case SHA1:
		return oidSHA1
	}
	return nil
}

// hashOf returns the hash that an algorithm identifier names.
func hashOf(oid asn1.ObjectIdentifier) (Hash, bool) {
	for _, h := range []Hash{SHA256, SHA384, SHA512, SM3} {
		if oid.Equal(h.oid()) {
			return h, true
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
