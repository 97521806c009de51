package seal

import "strings"

// creditAlphabet is the character set of GB 32100-2015, 4.2: no I, O, S, V, Z.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// code returns what runs along the lower rim and which field it came from.
func (spec *Spec) code() (text, field string, err error) {
	switch {
	case spec.Code != "" && spec.RingCode != "":
		return "", "", &CodeError{"RingCode", spec.RingCode, CodeTwice}
	case spec.Code != "":
		return spec.Code, "Code", checkCredit(spec.Code)
	case spec.RingCode != "":
		return spec.RingCode, "RingCode", checkRingCode(spec.RingCode)
	}
	return "", "", nil
}

// checkCredit checks a 统一社会信用代码: GB 32100-2015, clause 4 and annex A. The
// check character makes the sum of value × 3^place a multiple of 31.
func checkCredit(code string) error {
	if len(code) != creditSize {
		return &CodeError{"Code", code, CodeLength}
	}
	sum, weight := 0, 1
	for i := range creditSize {
		value := strings.IndexByte(creditAlphabet, code[i])
		if value < 0 || (i >= 2 && i < 8 && value > 9) { // 3–8: 行政区划码 (GB/T 2260)
			return &CodeError{"Code", code, CodeCharacter}
		}
		if i == creditSize-1 {
			weight = 1
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	if sum%31 != 0 {
		return &CodeError{"Code", code, CodeCheck}
	}
	return nil
}

func checkRingCode(code string) error {
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return &CodeError{"RingCode", code, CodeCharacter}
		}
	}
	if len(code) < MinRing || len(code) > MaxRing {
		return &CodeError{"RingCode", code, CodeLength}
	}
	return nil
}
