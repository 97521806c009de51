package path

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// facts are what a certificate's extensions say. They are read here so that both
// parsers of certificates give the same result.
type facts struct {
	hasKeyUsage    bool
	hasExtKeyUsage bool
	isCA           bool
	pathLen        int // -1 if none is given
	names          []name
	constraints    *constraints

	hasPolicies     bool
	policies        []string // object identifiers, as bytes
	mappings        [][2]string
	requireExplicit int // -1 if not given
	inhibitMapping  int
	inhibitAny      int

	err *Error // what could not be understood
}

// maxPolicies is how many policies, and mappings, one certificate may have.
const maxPolicies = 100

// understood are the extensions of RFC 5280 that may be critical here.
// cRLDistributionPoints is one of them because cms.CRL.Covers reads it, and
// authorityKeyIdentifier because it proves nothing.
const (
	extKeyUsage          = 15
	extAltName           = 17
	extBasicConstraints  = 19
	extNameConstraints   = 30
	extPoints            = 31
	extPolicies          = 32
	extPolicyMappings    = 33
	extAuthorityKey      = 35
	extPolicyConstraints = 36
	extExtendedUsage     = 37
	extInhibitAny        = 54
)

// read returns the facts of a certificate, or why they cannot be read.
func (s *search) read(cert *x509.Certificate) (*facts, *Error) {
	f := s.facts[cert]
	if f == nil {
		f = &facts{pathLen: -1, requireExplicit: -1, inhibitMapping: -1, inhibitAny: -1}
		f.err = f.parse(cert)
		s.facts[cert] = f
	}
	return f, f.err
}

func (f *facts) parse(cert *x509.Certificate) *Error {
	var seen [64]bool
	for _, e := range cert.Extensions {
		arc := -1
		if len(e.Id) == 4 && e.Id[0] == 2 && e.Id[1] == 5 && e.Id[2] == 29 {
			arc = e.Id[3]
		}
		if arc >= 0 && arc < len(seen) {
			if seen[arc] {
				return errf(Constraints, cert, "extension %v stands twice", e.Id) // RFC 5280, 4.2
			}
			seen[arc] = true
		}
		ok, v := true, cryptobyte.String(e.Value)
		switch arc {
		case extKeyUsage:
			f.hasKeyUsage = true
		case extExtendedUsage:
			f.hasExtKeyUsage = true
		case extBasicConstraints:
			ok = f.basicConstraints(v)
		case extAltName:
			f.names, ok = readNames(v)
		case extNameConstraints:
			f.constraints, ok = readConstraints(v)
		case extPolicies:
			ok = f.readPolicies(v)
		case extPolicyMappings:
			ok = f.policyMappings(v)
		case extPolicyConstraints:
			ok = f.policyConstraints(v)
		case extInhibitAny:
			ok = count(&v, cbasn1.INTEGER, &f.inhibitAny) && v.Empty()
		case extPoints: // what cannot be read counts as no points, unless it is critical
			ok = !e.Critical || !cms.NewTarget(cert).Malformed
		case extAuthorityKey:
		default:
			if e.Critical {
				return errf(Constraints, cert, "extension %v is critical and not known", e.Id)
			}
		}
		if !ok {
			return errf(Constraints, cert, "extension %v is not understood", e.Id)
		}
	}
	return nil
}

// basicConstraints reads RFC 5280, 4.2.1.9. An authority's certificate must mark it
// critical; this is not checked, because it counts in any case.
func (f *facts) basicConstraints(v cryptobyte.String) bool {
	var in cryptobyte.String
	if !v.ReadASN1(&in, cbasn1.SEQUENCE) || !v.Empty() {
		return false
	}
	if in.PeekASN1Tag(cbasn1.BOOLEAN) && !in.ReadASN1Boolean(&f.isCA) {
		return false
	}
	if in.PeekASN1Tag(cbasn1.INTEGER) && !count(&in, cbasn1.INTEGER, &f.pathLen) {
		return false
	}
	return in.Empty()
}

// count reads an INTEGER from 0 to a million; a larger one counts as a million.
func count(in *cryptobyte.String, tag cbasn1.Tag, out *int) bool {
	const most = 1_000_000
	var n cryptobyte.String
	if !in.ReadASN1(&n, tag) || len(n) == 0 || n[0]&0x80 != 0 {
		return false
	}
	*out = 0
	for _, b := range n {
		*out = min(*out<<8|int(b), most)
	}
	return true
}

func oid(in *cryptobyte.String, out *string) bool {
	var v cryptobyte.String
	if !in.ReadASN1(&v, cbasn1.OBJECT_IDENTIFIER) || len(v) == 0 {
		return false
	}
	*out = string(v)
	return true
}
