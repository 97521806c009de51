// Package names compares names of persons and companies as people read them.
package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alike maps what is written in several ways to one: brackets and the dots between parts of a
// name; dots and spaces are dropped. Kana and dashes become the Han characters that they look
// like, and an i has its dot or not.
var alike = strings.NewReplacer("〔", "(", "〕", ")", "【", "(", "】", ")", "[", "(", "]", ")", "〈", "(", "〉", ")", "《", "(", "》", ")",
	"·", "", "•", "", "・", "", "‧", "", "∙", "", "⋅", "", "●", "", "﹒", "", ".", "", "。", "", " ", "", "　", "",
	"エ", "工", "ロ", "口", "カ", "力", "ト", "卜", "ニ", "二", "ハ", "八", "タ", "夕", "ー", "一", "—", "一", "―", "一",
	"‐", "-", "‑", "-", "–", "-", "−", "-", "i\u0307", "i", "ı", "i", "“", "\"", "”", "\"", "‘", "'", "’", "'")

// Fold returns what two names have in common that people take for the same: width, case, the
// form of brackets, dots, dashes and spaces do not count (Unicode UAX #15, NFKC).
func Fold(name string) string {
	return alike.Replace(strings.ToLower(norm.NFKC.String(name)))
}

// alphabets are those whose letters look like one another.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Georgian, unicode.Cherokee, unicode.Coptic, unicode.Lisu}

// parts are the radicals and strokes of Han characters. They look like characters, and no name
// has them.
var parts = &unicode.RangeTable{R16: []unicode.Range16{{0x2E80, 0x2EFF, 1}, {0x31C0, 0x31EF, 1}}}

// Mixed reports whether a name has letters of several alphabets whose letters look alike, or
// parts of characters, so that it may be made to be taken for another (Unicode UTS #39, 5.1).
func Mixed(name string) bool {
	var first *unicode.RangeTable
	for _, r := range name {
		if unicode.Is(parts, r) {
			return true
		}
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
