package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Policy says what a signature must satisfy. Roots, Time and Revocation are
// required; Verify refuses to start without them.
type Policy struct {
	Roots      *x509.CertPool // trust anchors; an empty pool trusts nobody
	Time       time.Time      // the time of validation
	Revocation Revocation
	MaxChange  Change // the most that may change after a signature; 0 means ChangeSign
	Password   string // of an encrypted file: its user's or its owner's
}

// Revocation says how the revocation of certificates is judged.
type Revocation int

const (
	// RequireRevocation passes no signature for which the file holds no
	// evidence that its certificates were not revoked.
	RequireRevocation Revocation = iota + 1

	// UnsafeSkipRevocation passes signatures without looking at revocation. Each
	// such signature carries the warning REVOCATION_NOT_CHECKED.
	UnsafeSkipRevocation
)

// Change grades what was done to a document after a signature.
type Change int

// The grades, from harmless to harmful (attacks.md D2). Unchecked is the zero
// value: nothing is known.
const (
	ChangeUnchecked  Change = iota
	ChangeNone              // nothing was added
	ChangeLTA               // validation data and document timestamps
	ChangeSign              // further valid signatures with their fields
	ChangeForm              // form fields were filled in
	ChangeAnnotation        // annotations were added
	ChangeOther             // anything else, or something that could not be understood
)

var changeNames = [...]string{"unchecked", "none", "lta", "sign", "form", "annotation", "other"}

func (c Change) String() string {
	if c < 0 || int(c) >= len(changeNames) {
		return fmt.Sprintf("Change(%d)", int(c))
	}
	return changeNames[c]
}

// ParseChange reads the name of a grade.
func ParseChange(s string) (Change, error) {
	for i, n := range changeNames {
		if s == n && i > 0 {
			return Change(i), nil
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
	case p.Revocation != RequireRevocation && p.Revocation != UnsafeSkipRevocation:
		return errors.New("verify: Policy.Revocation is required")
	case p.MaxChange < 0 || p.MaxChange > ChangeAnnotation:
		return errors.New("verify: Policy.MaxChange is out of range")
	}
	return nil
}
