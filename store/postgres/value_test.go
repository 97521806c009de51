package postgres_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// FuzzText: any text can be kept in PostgreSQL, is read back unchanged, and keeps its
// place in the order if it is UTF-8.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "\x00", "\x01", "a\x00b", "\x01\x01", "\x01\x02", "\U0010FFFF\x01\x03", "\xff", "\xed\xa0\x80", "大家签"} {
		f.Add(s, "a\x00")
		f.Add("a\x01", s)
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		kept := postgres.ToText(s)
		if !utf8.ValidString(kept) || strings.Contains(kept, "\x00") {
			t.Errorf("%q is kept as %q", s, kept)
		}
		if back, err := postgres.FromText(kept); err != nil || back != s {
			t.Errorf("%q came back as %q, %v", s, back, err)
		}
		beside := postgres.ToText(other)
		if utf8.ValidString(s) && utf8.ValidString(other) && strings.Compare(kept, beside) != strings.Compare(s, other) {
			t.Errorf("%q and %q changed places as %q and %q", s, other, kept, beside)
		}
		if (kept == beside) != (s == other) {
			t.Errorf("%q and %q are both kept as %q", s, other, kept)
		}
	})
}
