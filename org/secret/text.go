package secret

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

// Text is a text that must not be seen by chance (T11): it prints as its mask in fmt, JSON
// and slog. Only [Text.Reveal] returns the text. The zero Text is empty.
//
// Never store a Text: its JSON is the mask, so the text would be lost. Store the result
// of [Keys.Encrypt].
type Text struct {
	text string
	form form
}

// New hides a text completely: its mask is "***". Use it for what people typed.
// org.ParsePhone and org.ParseCitizenID return secrets with masks of their form.
func New(text string) Text { return Text{text: text} }

// Phone returns a phone, whose mask shows its first three and last two digits.
func Phone(text string) Text { return Text{text: text, form: formPhone} }

// IDNumber returns an identity number, whose mask shows its first three and last
// digits.
func IDNumber(text string) Text { return Text{text: text, form: formID} }

// IsIDNumber reports whether s came from [IDNumber].
func (s Text) IsIDNumber() bool { return s.form == formID }

// Reveal returns the text in clear.
func (s Text) Reveal() string { return s.text }

// IsZero reports whether there is no text.
func (s Text) IsZero() bool { return s.text == "" }

// Mask returns what may be shown: 173****27 for a phone, 410*****8 for an
// identity number, "***" for anything else, nothing for an empty Text.
func (s Text) Mask() string {
	switch {
	case s.text == "":
		return ""
	case s.form == formPhone && len(s.text) == 11:
		return s.text[:3] + strings.Repeat("*", 4) + s.text[len(s.text)-2:]
	case s.form == formID && len(s.text) == 18:
		return s.text[:3] + strings.Repeat("*", 5) + s.text[len(s.text)-1:]
	}
	return "***"
}

// String returns [Text.Mask].
func (s Text) String() string { return s.Mask() }

// Format writes the mask for every verb, so that %x and %#v show no more than %s.
func (s Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Mask()) }

// MarshalJSON writes the mask.
func (s Text) MarshalJSON() ([]byte, error) { return json.Marshal(s.Mask()) }

// MarshalText writes the mask.
func (s Text) MarshalText() ([]byte, error) { return []byte(s.Mask()), nil }

// LogValue returns the mask.
func (s Text) LogValue() slog.Value { return slog.StringValue(s.Mask()) }
