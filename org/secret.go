package org

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// form is how a secret is masked. Its zero value hides everything.
type form uint8

const (
	formOpaque form = iota
	formPhone
	formID
)

// Secret is a text that must not be seen by chance: it prints as its mask in
// fmt, JSON and slog (T11). Only Reveal gives the text. The zero Secret is empty.
//
// A Secret is never stored: its JSON is the mask, so the text would be lost.
// Store what [Keys.Seal] makes of it.
type Secret struct {
	text string
	form form
}

// NewSecret hides a text wholly: its mask is "***". Use it for what people
// typed; [ParsePhone] and [ParseCitizenID] give secrets that mask by their form.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the text in clear.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.text == "" }

// Mask returns what may be shown: 173****27 for a phone, 410*****8 for an
// identity number, "***" for anything else, nothing for an empty Secret.
func (s Secret) Mask() string {
	switch {
	case s.text == "":
		return ""
	case s.form == formPhone && len(s.text) == phoneLen:
		return s.text[:3] + strings.Repeat("*", 4) + s.text[len(s.text)-2:]
	case s.form == formID && len(s.text) == citizenIDLen:
		return s.text[:3] + strings.Repeat("*", 5) + s.text[len(s.text)-1:]
	}
	return "***"
}

// String is Mask.
func (s Secret) String() string { return s.Mask() }

// Format writes the mask whatever the verb, so that %x and %#v show no more
// than %s.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Mask()) }

// MarshalJSON writes the mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Mask()) }

// MarshalText writes the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.Mask()), nil }

// LogValue is the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Mask()) }
