package org

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
)

const (
	keyLen   = 32 // bytes of every key
	nonceLen = 12 // bytes of an AES-GCM nonce
	indexLen = 16 // bytes of a blind index
	maxKeyID = 64 // bytes
)

// DataKey is a key for AES-256-GCM and the id by which ciphertext names it.
// With random nonces one key serves 2^32 texts; rotate long before.
type DataKey struct {
	ID    string // 1 to 64 bytes, never given to another key
	Bytes [keyLen]byte
}

// KeySet is what NewKeys builds Keys from. All keys differ from one another.
type KeySet struct {
	Current DataKey      // encrypts
	Older   []DataKey    // still decrypt
	Index   [keyLen]byte // HMAC of what is searched; to change it, every index is rebuilt
	Code    [keyLen]byte // HMAC of one-time codes; may change at any time, voiding open codes
}

// Keys encrypts, decrypts and indexes secrets. It may be used concurrently.
type Keys struct {
	current     string
	data        map[string]cipher.AEAD
	index, code []byte
}

// NewKeys checks that every key is there, not all zero, and used once.
func NewKeys(set KeySet) (*Keys, error) {
	k := &Keys{current: set.Current.ID, data: map[string]cipher.AEAD{}}
	seen := map[[keyLen]byte]bool{{}: true}
	fresh := func(name string, b [keyLen]byte) error {
		if seen[b] {
			return &ConfigError{Field: name, Reason: "is missing or serves twice"}
		}
		seen[b] = true
		return nil
	}
	for i, d := range append([]DataKey{set.Current}, set.Older...) {
		name := "Keys.Current"
		if i > 0 {
			name = fmt.Sprintf("Keys.Older[%d]", i-1)
		}
		if d.ID == "" || len(d.ID) > maxKeyID || k.data[d.ID] != nil {
			return nil, &ConfigError{Field: name, Reason: "has an id that is empty, too long or taken"}
		}
		if err := fresh(name, d.Bytes); err != nil {
			return nil, err
		}
		aead, err := newGCM(d.Bytes)
		if err != nil {
			return nil, err
		}
		k.data[d.ID] = aead
	}
	if err := fresh("Keys.Index", set.Index); err != nil {
		return nil, err
	}
	if err := fresh("Keys.Code", set.Code); err != nil {
		return nil, err
	}
	k.index, k.code = set.Index[:], set.Code[:]
	return k, nil
}

func newGCM(key [keyLen]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("org: data key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("org: data key: %w", err)
	}
	return aead, nil
}

// Place is where a sealed text stands. It is authenticated with the text: a
// ciphertext moved to another place does not open.
type Place struct{ Table, Column, ID string }

// Sealed is the ciphertext of a Secret, fit to be stored as JSON (T11).
type Sealed struct {
	Key  string `json:"k"` // id of the data key
	Data []byte `json:"d"` // nonce, ciphertext, tag
}

// IsZero reports whether nothing is sealed.
func (s Sealed) IsZero() bool { return len(s.Data) == 0 }

// Seal encrypts a secret for one place under the current key, with a nonce
// from random.
func (k *Keys) Seal(random io.Reader, at Place, s Secret) (Sealed, error) {
	nonce := make([]byte, nonceLen, nonceLen+len(s.text)+16)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return Sealed{}, fmt.Errorf("org: random: %w", err)
	}
	aad := frame("org/sealed", k.current, at.Table, at.Column, at.ID)
	return Sealed{Key: k.current, Data: k.data[k.current].Seal(nonce, nonce, []byte(s.text), aad)}, nil
}

// Open decrypts what was sealed for this place. A damaged or moved text, or a
// key that is not in the set, is ErrSealed. The Secret masks wholly; the
// caller that knows its form parses it again.
func (k *Keys) Open(at Place, s Sealed) (Secret, error) {
	aead := k.data[s.Key]
	if aead == nil || len(s.Data) < nonceLen {
		return Secret{}, ErrSealed
	}
	aad := frame("org/sealed", s.Key, at.Table, at.Column, at.ID)
	text, err := aead.Open(nil, s.Data[:nonceLen], s.Data[nonceLen:], aad)
	if err != nil {
		return Secret{}, ErrSealed
	}
	return NewSecret(string(text)), nil
}

// blind is the keyed hash by which a secret is found: HMAC-SHA-256 over the
// kind of secret and its text, cut to 128 bits, in hexadecimal.
func (k *Keys) blind(kind string, s Secret) string {
	return hex.EncodeToString(mac(k.index, kind, s.text)[:indexLen])
}

// codeMAC binds a one-time code to what it may be used for.
func (k *Keys) codeMAC(p Purpose, subject string, binding [32]byte, code Secret) []byte {
	return mac(k.code, string(p), subject, string(binding[:]), code.text)
}

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(frame(parts...))
	return h.Sum(nil)
}

// frame joins parts so that no two lists of parts give the same bytes.
func frame(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}
