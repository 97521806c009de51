package path_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// now is the time of validation in the tests.
var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// entity is a certificate with its key.
type entity struct {
	*x509.Certificate
	key crypto.Signer
}

// kit makes certificates, also ones that no authority would make.
type kit struct {
	t      testing.TB
	serial int64
}

// tmpl is the content of a certificate. Every field may be broken.
type tmpl struct {
	subject, issuer []byte
	serial          int64
	from, to        time.Time
	version         int
	exts            []pkix.Extension
	late            []pkix.Extension // set once the certificate was read
	key             crypto.Signer
	alg             string // "" by the key of the issuer, else sha1, pss
	badSignature    bool
}

type opt func(*tmpl)

func dn(parts ...string) []byte {
	if len(parts) == 0 {
		parts = []string{"CN", ""}
	}
	oids := map[string]asn1.ObjectIdentifier{"C": {2, 5, 4, 6}, "O": {2, 5, 4, 10}, "OU": {2, 5, 4, 11}, "CN": {2, 5, 4, 3},
		"E": {1, 2, 840, 113549, 1, 9, 1}}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for i := 0; i+1 < len(parts); i += 2 {
			tag := cbasn1.UTF8String
			name := parts[i]
			if name == "E" {
				tag = cbasn1.IA5String
			}
			value := []byte(parts[i+1])
			switch name[0] { // pO: as a PrintableString, and so on
			case 'p':
				tag, name = cbasn1.PrintableString, name[1:]
			case 't': // TeletexString, given as Latin-1
				tag, name = cbasn1.Tag(20), name[1:]
			case 'b': // BMPString
				tag, name = cbasn1.Tag(30), name[1:]
				value = nil
				for _, u := range utf16.Encode([]rune(parts[i+1])) {
					value = append(value, byte(u>>8), byte(u))
				}
			case 'u': // UniversalString
				tag, name = cbasn1.Tag(28), name[1:]
				value = nil
				for _, r := range parts[i+1] {
					value = append(value, 0, byte(r>>16), byte(r>>8), byte(r))
				}
			}
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oids[name])
					b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(value) })
				})
			})
		}
	})
	return b.BytesOrPanic()
}

// must panics on an error, because the tests themselves control the input.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ecKey() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }
func smKey() crypto.Signer { return must(sm2.GenerateKey(rand.Reader)) }
func edKey() crypto.Signer { _, k, err := ed25519.GenerateKey(rand.Reader); return must(k, err) }

var rsaKeys = sync.OnceValue(func() [3]crypto.Signer {
	var out [3]crypto.Signer
	for i := range out {
		out[i] = must(rsa.GenerateKey(rand.Reader, 2048))
	}
	return out
})

func algorithmOf(b *cryptobyte.Builder, key crypto.Signer, alg string) {
	null := func(b *cryptobyte.Builder) { b.AddASN1NULL() }
	var oid asn1.ObjectIdentifier
	var params cryptobyte.BuilderContinuation
	switch k := key.Public().(type) {
	case *rsa.PublicKey:
		oid, params = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, null
		switch alg {
		case "sha1":
			oid = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}
		case "pss":
			sha := func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1})
					b.AddASN1NULL()
				})
			}
			oid = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
			params = func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(ctx(0), sha)
					b.AddASN1(ctx(1), func(b *cryptobyte.Builder) {
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8})
							sha(b)
						})
					})
					b.AddASN1(ctx(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(32) })
				})
			}
		}
	case *ecdsa.PublicKey:
		oid = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
		if alg == "sha1" {
			oid = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}
		}
		if k.Curve == sm2.P256() {
			oid = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}
		}
	default:
		oid = asn1.ObjectIdentifier{1, 3, 101, 112}
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if params != nil {
			params(b)
		}
	})
}

func ctx(n int) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

func signWith(key crypto.Signer, alg string, msg []byte) []byte {
	switch k := key.(type) {
	case *sm2.PrivateKey:
		return must(k.Sign(rand.Reader, msg, sm2.DefaultSM2SignerOpts))
	case ed25519.PrivateKey:
		return must(k.Sign(rand.Reader, msg, crypto.Hash(0)))
	}
	if alg == "sha1" {
		h := sha1.Sum(msg)
		return must(key.Sign(rand.Reader, h[:], crypto.SHA1))
	}
	h := sha256.Sum256(msg)
	if alg == "pss" {
		return must(key.Sign(rand.Reader, h[:], &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}))
	}
	return must(key.Sign(rand.Reader, h[:], crypto.SHA256))
}

// signed makes the SIGNED form of X.509.
func signed(tbs []byte, key crypto.Signer, alg string, bad bool) []byte {
	sig := signWith(key, alg, tbs)
	if bad {
		sig = signWith(key, alg, append([]byte{0}, tbs...))
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		algorithmOf(b, key, alg)
		b.AddASN1BitString(sig)
	})
	return b.BytesOrPanic()
}

func addExtensions(b *cryptobyte.Builder, exts []pkix.Extension) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, e := range exts {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(e.Id)
				if e.Critical {
					b.AddASN1Boolean(true)
				}
				b.AddASN1OctetString(e.Value)
			})
		}
	})
}

func addTime(b *cryptobyte.Builder, t time.Time) {
	if t.Year() >= 2050 {
		b.AddASN1GeneralizedTime(t)
		return
	}
	b.AddASN1UTCTime(t)
}

// issue makes a certificate; by is nil for one that signs itself.
func (k *kit) issue(by *entity, subject []byte, opts ...opt) *entity {
	k.t.Helper()
	k.serial++
	c := &tmpl{subject: subject, serial: k.serial, from: now.AddDate(-1, 0, 0), to: now.AddDate(1, 0, 0), version: 3}
	for _, o := range opts {
		o(c)
	}
	if c.key == nil {
		c.key = ecKey()
	}
	signer := c.key
	if by != nil {
		signer = by.key
	}
	if c.issuer == nil {
		c.issuer = c.subject
		if by != nil {
			c.issuer = by.RawSubject
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if c.version > 1 {
			b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(c.version - 1)) })
		}
		b.AddASN1Int64(c.serial)
		algorithmOf(b, signer, c.alg)
		b.AddBytes(c.issuer)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addTime(b, c.from); addTime(b, c.to) })
		b.AddBytes(c.subject)
		b.AddBytes(must(smx509.MarshalPKIXPublicKey(c.key.Public())))
		if c.version == 3 && len(c.exts) > 0 {
			b.AddASN1(ctx(3), func(b *cryptobyte.Builder) { addExtensions(b, c.exts) })
		}
	})
	cert, err := cms.ParseCertificate(signed(b.BytesOrPanic(), signer, c.alg, c.badSignature))
	if err != nil {
		k.t.Fatal(err)
	}
	cert.Extensions = append(cert.Extensions, c.late...)
	return &entity{cert, c.key}
}

// Defaults: a root, an authority under one, a signer.
func (k *kit) root(name string, o ...opt) *entity { return k.sub(nil, name, o...) }
func (k *kit) sub(by *entity, name string, o ...opt) *entity {
	return k.issue(by, dn("O", "Test", "CN", name), append([]opt{ca(-1), usage(5, 6)}, o...)...)
}
func (k *kit) leaf(by *entity, o ...opt) *entity {
	return k.issue(by, dn("O", "Test", "CN", "leaf"), append([]opt{usage(0)}, o...)...)
}

func ce(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, n} }

// with sets an extension, and replaces one with the same identifier.
func with(id asn1.ObjectIdentifier, critical bool, value []byte) opt {
	return func(c *tmpl) {
		without(id)(c)
		c.exts = append(c.exts, pkix.Extension{Id: id, Critical: critical, Value: value})
	}
}

func without(id asn1.ObjectIdentifier) opt {
	return func(c *tmpl) {
		c.exts = slices.DeleteFunc(c.exts, func(e pkix.Extension) bool { return e.Id.Equal(id) })
	}
}

func der(f cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, f)
	return b.BytesOrPanic()
}

func constraintsExt(isCA bool, pathLen int) []byte {
	return der(func(b *cryptobyte.Builder) {
		if isCA {
			b.AddASN1Boolean(true)
		}
		if pathLen >= 0 {
			b.AddASN1Int64(int64(pathLen))
		}
	})
}

func ca(pathLen int) opt { return with(ce(19), true, constraintsExt(true, pathLen)) }
func notCA() opt         { return with(ce(19), true, constraintsExt(false, -1)) }
func usage(bits ...int) opt {
	var s asn1.BitString
	s.BitLength = slices.Max(bits) + 1
	s.Bytes = make([]byte, (s.BitLength+7)/8)
	for _, b := range bits {
		s.Bytes[b/8] |= 0x80 >> (b % 8)
	}
	return with(ce(15), true, must(asn1.Marshal(s)))
}

// pkix purposes: 3 code signing, 4 email, 8 time stamping, 9 OCSP, 1 TLS servers.
func purposes(critical bool, kp ...int) opt {
	var ids []asn1.ObjectIdentifier
	for _, k := range kp {
		ids = append(ids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, k})
	}
	return with(ce(37), critical, must(asn1.Marshal(ids)))
}

func valid(from, to time.Time) opt { return func(c *tmpl) { c.from, c.to = from, to } }
func keyed(k crypto.Signer) opt    { return func(c *tmpl) { c.key = k } }
func named(d []byte) opt           { return func(c *tmpl) { c.subject = d } }
func claims(issuer []byte) opt     { return func(c *tmpl) { c.issuer = issuer } }
func algorithm(a string) opt       { return func(c *tmpl) { c.alg = a } }
func version1(c *tmpl)             { c.version, c.exts = 1, nil }
func forged(c *tmpl)               { c.badSignature = true }
func unknownExt(critical bool) opt {
	return with(asn1.ObjectIdentifier{1, 2, 3, 4, 5}, critical, []byte{5, 0})
}
func skid(id string) opt { return with(ce(14), false, append([]byte{4, byte(len(id))}, id...)) }
func akid(id string) opt {
	return with(ce(35), false, append([]byte{0x30, byte(len(id) + 2), 0x80, byte(len(id))}, id...))
}

// gn is a GeneralName: e email, d DNS, u URI, i IP, n directory name, o other.
type gn struct {
	kind  byte
	value string
}

func addNames(b *cryptobyte.Builder, n gn) {
	switch n.kind {
	case 'n':
		b.AddASN1(ctx(4), func(b *cryptobyte.Builder) { b.AddBytes([]byte(n.value)) })
	case 'o':
		b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { b.AddBytes([]byte(n.value)) })
	case 'r': // registeredID
		b.AddASN1(cbasn1.Tag(8).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(n.value)) })
	default:
		tag := map[byte]int{'e': 1, 'd': 2, 'u': 6, 'i': 7}[n.kind]
		b.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(n.value)) })
	}
}

func san(names ...gn) opt {
	return with(ce(17), false, der(func(b *cryptobyte.Builder) {
		for _, n := range names {
			addNames(b, n)
		}
	}))
}

func subtrees(permitted, excluded []gn) opt {
	return with(ce(30), true, der(func(b *cryptobyte.Builder) {
		for i, list := range [][]gn{permitted, excluded} {
			if len(list) == 0 {
				continue
			}
			b.AddASN1(ctx(i), func(b *cryptobyte.Builder) {
				for _, n := range list {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addNames(b, n) })
				}
			})
		}
	}))
}

func permit(n ...gn) opt  { return subtrees(n, nil) }
func exclude(n ...gn) opt { return subtrees(nil, n) }

func policy(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 3, 100, n} }

// policies: 0 is anyPolicy.
func policies(ns ...int) opt {
	return with(ce(32), false, der(func(b *cryptobyte.Builder) {
		for _, n := range ns {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if n == 0 {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 5, 29, 32, 0})
					return
				}
				b.AddASN1ObjectIdentifier(policy(n))
			})
		}
	}))
}

func maps(from, to int) opt {
	return with(ce(33), true, der(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, n := range []int{from, to} {
				if n == 0 {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 5, 29, 32, 0})
					continue
				}
				b.AddASN1ObjectIdentifier(policy(n))
			}
		})
	}))
}

func policyConstraints(explicit, mapping int) opt {
	return with(ce(36), true, der(func(b *cryptobyte.Builder) {
		for i, n := range []int{explicit, mapping} {
			if n >= 0 {
				b.AddASN1(cbasn1.Tag(i).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(byte(n)) })
			}
		}
	}))
}

func inhibitAny(n int) opt { return with(ce(54), true, must(asn1.Marshal(n))) }

func points(uri string) opt {
	return with(ce(31), false, der(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
				b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { addNames(b, gn{'u', uri}) })
			})
		})
	}))
}
