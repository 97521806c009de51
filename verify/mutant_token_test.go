package verify_test

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // what must be refused
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
)

// authority is the keys of the CA and its TSA.
type authority struct {
	issuing, tsa *x509.Certificate
	issuingKey   crypto.Signer
	tsaKey       crypto.Signer
}

func (m *material) authority(t *testing.T) authority {
	t.Helper()
	s, err := m.ca.State()
	if err != nil {
		t.Fatal(err)
	}
	key := func(der []byte) crypto.Signer {
		k, err := smx509.ParsePKCS8PrivateKey(der)
		if err != nil {
			t.Fatal(err)
		}
		return k.(crypto.Signer)
	}
	cert := func(der []byte) *x509.Certificate {
		c, err := cms.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return authority{cert(s.Issuing), cert(s.TSA), key(s.IssuingKey), key(s.TSAKey)}
}

// certify makes a certificate for the TSA's key.
func (a authority) certify(t *testing.T, change func(c *smx509.Certificate)) *x509.Certificate {
	t.Helper()
	parent, err := smx509.ParseCertificate(a.issuing.Raw)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &smx509.Certificate{Subject: pkix.Name{CommonName: "TSA"}, SerialNumber: big.NewInt(77), KeyUsage: smx509.KeyUsageDigitalSignature,
		NotBefore: signingTime.Add(-time.Hour), NotAfter: signingTime.AddDate(1, 0, 0)}
	change(tmpl)
	der, err := smx509.CreateCertificate(nil, tmpl, parent, a.tsaKey.Public(), a.issuingKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cms.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// usage is an extended key usage of the given purposes, by their last numbers.
func usage(t *testing.T, critical bool, purposes ...int) func(*smx509.Certificate) {
	t.Helper()
	var ids []asn1.ObjectIdentifier
	for _, p := range purposes {
		ids = append(ids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, p})
	}
	value, err := asn1.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *smx509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}}
	}
}

// tokens is R16 (A27): the timestamp of the last signature, and that of a document, replaced
// or made by a TSA that breaks a rule.
func tokens(t *testing.T, m *material) []mutant {
	a := m.authority(t)
	f := m.forge(t, m.one, newField(t, m.one), sigDict)
	attrs, err := f.profile.SignedAttributes(f.digest)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := f.profile.SignAttributes(m.cheat.Key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	with := func(token []byte) []byte {
		der, err := f.profile.Assemble(attrs, sig, token)
		if err != nil {
			t.Fatal(err)
		}
		return f.with(der)
	}
	hash := cms.DefaultHash(a.tsa.PublicKey)
	proper := cms.Info{Policy: asn1.ObjectIdentifier{1, 2, 3, 4}, Hash: cms.SHA256, Digest: cms.SHA256.Sum(sig), Serial: big.NewInt(7), Time: signingTime}
	stamp := func(cert *x509.Certificate, key crypto.Signer, change func(i *cms.Info)) []byte {
		info := proper
		change(&info)
		p := cms.Profile{Chain: []*x509.Certificate{cert, a.issuing}, Hash: hash}
		token, err := p.Stamp(key, info)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	same := func(*cms.Info) {}
	good := stamp(a.tsa, a.tsaKey, same)
	var out []mutant
	bad := func(name string, token []byte) { out = append(out, refused(name, with(token), verify.TimeToken)) }
	open := func(name string, reason verify.Reason, token []byte) {
		out = append(out, mutant{name: name, file: with(token), want: verify.Indeterminate, reason: reason})
	}
	fine := func(name string, token []byte) { out = append(out, legal(name, with(token))) }

	fine("honest", good)
	fine("a nonce", stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Nonce = big.NewInt(99) }))
	fine("imprint of SHA-512", stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Hash, i.Digest = cms.SHA512, cms.SHA512.Sum(sig) }))
	fine("imprint of SM3", stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Hash, i.Digest = cms.SM3, cms.SM3.Sum(sig) }))
	fine("a minute ahead", stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Time = signingTime.Add(time.Hour + time.Minute) }))
	for name, digest := range map[string][]byte{"the document": cms.SHA256.Sum(f.covered()), "the document's digest": f.digest, "the attributes": cms.SHA256.Sum(attrs),
		"nothing": cms.SHA256.Sum(nil), "zeros": make([]byte, 32), "a shorter digest": proper.Digest[:31], "a longer digest": append(bytes.Clone(proper.Digest), 0),
		"an empty digest": {}, "the digest of the digest": cms.SHA256.Sum(proper.Digest), "of SM3 that says SHA-256": cms.SM3.Sum(sig)} {
		bad("imprint of "+name, stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Digest = digest }))
	}
	i := placeOf(t, m.one, true)
	first, err := cms.Parse(element(t, unhex(t, m.one[i.b+1:i.c-1])))
	if err != nil {
		t.Fatal(err)
	}
	token, _ := first.TimestampToken()
	bad("of the first signature", token)
	j := placeOf(t, m.lta, true)
	bad("of a document", element(t, unhex(t, m.lta[j.b+1:j.c-1])))
	bad("the signature itself", f.value(t))
	response, err := cms.TimestampResponse(good)
	if err != nil {
		t.Fatal(err)
	}
	bad("a whole response", response)

	// The certificate (RFC 3161, 2.3).
	const stamping, emails, signs = 8, 4, 3
	for name, change := range map[string]func(*smx509.Certificate){
		"no purpose":                  func(*smx509.Certificate) {},
		"purpose not critical":        usage(t, false, stamping),
		"two purposes":                usage(t, true, stamping, emails),
		"two purposes, the other way": usage(t, true, emails, stamping),
		"another purpose":             usage(t, true, signs),
		"an unknown purpose":          usage(t, true, 99),
		"an unknown purpose more":     usage(t, true, stamping, 99),
		"OCSP's purpose":              usage(t, true, 9),
		"any purpose": func(c *smx509.Certificate) {
			value, err := asn1.Marshal([]asn1.ObjectIdentifier{{2, 5, 29, 37, 0}})
			if err != nil {
				t.Fatal(err)
			}
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value}}
		},
		"not yet valid at its time": func(c *smx509.Certificate) {
			usage(t, true, stamping)(c)
			c.NotBefore = signingTime.Add(30 * time.Minute)
		},
		"expired at its time": func(c *smx509.Certificate) {
			usage(t, true, stamping)(c)
			c.NotBefore, c.NotAfter = signingTime.AddDate(-1, 0, 0), signingTime.Add(-time.Hour)
		},
	} {
		bad("certificate of "+name, stamp(a.certify(t, change), a.tsaKey, same))
	}
	fine("another certificate of the key", stamp(a.certify(t, usage(t, true, stamping)), a.tsaKey, same))
	bad("the signer's own certificate", stamp(m.cheat.Chain[0], m.cheat.Key, same))
	bad("the key of another", stamp(a.tsa, m.cheat.Key, same))

	// Its time.
	for name, at := range map[string]time.Time{"a day ahead": signingTime.AddDate(0, 0, 1), "a year ahead": signingTime.AddDate(1, 0, 0), "ten minutes ahead": signingTime.Add(70 * time.Minute)} {
		open(name, verify.TimeFuture, stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Time = at }))
	}
	for name, at := range map[string]time.Time{"a year back": signingTime.AddDate(-1, 0, 0), "in 1970": time.Unix(0, 0), "two hours back": signingTime.Add(-2 * time.Hour)} {
		bad("before its certificate, "+name, stamp(a.tsa, a.tsaKey, func(i *cms.Info) { i.Time = at }))
	}

	// The token's structure, and its TSTInfo signed again.
	cut := func(change func(p *patient)) []byte {
		p := &patient{t: t, top: parseDER(t, good)[0], profile: cms.Profile{Chain: []*x509.Certificate{a.tsa, a.issuing}, Hash: hash},
			cred: signer.Credential{Chain: []*x509.Certificate{a.tsa, a.issuing}, Key: a.tsaKey}}
		change(p)
		return p.top.encode()
	}
	content := func(p *patient) *node { return p.sd().kids[2].kids[1].kids[0] }
	info := func(change func(n *node)) []byte {
		return cut(func(p *patient) {
			n := parseDER(t, content(p).body)[0]
			change(n)
			content(p).body = n.encode()
			p.attr(pkcs9(4)).kids[1].kids[0].body = hash.Sum(content(p).body)
			p.sort()
			p.resign()
		})
	}
	fine("signed anew", info(func(*node) {}))
	fine("accuracy", info(func(n *node) { n.kids = append(n.kids, seq(integer(1))) }))
	fine("ordering", info(func(n *node) { n.kids = append(n.kids, prim(1, []byte{0xff})) }))
	fine("fractions of a second", info(func(n *node) { n.kids[4].body = []byte("20260304083000.25Z") }))
	// What proves no time says nothing against the signature.
	sum1 := sha1.Sum(sig) //nolint:gosec // it is what old authorities stamped
	fine("imprint SHA-1", info(func(n *node) { n.kids[2] = seq(seq(oid(oidsSHA1...), null()), octets(sum1[:])) }))
	fine("imprint MD5", info(func(n *node) { n.kids[2].kids[0] = seq(oid(oidsMD5...)) }))
	fine("imprint unknown", info(func(n *node) { n.kids[2].kids[0] = seq(oid(1, 2, 3)) }))
	fine("an extension", info(func(n *node) {
		n.kids = append(n.kids, under(0xa1, seq(oid(1, 3, 6, 1, 5, 5, 7, 1, 3), octets([]byte{0x30, 0}))))
	}))
	for name, change := range map[string]func(n *node){
		"version 2":             func(n *node) { n.kids[0].body = []byte{2} },
		"no version":            func(n *node) { n.kids = n.kids[1:] },
		"no policy":             func(n *node) { n.kids = append(n.kids[:1:1], n.kids[2:]...) },
		"policy of a string":    func(n *node) { n.kids[1] = octets([]byte{1}) },
		"an empty policy":       func(n *node) { n.kids[1].body = nil },
		"imprint parameters":    func(n *node) { n.kids[2].kids[0] = seq(oid(oidsSHA256...), octets(nil)) },
		"imprint named SHA-384": func(n *node) { n.kids[2].kids[0] = seq(oid(oidsSHA384...)) },
		"imprint named SM3":     func(n *node) { n.kids[2].kids[0] = seq(oid(oidsSM3...)) },
		"imprint and more":      func(n *node) { n.kids[2].kids = append(n.kids[2].kids, null()) },
		"no serial number":      func(n *node) { n.kids = append(n.kids[:3:3], n.kids[4:]...) },
		"no time":               func(n *node) { n.kids = n.kids[:4] },
		"UTCTime":               func(n *node) { n.kids[4] = prim(0x17, []byte("260304083000Z")) },
		"time of a zone":        func(n *node) { n.kids[4].body = []byte("20260304163000+0800") },
		"local time":            func(n *node) { n.kids[4].body = []byte("20260304083000") },
		"time without seconds":  func(n *node) { n.kids[4].body = []byte("202603040830Z") },
		"time with zeros":       func(n *node) { n.kids[4].body = []byte("20260304083000.0Z") },
		"time with a dot":       func(n *node) { n.kids[4].body = []byte("20260304083000.Z") },
		"time with a comma":     func(n *node) { n.kids[4].body = []byte("20260304083000,5Z") },
		"month 13":              func(n *node) { n.kids[4].body = []byte("20261304083000Z") },
		"second 61":             func(n *node) { n.kids[4].body = []byte("20260304083061Z") },
		"an empty extension":    func(n *node) { n.kids = append(n.kids, under(0xa1, seq())) },
		"a critical extension": func(n *node) {
			n.kids = append(n.kids, under(0xa1, seq(oid(1, 3, 6, 1, 5, 5, 7, 1, 3), prim(1, []byte{0xff}), octets([]byte{0x30, 0}))))
		},
		"more behind":   func(n *node) { n.kids = append(n.kids, null()) },
		"a byte behind": func(n *node) { n.tail = []byte{0} },
		"a set":         func(n *node) { n.tag = 0x31 },
	} {
		bad("TSTInfo: "+name, info(change))
	}
	for name, change := range map[string]func(p *patient){
		"no certificates":        func(p *patient) { p.sd().kids = append(p.sd().kids[:3:3], p.sd().kids[4]) },
		"another's certificates": func(p *patient) { p.certs().kids = []*node{parseDER(t, m.cheat.Chain[0].Raw)[0]} },
		"content changed":        func(p *patient) { content(p).body[len(content(p).body)-2] ^= 1 },
		"no content":             func(p *patient) { p.sd().kids[2].kids = p.sd().kids[2].kids[:1] },
		"content of type data":   func(p *patient) { p.sd().kids[2].kids[0] = oid(1, 2, 840, 113549, 1, 7, 1) },
		"version 1":              func(p *patient) { p.sd().kids[0].body = []byte{1} },
		"two signers":            func(p *patient) { p.infos().kids = append(p.infos().kids, p.si().clone()) },
		"no signer":              func(p *patient) { p.infos().kids = nil },
		"no attributes":          func(p *patient) { p.si().kids = append(p.si().kids[:3:3], p.si().kids[4:]...) },
		"the value changed":      func(p *patient) { p.value().body[len(p.value().body)-1] ^= 1 },
		"content-type of data": func(p *patient) {
			p.attr(pkcs9(3)).kids[1].kids[0] = oid(1, 2, 840, 113549, 1, 7, 1)
			p.sort()
			p.resign()
		},
		"no content-type":      func(p *patient) { p.drop(pkcs9(3)); p.resign() },
		"no digest":            func(p *patient) { p.drop(pkcs9(4)); p.resign() },
		"no certificate bound": func(p *patient) { p.drop(pkcs9(16, 2, 47)); p.resign() },
		"SHA-1 for its content": func(p *patient) {
			p.sd().kids[1].kids[0].kids[0], p.si().kids[2].kids[0] = oid(oidsSHA1...), oid(oidsSHA1...)
		},
		"another's certificate bound": func(p *patient) {
			p.attr(pkcs9(16, 2, 47)).kids[1].kids[0].kids[0].kids[0] = seq(octets(cms.SHA256.Sum(m.cheat.Chain[0].Raw)))
			p.sort()
			p.resign()
		},
	} {
		bad("token: "+name, cut(change))
	}
	out = append(out, legal("token: an indefinite length", with(cut(func(p *patient) { p.sd().form = -1 }))))
	bad("a stranger's certificate that is not for it", func() []byte {
		p := cms.Profile{Chain: m.stranger.Chain, Hash: cms.SHA256}
		token, err := p.Stamp(m.stranger.Key, proper)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}())
	return append(out, documentStamps(t, m, stamp)...)
}

// documentStamps are document timestamps that break a rule.
func documentStamps(t *testing.T, m *material, stamp func(*x509.Certificate, crypto.Signer, func(*cms.Info)) []byte) []mutant {
	t.Helper()
	a := m.authority(t)
	const dict = "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/ByteRange @R/Contents @C>>"
	with := func(dict string, change func(i *cms.Info, covered []byte)) []byte {
		f := m.forge(t, m.one, newField(t, m.one), dict)
		return f.with(stamp(a.tsa, a.tsaKey, func(i *cms.Info) {
			i.Digest = cms.SHA256.Sum(f.covered())
			change(i, f.covered())
		}))
	}
	same := func(*cms.Info, []byte) {}
	signature := m.forge(t, m.one, newField(t, m.one), dict)
	return []mutant{
		legal("document: honest", with(dict, same)),
		refused("document: imprint of nothing", with(dict, func(i *cms.Info, _ []byte) { i.Digest = cms.SHA256.Sum(nil) }), verify.TimeToken),
		refused("document: imprint without the last byte", with(dict, func(i *cms.Info, b []byte) { i.Digest = cms.SHA256.Sum(b[:len(b)-1]) }), verify.TimeToken),
		refused("document: imprint of the first signature", with(dict, func(i *cms.Info, _ []byte) { i.Digest = cms.SHA256.Sum(m.one) }), verify.TimeToken),
		refused("document: before its certificate", with(dict, func(i *cms.Info, _ []byte) { i.Time = signingTime.AddDate(-1, 0, 0) }), verify.TimeToken),
		{name: "document: a day ahead", file: with(dict, func(i *cms.Info, _ []byte) { i.Time = signingTime.AddDate(0, 0, 1) }), want: verify.Indeterminate, reason: verify.TimeFuture},
		refused("document: a signature that says it is a timestamp", signature.with(signature.value(t)), verify.TimeToken),
		refused("document: a timestamp that says it is a signature", with(sigDict, same), verify.CMSContent),
		refused("document: type and SubFilter differ", with("<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange @R/Contents @C>>", same), verify.CMSContent),
	}
}

func element(t *testing.T, b []byte) []byte {
	t.Helper()
	der, ok := cms.Element(b)
	if !ok {
		t.Fatal("no element")
	}
	return der
}
