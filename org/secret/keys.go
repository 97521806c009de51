// Package secret keeps texts that must not be seen by chance. A [Text] prints as its
// mask, and is stored as [Ciphertext], with a keyed index beside it if it is searched.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/digest"
	"github.com/dajiaqian/dajiaqian/internal/fault"
)

const (
	keyLen   = 32 // bytes of every key
	nonceLen = 12 // bytes of an AES-GCM nonce
	indexLen = 16 // bytes of a blind index
	maxKeyID = 64 // bytes
)

// Key is a data key for AES-256-GCM and the id by which ciphertext names it. With
// random nonces one key can encrypt 2^32 texts; rotate long before.
type Key struct {
	ID    string // 1 to 64 bytes, never given to another key
	Bytes [keyLen]byte
}

// KeySet is what [NewKeys] builds [Keys] from. All keys differ from one another.
type KeySet struct {
	Current Key          // encrypts
	Older   []Key        // still decrypt
	Index   [keyLen]byte // HMAC of what is searched; a change requires rebuilding every index
	Code    [keyLen]byte // HMAC of one-time codes; may change at any time, which voids open codes
}

// Keys encrypts, decrypts and indexes texts. It may be used concurrently.
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
			return &fault.ConfigError{Package: "secret", Field: name, Reason: "is missing or serves twice"}
		}
		seen[b] = true
		return nil
	}
	for i, d := range append([]Key{set.Current}, set.Older...) {
		name := "KeySet.Current"
		if i > 0 {
			name = fmt.Sprintf("KeySet.Older[%d]", i-1)
		}
		if d.ID == "" || len(d.ID) > maxKeyID || k.data[d.ID] != nil {
			return nil, &fault.ConfigError{Package: "secret", Field: name, Reason: "has an id that is empty, too long or taken"}
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
	if err := fresh("KeySet.Index", set.Index); err != nil {
		return nil, err
	}
	if err := fresh("KeySet.Code", set.Code); err != nil {
		return nil, err
	}
	k.index, k.code = set.Index[:], set.Code[:]
	return k, nil
}

func newGCM(key [keyLen]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("secret: data key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("secret: data key: %w", err)
	}
	return aead, nil
}

// Place is where a ciphertext is stored. It is authenticated with the text: a
// ciphertext moved to another place does not decrypt.
type Place struct{ Table, Column, ID string }

// Ciphertext is an encrypted [Text] that can be stored as JSON.
type Ciphertext struct {
	Key  string `json:"k"` // id of the data key
	Data []byte `json:"d"` // nonce, ciphertext, tag
}

// IsZero reports whether nothing is encrypted.
func (s Ciphertext) IsZero() bool { return len(s.Data) == 0 }

// ErrDecrypt says that a ciphertext does not decrypt at this place with these keys.
var ErrDecrypt = fault.New("secret: ciphertext does not decrypt", "数据解密失败")

// Encrypt encrypts a text for one place under the current key, with a nonce
// from random.
func (k *Keys) Encrypt(random io.Reader, at Place, s Text) (Ciphertext, error) {
	nonce := make([]byte, nonceLen, nonceLen+len(s.text)+16)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return Ciphertext{}, fmt.Errorf("secret: random: %w", err)
	}
	aad := digest.Frame("secret", k.current, at.Table, at.Column, at.ID)
	return Ciphertext{Key: k.current, Data: k.data[k.current].Seal(nonce, nonce, []byte(s.text), aad)}, nil
}

// Decrypt decrypts what was encrypted for this place. It returns [ErrDecrypt] if the
// text is damaged or was moved, or its key is not in the set. The Text has the mask
// "***"; a caller that knows its form parses it again.
func (k *Keys) Decrypt(at Place, s Ciphertext) (Text, error) {
	aead := k.data[s.Key]
	if aead == nil || len(s.Data) < nonceLen {
		return Text{}, ErrDecrypt
	}
	aad := digest.Frame("secret", s.Key, at.Table, at.Column, at.ID)
	text, err := aead.Open(nil, s.Data[:nonceLen], s.Data[nonceLen:], aad)
	if err != nil {
		return Text{}, ErrDecrypt
	}
	return New(string(text)), nil
}

// Index returns the keyed hash by which a secret is found: HMAC-SHA-256 over the kind
// of secret and its text, cut to 128 bits, in hexadecimal.
func (k *Keys) Index(kind string, s Text) string {
	return hex.EncodeToString(mac(k.index, kind, s.text)[:indexLen])
}

// IndexMAC returns the keyed hash of parts, under the key of the index.
func (k *Keys) IndexMAC(parts ...string) []byte { return mac(k.index, parts...) }

// CodeMAC returns the keyed hash of parts, under the key of one-time codes.
func (k *Keys) CodeMAC(parts ...string) []byte { return mac(k.code, parts...) }

// Current returns the id of the key that encrypts.
func (k *Keys) Current() string { return k.current }

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(digest.Frame(parts...))
	return h.Sum(nil)
}
