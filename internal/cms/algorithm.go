package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// DefaultHash returns the hash that goes with a key: SM3 for SM2 (GM/T 0009), SHA-512
// for Ed25519 (RFC 8419, 3.1), and otherwise SHA-256.
func DefaultHash(key crypto.PublicKey) Hash {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return SHA512
	case *ecdsa.PublicKey:
		if k.Curve == sm2.P256() {
			return SM3
		}
	}
	return SHA256
}

// CheckKey refuses keys that are too weak for a verdict.
func CheckKey(key crypto.PublicKey) error {
	if k, ok := rsaOf(key); ok {
		if !k.isStrong() {
			return errf(CodeAlgorithm, "an RSA key of %d bits with an exponent of %d bits", k.n.BitLen(), k.e.BitLen())
		}
		return nil
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521(), sm2.P256():
			return nil
		}
	case ed25519.PublicKey:
		return nil
	}
	return errf(CodeAlgorithm, "a key of an unknown kind")
}

// isWeak reports whether a key is of a known kind, and too weak for a verdict.
func isWeak(key crypto.PublicKey) bool { return isKnown(key) && CheckKey(key) != nil }

// isKnown reports whether signatures by a key can be checked, whatever they are worth.
func isKnown(key crypto.PublicKey) bool {
	if k, ok := rsaOf(key); ok {
		return k.isKnown()
	}
	return CheckKey(key) == nil
}

// signatureAlgorithm returns the identifier of the profile's scheme.
func (p Profile) signatureAlgorithm() (algorithm, error) {
	if len(p.Chain) == 0 || p.Hash.oid() == nil || p.Hash.Weak() {
		return algorithm{}, errf(CodeAlgorithm, "a profile needs a hash and a certificate")
	}
	return schemeOf(p.Chain[0].PublicKey, p.Hash, p.PSS, p.GM)
}

// schemeOf returns the identifier of the scheme for a key and a hash.
func schemeOf(key crypto.PublicKey, h Hash, pss, gm bool) (algorithm, error) {
	if err := CheckKey(key); err != nil {
		return algorithm{}, err
	}
	none := errf(CodeAlgorithm, "%v does not go with a key of this kind", h)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if h == SM3 {
			return algorithm{}, none
		}
		if pss {
			return algorithm{oidRSAPSS, pssParams(h)}, nil
		}
		return algorithm{h.function().rsa, derNull}, nil
	case *ecdsa.PublicKey:
		if k.Curve == sm2.P256() {
			switch {
			case h != SM3:
				return algorithm{}, none
			case gm:
				return algorithm{oid: oidSM2Sign}, nil
			}
			return algorithm{oid: oidSM2WithSM3}, nil
		}
		if h == SM3 {
			return algorithm{}, none
		}
		if h.function().ecdsa == nil {
			return algorithm{}, none
		}
		return algorithm{oid: h.function().ecdsa}, nil
	}
	if h != SHA512 { // RFC 8419, 3.1
		return algorithm{}, none
	}
	return algorithm{oid: oidEd25519}, nil
}

// scheme names the signature scheme as reports print it.
func (a algorithm) scheme() string {
	switch oid := a.oid; {
	case oid.Equal(oidRSAPSS):
		return "RSA-PSS"
	case oid.Equal(oidRSA):
		return "RSA"
	case oid.Equal(oidEC):
		return "ECDSA"
	case oid.Equal(oidEd25519):
		return "Ed25519"
	case oid.Equal(oidSM2WithSM3), oid.Equal(oidSM2Sign):
		return "SM2"
	}
	for _, f := range functions {
		switch {
		case a.oid.Equal(f.rsa):
			return "RSA"
		case a.oid.Equal(f.ecdsa):
			return "ECDSA"
		}
	}
	return ""
}

// verify checks a signature over a message. The scheme, its hash and its parameters
// must agree exactly with the digest algorithm.
func (a algorithm) verify(key crypto.PublicKey, h Hash, message, sig []byte) error {
	if err := a.admits(key, h); err != nil {
		return err
	}
	ok := false
	switch k := key.(type) {
	case ed25519.PublicKey:
		ok = ed25519.Verify(k, message, sig)
	case *ecdsa.PublicKey:
		if k.Curve == sm2.P256() {
			ok = verifySM2(k, message, sig)
			break
		}
		ok = a.matches(key, h, h.Sum(message), sig)
	default:
		ok = a.matches(key, h, h.Sum(message), sig)
	}
	if !ok {
		return errf(CodeSignature, "the signature value does not verify")
	}
	return nil
}

// verifyDigest is verify for a message of which only the digest is known; for SM2 that
// is e = SM3(Z ‖ M). Ed25519 cannot be checked in this way, and returns CodeUnsupported.
func (a algorithm) verifyDigest(key crypto.PublicKey, h Hash, digest, sig []byte) error {
	if err := a.admits(key, h); err != nil {
		return err
	}
	if _, ok := key.(ed25519.PublicKey); ok {
		return errf(CodeUnsupported, "an Ed25519 signature without signed attributes, which is over the message itself")
	}
	if !a.matches(key, h, digest, sig) {
		return errf(CodeSignature, "the signature value does not verify")
	}
	return nil
}

// matches reports whether a signature is one over a digest, by a key that admits has
// accepted.
func (a algorithm) matches(key crypto.PublicKey, h Hash, digest, sig []byte) bool {
	if k, ok := rsaOf(key); ok {
		if a.oid.Equal(oidRSAPSS) {
			p, ok := readPSS(a.params)
			return ok && k.verifyPSS(p, digest, sig)
		}
		return k.verifyPKCS1(h, digest, sig)
	}
	if k, ok := key.(*ecdsa.PublicKey); ok {
		if k.Curve == sm2.P256() {
			return sm2.VerifyASN1(k, digest, sig) || verifySM2Slowly(k, digest, sig)
		}
		return ecdsa.VerifyASN1(k, digest, sig)
	}
	return false
}

// admits refuses a key of a kind that is not known here, or that does not fit the
// algorithm and the hash. Whether the key is too weak, the caller asks.
func (a algorithm) admits(key crypto.PublicKey, h Hash) error {
	if !isKnown(key) {
		return errf(CodeUnsupported, "a key for signature algorithm %v is of a kind that is not known here", a.oid)
	}
	if !a.fits(key, h) {
		return errf(CodeAlgorithm, "signature algorithm %v does not fit the digest or the key", a.oid)
	}
	return nil
}

func (a algorithm) fits(key crypto.PublicKey, h Hash) bool {
	if k, ok := rsaOf(key); ok {
		if a.oid.Equal(oidRSAPSS) {
			p, ok := readPSS(a.params)
			return ok && h != SM3 && p.hash == h && p.mask == h && k.allows(p)
		}
		return h != SM3 && !k.only && a.plain() && (a.oid.Equal(oidRSA) || a.oid.Equal(h.function().rsa))
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == sm2.P256() {
			// QUIRK: GM/T 0010: some writers give the parameters as NULL, which means the same.
			return h == SM3 && a.plain() && (a.oid.Equal(oidSM2WithSM3) || a.oid.Equal(oidSM2Sign))
		}
		// QUIRK: RFC 5753, 2.1.1: some writers name the kind of key, as RSA does.
		return h != SM3 && a.plain() && (a.oid.Equal(oidEC) || a.oid.Equal(h.function().ecdsa))
	case ed25519.PublicKey:
		// QUIRK: RFC 8419, 3.1 asks for SHA-512 of the message; other digests are noted.
		return a.plain() && a.oid.Equal(oidEd25519)
	}
	return false
}

// sign makes a signature over a message. It calls the key once. A caller that passes
// the result on must verify it first.
func (a algorithm) sign(key crypto.Signer, pub crypto.PublicKey, h Hash, message []byte) ([]byte, error) {
	var sig []byte
	var err error
	k, _ := pub.(*ecdsa.PublicKey)
	switch {
	case k != nil && k.Curve == sm2.P256():
		sig, err = signSM2(key, k, message)
	case a.oid.Equal(oidEd25519):
		sig, err = crypto.SignMessage(key, rand.Reader, message, crypto.Hash(0))
	case a.oid.Equal(oidRSAPSS):
		opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h.Std()}
		sig, err = crypto.SignMessage(key, rand.Reader, message, opts)
	default:
		sig, err = crypto.SignMessage(key, rand.Reader, message, h.Std())
	}
	return sig, err
}

// SignAttributes makes the signature value over a set of signed attributes. It calls
// the key once, and does not verify the value.
func (p Profile) SignAttributes(key crypto.Signer, attrs []byte) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	return alg.sign(key, p.Chain[0].PublicKey, p.Hash, attrs)
}

// CheckValue checks a signature value over a set of signed attributes.
func (p Profile) CheckValue(attrs, sig []byte) error {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return err
	}
	return alg.verify(p.Chain[0].PublicKey, p.Hash, attrs, sig)
}

// ValueSize returns the length of the longest signature value that the profile's key
// makes, in bytes.
func (p Profile) ValueSize() int {
	switch k := p.Chain[0].PublicKey.(type) {
	case *rsa.PublicKey:
		return k.Size()
	case *ecdsa.PublicKey:
		return 2*((k.Curve.Params().BitSize+7)/8+3) + 5 // a DER sequence of two integers
	}
	return ed25519.SignatureSize
}

// pss is what RSASSA-PSS-params say (RFC 4055, 3.1).
type pss struct {
	hash, mask Hash
	salt       int
}

// readPSS reads RSASSA-PSS-params. What is left out has the defaults of RFC 4055, which
// are those of SHA-1.
func readPSS(params []byte) (pss, bool) {
	out := pss{SHA1, SHA1, 20}
	if len(params) == 0 {
		return out, true
	}
	top := &reader{s: cryptobyte.String(params)}
	seq := top.element(cbasn1.SEQUENCE)
	named := func(a algorithm, to *Hash) bool {
		h, ok := anyHashOf(a.oid)
		*to = h
		return ok && a.plain()
	}
	ok := true
	if seq.peek(tag0) {
		wrap := seq.element(tag0)
		ok = ok && named(wrap.algorithm(), &out.hash) && wrap.done()
	}
	if seq.peek(tag1) {
		wrap := seq.element(tag1)
		mgf := wrap.element(cbasn1.SEQUENCE)
		ok = ok && mgf.oid().Equal(oidMGF1) && named(mgf.algorithm(), &out.mask) && mgf.done() && wrap.done()
	}
	if seq.peek(tag2) {
		wrap := seq.element(tag2)
		out.salt = wrap.integer()
		ok = ok && wrap.done() && out.salt >= 0 && out.salt <= 1024
	}
	if seq.peek(tag3) {
		wrap := seq.element(tag3)
		ok = ok && wrap.integer() == 1 && wrap.done()
	}
	return out, ok && top.done() && seq.done()
}

// pssParams returns the RSASSA-PSS-params that are written for a hash: the same hash in
// MGF1, a salt of its length, the default trailer (RFC 4055, 3.1).
func pssParams(h Hash) []byte {
	oid := h.oid()
	if oid == nil {
		return nil
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag0, func(b *cryptobyte.Builder) { addAlgorithm(b, oid, derNull) })
		b.AddASN1(tag1, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				addAlgorithm(b, oid, derNull)
			})
		})
		b.AddASN1(tag2, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(h.Size())) })
	})
	out, err := b.Bytes()
	if err != nil {
		return nil
	}
	return out
}

// hash returns the hash that a signature algorithm of X.509 implies, if a verdict may
// depend on it.
func (a algorithm) hash() (Hash, bool) {
	switch {
	case a.oid.Equal(oidRSAPSS):
		p, ok := readPSS(a.params)
		return p.hash, ok && p.hash == p.mask && !p.hash.Weak()
	case a.oid.Equal(oidEd25519):
		return SHA512, true
	case a.oid.Equal(oidSM2WithSM3):
		return SM3, true
	}
	for _, f := range functions {
		if a.oid.Equal(f.rsa) || a.oid.Equal(f.ecdsa) {
			return f.hash, !f.hash.Weak()
		}
	}
	return 0, false
}
