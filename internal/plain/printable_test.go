package plain_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// T37: what is not seen is in no text.
func TestT37Printable(t *testing.T) {
	for _, s := range []string{"", "张三", "買買提·吐爾遜 (上海) 100%", "𬱖 é e\u0301", "a b"} {
		if !plain.Printable(s, "") {
			t.Errorf("%q is refused", s)
		}
	}
	for _, r := range []rune{0, '\t', '\n', 0x7F, 0x85, 0xA0, 0xAD, 0x034F, 0x061C, 0x115F, 0x200B, 0x200E, 0x2028, 0x202E, 0x2060, 0x2066, 0x2800,
		0x3000, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFFC, 0xE000, 0x13441, 0x13442, 0x16FE4, 0x1D159, 0xE0001, 0xE0101} {
		if plain.Printable("张"+string(r)+"三", "") {
			t.Errorf("U+%04X is taken", r)
		}
		if !plain.Printable("张"+string(r)+"三", string(r)) {
			t.Errorf("U+%04X is refused although it is allowed", r)
		}
	}
	if plain.Printable("a\xff", "") {
		t.Error("not UTF-8")
	}
}
