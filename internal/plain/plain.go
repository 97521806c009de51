// Package plain makes texts that strangers wrote safe to show.
package plain

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Text makes a text from a file safe to print in a line of a report (A45): what breaks
// lines, moves the cursor of a terminal or turns the direction of writing is written as
// its number, such as <U+000A>.
func Text(s string) string {
	if strings.IndexFunc(s, isActive) < 0 && strings.ToValidUTF8(s, "") == s {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isActive(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxReason is how long a reason is kept.
const maxReason = 300 // bytes

// longDigits matches what may be a phone, an identity number or a code.
var longDigits = regexp.MustCompile(`[0-9]{4,}[Xx]?`)

// Scrub makes the text of an error of another program safe to store and to log: it hides
// every run of four or more digits, and is cut at 300 bytes (T11).
func Scrub(s string) string {
	s = longDigits.ReplaceAllString(s, "****")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "")
	}
	return Text(s)
}

// isActive reports whether a character does something instead of being shown.
func isActive(r rune) bool {
	return unicode.Is(unicode.C, r) || unicode.In(r, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}
