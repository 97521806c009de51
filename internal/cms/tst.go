package cms

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Timestamp is a parsed RFC 3161 token.
type Timestamp struct {
	*SignedData
	Time    time.Time // genTime, UTC
	Policy  asn1.ObjectIdentifier
	Hash    Hash // of the imprint; 0 if it is not known here
	Imprint []byte
	Serial  *big.Int
	Nonce   *big.Int // nil if absent
}

// ParseTimestamp reads a token. [Timestamp.Check] checks its signature.
func ParseTimestamp(der []byte) (*Timestamp, error) { return (*Memory)(nil).ParseTimestamp(der) }

// ParseTimestamp is the function [ParseTimestamp] with the memory, which its result
// uses too.
func (m *Memory) ParseTimestamp(der []byte) (*Timestamp, error) {
	sd, err := m.Parse(der)
	if err != nil {
		return nil, err
	}
	if !sd.ContentType.Equal(oidTSTInfo) || sd.Content == nil {
		return nil, errf(CodeTimestamp, "the token does not hold a TSTInfo")
	}
	ts := &Timestamp{SignedData: sd}
	return ts, ts.readInfo()
}

func (ts *Timestamp) readInfo() error {
	top := &reader{s: cryptobyte.String(ts.Content)}
	in := top.element(cbasn1.SEQUENCE)
	version := in.integer()
	ts.Policy = in.oid()
	mi := in.element(cbasn1.SEQUENCE)
	alg := mi.algorithm()
	ts.Imprint = mi.element(cbasn1.OCTET_STRING).s
	ts.Serial = new(big.Int)
	if in.bad || !in.s.ReadASN1Integer(ts.Serial) || !mi.done() || version != 1 {
		return errf(CodeTimestamp, "a TSTInfo of a wrong form")
	}
	var ok bool
	if ts.Hash, ok = hashOf(alg.oid); alg.oid.Equal(oidSHA1) {
		ts.Hash, ok = SHA1, true
	}
	if !alg.plain() {
		return errf(CodeTimestamp, "the imprint's hash has parameters")
	}
	if !ok {
		ts.Hash = 0
	}
	var err error
	if ts.Time, err = genTime(in.element(cbasn1.GeneralizedTime).s); err != nil {
		return err
	}
	if in.peek(cbasn1.SEQUENCE) { // accuracy
		in.element(cbasn1.SEQUENCE)
	}
	if in.peek(cbasn1.BOOLEAN) { // ordering
		in.element(cbasn1.BOOLEAN)
	}
	if in.peek(cbasn1.INTEGER) {
		ts.Nonce = new(big.Int)
		if !in.s.ReadASN1Integer(ts.Nonce) {
			in.bad = true
		}
	}
	if in.peek(tag0) { // tsa
		in.element(tag0)
	}
	if in.peek(tag1) && !readExtensions(in.element(tag1)) {
		return errf(CodeTimestamp, "a critical extension that is not known here")
	}
	if !top.done() || !in.done() {
		return errf(CodeTimestamp, "a TSTInfo of a wrong form")
	}
	return nil
}

// readExtensions reads the extensions of a TSTInfo, such as the qcStatements of EN 319 422,
// and reports whether they are well formed and none is critical.
func readExtensions(list *reader) bool {
	for n := 0; !list.bad && !list.s.Empty(); n++ {
		ext := list.element(cbasn1.SEQUENCE)
		ext.oid()
		if ext.peek(cbasn1.BOOLEAN) {
			if critical := ext.element(cbasn1.BOOLEAN).s; len(critical) != 1 || critical[0] != 0 {
				return false
			}
		}
		ext.element(cbasn1.OCTET_STRING)
		if !ext.done() || n == maxAttrs {
			return false
		}
	}
	return !list.bad
}

// genTime reads the form of RFC 3161, 2.4.2: seconds are given, the fraction
// has no trailing zeros, the zone is Z.
func genTime(b []byte) (time.Time, error) {
	s := string(b)
	layout := "20060102150405Z"
	if i := bytes.IndexByte(b, '.'); i >= 0 {
		if len(s) < i+3 || s[len(s)-2] == '0' {
			return time.Time{}, errf(CodeTimestamp, "genTime %q", s)
		}
		layout = "20060102150405." + "999999999"[:min(9, len(s)-i-2)] + "Z"
	}
	t, err := time.Parse(layout, s)
	if err != nil || bytes.IndexByte(b, ',') >= 0 { // Parse would accept it as a point
		return time.Time{}, errf(CodeTimestamp, "genTime %q", s)
	}
	return t.UTC(), nil
}

// Check checks the token over the message it should stamp: signature, imprint, and the
// signer's right to stamp time. The caller checks trust in the chain.
func (ts *Timestamp) Check(message []byte) error {
	if ts.Hash == 0 {
		return ts.CheckDigest(nil)
	}
	return ts.CheckDigest(ts.Hash.Sum(message))
}

// CheckDigest is [Timestamp.Check] for a message whose digest under ts.Hash is known (T22).
// The error has [CodeWeak] if all is right but for a weak algorithm, and
// [CodeUnsupported] if an algorithm is not known here: such a token proves no time, and
// says nothing against what it stamps.
func (ts *Timestamp) CheckDigest(digest []byte) error {
	h, err := ts.Digest()
	if err != nil {
		return err
	}
	notes, err := ts.VerifyLegacy(h.Sum(ts.Content))
	if err != nil {
		return err
	}
	weak := h.Weak() || ts.Hash.Weak()
	for _, n := range notes {
		// QUIRK: RFC 3161 names the certificate by its SHA-1; RFC 5816 came later.
		switch n {
		case SigningCertV1, NotCanonical, WeakHash:
		case WeakKey:
			weak = true
		default:
			return errf(CodeTimestamp, "a token without the attributes that RFC 3161 asks for")
		}
	}
	if !IsTimeStamping(ts.Signer) {
		return errf(CodeTimestamp, "the signer's certificate is not for time stamping alone")
	}
	if ts.Time.Before(ts.Signer.NotBefore) || ts.Time.After(ts.Signer.NotAfter) {
		return errf(CodeTimestamp, "genTime lies outside the validity of the signer's certificate")
	}
	if ts.Hash == 0 {
		return errf(CodeUnsupported, "the imprint's hash is not known here")
	}
	if subtle.ConstantTimeCompare(digest, ts.Imprint) != 1 {
		return errf(CodeTimestamp, "the imprint belongs to something else")
	}
	if weak {
		return errf(CodeWeak, "the token rests on a weak algorithm")
	}
	return nil
}

// Info is what a TSA puts into a token.
type Info struct {
	Policy asn1.ObjectIdentifier
	Hash   Hash
	Digest []byte
	Serial *big.Int
	Time   time.Time
	Nonce  *big.Int // nil leaves it out
}

// Stamp makes a token that contains the profile's chain.
func (p Profile) Stamp(key crypto.Signer, info Info) ([]byte, error) {
	oid := info.Hash.oid()
	if oid == nil {
		return nil, errf(CodeTimestamp, "the imprint's hash is weak or unknown")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(info.Policy)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addAlgorithm(b, oid, nil)
			b.AddASN1OctetString(info.Digest)
		})
		b.AddASN1BigInt(info.Serial)
		b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) {
			b.AddBytes([]byte(info.Time.UTC().Format("20060102150405Z")))
		})
		if info.Nonce != nil {
			b.AddASN1BigInt(info.Nonce)
		}
	})
	content, err := b.Bytes()
	if err != nil {
		return nil, errf(CodeDER, "%v", err)
	}
	attrs, err := p.attributes(oidTSTInfo, p.Hash.Sum(content))
	if err != nil {
		return nil, err
	}
	sig, err := p.SignAttributes(key, attrs)
	if err != nil {
		return nil, err
	}
	return p.assemble(oidTSTInfo, content, attrs, sig, nil)
}
