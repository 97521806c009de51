// Package idcode reads the codes by which Chinese organisations are known.
package idcode

import "strings"

// CreditSize is how many characters a unified social credit code has.
const CreditSize = 18

// Fault says what is wrong with a code. The zero value is none.
type Fault uint8

// The faults, in the order in which they are checked.
const (
	Length    Fault = iota + 1 // wrong number of characters
	Character                  // a character that the code may not have in that place
	Check                      // a check character does not fit
)

// creditAlphabet is the character set of GB 32100-2015, 4.2: no I, O, S, V, Z.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CreditCode checks a unified social credit code (统一社会信用代码): GB 32100-2015,
// clause 4 and annex A, and the organisation code inside it (GB 11714). Letters are
// upper case. Characters 3 to 8 are the digits of the area (GB/T 2260). The last
// character makes the sum of value × 3^place a multiple of 31.
func CreditCode(code string) Fault {
	if len(code) != CreditSize {
		return Length
	}
	sum, weight := 0, 1
	for i := range CreditSize {
		value := strings.IndexByte(creditAlphabet, code[i])
		if value < 0 || i >= 2 && i < 8 && value > 9 {
			return Character
		}
		if i == CreditSize-1 {
			weight = 1
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	if sum%31 != 0 || !organisationCode(code[8:17]) {
		return Check
	}
	return 0
}

// organisationCode reports whether the check character of an organisation code fits
// (全国组织机构代码, GB 11714).
func organisationCode(code string) bool {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	weights := [8]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * strings.IndexByte(alphabet, code[i])
	}
	return "0X987654321"[sum%11] == code[8]
}
