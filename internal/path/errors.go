package path

import (
	"crypto/x509"
	"fmt"
)

// Code names the kind of rule that a path breaks.
type Code string

// The codes of Error.
const (
	NoChain     Code = "NO_CHAIN"      // no issuer of a certificate is known
	Signature   Code = "SIGNATURE"     // an issuer has the right name, but a different key
	Algorithm   Code = "ALGORITHM"     // a key or a signature algorithm that is weak or unknown
	Expired     Code = "EXPIRED"       // a certificate, or the anchor, had expired
	NotYetValid Code = "NOT_YET_VALID" // a certificate, or the anchor, was not yet valid
	Constraints Code = "CONSTRAINTS"   // basicConstraints, pathLen, names, policies, an extension that is not understood
	KeyUsage    Code = "KEY_USAGE"     // keyUsage or extKeyUsage does not allow the use
	Limit       Code = "LIMIT"         // the search, a path or a bag is larger than allowed
	BadOptions  Code = "OPTIONS"       // the caller's options make no sense
)

// Error says which rule a path breaks, and which certificate broke it.
type Error struct {
	Code   Code
	Detail string
	Cert   *x509.Certificate // nil if no single certificate is at fault
}

// Error names the code and the detail.
func (e *Error) Error() string {
	if e.Cert == nil {
		return fmt.Sprintf("path: %s: %s", e.Code, e.Detail)
	}
	return fmt.Sprintf("path: %s: %s (%s)", e.Code, e.Detail, e.Cert.Subject)
}

func errf(code Code, cert *x509.Certificate, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), Cert: cert}
}
