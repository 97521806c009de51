package seal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkText returns text without the blanks around it, or a *TextError.
func checkText(field, text string, limit int) (string, error) {
	if !utf8.ValidString(text) {
		return "", &TextError{Field: field, Fault: TextEncoding}
	}
	text = strings.TrimFunc(text, isBlank)
	for _, r := range text {
		if fault := faultOf(r); fault != 0 {
			return "", &TextError{Field: field, Fault: fault, Rune: r}
		}
	}
	switch {
	case text == "":
		return "", &TextError{Field: field, Fault: TextEmpty}
	case utf8.RuneCountInString(text) > limit:
		return "", &TextError{Field: field, Fault: TextTooLong, Max: limit}
	}
	return text, nil
}

// isBlank reports whether r is a blank of Latin or Chinese typing. unicode.IsSpace also
// counts line breaks and tabs, which are faults here.
func isBlank(r rune) bool { return unicode.Is(unicode.Zs, r) }

func faultOf(r rune) TextFault {
	switch {
	case unicode.Is(unicode.Bidi_Control, r),
		unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko):
		return TextBidi
	case isEmoji(r):
		return TextEmoji
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
		return TextControl
	case unicode.Is(unicode.M, r):
		return TextCombining
	}
	return 0
}

// isEmoji reports whether r only occurs as, or within, emoji. ★ and similar characters,
// which are text by default, are not emoji.
func isEmoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || // pictographs, faces, flags, skin tones
		r == 0x200D || r == 0x20E3 || // joiner, keycap
		r >= 0xFE00 && r <= 0xFE0F || // variation selectors
		r >= 0xE0020 && r <= 0xE007F // tags
}
