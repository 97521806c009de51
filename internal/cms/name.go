package cms

import (
	"bytes"
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

// NameKey returns a text that two names share if and only if they are the same name
// (RFC 5280, 7.1). Names that are not well formed are the same only byte for byte.
func NameKey(raw []byte) string {
	parts, ok := ComparableName(raw)
	if !ok {
		return "?" + string(raw)
	}
	key := []byte{'='}
	for _, p := range parts {
		key = appendPart(key, p)
	}
	return string(key)
}

// appendPart adds a part with its length, so that parts never run together.
func appendPart(b []byte, part string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
}

// SameName reports whether two names are the same (RFC 5280, 7.1). It is the one rule
// for issuers and subjects, issuers of lists, and responders. Equal bytes are the quick
// way (A52).
func SameName(a, b []byte) bool { return bytes.Equal(a, b) || NameKey(a) == NameKey(b) }

// ComparableName returns a form of each relative name of a Name in which equal names
// are equal strings (RFC 5280, 7.1). Strings of every type are compared without regard
// to case, compatibility forms and runs of spaces; everything else is compared byte for
// byte. It returns false for names that are not well formed.
func ComparableName(raw []byte) ([]string, bool) {
	in := cryptobyte.String(raw)
	var list cryptobyte.String
	if !in.ReadASN1(&list, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	var out []string
	for !list.Empty() {
		var set cryptobyte.String
		if !list.ReadASN1(&set, cbasn1.SET) || len(out) == maxRDNs {
			return nil, false
		}
		part, ok := comparableRDN(set)
		if !ok {
			return nil, false
		}
		out = append(out, part)
	}
	return out, true
}

// comparableRDN is ComparableName for the content of one relative name.
func comparableRDN(set cryptobyte.String) (string, bool) {
	var parts []string
	for !set.Empty() {
		part, ok := nameAttribute(&set)
		if !ok || len(parts) == maxRDNs {
			return "", false
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return strings.Join(parts, ""), len(parts) > 0
}

// nameAttribute reads one AttributeTypeAndValue. Each part has its length in front, so that
// two different attributes never become equal.
func nameAttribute(set *cryptobyte.String) (string, bool) {
	var one, id, value cryptobyte.String
	var tag cbasn1.Tag
	if !set.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || len(id) == 0 ||
		!one.ReadAnyASN1(&value, &tag) || !one.Empty() {
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
	return string(append(appendPart(appendPart(nil, string(id)), text), kind)), true
}

// decode returns the comparable form of a string of X.520.
func decode(tag cbasn1.Tag, v []byte) (text string, isText, ok bool) {
	text, isText, ok = readText(tag, v)
	if !isText {
		return "", false, true
	}
	return fold(text), true, ok
}

// readText returns a string of X.520 as people read it. isText reports whether the type is
// one of strings, ok whether the string is well formed. TeletexString, and single bytes
// that are not UTF-8, are read as Latin-1, which their writers mean.
func readText(tag cbasn1.Tag, v []byte) (text string, isText, ok bool) {
	const numeric, teletex, visible, universal, bmp = 18, 20, 26, 28, 30
	var b strings.Builder
	ok = true
	switch tag {
	case cbasn1.UTF8String, cbasn1.PrintableString, cbasn1.IA5String, numeric, visible, teletex:
		if ok = utf8.Valid(v); ok && tag != teletex {
			return string(v), true, true
		}
		for _, c := range v {
			b.WriteRune(rune(c))
		}
		return b.String(), true, ok || tag == teletex
	case bmp:
		u := make([]uint16, 0, len(v)/2)
		for ; len(v) >= 2; v = v[2:] {
			u = append(u, binary.BigEndian.Uint16(v))
		}
		return string(utf16.Decode(u)), true, len(v) == 0
	case universal:
		for ; len(v) >= 4; v = v[4:] {
			n := binary.BigEndian.Uint32(v)
			ok = ok && n <= unicode.MaxRune
			b.WriteRune(rune(min(n, unicode.MaxRune+1)))
		}
		return b.String(), true, ok && len(v) == 0
	}
	return "", false, true
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
