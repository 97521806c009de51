package path

import (
	"bytes"
	"crypto/x509"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// The choices of GeneralName whose constraints are understood (RFC 5280, 4.2.1.6 and
// 4.2.1.10). A constraint of another choice refuses every later certificate with a name
// of that choice.
const (
	nameOther = 0
	nameEmail = 1
	nameDNS   = 2
	nameDir   = 4
	nameURI   = 6
	nameIP    = 7
)

// Limits of one certificate's names.
const maxNames = 2000

// name is one GeneralName: its choice, and the bytes inside.
type name struct {
	choice int
	value  string
	dn     []string // of nameDir: the relative names, made comparable
	dnOK   bool     // whether dn could be made
}

// constraints is one nameConstraints extension. Names must satisfy those of all
// authorities, which is the intersection of RFC 5280, 6.1.4, g.
type constraints struct {
	permitted []name
	excluded  []name
}

// readName reads one GeneralName.
func readName(in *cryptobyte.String) (name, bool) {
	var v cryptobyte.String
	var tag cbasn1.Tag
	if !in.ReadAnyASN1(&v, &tag) || tag&0xc0 != 0x80 || tag&0x1f > 8 {
		return name{}, false
	}
	n := name{choice: int(tag & 0x1f), value: string(v)}
	if n.choice == nameDir {
		var raw cryptobyte.String
		if !v.ReadASN1Element(&raw, cbasn1.SEQUENCE) || !v.Empty() {
			return name{}, false
		}
		n.dn, n.dnOK = cms.ComparableName(raw)
	}
	return n, true
}

// readNames reads a SubjectAltName.
func readNames(v cryptobyte.String) ([]name, bool) {
	var list cryptobyte.String
	if !v.ReadASN1(&list, cbasn1.SEQUENCE) || !v.Empty() {
		return nil, false
	}
	var out []name
	for !list.Empty() {
		n, ok := readName(&list)
		if !ok || len(out) == maxNames {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// readConstraints reads NameConstraints. A minimum or maximum is not understood:
// RFC 5280 leaves them at their defaults.
func readConstraints(v cryptobyte.String) (*constraints, bool) {
	var in cryptobyte.String
	if !v.ReadASN1(&in, cbasn1.SEQUENCE) || !v.Empty() || in.Empty() {
		return nil, false
	}
	out := &constraints{}
	for i, to := range []*[]name{&out.permitted, &out.excluded} {
		var list cryptobyte.String
		var has bool
		if !in.ReadOptionalASN1(&list, &has, cbasn1.Tag(i).ContextSpecific().Constructed()) {
			return nil, false
		}
		for !list.Empty() {
			var tree cryptobyte.String
			if !list.ReadASN1(&tree, cbasn1.SEQUENCE) {
				return nil, false
			}
			n, ok := readName(&tree)
			if !ok || !tree.Empty() || len(*to) == maxNames {
				return nil, false
			}
			if n.choice == nameIP && len(n.value) != 8 && len(n.value) != 32 || n.choice == nameDir && !n.dnOK {
				return nil, false
			}
			*to = append(*to, n)
		}
	}
	return out, in.Empty()
}

// subjectNames returns the names of a certificate that constraints apply to: those of
// subjectAltName, the subject, and every emailAddress in it (RFC 5280, 4.2.1.10
// requires the last only if there is no subjectAltName; here they always count). What
// the subject holds is read from its bytes: a value that is no string is a name too.
func subjectNames(cert *x509.Certificate, f *facts) []name {
	out := f.names[:len(f.names):len(f.names)]
	if emails, empty := cms.Emails(cert.RawSubject); !empty {
		n := name{choice: nameDir}
		n.dn, n.dnOK = cms.ComparableName(cert.RawSubject)
		out = append(out, n)
		for _, e := range emails {
			out = append(out, name{choice: nameEmail, value: e})
		}
	}
	return out
}

// checkNames checks a certificate's names by the constraints of the authorities above it
// (RFC 5280, 6.1.3, b and c).
func (s *search) checkNames(cert *x509.Certificate, f *facts, all []*constraints) *Error {
	if len(all) == 0 {
		return nil
	}
	for _, n := range subjectNames(cert, f) {
		for _, c := range all {
			if s.left -= len(c.permitted) + len(c.excluded); s.left < 0 {
				return errf(Limit, cert, "more than %d names to compare", maxComparisons)
			}
			if why := c.judge(n); why != "" {
				return errf(Constraints, cert, "nameConstraints: %s", why)
			}
		}
	}
	return nil
}

// judge returns why a name is not allowed, "" if it is.
func (c *constraints) judge(n name) string {
	for _, x := range c.excluded {
		if n.hidesEmail() && x.choice == nameEmail {
			return "an internationalised mailbox"
		}
		if x.choice != n.choice {
			continue
		}
		switch in, ok := n.within(x, true); {
		case !ok:
			return "a name that cannot be compared"
		case in:
			return "an excluded name"
		}
	}
	asked, held := false, false
	for _, x := range c.permitted {
		if n.hidesEmail() && x.choice == nameEmail {
			return "an internationalised mailbox"
		}
		if x.choice != n.choice {
			continue
		}
		asked = true
		in, ok := n.within(x, false)
		if !ok {
			return "a name that cannot be compared"
		}
		held = held || in
	}
	if asked && !held {
		return "a name that is not permitted"
	}
	return ""
}

// hidesEmail reports whether a name is a SmtpUTF8Mailbox. Constraints of mailboxes
// apply to it although its choice is different (RFC 9598, 6). It is refused.
func (n name) hidesEmail() bool {
	return n.choice == nameOther && strings.HasPrefix(n.value, "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09")
}

// within reports whether a name lies in the subtree x of its own choice. ok is false if
// that cannot be decided, and then the certificate is refused. Excluded subtrees are
// read as widely as possible: wide is true.
func (n name) within(x name, wide bool) (in, ok bool) {
	switch n.choice {
	case nameDNS:
		if !hostOK(n.value, true) || !hostOK(strings.TrimPrefix(x.value, "."), false) {
			return false, false
		}
		return underDNS(n.value, x.value, wide), true
	case nameEmail:
		return mailboxIn(n.value, x.value, wide)
	case nameURI:
		u, err := url.Parse(n.value)
		if err != nil || u.Opaque != "" || !hostOK(u.Hostname(), false) || u.Hostname() == "" || isIP(u.Hostname()) {
			return false, false // RFC 5280: without a host name it is refused
		}
		if !hostOK(strings.TrimPrefix(x.value, "."), false) {
			return false, false
		}
		return hostIn(u.Hostname(), x.value), true
	case nameIP:
		return ipIn(n.value, x.value)
	case nameDir:
		if !n.dnOK {
			return false, false
		}
		if len(n.dn) < len(x.dn) {
			return false, true
		}
		for i := range x.dn {
			if n.dn[i] != x.dn[i] {
				return false, true
			}
		}
		return true, true
	}
	return false, false
}

// hostOK reports whether a host name is valid: printable ASCII without spaces, no empty
// label.
func hostOK(h string, wildcard bool) bool {
	if wildcard {
		h = strings.TrimPrefix(h, "*.")
	}
	if h == "" {
		return !wildcard
	}
	if len(h) > 253 {
		return false
	}
	for label := range strings.SplitSeq(h, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return strings.IndexFunc(h, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}) < 0
}

func isIP(h string) bool {
	return strings.Contains(h, ":") || strings.Trim(h, "0123456789.") == ""
}

// underDNS reports whether host satisfies the constraint x, to the left of which labels
// may be added. A constraint with a leading period, which RFC 5280 does not have for
// DNS names, requires at least one label. A name *.d has a part below every d' that is
// one label longer.
func underDNS(host, x string, wide bool) bool {
	host, x = strings.ToLower(host), strings.ToLower(x)
	if x == "" {
		return true
	}
	bare := strings.TrimPrefix(x, ".")
	if strings.HasSuffix(host, "."+bare) || host == bare && (wide || bare == x) {
		return true
	}
	if parent, ok := strings.CutPrefix(host, "*."); ok && wide {
		if _, rest, more := strings.Cut(bare, "."); more && rest == parent {
			return true
		}
	}
	return false
}

// hostIn reports whether host satisfies the constraint x: a host, or with a leading
// period everything below it.
func hostIn(host, x string) bool {
	host, x = strings.ToLower(host), strings.ToLower(x)
	if x == "" {
		return true
	}
	if strings.HasPrefix(x, ".") {
		return strings.HasSuffix(host, x) && len(host) > len(x)
	}
	return host == x
}

// mailboxIn reports whether box satisfies the constraint x: a mailbox, a host, or with
// a leading period all hosts below one. Quoted local parts have several spellings and
// are refused.
func mailboxIn(box, x string, wide bool) (in, ok bool) {
	at := strings.LastIndexByte(box, '@')
	if at < 1 || strings.ContainsAny(box[:at], "\"\\@ ") || !ascii(box) || !hostOK(box[at+1:], false) || at == len(box)-1 {
		return false, false
	}
	xat := strings.LastIndexByte(x, '@')
	if !hostOK(strings.TrimPrefix(x[xat+1:], "."), false) {
		return false, false
	}
	if xat < 0 {
		return hostIn(box[at+1:], x), true
	}
	sameBox := box[:at] == x[:xat] || wide && strings.EqualFold(box[:at], x[:xat])
	return sameBox && strings.EqualFold(box[at+1:], x[xat+1:]), true
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// ipIn reports whether ip satisfies the constraint x: an address and a mask of its
// length.
func ipIn(ip, x string) (in, ok bool) {
	if len(ip) != 4 && len(ip) != 16 {
		return false, false
	}
	if len(x) != 2*len(ip) {
		return false, true // another family
	}
	masked := func(a string) []byte {
		out := make([]byte, len(ip))
		for i := range out {
			out[i] = a[i] & x[len(ip)+i]
		}
		return out
	}
	return bytes.Equal(masked(ip), masked(x)), true
}
