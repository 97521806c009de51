package org_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
)

var today = time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)

// TestCitizenID holds the vectors of GB 11643 (M7).
func TestCitizenID(t *testing.T) {
	for _, good := range []string{"11010519491231002X", "440524188001010014", "360426199101010071", "321083197812162119",
		"33010219200403064X", "81000019980902013X", "820000200009100032", "830000200209060065", "932682198501010017", "150102198807303035"} {
		s, err := org.ParseCitizenID(good, today)
		if err != nil || s.Reveal() != good {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"201511221897205960", "3301022011022000D6", "110105194912310021", "11010519491231002", "",
		"110105202712310025", "99010519491231002X"} {
		_, err := org.ParseCitizenID(bad, today)
		var f *org.FieldError
		if !errors.As(err, &f) || f.Field != "id number" || f.Zh() == "" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestCreditCode holds the vectors of GB 32100 (M12), strict and lenient.
func TestCreditCode(t *testing.T) {
	for _, good := range []string{"91110000600037341L", "91310110666007217T", "91310115591693856A", "91440300708461136T",
		"91330100799655058B", "914403001922038216", "91110108551385082Q", "91350100M000100Y43", "91320621MA1MRHG205", "92371000MA3MXH0E3W"} {
		if code, ok, err := org.ParseCreditCode(good, true); err != nil || !ok || code != good {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"A1110000600037341L", "91310000132204523B", "91310115591693856B", "9131011559169385OA", ""} {
		var f *org.FieldError
		if _, _, err := org.ParseCreditCode(bad, true); !errors.As(err, &f) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, pilot := range []string{"91350100M0001TGQXM", "91350211M0000XUF46", "91350203M0001FUE2P"} {
		if _, _, err := org.ParseCreditCode(pilot, true); err == nil {
			t.Errorf("%s passes the strict rule", pilot)
		}
		if _, conforming, err := org.ParseCreditCode(pilot, false); err != nil || conforming {
			t.Errorf("%s: conforming %v, %v", pilot, conforming, err)
		}
	}
}

func TestPhoneAndMasks(t *testing.T) {
	for in, mask := range map[string]string{"17312345627": "173****27", "+86 138-0013-8000": "138****00"} {
		p, err := org.ParsePhone(in)
		if err != nil || p.Mask() != mask {
			t.Errorf("%s: %v %v", in, p, err)
		}
	}
	for _, bad := range []string{"", "12345678901", "1381234567", "138123456789", "1381234567a"} {
		if _, err := org.ParsePhone(bad); err == nil {
			t.Errorf("%q is a phone", bad)
		}
	}
	id, err := org.ParseCitizenID("11010519491231002X", today)
	if err != nil || id.Mask() != "110*****X" {
		t.Errorf("%v %v", id, err)
	}
}
