package org_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
)

var today = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// fieldReason returns the reason of a FieldError, "" for none.
func fieldReason(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var f *org.FieldError
	if !errors.As(err, &f) || f.Zh() == "" {
		t.Fatalf("%v is not a FieldError with a sentence", err)
	}
	return f.Reason
}

func TestM7CitizenID(t *testing.T) {
	for _, v := range []struct{ in, reason string }{
		{"11010519491231002X", ""}, {"440524188001010014", ""}, {"360426199101010071", ""},
		{"321083197812162119", ""}, {"33010219200403064X", ""}, {" 33010219200403064x ", ""},
		{"81000019980902013X", ""}, {"820000200009100032", ""}, {"830000200209060065", ""}, // residence permits
		{"932682198501010017", ""}, // foreigner's card
		{"150102198807303035", ""},
		{"150102880730303", "not 17 digits"},    // fifteen digits are no longer issued
		{"201511221897205960", "area"},          // and its date does not exist
		{"3301022011022000D6", "not 17 digits"}, // a letter among the digits
		{"360426199101010072", "check digit"},
		{"36042619910101007１", "not 17 digits"}, // a full-width digit
		{"110105202702290014", "check digit"},
		{"", "not 17 digits"},
	} {
		s, err := org.ParseCitizenID(v.in, today)
		if got := fieldReason(t, err); (v.reason == "") != (got == "") || !strings.Contains(got, v.reason) {
			t.Errorf("%q: reason %q, want %q", v.in, got, v.reason)
		}
		if err == nil && s.Reveal() != strings.ToUpper(strings.TrimSpace(v.in)) {
			t.Errorf("%q was read as %q", v.in, s.Reveal())
		}
		if err != nil && v.in != "" && strings.Contains(err.Error(), v.in) {
			t.Errorf("%v quotes the number", err)
		}
	}
}

func TestM7CitizenIDDate(t *testing.T) {
	// The check digit is right in each: only the date decides.
	for date, good := range map[string]bool{"20240229": true, "20230229": false, "20251301": false, "20260302": true, "20260303": false, "18491231": false} {
		_, err := org.ParseCitizenID(withCheck("110105"+date+"001"), today)
		if (err == nil) != good || err != nil && !strings.Contains(err.Error(), "date of birth") {
			t.Errorf("%s: %v", date, err)
		}
	}
}

func withCheck(body string) string {
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(body[i]-'0') * weight
	}
	return body + string("10X98765432"[sum%11])
}

func TestM12CreditCode(t *testing.T) {
	for _, v := range []struct {
		in             string
		strict, marked string // reason in strict mode; "no" if the lenient mode accepts and marks it
	}{
		{"91110000600037341L", "", "yes"}, {"91310110666007217T", "", "yes"}, {"91310115591693856A", "", "yes"},
		{"91440300708461136T", "", "yes"}, {"91330100799655058B", "", "yes"}, {"914403001922038216", "", "yes"},
		{"91110108551385082Q", "", "yes"}, {"91350100M000100Y43", "", "yes"}, {"91320621MA1MRHG205", "", "yes"},
		{"92371000MA3MXH0E3W", "", "yes"}, {" 91110000600037341l ", "", "yes"},
		{"A1110000600037341L", "check digit", "no"}, // the authority does not exist, and so the check is wrong
		{"91310000132204523B", "check digit", "no"},
		{"91310115591693857D", "check digit", "no"}, // the whole is right, the organisation code in it is wrong (GB 11714)
		{"91350100M0001TGQXM", "check digit", "no"}, {"91350211M0000XUF46", "check digit", "no"}, {"91350203M0001FUE2P", "check digit", "no"},
		{"9111000060003734IL", "a character", ""}, // I is not in the alphabet
		{"911100006000373411L", "not 18", ""}, {"91A10000600037341L", "not 18", ""}, {"", "not 18", ""},
	} {
		code, conforming, err := org.ParseCreditCode(v.in, true)
		if got := fieldReason(t, err); (v.strict == "") != (got == "") || !strings.Contains(got, v.strict) {
			t.Errorf("%q strict: reason %q, want %q", v.in, got, v.strict)
		}
		if err == nil && (!conforming || code != strings.ToUpper(strings.TrimSpace(v.in))) {
			t.Errorf("%q strict: %q, conforming %v", v.in, code, conforming)
		}
		_, conforming, err = org.ParseCreditCode(v.in, false)
		if (err == nil) != (v.marked != "") || conforming != (v.marked == "yes") {
			t.Errorf("%q lenient: conforming %v, %v; want %q", v.in, conforming, err, v.marked)
		}
	}
}

func TestM1Phone(t *testing.T) {
	for in, want := range map[string]string{
		"13123456789": "13123456789", "+86 131-2345-6789": "13123456789", "19912345678": "19912345678",
		"12345678901": "", "1312345678": "", "131234567890": "", "1312345678x": "", "": "", "0013123456789": "",
	} {
		s, err := org.ParsePhone(in)
		if fieldReason(t, err); s.Reveal() != want {
			t.Errorf("%q is %q, want %q", in, s.Reveal(), want)
		}
	}
}

func FuzzParsers(f *testing.F) {
	for _, s := range []string{"11010519491231002X", "91310115591693856A", "+86 131-2345-6789", "6222 0210-0101 6613871", "932682198501010017", "", "36042619910101007１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if s, err := org.ParseCitizenID(in, today); err == nil {
			if again, err := org.ParseCitizenID(s.Reveal(), today); err != nil || again != s {
				t.Errorf("%q is not stable", in)
			}
		}
		if s, err := org.ParsePhone(in); err == nil {
			if again, err := org.ParsePhone(s.Reveal()); err != nil || again != s {
				t.Errorf("%q is not stable", in)
			}
		}
		if s, err := org.ParseAccount(in); err == nil {
			if again, err := org.ParseAccount(s.Reveal()); err != nil || again != s {
				t.Errorf("%q is not stable", in)
			}
		}
		strict, ok, err := org.ParseCreditCode(in, true)
		lenient, lok, lerr := org.ParseCreditCode(in, false)
		if err == nil && (!ok || lerr != nil || !lok || strict != lenient) {
			t.Errorf("%q: the modes disagree", in)
		}
	})
}
