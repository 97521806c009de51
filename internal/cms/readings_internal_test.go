package cms

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
	"encoding/asn1"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// written returns an element, or the DER of a value.
func written(tag byte, parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(tag), func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(parts, nil)) })
	return b.BytesOrPanic()
}

func marshalled(v any) []byte {
	b, err := asn1.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestA53OneReading (A53; RFC 5280, 4.1.1.2 and 4.1.2.1): a certificate that two readers
// could take for two different ones is none, whichever of the two would read it.
func TestA53OneReading(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	name := marshalled(pkix.Name{CommonName: "X"}.ToRDNSequence())
	es, other := asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
	usage := marshalled(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 2, 5, 0x20}})
	list := func(exts ...[]byte) []byte { return written(0xa3, written(0x30, exts...)) }
	for _, c := range []struct {
		what    string
		version int
		inner   asn1.ObjectIdentifier
		serial  []byte
		behind  [][]byte
		ok      bool
	}{
		{"version 3", 3, es, []byte{5}, [][]byte{list(usage)}, true},
		{"version 3, negative", 3, es, []byte{0xfe}, [][]byte{list(usage)}, true},
		{"version 1", 1, es, []byte{5}, nil, true},
		{"version 2 with an identifier", 2, es, []byte{5}, [][]byte{{0x81, 2, 0, 1}}, true},
		{"version 1 with extensions", 1, es, []byte{5}, [][]byte{list(usage)}, false},
		{"version 1 with extensions, negative", 1, es, []byte{0xfe}, [][]byte{list(usage)}, false},
		{"version 1 with an identifier", 1, es, []byte{5}, [][]byte{{0x81, 2, 0, 1}}, false},
		{"version 2 with extensions", 2, es, []byte{5}, [][]byte{list(usage)}, false},
		{"version 4", 4, es, []byte{5}, [][]byte{list(usage)}, false},
		{"two lists of extensions", 3, es, []byte{5}, [][]byte{list(usage), list(usage)}, false},
		{"a string behind the extensions", 3, es, []byte{5}, [][]byte{list(usage), written(4, []byte("x"))}, false},
		{"another algorithm inside", 3, other, []byte{5}, [][]byte{list(usage)}, false},
		{"another algorithm inside, negative", 3, other, []byte{0xfe}, [][]byte{list(usage)}, false},
	} {
		var parts [][]byte
		if c.version > 1 {
			parts = append(parts, written(0xa0, marshalled(c.version-1)))
		}
		at := func(s string) []byte { return written(0x17, []byte(s)) }
		parts = append(parts, written(2, c.serial), written(0x30, marshalled(c.inner)), name, written(0x30, at("250101000000Z"), at("350101000000Z")), name, spki)
		tbs := written(0x30, append(parts, c.behind...)...)
		sum := sha256.Sum256(tbs)
		sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		cert, err := ParseCertificate(written(0x30, tbs, written(0x30, marshalled(es)), written(3, append([]byte{0}, sig...))))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
		if err == nil && CheckIssued(cert, cert) != nil {
			t.Errorf("%s: its signature is not right", c.what)
		}
	}
}

// TestC10SaltOfNothing (C10; RFC 8017, 9.1.2): parameters that say no salt mean none.
func TestC10SaltOfNothing(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	sum := sha256.Sum256(message)
	sha := written(0x30, marshalled(SHA256.oid()), derNull)
	params := written(0x30, written(0xa0, sha), written(0xa1, written(0x30, marshalled(oidMGF1), sha)), written(0xa2, marshalled(0)))
	for salt, ok := range map[int]bool{32: false, 20: false, 0: true} {
		var sig []byte
		if salt > 0 {
			sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: salt})
		} else { // which crypto/rsa has no word for
			n := 256
			inner := SHA256.Sum(append(make([]byte, 8), sum[:]...))
			db := append(make([]byte, n-32-2), 1)
			for i, b := range SHA256.generate(inner, len(db)) {
				db[i] ^= b
			}
			db[0] &= 0x7f
			s := new(big.Int).SetBytes(append(append(db, inner...), 0xbc))
			sig = s.Exp(s, key.D, key.N).FillBytes(make([]byte, n))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []crypto.PublicKey{key.Public(), &rsaKey{n: key.N, e: big.NewInt(int64(key.E)), only: true}} {
			if err := (algorithm{oidRSAPSS, params}).verify(k, SHA256, message, sig); (err == nil) != ok {
				t.Errorf("a salt of %d bytes: %v", salt, err)
			}
		}
	}
}

// TestA52OtherNames (A52): strings that cannot be read, and values that are no strings, are
// the same only byte for byte; long names cost nothing.
func TestA52OtherNames(t *testing.T) {
	n := func(tag byte, v ...byte) []byte {
		return written(0x30, written(0x31, written(0x30, marshalled(asn1.ObjectIdentifier{2, 5, 4, 3}), written(tag, v))))
	}
	for what, c := range map[string]struct {
		a, b []byte
		same bool
	}{
		"two halves of surrogates":       {n(30, 0xd8, 0, 0, 'a'), n(30, 0xd8, 1, 0, 'a'), false},
		"half a surrogate and U+FFFD":    {n(30, 0xd8, 0, 0, 'a'), n(12, 0xef, 0xbf, 0xbd, 'a'), false},
		"surrogates in a UCS string":     {n(28, 0, 0, 0xd8, 0), n(28, 0, 0, 0xdf, 0xff), false},
		"a pair of surrogates":           {n(30, 0xd8, 0x40, 0xdc, 0), n(12, 0xf0, 0xa0, 0x80, 0x80), true},
		"a text and a value of tag 0":    {n(12, 'a'), n(0, 'a'), false},
		"another case":                   {n(12, 'a'), n(19, 'A'), true},
		"long, in another case":          {n(12, bytes.Repeat([]byte{'a'}, 3000)...), n(12, bytes.Repeat([]byte{'A'}, 3000)...), false},
		"long, the same":                 {n(12, bytes.Repeat([]byte{'a'}, 3000)...), n(12, bytes.Repeat([]byte{'a'}, 3000)...), true},
		"many compatibility forms":       {n(30, bytes.Repeat([]byte{0xfd, 0xfa}, 200)...), n(30, append(bytes.Repeat([]byte{0xfd, 0xfa}, 199), 0xfd, 0xf9)...), false},
		"a compatibility form":           {n(30, 0xff, 0x21), n(12, 'a'), true},
		"a name that begins like a name": {append(n(12, 'a'), 0), n(12, 'a'), false},
	} {
		if got := SameName(c.a, c.b); got != c.same {
			t.Errorf("%s: same %v", what, got)
		}
	}
}
