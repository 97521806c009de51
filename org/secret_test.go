package org_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/org"
)

func TestT11SecretMasksEverywhere(t *testing.T) {
	phone, err := org.ParsePhone("17312345627")
	must(t, err)
	id, err := org.ParseCitizenID("11010519491231002X", today)
	must(t, err)
	for _, c := range []struct {
		s    org.Secret
		mask string
	}{{phone, "173****27"}, {id, "110*****X"}, {org.NewSecret("hunter2hunter2"), "***"}, {org.NewSecret("17312345627"), "***"}, {org.Secret{}, ""}} {
		for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, c.s); got != c.mask {
				t.Errorf("%s prints %q, want %q", verb, got, c.mask)
			}
		}
		wrapped := struct {
			S org.Secret
			P *org.Secret
			M map[string]org.Secret
		}{c.s, &c.s, map[string]org.Secret{"k": c.s}}
		js, err := json.Marshal(wrapped)
		must(t, err)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", c.s, "w", wrapped)
		for _, out := range []string{string(js), fmt.Sprintf("%+v", wrapped), log.String()} {
			if c.s.Reveal() != "" && strings.Contains(out, c.s.Reveal()) {
				t.Errorf("%q shows the secret", out)
			}
		}
	}
}

func TestT11SealedBelongsToItsPlace(t *testing.T) {
	keys, err := org.NewKeys(keySet())
	must(t, err)
	at := org.Place{Table: "org_person", Column: "phone", ID: "1"}
	sealed, err := keys.Seal(rand.Reader, at, org.NewSecret("17312345627"))
	must(t, err)
	got, err := keys.Open(at, sealed)
	if err != nil || got.Reveal() != "17312345627" {
		t.Fatalf("opens as %q, %v", got.Reveal(), err)
	}
	for _, other := range []org.Place{{"org_person", "phone", "2"}, {"org_person", "number", "1"}, {"other", "phone", "1"}, {"org_personp", "hone", "1"}} {
		_, err := keys.Open(other, sealed)
		wantErr(t, err, org.ErrSealed)
	}
	for i := range sealed.Data {
		damaged := org.Sealed{Key: sealed.Key, Data: bytes.Clone(sealed.Data)}
		damaged.Data[i] ^= 1
		_, err := keys.Open(at, damaged)
		wantErr(t, err, org.ErrSealed)
	}
	_, err = keys.Open(at, org.Sealed{Key: sealed.Key, Data: sealed.Data[:5]})
	wantErr(t, err, org.ErrSealed)
}

func TestT11OlderKeysStillOpen(t *testing.T) {
	old, err := org.NewKeys(keySet())
	must(t, err)
	at := org.Place{Table: "t", Column: "c", ID: "1"}
	sealed, err := old.Seal(rand.Reader, at, org.NewSecret("text"))
	must(t, err)
	set := keySet()
	set.Older, set.Current = []org.DataKey{set.Current}, org.DataKey{ID: "k2", Bytes: key(9)}
	rotated, err := org.NewKeys(set)
	must(t, err)
	if s, err := rotated.Open(at, sealed); err != nil || s.Reveal() != "text" {
		t.Errorf("opens as %q, %v", s.Reveal(), err)
	}
	if again, err := rotated.Seal(rand.Reader, at, org.NewSecret("text")); err != nil || again.Key != "k2" {
		t.Errorf("sealed under %q, %v", again.Key, err)
	}
	set.Older = nil
	without, err := org.NewKeys(set)
	must(t, err)
	_, err = without.Open(at, sealed)
	wantErr(t, err, org.ErrSealed)
}

func TestKeysAreCheckedOnce(t *testing.T) {
	for field, spoil := range map[string]func(*org.KeySet){
		"Keys.Current":  func(s *org.KeySet) { s.Current.ID = "" },
		"Keys.Older[0]": func(s *org.KeySet) { s.Older = []org.DataKey{{ID: "k1", Bytes: key(8)}} },
		"Keys.Older[1]": func(s *org.KeySet) { s.Older = []org.DataKey{{ID: "a", Bytes: key(8)}, {ID: "b", Bytes: key(8)}} },
		"Keys.Index":    func(s *org.KeySet) { s.Index = [32]byte{} },
		"Keys.Code":     func(s *org.KeySet) { s.Code = s.Index },
	} {
		set := keySet()
		spoil(&set)
		_, err := org.NewKeys(set)
		var c *org.ConfigError
		if !errors.As(err, &c) || c.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestNewNamesTheMissingField(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		for field, spoil := range map[string]func(*org.Config){
			"DB": func(c *org.Config) { c.DB = nil }, "Keys": func(c *org.Config) { c.Keys = nil },
			"SMS": func(c *org.Config) { c.SMS = nil }, "Faces": func(c *org.Config) { c.Faces = nil },
			"Licences": func(c *org.Config) { c.Licences = nil }, "Terms": func(c *org.Config) { c.Terms = "" },
			"ShortLink": func(c *org.Config) { c.ShortLink = "" },
			"Blobs":     func(c *org.Config) { c.Blobs = nil }, "Agreement": func(c *org.Config) { c.Agreement, c.Reviewers = "", nil },
			"Password": func(c *org.Config) { c.Password = org.PasswordCost{KiB: 1024} },
		} {
			cfg := w.config(w.db)
			spoil(&cfg)
			_, err := org.New(cfg)
			var c *org.ConfigError
			if !errors.As(err, &c) || c.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}
