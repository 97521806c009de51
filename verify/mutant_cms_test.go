package verify_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what must be refused
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// surgery is R15 (A6): one part of the last signature's CMS is changed, and signed again if
// the recipe is a signer's own.
func surgery(t *testing.T, m *material) []mutant {
	f := m.forge(t, m.one, newField(t, m.one), sigDict)
	honest := f.value(t)
	var out []mutant
	make := func(cut func(p *patient)) []byte {
		p := &patient{t: t, top: parseDER(t, honest)[0], profile: f.profile, cred: m.cheat}
		cut(p)
		return f.with(p.top.encode())
	}
	say := func(name string, reason verify.Reason, cut func(p *patient)) {
		out = append(out, refused(name, make(cut), reason))
	}
	resigned := func(name string, reason verify.Reason, cut func(p *patient)) {
		out = append(out, refused(name+", signed", make(func(p *patient) { cut(p); p.sort(); p.resign() }), reason))
	}
	fine := func(name string, cut func(p *patient)) { out = append(out, legal(name, make(cut))) }
	ess, protection, typ, digest := pkcs9(16, 2, 47), pkcs9(52), pkcs9(3), pkcs9(4)
	other := m.issue(t, m.ca, "钱七")
	twin, err := m.ca.Certify(devca.Subject{Name: "孙八", ID: "320*****0011"}, m.cheat.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	cert := func(c *x509.Certificate) *node { return parseDER(t, c.Raw)[0] }

	fine("nothing", func(*patient) {})
	fine("signed once more", func(p *patient) { p.resign() })
	fine("a signing time that is years off", func(p *patient) {
		p.more(pkcs9(5), prim(0x17, []byte("200101000000Z")))
		p.sort()
		p.resign()
	})
	// Attributes.
	say("no attributes", verify.CMSSignature, func(p *patient) { p.si().kids = append(p.si().kids[:3:3], p.si().kids[4:]...) })
	out = append(out, refused("no attributes, the digest signed", make(func(p *patient) {
		sig, err := p.profile.SignAttributes(p.cred.Key, f.covered())
		if err != nil {
			t.Fatal(err)
		}
		p.value().body = sig
		p.si().kids = append(p.si().kids[:3:3], p.si().kids[4:]...)
	}), verify.CMSAttributes))
	say("an empty set of attributes", verify.CMSMalformed, func(p *patient) { p.attrs().kids = nil })
	fine("attributes reversed", func(p *patient) {
		k := p.attrs().kids
		k[0], k[1] = k[1], k[0]
		p.resign()
	})
	fine("attributes rotated", func(p *patient) {
		k := p.attrs().kids
		p.attrs().kids = append(k[1:len(k):len(k)], k[0])
		p.resign()
	})
	for name, a := range map[string][]int{"content-type": typ, "message-digest": digest, "signing-certificate-v2": ess, "algorithm protection": protection} {
		resigned(name+" doubled", verify.CMSAttributes, func(p *patient) { p.attrs().kids = append(p.attrs().kids, p.attr(a).clone()) })
		resigned(name+" twice with another value", verify.CMSAttributes, func(p *patient) { p.more(a, octets([]byte{1})) })
		resigned(name+" of two values", verify.CMSAttributes, func(p *patient) { v := p.attr(a).kids[1]; v.kids = append(v.kids, v.kids[0].clone()) })
		resigned(name+" of no value", verify.CMSAttributes, func(p *patient) { p.attr(a).kids[1].kids = nil })
		resigned(name+" with a part behind", verify.CMSMalformed, func(p *patient) { n := p.attr(a); n.kids = append(n.kids, null()) })
		resigned(name+" in a sequence", verify.CMSMalformed, func(p *patient) { p.attr(a).kids[1].tag = 0x30 })
		say(name+" dropped", map[string]verify.Reason{"content-type": verify.CMSAttributes, "message-digest": verify.CMSDigest,
			"signing-certificate-v2": verify.CMSSigningCert, "algorithm protection": verify.CMSSignature}[name], func(p *patient) {
			p.drop(a)
			if name != "algorithm protection" { // it may be absent if the signer left it out
				p.resign()
			}
		})
	}
	fine("no algorithm protection", func(p *patient) { p.drop(protection); p.resign() })
	fine("an unknown signed attribute", func(p *patient) { p.more([]int{1, 2, 3, 4}, null()); p.sort(); p.resign() })
	say("an unknown attribute, not signed", verify.CMSSignature, func(p *patient) { p.more([]int{1, 2, 3, 4}, null()); p.sort() })
	for name, v := range map[string]*node{"signed data": oid(1, 2, 840, 113549, 1, 7, 2), "TSTInfo": oid(pkcs9(16, 1, 4)...), "nothing": null(),
		"the GM data type": oid(1, 2, 156, 10197, 6, 1, 4, 2, 1)} {
		resigned("content-type "+name, verify.CMSAttributes, func(p *patient) { p.attr(typ).kids[1].kids[0] = v })
	}
	for name, v := range map[string]*node{"zero": octets(bytes.Repeat([]byte{0}, 32)), "empty": octets(nil), "short": octets(f.digest[:20]),
		"long": octets(append(bytes.Clone(f.digest), 0)), "a bit string": prim(3, append([]byte{0}, f.digest...)), "of nothing": octets(f.profile.Hash.Sum(nil))} {
		resigned("digest "+name, verify.CMSDigest, func(p *patient) { p.attr(digest).kids[1].kids[0] = v })
	}

	// The certificate that the attributes bind (C5).
	id := func(p *patient) *node { return p.attr(ess).kids[1].kids[0].kids[0].kids[0] }
	hashAt := func(n *node) *node {
		for _, k := range n.kids {
			if k.tag == 4 {
				return k
			}
		}
		t.Fatal("no hash")
		return nil
	}
	resigned("hash of another certificate", verify.CMSSigningCert, func(p *patient) { hashAt(id(p)).body = f.profile.Hash.Sum(other.Chain[0].Raw) })
	resigned("hash of the issuer", verify.CMSSigningCert, func(p *patient) { hashAt(id(p)).body = f.profile.Hash.Sum(m.cheat.Chain[1].Raw) })
	resigned("hash of the twin", verify.CMSSigningCert, func(p *patient) { hashAt(id(p)).body = f.profile.Hash.Sum(twin[0].Raw) })
	resigned("an empty hash", verify.CMSSigningCert, func(p *patient) { hashAt(id(p)).body = nil })
	resigned("another serial number", verify.CMSSigningCert, func(p *patient) { n := id(p); k := n.kids[len(n.kids)-1].kids[1]; k.body[0] ^= 1 })
	resigned("another issuer", verify.CMSSigningCert, func(p *patient) {
		n := id(p)
		n.kids[len(n.kids)-1].kids[0].kids[0].kids[0] = parseDER(t, m.ca.Root().RawSubject)[0]
	})
	resigned("another kind of name", verify.CMSSigningCert, func(p *patient) { n := id(p); n.kids[len(n.kids)-1].kids[0].kids[0].tag = 0xa1 })
	resigned("no certificates named", verify.CMSSigningCert, func(p *patient) { p.attr(ess).kids[1].kids[0].kids[0].kids = nil })
	resigned("the signer's second", verify.CMSSigningCert, func(p *patient) {
		list := p.attr(ess).kids[1].kids[0].kids[0]
		first := list.kids[0].clone()
		hashAt(first).body = f.profile.Hash.Sum(other.Chain[0].Raw)
		first.kids = first.kids[:len(first.kids)-1]
		list.kids = append([]*node{first}, list.kids...)
	})
	sum1 := sha1.Sum(m.cheat.Chain[0].Raw) //nolint:gosec // what must be refused
	resigned("SHA-1 of the certificate in v2", verify.CMSSigningCert, func(p *patient) {
		n := id(p)
		n.kids = []*node{seq(oid(oidsSHA1...)), octets(sum1[:])}
	})
	resigned("an unknown hash in v2", verify.CMSSigningCert, func(p *patient) { n := id(p); n.kids = []*node{seq(oid(1, 2, 3)), octets(sum1[:])} })
	say("the certificate exchanged for one of the same key", verify.CMSSigner, func(p *patient) { p.certs().kids = []*node{cert(twin[0]), cert(twin[1])} })
	say("exchanged, and named", verify.CMSSigningCert, func(p *patient) {
		p.certs().kids = []*node{cert(twin[0]), cert(twin[1])}
		p.si().kids[1].kids[1].body = twin[0].SerialNumber.Bytes()
	})
	say("another's certificate named", verify.CMSSigningCert, func(p *patient) {
		p.certs().kids = append(p.certs().kids, cert(other.Chain[0]))
		p.si().kids[1].kids[1].body = other.Chain[0].SerialNumber.Bytes()
	})
	out = append(out, legal("the twin as one more", make(func(p *patient) { p.certs().kids = append(p.certs().kids, cert(twin[0])) })))
	fine("the certificate twice", func(p *patient) { p.certs().kids = append(p.certs().kids, cert(m.cheat.Chain[0])) })
	say("no certificate of the signer", verify.CMSSigner, func(p *patient) { p.certs().kids = []*node{cert(m.cheat.Chain[1])} })
	say("no certificates", verify.CMSSigner, func(p *patient) { p.sd().kids = append(p.sd().kids[:3:3], p.sd().kids[4]) })
	say("an empty bag", verify.CMSSigner, func(p *patient) { p.certs().kids = nil })
	out = append(out, mutant{name: "a certificate that does not parse", file: make(func(p *patient) { p.certs().kids = append(p.certs().kids, seq()) }),
		want: verify.Indeterminate, reason: verify.CMSMalformed})
	say("the signer's certificate does not parse", verify.CMSSigner, func(p *patient) { p.certs().kids[0].kids[0].kids[4].kids[0].body = []byte{1} })
	say("an attribute certificate and the wrong version", verify.CMSContent, func(p *patient) { p.certs().kids = append(p.certs().kids, under(0xa2)) })
	for tag, version := range map[byte]byte{0xa1: 3, 0xa2: 4, 0xa3: 5} {
		fine("an attribute certificate", func(p *patient) {
			p.certs().kids = append(p.certs().kids, under(tag))
			p.sd().kids[0].body = []byte{version}
		})
	}
	say("a certificate of no known form", verify.CMSMalformed, func(p *patient) { p.certs().kids = append(p.certs().kids, under(0xa4)) })
	capitals := func(n *node) { // RFC 5280, 7.1
		for stack := []*node{n}; len(stack) > 0; {
			n := stack[len(stack)-1]
			stack = append(stack[:len(stack)-1], n.kids...)
			if n.tag == 0x0c || n.tag == 0x13 {
				n.body = bytes.ToUpper(n.body)
			}
		}
	}
	out = append(out, mutant{name: "the issuer in capitals", file: make(func(p *patient) { capitals(p.si().kids[1].kids[0]) }), want: verify.Indeterminate, reason: verify.CMSSigner})
	fine("the issuer in capitals, signed", func(p *patient) {
		n := id(p)
		capitals(n.kids[len(n.kids)-1].kids[0])
		p.resign()
	})
	ski := func(p *patient, id []byte) {
		p.si().kids[0].body = []byte{3}
		p.si().kids[1] = prim(0x80, id)
	}
	say("named by the key of another", verify.CMSSigner, func(p *patient) { ski(p, other.Chain[0].SubjectKeyId) })
	say("named by the issuer's key", verify.CMSSigningCert, func(p *patient) { ski(p, m.cheat.Chain[1].SubjectKeyId) })
	say("named by an empty key identifier", verify.CMSSigner, func(p *patient) { ski(p, nil) })
	say("named by issuer with the version of a key", verify.CMSMalformed, func(p *patient) { p.si().kids[0].body = []byte{3} })
	say("named by key with the version of an issuer", verify.CMSMalformed, func(p *patient) { ski(p, m.cheat.Chain[1].SubjectKeyId); p.si().kids[0].body = []byte{1} })
	say("named by a serial number of another", verify.CMSSigner, func(p *patient) { p.si().kids[1].kids[1].body[0] ^= 1 })
	say("named by another issuer", verify.CMSSigner, func(p *patient) { p.si().kids[1].kids[0] = parseDER(t, m.ca.Root().RawSubject)[0] })

	// The structure.
	say("two signers", verify.CMSSigner, func(p *patient) { p.infos().kids = append(p.infos().kids, p.si().clone()) })
	say("no signer", verify.CMSSigner, func(p *patient) { p.infos().kids = nil })
	say("version 3", verify.CMSContent, func(p *patient) { p.sd().kids[0].body = []byte{3} })
	say("version 0", verify.CMSContent, func(p *patient) { p.sd().kids[0].body = []byte{0} })
	say("signer's version 2", verify.CMSMalformed, func(p *patient) { p.si().kids[0].body = []byte{2} })
	say("content", verify.CMSContent, func(p *patient) {
		p.sd().kids[2].kids = append(p.sd().kids[2].kids, under(0xa0, octets([]byte("%PDF-1.7 another"))))
	})
	say("empty content", verify.CMSContent, func(p *patient) { p.sd().kids[2].kids = append(p.sd().kids[2].kids, under(0xa0, octets(nil))) })
	say("the document as content", verify.CMSContent, func(p *patient) {
		p.sd().kids[2].kids = append(p.sd().kids[2].kids, under(0xa0, octets(m.laid[:600])))
	})
	say("content of another form", verify.CMSMalformed, func(p *patient) { p.sd().kids[2].kids = append(p.sd().kids[2].kids, under(0xa0, null())) })
	for name, v := range map[string]*node{"enveloped data": oid(1, 2, 840, 113549, 1, 7, 3), "data": oid(1, 2, 840, 113549, 1, 7, 1), "digested data": oid(1, 2, 840, 113549, 1, 7, 5)} {
		say("outer type "+name, verify.CMSContent, func(p *patient) { p.top.kids[0] = v })
	}
	say("outer type of GM", verify.CMSContent, func(p *patient) { p.top.kids[0] = oid(1, 2, 156, 10197, 6, 1, 4, 2, 2) })
	resigned("inner type TSTInfo", verify.CMSContent, func(p *patient) {
		p.sd().kids[2].kids[0], p.attr(typ).kids[1].kids[0] = oid(pkcs9(16, 1, 4)...), oid(pkcs9(16, 1, 4)...)
		p.sd().kids[0].body = []byte{3}
	})

	// The encoding, at every level.
	for name, at := range map[string]func(p *patient) *node{
		"ContentInfo": func(p *patient) *node { return p.top }, "explicit content": func(p *patient) *node { return p.top.kids[1] },
		"SignedData": func(p *patient) *node { return p.sd() }, "digest algorithms": func(p *patient) *node { return p.sd().kids[1] },
		"encapsulated content": func(p *patient) *node { return p.sd().kids[2] }, "certificates": func(p *patient) *node { return p.certs() },
		"SignerInfos": func(p *patient) *node { return p.infos() }, "SignerInfo": func(p *patient) *node { return p.si() },
		"signer identifier": func(p *patient) *node { return p.si().kids[1] }, "signed attributes": func(p *patient) *node { return p.attrs() },
		"an attribute": func(p *patient) *node { return p.attrs().kids[0] }, "signature algorithm": func(p *patient) *node { return p.si().kids[4] },
		"signature value": func(p *patient) *node { return p.value() }, "the outer type": func(p *patient) *node { return p.top.kids[0] },
	} {
		fine(name+": length in four bytes", func(p *patient) { at(p).form = 4 })
		fine(name+": length in five bytes", func(p *patient) { at(p).form = 5 })
		if name == "signature value" || name == "the outer type" {
			say(name+": an indefinite length", verify.CMSMalformed, func(p *patient) { at(p).form = -1 })
		} else {
			fine(name+": an indefinite length", func(p *patient) { at(p).form = -1 })
		}
		say(name+": a multi-byte tag", map[bool]verify.Reason{true: verify.SigContentsPadding, false: verify.CMSMalformed}[name == "ContentInfo"],
			func(p *patient) { at(p).tag |= 0x1f })
		want := map[string]verify.Reason{"ContentInfo": verify.SigContentsPadding, "signer identifier": verify.CMSAlgorithm,
			"SignerInfo": verify.CMSSigner}[name]
		if want == "" {
			want = verify.CMSMalformed
		}
		say(name+": an element behind", want, func(p *patient) { at(p).tail = []byte{4, 1, 1} })
	}
	say("a nest of 40", verify.CMSMalformed, func(p *patient) {
		n := seq()
		for range 40 {
			n = seq(n)
		}
		p.sd().kids = append(p.sd().kids, n)
	})

	// Algorithms (C7, C8).
	for name, o := range map[string][]int{"SHA-1": oidsSHA1, "MD5": oidsMD5, "SHA-224": oidsSHA224, "unknown": {1, 2, 3}} {
		reason := verify.CMSAlgorithm
		say("digest "+name+" declared", reason, func(p *patient) { p.sd().kids[1].kids[0].kids[0] = oid(o...) })
		say("digest "+name+" of the signer", reason, func(p *patient) { p.si().kids[2].kids[0] = oid(o...) })
		if name != "SHA-1" {
			both := reason
			if name != "unknown" { // it is computed, and is another
				both = verify.CMSDigest
			}
			say("digest "+name+" of both", both, func(p *patient) {
				p.sd().kids[1].kids[0].kids[0], p.si().kids[2].kids[0] = oid(o...), oid(o...)
			})
		}
		resigned("algorithm protection says "+name, reason, func(p *patient) { p.attr(protection).kids[1].kids[0].kids[0].kids[0] = oid(o...) })
		resigned("algorithm protection signs with "+name, reason, func(p *patient) { p.attr(protection).kids[1].kids[0].kids[1].kids[0] = oid(o...) })
		say("signature algorithm "+name, reason, func(p *patient) { p.si().kids[4].kids[0] = oid(o...); p.drop(protection); p.resign() })
	}
	say("digest SHA-1 of both", verify.CMSDigest, func(p *patient) {
		p.sd().kids[1].kids[0].kids[0], p.si().kids[2].kids[0] = oid(oidsSHA1...), oid(oidsSHA1...)
	})
	say("no digest algorithms", verify.CMSAlgorithm, func(p *patient) { p.sd().kids[1].kids = nil })
	fine("two digest algorithms", func(p *patient) { s := p.sd().kids[1]; s.kids = append(s.kids, s.kids[0].clone()) })
	say("digest parameters", verify.CMSAlgorithm, func(p *patient) { n := p.si().kids[2]; n.kids = []*node{n.kids[0], octets(nil)} })
	say("signature parameters", verify.CMSAlgorithm, func(p *patient) {
		n := p.si().kids[4]
		n.kids = []*node{n.kids[0], octets(nil)}
		p.drop(protection)
		p.resign()
	})
	say("protection with a MAC", verify.CMSAlgorithm, func(p *patient) { p.attr(protection).kids[1].kids[0].kids[1].tag = 0xa2; p.resign() })
	say("protection with more", verify.CMSAlgorithm, func(p *patient) { n := p.attr(protection).kids[1].kids[0]; n.kids = append(n.kids, null()); p.resign() })
	say("protection that is empty", verify.CMSAlgorithm, func(p *patient) { p.attr(protection).kids[1].kids[0].kids = nil; p.sort(); p.resign() })

	// The value.
	say("an empty value", verify.CMSSignature, func(p *patient) { p.value().body = nil })
	say("a value of zeros", verify.CMSSignature, func(p *patient) { clear(p.value().body) })
	say("a value cut", verify.CMSSignature, func(p *patient) { p.value().body = p.value().body[:len(p.value().body)-1] })
	say("a byte behind the value", verify.CMSSignature, func(p *patient) { p.value().body = append(p.value().body, 0) })
	say("a byte before the value", verify.CMSSignature, func(p *patient) { p.value().body = append([]byte{0}, p.value().body...) })
	say("a value of all ones", verify.CMSSignature, func(p *patient) { p.value().body = bytes.Repeat([]byte{0xff}, len(p.value().body)) })
	say("the first signature's structure", verify.CMSDigest, func(p *patient) { // over other bytes
		i := placeOf(t, m.one, true)
		der, ok := cms.Element(unhex(t, m.one[i.b+1:i.c-1]))
		if !ok {
			t.Fatal("no element")
		}
		p.top = parseDER(t, der)[0]
	})
	say("signed by another key", verify.CMSSignature, func(p *patient) { p.cred = other; p.resign() })
	out = append(out, unsignedAttributes(t, make)...)
	if m.alg == devca.RSA2048 {
		return append(out, rsaValues(t, m, make)...)
	}
	return append(out, curveValues(t, m, make)...)
}

// unsignedAttributes are outside what is signed.
func unsignedAttributes(t *testing.T, make func(func(p *patient)) []byte) []mutant {
	t.Helper()
	with := func(attrs ...*node) []byte {
		return make(func(p *patient) { p.si().kids = append(p.si().kids, under(0xa1, attrs...)) })
	}
	unknown := seq(oid(1, 2, 3, 4), set(null()))
	token := oid(pkcs9(16, 2, 14)...)
	return []mutant{
		{name: "an unknown unsigned attribute", file: with(unknown), want: verify.Indeterminate, reason: verify.CMSUnsignedExtra},
		refused("an unsigned attribute twice", with(unknown, unknown), verify.CMSAttributes),
		legal("unsigned attributes that are empty", with()),
		refused("a timestamp that is none", with(seq(token, set(null()))), verify.TimeToken),
		refused("an empty timestamp", with(seq(token, set(seq()))), verify.TimeToken),
		refused("two timestamps in one attribute", with(seq(token, set(seq(), seq(null())))), verify.TimeToken),
		refused("a timestamp of no value", with(seq(token, set())), verify.CMSAttributes),
	}
}

// rsaValues vary the padding.
func rsaValues(t *testing.T, m *material, make func(func(p *patient)) []byte) []mutant {
	t.Helper()
	var out []mutant
	mgf := func(o []int) *node { return under(0xa1, seq(oid(1, 2, 840, 113549, 1, 1, 8), seq(oid(o...), null()))) }
	hash := func(o []int) *node { return under(0xa0, seq(oid(o...), null())) }
	salt := func(b ...byte) *node { return under(0xa2, integer(b...)) }
	trailer := func(b byte) *node { return under(0xa3, integer(b)) }
	pss := func(saltLen int, params ...*node) []byte {
		return make(func(p *patient) {
			p.drop(pkcs9(52))
			p.si().kids[4] = seq(append([]*node{oid(1, 2, 840, 113549, 1, 1, 10)}, params...)...)
			signed := p.attrs().clone()
			signed.tag = 0x31
			sum := sha256.Sum256(signed.encode())
			sig, err := m.cheat.Key.Sign(rand.Reader, sum[:], &rsa.PSSOptions{SaltLength: saltLen, Hash: crypto.SHA256})
			if err != nil {
				t.Fatal(err)
			}
			p.value().body = sig
		})
	}
	out = append(out, legal("PSS", pss(32, seq(hash(oidsSHA256), mgf(oidsSHA256), salt(32)))))
	for name, params := range map[string][]*node{
		"no parameters": nil, "null": {null()}, "defaults": {seq()}, "hash alone": {seq(hash(oidsSHA256))},
		"MGF of SHA-1": {seq(hash(oidsSHA256), mgf(oidsSHA1), salt(32))}, "MGF of SHA-512": {seq(hash(oidsSHA256), mgf(oidsSHA512), salt(32))},
		"no MGF": {seq(hash(oidsSHA256), salt(32))}, "hash SHA-1": {seq(hash(oidsSHA1), mgf(oidsSHA256), salt(32))},
		"hash SHA-384": {seq(hash(oidsSHA384), mgf(oidsSHA256), salt(32))}, "hash MD5": {seq(hash(oidsMD5), mgf(oidsSHA256), salt(32))},
		"salt negative": {seq(hash(oidsSHA256), mgf(oidsSHA256), salt(0xff))},
		"trailer 2":     {seq(hash(oidsSHA256), mgf(oidsSHA256), salt(32), trailer(2))}, "trailer 0": {seq(hash(oidsSHA256), mgf(oidsSHA256), salt(32), trailer(0))},
		"an unknown MGF":         {seq(hash(oidsSHA256), under(0xa1, seq(oid(1, 2, 3), seq(oid(oidsSHA256...), null()))), salt(32))},
		"parts in another order": {seq(mgf(oidsSHA256), hash(oidsSHA256), salt(32))},
	} {
		out = append(out, refused("PSS: "+name, pss(32, params...), verify.CMSAlgorithm))
	}
	// Any salt that is what it says (RFC 4055, 3.1), and a trailer that is written out.
	for _, n := range []int{1, 20, 31, 33, 64} {
		out = append(out, legal(fmt.Sprintf("PSS: salt %d", n), pss(n, seq(hash(oidsSHA256), mgf(oidsSHA256), salt(byte(n))))),
			refused(fmt.Sprintf("PSS: salt %d for 32", n), pss(32, seq(hash(oidsSHA256), mgf(oidsSHA256), salt(byte(n)))), verify.CMSSignature))
	}
	out = append(out, legal("PSS: the default salt", pss(20, seq(hash(oidsSHA256), mgf(oidsSHA256)))),
		legal("PSS: the trailer written out", pss(32, seq(hash(oidsSHA256), mgf(oidsSHA256), salt(32), trailer(1)))))
	right := seq(hash(oidsSHA256), mgf(oidsSHA256), salt(32))
	for _, n := range []int{20, 31, 33, 0} {
		if n == 0 {
			n = rsa.PSSSaltLengthAuto
		}
		out = append(out, refused("PSS: a salt of another length than it says", pss(n, right), verify.CMSSignature))
	}
	out = append(out, refused("PSS: a value of PKCS #1", make(func(p *patient) {
		p.drop(pkcs9(52))
		p.resign()
		p.si().kids[4] = seq(oid(1, 2, 840, 113549, 1, 1, 10), right)
	}), verify.CMSSignature))
	key := m.cheat.Chain[0].PublicKey.(*rsa.PublicKey)
	for name, x := range map[string]*big.Int{"1": big.NewInt(1), "n − 1": new(big.Int).Sub(key.N, big.NewInt(1)), "n": key.N} {
		out = append(out, refused("value "+name, make(func(p *patient) { p.value().body = x.FillBytes(make256()) }), verify.CMSSignature))
	}
	return append(out, refused("value + n", make(func(p *patient) {
		p.value().body = new(big.Int).Add(new(big.Int).SetBytes(p.value().body), key.N).Bytes()
	}), verify.CMSSignature))
}

func make256() []byte { return make([]byte, 256) }

// curveValues vary r and s.
func curveValues(t *testing.T, m *material, make func(func(p *patient)) []byte) []mutant {
	t.Helper()
	n, ok := new(big.Int).SetString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)
	if m.alg == devca.SM2 {
		n, ok = new(big.Int).SetString("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", 16)
	}
	if !ok {
		t.Fatal("no number")
	}
	type value struct{ R, S *big.Int }
	with := func(change func(v *value)) []byte {
		return make(func(p *patient) {
			var v value
			if _, err := asn1.Unmarshal(p.value().body, &v); err != nil {
				t.Fatal(err)
			}
			change(&v)
			b, err := asn1.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			p.value().body = b
		})
	}
	one := big.NewInt(1)
	out := []mutant{}
	for name, x := range map[string]*big.Int{"0": big.NewInt(0), "1": one, "−1": big.NewInt(-1), "n": n, "n + 1": new(big.Int).Add(n, one), "n − 1": new(big.Int).Sub(n, one),
		"2^256": new(big.Int).Lsh(one, 256), "2^400": new(big.Int).Lsh(one, 400)} {
		out = append(out, refused("r = "+name, with(func(v *value) { v.R = x }), verify.CMSSignature),
			refused("s = "+name, with(func(v *value) { v.S = x }), verify.CMSSignature),
			refused("r = s = "+name, with(func(v *value) { v.R, v.S = x, x }), verify.CMSSignature))
	}
	out = append(out,
		refused("r + n", with(func(v *value) { v.R.Add(v.R, n) }), verify.CMSSignature),
		refused("s + n", with(func(v *value) { v.S.Add(v.S, n) }), verify.CMSSignature),
		refused("−s", with(func(v *value) { v.S.Neg(v.S) }), verify.CMSSignature),
		refused("n − r", with(func(v *value) { v.R.Sub(n, v.R) }), verify.CMSSignature),
		refused("r and s exchanged", with(func(v *value) { v.R, v.S = v.S, v.R }), verify.CMSSignature),
		refused("r and s as they are", make(func(p *patient) {
			var v value
			if _, err := asn1.Unmarshal(p.value().body, &v); err != nil {
				t.Fatal(err)
			}
			p.value().body = append(v.R.FillBytes(bytes.Repeat([]byte{0}, 32)), v.S.FillBytes(bytes.Repeat([]byte{0}, 32))...)
		}), verify.CMSSignature),
		refused("s with a zero before it", make(func(p *patient) {
			v := parseDER(t, p.value().body)[0]
			v.kids[1].body = append([]byte{0}, v.kids[1].body...)
			if v.kids[1].body[1]&0x80 != 0 { // the zero would be its own
				v.kids[1].body = append([]byte{0}, v.kids[1].body...)
			}
			p.value().body = v.encode()
		}), verify.CMSSignature),
		refused("three numbers", make(func(p *patient) {
			v := parseDER(t, p.value().body)[0]
			v.kids = append(v.kids, integer(1))
			p.value().body = v.encode()
		}), verify.CMSSignature),
		refused("the length in two bytes", make(func(p *patient) {
			v := parseDER(t, p.value().body)[0]
			v.form = 1
			p.value().body = v.encode()
		}), verify.CMSSignature))
	if m.alg == devca.SM2 { // SM2's equation has no such twin
		return append(out, refused("n − s", with(func(v *value) { v.S.Sub(n, v.S) }), verify.CMSSignature))
	}
	return append(out, legal("n − s", with(func(v *value) { v.S.Sub(n, v.S) }))) // C11
}

func unhex(t *testing.T, digits []byte) []byte {
	t.Helper()
	v, ok := new(big.Int).SetString("1"+string(digits), 16)
	if !ok {
		t.Fatal("not hexadecimal")
	}
	return v.Bytes()[1:]
}
