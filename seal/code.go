package seal

import "github.com/dajiaqian/dajiaqian/internal/idcode"

// code returns the text along the lower rim and the field that it came from.
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

// checkCredit checks a 统一社会信用代码: see idcode.CreditCode.
func checkCredit(code string) error {
	switch idcode.CreditCode(code) {
	case 0:
		return nil
	case idcode.Length:
		return &CodeError{"Code", code, CodeLength}
	case idcode.Character:
		return &CodeError{"Code", code, CodeCharacter}
	}
	return &CodeError{"Code", code, CodeCheck}
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
