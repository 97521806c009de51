package plain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unseen are characters that Unicode counts as letters, marks or symbols and that leave no ink:
// fillers, variation selectors, the grapheme joiner, the empty Braille pattern, the blank
// hieroglyphs, the null note head. U+FFFC stands for what is not there.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{{0x034F, 0x034F, 1}, {0x115F, 0x1160, 1}, {0x17B4, 0x17B5, 1}, {0x180B, 0x180F, 1}, {0x2800, 0x2800, 1},
		{0x3164, 0x3164, 1}, {0xFE00, 0xFE0F, 1}, {0xFFA0, 0xFFA0, 1}, {0xFFFC, 0xFFFC, 1}},
	R32: []unicode.Range32{{0x13441, 0x13442, 1}, {0x16FE4, 0x16FE4, 1}, {0x1D159, 0x1D159, 1}, {0xE0100, 0xE01EF, 1}},
}

// Printable reports whether a text is UTF-8 and all its characters are seen, so that two texts
// that look the same are not told apart by what nobody sees (T37). It refuses control
// characters, changes of direction, spaces other than U+0020, and what has no ink. The
// characters of also are allowed.
func Printable(s, also string) bool {
	hidden := func(r rune) bool {
		return (!unicode.IsPrint(r) || unicode.Is(unseen, r)) && !strings.ContainsRune(also, r)
	}
	return utf8.ValidString(s) && strings.IndexFunc(s, hidden) < 0
}
