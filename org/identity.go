package org

import (
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/idcode"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

const (
	phoneLen     = 11
	citizenIDLen = 18
)

// ParsePhone reads a mobile number of mainland China: 11 digits, with or without
// +86, spaces and hyphens.
func ParsePhone(text string) (secret.Text, error) {
	s := strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(text))
	s = strings.TrimPrefix(s, "+86")
	if len(s) != phoneLen || s[0] != '1' || s[1] < '3' || !digits(s) {
		return secret.Text{}, &FieldError{"phone", "not a mobile number", "请输入正确的手机号"}
	}
	return secret.Phone(s), nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// provinces are the first two digits of GB/T 2260, including those of Taiwan.
const provinces = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 "

// IDKind is the card that has an identity number (证件类型). The zero value is no card.
type IDKind int

// The cards whose numbers have eighteen characters.
const (
	IDCitizen   IDKind = iota + 1 // 居民身份证
	IDHongKong                    // 港澳居民居住证, Hong Kong
	IDMacao                       // 港澳居民居住证, Macao
	IDTaiwan                      // 台湾居民居住证
	IDForeigner                   // 外国人永久居留身份证, the card of 2023
)

var idKindNames = [...][2]string{
	IDCitizen:   {"citizen", "居民身份证"},
	IDHongKong:  {"Hong Kong", "港澳居民居住证"},
	IDMacao:     {"Macao", "港澳居民居住证"},
	IDTaiwan:    {"Taiwan", "台湾居民居住证"},
	IDForeigner: {"foreigner", "外国人永久居留身份证"},
}

// String returns the card in English.
func (k IDKind) String() string { return enum.English("IDKind", idKindNames[:], k) }

// Zh returns the card's name; empty for none.
func (k IDKind) Zh() string { return enum.Zh("", idKindNames[:], k) }

// CitizenIDKind returns the card of a number that [ParseCitizenID] has read, or zero
// for any other text.
func CitizenIDKind(number secret.Text) IDKind {
	s := number.Reveal()
	if !number.IsIDNumber() || len(s) != citizenIDLen {
		return 0
	}
	return kindOf(s)
}

// kindOf reads the area. 810000, 820000 and 830000 are the residence permits of Hong
// Kong, Macao and Taiwan. 9, a province, and a country's three digits are the card of a
// foreigner (932682… was issued in Jiangsu to a Saudi). Zero is none.
func kindOf(s string) IDKind {
	province := func(two string) bool { return strings.Contains(provinces, " "+two+" ") }
	switch {
	case s[:6] == "810000":
		return IDHongKong
	case s[:6] == "820000":
		return IDMacao
	case s[:6] == "830000":
		return IDTaiwan
	case s[0] == '9' && province(s[1:3]) && s[3:6] != "000" && s[3:6] != "156": // 156 is China
		return IDForeigner
	case province(s[:2]):
		return IDCitizen
	}
	return 0
}

// ParseCitizenID reads an identity number (身份证号, GB 11643) of eighteen characters:
// area, a real date of birth that is not after now, check digit. Residence permits of
// Hong Kong, Macao and Taiwan (GA 467, 港澳台居民居住证) and the foreigners' card of 2023
// follow the same rule; [CitizenIDKind] distinguishes them. It returns a [*FieldError],
// which does not quote the text, for anything else, such as the older foreigners' card
// of fifteen characters and travel permits.
func ParseCitizenID(text string, now time.Time) (secret.Text, error) {
	bad := func(reason string) (secret.Text, error) {
		return secret.Text{}, &FieldError{"id number", reason, "请输入正确的身份证号"}
	}
	s := strings.ToUpper(strings.TrimSpace(text))
	if len(s) != citizenIDLen || !digits(s[:17]) || (s[17] != 'X' && !digits(s[17:])) {
		return bad("not 17 digits and a check digit")
	}
	if kindOf(s) == 0 {
		return bad("the area does not exist")
	}
	sum, weight := 0, 1 // weight is 2^(17-i) mod 11, from the right
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(s[i]-'0') * weight
	}
	if "10X98765432"[sum%11] != s[17] {
		return bad("check digit is wrong")
	}
	born, err := time.Parse("20060102", s[6:14])
	if err != nil || born.After(now) || born.Year() < 1850 {
		return bad("the date of birth does not exist")
	}
	return secret.IDNumber(s), nil
}

// certMask returns an identity number as certificates show it (M81): 410*****2028.
func certMask(s secret.Text) string {
	if len(s.Reveal()) != citizenIDLen {
		return s.Mask()
	}
	return s.Reveal()[:3] + "*****" + s.Reveal()[14:]
}

// ParseCreditCode reads a unified social credit code (统一社会信用代码, GB 32100): 18
// characters, two of them check characters. Use strict as a rule. Without it, a code
// with wrong check characters is accepted and conforming is false: some codes of the
// early pilots have them.
func ParseCreditCode(text string, strict bool) (code string, conforming bool, err error) {
	s := strings.ToUpper(strings.TrimSpace(text))
	fault := idcode.CreditCode(s)
	reason := ""
	switch {
	case fault == idcode.Length, fault == idcode.Character && !digits(s[2:8]):
		reason = "not 18 characters with a 6-digit area"
	case fault == idcode.Character:
		reason = "a character that no code has"
	case fault == idcode.Check && strict:
		reason = "check digit is wrong"
	default:
		return s, fault == 0, nil
	}
	return "", false, &FieldError{"credit code", reason, "请输入正确的统一社会信用代码"}
}
