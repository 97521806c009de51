package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The most of what one certificate may hold.
const (
	maxRelatives  = 64 // relative names of a name, and attributes of one of them
	maxExtensions = 64
	maxPlaces     = 32 // URIs of one extension
)

// readCertificate reads a certificate that crypto/x509 refuses (A53; RFC 5280, 4.1). It is as
// strict about the structure. It takes what authorities have written all the same, and
// what says nothing about the owner of the key: serial numbers that are negative or
// not minimal, strings with characters that their type does not have, keys of unknown
// kinds, and extensions whose content is wrong. The last count where they are used: an
// unreadable keyUsage allows nothing.
//
// Only what this module uses is set, which is less than crypto/x509 sets.
func readCertificate(der []byte) (*x509.Certificate, error) {
	out, err := walkCertificate(der)
	if err != nil {
		return nil, err
	}
	out.PublicKey = readKey(out.RawSubjectPublicKeyInfo)
	var ok, alsoOK bool
	out.Issuer, ok = readName(out.RawIssuer)
	out.Subject, alsoOK = readName(out.RawSubject)
	if !ok || !alsoOK {
		return nil, errf(CodeDER, "a name of a wrong form in a certificate")
	}
	return out, nil
}

// walkCertificate reads a certificate to its last byte, without its key and names. Every
// certificate must stand it, so that none has two readings: versions have the parts that
// RFC 5280, 4.1.2.1 gives them, both algorithms are one (4.1.1.2), nothing stands behind.
func walkCertificate(der []byte) (*x509.Certificate, error) {
	top := &reader{s: cryptobyte.String(der)}
	whole := top.element(cbasn1.SEQUENCE)
	raw := whole.raw(cbasn1.SEQUENCE)
	outer := whole.algorithm()
	var bits asn1.BitString
	if whole.bad || !whole.s.ReadASN1BitString(&bits) || !whole.done() || !top.done() {
		return nil, errf(CodeDER, "a certificate of a wrong form")
	}
	out := &x509.Certificate{Raw: der, RawTBSCertificate: raw, Signature: bits.RightAlign(), Version: 1}
	all := &reader{s: cryptobyte.String(raw)}
	in := all.element(cbasn1.SEQUENCE)
	if in.peek(tag0) {
		version := in.element(tag0)
		// QUIRK: DER leaves version 1 out; some write it. TestReadCertificate.
		if out.Version = version.integer() + 1; !version.done() || out.Version < 1 || out.Version > 3 {
			return nil, errf(CodeDER, "a certificate of version %d", out.Version)
		}
	}
	out.SerialNumber = signed(in.element(cbasn1.INTEGER).s)
	inner := in.algorithm()
	out.RawIssuer = in.raw(cbasn1.SEQUENCE)
	validity := in.element(cbasn1.SEQUENCE)
	out.NotBefore, out.NotAfter = validity.utcOrGeneralized(), validity.utcOrGeneralized()
	out.RawSubject = in.raw(cbasn1.SEQUENCE)
	out.RawSubjectPublicKeyInfo = in.raw(cbasn1.SEQUENCE)
	if in.bad || !validity.done() || out.SerialNumber == nil {
		return nil, errf(CodeDER, "a certificate of a wrong form")
	}
	if !inner.oid.Equal(outer.oid) || !bytes.Equal(inner.params, outer.params) {
		return nil, errf(CodeDER, "a certificate that names two signature algorithms")
	}
	for _, id := range []cbasn1.Tag{1, 2} { // unique identifiers, which nobody uses
		if in.peek(id.ContextSpecific()) {
			in.raw(id.ContextSpecific())
			in.bad = in.bad || out.Version < 2
		}
	}
	if in.peek(tag3) && (out.Version < 3 || !fillExtensions(out, in.element(tag3))) || !in.done() || !all.done() {
		return nil, errf(CodeDER, "extensions of a wrong form in a certificate")
	}
	return out, nil
}

// signed returns the content of an INTEGER as a number, nil if there is none. It need
// not be minimal.
func signed(b []byte) *big.Int {
	if len(b) == 0 {
		return nil
	}
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// readKey reads a SubjectPublicKeyInfo. It returns nil for a key of an unknown kind, or
// of a wrong form.
func readKey(der []byte) crypto.PublicKey {
	top := &reader{s: cryptobyte.String(der)}
	seq := top.element(cbasn1.SEQUENCE)
	alg := seq.algorithm()
	var bits asn1.BitString
	if seq.bad || !seq.s.ReadASN1BitString(&bits) || !seq.done() || !top.done() || bits.BitLength%8 != 0 {
		return nil
	}
	switch {
	case alg.oid.Equal(oidRSA), alg.oid.Equal(oidRSAPSS):
		return readRSA(alg, bits.Bytes)
	case alg.oid.Equal(oidEC):
		return readPoint(alg.params, bits.Bytes)
	}
	return nil
}

// readPoint reads a public key on a named curve (RFC 5480).
func readPoint(params, point []byte) crypto.PublicKey {
	top := &reader{s: cryptobyte.String(params)}
	name := top.oid()
	if !top.done() {
		return nil
	}
	var key *ecdsa.PublicKey
	var err error
	switch name.String() {
	case "1.2.840.10045.3.1.7":
		key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	case "1.3.132.0.34":
		key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point)
	case "1.3.132.0.35":
		key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P521(), point)
	case "1.2.156.10197.1.301":
		key, err = sm2.NewPublicKey(point)
	}
	if err != nil || key == nil {
		return nil
	}
	return key
}

// readName reads a Name for people. Values that are no strings are left out.
func readName(der []byte) (pkix.Name, bool) {
	var out pkix.Name
	top := &reader{s: cryptobyte.String(der)}
	list := top.element(cbasn1.SEQUENCE)
	var rdns pkix.RDNSequence
	for !list.bad && !list.s.Empty() {
		set := list.element(cbasn1.SET)
		var rdn pkix.RelativeDistinguishedNameSET
		if len(rdns) == maxRelatives || set.s.Empty() {
			return out, false
		}
		for !set.bad && !set.s.Empty() {
			one := set.element(cbasn1.SEQUENCE)
			oid := one.oid()
			var value cryptobyte.String
			var tag cbasn1.Tag
			if one.bad || !one.s.ReadAnyASN1(&value, &tag) || !one.done() || len(rdn) == maxRelatives {
				return out, false
			}
			if text, isText, _ := readText(tag, value); isText {
				rdn = append(rdn, pkix.AttributeTypeAndValue{Type: oid, Value: text})
			}
		}
		rdns = append(rdns, rdn)
		list.bad = list.bad || set.bad
	}
	out.FillFromRDNSequence(&rdns)
	return out, list.done() && top.done()
}
