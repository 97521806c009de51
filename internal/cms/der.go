package cms

import (
	"bytes"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits of what is read.
const (
	MaxSize      = 1 << 20  // bytes of a CMS structure
	maxCerts     = 64       // certificates in one bag
	maxCertBytes = 32 << 10 // bytes of one certificate
	maxAttrs     = 64
	maxDepth     = 32
)

// CheckDepth walks the TLVs of b without recursion and refuses nesting deeper than 32:
// reflective ASN.1 readers overflow their stack on such input.
func CheckDepth(b []byte) error { return checkDepth(b, false) }

// checkDepth refuses strings in pieces too, if whole is set.
func checkDepth(b []byte, whole bool) error {
	var ends []int
	for i := 0; i < len(b); {
		for len(ends) > 0 && i >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		tag := b[i]
		if tag&0x1f == 0x1f {
			return errf(CodeDER, "a multi-byte tag")
		}
		if whole && (tag == 0x24 || tag == 0x23) {
			return errf(CodeDER, "a string in pieces")
		}
		head, n, ok := derLength(b[i+1:])
		if !ok {
			return errf(CodeDER, "a length that is not DER")
		}
		start := i + 1 + head
		if n > len(b)-start || (len(ends) > 0 && start+n > ends[len(ends)-1]) {
			return errf(CodeDER, "a value longer than what holds it")
		}
		if tag&0x20 == 0 {
			i = start + n
			continue
		}
		if len(ends) == maxDepth {
			return errf(CodeLimit, "nested deeper than %d", maxDepth)
		}
		ends = append(ends, start+n)
		i = start
	}
	return nil
}

// derLength reads a definite, minimal length and returns how many bytes it took.
func derLength(b []byte) (head, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	if b[0] < 0x80 {
		return 1, int(b[0]), true
	}
	k := int(b[0] & 0x7f)
	if k == 0 || k > 4 || len(b) < 1+k || b[1] == 0 {
		return 0, 0, false
	}
	for _, c := range b[1 : 1+k] {
		n = n<<8 | int(c)
	}
	return 1 + k, n, n >= 0x80
}

// reader wraps cryptobyte so that it keeps the first fault, and later reads do nothing.
// A structure is read from top to bottom, and checked once at the end.
type reader struct {
	s   cryptobyte.String
	bad bool
}

func (r *reader) element(tag cbasn1.Tag) *reader {
	out := &reader{}
	if r.bad || !r.s.ReadASN1(&out.s, tag) {
		r.bad, out.bad = true, true
	}
	return out
}

func (r *reader) raw(tag cbasn1.Tag) []byte {
	var out cryptobyte.String
	if r.bad || !r.s.ReadASN1Element(&out, tag) {
		r.bad = true
	}
	return out
}

func (r *reader) peek(tag cbasn1.Tag) bool { return !r.bad && r.s.PeekASN1Tag(tag) }

func (r *reader) oid() asn1.ObjectIdentifier {
	var out asn1.ObjectIdentifier
	if r.bad || !r.s.ReadASN1ObjectIdentifier(&out) {
		r.bad = true
	}
	return out
}

func (r *reader) integer() int {
	var n int
	if r.bad || !r.s.ReadASN1Integer(&n) {
		r.bad = true
	}
	return n
}

// done reports whether everything was read and nothing was wrong.
func (r *reader) done() bool { return !r.bad && r.s.Empty() }

// algorithm reads an AlgorithmIdentifier.
func (r *reader) algorithm() algorithm {
	s := r.element(cbasn1.SEQUENCE)
	out := algorithm{oid: s.oid()}
	if !s.bad && !s.s.Empty() {
		var params cryptobyte.String
		var tag cbasn1.Tag
		if !s.s.ReadAnyASN1Element(&params, &tag) || !s.s.Empty() {
			r.bad = true
		}
		out.params = params
	}
	r.bad = r.bad || s.bad
	return out
}

type algorithm struct {
	oid    asn1.ObjectIdentifier
	params []byte // whole element, empty if absent
}

var derNull = []byte{5, 0}

// plain reports whether the parameters are absent or NULL.
func (a algorithm) plain() bool { return len(a.params) == 0 || bytes.Equal(a.params, derNull) }

// Element returns the first DER element of b, which may be followed by padding.
func Element(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return nil, false
	}
	head, n, ok := derLength(b[1:])
	if !ok || n > len(b)-1-head {
		return nil, false
	}
	return b[:1+head+n], true
}
