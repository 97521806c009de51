// Package path finds and validates certification paths (RFC 5280, 6), and checks the
// revocation of their certificates against a time at which the signature is known to
// have existed (EN 319 102-1, 5.2.5, 5.2.6 and 5.6.2).
//
// It has one set of rules for RSA, RSA-PSS, ECDSA, Ed25519 and SM2:
// cms.ParseCertificate parsed every certificate, and x509.Certificate.Verify, which
// does not know SM2, is not used. The rules read a certificate from its extensions,
// because the two parsers below fill different fields.
//
// The package fetches nothing. Certificates and evidence are untrusted candidates, and
// only the anchors are trusted. All work is limited: a path has at most 10
// certificates, a bag at most 1024, a search at most 200 signature checks and 2000
// steps.
package path
