package verify

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Policy says what a signature must satisfy. Roots, Time and Revocation are required;
// [Verify] refuses to start without them.
type Policy struct {
	Roots      []*x509.Certificate // trust anchors; an empty list, not nil, trusts nobody
	Time       time.Time           // the time of validation
	Revocation Revocation
	Online     Revocations // asked if the file holds no evidence; nil asks nobody
	MaxChange  ChangeLevel // the most that may change after a signature; 0 means ChangeSign
	Password   string      // of an encrypted file: the user's or the owner's
	Memory     *Memory     // of signature values that were found right; nil remembers nothing

	CertificatePolicies CertificatePolicies // what the signer's path must have; the zero value asks for none
}

// CertificatePolicies are the inputs about certificate policies of RFC 5280, 6.1.1, c
// and e to g. They count for the paths of signers, not for those of time stamping
// authorities. The zero value accepts any policy.
type CertificatePolicies struct {
	// Set holds the policies that are accepted, as dotted numbers such as
	// "1.2.156.112570.1"; at most 100. Empty accepts any policy.
	Set []string

	// RequireExplicit passes only a path whose certificates all have a policy, by the
	// same or by mapped numbers, that Set accepts. Without it such a path is required
	// only if a certificate of the path asks for it (requireExplicitPolicy).
	RequireExplicit bool

	InhibitMapping bool // policy mappings do not count
	InhibitAny     bool // anyPolicy in a certificate does not count
}

// Revocation says how the revocation of certificates is checked.
type Revocation int

const (
	// RequireRevocation passes a signature only if the file or Policy.Online has
	// evidence about its certificates, and those of its timestamps: that they were not
	// revoked when the signature was made.
	RequireRevocation Revocation = iota + 1

	// UnsafeAllowUnknown fails signatures whose certificates are known to have been
	// revoked. If there is no evidence, or none that is new enough, the signature
	// passes with the warning REVOCATION_NOT_CHECKED.
	UnsafeAllowUnknown

	// UnsafeSkipRevocation passes signatures without checking revocation. Each such
	// signature has the warning REVOCATION_NOT_CHECKED.
	UnsafeSkipRevocation
)

var revocationNames = [...]string{
	RequireRevocation:    "require",
	UnsafeAllowUnknown:   "allow unknown",
	UnsafeSkipRevocation: "skip",
}

// String returns the way of checking in English.
func (r Revocation) String() string { return enum.Name("Revocation", revocationNames[:], r) }

// ChangeLevel grades what was done to a document after a signature.
type ChangeLevel int

// The grades, from harmless to harmful (attacks.md D2). The zero value, Unchecked,
// means that nothing is known.
const (
	ChangeUnchecked  ChangeLevel = iota
	ChangeNone                   // nothing was added
	ChangeLTA                    // validation data and document timestamps
	ChangeSign                   // further valid signatures with their fields
	ChangeForm                   // form fields were filled in
	ChangeAnnotation             // annotations were added
	ChangeOther                  // anything else, or something that could not be understood
)

var changeLevelNames = [...]string{
	ChangeUnchecked:  "unchecked",
	ChangeNone:       "none",
	ChangeLTA:        "lta",
	ChangeSign:       "sign",
	ChangeForm:       "form",
	ChangeAnnotation: "annotation",
	ChangeOther:      "other",
}

// String returns the name in the contract, such as "sign".
func (c ChangeLevel) String() string { return enum.Name("ChangeLevel", changeLevelNames[:], c) }

// ParseChangeLevel reads the name of a grade.
func ParseChangeLevel(s string) (ChangeLevel, error) {
	for i, n := range changeLevelNames {
		if s == n && i > 0 {
			return ChangeLevel(i), nil
		}
	}
	return 0, fmt.Errorf("verify: unknown grade of change %q", s)
}

func (p *Policy) check() error {
	switch {
	case p.Roots == nil:
		return errors.New("verify: Policy.Roots is required")
	case p.Time.IsZero():
		return errors.New("verify: Policy.Time is required")
	case p.Revocation < RequireRevocation || p.Revocation > UnsafeSkipRevocation:
		return errors.New("verify: Policy.Revocation is required")
	case len(p.CertificatePolicies.Set) > 100:
		return errors.New("verify: Policy.CertificatePolicies.Set has more than 100 policies")
	case p.MaxChange < 0 || p.MaxChange > ChangeAnnotation:
		return errors.New("verify: Policy.MaxChange is out of range")
	}
	for _, id := range p.CertificatePolicies.Set {
		if _, err := x509.ParseOID(id); err != nil {
			return fmt.Errorf("verify: Policy.CertificatePolicies.Set: %q is not an object identifier", id)
		}
	}
	return nil
}

// ParseRoots reads trust anchors in PEM, or one in DER. It knows SM2 keys, which
// crypto/x509 does not.
func ParseRoots(data []byte) ([]*x509.Certificate, error) {
	block, rest := pem.Decode(data)
	if block == nil {
		c, err := cms.ParseCertificate(data)
		if err != nil {
			return nil, errors.New("verify: no certificate in PEM or DER form")
		}
		return []*x509.Certificate{c}, nil
	}
	var out []*x509.Certificate
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := cms.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("verify: a certificate that does not parse: %w", err)
		}
		out = append(out, c)
	}
	if out == nil {
		return nil, errors.New("verify: no certificate in PEM or DER form")
	}
	return out, nil
}
