package idcode_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/idcode"
)

// M13: codes of real organisations are valid, and each kind of fault is found.
func TestM13CreditCode(t *testing.T) {
	for code, want := range map[string]idcode.Fault{
		"91310115591693856A":  0,
		"":                    idcode.Length,
		"91310115591693856":   idcode.Length,
		"91310115591693856AA": idcode.Length,
		"9131011559169385IA":  idcode.Character,
		"913101A5591693856A":  idcode.Character,
		"91310115591693856a":  idcode.Character,
		"91310115591693856B":  idcode.Check,
		"91310115591693850P":  idcode.Check, // its last character fits, that of the organisation code does not
	} {
		if got := idcode.CreditCode(code); got != want {
			t.Errorf("%s is %d, want %d", code, got, want)
		}
	}
}

// Every change of a single character, and every exchange of two neighbours, is found.
func TestCreditCodeNoticesSlips(t *testing.T) {
	const good = "91310115591693856A"
	for i := range good {
		for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
			if slip := good[:i] + string(c) + good[i+1:]; slip != good && idcode.CreditCode(slip) == 0 {
				t.Errorf("%s passes", slip)
			}
		}
		if i > 0 && good[i] != good[i-1] {
			slip := good[:i-1] + string(good[i]) + string(good[i-1]) + good[i+1:]
			if idcode.CreditCode(slip) == 0 {
				t.Errorf("%s passes", slip)
			}
		}
	}
}
