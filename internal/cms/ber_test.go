package cms_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// TestToDER: BER in, DER out, by X.690, 8.1.3 and 10.
func TestToDER(t *testing.T) {
	for in, want := range map[string]string{
		"3000":                          "3000",
		"3080 0000":                     "3000",
		"308100":                        "3000",
		"3084 00000003 020105":          "3003 020105",
		"3080 020105 0000":              "3003 020105",
		"3080 3080 020105 0000 0000":    "3005 3003 020105",
		"3009 3080 0201053000 0000":     "3007 3005 0201053000",
		"2480 040141 040242430000":      "0403 414243",
		"2409 2405 04810141 00 040142":  "",
		"240a 2405 0402 414204 00 0401": "",
		"3080 2480 040141 0000 0000":    "3003 040141",
		"2480 020105 0000":              "",
		"3080 0201":                     "",
		"3080 0000 00":                  "",
		"3003 0201":                     "",
		"0480 0000":                     "",
		"2380 030200ff 0000":            "",
		"3089 000000000000000001 05":    "",
		"3088 00000000 00000002 0500":   "3002 0500",
		"3f0105":                        "",
		"":                              "",
		"30":                            "",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := cms.ToDER(b)
		if (err != nil) != (want == "") || want != "" && hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s is %x, %v, want %s", in, got, err, want)
		}
	}
}

// TestToDERIsBounded: nesting and pieces beyond the limits are refused, and quickly.
func TestToDERIsBounded(t *testing.T) {
	for name, b := range map[string][]byte{
		"a nest":       bytes.Repeat([]byte{0x30, 0x80}, 500_000),
		"many pieces":  append(append([]byte{0x24, 0x80}, bytes.Repeat([]byte{4, 0}, 500_000)...), 0, 0),
		"many lengths": bytes.Repeat([]byte{0x30, 0x84, 0, 0xff, 0xff, 0xff}, 100_000),
	} {
		if _, err := cms.ToDER(b); err == nil {
			t.Errorf("%s was converted", name)
		}
	}
}

// FuzzToDER: what is converted is DER, and stays so.
func FuzzToDER(f *testing.F) {
	for _, in := range []string{"3080308002010500000000", "2480040141040242430000", "30098002010530800201050000", "3003020105"} {
		b, err := hex.DecodeString(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		der, err := cms.ToDER(b)
		if err != nil {
			return
		}
		if len(der) > len(b) {
			t.Errorf("%x grew to %x", b, der)
		}
		again, err := cms.ToDER(der)
		if err != nil || !bytes.Equal(again, der) {
			t.Errorf("%x became %x, and then %x, %v", b, der, again, err)
		}
		if n, ok := cms.SpanBER(append(bytes.Clone(b), 0, 0, 0)); !ok || n != len(b) {
			t.Errorf("%x spans %d", b, n)
		}
	})
}
