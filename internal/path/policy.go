package path

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// anyPolicy is 2.5.29.32.0.
const anyPolicy = "\x55\x1d\x20\x00"

// policies is the state of RFC 5280, 6.1.2, d to f, for a caller who accepts any policy
// and does not ask for one: a path fails only if its own certificates ask for a policy
// and none is left.
//
// Then only the lowest row of the valid_policy_tree counts, and of each node in it only
// the policies that it expects next: the tree is NULL if and only if that row is empty.
// So the row is kept as a set and cannot grow beyond what one certificate names (RFC
// 9618, which replaced the tree for the same reason).
type policies struct {
	expected map[string]bool // nil is the NULL tree
	explicit int             // certificates until a policy must be left
	mapping  int             // until mappings are no longer followed
	any      int             // until anyPolicy no longer counts
}

func newPolicies(n int) policies {
	return policies{expected: map[string]bool{anyPolicy: true}, explicit: n + 1, mapping: n + 1, any: n + 1}
}

// certificate applies RFC 5280, 6.1.3, d and e. The check of f is made once, by end: a
// count at zero or a NULL tree no longer changes.
func (p *policies) certificate(f *facts, selfIssued, leaf bool) {
	switch {
	case !f.hasPolicies:
		p.expected = nil
	case p.expected != nil:
		row := map[string]bool{}
		hasAny := false
		for _, id := range f.policies {
			if id == anyPolicy {
				hasAny = true
			} else if p.expected[id] || p.expected[anyPolicy] {
				row[id] = true
			}
		}
		if hasAny && (p.any > 0 || !leaf && selfIssued) {
			for id := range p.expected {
				row[id] = true
			}
		}
		p.expected = row
		if len(row) == 0 {
			p.expected = nil
		}
	}
}

// next applies RFC 5280, 6.1.4, a, b and h to j.
func (p *policies) next(cert *x509.Certificate, f *facts, anchor bool) *Error {
	if !anchor {
		if err := p.follow(cert, f); err != nil {
			return err
		}
		if string(cert.RawSubject) != string(cert.RawIssuer) {
			p.explicit, p.mapping, p.any = max(p.explicit-1, 0), max(p.mapping-1, 0), max(p.any-1, 0)
		}
	}
	lower := func(have *int, given int) {
		if given >= 0 && given < *have {
			*have = given
		}
	}
	lower(&p.explicit, f.requireExplicit)
	lower(&p.mapping, f.inhibitMapping)
	lower(&p.any, f.inhibitAny)
	return nil
}

// follow replaces the policies that a certificate maps by what it maps them to, or
// drops them if mapping is inhibited.
func (p *policies) follow(cert *x509.Certificate, f *facts) *Error {
	for _, m := range f.mappings {
		if m[0] == anyPolicy || m[1] == anyPolicy {
			return errf(Constraints, cert, "a policy mapping of anyPolicy")
		}
	}
	if p.expected == nil || len(f.mappings) == 0 {
		return nil
	}
	row := make(map[string]bool, len(p.expected))
	for id := range p.expected {
		row[id] = true
	}
	for _, m := range f.mappings {
		delete(row, m[0])
	}
	if p.mapping > 0 {
		for _, m := range f.mappings {
			if p.expected[m[0]] || p.expected[anyPolicy] {
				row[m[1]] = true
			}
		}
	}
	p.expected = row
	if len(row) == 0 {
		p.expected = nil
	}
	return nil
}

// end applies RFC 5280, 6.1.5, a, b and g.
func (p *policies) end(cert *x509.Certificate, f *facts) *Error {
	if p.explicit > 0 {
		p.explicit--
	}
	if f.requireExplicit == 0 {
		p.explicit = 0
	}
	if p.explicit == 0 && p.expected == nil {
		return errf(Constraints, cert, "a certificate policy is required and none is left")
	}
	return nil
}

// readPolicies reads RFC 5280, 4.2.1.4. Qualifiers are skipped.
func (f *facts) readPolicies(v cryptobyte.String) bool {
	f.hasPolicies = true
	var list cryptobyte.String
	if !v.ReadASN1(&list, cbasn1.SEQUENCE) || !v.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var one cryptobyte.String
		var id string
		if !list.ReadASN1(&one, cbasn1.SEQUENCE) || !oid(&one, &id) || len(f.policies) == maxPolicies {
			return false
		}
		f.policies = append(f.policies, id)
	}
	return true
}

// policyMappings reads RFC 5280, 4.2.1.5.
func (f *facts) policyMappings(v cryptobyte.String) bool {
	var list cryptobyte.String
	if !v.ReadASN1(&list, cbasn1.SEQUENCE) || !v.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var one cryptobyte.String
		var m [2]string
		if !list.ReadASN1(&one, cbasn1.SEQUENCE) || !oid(&one, &m[0]) || !oid(&one, &m[1]) || !one.Empty() ||
			len(f.mappings) == maxPolicies {
			return false
		}
		f.mappings = append(f.mappings, m)
	}
	return true
}

// policyConstraints reads RFC 5280, 4.2.1.11.
func (f *facts) policyConstraints(v cryptobyte.String) bool {
	tag0, tag1 := cbasn1.Tag(0).ContextSpecific(), cbasn1.Tag(1).ContextSpecific()
	var in cryptobyte.String
	if !v.ReadASN1(&in, cbasn1.SEQUENCE) || !v.Empty() || in.Empty() {
		return false
	}
	if in.PeekASN1Tag(tag0) && !count(&in, tag0, &f.requireExplicit) {
		return false
	}
	if in.PeekASN1Tag(tag1) && !count(&in, tag1, &f.inhibitMapping) {
		return false
	}
	return in.Empty()
}
