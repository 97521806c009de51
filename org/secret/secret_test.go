package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

func TestT11SecretMasksEverywhere(t *testing.T) {
	phone, id := secret.Phone("17312345627"), secret.IDNumber("11010519491231002X")
	for _, c := range []struct {
		s    secret.Text
		mask string
	}{{phone, "173****27"}, {id, "110*****X"}, {secret.New("hunter2hunter2"), "***"}, {secret.New("17312345627"), "***"}, {secret.Text{}, ""}} {
		for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, c.s); got != c.mask {
				t.Errorf("%s prints %q, want %q", verb, got, c.mask)
			}
		}
		wrapped := struct {
			S secret.Text
			P *secret.Text
			M map[string]secret.Text
		}{c.s, &c.s, map[string]secret.Text{"k": c.s}}
		js, err := json.Marshal(wrapped)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", c.s, "w", wrapped)
		for _, out := range []string{string(js), fmt.Sprintf("%+v", wrapped), log.String()} {
			if c.s.Reveal() != "" && strings.Contains(out, c.s.Reveal()) {
				t.Errorf("%q shows the secret", out)
			}
		}
	}
}

func TestT11CiphertextBelongsToItsPlace(t *testing.T) {
	keys, err := secret.NewKeys(keySet())
	if err != nil {
		t.Fatal(err)
	}
	at := secret.Place{Table: "org_person", Column: "phone", ID: "1"}
	encrypted, err := keys.Encrypt(rand.Reader, at, secret.New("17312345627"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := keys.Decrypt(at, encrypted)
	if err != nil || got.Reveal() != "17312345627" {
		t.Fatalf("opens as %q, %v", got.Reveal(), err)
	}
	for _, other := range []secret.Place{{Table: "org_person", Column: "phone", ID: "2"}, {Table: "org_person", Column: "number", ID: "1"}, {Table: "other", Column: "phone", ID: "1"}, {Table: "org_personp", Column: "hone", ID: "1"}} {
		_, err := keys.Decrypt(other, encrypted)
		if !errors.Is(err, secret.ErrDecrypt) {
			t.Errorf("%v, want ErrDecrypt", err)
		}
	}
	for i := range encrypted.Data {
		damaged := secret.Ciphertext{Key: encrypted.Key, Data: bytes.Clone(encrypted.Data)}
		damaged.Data[i] ^= 1
		_, err := keys.Decrypt(at, damaged)
		if !errors.Is(err, secret.ErrDecrypt) {
			t.Errorf("%v, want ErrDecrypt", err)
		}
	}
	_, err = keys.Decrypt(at, secret.Ciphertext{Key: encrypted.Key, Data: encrypted.Data[:5]})
	if !errors.Is(err, secret.ErrDecrypt) {
		t.Errorf("%v, want ErrDecrypt", err)
	}
}

func TestT11OlderKeysStillOpen(t *testing.T) {
	old, err := secret.NewKeys(keySet())
	if err != nil {
		t.Fatal(err)
	}
	at := secret.Place{Table: "t", Column: "c", ID: "1"}
	encrypted, err := old.Encrypt(rand.Reader, at, secret.New("text"))
	if err != nil {
		t.Fatal(err)
	}
	set := keySet()
	set.Older, set.Current = []secret.Key{set.Current}, secret.Key{ID: "k2", Bytes: key(9)}
	rotated, err := secret.NewKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := rotated.Decrypt(at, encrypted); err != nil || s.Reveal() != "text" {
		t.Errorf("opens as %q, %v", s.Reveal(), err)
	}
	if again, err := rotated.Encrypt(rand.Reader, at, secret.New("text")); err != nil || again.Key != "k2" {
		t.Errorf("encrypted under %q, %v", again.Key, err)
	}
	set.Older = nil
	without, err := secret.NewKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	_, err = without.Decrypt(at, encrypted)
	if !errors.Is(err, secret.ErrDecrypt) {
		t.Errorf("%v, want ErrDecrypt", err)
	}
}

func TestKeysAreCheckedOnce(t *testing.T) {
	for field, spoil := range map[string]func(*secret.KeySet){
		"KeySet.Current":  func(s *secret.KeySet) { s.Current.ID = "" },
		"KeySet.Older[0]": func(s *secret.KeySet) { s.Older = []secret.Key{{ID: "k1", Bytes: key(8)}} },
		"KeySet.Older[1]": func(s *secret.KeySet) { s.Older = []secret.Key{{ID: "a", Bytes: key(8)}, {ID: "b", Bytes: key(8)}} },
		"KeySet.Index":    func(s *secret.KeySet) { s.Index = [32]byte{} },
		"KeySet.Code":     func(s *secret.KeySet) { s.Code = s.Index },
	} {
		set := keySet()
		spoil(&set)
		_, err := secret.NewKeys(set)
		var c *fault.ConfigError
		if !errors.As(err, &c) || c.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func keySet() secret.KeySet {
	return secret.KeySet{Current: secret.Key{ID: "k1", Bytes: key(1)}, Index: key(2), Code: key(3)}
}

func key(b byte) (k [32]byte) {
	for i := range k {
		k[i] = b
	}
	return k
}
