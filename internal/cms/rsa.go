package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// rsaKey is an RSA key as certificates have it. crypto/rsa takes most of them; it does
// not take a modulus under 1,024 bits or an exponent over 2^31, which old certificates
// have, and has no word for a key that is for RSASSA-PSS alone.
type rsaKey struct {
	n, e *big.Int
	only bool // for RSASSA-PSS alone (RFC 4055, 1.2)
	pss  *pss // what that use is bound to; nil if to nothing
}

// The sizes of RSA keys that can be checked, and that carry a verdict.
const (
	minRSA      = 512
	strongRSA   = 2048
	maxRSA      = 8192
	maxExponent = 64 // bits: more would be work that the signer chooses
)

// rsaOf returns an RSA key of either form.
func rsaOf(key crypto.PublicKey) (rsaKey, bool) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return rsaKey{n: k.N, e: big.NewInt(int64(k.E))}, true
	case *rsaKey:
		return *k, true
	}
	return rsaKey{}, false
}

// isKnown reports whether signatures by the key can be checked.
func (k rsaKey) isKnown() bool {
	bits := k.n.BitLen()
	return bits >= minRSA && bits <= maxRSA && k.n.Sign() > 0 && k.n.Bit(0) == 1 &&
		k.e.Cmp(big.NewInt(3)) >= 0 && k.e.Bit(0) == 1 && k.e.BitLen() <= maxExponent
}

// isStrong reports whether a verdict may depend on the key.
func (k rsaKey) isStrong() bool {
	return k.isKnown() && k.n.BitLen() >= strongRSA && k.e.Cmp(big.NewInt(65537)) >= 0
}

// standard returns the key as crypto/rsa has it, nil if that package does not take it.
func (k rsaKey) standard() *rsa.PublicKey {
	if k.n.BitLen() < 1024 || k.e.BitLen() > 31 {
		return nil
	}
	return &rsa.PublicKey{N: k.n, E: int(k.e.Int64())}
}

// size returns the length of a signature in bytes.
func (k rsaKey) size() int { return (k.n.BitLen() + 7) / 8 }

// encoded returns the encoded message that a signature holds (RFC 8017, 5.2.2), nil if
// the signature is out of range. It needs a key that isKnown.
func (k rsaKey) encoded(sig []byte) []byte {
	s := new(big.Int).SetBytes(sig)
	if len(sig) != k.size() || s.Cmp(k.n) >= 0 {
		return nil
	}
	return s.Exp(s, k.e, k.n).FillBytes(make([]byte, k.size()))
}

// verifyPKCS1 checks a signature of RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2).
func (k rsaKey) verifyPKCS1(h Hash, digest, sig []byte) bool {
	if std := k.standard(); std != nil {
		return rsa.VerifyPKCS1v15(std, h.Std(), digest, sig) == nil
	}
	em := k.encoded(sig)
	at := len(em) - len(digest)
	return at > 0 && pkcs1Hash(em) == h && subtle.ConstantTimeCompare(em[at:], digest) == 1
}

// BareHash returns the hash whose digest a value of RSASSA-PKCS1-v1_5 by a certificate's
// key holds. It only decides which digest is computed; [CheckBare] compares that.
func BareHash(by *x509.Certificate, value []byte) (Hash, error) {
	k, ok := rsaOf(by.PublicKey)
	switch {
	case !ok || !k.isKnown():
		return 0, errf(CodeUnsupported, "not an RSA key that can be used here")
	case k.encoded(value) == nil:
		return 0, errf(CodeSignature, "the signature value does not verify")
	}
	h := pkcs1Hash(k.encoded(value))
	if h == 0 {
		return 0, errf(CodeSignature, "the signature value holds no digest that is known here")
	}
	return h, nil
}

// CheckBare checks a value of RSASSA-PKCS1-v1_5 over a digest, and returns what a careful
// reader should know about it.
func CheckBare(by *x509.Certificate, h Hash, digest, value []byte) ([]Note, error) {
	if err := (algorithm{oid: oidRSA}).verifyDigest(by.PublicKey, h, digest, value); err != nil {
		return nil, err
	}
	notes := []Note{NoAttributes}
	if h.Weak() {
		notes = append(notes, WeakHash)
	}
	if isWeak(by.PublicKey) {
		notes = append(notes, WeakKey)
	}
	return notes, nil
}

// pkcs1Hash returns the hash whose digest an encoded message of EMSA-PKCS1-v1_5 holds
// (RFC 8017, 9.2), 0 if it is not of that form to the last byte.
func pkcs1Hash(em []byte) Hash {
	for _, f := range functions {
		if f.std == 0 {
			continue
		}
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addAlgorithm(b, f.oid, derNull)
			b.AddASN1OctetString(make([]byte, f.hash.Size()))
		})
		info, err := b.Bytes()
		at := len(em) - len(info)
		if err != nil || at < 11 {
			continue
		}
		head := info[:len(info)-f.hash.Size()]
		want := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, at-3)...)
		if bytes.HasPrefix(em, append(append(want, 0), head...)) {
			return f.hash
		}
	}
	return 0
}

// verifyPSS checks a signature of RSASSA-PSS (RFC 8017, 8.1.2) whose mask is made with the
// hash of the message (C10).
func (k rsaKey) verifyPSS(p pss, digest, sig []byte) bool {
	if std := k.standard(); std != nil && p.salt > 0 { // 0 would be any to crypto/rsa
		return rsa.VerifyPSS(std, p.hash.Std(), digest, sig, &rsa.PSSOptions{SaltLength: p.salt}) == nil
	}
	em := k.encoded(sig)
	bits := k.n.BitLen() - 1
	if len(em) > (bits+7)/8 { // the modulus has a bit more than a whole number of bytes
		if em[0] != 0 {
			return false
		}
		em = em[1:]
	}
	return p.matches(em, bits, digest)
}

// matches is EMSA-PSS-VERIFY (RFC 8017, 9.1.2) for an encoded message of a number of
// bits.
func (p pss) matches(em []byte, bits int, digest []byte) bool {
	n := p.hash.Size()
	at := len(em) - n - 1 // of the hash
	if at < p.salt+1 || len(digest) != n || em[len(em)-1] != 0xbc {
		return false
	}
	unused := byte(0xff) << (8 - (8*len(em) - bits))
	if em[0]&unused != 0 {
		return false
	}
	db := p.hash.generate(em[at:len(em)-1], at)
	for i := range db {
		db[i] ^= em[i]
	}
	db[0] &^= unused
	pad := at - p.salt - 1
	if len(bytes.TrimLeft(db[:pad], "\x00")) != 0 || db[pad] != 1 {
		return false
	}
	sum := p.hash.New()
	sum.Write(make([]byte, 8))
	sum.Write(digest)
	sum.Write(db[pad+1:])
	return subtle.ConstantTimeCompare(sum.Sum(nil), em[at:len(em)-1]) == 1
}

// generate is the mask generation function MGF1 (RFC 8017, B.2.1).
func (h Hash) generate(seed []byte, n int) []byte {
	var out []byte
	for i := uint32(0); len(out) < n; i++ {
		out = append(out, h.Sum(binary.BigEndian.AppendUint32(bytes.Clone(seed), i))...)
	}
	return out[:n]
}

// readRSA reads an RSAPublicKey (RFC 8017, A.1.1) with the parameters of its algorithm.
// It returns nil if they have another form.
func readRSA(alg algorithm, der []byte) crypto.PublicKey {
	top := &reader{s: cryptobyte.String(der)}
	seq := top.element(cbasn1.SEQUENCE)
	k := &rsaKey{n: new(big.Int), e: new(big.Int), only: alg.oid.Equal(oidRSAPSS)}
	if seq.bad || !seq.s.ReadASN1Integer(k.n) || !seq.s.ReadASN1Integer(k.e) || !seq.done() || !top.done() {
		return nil
	}
	switch {
	case k.only && len(alg.params) > 0:
		p, ok := readPSS(alg.params)
		if !ok {
			return nil
		}
		k.pss = &p
	case !k.only && !alg.plain():
		return nil
	}
	if std := k.standard(); std != nil && !k.only {
		return std
	}
	return k
}

// allows reports whether a key may be used with those parameters of RSASSA-PSS: the
// hashes are what the key is bound to, the salt is no shorter (RFC 4055, 3.3).
func (k rsaKey) allows(p pss) bool {
	return k.pss == nil || k.pss.hash == p.hash && k.pss.mask == p.mask && p.salt >= k.pss.salt
}
