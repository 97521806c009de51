package verify

import "strings"

// MaskPerson masks an identity number as in M81: three characters, five stars, the last
// character.
func MaskPerson(id string) string { return mask(id, 3) }

// MaskCompany masks a credit code as in M81: eight characters, five stars, the last
// character.
func MaskCompany(code string) string { return mask(code, 8) }

func mask(s string, head int) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	if len(r) <= head+1 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:head]) + "*****" + string(r[len(r)-1:])
}

// signerID masks the serial number of a certificate's subject. A company's certificate
// has the form 企业@信用代码@印章名, so its code is the second part of the name. In every other
// case the serial number is a person's number.
func signerID(commonName, serial string) string {
	parts := strings.Split(commonName, "@")
	if len(parts) == 3 && parts[1] == serial {
		return MaskCompany(serial)
	}
	return MaskPerson(serial)
}
