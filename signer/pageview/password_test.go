package pageview_test

import (
	"bytes"
	"crypto/md5"
	"crypto/rc4"
	"errors"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// encrypted makes a file with one page under a user password, with the oldest security
// handler (ISO 32000-1, 7.6.3.3, revision 2).
func encrypted(t *testing.T, password string) []byte {
	t.Helper()
	pad := []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")
	padded := append([]byte(password), pad...)[:32]
	cipher := func(key, data []byte) []byte {
		c, err := rc4.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, len(data))
		c.XORKeyStream(out, data)
		return out
	}
	sum := md5.Sum(padded)
	owner := cipher(sum[:5], padded)
	id := []byte("0123456789abcdef")
	sum = md5.Sum(bytes.Join([][]byte{padded, owner, {0xfc, 0xff, 0xff, 0xff}, id}, nil))
	key := bytes.Clone(sum[:5])
	sum = md5.Sum(append(bytes.Clone(key), 4, 0, 0, 0, 0)) // of object 4, the content
	content := cipher(sum[:10], []byte("BT /F1 12 Tf 100 100 Td (Word) Tj ET"))
	out := file([]page{{a4, string(content)}})
	trailer := fmt.Sprintf("/Root 1 0 R/ID[<%x><%x>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%x>/U<%x>>>", id, id, owner, cipher(key, pad))
	return bytes.Replace(out, []byte("/Root 1 0 R"), []byte(trailer), 1)
}

// TestPassword opens an encrypted file only with its password.
func TestPassword(t *testing.T) {
	v := viewer(t)
	b := encrypted(t, "open sesame")
	for _, word := range []string{"", "open"} {
		if _, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), word); !errors.Is(err, pageview.ErrPassword) {
			t.Errorf("password %q: %v", word, err)
		}
	}
	d, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if m, err := d.Find(t.Context(), "Word"); err != nil || len(m) != 1 {
		t.Errorf("%v %v", m, err)
	}
}
