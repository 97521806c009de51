// Package cms reads, checks and makes the CMS structures of PAdES: SignedData (RFC
// 5652) with the attributes of CAdES, and RFC 3161 timestamp tokens.
//
// Reading is strict DER over the bytes as received, bounded, and without reflection on
// untrusted depth. A structure in BER is converted first.
package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	tag0 = cbasn1.Tag(0).Constructed().ContextSpecific()
	tag1 = cbasn1.Tag(1).Constructed().ContextSpecific()
	tag2 = cbasn1.Tag(2).Constructed().ContextSpecific()
	tag3 = cbasn1.Tag(3).Constructed().ContextSpecific()
)

// SignedData is a parsed SignedData with exactly one signer.
type SignedData struct {
	ContentType  asn1.ObjectIdentifier
	GM           bool   // the content types are those of GM/T 0010
	Content      []byte // nil if detached
	Certificates []*x509.Certificate
	Signer       *x509.Certificate // the only certificate that the SignerInfo names
	Memory       *Memory           // of signature values; may be nil

	canonical    bool // it was DER throughout
	unreadable   bool // a certificate in it cannot be read
	respelt      bool // the signer is named by its issuer in another spelling
	skipped      int  // certificates that cannot be read here
	atLeast      int  // the version that they ask for
	crls         [][]byte
	digestAlg    algorithm
	signatureAlg algorithm
	signedRaw    []byte // the attributes as received, with the tag of a SET
	signed       []attribute
	unsigned     []attribute
	signature    []byte
}

type attribute struct {
	oid    asn1.ObjectIdentifier
	values [][]byte // whole elements
}

// Parse reads one ContentInfo, in DER or BER, that holds a SignedData.
func Parse(der []byte) (*SignedData, error) { return (*Memory)(nil).Parse(der) }

// Parse is the function [Parse] with the memory, which its result uses too.
func (m *Memory) Parse(der []byte) (*SignedData, error) {
	if len(der) > MaxSize {
		return nil, errf(CodeLimit, "%d bytes, more than %d", len(der), MaxSize)
	}
	raw := der
	der, err := ToDER(raw)
	if err != nil {
		return nil, err
	}
	if err := CheckDepth(der); err != nil {
		return nil, err
	}
	top := &reader{s: cryptobyte.String(der)}
	info := top.element(cbasn1.SEQUENCE)
	typ := info.oid()
	wrap := info.element(tag0)
	body := wrap.element(cbasn1.SEQUENCE)
	if !top.done() || !info.done() || !wrap.done() {
		return nil, errf(CodeDER, "not one ContentInfo")
	}
	sd := &SignedData{Memory: m, GM: typ.Equal(oidGMSignedData), canonical: bytes.Equal(raw, der)}
	if !sd.GM && !typ.Equal(oidSignedData) {
		return nil, errf(CodeContent, "content type %v is not signed data", typ)
	}
	version := body.integer()
	digests := body.element(cbasn1.SET)
	var declared []algorithm
	for !digests.bad && !digests.s.Empty() && len(declared) < maxAttrs {
		declared = append(declared, digests.algorithm())
	}
	if body.bad || !digests.done() {
		return nil, errf(CodeDER, "digest algorithms of a wrong form")
	}
	if err := sd.readContent(body); err != nil {
		return nil, err
	}
	if err := sd.readCertificates(body); err != nil {
		return nil, err
	}
	if body.peek(tag1) {
		sd.readCRLs(body.element(tag1))
	}
	infos := body.element(cbasn1.SET)
	if !body.done() {
		return nil, errf(CodeDER, "a SignedData of a wrong form")
	}
	si := infos.element(cbasn1.SEQUENCE)
	if !infos.done() {
		return nil, errf(CodeSignerInfos, "not exactly one SignerInfo")
	}
	signer, err := sd.readSigner(si, declared)
	if err != nil {
		return nil, err
	}
	want := max(signer, sd.atLeast)
	if !sd.IsData() { // RFC 5652, 5.1
		want = max(want, 3)
	}
	// QUIRK: RFC 5652, 5.1: pyHanko and others leave the version at 1 where the signer is named by its key.
	if version != want && (version != 1 || want != 3 || !sd.IsData() || sd.atLeast > 0) {
		return nil, errf(CodeContent, "version %d, where %d is right", version, want)
	}
	sd.canonical = sd.canonical && version == want
	return sd, nil
}

func (sd *SignedData) readContent(body *reader) error {
	enc := body.element(cbasn1.SEQUENCE)
	sd.ContentType = enc.oid()
	if enc.peek(tag0) {
		wrap := enc.element(tag0)
		sd.Content = wrap.element(cbasn1.OCTET_STRING).s
		if !wrap.done() {
			return errf(CodeDER, "content of a wrong form")
		}
	}
	if body.bad || !enc.done() {
		return errf(CodeDER, "content of a wrong form")
	}
	return nil
}

func (sd *SignedData) readCertificates(body *reader) error {
	if !body.peek(tag0) {
		return nil
	}
	bag := body.element(tag0)
	for !bag.bad && !bag.s.Empty() {
		var raw cryptobyte.String
		var tag cbasn1.Tag
		if !bag.s.ReadAnyASN1Element(&raw, &tag) {
			return errf(CodeDER, "a certificate of a wrong form")
		}
		if tag != cbasn1.SEQUENCE { // an attribute certificate or another form, which proves nothing here
			version, ok := map[cbasn1.Tag]int{tag1: 3, tag2: 4, tag3: 5}[tag]
			if sd.skipped++; !ok || sd.skipped > maxCerts {
				return errf(CodeDER, "a certificate of a wrong form")
			}
			sd.atLeast = max(sd.atLeast, version)
			continue
		}
		if len(raw) > maxCertBytes || len(sd.Certificates) == maxCerts {
			return errf(CodeLimit, "more than %d certificates, or one over %d bytes", maxCerts, maxCertBytes)
		}
		c, err := sd.Memory.ParseCertificate(raw)
		if err != nil { // it may not be needed; if it is the signer's, it is missed later
			sd.unreadable = true
			if sd.skipped++; sd.skipped > maxCerts {
				return errf(CodeLimit, "more than %d certificates that cannot be read", maxCerts)
			}
			continue
		}
		if slices.ContainsFunc(sd.Certificates, func(d *x509.Certificate) bool { return bytes.Equal(c.Raw, d.Raw) }) {
			continue // the same one twice says nothing more
		}
		sd.Certificates = append(sd.Certificates, c)
	}
	return nil
}

// readCRLs keeps the CRLs of the SignedData; other revocation values have no meaning
// here.
func (sd *SignedData) readCRLs(set *reader) {
	for !set.bad && !set.s.Empty() && len(sd.crls) < maxCerts {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !set.s.ReadAnyASN1Element(&one, &tag) {
			return
		}
		if tag == cbasn1.SEQUENCE {
			sd.crls = append(sd.crls, one)
		}
	}
}

// Revocation returns the evidence in the structure, in DER: CRLs of the SignedData, and
// both kinds from the signed attribute adbe-revocationInfoArchival (ISO 32000-2,
// 12.8.3.3.2). They are only candidates; nothing is checked.
func (sd *SignedData) Revocation() (ocsps, crls [][]byte) {
	crls = append(crls, sd.crls...)
	raw := find(sd.signed, oidRevocationInfo)
	if raw == nil {
		return nil, crls
	}
	top := &reader{s: cryptobyte.String(raw)}
	seq := top.element(cbasn1.SEQUENCE)
	list := func(tag cbasn1.Tag) (out [][]byte) {
		if !seq.peek(tag) {
			return nil
		}
		in := seq.element(tag).element(cbasn1.SEQUENCE)
		for !in.bad && !in.s.Empty() && len(out) < maxCerts {
			if one := in.raw(cbasn1.SEQUENCE); !in.bad {
				out = append(out, one)
			}
		}
		return out
	}
	crls = append(crls, list(tag0)...)
	return list(tag1), crls
}

// readSigner reads the SignerInfo, finds the certificate that it names, and returns the
// version that RFC 5652, 5.3 has for it.
func (sd *SignedData) readSigner(si *reader, declared []algorithm) (version int, err error) {
	given := si.integer()
	match, version, err := readSignerID(si)
	if err != nil {
		return 0, err
	}
	if given != version {
		return 0, errf(CodeDER, "SignerInfo version %d does not fit its signer identifier", given)
	}
	sd.digestAlg = si.algorithm()
	if si.bad || !sd.digestAlg.plain() || !slices.ContainsFunc(declared, func(a algorithm) bool { return a.plain() && a.oid.Equal(sd.digestAlg.oid) }) {
		return 0, errf(CodeAlgorithm, "the signer's digest algorithm is not a declared one")
	}
	if si.peek(tag0) {
		sd.signedRaw = asSet(si.raw(tag0))
		var sorted bool
		if sd.signed, sorted, err = readAttributes(sd.signedRaw, true); err != nil {
			return 0, err
		}
		sd.canonical = sd.canonical && sorted
	}
	sd.signatureAlg = si.algorithm()
	sd.signature = si.element(cbasn1.OCTET_STRING).s
	if si.peek(tag1) {
		if sd.unsigned, _, err = readAttributes(asSet(si.raw(tag1)), false); err != nil {
			return 0, err
		}
	}
	if !si.done() {
		return 0, errf(CodeDER, "a SignerInfo of a wrong form")
	}
	for _, c := range sd.Certificates {
		ok, exact := match(c)
		if !ok {
			continue
		}
		sd.respelt = !exact
		if sd.Signer != nil {
			return 0, errf(CodeSigner, "two certificates match the signer")
		}
		sd.Signer = c
	}
	if sd.Signer == nil {
		return 0, errf(CodeSigner, "the signer's certificate is not in the structure")
	}
	return version, nil
}

// readSignerID reads how a SignerInfo names its certificate: by issuer and serial number,
// or by the identifier of its key. exact reports whether the issuer is spelt as in the
// certificate (RFC 5280, 7.1).
func readSignerID(si *reader) (match func(*x509.Certificate) (ok, exact bool), version int, err error) {
	if si.peek(cbasn1.SEQUENCE) {
		sid := si.element(cbasn1.SEQUENCE)
		issuer := sid.raw(cbasn1.SEQUENCE)
		serial := new(big.Int)
		if sid.bad || !sid.s.ReadASN1Integer(serial) || !sid.s.Empty() {
			return nil, 0, errf(CodeDER, "a signer identifier of a wrong form")
		}
		return func(c *x509.Certificate) (ok, exact bool) {
			return c.SerialNumber.Cmp(serial) == 0 && SameName(c.RawIssuer, issuer), bytes.Equal(c.RawIssuer, issuer)
		}, 1, nil
	}
	ski := si.element(cbasn1.Tag(0).ContextSpecific()).s
	if si.bad {
		return nil, 0, errf(CodeDER, "a signer identifier of a wrong form")
	}
	return func(c *x509.Certificate) (ok, exact bool) {
		return len(ski) > 0 && bytes.Equal(c.SubjectKeyId, ski), true
	}, 3, nil
}

// asSet returns a copy of an implicitly tagged set with the tag of a SET.
func asSet(raw []byte) []byte {
	out := bytes.Clone(raw)
	if len(out) > 0 {
		out[0] = byte(cbasn1.SET)
	}
	return out
}

// readAttributes reads a SET OF Attribute. No type may stand twice. sorted reports
// whether it is in the order of DER. Each attribute that has a meaning here has one
// value; unsigned ones may have several.
func readAttributes(set []byte, signed bool) (out []attribute, sorted bool, err error) {
	top := &reader{s: cryptobyte.String(set)}
	in := top.element(cbasn1.SET)
	sorted = true
	var prev []byte
	for !in.bad && !in.s.Empty() {
		raw := in.raw(cbasn1.SEQUENCE)
		if in.bad {
			break
		}
		sorted = sorted && bytes.Compare(prev, raw) < 0
		prev = raw
		one := &reader{s: cryptobyte.String(raw)}
		seq := one.element(cbasn1.SEQUENCE)
		a := attribute{oid: seq.oid()}
		values := seq.element(cbasn1.SET)
		if !seq.done() {
			return nil, false, errf(CodeDER, "an attribute of a wrong form")
		}
		for !values.s.Empty() {
			var v cryptobyte.String
			var tag cbasn1.Tag
			if !values.s.ReadAnyASN1Element(&v, &tag) {
				return nil, false, errf(CodeDER, "an attribute value of a wrong form")
			}
			a.values = append(a.values, v)
		}
		for _, b := range out {
			if b.oid.Equal(a.oid) {
				return nil, false, errf(CodeAttributes, "attribute %v stands twice", a.oid)
			}
		}
		if len(a.values) == 0 || len(a.values) > 1 && signed && isSingle(a.oid) {
			return nil, false, errf(CodeAttributes, "attribute %v does not have one value", a.oid)
		}
		if len(out) == maxAttrs {
			return nil, false, errf(CodeLimit, "more than %d attributes", maxAttrs)
		}
		out = append(out, a)
	}
	if !top.done() || in.bad || len(out) == 0 && signed {
		return nil, false, errf(CodeDER, "attributes of a wrong form")
	}
	return out, sorted, nil
}

// isSingle reports whether a signed attribute has a meaning here, and so must have one
// value: two would be two readings.
func isSingle(oid asn1.ObjectIdentifier) bool {
	for _, known := range []asn1.ObjectIdentifier{oidContentType, oidMessageDigest, oidSigningCertificate, oidSigningCertV2,
		oidAlgorithmProtection, oidRevocationInfo, oidSigningTime} {
		if oid.Equal(known) {
			return true
		}
	}
	return false
}

func find(attrs []attribute, oid asn1.ObjectIdentifier) []byte {
	for _, a := range attrs {
		if a.oid.Equal(oid) {
			return a.values[0]
		}
	}
	return nil
}

// SignatureValue returns the signature bytes. A timestamp's imprint covers
// exactly these (RFC 3161, appendix A).
func (sd *SignedData) SignatureValue() []byte { return append([]byte(nil), sd.signature...) }

// Represented returns the digest of what the signature value signs, by [SignedData.Digest]:
// of the signed attributes in DER. It returns nil if there are none, because the value
// then signs the message itself, or if the hash is not known here.
func (sd *SignedData) Represented() []byte {
	h, err := sd.Digest()
	if err != nil || sd.signed == nil {
		return nil
	}
	return h.Sum(sd.signedRaw)
}

// TimestampToken returns the signature timestamp among the unsigned attributes, nil if
// there is none. other reports whether there are also unsigned attributes of unknown
// types.
func (sd *SignedData) TimestampToken() (token []byte, other bool) {
	for _, a := range sd.unsigned {
		if !a.oid.Equal(oidTimeStampToken) && !knownUnsigned(a.oid) {
			other = true
		}
	}
	return find(sd.unsigned, oidTimeStampToken), other
}

// knownUnsigned reports whether oid is an unsigned attribute of CAdES (EN 319 122-1,
// 5.5 and annex A) that is allowed and has no meaning here: references, values and
// timestamps of an archive kept in the CMS itself, and counter-signatures.
func knownUnsigned(oid asn1.ObjectIdentifier) bool {
	for _, last := range []int{21, 22, 23, 24, 25, 26, 27, 48} {
		if oid.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, last}) {
			return true
		}
	}
	return oid.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}) ||
		oid.Equal(asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 4}) || oid.Equal(asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 5})
}

// IsData reports whether the content type is data, as in document signatures, of the
// same family as the outer one.
func (sd *SignedData) IsData() bool {
	if sd.GM {
		return sd.ContentType.Equal(oidGMData)
	}
	return sd.ContentType.Equal(oidData)
}

// Attributed reports whether the structure has signed attributes, one of which is the
// digest of the message.
func (sd *SignedData) Attributed() bool { return sd.signed != nil }

// Unsigned reports whether the structure has unsigned attributes.
func (sd *SignedData) Unsigned() bool { return len(sd.unsigned) > 0 }
