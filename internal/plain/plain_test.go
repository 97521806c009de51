package plain_test

import (
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// TestT11Scrub: what an error of another program says of a person is not kept.
func TestT11Scrub(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"code 404":                              "code 404",
		"to 13800138000, id 11010119900307451x": "to ****, id ****",
		"a\nb":                                  "a<U+000A>b",
		strings.Repeat("中", 101):                strings.Repeat("中", 100),
	} {
		if got := plain.Scrub(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// TestText: A45, what does something instead of being shown is written as its number.
func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"张三 <a&b> 100%":             "张三 <a&b> 100%",
		"a\nb\r\tc\x00":             "a<U+000A>b<U+000D><U+0009>c<U+0000>",
		"\x1b[2J":                   "<U+001B>[2J",
		"\u202egnp.exe\u2066\u200f": "<U+202E>gnp.exe<U+2066><U+200F>",
		"a\u2028b\u2029":            "a<U+2028>b<U+2029>",
		"\xff":                      "<U+FFFD>",
		"\ufeff\ue000":              "<U+FEFF><U+E000>",
	} {
		if got := plain.Text(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
