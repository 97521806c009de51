// Package path finds and judges certification paths (RFC 5280, 6), and judges
// the revocation of their certificates against a time at which the signature is
// known to have existed (EN 319 102-1, 5.2.5, 5.2.6 and 5.6.2).
//
// It has one set of rules for RSA, RSA-PSS, ECDSA, Ed25519 and SM2: every
// certificate is one that cms.ParseCertificate returned, and x509.Certificate.Verify,
// which knows no SM2, is not used. What the rules read of a certificate they read
// from its extensions, because the two parsers below fill different fields.
//
// Nothing here fetches anything: certificates and evidence are bags of untrusted
// candidates, and only the anchors are believed. All work is bounded: a path has
// at most 10 certificates, a bag at most 1024, a search at most 200 signature
// checks and 2000 steps.
package path
