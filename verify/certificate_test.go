package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// odd is a signer whose certificate or value is not what crypto/x509 or crypto/rsa takes.
type odd struct {
	name    string
	serial  []byte // content of the INTEGER
	subject *node  // the value of its common name
	key     *node  // SubjectPublicKeyInfo
	usage   *node  // keyUsage
	digest  cms.Hash
	alg     *node // signature algorithm
	sign    func(message []byte) []byte

	want    verify.Verdict
	reason  verify.Reason
	changed bool // the bytes are not those that were signed, as far as can be told
}

// TestA53OddCertificates (A53, A32): what the parser and the keys of the standard library refuse
// is judged all the same, or called what it is: never a forgery.
func TestA53OddCertificates(t *testing.T) {
	m := newMaterial(t, devca.P256)
	root, rootKey := oddRoot(t)
	f := m.forge(t, m.one, newField(t, m.one), sigDict)
	honest := f.value(t)
	for _, o := range oddSigners(t) {
		t.Run(o.name, func(t *testing.T) {
			cert := o.certificate(t, root, rootKey)
			p := &patient{t: t, top: parseDER(t, honest)[0]}
			p.certs().kids = append(p.certs().kids, cert)
			p.si().kids[1] = seq(parseDER(t, root.RawSubject)[0], cert.kids[0].kids[1])
			p.drop(pkcs9(52))
			sum := sha256.Sum256(cert.encode())
			p.attr(pkcs9(16, 2, 47)).kids[1].kids[0] = seq(seq(seq(octets(sum[:]))))
			h := o.digest
			p.attr(pkcs9(4)).kids[1].kids[0] = octets(h.Sum(f.covered()))
			alg := seq(oid(digestOID(h)...))
			p.sd().kids[1].kids[0], p.si().kids[2] = alg, alg
			p.si().kids[4] = o.alg
			p.sort()
			signed := p.attrs().clone()
			signed.tag = 0x31
			p.value().body = o.sign(signed.encode())

			pol := policy(m.ca)
			pol.Roots = append(slices.Clone(pol.Roots), root)
			rep := judge(t, f.with(p.top.encode()), pol)
			s := rep.Signatures[len(rep.Signatures)-1]
			if rep.Verdict != o.want || o.reason != "" && !slices.Contains(s.Reasons, o.reason) || s.Intact == o.changed {
				t.Errorf("%v %v %v, intact %v, want %v %v", rep.Verdict, rep.Reasons, s.Reasons, s.Intact, o.want, o.reason)
			}
			if s.Signer == "" || s.Issuer != "Odd Root" {
				t.Errorf("signer %q of %q", s.Signer, s.Issuer)
			}
		})
	}
}

// oddRoot is an ordinary authority that signs whatever it is given.
func oddRoot(t *testing.T) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Odd Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: signingTime.AddDate(-1, 0, 0), NotAfter: signingTime.AddDate(9, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return root, key
}

func (o odd) certificate(t *testing.T, root *x509.Certificate, key *ecdsa.PrivateKey) *node {
	t.Helper()
	at := func(d time.Duration) *node {
		return prim(0x17, []byte(signingTime.Add(d).UTC().Format("060102150405Z")))
	}
	alg := seq(oid(1, 2, 840, 10045, 4, 3, 2))
	tbs := seq(under(0xa0, integer(2)), prim(2, o.serial), alg, parseDER(t, root.RawSubject)[0], seq(at(-time.Hour), at(24*time.Hour)),
		seq(set(seq(oid(2, 5, 4, 3), o.subject))), o.key,
		under(0xa3, seq(seq(oid(2, 5, 29, 15), octets(o.usage.encode())))))
	sum := sha256.Sum256(tbs.encode())
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return seq(tbs, alg, prim(3, append([]byte{0}, sig...)))
}

func digestOID(h cms.Hash) []int {
	last := map[cms.Hash]int{cms.SHA256: 1, cms.SHA384: 2, cms.SHA512: 3, cms.SHA224: 4, cms.SHA512t256: 6, cms.SHA3256: 8, cms.SHA3512: 10}[h]
	switch h {
	case cms.MD5:
		return oidsMD5
	case cms.SHA1:
		return oidsSHA1
	}
	return []int{2, 16, 840, 1, 101, 3, 4, 2, last}
}

// oddSigners are the rows. Each but those about a key has an ordinary key.
func oddSigners(t *testing.T) []odd {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(ec.Public())
	if err != nil {
		t.Fatal(err)
	}
	ecdsaSHA256 := seq(oid(1, 2, 840, 10045, 4, 3, 2))
	plain := odd{serial: []byte{5}, subject: prim(0x0c, []byte("赵六")), key: parseDER(t, spki)[0], usage: prim(3, []byte{6, 0xc0}),
		digest: cms.SHA256, alg: ecdsaSHA256, want: verify.Valid,
		sign: func(message []byte) []byte {
			sum := sha256.Sum256(message)
			sig, err := ecdsa.SignASN1(rand.Reader, ec, sum[:])
			if err != nil {
				t.Fatal(err)
			}
			return sig
		}}
	var out []odd
	row := func(name string, change func(o *odd)) {
		o := plain
		o.name = name
		change(&o)
		out = append(out, o)
	}
	row("nothing odd", func(*odd) {})
	for name, serial := range map[string][]byte{"negative": {0xfe, 0xdc}, "zero": {0}, "of 40 bytes": bytes.Repeat([]byte{0x71}, 40)} {
		row("serial number "+name, func(o *odd) { o.serial = serial })
	}
	for name, value := range map[string]*node{
		"T61": prim(20, []byte{'M', 0xfc, 'l'}), "BMP": prim(30, []byte{0x8d, 0x75, 0x51, 0x6d}), "universal": prim(28, []byte{0, 0, 0x8d, 0x75}),
		"printable with an at": prim(19, []byte("a@b.example")), "printable with Latin-1": prim(19, []byte{'M', 0xfc, 'l'}),
		"UTF-8 that is none": prim(12, []byte{'M', 0xfc, 'l'}), "IA5 with Latin-1": prim(22, []byte{'M', 0xfc, 'l'}),
	} {
		row("name in "+name, func(o *odd) { o.subject = value })
	}
	row("keyUsage that is none", func(o *odd) {
		o.usage, o.want, o.reason, o.serial = octets([]byte{1}), verify.Indeterminate, verify.ChainKeyUsage, []byte{0xfe}
	})
	row("keyUsage of nothing", func(o *odd) {
		o.usage, o.want, o.reason, o.serial = prim(3, []byte{0}), verify.Indeterminate, verify.ChainKeyUsage, []byte{0xfe}
	})
	row("ECDSA by the name of the key", func(o *odd) { o.alg = seq(oid(1, 2, 840, 10045, 2, 1)) })
	for name, key := range map[string]*node{
		"brainpoolP256r1": curve(oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 7), 65), "secp256k1": curve(oid(1, 3, 132, 0, 10), 65),
		"a curve written out": curve(seq(integer(1), seq(), seq(), octets(nil), integer(7)), 65),
		"Ed448":               seq(seq(oid(1, 3, 101, 113)), prim(3, make([]byte, 58))),
		"DSA":                 seq(seq(oid(1, 2, 840, 10040, 4, 1), seq(integer(23), integer(11), integer(4))), prim(3, []byte{0, 2, 1, 8})),
		"a point off P-256":   curve(oid(1, 2, 840, 10045, 3, 1, 7), 65),
	} {
		row("key "+name, func(o *odd) { o.key, o.want, o.reason = key, verify.Indeterminate, verify.CMSAlgorithm })
	}
	return append(out, oddRSA(t, plain)...)
}

func curve(params *node, n int) *node {
	return seq(seq(oid(1, 2, 840, 10045, 2, 1), params), prim(3, append([]byte{0, 4}, make([]byte, n-1)...)))
}

// private is an RSA key with any exponent.
type private struct{ n, e, d *big.Int }

func newPrivate(t *testing.T, bits int, e *big.Int) private {
	t.Helper()
	for {
		p, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			t.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, bits-bits/2)
		if err != nil {
			t.Fatal(err)
		}
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		n := new(big.Int).Mul(p, q)
		if d := new(big.Int).ModInverse(e, phi); d != nil && n.BitLen() == bits {
			return private{n, e, d}
		}
	}
}

// raw is RSASP1.
func (k private) raw(em []byte) []byte {
	s := new(big.Int).SetBytes(em)
	return s.Exp(s, k.d, k.n).FillBytes(make([]byte, (k.n.BitLen()+7)/8))
}

func (k private) spki(alg *node) *node {
	number := func(n *big.Int) *node { return prim(2, n.FillBytes(make([]byte, n.BitLen()/8+1))) }
	return seq(alg, prim(3, append([]byte{0}, seq(number(k.n), number(k.e)).encode()...)))
}

// pkcs1 signs with RSASSA-PKCS1-v1_5.
func (k private) pkcs1(h cms.Hash) func([]byte) []byte {
	return func(message []byte) []byte {
		info := seq(seq(oid(digestOID(h)...), null()), octets(h.Sum(message))).encode()
		pad := bytes.Repeat([]byte{0xff}, (k.n.BitLen()+7)/8-len(info)-3)
		return k.raw(append(append(append([]byte{0, 1}, pad...), 0), info...))
	}
}

// pss signs with RSASSA-PSS and a salt of n bytes.
func (k private) pss(h, mask cms.Hash, n int) func([]byte) []byte {
	return func(message []byte) []byte {
		bits := k.n.BitLen() - 1
		size := (bits + 7) / 8
		salt := bytes.Repeat([]byte{7}, n)
		inner := h.Sum(append(append(make([]byte, 8), h.Sum(message)...), salt...))
		db := append(append(make([]byte, size-n-len(inner)-2), 1), salt...)
		var stream []byte
		for i := uint32(0); len(stream) < len(db); i++ {
			stream = append(stream, mask.Sum(binary.BigEndian.AppendUint32(bytes.Clone(inner), i))...)
		}
		for i := range db {
			db[i] ^= stream[i]
		}
		db[0] &= 0xff >> (8*size - bits)
		return k.raw(append(append(db, inner...), 0xbc))
	}
}

func pssNode(h, mask cms.Hash, salt byte) *node {
	return seq(under(0xa0, seq(oid(digestOID(h)...), null())),
		under(0xa1, seq(oid(1, 2, 840, 113549, 1, 1, 8), seq(oid(digestOID(mask)...), null()))), under(0xa2, integer(salt)))
}

func oddRSA(t *testing.T, plain odd) []odd {
	t.Helper()
	rsaOID, pssOID := oid(1, 2, 840, 113549, 1, 1, 1), oid(1, 2, 840, 113549, 1, 1, 10)
	usual := newPrivate(t, 2048, big.NewInt(65537))
	wide := newPrivate(t, 2048, new(big.Int).SetUint64(0xffffffffffffffc5))
	wider := newPrivate(t, 2048, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(13)))
	var out []odd
	row := func(name string, k private, key *node, sign func([]byte) []byte, change func(o *odd)) {
		o := plain
		o.name, o.key, o.sign, o.alg = "RSA: "+name, k.spki(key), sign, seq(rsaOID, null())
		if change != nil {
			change(&o)
		}
		out = append(out, o)
	}
	pss := func(h, mask cms.Hash, salt byte) func(o *odd) {
		return func(o *odd) { o.alg = seq(pssOID, pssNode(h, mask, salt)) }
	}
	weak := func(o *odd) { o.want, o.reason = verify.Indeterminate, verify.CMSAlgorithm }
	sha := cms.SHA256
	row("an exponent of 64 bits", wide, seq(rsaOID, null()), wide.pkcs1(sha), nil)
	row("an exponent of 40 bits", usual, seq(rsaOID, null()), usual.pkcs1(sha), func(o *odd) {
		k := newPrivate(t, 2048, big.NewInt(1<<40+15))
		o.key, o.sign = k.spki(seq(rsaOID, null())), k.pkcs1(sha)
	})
	row("an exponent of 64 bits, another value", wide, seq(rsaOID, null()), usual.pkcs1(sha), func(o *odd) {
		o.want, o.reason, o.changed = verify.Invalid, verify.CMSSignature, true
	})
	row("an exponent of 65 bits", wider, seq(rsaOID, null()), wider.pkcs1(sha), weak)
	row("an exponent of 64 bits, PSS", wide, seq(rsaOID, null()), wide.pss(sha, sha, 32), pss(sha, sha, 32))
	row("an exponent of 64 bits, PSS, another value", wide, seq(rsaOID, null()), wide.pss(sha, sha, 31), func(o *odd) {
		pss(sha, sha, 32)(o)
		o.want, o.reason, o.changed = verify.Invalid, verify.CMSSignature, true
	})
	for _, bits := range []int{2049, 2055, 2056} { // the first byte of the encoded message has other widths
		k := newPrivate(t, bits, new(big.Int).SetUint64(0xffffffffffffffc5))
		row(fmt.Sprintf("PSS of %d bits", bits), k, seq(rsaOID, null()), k.pss(sha, sha, 20), pss(sha, sha, 20))
	}
	row("no parameters", usual, seq(rsaOID), usual.pkcs1(sha), nil)
	for _, mask := range []cms.Hash{cms.SHA1, cms.SHA512} { // C10
		row("mask of "+mask.String(), usual, seq(rsaOID, null()), usual.pss(sha, mask, 20), func(o *odd) {
			pss(sha, mask, 20)(o)
			o.want, o.reason, o.changed = verify.Invalid, verify.CMSAlgorithm, true
		})
	}
	row("a key for PSS", usual, seq(pssOID), usual.pss(sha, sha, 32), pss(sha, sha, 32))
	row("a key for PSS with these hashes", usual, seq(pssOID, pssNode(sha, sha, 20)), usual.pss(sha, sha, 32), pss(sha, sha, 32))
	for name, params := range map[string]*node{"another hash": pssNode(cms.SHA512, sha, 32), "another mask": pssNode(sha, cms.SHA512, 32),
		"a longer salt": pssNode(sha, sha, 33)} {
		row("a key for PSS with "+name, usual, seq(pssOID, params), usual.pss(sha, sha, 32), func(o *odd) {
			pss(sha, sha, 32)(o)
			o.want, o.reason, o.changed = verify.Invalid, verify.CMSAlgorithm, true
		})
	}
	row("a key for PSS, used for PKCS #1", usual, seq(pssOID), usual.pkcs1(sha), func(o *odd) {
		o.want, o.reason, o.changed = verify.Invalid, verify.CMSAlgorithm, true
	})
	for _, bits := range []int{512, 768, 1024} {
		k := newPrivate(t, bits, big.NewInt(65537))
		row(fmt.Sprintf("a key of %d bits", bits), k, seq(rsaOID, null()), k.pkcs1(sha), weak)
		row(fmt.Sprintf("a key of %d bits, another value", bits), k, seq(rsaOID, null()), k.pkcs1(cms.SHA224), func(o *odd) {
			o.want, o.reason, o.changed = verify.Invalid, verify.CMSSignature, true
		})
	}
	three := newPrivate(t, 2048, big.NewInt(3))
	row("exponent 3", three, seq(rsaOID, null()), three.pkcs1(sha), weak)
	for _, h := range []cms.Hash{cms.SHA512t256, cms.SHA3256, cms.SHA3512} {
		row("digest "+h.String(), usual, seq(rsaOID, null()), usual.pkcs1(h), func(o *odd) { o.digest = h })
	}
	for _, h := range []cms.Hash{cms.MD5, cms.SHA224, cms.SHA1} {
		row("digest "+h.String(), usual, seq(rsaOID, null()), usual.pkcs1(h), func(o *odd) {
			o.digest, o.want, o.reason = h, verify.Indeterminate, verify.CMSWeakHash
		})
	}
	return out
}

// TestA53OddKeysAreOdd holds that the rows above are needed: the standard library takes
// none of the keys, or says nothing about them.
func TestA53OddKeysAreOdd(t *testing.T) {
	k := &rsa.PublicKey{N: newPrivate(t, 2048, big.NewInt(65537)).n, E: 1<<40 + 15}
	if err := rsa.VerifyPKCS1v15(k, crypto.SHA256, make([]byte, 32), make([]byte, 256)); err == nil || err == rsa.ErrVerification {
		t.Errorf("an exponent of 40 bits: %v", err)
	}
	root, key := oddRoot(t)
	refused := 0
	for _, o := range oddSigners(t) {
		c, err := x509.ParseCertificate(o.certificate(t, root, key).encode())
		if err != nil || c.PublicKey == nil {
			refused++
		}
	}
	if refused < 20 {
		t.Errorf("crypto/x509 takes all but %d certificates", refused)
	}
}
