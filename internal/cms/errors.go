package cms

import "fmt"

// Error says which rule a CMS structure breaks.
type Error struct {
	Code   string // one of the Code constants
	Detail string
}

// Error names the code and the detail.
func (e *Error) Error() string { return fmt.Sprintf("cms: %s: %s", e.Code, e.Detail) }

// Codes of Error.
const (
	CodeDER           = "DER"            // not strict DER, a wrong form, trailing bytes
	CodeLimit         = "LIMIT"          // larger or deeper than allowed
	CodeContent       = "CONTENT"        // content present or absent against the rule, or of a wrong type
	CodeSignerInfos   = "SIGNER_INFOS"   // not exactly one SignerInfo
	CodeSigner        = "SIGNER"         // not exactly one certificate matches the signer
	CodeAttributes    = "ATTRIBUTES"     // signed attributes absent, doubled, or not canonical
	CodeMessageDigest = "MESSAGE_DIGEST" // the message digest does not match
	CodeSigningCert   = "SIGNING_CERT"   // the signing-certificate attribute does not match
	CodeAlgorithm     = "ALGORITHM"      // an algorithm that is weak or inconsistent
	CodeWeak          = "WEAK"           // what verifies, but rests on a weak algorithm
	CodeUnsupported   = "UNSUPPORTED"    // an algorithm or a kind of key that cannot be checked here
	CodeSignature     = "SIGNATURE"      // the signature value does not verify
	CodeRevocation    = "REVOCATION"     // an OCSP response or CRL that cannot be used
	CodeTimestamp     = "TIMESTAMP"      // a timestamp token breaks RFC 3161
)

func errf(code, format string, args ...any) error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}
