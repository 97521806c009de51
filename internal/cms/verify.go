package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // linked in so that crypto.Hash finds them
	_ "crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// DigestAlgorithm returns the hash the message digest is made with.
func (sd *SignedData) DigestAlgorithm() (crypto.Hash, error) {
	h, ok := digestOf(sd.digestAlg.oid)
	if !ok {
		return 0, errf(CodeAlgorithm, "digest algorithm %v is weak or unknown", sd.digestAlg.oid)
	}
	return h, nil
}

// KeyAlgorithm names the signature scheme as reports print it: RSA, RSA-PSS, ECDSA.
func (sd *SignedData) KeyAlgorithm() string {
	switch oid := sd.signatureAlg.oid; {
	case oid.Equal(oidRSAPSS):
		return "RSA-PSS"
	case oid.Equal(oidRSA), oid.Equal(oidSHA256WithRSA), oid.Equal(oidSHA384WithRSA), oid.Equal(oidSHA512WithRSA):
		return "RSA"
	case oid.Equal(oidECDSAWithSHA256), oid.Equal(oidECDSAWithSHA384), oid.Equal(oidECDSAWithSHA512):
		return "ECDSA"
	}
	return ""
}

// Verify judges the signature over a message of the given digest: the signed
// attributes must be present, bind the signer's certificate and the digest, and
// verify under the signer's key. It says nothing of trust or time.
func (sd *SignedData) Verify(digest []byte) error {
	h, err := sd.DigestAlgorithm()
	if err != nil {
		return err
	}
	if sd.signed == nil {
		return errf(CodeAttributes, "no signed attributes")
	}
	ct := &reader{s: cryptobyte.String(find(sd.signed, oidContentType))}
	if typ := ct.oid(); !ct.done() || !typ.Equal(sd.ContentType) {
		return errf(CodeAttributes, "the content-type attribute is absent or names another type")
	}
	md := &reader{s: cryptobyte.String(find(sd.signed, oidMessageDigest))}
	if got := md.element(cbasn1.OCTET_STRING).s; !md.done() || subtle.ConstantTimeCompare(got, digest) != 1 {
		return errf(CodeMessageDigest, "the message digest does not match")
	}
	// The certificate is bound before its key is used.
	if err := sd.checkSigningCert(); err != nil {
		return err
	}
	if err := sd.checkProtection(); err != nil {
		return err
	}
	sum := h.New()
	sum.Write(sd.signedRaw)
	return checkSignature(sd.Signer.PublicKey, sd.signatureAlg, h, sum.Sum(nil), sd.signature)
}

// checkSigningCert applies RFC 5035: the first ESSCertIDv2 must be the signer's.
func (sd *SignedData) checkSigningCert() error {
	raw := find(sd.signed, oidSigningCertV2)
	if raw == nil {
		if find(sd.signed, oidSigningCertificate) != nil {
			return errf(CodeSigningCert, "only the SHA-1 form of the signing-certificate attribute")
		}
		return errf(CodeSigningCert, "no signing-certificate attribute")
	}
	top := &reader{s: cryptobyte.String(raw)}
	seq := top.element(cbasn1.SEQUENCE)
	id := seq.element(cbasn1.SEQUENCE).element(cbasn1.SEQUENCE)
	h := crypto.SHA256
	if id.peek(cbasn1.SEQUENCE) {
		alg := id.algorithm()
		var ok bool
		if h, ok = digestOf(alg.oid); !ok || !alg.plain() {
			return errf(CodeSigningCert, "a weak or unknown hash")
		}
	}
	got := id.element(cbasn1.OCTET_STRING).s
	if !top.done() || seq.bad || id.bad {
		return errf(CodeSigningCert, "a wrong form")
	}
	sum := h.New()
	sum.Write(sd.Signer.Raw)
	if subtle.ConstantTimeCompare(got, sum.Sum(nil)) != 1 {
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
		!bytes.Equal(name.s, sd.Signer.RawIssuer) || !bytes.Equal(serial, want) {
		return errf(CodeSigningCert, "its issuer and serial number are another's")
	}
	return nil
}

// checkProtection applies RFC 6211 where the attribute is present.
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

// checkSignature verifies sig over a digest. The scheme, its hash and its
// parameters must agree exactly with the digest algorithm.
func checkSignature(key crypto.PublicKey, alg algorithm, h crypto.Hash, digest, sig []byte) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	mismatch := errf(CodeAlgorithm, "signature algorithm %v does not fit the digest or the key", alg.oid)
	wrong := errf(CodeSignature, "the signature value does not verify")
	switch k := key.(type) {
	case *rsa.PublicKey:
		if alg.oid.Equal(oidRSAPSS) {
			if !bytes.Equal(alg.params, pssParams(h)) {
				return errf(CodeAlgorithm, "RSA-PSS parameters other than the digest's own")
			}
			opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			if rsa.VerifyPSS(k, h, digest, sig, opts) != nil {
				return wrong
			}
			return nil
		}
		if !alg.plain() || !(alg.oid.Equal(oidRSA) || alg.oid.Equal(rsaOID(h))) {
			return mismatch
		}
		if rsa.VerifyPKCS1v15(k, h, digest, sig) != nil {
			return wrong
		}
		return nil
	case *ecdsa.PublicKey:
		if len(alg.params) != 0 || !alg.oid.Equal(ecdsaOID(h)) {
			return mismatch
		}
		if !ecdsa.VerifyASN1(k, digest, sig) {
			return wrong
		}
		return nil
	}
	return mismatch
}

// CheckKey refuses keys that are too weak to carry a verdict.
func CheckKey(key crypto.PublicKey) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 || k.E < 65537 || k.E%2 == 0 {
			return errf(CodeAlgorithm, "an RSA key of %d bits with exponent %d", k.N.BitLen(), k.E)
		}
		return nil
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
	}
	return errf(CodeAlgorithm, "a key of an unknown kind")
}

func rsaOID(h crypto.Hash) asn1.ObjectIdentifier {
	switch h {
	case crypto.SHA384:
		return oidSHA384WithRSA
	case crypto.SHA512:
		return oidSHA512WithRSA
	}
	return oidSHA256WithRSA
}

func ecdsaOID(h crypto.Hash) asn1.ObjectIdentifier {
	switch h {
	case crypto.SHA384:
		return oidECDSAWithSHA384
	case crypto.SHA512:
		return oidECDSAWithSHA512
	}
	return oidECDSAWithSHA256
}

// pssParams is the one RSASSA-PSS-params accepted for a hash: the same hash in
// MGF1, a salt of its length, the default trailer (RFC 4055, 3.1).
func pssParams(h crypto.Hash) []byte {
	oid, ok := digestOID(h)
	if !ok {
		return nil
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag0, func(b *cryptobyte.Builder) { addAlgorithm(b, oid, derNull) })
		b.AddASN1(tag1, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8})
				addAlgorithm(b, oid, derNull)
			})
		})
		b.AddASN1(cbasn1.Tag(2).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
			b.AddASN1Int64(int64(h.Size()))
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil
	}
	return out
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, params []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddBytes(params)
	})
}

// IsTimeStamping tells whether a certificate's extended key usage is exactly
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
