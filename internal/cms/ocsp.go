package cms

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // names keys in CertIDs, as every responder asks; it carries no verdict
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// MaxOCSP is the length of the longest OCSP response that is read, in bytes.
const MaxOCSP = 256 << 10

// Status is what an OCSP response or a CRL says about a certificate.
type Status int

// The statuses. The zero value means that nothing is known.
const (
	StatusUnknown Status = iota
	StatusGood
	StatusRevoked
)

// maxAnswers is how many certificates one response may be about.
const maxAnswers = 100

// OCSP is a parsed OCSPResponse with status successful (RFC 6960, 4.2.1). It is about 1
// to 100 certificates. Status to NextUpdate belong to the first of them until Check has
// chosen the right one.
type OCSP struct {
	Status     Status
	RevokedAt  time.Time // of StatusRevoked
	Reason     int       // CRLReason, 0 if none is given
	ThisUpdate time.Time
	NextUpdate time.Time // zero if none is given
	ProducedAt time.Time
	Nonce      []byte            // nil if there is none
	Signer     *x509.Certificate // set by Check
	Memory     *Memory           // of signatures; may be nil

	// Issued checks that issuer's key signed cert; nil means [CheckIssued].
	Issued func(cert, issuer *x509.Certificate) error

	raw     []byte
	singles []single
	certs   []*x509.Certificate
	byName  []byte // responder's name, or
	byKey   []byte // the SHA-1 of its key
	tbs     []byte
	alg     algorithm
	sig     []byte

	byNameKey string // NameKey of byName
}

// Raw returns the response as it was read, in DER. It must not be written to.
func (r *OCSP) Raw() []byte { return r.raw }

// single is one SingleResponse.
type single struct {
	idHash     asn1.ObjectIdentifier
	nameHash   []byte
	keyHash    []byte
	serial     *big.Int
	status     Status
	revokedAt  time.Time
	reason     int
	thisUpdate time.Time
	nextUpdate time.Time
}

// keyBits returns the bits of a certificate's public key without the header.
func keyBits(c *x509.Certificate) []byte {
	in := &reader{s: cryptobyte.String(c.RawSubjectPublicKeyInfo)}
	seq := in.element(cbasn1.SEQUENCE)
	seq.algorithm()
	var bits asn1.BitString
	if seq.bad || !seq.s.ReadASN1BitString(&bits) {
		return nil
	}
	return bits.Bytes
}

// nonceAmong reads extensions and returns the nonce. A nonce with bytes behind it is
// none. critical reports whether one of them is critical: none of the known ones has to
// be. ok is false if they have a wrong form, or one stands twice.
func nonceAmong(exts *reader) (nonce []byte, critical, ok bool) {
	ok = exts.extensions(maxExts, func(oid asn1.ObjectIdentifier, crit bool, v *reader) bool {
		critical = critical || crit
		if in := v.element(cbasn1.OCTET_STRING); oid.Equal(oidOCSPNonce) && v.done() {
			nonce = in.s
		}
		return true
	})
	return nonce, critical, ok && exts.done()
}

// ParseOCSP reads a response of at most [MaxOCSP] bytes. [OCSP.Check] checks it.
func ParseOCSP(der []byte) (*OCSP, error) { return (*Memory)(nil).ParseOCSP(der) }

// ParseOCSP is the function [ParseOCSP] with the memory, which its result uses too.
func (m *Memory) ParseOCSP(der []byte) (*OCSP, error) {
	if len(der) > MaxOCSP {
		return nil, errf(CodeLimit, "an OCSP response of more than %d bytes", MaxOCSP)
	}
	if err := CheckDepth(der); err != nil {
		return nil, err
	}
	bad := errf(CodeRevocation, "an OCSP response of a wrong form")
	top := &reader{s: cryptobyte.String(der)}
	in := top.element(cbasn1.SEQUENCE)
	var status int
	if in.bad || !in.s.ReadASN1Enum(&status) || !top.done() {
		return nil, bad
	}
	if status != 0 {
		return nil, errf(CodeRevocation, "the responder answers status %d", status)
	}
	wrap := in.element(tag0)
	rb := wrap.element(cbasn1.SEQUENCE)
	typ := rb.oid()
	body := rb.element(cbasn1.OCTET_STRING)
	if !in.done() || !wrap.done() || !rb.done() || !typ.Equal(oidOCSPBasic) {
		return nil, bad
	}
	basic := body.element(cbasn1.SEQUENCE)
	r := &OCSP{Memory: m, raw: der, tbs: basic.raw(cbasn1.SEQUENCE), alg: basic.algorithm()}
	var bits asn1.BitString
	if basic.bad || !basic.s.ReadASN1BitString(&bits) || bits.BitLength%8 != 0 || !body.done() {
		return nil, bad
	}
	r.sig = bits.Bytes
	if basic.peek(tag0) {
		bag := basic.element(tag0)
		list := bag.element(cbasn1.SEQUENCE)
		if !bag.done() {
			return nil, bad
		}
		for !list.s.Empty() {
			raw := list.raw(cbasn1.SEQUENCE)
			if list.bad || len(r.certs) == maxCerts {
				return nil, bad
			}
			c, err := m.ParseCertificate(raw)
			if err != nil {
				return nil, errf(CodeDER, "a certificate that does not parse: %v", err)
			}
			r.certs = append(r.certs, c)
		}
	}
	if !basic.done() || !r.readData() {
		return nil, bad
	}
	return r, nil
}

// readData reads the ResponseData.
func (r *OCSP) readData() bool {
	top := &reader{s: cryptobyte.String(r.tbs)}
	in := top.element(cbasn1.SEQUENCE)
	if in.peek(tag0) {
		// QUIRK: DER leaves a default out; version 1 is written by some. TestOCSPForms.
		version := in.element(tag0)
		if version.integer() != 0 || !version.done() {
			return false
		}
	}
	switch {
	case in.peek(tag1):
		name := in.element(tag1)
		if r.byName = name.raw(cbasn1.SEQUENCE); !name.done() {
			return false
		}
		r.byNameKey = NameKey(r.byName)
	case in.peek(tag2):
		key := in.element(tag2)
		if r.byKey = key.element(cbasn1.OCTET_STRING).s; !key.done() {
			return false
		}
	default:
		return false
	}
	r.ProducedAt = in.time()
	list := in.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		one, ok := readSingle(list.element(cbasn1.SEQUENCE))
		if !ok || len(r.singles) == maxAnswers {
			return false
		}
		r.singles = append(r.singles, one)
	}
	if list.bad || len(r.singles) == 0 {
		return false
	}
	r.pick(r.singles[0])
	if in.peek(tag1) {
		var critical, ok bool
		if r.Nonce, critical, ok = nonceAmong(in.element(tag1)); critical || !ok {
			return false
		}
	}
	return in.done() && top.done()
}

// readSingle reads a SingleResponse.
func readSingle(one *reader) (single, bool) {
	var a single
	id := one.element(cbasn1.SEQUENCE)
	a.idHash = id.algorithm().oid
	a.nameHash = id.element(cbasn1.OCTET_STRING).s
	a.keyHash = id.element(cbasn1.OCTET_STRING).s
	a.serial = new(big.Int)
	if id.bad || !id.s.ReadASN1Integer(a.serial) || !id.done() {
		return a, false
	}
	const good, unknown = cbasn1.Tag(0x80), cbasn1.Tag(0x82) // IMPLICIT NULL
	switch {
	case one.peek(good):
		a.status = StatusGood
		if !one.element(good).s.Empty() {
			return a, false
		}
	case one.peek(tag1):
		a.status = StatusRevoked
		rev := one.element(tag1)
		a.revokedAt = rev.time()
		if rev.peek(tag0) {
			if in := rev.element(tag0); !in.s.ReadASN1Enum(&a.reason) || !in.done() {
				return a, false
			}
		}
		if !rev.done() {
			return a, false
		}
	case one.peek(unknown):
		if !one.element(unknown).s.Empty() {
			return a, false
		}
	default:
		return a, false
	}
	a.thisUpdate = one.time()
	if one.peek(tag0) {
		next := one.element(tag0)
		if a.nextUpdate = next.time(); !next.done() {
			return a, false
		}
	}
	if one.peek(tag1) {
		if _, critical, ok := nonceAmong(one.element(tag1)); critical || !ok {
			return a, false
		}
	}
	return a, one.done()
}

func (r *OCSP) pick(a single) {
	r.Status, r.RevokedAt, r.Reason = a.status, a.revokedAt, a.reason
	r.ThisUpdate, r.NextUpdate = a.thisUpdate, a.nextUpdate
}

func (r *reader) time() time.Time {
	var t time.Time
	if r.bad || !r.s.ReadASN1GeneralizedTime(&t) {
		r.bad = true
	}
	return t
}

// about reports whether the answer is about cert, which issuer issued.
func (a single) about(cert, issuer *x509.Certificate) bool {
	h := crypto.SHA1
	if known, ok := hashOf(a.idHash); ok {
		h = known.Std()
	} else if !a.idHash.Equal(oidSHA1) {
		return false // named by an unknown hash
	}
	return h != 0 && a.serial.Cmp(cert.SerialNumber) == 0 && bytes.Equal(a.nameHash, digest(h, cert.RawIssuer)) &&
		bytes.Equal(a.keyHash, digest(h, keyBits(issuer)))
}

// find returns the answer about cert. If several answers are about it, bad news counts:
// one that it is revoked, else one that it is unknown, else the latest.
func (r *OCSP) find(cert, issuer *x509.Certificate) (single, error) {
	var out single
	var revoked Found
	found := false
	for _, a := range r.singles {
		if !a.about(cert, issuer) {
			continue
		}
		if a.status == StatusRevoked {
			// removeFromCRL belongs in lists. What says revoked is revoked.
			revoked.add(a.revokedAt, notRemoved(a.reason))
		}
		if !found || worse(a, out) {
			out = a
		}
		found = true
	}
	if !found {
		return single{}, errf(CodeRevocation, "the answer is about another certificate")
	}
	if revoked.Listed {
		out.revokedAt, out.reason = revoked.At, revoked.Reason
	}
	return out, nil
}

// notRemoved reads removeFromCRL as no reason.
func notRemoved(reason int) int {
	if reason == RemoveFromCRL {
		return 0
	}
	return reason
}

// worse reports whether a counts before b.
func worse(a, b single) bool {
	rank := func(s Status) int {
		switch s {
		case StatusRevoked:
			return 2
		case StatusUnknown:
			return 1
		}
		return 0
	}
	if rank(a.status) != rank(b.status) {
		return rank(a.status) > rank(b.status)
	}
	return a.thisUpdate.After(b.thisUpdate)
}

// About reports whether one of the answers is about cert, which issuer issued. It does
// not check a signature.
func (r *OCSP) About(cert, issuer *x509.Certificate) bool {
	for _, a := range r.singles {
		if a.about(cert, issuer) {
			return true
		}
	}
	return false
}

// Check checks that the response is about cert with issuer's authority: it is signed by
// issuer itself, or by a responder that issuer certified for OCSP signing (RFC 6960,
// 4.2.2.2). The caller checks how new it is. Check sets the fields of r to the answer
// about cert; [OCSP.Find] does not change r.
func (r *OCSP) Check(cert, issuer *x509.Certificate) error {
	a, err := r.find(cert, issuer)
	if err != nil {
		return err
	}
	_, signer, err := r.Find(cert, issuer)
	r.pick(a)
	r.Signer = signer
	return err
}

// Find is [OCSP.Check] for one response about several certificates, possibly called
// concurrently: it returns the answer and its signer, and writes nothing.
func (r *OCSP) Find(cert, issuer *x509.Certificate) (Answer, *x509.Certificate, error) {
	a, err := r.find(cert, issuer)
	if err != nil {
		return Answer{}, nil, err
	}
	if a.status != StatusRevoked && !a.nextUpdate.IsZero() && a.nextUpdate.Before(a.thisUpdate) {
		return Answer{}, nil, errf(CodeRevocation, "the answer's times are out of order")
	}
	signer, err := r.findSigner(cert, issuer)
	if err != nil {
		return Answer{}, nil, err
	}
	return Answer{Cert: cert, Issuer: issuer, Status: a.status, RevokedAt: a.revokedAt, Reason: a.reason,
		ThisUpdate: a.thisUpdate, NextUpdate: a.nextUpdate, Nonce: r.Nonce}, signer, nil
}

// maxResponders is how many certificates of one name or key are tried: the certificates
// in a response are not signed.
const maxResponders = 4

// findSigner returns the certificate whose key signed the response for issuer.
func (r *OCSP) findSigner(cert, issuer *x509.Certificate) (*x509.Certificate, error) {
	if r.namesSigner(issuer) {
		return issuer, r.Memory.verifySelf(r.alg, issuer, r.tbs, r.sig)
	}
	err, tried := errf(CodeRevocation, "the responder is not known"), 0
	for _, c := range r.certs {
		if !r.namesSigner(c) {
			continue
		}
		if tried++; tried > maxResponders {
			break
		}
		if err = r.checkResponder(c, cert, issuer); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// checkResponder checks one delegated responder and its signature.
func (r *OCSP) checkResponder(c, cert, issuer *x509.Certificate) error {
	if !delegated(c) || bytes.Equal(c.Raw, cert.Raw) {
		return errf(CodeRevocation, "the responder has no right to answer")
	}
	issued := r.Issued
	if issued == nil {
		issued = CheckIssued
	}
	if err := issued(c, issuer); err != nil {
		return err
	}
	if r.ProducedAt.Before(c.NotBefore) || r.ProducedAt.After(c.NotAfter) {
		return errf(CodeRevocation, "the responder's certificate was not valid")
	}
	return r.Memory.verifySelf(r.alg, c, r.tbs, r.sig)
}

func digest(h crypto.Hash, b []byte) []byte {
	if h == crypto.SHA1 {
		s := sha1.Sum(b)
		return s[:]
	}
	s := h.New()
	s.Write(b)
	return s.Sum(nil)
}

// namesSigner reports whether the response names a certificate as its signer's.
func (r *OCSP) namesSigner(c *x509.Certificate) bool {
	if r.byName != nil {
		return bytes.Equal(r.byName, c.RawSubject) || r.byNameKey == NameKey(c.RawSubject)
	}
	return bytes.Equal(r.byKey, digest(crypto.SHA1, keyBits(c)))
}

func delegated(c *x509.Certificate) bool {
	for _, u := range c.ExtKeyUsage {
		if u == x509.ExtKeyUsageOCSPSigning {
			return c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
		}
	}
	return false
}

// NoCheck reports whether a responder's certificate asks not to be checked itself (RFC
// 6960, 4.2.2.2.1).
func NoCheck(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidOCSPNoCheck) {
			return true
		}
	}
	return false
}
