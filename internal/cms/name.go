package cms

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
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

// Limits of names that are compared. Others are the same only byte for byte.
const (
	maxRDNs       = 64      // relative names of one name
	maxComparable = 2 << 10 // bytes of one name
	maxFolded     = 256     // bytes of its text that have compatibility forms, which take long and grow
)

// NameKey returns a text that two names share if and only if they are the same name
// (RFC 5280, 7.1). Names that are not well formed are the same only byte for byte.
func NameKey(raw []byte) string {
	parts, ok := ComparableName(raw)
	if !ok {
		sum := sha256.Sum256(raw)
		return "?" + string(sum[:])
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
	if len(raw) > maxComparable || !in.ReadASN1(&list, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	var out []string
	left := maxFolded
	for !list.Empty() {
		var set cryptobyte.String
		if !list.ReadASN1(&set, cbasn1.SET) || len(out) == maxRDNs {
			return nil, false
		}
		part, ok := comparableRDN(set, &left)
		if !ok {
			return nil, false
		}
		out = append(out, part)
	}
	return out, true
}

// comparableRDN is ComparableName for the content of one relative name. left is how many
// bytes may still be folded.
func comparableRDN(set cryptobyte.String, left *int) (string, bool) {
	var parts []string
	for !set.Empty() {
		part, ok := nameAttribute(&set, left)
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
func nameAttribute(set *cryptobyte.String, left *int) (string, bool) {
	var one, id, value cryptobyte.String
	var tag cbasn1.Tag
	if !set.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || len(id) == 0 ||
		!one.ReadAnyASN1(&value, &tag) || !one.Empty() {
		return "", false
	}
	text, isText, ok := decode(tag, value, left)
	if !ok {
		return "", false
	}
	kind := byte(0xff) // no type has this tag
	if !isText {
		kind, text = byte(tag), string(value)
	}
	return string(append(appendPart(appendPart(nil, string(id)), text), kind)), true
}

// Emails returns the emailAddress attributes of a name, and whether it has no attributes at
// all. One that is no string, or cannot be read, is returned as "", which is no mailbox.
func Emails(raw []byte) (emails []string, empty bool) {
	top := &reader{s: cryptobyte.String(raw)}
	list := top.element(cbasn1.SEQUENCE)
	empty = true
	for !list.bad && !list.s.Empty() {
		empty = false
		set := list.element(cbasn1.SET)
		for !set.bad && !set.s.Empty() {
			one := set.element(cbasn1.SEQUENCE)
			oid := one.oid()
			var v cryptobyte.String
			var tag cbasn1.Tag
			set.bad = set.bad || one.bad || !one.s.ReadAnyASN1(&v, &tag) || !one.done()
			if text, isText, ok := readText(tag, v); oid.Equal(oidEmail) && isText && ok {
				emails = append(emails, text)
			} else if oid.Equal(oidEmail) {
				emails = append(emails, "")
			}
		}
		list.bad = list.bad || set.bad
	}
	if list.bad || !top.done() {
		emails, empty = append(emails, ""), false
	}
	return emails, empty
}

var oidEmail = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

// decode returns the comparable form of a string of X.520.
func decode(tag cbasn1.Tag, v []byte, left *int) (text string, isText, ok bool) {
	text, isText, ok = readText(tag, v)
	if !isText || !ok {
		return "", isText, ok
	}
	text, ok = fold(text, left)
	return text, true, ok
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
		for i := 0; i < len(u); i++ { // halves of pairs that stand alone
			switch {
			case !utf16.IsSurrogate(rune(u[i])):
			case i+1 < len(u) && utf16.DecodeRune(rune(u[i]), rune(u[i+1])) != unicode.ReplacementChar:
				i++
			default:
				ok = false
			}
		}
		return string(utf16.Decode(u)), true, ok && len(v) == 0
	case universal:
		for ; len(v) >= 4; v = v[4:] {
			n := binary.BigEndian.Uint32(v)
			ok = ok && n <= unicode.MaxRune && !utf16.IsSurrogate(rune(n))
			b.WriteRune(rune(min(n, unicode.MaxRune+1)))
		}
		return b.String(), true, ok && len(v) == 0
	}
	return "", false, true
}

// fold is string preparation (RFC 4518) as far as it maps names that a reader takes for
// the same to one form. It returns false if that would take more than left.
func fold(s string, left *int) (string, bool) {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	var ok bool
	if s, ok = compose(s, left); !ok {
		return "", false
	}
	return compose(strings.Join(strings.Fields(strings.ToLower(s)), " "), left)
}

// compose is the normal form NFKC. Most text is in it already.
func compose(s string, left *int) (string, bool) {
	if norm.NFKC.IsNormalString(s) {
		return s, true
	}
	if *left -= len(s); *left < 0 {
		return "", false
	}
	return norm.NFKC.String(s), true
}
