package report

import (
	"strings"

	"github.com/dajiaqian/dajiaqian/verify"
)

// The namespaces of TS 119 102-2 v1.4.1.
const (
	nsReport = "http://uri.etsi.org/19102/v1.4.1#"
	nsDsig   = "http://www.w3.org/2000/09/xmldsig#"
	nsXAdES  = "http://uri.etsi.org/01903/v1.3.2#"
	nsList   = "http://uri.etsi.org/02231/v2#"
)

// own begins the names that this verifier gives to its constraints and data.
const own = "https://github.com/dajiaqian/dajiaqian/verify#"

// The beginnings of ETSI's names.
const (
	urnMain       = "urn:etsi:019102:mainindication:"
	urnSub        = "urn:etsi:019102:subindication:"
	urnObject     = "urn:etsi:019102:validationObject:"
	urnConstraint = "urn:etsi:019102:constraintStatus:"
	urnProof      = "urn:etsi:019102:poetype:"
	urnProcess    = "urn:etsi:019102:validationprocess:"
	urnRevoked    = "urn:etsi:019102:revocationReason:"
)

// mainIndication returns the name of an indication. That of a timestamp is that of its
// building block (EN 319 102-1, 5.4), which is never "total".
func mainIndication(s *verify.Signature) string {
	name := "indeterminate"
	switch s.Indication {
	case verify.TotalPassed:
		name = "passed"
	case verify.TotalFailed:
		name = "failed"
	default:
		return urnMain + name
	}
	if s.Kind == verify.KindSignature {
		name = "total-" + name
	}
	return urnMain + name
}

// revocationReason returns the name of a CRLReason (RFC 5280, 5.3.1), empty if there is
// none.
func revocationReason(n int) string {
	names := [...]string{"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
		"certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise"}
	if n < 0 || n >= len(names) || names[n] == "" {
		return ""
	}
	return urnRevoked + names[n]
}

// digestURI returns the name of a hash (RFC 9231, 2.1), empty if it has none.
func digestURI(name string) string {
	switch name {
	case "SHA1":
		return "http://www.w3.org/2000/09/xmldsig#sha1"
	case "SHA256":
		return "http://www.w3.org/2001/04/xmlenc#sha256"
	case "SHA384":
		return "http://www.w3.org/2001/04/xmldsig-more#sha384"
	case "SHA512":
		return "http://www.w3.org/2001/04/xmlenc#sha512"
	case "SM3":
		return "urn:oid:1.2.156.10197.1.401" // GM/T 0006: XML has no name for it
	}
	return ""
}

// signatureURI returns the name of a scheme with its hash (RFC 9231, 2.3), empty if it has
// none.
func signatureURI(scheme, hash string) string {
	h := strings.ToLower(hash)
	switch scheme {
	case "RSA":
		if hash == "SHA1" {
			return "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
		}
		return "http://www.w3.org/2001/04/xmldsig-more#rsa-" + h
	case "RSA-PSS":
		return "http://www.w3.org/2007/05/xmldsig-more#" + h + "-rsa-MGF1"
	case "ECDSA":
		return "http://www.w3.org/2001/04/xmldsig-more#ecdsa-" + h
	case "Ed25519":
		return "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"
	case "SM2":
		return "urn:oid:1.2.156.10197.1.501" // SM2 with SM3
	}
	return ""
}
