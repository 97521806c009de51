package plain

import (
	"strings"
	"unicode"
)

// Unlink makes a text safe inside a short message (T34). Phones make links of what looks
// like an address, so a dot between two letters or digits becomes a middle dot, an @ and the
// slashes of a scheme become spaces. Numbers with one dot stay as they are.
func Unlink(s string) string {
	r := []rune(strings.ReplaceAll(s, "://", " "))
	for i, c := range r {
		switch c {
		case '@', '＠':
			r[i] = ' '
		case '.', '．', '｡', '。':
			if i > 0 && i+1 < len(r) && inName(r[i-1]) && inName(r[i+1]) && !isNumber(r, i) && (c != '。' || !isHan(r[i+1])) {
				r[i] = '·'
			}
		}
	}
	return string(r)
}

func inName(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-' || c == '_' }
func isHan(c rune) bool  { return unicode.Is(unicode.Han, c) }

// isNumber reports whether the dot at i is the only one of a decimal number.
func isNumber(r []rune, i int) bool {
	from, to := i, i+1
	for from > 0 && unicode.IsDigit(r[from-1]) {
		from--
	}
	for to < len(r) && unicode.IsDigit(r[to]) {
		to++
	}
	apart := func(k int) bool {
		return k < 0 || k == len(r) || (!inName(r[k]) || isHan(r[k])) && !strings.ContainsRune(".·/:．", r[k])
	}
	return from < i && to > i+1 && apart(from-1) && apart(to)
}
