package path_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

// The tests of this table follow the subjects and the numbers of NIST's Public Key
// Interoperability Test Suite, 4.1 to 4.16. All of their certificates and lists are made
// here, and say what the subject needs, not what those of the suite say. A letter
// behind a number is a case that the suite does not have.

// trial is a path to find, and the evidence about it.
type trial struct {
	chain
	policies path.PolicyInputs
	evidence *path.Evidence // nil: the path alone is judged
	poe      time.Time
}

// row is a trial with the one right answer: "" is a valid path, a code of path.Code is
// why there is none; with evidence it is "good", "revoked" or why nothing is known.
type row struct {
	name string
	want string
	make func(k *kit) trial
}

// judge returns the answer.
func (c trial) judge(t *testing.T) string {
	t.Helper()
	o := path.Options{Time: now, Usage: path.Signing, Policies: c.policies}
	if !c.at.IsZero() {
		o.Time = c.at
	}
	found, err := path.Build(c.leaf.Certificate, certsOf(c.pool), certsOf(c.anchors), o)
	if err != nil || c.evidence == nil {
		return string(code(err))
	}
	ev := *c.evidence
	ev.Certs = append(certsOf(c.pool), ev.Certs...)
	res, err := path.Check(found, ev, path.RevocationOptions{Time: now, PoE: c.poe})
	if err != nil {
		t.Fatal(err)
	}
	switch res.Status() {
	case path.Good:
		return "good"
	case path.Revoked:
		return "revoked"
	}
	for _, f := range res {
		if f.Status == path.Unknown {
			return string(f.Why)
		}
	}
	return "?"
}

func certsOf(list []*entity) []*x509.Certificate {
	var out []*x509.Certificate
	for _, e := range list {
		out = append(out, e.Certificate)
	}
	return out
}

func table(t *testing.T, rows []row) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.name] {
			t.Errorf("%s stands twice", r.name)
		}
		seen[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			if got := r.make(&kit{t: t}).judge(t); got != r.want {
				t.Errorf("%q, want %q", got, r.want)
			}
		})
	}
}

// line makes a path: the options of the root, of each authority, and of the leaf.
func (k *kit) line(opts ...[]opt) trial {
	top := k.root("root", opts[0]...)
	out := trial{chain: chain{anchors: []*entity{top}}}
	for i, o := range opts[1 : len(opts)-1] {
		top = k.sub(top, fmt.Sprintf("sub%d", i+1), o...)
		out.pool = append(out.pool, top)
	}
	out.leaf = k.leaf(top, opts[len(opts)-1]...)
	return out
}

// self makes an authority's certificate for itself, with another key.
func (k *kit) self(by *entity, o ...opt) *entity {
	return k.issue(by, by.RawSubject, append([]opt{ca(-1), usage(5, 6)}, o...)...)
}

// with gives a trial its evidence.
func (c trial) with(l ...*cms.CRL) trial {
	c.evidence = &path.Evidence{CRLs: l}
	return c
}

// two makes a root and a leaf.
func (k *kit) two(leaf ...opt) (trial, *entity, *entity) {
	c := k.line(nil, leaf)
	return c, c.anchors[0], c.leaf
}

// now and a day: what a fresh list is.
func fresh(l list) list {
	if l.this.IsZero() {
		l.this = now.Add(-time.Hour)
	}
	if l.next.IsZero() {
		l.next = now.Add(day)
	}
	return l
}

// lists makes a fresh list.
func (k *kit) lists(by *entity, exts []pkix.Extension, e ...entry) *cms.CRL {
	return fresh(list{by: by, exts: exts, entries: e}).parse(k.t)
}

// gone is an entry that revokes a certificate for a reason, two days ago.
func gone(e *entity, reason int) entry {
	return entry{serial: e.SerialNumber.Int64(), at: now.Add(-2 * day), reason: reason}
}

func ext(n int, critical bool, value []byte) pkix.Extension {
	return pkix.Extension{Id: ce(n), Critical: critical, Value: value}
}

func number(tag int, n int64) pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1Int64(n)
	return ext(tag, tag == 27, b.BytesOrPanic())
}

// of says in an entry whose it is.
func of(issuer []byte) pkix.Extension {
	return ext(29, true, der(func(b *cryptobyte.Builder) { addNames(b, gn{'n', string(issuer)}) }))
}

// point is a distribution point, in a certificate or a list.
type point struct {
	names    []gn
	relative []byte // a relative name
	reasons  []int
	issuer   []byte // cRLIssuer

	// of a list
	users, authorities, attributes, indirect bool
}

func bits(b *cryptobyte.Builder, tag int, list []int) {
	var v [2]byte
	most := 0
	for _, n := range list {
		v[n/8] |= 0x80 >> (n % 8)
		most = max(most, n)
	}
	b.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) {
		b.AddUint8(byte(7 - most%8))
		b.AddBytes(v[:most/8+1])
	})
}

func (p point) addName(b *cryptobyte.Builder) {
	if p.names == nil && p.relative == nil {
		return
	}
	b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
		if p.relative != nil {
			b.AddASN1(ctx(1), func(b *cryptobyte.Builder) { b.AddBytes(p.relative) })
			return
		}
		b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
			for _, n := range p.names {
				addNames(b, n)
			}
		})
	})
}

// at makes the cRLDistributionPoints of a certificate. crypto/x509 refuses to read a
// relative name, so a certificate with one gets its points behind its back.
func at(points ...point) opt {
	value := der(func(b *cryptobyte.Builder) {
		for _, p := range points {
			b.AddASN1(cbasn1.SEQUENCE, p.add)
		}
	})
	for _, p := range points {
		if p.relative != nil {
			return func(c *tmpl) { c.late = append(c.late, ext(31, false, value)) }
		}
	}
	return with(ce(31), false, value)
}

func (p point) add(b *cryptobyte.Builder) {
	p.addName(b)
	if p.reasons != nil {
		bits(b, 1, p.reasons)
	}
	if p.issuer != nil {
		b.AddASN1(ctx(2), func(b *cryptobyte.Builder) { addNames(b, gn{'n', string(p.issuer)}) })
	}
}

// scope makes the issuingDistributionPoint of a list.
func (p point) scope() []pkix.Extension {
	return scope(func(b *cryptobyte.Builder) {
		p.addName(b)
		flag := func(tag int, set bool) {
			if set {
				b.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
			}
		}
		flag(1, p.users)
		flag(2, p.authorities)
		if p.reasons != nil {
			bits(b, 3, p.reasons)
		}
		flag(4, p.indirect)
		flag(5, p.attributes)
	})
}

// rdn is the content of a relative name.
func rdn(cn string) []byte {
	in := cryptobyte.String(dn("CN", cn))
	var list, set cryptobyte.String
	if !in.ReadASN1(&list, cbasn1.SEQUENCE) || !list.ReadASN1(&set, cbasn1.SET) {
		panic("rdn")
	}
	return set
}

// TestPKITSPaths: 4.1 signatures, 4.2 validity, 4.3 names, 4.6 basic constraints, 4.7
// key usage, 4.16 private extensions (C16, A52).
func TestPKITSPaths(t *testing.T) {
	old := time.Date(1999, 1, 1, 12, 0, 0, 0, time.UTC)
	late := time.Date(2060, 1, 1, 12, 0, 0, 0, time.UTC)
	soon := now.AddDate(1, 0, 0)
	const constraints, keyUsage, noChain = "CONSTRAINTS", "KEY_USAGE", "NO_CHAIN"
	line := func(opts ...[]opt) func(k *kit) trial { return func(k *kit) trial { return k.line(opts...) } }
	// chained: the authority has one spelling of its name, its leaf says another.
	chained := func(is, says []byte) func(k *kit) trial { return line(nil, by(named(is)), by(claims(says))) }
	// pathLen: authorities below the root, each with its pathLenConstraint; a negative
	// number below -1 is a self-issued one, whose constraint is -2 minus it.
	pathLen := func(n ...int) func(k *kit) trial {
		return func(k *kit) trial {
			top := k.root("root")
			c := trial{chain: chain{anchors: []*entity{top}}}
			for i, l := range n {
				if l < -1 {
					top = k.self(top, ca(-2-l-1))
				} else {
					top = k.sub(top, fmt.Sprintf("sub%d", i), ca(l))
				}
				c.pool = append(c.pool, top)
			}
			c.leaf = k.leaf(top)
			return c
		}
	}
	const selfNone = -2 // self-issued, no constraint
	// asCA makes the last certificate an authority, which is judged like any other leaf.
	asCA := func(o ...opt) []opt { return append([]opt{ca(-1), usage(0, 5, 6)}, o...) }
	table(t, []row{
		{"4.1.1 valid signatures", "", line(nil, nil, nil)},
		{"4.1.2 invalid authority signature", "SIGNATURE", line(nil, by(forged), nil)},
		{"4.1.3 invalid leaf signature", "SIGNATURE", line(nil, nil, by(forged))},
		{"4.1.4 valid signatures of SM2", "", line(by(keyed(smKey())), by(keyed(smKey())), by(keyed(smKey())))},
		{"4.1.5 valid Ed25519 under ECDSA", "", line(nil, by(keyed(edKey())), nil)},
		{"4.1.6 invalid signature of SM2", "SIGNATURE", line(by(keyed(smKey())), by(keyed(smKey())), by(forged))},

		{"4.2.1 authority not yet valid", "NOT_YET_VALID", line(nil, by(valid(now.Add(day), soon)), nil)},
		{"4.2.2 leaf not yet valid", "NOT_YET_VALID", line(nil, nil, by(valid(now.Add(day), soon)))},
		{"4.2.3 notBefore of before 2000", "", line(nil, nil, by(valid(old, soon)))},
		{"4.2.4 notBefore as GeneralizedTime", "NOT_YET_VALID", line(nil, nil, by(valid(late, late.AddDate(1, 0, 0))))},
		{"4.2.5 authority expired", "EXPIRED", line(nil, by(valid(old, now.Add(-day))), nil)},
		{"4.2.6 leaf expired", "EXPIRED", line(nil, nil, by(valid(old, now.Add(-day))))},
		{"4.2.7 notAfter of before 2000", "EXPIRED", line(nil, nil, by(valid(old, old.Add(day))))},
		{"4.2.8 notAfter as GeneralizedTime", "", line(nil, nil, by(valid(old, late)))},

		{"4.3.1 another name", noChain, chained(dn("O", "Test", "CN", "A"), dn("O", "Test", "CN", "B"))},
		{"4.3.2 another order", noChain, chained(dn("O", "Test", "CN", "A"), dn("CN", "A", "O", "Test"))},
		{"4.3.3 runs of spaces", "", chained(dn("O", "Test", "CN", "A  B"), dn("O", "Test", "CN", "A B"))},
		{"4.3.4 spaces around", "", chained(dn("O", "Test", "CN", "A B"), dn("O", "Test", "CN", "  A  B "))},
		{"4.3.4a no space is another name", noChain, chained(dn("O", "Test", "CN", "A B"), dn("O", "Test", "CN", "AB"))},
		{"4.3.5 letters in another case", "", chained(dn("O", "Test", "CN", "abc"), dn("O", "TEST", "CN", "ABC"))},
		{"4.3.6 fewer parts", noChain, chained(dn("O", "Test", "CN", "A"), dn("O", "Test"))},
		{"4.3.7 mandatory attributes", "", chained(dn("C", "CN", "O", "Test", "OU", "x", "CN", "A"), dn("C", "CN", "O", "Test", "OU", "x", "CN", "A"))},
		{"4.3.8 an email address", "", chained(dn("O", "Test", "E", "a@b.cn"), dn("O", "Test", "E", "A@B.CN"))},
		{"4.3.9 UTF8String", "", chained(dn("O", "测试", "CN", "A"), dn("O", "测试", "CN", "A"))},
		{"4.3.10 PrintableString becomes UTF8String", "", chained(dn("pO", "Test", "pCN", "A"), dn("O", "Test", "CN", "A"))},
		{"4.3.11 UTF8String in another case", "", chained(dn("O", "Ünï", "CN", "A"), dn("O", "üNÏ", "CN", "a"))},
		{"4.3.11a BMPString becomes UTF8String", "", chained(dn("bO", "测试", "CN", "A"), dn("O", "测试", "CN", "A"))},
		{"4.3.11b another attribute", noChain, chained(dn("O", "Test", "CN", "A"), dn("O", "Test", "OU", "A"))},
		{"4.3.11c an authority below another spelling", "", func(k *kit) trial {
			r := k.root("root", named(dn("O", "Test", "CN", "Root")))
			s := k.sub(r, "sub", claims(dn("pO", "TEST", "pCN", "root")))
			return trial{chain: chain{leaf: k.leaf(s), pool: []*entity{s}, anchors: []*entity{r}}}
		}},

		{"4.6.1 no basicConstraints", constraints, line(nil, by(without(ce(19))), nil)},
		{"4.6.2 critical and not an authority", constraints, line(nil, by(notCA()), nil)},
		{"4.6.3 not critical and not an authority", constraints, line(nil, by(with(ce(19), false, constraintsExt(false, -1))), nil)},
		{"4.6.4 not critical", "", line(nil, by(with(ce(19), false, constraintsExt(true, -1))), nil)},
		{"4.6.5 pathLen 0, authority below", constraints, pathLen(0, -1)},
		{"4.6.6 pathLen 0, authority as leaf", constraints, func(k *kit) trial { return k.line(nil, by(ca(0)), nil, asCA()) }},
		{"4.6.7 pathLen 0, leaf below", "", pathLen(0)},
		{"4.6.8 pathLen 0, authority as leaf right below", "", line(nil, by(ca(0)), asCA())},
		{"4.6.9 pathLen 6, 0, authority below", constraints, pathLen(6, 0, -1)},
		{"4.6.10 pathLen 6, 0, authorities below", constraints, pathLen(6, 0, 0, -1)},
		{"4.6.11 pathLen 6, 1, 0, authority below", constraints, pathLen(6, 1, 0, -1)},
		{"4.6.12 pathLen 6, 1, 1, authority below", constraints, pathLen(6, 1, 1, -1)},
		{"4.6.13 pathLen 6, 4, 1, authority below", "", pathLen(6, 4, 1, -1)},
		{"4.6.14 pathLen 6, 4, 1, 0", "", pathLen(6, 4, 1, 0)},
		{"4.6.15 pathLen 0, self-issued below", "", pathLen(0, selfNone)},
		{"4.6.16 pathLen 0, self-issued and another below", constraints, pathLen(0, selfNone, -1)},
		{"4.6.17 pathLen 1, self-issued between", "", pathLen(1, selfNone, -1, selfNone)},
		{"4.6.17a pathLen 1, self-issued between, another below", constraints, pathLen(1, selfNone, -1, selfNone, -1)},
		{"4.6.17b self-issued in another spelling", "", func(k *kit) trial {
			r := k.root("root")
			a := k.sub(r, "a", ca(0))
			b := k.sub(a, "a", named(dn("pO", "TEST", "pCN", "A")))
			return trial{chain: chain{leaf: k.leaf(b), pool: []*entity{a, b}, anchors: []*entity{r}}}
		}},

		{"4.7.1 critical, no keyCertSign", keyUsage, line(nil, by(usage(0, 6)), nil)},
		{"4.7.2 not critical, no keyCertSign", keyUsage, line(nil, by(func(c *tmpl) { usage(0, 6)(c); c.exts[len(c.exts)-1].Critical = false }), nil)},
		{"4.7.3 not critical", "", line(nil, by(func(c *tmpl) { usage(5, 6)(c); c.exts[len(c.exts)-1].Critical = false }), nil)},
		{"4.7.3a the root without keyCertSign", keyUsage, line(by(usage(6)), nil)},

		{"4.16.1 unknown, not critical", "", line(nil, nil, by(unknownExt(false)))},
		{"4.16.2 unknown, critical", constraints, line(nil, nil, by(unknownExt(true)))},
		{"4.16.2a points, critical, that cannot be read", constraints, line(nil, nil, by(with(ce(31), true, []byte{0x30, 6, 0x30, 4, 0x81, 2, 6, 0x41})))},
		{"4.16.2b points, critical", "", line(nil, nil, by(func(c *tmpl) { at(point{names: []gn{{'u', "x"}}})(c); c.exts[len(c.exts)-1].Critical = true }))},
	})
}
