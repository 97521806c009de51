package verify

import "strings"

// MaskPerson shows an identity number as M81 does: three characters, five
// stars, the last one.
func MaskPerson(id string) string { return mask(id, 3) }

// MaskCompany shows a credit code as M81 does: eight characters, five stars,
// the last one.
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

// signerID masks the serial number of a certificate's subject. A company's
// certificate has the form 企业@信用代码@印章名, so its code is the second part
// of the name; everything else is taken for a person's number.
func signerID(commonName, serial string) string {
	parts := strings.Split(commonName, "@")
	if len(parts) == 3 && parts[1] == serial {
		return MaskCompany(serial)
	}
	return MaskPerson(serial)
}
