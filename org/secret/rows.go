package secret

import (
	"crypto/rand"

	"github.com/dajiaqian/dajiaqian/internal/digest"
)

// Rows encrypts the documents of a store's rows, as store.Config.Sealer, with the same data
// keys as the fields. It may be used concurrently.
type Rows struct{ keys *Keys }

// Rows returns the sealer of these keys.
func (k *Keys) Rows() *Rows { return &Rows{k} }

// Seal encrypts a document for one row under the current key, AES-256-GCM. The result is the
// length of the key's id, the id, the nonce, and the ciphertext.
func (r *Rows) Seal(table, id string, doc []byte) ([]byte, error) {
	key := r.keys.current
	head := 1 + len(key)
	out := make([]byte, head+nonceLen, head+nonceLen+len(doc)+16)
	out[0] = byte(len(key))
	copy(out[1:], key)
	nonce := out[head:]
	_, _ = rand.Read(nonce) // it never fails
	return r.keys.data[key].Seal(out, nonce, doc, digest.Frame("row", key, table, id)), nil
}

// Open decrypts what was sealed for this row. It returns [ErrDecrypt] if it is damaged or was
// moved, or its key is not in the set.
func (r *Rows) Open(table, id string, sealed []byte) ([]byte, error) {
	key, rest, ok := cutKey(sealed)
	aead := r.keys.data[key]
	if !ok || aead == nil || len(rest) < nonceLen {
		return nil, ErrDecrypt
	}
	doc, err := aead.Open(nil, rest[:nonceLen], rest[nonceLen:], digest.Frame("row", key, table, id))
	if err != nil {
		return nil, ErrDecrypt
	}
	return doc, nil
}

// Stale reports whether a row is not sealed under the current key.
func (r *Rows) Stale(sealed []byte) bool {
	key, _, ok := cutKey(sealed)
	return !ok || key != r.keys.current
}

func cutKey(sealed []byte) (key string, rest []byte, ok bool) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return "", nil, false
	}
	n := 1 + int(sealed[0])
	return string(sealed[1:n]), sealed[n:], true
}
