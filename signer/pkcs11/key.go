package pkcs11

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// key is a private key in a token.
type key struct {
	token  *Token
	handle uint64
	public crypto.PublicKey
}

// Public implements [crypto.Signer].
func (k *key) Public() crypto.PublicKey { return k.public }

// Sign implements [crypto.Signer]: the token signs a digest.
func (k *key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	h := opts.HashFunc()
	if h == 0 || len(digest) != h.Size() {
		return nil, fmt.Errorf("%w: it signs digests", ErrNoSigning)
	}
	k.token.mu.Lock()
	defer k.token.mu.Unlock()
	if k.token.m == nil {
		return nil, ErrNoToken
	}
	sign := func(m mechanism, data []byte) ([]byte, error) {
		return k.token.m.sign(k.token.session, k.handle, m, data)
	}
	switch pub := k.public.(type) {
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			m, err := pssMechanism(pub, pss, h)
			if err != nil {
				return nil, err
			}
			return sign(m, digest)
		}
		info, err := digestInfo(h, digest)
		if err != nil {
			return nil, err
		}
		return sign(mechanism{kind: rsaPKCS}, info)
	case *ecdsa.PublicKey:
		raw, err := sign(mechanism{kind: ecdsaRaw}, digest)
		if err != nil {
			return nil, err
		}
		return derSignature(raw)
	}
	return nil, ErrNoSigning
}

// hashes are the values of PKCS #11 and the names of RFC 8017 of hash functions.
var hashes = map[crypto.Hash]struct {
	mechanism, mgf uint64
	oid            asn1.ObjectIdentifier
}{
	crypto.SHA256: {0x250, 2, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}},
	crypto.SHA384: {0x260, 3, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}},
	crypto.SHA512: {0x270, 4, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}},
}

// digestInfo wraps a digest for RSASSA-PKCS1-v1_5 (RFC 8017, 9.2).
func digestInfo(h crypto.Hash, digest []byte) ([]byte, error) {
	known, ok := hashes[h]
	if !ok {
		return nil, fmt.Errorf("%w: with %v", ErrNoSigning, h)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(known.oid)
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(digest)
	})
	return b.Bytes()
}

// pssMechanism returns the mechanism of RSASSA-PSS (PKCS #11, 2.1.10).
func pssMechanism(pub *rsa.PublicKey, o *rsa.PSSOptions, h crypto.Hash) (mechanism, error) {
	known, ok := hashes[h]
	if !ok {
		return mechanism{}, fmt.Errorf("%w: PSS with %v", ErrNoSigning, h)
	}
	salt := o.SaltLength
	switch salt {
	case rsa.PSSSaltLengthEqualsHash:
		salt = h.Size()
	case rsa.PSSSaltLengthAuto:
		salt = (pub.N.BitLen()-1+7)/8 - 2 - h.Size()
	}
	if salt < 0 {
		return mechanism{}, fmt.Errorf("%w: a salt of %d bytes", ErrNoSigning, salt)
	}
	return mechanism{rsaPSS, []uint64{known.mechanism, known.mgf, uint64(salt)}}, nil
}

// derSignature turns r ‖ s into an ECDSA-Sig-Value (RFC 5480).
func derSignature(raw []byte) ([]byte, error) {
	n := len(raw) / 2
	if n == 0 || len(raw)%2 != 0 {
		return nil, fmt.Errorf("%w: a signature of %d bytes", ErrNoSigning, len(raw))
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:n]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[n:]))
	})
	return b.Bytes()
}

var curves = map[string]elliptic.Curve{
	"1.2.840.10045.3.1.7": elliptic.P256(),
	"1.3.132.0.34":        elliptic.P384(),
	"1.3.132.0.35":        elliptic.P521(),
}

// publicKey reads the public key object of an id.
func (t *Token) publicKey(id []byte) (crypto.PublicKey, error) {
	handles, err := t.m.findObjects(t.session, attributes{{class, number(classPublicKey)}, {idOf, id}})
	if err != nil {
		return nil, err
	}
	handle, err := one(handles, fmt.Errorf("%w with a public half", ErrNoKey))
	if err != nil {
		return nil, err
	}
	kind, err := t.m.attribute(t.session, handle, keyType)
	if err != nil {
		return nil, err
	}
	read := func(a, b uint64) (x, y []byte, err error) {
		x, err = t.m.attribute(t.session, handle, a)
		if err == nil {
			y, err = t.m.attribute(t.session, handle, b)
		}
		return x, y, err
	}
	switch toNumber(kind) {
	case keyRSA:
		n, e, err := read(modulus, exponent)
		if err != nil {
			return nil, err
		}
		exp := new(big.Int).SetBytes(e)
		if exp.BitLen() > 31 || len(n) > 2048 {
			return nil, fmt.Errorf("%w: an RSA key of this size", ErrNoSigning)
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exp.Int64())}, nil
	case keyEC:
		params, point, err := read(ecParams, ecPoint)
		if err != nil {
			return nil, err
		}
		return ecKey(params, point)
	}
	return nil, ErrNoSigning
}

// ecKey reads a point on a named curve. Some modules wrap it into an octet string, as the
// standard asks, and some do not.
func ecKey(params, point []byte) (crypto.PublicKey, error) {
	in := cryptobyte.String(params)
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1ObjectIdentifier(&oid) || curves[oid.String()] == nil {
		return nil, fmt.Errorf("%w: an unknown curve", ErrNoSigning)
	}
	curve := curves[oid.String()]
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	wrapped := cryptobyte.String(point)
	var inner cryptobyte.String
	if err != nil && wrapped.ReadASN1(&inner, cbasn1.OCTET_STRING) && wrapped.Empty() {
		pub, err = ecdsa.ParseUncompressedPublicKey(curve, inner)
	}
	if err != nil {
		return nil, errors.Join(ErrNoSigning, err)
	}
	return pub, nil
}
