package cms

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // names keys in CertIDs, as every responder asks; it carries no verdict
	"crypto/x509"
	"crypto/x509/pkix"
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

// certID adds the CertID of a certificate.
func certID(b *cryptobyte.Builder, cert, issuer *x509.Certificate) {
	name, key := sha1.Sum(cert.RawIssuer), sha1.Sum(keyBits(issuer))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addAlgorithm(b, oidSHA1, derNull)
		b.AddASN1OctetString(name[:])
		b.AddASN1OctetString(key[:])
		b.AddASN1BigInt(cert.SerialNumber)
	})
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

// OCSPRequest asks for the status of a certificate. A nonce of up to 32 bytes
// may be given.
func OCSPRequest(cert, issuer *x509.Certificate, nonce []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { certID(b, cert, issuer) })
			})
			if nonce != nil {
				b.AddASN1(tag2, func(b *cryptobyte.Builder) { addNonce(b, nonce) })
			}
		})
	})
	return b.Bytes()
}

func addNonce(b *cryptobyte.Builder, nonce []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidOCSPNonce)
			b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
		})
	})
}

// ParseOCSPRequest returns the serial number of the one certificate asked about,
// and the nonce.
func ParseOCSPRequest(der []byte) (serial *big.Int, nonce []byte, err error) {
	bad := errf(CodeRevocation, "an OCSP request of a wrong form")
	if len(der) > 4<<10 || CheckDepth(der) != nil {
		return nil, nil, bad
	}
	top := &reader{s: cryptobyte.String(der)}
	tbs := top.element(cbasn1.SEQUENCE).element(cbasn1.SEQUENCE)
	list := tbs.element(cbasn1.SEQUENCE)
	id := list.element(cbasn1.SEQUENCE).element(cbasn1.SEQUENCE)
	id.algorithm()
	id.element(cbasn1.OCTET_STRING)
	id.element(cbasn1.OCTET_STRING)
	serial = new(big.Int)
	if id.bad || !id.s.ReadASN1Integer(serial) || !id.done() || !list.done() {
		return nil, nil, bad
	}
	if tbs.peek(tag2) {
		nonce = readNonce(tbs.element(tag2))
	}
	return serial, nonce, nil
}

// readNonce returns the nonce among extensions.
func readNonce(exts *reader) []byte {
	list := exts.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		e := list.element(cbasn1.SEQUENCE)
		oid := e.oid()
		if e.peek(cbasn1.BOOLEAN) {
			e.element(cbasn1.BOOLEAN)
		}
		v := e.element(cbasn1.OCTET_STRING)
		if oid.Equal(oidOCSPNonce) {
			return v.element(cbasn1.OCTET_STRING).s
		}
	}
	return nil
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
	if in.peek(tag0) { // version 1, written although it is the default
		in.element(tag0)
	}
	switch {
	case in.peek(tag1):
		r.byName = in.element(tag1).raw(cbasn1.SEQUENCE)
	case in.peek(tag2):
		r.byKey = in.element(tag2).element(cbasn1.OCTET_STRING).s
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
		exts := in.element(tag1)
		r.Nonce = readNonce(&reader{s: exts.s})
		if critical(exts) {
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
		one.element(good)
	case one.peek(tag1):
		a.status = StatusRevoked
		rev := one.element(tag1)
		a.revokedAt = rev.time()
		if rev.peek(tag0) && !rev.element(tag0).s.ReadASN1Enum(&a.reason) {
			return a, false
		}
		if !rev.done() {
			return a, false
		}
	case one.peek(unknown):
		one.element(unknown)
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
	if one.peek(tag1) && critical(one.element(tag1)) {
		return a, false
	}
	return a, one.done()
}

func (r *OCSP) pick(a single) {
	r.Status, r.RevokedAt, r.Reason = a.status, a.revokedAt, a.reason
	r.ThisUpdate, r.NextUpdate = a.thisUpdate, a.nextUpdate
}

// critical reports whether any of the extensions is critical: none of the known ones
// has to be.
func critical(exts *reader) bool {
	list := exts.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		e := list.element(cbasn1.SEQUENCE)
		e.oid()
		var yes bool
		if e.peek(cbasn1.BOOLEAN) && (!e.s.ReadASN1Boolean(&yes) || yes) {
			return true
		}
	}
	return list.bad
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

// find returns the answer about cert. It returns an error if answers disagree.
func (r *OCSP) find(cert, issuer *x509.Certificate) (single, error) {
	var found *single
	for i, a := range r.singles {
		switch {
		case !a.about(cert, issuer):
		case found != nil && (found.status != a.status || !found.revokedAt.Equal(a.revokedAt)):
			return single{}, errf(CodeRevocation, "two answers about one certificate disagree")
		case found == nil:
			found = &r.singles[i]
		}
	}
	if found == nil {
		return single{}, errf(CodeRevocation, "the answer is about another certificate")
	}
	return *found, nil
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
	if !a.nextUpdate.IsZero() && a.nextUpdate.Before(a.thisUpdate) {
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
		return bytes.Equal(r.byName, c.RawSubject)
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

// Answer is what a responder says about a certificate.
type Answer struct {
	Cert, Issuer *x509.Certificate
	Status       Status
	RevokedAt    time.Time
	Reason       int
	ThisUpdate   time.Time
	NextUpdate   time.Time
	Nonce        []byte
}

// OCSPResponse signs an answer with the key of the profile's first certificate, which
// the response contains.
func (p Profile) OCSPResponse(key crypto.Signer, a Answer) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	var t cryptobyte.Builder
	t.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag1, func(b *cryptobyte.Builder) { b.AddBytes(p.Chain[0].RawSubject) })
		b.AddASN1GeneralizedTime(a.ThisUpdate.UTC())
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				certID(b, a.Cert, a.Issuer)
				switch a.Status {
				case StatusGood:
					b.AddASN1(cbasn1.Tag(0x80), func(*cryptobyte.Builder) {})
				case StatusRevoked:
					b.AddASN1(tag1, func(b *cryptobyte.Builder) {
						b.AddASN1GeneralizedTime(a.RevokedAt.UTC())
						b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(a.Reason)) })
					})
				default:
					b.AddASN1(cbasn1.Tag(0x82), func(*cryptobyte.Builder) {})
				}
				b.AddASN1GeneralizedTime(a.ThisUpdate.UTC())
				b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(a.NextUpdate.UTC()) })
			})
		})
		if a.Nonce != nil {
			b.AddASN1(tag1, func(b *cryptobyte.Builder) { addNonce(b, a.Nonce) })
		}
	})
	tbs, err := t.Bytes()
	if err != nil {
		return nil, errf(CodeDER, "%v", err)
	}
	sig, err := alg.sign(key, p.Chain[0].PublicKey, p.Hash, tbs)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSPBasic)
				b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddBytes(tbs)
						addAlgorithm(b, alg.oid, alg.params)
						b.AddASN1BitString(sig)
						b.AddASN1(tag0, func(b *cryptobyte.Builder) {
							b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(p.Chain[0].Raw) })
						})
					})
				})
			})
		})
	})
	return b.Bytes()
}

// OCSPFailure returns an OCSPResponse without an answer: 1 malformed request, 6
// unauthorized (RFC 6960, 4.2.1).
func OCSPFailure(status int) []byte { return []byte{0x30, 3, 0x0a, 1, byte(status)} }

// OCSPSigningExtensions returns what a delegated responder's certificate needs besides
// its key usage.
func OCSPSigningExtensions() []pkix.Extension {
	return []pkix.Extension{{Id: oidOCSPNoCheck, Value: derNull}}
}
