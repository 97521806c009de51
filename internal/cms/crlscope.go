package cms

import (
	"sync"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// scope is an IssuingDistributionPoint: which certificates and reasons a list covers
// (RFC 5280, 5.2.5).
type scope struct {
	raw         string
	names       func() map[string]bool // of its distribution point; nil is every point
	users       bool                   // certificates of users only
	authorities bool                   // of authorities only
	attributes  bool                   // attribute certificates only
	indirect    bool                   // it may hold entries of other issuers
	reasons     Reasons
}

// readScope reads an IssuingDistributionPoint of a list of issuer.
//
// QUIRK: 5.2.5 forbids an empty one, and DER a FALSE that is written out. Both say
// nothing, and are read as such. TestScopes.
func readScope(value, issuer []byte) (scope, bool) {
	out := scope{raw: string(value), reasons: AllReasons}
	top := &reader{s: cryptobyte.String(value)}
	in := top.element(cbasn1.SEQUENCE)
	if !top.done() {
		return out, false
	}
	if in.peek(tag0) {
		point := in.element(tag0)
		if !pointForm(*point) {
			return out, false
		}
		out.names = sync.OnceValue(func() map[string]bool { // names take long to compare: only of lists that are used
			found := map[string]bool{}
			names, _ := pointName(point, issuer)
			for _, n := range names {
				found[n] = true
			}
			return found
		})
	}
	flag := func(tag cbasn1.Tag, to *bool) {
		if !in.peek(tag) {
			return
		}
		v := in.element(tag).s
		if len(v) != 1 || v[0] != 0 && v[0] != 0xff {
			in.bad = true
			return
		}
		*to = v[0] != 0
	}
	flag(flags1, &out.users)
	flag(flags2, &out.authorities)
	if in.peek(flags3) {
		mask := in.element(flags3)
		out.reasons = mask.reasons()
		in.bad = in.bad || mask.bad
	}
	flag(flags4, &out.indirect)
	flag(flags5, &out.attributes)
	return out, in.done()
}

// About reports whether the list may speak about the target: its issuer is the
// target's, or it is an indirect list whose issuer one of the target's distribution
// points names (RFC 5280, 6.3.3, b.1). It does not check the signature. Serial numbers
// of attribute certificates are others, so a list of those is about no certificate.
func (c *CRL) About(t *Target) bool {
	return !c.scope.attributes && (c.issuerKey == t.issuer || c.scope.indirect && t.issuers[directory(c.issuerKey)])
}

// Covers returns the reasons for which a target that the list does not name is not
// revoked (RFC 5280, 6.3.3, b and d). It is 0 for a list that gives no good news about
// the target: one of other points or kinds of certificates, a delta list, and one with
// a critical extension that is not known (5.2 and 5.3). Bad news of such a list counts
// (A47).
func (c *CRL) Covers(t *Target) Reasons {
	s := &c.scope
	if !c.About(t) || c.Base != nil || c.strange || s.users && t.ca || s.authorities && !t.ca {
		return 0
	}
	var out Reasons
	for _, p := range t.points {
		if c.serves(t, p) {
			out |= s.reasons & p.reasons
		}
	}
	// A list of the issuer that no point names: 6.3.3 assumes a point whose name is the
	// issuer's, for all reasons.
	if c.issuerKey == t.issuer && (s.names == nil || s.names()[directory(t.issuer)]) {
		out |= s.reasons
	}
	return out
}

// serves reports whether the list belongs to a distribution point of the target
// (6.3.3, b.1 and b.2.i).
//
// QUIRK: 4.2.1.13 leaves cRLIssuer out if it is the certificate's own issuer. Some
// write it, and their lists are not marked as indirect. TestPKITSPoints (4.14.35c).
func (c *CRL) serves(t *Target, p point) bool {
	switch {
	case p.issuers == nil && c.issuerKey != t.issuer:
		return false
	case p.issuers != nil && !((c.scope.indirect || c.issuerKey == t.issuer) && hasName(p.issuers, directory(c.issuerKey))):
		return false
	case c.scope.names == nil:
		return true
	}
	names := p.names
	if names == nil {
		names = p.issuers
	}
	for _, n := range names {
		if c.scope.names()[n] {
			return true
		}
	}
	return false
}

func hasName(list []string, name string) bool {
	for _, n := range list {
		if n == name {
			return true
		}
	}
	return false
}

// Updates reports whether the list is a delta of base: of the same issuer and scope,
// made upon base or an earlier list, and later than base (RFC 5280, 5.2.4 and 6.3.3,
// c). Both must be signed by the same key, which the caller checks.
func (c *CRL) Updates(base *CRL) bool {
	return c.Base != nil && base.Base == nil && c.Number != nil && base.Number != nil &&
		c.issuerKey == base.issuerKey && c.scope.raw == base.scope.raw &&
		c.Base.Cmp(base.Number) <= 0 && base.Number.Cmp(c.Number) < 0 && !c.ThisUpdate.Before(base.ThisUpdate)
}
