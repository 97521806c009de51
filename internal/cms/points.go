package cms

import (
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Reasons is a set of reasons for a revocation (RFC 5280, 4.2.1.13): bit n is the
// ReasonFlag n.
type Reasons uint16

// AllReasons are the reasons that a status must be known for (RFC 5280, 6.3.2, a). Flag
// 0 has no meaning.
const AllReasons Reasons = 0x1fe

// HoldReason is the flag of certificateHold.
const HoldReason Reasons = 1 << 6

// Limits of distribution points.
const (
	maxPoints     = 32 // of one certificate
	maxPointNames = 64 // of one distribution point
)

// point is one DistributionPoint of a certificate.
type point struct {
	names   []string // each a key of generalName; nil if it has no name
	reasons Reasons
	issuers []string // of cRLIssuer; nil is the certificate's own issuer
}

// Target is a certificate whose status lists are searched for, with what counts about
// it: its issuer, whether it is an authority's, and its cRLDistributionPoints.
type Target struct {
	Cert *x509.Certificate

	// Malformed reports that the distribution points cannot be read. Then the
	// certificate counts as one that has none.
	Malformed bool

	issuer  string // NameKey
	ca      bool
	points  []point
	issuers map[string]bool // of all points
}

// NewTarget reads what lists need of a certificate.
func NewTarget(cert *x509.Certificate) *Target {
	t := &Target{Cert: cert, issuer: NameKey(cert.RawIssuer), ca: cert.BasicConstraintsValid && cert.IsCA}
	for _, e := range cert.Extensions {
		if !e.Id.Equal(oidPoints) {
			continue
		}
		points, ok := readPoints(e.Value, cert.RawIssuer)
		if !ok || t.points != nil {
			t.points, t.Malformed = nil, true
			break
		}
		t.points = points
	}
	t.issuers = map[string]bool{}
	for _, p := range t.points {
		for _, n := range p.issuers {
			t.issuers[n] = true
		}
	}
	return t
}

// AnswersItself reports whether the certificate is to be found in a list that it signs
// itself: each of its distribution points names its own subject as cRLIssuer. Its
// issuer has decided so, as with id-pkix-ocsp-nocheck for responders.
func (t *Target) AnswersItself() bool {
	own := directory(NameKey(t.Cert.RawSubject))
	for _, p := range t.points {
		if len(p.issuers) != 1 || p.issuers[0] != own {
			return false
		}
	}
	return len(t.points) > 0
}

var oidPoints = asn1.ObjectIdentifier{2, 5, 29, 31}

// readPoints reads CRLDistributionPoints. A name that is relative to the issuer of the
// list is completed by cRLIssuer, else by the certificate's issuer.
func readPoints(value, issuer []byte) ([]point, bool) {
	top := &reader{s: cryptobyte.String(value)}
	list := top.element(cbasn1.SEQUENCE)
	if !top.done() || list.s.Empty() {
		return nil, false
	}
	var out []point
	for !list.s.Empty() {
		one := list.element(cbasn1.SEQUENCE)
		if len(out) == maxPoints {
			return nil, false
		}
		p := point{reasons: AllReasons}
		var name *reader
		if one.peek(tag0) {
			name = one.element(tag0)
		}
		if one.peek(flags1) {
			mask := one.element(flags1)
			p.reasons = mask.reasons()
			one.bad = one.bad || mask.bad
		}
		base := issuer
		if one.peek(tag2) {
			var dir []byte
			var ok bool
			if p.issuers, dir, ok = generalNames(one.element(tag2)); !ok {
				return nil, false
			}
			if base = dir; len(p.issuers) > 1 { // 4.2.1.13: then no relative name
				base = nil
			}
		}
		if name != nil {
			var ok bool
			if p.names, ok = pointName(name, base); !ok {
				return nil, false
			}
		}
		if !one.done() || list.bad {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}

// Tags of IMPLICIT strings and flags.
const (
	flags1 = cbasn1.Tag(0x81)
	flags2 = cbasn1.Tag(0x82)
	flags3 = cbasn1.Tag(0x83)
	flags4 = cbasn1.Tag(0x84)
	flags5 = cbasn1.Tag(0x85)
)

// pointForm reports whether a DistributionPointName has the right form.
func pointForm(r reader) bool {
	if r.peek(tag0) {
		_, ok := lastDirectory(r.element(tag0))
		return ok && r.done()
	}
	rdn := r.element(tag1)
	n := 0
	for ; !rdn.bad && !rdn.s.Empty() && n < maxRDNs; n++ {
		one := rdn.element(cbasn1.SEQUENCE)
		one.oid()
		var v cryptobyte.String
		var tag cbasn1.Tag
		rdn.bad = rdn.bad || one.bad || !one.s.ReadAnyASN1(&v, &tag) || !one.done()
	}
	return n > 0 && rdn.done() && r.done()
}

// pointName reads a DistributionPointName. base is the name that a relative one
// belongs to; nil allows none.
func pointName(r *reader, base []byte) ([]string, bool) {
	if r.peek(tag0) {
		names, _, ok := generalNames(r.element(tag0))
		return names, ok && r.done()
	}
	left := maxFolded
	rdn, ok := comparableRDN(r.element(tag1).s, &left)
	if !ok || !r.done() || base == nil {
		return nil, false
	}
	key := NameKey(base)
	if key[0] != '=' {
		return nil, false
	}
	return []string{directory(string(appendPart([]byte(key), rdn)))}, true
}

// directory returns the key of a directoryName.
func directory(nameKey string) string { return "n" + nameKey }

// lastDirectory reads the form of GeneralNames, at least one, and returns the last
// directoryName as it is written, nil if there is none.
func lastDirectory(r *reader) (dir []byte, ok bool) {
	n := 0
	for ; !r.bad && !r.s.Empty(); n++ {
		var v cryptobyte.String
		var tag cbasn1.Tag
		if !r.s.ReadAnyASN1(&v, &tag) || tag&0xc0 != 0x80 || tag&0x1f > 8 || n == maxPointNames {
			return nil, false
		}
		if tag == 0xa4 {
			in := &reader{s: v}
			if dir = in.raw(cbasn1.SEQUENCE); !in.done() {
				return nil, false
			}
		}
	}
	return dir, !r.bad && n > 0
}

// generalNames reads GeneralNames, at least one. It returns a key of each, by which
// equal names are equal, and the last directoryName as it is written.
func generalNames(r *reader) (keys []string, dir []byte, ok bool) {
	for !r.bad && !r.s.Empty() {
		var v cryptobyte.String
		var tag cbasn1.Tag
		if !r.s.ReadAnyASN1(&v, &tag) || tag&0xc0 != 0x80 || tag&0x1f > 8 || len(keys) == maxPointNames {
			return nil, nil, false
		}
		if tag != 0xa4 {
			keys = append(keys, string(append([]byte{byte(tag)}, v...)))
			continue
		}
		in := &reader{s: v}
		if dir = in.raw(cbasn1.SEQUENCE); !in.done() {
			return nil, nil, false
		}
		keys = append(keys, directory(NameKey(dir)))
	}
	return keys, dir, !r.bad && len(keys) > 0
}

// reasons reads the content of ReasonFlags. Flags that have no meaning do not count.
func (r *reader) reasons() Reasons {
	b := r.s
	if r.bad || len(b) < 1 || b[0] > 7 || len(b) == 1 && b[0] != 0 || len(b) > 1 && b[len(b)-1]&(1<<b[0]-1) != 0 {
		r.bad = true
		return 0
	}
	var out Reasons
	for i := range 9 {
		if at := 1 + i/8; at < len(b) && b[at]&(0x80>>(i%8)) != 0 {
			out |= 1 << i
		}
	}
	return out & AllReasons
}
