package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// MaxCRL is the longest CRL that is read, in bytes.
const MaxCRL = 16 << 20

// CRL is a parsed certificate revocation list (RFC 5280, 5). Entries stay in their
// encoded form and are searched on demand.
type CRL struct {
	ThisUpdate time.Time
	NextUpdate time.Time // zero if none is given
	Memory     *Memory   // of its signature; may be nil

	raw     []byte
	issuer  []byte
	entries []byte   // the content of revokedCertificates
	usable  bool     // no extension restricts it in a way that is not understood
	points  []string // URIs of the distribution point of its certificates
	partial bool     // it covers only one distribution point
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
	c := &CRL{raw: der, usable: true}
	if tbs.peek(cbasn1.INTEGER) {
		if tbs.integer() != 1 { // v2
			return nil, bad
		}
	}
	if inner := tbs.algorithm(); !inner.oid.Equal(outer.oid) || !bytes.Equal(inner.params, outer.params) {
		return nil, bad // RFC 5280, 5.1.1.2
	}
	c.issuer = tbs.raw(cbasn1.SEQUENCE)
	c.ThisUpdate = tbs.utcOrGeneralized()
	if tbs.peek(cbasn1.UTCTime) || tbs.peek(cbasn1.GeneralizedTime) {
		c.NextUpdate = tbs.utcOrGeneralized()
	}
	if tbs.peek(cbasn1.SEQUENCE) {
		c.entries = tbs.element(cbasn1.SEQUENCE).s
	}
	if !c.scan() {
		return nil, bad
	}
	if tbs.peek(tag0) {
		c.readExtensions(tbs.element(tag0))
	}
	if !tbs.done() {
		return nil, bad
	}
	return c, nil
}

// scan looks for critical extensions of entries: an unknown one makes the whole list
// useless for every certificate (RFC 5280, 5.3). It returns false if an entry has a
// wrong form.
func (c *CRL) scan() bool {
	r := reader{s: cryptobyte.String(c.entries)}
	for !r.s.Empty() {
		e := r.element(cbasn1.SEQUENCE)
		e.raw(cbasn1.INTEGER)
		if !e.peek(cbasn1.UTCTime) {
			e.raw(cbasn1.GeneralizedTime)
		} else {
			e.raw(cbasn1.UTCTime)
		}
		if e.peek(cbasn1.SEQUENCE) {
			for exts := e.element(cbasn1.SEQUENCE); !exts.s.Empty(); {
				x := exts.element(cbasn1.SEQUENCE)
				oid := x.raw(cbasn1.OBJECT_IDENTIFIER)
				crit := false
				if x.peek(cbasn1.BOOLEAN) && !x.s.ReadASN1Boolean(&crit) || x.bad {
					return false
				}
				if crit && !bytes.Equal(oid, reasonOID) {
					c.usable = false
				}
			}
		}
		if !e.done() {
			return false
		}
	}
	return true
}

// reasonOID is oidCRLReason as an element.
var reasonOID = []byte{6, 3, 0x55, 0x1d, 21}

var (
	oidCRLReason     = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidDeltaCRL      = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingPoint  = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidCRLNumber     = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidAuthorityKey  = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidFreshestCRL   = asn1.ObjectIdentifier{2, 5, 29, 46}
	oidAuthorityInfo = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
)

// readExtensions decides whether the list covers all of an issuer's certificates: delta
// lists, and lists for some kinds or reasons only, are not used (RFC 5280, 5.2).
func (c *CRL) readExtensions(r *reader) {
	list := r.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		e := list.element(cbasn1.SEQUENCE)
		oid := e.oid()
		crit := false
		if e.peek(cbasn1.BOOLEAN) && !e.s.ReadASN1Boolean(&crit) {
			list.bad = true
		}
		value := e.element(cbasn1.OCTET_STRING)
		switch {
		case oid.Equal(oidDeltaCRL):
			c.usable = false
		case oid.Equal(oidIssuingPoint):
			// It may contain only a distributionPoint: [0].
			idp := value.element(cbasn1.SEQUENCE)
			if idp.peek(tag0) {
				c.partial = true
				c.readPoint(idp.element(tag0))
			}
			if !idp.done() {
				c.usable = false
			}
		case oid.Equal(oidCRLNumber), oid.Equal(oidAuthorityKey), oid.Equal(oidFreshestCRL), oid.Equal(oidAuthorityInfo):
		case crit:
			c.usable = false
		}
		if e.bad || !e.s.Empty() {
			list.bad = true
		}
	}
	r.bad = r.bad || list.bad
	if r.bad {
		c.usable = false
	}
}

// readPoint collects the URIs of a DistributionPointName.
func (c *CRL) readPoint(r *reader) {
	if !r.peek(tag0) {
		return
	}
	const uri = cbasn1.Tag(0x86)
	names := r.element(tag0)
	for !names.bad && !names.s.Empty() {
		if names.peek(uri) {
			c.points = append(c.points, string(names.element(uri).s))
			continue
		}
		var skip cryptobyte.String
		var tag cbasn1.Tag
		names.bad = !names.s.ReadAnyASN1Element(&skip, &tag)
	}
}

// About reports whether the list is its issuer's, and covers cert: cert names the
// distribution point of the list by the same URI (RFC 5280, 6.3.3, b.2.i). It does not
// check the signature.
func (c *CRL) About(cert *x509.Certificate) bool {
	if !bytes.Equal(c.issuer, cert.RawIssuer) {
		return false
	}
	if !c.partial {
		return true
	}
	for _, p := range c.points {
		if slices.Contains(cert.CRLDistributionPoints, p) {
			return true
		}
	}
	return false
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

// Check checks that issuer signed the list, and has the right to. A list may cover only
// some of the issuer's certificates: see [CRL.About].
func (c *CRL) Check(issuer *x509.Certificate) error {
	if !c.usable {
		return errf(CodeRevocation, "a delta or partial CRL, or one with an unknown critical extension")
	}
	if !bytes.Equal(c.issuer, issuer.RawSubject) {
		return errf(CodeRevocation, "the CRL is another issuer's")
	}
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return errf(CodeRevocation, "the issuer may not sign CRLs")
	}
	return c.Memory.checkSigned(c.raw, issuer)
}

// Find returns what the list says about a serial number, and when and why it was
// revoked. It returns an error for an entry with an unknown critical extension.
func (c *CRL) Find(serial *big.Int) (Status, time.Time, int, error) {
	r := &reader{s: cryptobyte.String(c.entries)}
	for !r.s.Empty() {
		e := r.element(cbasn1.SEQUENCE)
		n := new(big.Int)
		if e.bad || !e.s.ReadASN1Integer(n) {
			return StatusUnknown, time.Time{}, 0, errf(CodeRevocation, "a CRL entry of a wrong form")
		}
		if n.Cmp(serial) != 0 {
			continue
		}
		at, reason := e.utcOrGeneralized(), 0
		if e.peek(cbasn1.SEQUENCE) {
			exts := e.element(cbasn1.SEQUENCE)
			for !exts.bad && !exts.s.Empty() {
				x := exts.element(cbasn1.SEQUENCE)
				oid := x.oid()
				crit := false
				if x.peek(cbasn1.BOOLEAN) && !x.s.ReadASN1Boolean(&crit) {
					x.bad = true
				}
				v := x.element(cbasn1.OCTET_STRING)
				switch {
				case oid.Equal(oidCRLReason):
					x.bad = x.bad || !v.s.ReadASN1Enum(&reason)
				case crit:
					x.bad = true
				}
				exts.bad = exts.bad || x.bad
			}
			e.bad = e.bad || exts.bad
		}
		if e.bad {
			return StatusUnknown, time.Time{}, 0, errf(CodeRevocation, "a CRL entry that is not understood")
		}
		return StatusRevoked, at, reason, nil
	}
	return StatusGood, time.Time{}, 0, nil
}
