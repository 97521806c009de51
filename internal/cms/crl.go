package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// MaxCRL is the longest CRL that is read, in bytes.
const MaxCRL = 16 << 20

// maxExts is how many extensions a list or a response may have.
const maxExts = 64

// CRL is a parsed certificate revocation list (RFC 5280, 5). Entries stay in their
// encoded form and are searched on demand.
type CRL struct {
	ThisUpdate time.Time
	NextUpdate time.Time // zero if none is given
	Number     *big.Int  // cRLNumber; nil if none is given
	Base       *big.Int  // baseCRLNumber of a delta list; nil for a complete one
	Memory     *Memory   // of its signature; may be nil

	raw       []byte
	issuer    []byte
	issuerKey string // NameKey
	entries   []byte // the content of revokedCertificates
	strange   bool   // it has a critical extension that is not known
	foreign   bool   // an entry has a certificateIssuer
	scope     scope
}

// Raw returns the list as it was read, in DER. It must not be written to.
func (c *CRL) Raw() []byte { return c.raw }

// ParseCRL reads a list of at most [MaxCRL] bytes.
func ParseCRL(der []byte) (*CRL, error) {
	if len(der) > MaxCRL {
		return nil, errf(CodeLimit, "a CRL of more than %d bytes", MaxCRL)
	}
	bad := errf(CodeRevocation, "a CRL of a wrong form")
	top := &reader{s: cryptobyte.String(der)}
	seq := top.element(cbasn1.SEQUENCE)
	tbs := seq.element(cbasn1.SEQUENCE)
	outer := seq.algorithm()
	if seq.bad || !top.done() {
		return nil, bad
	}
	c := &CRL{raw: der, scope: scope{reasons: AllReasons}}
	v2 := tbs.peek(cbasn1.INTEGER)
	if v2 && tbs.integer() != 1 { // 5.1.2.1: version 1 is not written out
		return nil, bad
	}
	if inner := tbs.algorithm(); !inner.oid.Equal(outer.oid) || !bytes.Equal(inner.params, outer.params) {
		return nil, bad // RFC 5280, 5.1.1.2
	}
	c.issuer = tbs.raw(cbasn1.SEQUENCE)
	c.ThisUpdate = tbs.utcOrGeneralized()
	if tbs.peek(cbasn1.UTCTime) || tbs.peek(cbasn1.GeneralizedTime) {
		c.NextUpdate = tbs.utcOrGeneralized()
	}
	if tbs.bad {
		return nil, bad
	}
	c.issuerKey = NameKey(c.issuer)
	if tbs.peek(cbasn1.SEQUENCE) {
		// QUIRK: 5.1.2.6 forbids an empty revokedCertificates; authorities that have
		// revoked nothing write it. TestListForms.
		c.entries = tbs.element(cbasn1.SEQUENCE).s
	}
	if tbs.bad || !c.scan(v2) {
		return nil, bad
	}
	if tbs.peek(tag0) {
		exts := tbs.element(tag0)
		if !v2 || !exts.extensions(maxExts, c.readExtension) || !exts.done() {
			return nil, bad
		}
	}
	if !tbs.done() {
		return nil, bad
	}
	return c, nil
}

var (
	oidDeltaCRL      = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingPoint  = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidCRLNumber     = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidAuthorityKey  = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidFreshestCRL   = asn1.ObjectIdentifier{2, 5, 29, 46}
	oidAuthorityInfo = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
)

// readExtension reads one extension of the list. It returns false if one that is read
// has a wrong form.
func (c *CRL) readExtension(oid asn1.ObjectIdentifier, critical bool, v *reader) (ok bool) {
	switch {
	case oid.Equal(oidDeltaCRL):
		c.Base, ok = v.number()
	case oid.Equal(oidCRLNumber):
		c.Number, ok = v.number()
	case oid.Equal(oidIssuingPoint):
		c.scope, ok = readScope(v.s, c.issuer)
	case oid.Equal(oidAuthorityKey), oid.Equal(oidFreshestCRL), oid.Equal(oidAuthorityInfo):
		ok = true // they prove nothing, and are not read
	default:
		c.strange, ok = c.strange || critical, true
	}
	return ok
}

// number reads a CRLNumber and nothing behind it: at most 20 bytes, not negative (RFC
// 5280, 5.2.3).
func (r *reader) number() (*big.Int, bool) {
	n := new(big.Int)
	if r.bad || !r.s.ReadASN1Integer(n) || !r.done() || n.Sign() < 0 || n.BitLen() > 160 {
		return nil, false
	}
	return n, true
}

// extensions reads Extensions, at most limit of them, none of them twice (RFC 5280,
// 4.2; A50), and gives the value of each to take. It returns false if take does, or if the
// list has a wrong form.
func (r *reader) extensions(limit int, take func(oid asn1.ObjectIdentifier, critical bool, v *reader) bool) bool {
	list := r.element(cbasn1.SEQUENCE)
	seen := make([]asn1.ObjectIdentifier, 0, 4)
	for !list.bad && !list.s.Empty() {
		e := list.element(cbasn1.SEQUENCE)
		oid := e.oid()
		critical := false
		if e.peek(cbasn1.BOOLEAN) && !e.s.ReadASN1Boolean(&critical) {
			return false
		}
		v := e.element(cbasn1.OCTET_STRING)
		if !e.done() || len(seen) == limit {
			return false
		}
		for _, s := range seen {
			if s.Equal(oid) {
				return false
			}
		}
		seen = append(seen, oid)
		if !take(oid, critical, v) {
			return false
		}
	}
	return !list.bad
}

func (r *reader) utcOrGeneralized() time.Time {
	var t time.Time
	switch {
	case r.peek(cbasn1.UTCTime):
		if !r.s.ReadASN1UTCTime(&t) {
			r.bad = true
		}
	default:
		if r.bad || !r.s.ReadASN1GeneralizedTime(&t) {
			r.bad = true
		}
	}
	return t
}

// IssuerKey is the NameKey of the list's issuer.
func (c *CRL) IssuerKey() string { return c.issuerKey }

// Check checks that the key of signer signed the list, that signer has the name of the
// list's issuer, and that its keyUsage, if it has one, allows lists. What the list
// covers is for [CRL.Covers] to say.
func (c *CRL) Check(signer *x509.Certificate) error {
	if !bytes.Equal(c.issuer, signer.RawSubject) && c.issuerKey != NameKey(signer.RawSubject) {
		return errf(CodeRevocation, "the CRL is another issuer's")
	}
	if signer.KeyUsage != 0 && signer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return errf(CodeRevocation, "the issuer may not sign CRLs")
	}
	return c.Memory.checkSigned(c.raw, signer)
}
