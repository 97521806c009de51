package cms

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Note is something that a careful reader should know about a signature that verifies.
type Note int

// The notes.
const (
	NoAttributes  Note = iota + 1 // only the message is signed: neither type nor certificate
	NoSigningCert                 // no signing-certificate attribute binds the certificate
	SigningCertV1                 // the attribute names the certificate by its SHA-1
	WeakHash                      // SHA-1
	WeakKey                       // an RSA key of less than 2,048 bits, or with a small exponent
	NotCanonical                  // BER, a set out of order, Ed25519 with a digest other than SHA-512
	Unreadable                    // a certificate that came with it cannot be read
	Respelt                       // the SignerInfo, which is not signed, spells the issuer otherwise than the certificate
)

// DigestAlgorithm returns the hash of the message digest.
func (sd *SignedData) DigestAlgorithm() (Hash, error) {
	h, err := sd.Digest()
	if err == nil && h.Weak() {
		err = errf(CodeAlgorithm, "digest algorithm %v is weak", sd.digestAlg.oid)
	}
	return h, err
}

// Digest is [SignedData.DigestAlgorithm] for a caller that handles weak hashes.
func (sd *SignedData) Digest() (Hash, error) {
	h, ok := anyHashOf(sd.digestAlg.oid)
	if !ok {
		return 0, errf(CodeUnsupported, "digest algorithm %v is not known here", sd.digestAlg.oid)
	}
	return h, nil
}

// Prefix returns what the message's hash starts with: Z of an SM2 signature without
// signed attributes, otherwise nothing.
func (sd *SignedData) Prefix() ([]byte, error) {
	k, ok := sd.Signer.PublicKey.(*ecdsa.PublicKey)
	if sd.signed != nil || !ok || k.Curve != sm2.P256() {
		return nil, nil
	}
	return sm2.CalculateZA(k, []byte("1234567812345678"))
}

// SigningTime returns the time that the signer claims in a signed attribute, zero if there
// is none.
func (sd *SignedData) SigningTime() time.Time {
	v := cryptobyte.String(find(sd.signed, oidSigningTime))
	var t time.Time
	switch {
	case v.PeekASN1Tag(cbasn1.UTCTime) && v.ReadASN1UTCTime(&t) && v.Empty():
	case v.PeekASN1Tag(cbasn1.GeneralizedTime) && v.ReadASN1GeneralizedTime(&t) && v.Empty():
	default:
		return time.Time{}
	}
	return t.UTC()
}

// KeyAlgorithm names the signature scheme as reports print it: RSA, RSA-PSS,
// ECDSA, Ed25519, SM2.
func (sd *SignedData) KeyAlgorithm() string { return sd.signatureAlg.scheme() }

// Verify checks the signature over a message of the given digest: the signed attributes
// must be present, bind the signer's certificate and the digest, and verify under the
// signer's key. It does not check trust or time.
func (sd *SignedData) Verify(digest []byte) error {
	if _, err := sd.DigestAlgorithm(); err != nil {
		return err
	}
	notes, err := sd.VerifyLegacy(digest)
	if err != nil {
		return err
	}
	for _, n := range notes {
		switch n {
		case NoAttributes:
			return errf(CodeAttributes, "no signed attributes")
		case NoSigningCert:
			return errf(CodeSigningCert, "no signing-certificate attribute")
		case WeakKey:
			return errf(CodeAlgorithm, "a key that is too weak")
		case NotCanonical:
			return errf(CodeDER, "not in DER")
		case Unreadable:
			return errf(CodeDER, "a certificate that does not parse")
		case Respelt:
			return errf(CodeSigner, "the issuer is spelt otherwise than in the certificate")
		case SigningCertV1:
			return errf(CodeSigningCert, "only the SHA-1 form of the signing-certificate attribute")
		}
	}
	return nil
}

// VerifyLegacy is [SignedData.Verify] for profiles older than CAdES (RFC 5652 alone,
// GM/T 0010): it returns a [Note] for what they leave out. Without signed attributes,
// digest is over Prefix and the message.
func (sd *SignedData) VerifyLegacy(digest []byte) ([]Note, error) {
	h, err := sd.Digest()
	if err != nil {
		return nil, err
	}
	var notes []Note
	if h.Weak() {
		notes = append(notes, WeakHash)
	}
	if isWeak(sd.Signer.PublicKey) {
		notes = append(notes, WeakKey)
	}
	if _, ed := sd.Signer.PublicKey.(ed25519.PublicKey); !sd.canonical || ed && h != SHA512 {
		notes = append(notes, NotCanonical)
	}
	if sd.unreadable {
		notes = append(notes, Unreadable)
	}
	if sd.respelt {
		notes = append(notes, Respelt)
	}
	if sd.signed == nil {
		// C1: what verifies here as a message must not be a set of attributes that
		// someone signed. It is not, because the message is a PDF, which starts
		// differently.
		return append(notes, NoAttributes), sd.signatureAlg.verifyDigest(sd.Signer.PublicKey, h, digest, sd.signature)
	}
	ct := &reader{s: cryptobyte.String(find(sd.signed, oidContentType))}
	if typ := ct.oid(); !ct.done() || !typ.Equal(sd.ContentType) {
		return nil, errf(CodeAttributes, "the content-type attribute is absent or names another type")
	}
	md := &reader{s: cryptobyte.String(find(sd.signed, oidMessageDigest))}
	if got := md.element(cbasn1.OCTET_STRING).s; !md.done() || subtle.ConstantTimeCompare(got, digest) != 1 {
		return nil, errf(CodeMessageDigest, "the message digest does not match")
	}
	// The certificate is bound before its key is used.
	switch {
	case find(sd.signed, oidSigningCertV2) != nil:
		if err := sd.checkSigningCert(find(sd.signed, oidSigningCertV2), SHA256, true); err != nil {
			return nil, err
		}
	case find(sd.signed, oidSigningCertificate) != nil:
		if err := sd.checkSigningCert(find(sd.signed, oidSigningCertificate), SHA1, false); err != nil {
			return nil, err
		}
		notes = append(notes, SigningCertV1)
	default:
		notes = append(notes, NoSigningCert)
	}
	if err := sd.checkProtection(); err != nil {
		return nil, err
	}
	return notes, sd.Memory.verify(sd.signatureAlg, sd.Signer, h, sd.signedRaw, sd.signature)
}

// checkSigningCert applies RFC 5035: the first ESSCertIDv2, or ESSCertID of RFC 2634,
// must be the signer's.
func (sd *SignedData) checkSigningCert(raw []byte, h Hash, v2 bool) error {
	top := &reader{s: cryptobyte.String(raw)}
	seq := top.element(cbasn1.SEQUENCE)
	id := seq.element(cbasn1.SEQUENCE).element(cbasn1.SEQUENCE)
	if v2 && id.peek(cbasn1.SEQUENCE) {
		alg := id.algorithm()
		var ok bool
		if h, ok = hashOf(alg.oid); !ok || !alg.plain() {
			return errf(CodeSigningCert, "a weak or unknown hash")
		}
	}
	got := id.element(cbasn1.OCTET_STRING).s
	if !top.done() || seq.bad || id.bad {
		return errf(CodeSigningCert, "a wrong form")
	}
	if subtle.ConstantTimeCompare(got, h.Sum(sd.Signer.Raw)) != 1 {
		return errf(CodeSigningCert, "it names another certificate")
	}
	if id.s.Empty() {
		return nil
	}
	// issuerSerial: GeneralNames with one directoryName, and the serial number.
	is := id.element(cbasn1.SEQUENCE)
	names := is.element(cbasn1.SEQUENCE)
	name := names.element(cbasn1.Tag(4).Constructed().ContextSpecific())
	serial := is.raw(cbasn1.INTEGER)
	var b cryptobyte.Builder
	b.AddASN1BigInt(sd.Signer.SerialNumber)
	want, err := b.Bytes()
	if err != nil || !is.done() || !names.done() || !id.done() ||
		!SameName(name.s, sd.Signer.RawIssuer) || !bytes.Equal(serial, want) {
		return errf(CodeSigningCert, "its issuer and serial number are another's")
	}
	return nil
}

// checkProtection applies RFC 6211 if the attribute is present.
func (sd *SignedData) checkProtection() error {
	raw := find(sd.signed, oidAlgorithmProtection)
	if raw == nil {
		return nil
	}
	top := &reader{s: cryptobyte.String(raw)}
	seq := top.element(cbasn1.SEQUENCE)
	digest := seq.algorithm()
	sig := &reader{}
	if !seq.s.ReadASN1(&sig.s, tag1) {
		return errf(CodeAlgorithm, "algorithm protection of a wrong form")
	}
	oid := sig.oid()
	if !top.done() || !seq.done() || sig.bad || !digest.oid.Equal(sd.digestAlg.oid) ||
		!oid.Equal(sd.signatureAlg.oid) || !bytes.Equal(sig.s, sd.signatureAlg.params) {
		return errf(CodeAlgorithm, "algorithm protection names other algorithms")
	}
	return nil
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, params []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddBytes(params)
	})
}

// IsTimeStamping reports whether a certificate's extended key usage is exactly
// timeStamping and critical (RFC 3161, 2.3).
func IsTimeStamping(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) {
			return e.Critical
		}
	}
	return false
}
