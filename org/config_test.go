package org_test

import (
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/org"
)

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
			if !errors.As(err, &c) || c.Field != "Config."+field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}
