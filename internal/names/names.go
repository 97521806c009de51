// Package names compares names of persons and companies as people read them.
package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alike maps what is written in several ways to one: brackets and the dots between parts of a
// name; dots and spaces are dropped.
var alike = strings.NewReplacer("〔", "(", "〕", ")", "【", "(", "】", ")", "[", "(", "]", ")", "〈", "(", "〉", ")", "《", "(", "》", ")",
	"·", "", "•", "", "・", "", "‧", "", "∙", "", "⋅", "", "●", "", "﹒", "", ".", "", "。", "", " ", "", "　", "")

// Fold returns what two names have in common that people take for the same: width, case, the
// form of brackets, dots and spaces do not count (Unicode UAX #15, NFKC).
func Fold(name string) string {
	return alike.Replace(strings.ToLower(norm.NFKC.String(name)))
}

// alphabets are those whose letters look like one another.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Georgian, unicode.Cherokee, unicode.Coptic, unicode.Lisu}

// Mixed reports whether a name has letters of several alphabets whose letters look alike, so
// that it may be made to be taken for another (Unicode UTS #39, 5.1).
func Mixed(name string) bool {
	var first *unicode.RangeTable
	for _, r := range name {
		for _, a := range alphabets {
			if !unicode.Is(a, r) {
				continue
			}
			if first != nil && first != a {
				return true
			}
			first = a
		}
	}
	return false
}
