package verify

import (
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"unicode"
)

// plain makes a text from a file safe to print in a line of a report (A45): what breaks
// lines, moves the cursor of a terminal or turns the direction of writing is written as
// its number, such as <U+000A>.
func plain(s string) string {
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

// isActive reports whether a character does something instead of being shown.
func isActive(r rune) bool {
	return unicode.Is(unicode.C, r) || unicode.In(r, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}

// nameOf returns what a certificate's subject is called: its common name, or else its
// organisation, unit or e-mail address.
func nameOf(n pkix.Name) string {
	if n.CommonName != "" {
		return plain(n.CommonName)
	}
	for _, list := range [][]string{n.Organization, n.OrganizationalUnit} {
		if len(list) > 0 && list[0] != "" {
			return plain(list[0])
		}
	}
	for _, a := range n.Names {
		if mail, ok := a.Value.(string); ok && a.Type.Equal([]int{1, 2, 840, 113549, 1, 9, 1}) {
			return plain(mail)
		}
	}
	return ""
}
