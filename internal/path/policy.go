package path

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// anyPolicy is 2.5.29.32.0.
const anyPolicy = "\x55\x1d\x20\x00"

// PolicyInputs are the inputs of RFC 5280, 6.1.1, c and e to g. The zero value accepts
// any policy and asks for none.
type PolicyInputs struct {
	Set            []string // user-initial-policy-set, as dotted numbers; empty is any policy
	Explicit       bool     // initial-explicit-policy: a policy of Set must be left at the end
	InhibitMapping bool     // initial-policy-mapping-inhibit
	InhibitAny     bool     // initial-any-policy-inhibit
}

// maxInitial is how many policies the caller may give.
const maxInitial = 100

// read returns the set as the policies in certificates are written, nil for any policy.
func (in PolicyInputs) read() (map[string]bool, error) {
	if len(in.Set) > maxInitial {
		return nil, errf(BadOptions, nil, "more than %d policies", maxInitial)
	}
	var out map[string]bool
	for _, text := range in.Set {
		id, err := x509.ParseOID(text)
		if err != nil {
			return nil, errf(BadOptions, nil, "the policy %q is not an object identifier", text)
		}
		der, err := id.MarshalBinary()
		if err != nil {
			return nil, errf(BadOptions, nil, "the policy %q: %v", text, err)
		}
		if string(der) == anyPolicy {
			return nil, nil // a set that holds any policy is that of any
		}
		if out == nil {
			out = map[string]bool{}
		}
		out[string(der)] = true
	}
	return out, nil
}

// policies (A51) is the state of RFC 5280, 6.1.2, d to f, by the valid policy graph of RFC
// 9618, which replaced the tree because a tree can grow exponentially.
//
// Only the lowest row of the graph is kept, as a set form of it: each policy that the
// row expects next leads to its origins. An origin is a policy in the meaning of the
// anchor: the highest node above, or at, a node of the row that is not anyPolicy
// itself; for anyPolicy it is anyPolicy. That is all that 6.1.5, g asks of the upper
// rows, because a node without a way down to the lowest row is pruned, and with it an
// origin that has none. The graph is NULL if and only if the row is empty.
// TestPolicyModel compares it with the tree of RFC 5280.
//
// A row has at most as many policies as two certificates name, and an origin is named by
// one of at most 10 certificates, so that the work is bounded: maxPolicies for each.
type policies struct {
	row      map[string]origins // nil is the NULL graph
	explicit int                // certificates until a policy must be left
	mapping  int                // until mappings are no longer followed
	any      int                // until anyPolicy no longer counts
	user     map[string]bool    // nil is any policy
}

// origins is a set of policies. It is never changed once it stands in a row.
type origins map[string]bool

func newPolicies(n int, in PolicyInputs, user map[string]bool) policies {
	p := policies{row: map[string]origins{anyPolicy: {anyPolicy: true}}, explicit: n + 1, mapping: n + 1, any: n + 1, user: user}
	if in.Explicit {
		p.explicit = 0
	}
	if in.InhibitMapping {
		p.mapping = 0
	}
	if in.InhibitAny {
		p.any = 0
	}
	return p
}

// keep makes a row the lowest. An empty one is NULL.
func (p *policies) keep(row map[string]origins) {
	if p.row = row; len(row) == 0 {
		p.row = nil
	}
}

// certificate applies RFC 5280, 6.1.3, d and e. The check of f is made once, by end: a
// count at zero or a NULL graph no longer changes.
func (p *policies) certificate(f *facts, selfIssued, leaf bool) {
	if !f.hasPolicies {
		p.row = nil
	}
	if p.row == nil {
		return
	}
	row := map[string]origins{}
	hasAny := false
	for _, id := range f.policies {
		switch {
		case id == anyPolicy:
			hasAny = true
		case p.row[id] != nil: // d.1.i
			row[id] = p.row[id]
		case p.row[anyPolicy] != nil: // d.1.ii
			row[id] = origins{id: true}
		}
	}
	if hasAny && (p.any > 0 || !leaf && selfIssued) { // d.2
		for id, from := range p.row {
			if row[id] == nil {
				row[id] = from
			}
		}
	}
	p.keep(row)
}

// next applies RFC 5280, 6.1.4, a, b and h to j.
func (p *policies) next(cert *x509.Certificate, f *facts, anchor, selfIssued bool) *Error {
	if !anchor {
		if err := p.follow(cert, f); err != nil {
			return err
		}
		if !selfIssued {
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
// drops them if mapping is inhibited (6.1.4, a and b).
func (p *policies) follow(cert *x509.Certificate, f *facts) *Error {
	for _, m := range f.mappings {
		if m[0] == anyPolicy || m[1] == anyPolicy {
			return errf(Constraints, cert, "a policy mapping of anyPolicy")
		}
	}
	if p.row == nil || len(f.mappings) == 0 {
		return nil
	}
	row := make(map[string]origins, len(p.row))
	for id, from := range p.row {
		row[id] = from
	}
	for _, m := range f.mappings {
		delete(row, m[0])
	}
	for _, m := range f.mappings {
		if p.mapping == 0 {
			break
		}
		from := p.row[m[0]]
		if from == nil && p.row[anyPolicy] != nil {
			from = origins{m[0]: true}
		}
		if from == nil {
			continue
		}
		both := make(origins, len(from)+len(row[m[1]]))
		for _, set := range []origins{row[m[1]], from} {
			for id := range set {
				both[id] = true
			}
		}
		row[m[1]] = both
	}
	p.keep(row)
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
	if p.explicit == 0 && !p.accepted() {
		return errf(Constraints, cert, "a certificate policy is required and none is left")
	}
	return nil
}

// accepted reports whether a policy is left that the caller accepts (6.1.5, g).
func (p *policies) accepted() bool {
	if p.user == nil || p.row == nil {
		return p.row != nil
	}
	if p.row[anyPolicy] != nil {
		return true
	}
	for _, from := range p.row {
		for id := range from {
			if p.user[id] {
				return true
			}
		}
	}
	return false
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
