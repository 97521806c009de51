package path

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"
)

// maxRDNs is how many relative names one name may have.
const maxRDNs = 64

// comparableName returns a form of each relative name of a Name in which equal names
// are equal strings (RFC 5280, 7.1). Strings of every type are compared without regard
// to case, compatibility forms and runs of spaces; everything else is compared byte for
// byte. It returns false for names that are not well formed.
func comparableName(raw []byte) ([]string, bool) {
	in := cryptobyte.String(raw)
	var list cryptobyte.String
	if !in.ReadASN1(&list, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	var out []string
	for !list.Empty() {
		var set cryptobyte.String
		if !list.ReadASN1(&set, cbasn1.SET) || set.Empty() || len(out) == maxRDNs {
			return nil, false
		}
		var parts []string
		for !set.Empty() {
			part, ok := attribute(&set)
			if !ok || len(parts) == maxRDNs {
				return nil, false
			}
			parts = append(parts, part)
		}
		slices.Sort(parts)
		out = append(out, strings.Join(parts, ""))
	}
	return out, true
}

// attribute reads one AttributeTypeAndValue. Each part has its length in front, so that
// two different attributes never become equal.
func attribute(set *cryptobyte.String) (string, bool) {
	var one, value cryptobyte.String
	var id string
	var tag cbasn1.Tag
	if !set.ReadASN1(&one, cbasn1.SEQUENCE) || !oid(&one, &id) || !one.ReadAnyASN1(&value, &tag) || !one.Empty() {
		return "", false
	}
	text, isText, ok := decode(tag, value)
	if !ok {
		return "", false
	}
	kind := byte(0)
	if !isText {
		kind, text = byte(tag), string(value)
	}
	var b []byte
	for _, part := range []string{id, text} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return string(append(b, kind)), true
}

// decode returns the comparable form of a string of X.520. TeletexString is read as
// Latin-1, which its writers mean.
func decode(tag cbasn1.Tag, v []byte) (text string, isText, ok bool) {
	const (
		numeric   = cbasn1.Tag(18)
		teletex   = cbasn1.Tag(20)
		visible   = cbasn1.Tag(26)
		universal = cbasn1.Tag(28)
		bmp       = cbasn1.Tag(30)
	)
	switch tag {
	case cbasn1.UTF8String, cbasn1.PrintableString, cbasn1.IA5String, numeric, visible:
		text = string(v)
		if !utf8.ValidString(text) {
			return "", false, false
		}
	case teletex:
		r := make([]rune, len(v))
		for i, b := range v {
			r[i] = rune(b)
		}
		text = string(r)
	case bmp:
		if len(v)%2 != 0 {
			return "", false, false
		}
		u := make([]uint16, 0, len(v)/2)
		for i := 0; i < len(v); i += 2 {
			u = append(u, binary.BigEndian.Uint16(v[i:]))
		}
		text = string(utf16.Decode(u))
	case universal:
		if len(v)%4 != 0 {
			return "", false, false
		}
		var b strings.Builder
		for i := 0; i < len(v); i += 4 {
			n := binary.BigEndian.Uint32(v[i:])
			if n > unicode.MaxRune {
				return "", false, false
			}
			b.WriteRune(rune(n))
		}
		text = b.String()
	default:
		return "", false, true
	}
	return fold(text), true, true
}

// fold is string preparation (RFC 4518) as far as it maps names that a reader takes for
// the same to one form.
func fold(s string) string {
	s = norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s))
	return norm.NFKC.String(strings.Join(strings.Fields(strings.ToLower(s)), " "))
}
