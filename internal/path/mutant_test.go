package path_test

import (
	"crypto/x509"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

// chainsOf returns paths of each kind of key, with every extension that is checked.
func chainsOf(t testing.TB) [][]*entity {
	k := &kit{t: t}
	var out [][]*entity
	for _, key := range []func() (root, sub opt){
		func() (opt, opt) { return keyed(ecKey()), keyed(ecKey()) },
		func() (opt, opt) { return keyed(smKey()), keyed(smKey()) },
		func() (opt, opt) { return keyed(edKey()), keyed(edKey()) },
		func() (opt, opt) { r := rsaKeys(); return keyed(r[0]), keyed(r[1]) },
	} {
		a, b := key()
		r := k.root("root", a, skid("R"))
		s := k.sub(r, "sub", b, ca(0), skid("S"), akid("R"), permit(gn{'d', "example.com"}), policies(1), policyConstraints(0, -1), inhibitAny(0))
		l := k.leaf(s, keyed(s.key), akid("S"), san(gn{'d', "www.example.com"}), policies(1), unknownExt(false))
		out = append(out, []*entity{l, s, r})
	}
	return out
}

// TestMutants: no path is valid once a byte of its leaf or its authority has changed.
func TestMutants(t *testing.T) {
	all := chainsOf(t)
	for i, c := range all {
		got, err := chain{leaf: c[0], pool: c[1:2], anchors: c[2:]}.build()
		if err != nil || len(got) != 3 {
			t.Fatalf("chain %d does not hold: %v", i, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		c := slices.Clone(rapid.SampledFrom(all).Draw(t, "chain"))
		which := rapid.IntRange(0, 1).Draw(t, "which")
		der := slices.Clone(c[which].Raw)
		at := rapid.IntRange(0, len(der)-1).Draw(t, "at")
		der[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "xor"))
		cert, err := cms.ParseCertificate(der)
		if err != nil {
			return
		}
		c[which] = &entity{cert, c[which].key}
		if _, err := (chain{leaf: c[0], pool: c[1:2], anchors: c[2:]}).build(); err == nil {
			t.Fatalf("byte %d of certificate %d may be another", at, which)
		}
	})
}

// TestEvidenceMutants: no evidence counts once a byte of it has changed. Each response
// is the authority's own, so everything in it is signed.
func TestEvidenceMutants(t *testing.T) {
	s := newScene(t)
	certs := []*x509.Certificate{s.leaf.Certificate, s.root.Certificate}
	status := func(o *cms.OCSP, c *cms.CRL) path.Status {
		got, err := path.Check(certs, path.Evidence{OCSPs: []*cms.OCSP{o}, CRLs: []*cms.CRL{c}}, path.RevocationOptions{Time: now})
		if err != nil {
			t.Fatal(err)
		}
		return got.Status()
	}
	response := response{by: s.root, answers: []answer{s.revoked(now, s.poe, 1)}}.der()
	crl := list{by: s.root, this: now, next: now.Add(day), entries: []entry{{serial: 9999, at: s.poe, reason: 1}}}.der()
	o, err := cms.ParseOCSP(response)
	if err != nil || status(o, nil) != path.Revoked {
		t.Fatal(err)
	}
	c, err := cms.ParseCRL(crl)
	if err != nil || status(nil, c) != path.Good {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		der := slices.Clone(rapid.SampledFrom([][]byte{response, crl}).Draw(t, "evidence"))
		at := rapid.IntRange(0, len(der)-1).Draw(t, "at")
		der[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "xor"))
		o, err := cms.ParseOCSP(der)
		if err != nil {
			o = nil
		}
		c, err := cms.ParseCRL(der)
		if err != nil {
			c = nil
		}
		if status(o, c) != path.Unknown {
			t.Fatalf("byte %d may be another", at)
		}
	})
}

// FuzzCheck: no evidence that parses can show a certificate as revoked without a
// signature.
func FuzzCheck(f *testing.F) {
	s := newScene(f)
	certs := []*x509.Certificate{s.leaf.Certificate, s.root.Certificate}
	r := s.responder()
	f.Add(response{by: s.root, answers: []answer{s.says(cms.StatusGood, now)}}.der())
	f.Add(response{by: r, embed: []*entity{r}, answers: []answer{s.says(cms.StatusUnknown, now), s.says(cms.StatusGood, now)}}.der())
	f.Add(response{by: s.root, forged: true, answers: []answer{s.revoked(now, s.poe, 1)}}.der())
	f.Add(list{by: s.root, this: now, next: now.Add(day), entries: []entry{{serial: 9999, at: s.poe, reason: 1}}, exts: pointScope("http://x")}.der())
	f.Fuzz(func(t *testing.T, der []byte) {
		var ev path.Evidence
		if o, err := cms.ParseOCSP(der); err == nil {
			ev.OCSPs = append(ev.OCSPs, o)
			_ = o.Check(certs[0], certs[1])
		}
		if c, err := cms.ParseCRL(der); err == nil {
			ev.CRLs = append(ev.CRLs, c)
		}
		got, err := path.Check(certs, ev, path.RevocationOptions{Time: now, PoE: s.poe})
		if err != nil || got.Status() == path.Revoked {
			t.Fatal(got, err)
		}
	})
}

// FuzzBuild: with any input that parses, the search ends, does not panic, and ends only
// at an anchor of the caller.
func FuzzBuild(f *testing.F) {
	k := &kit{t: f}
	r := k.root("root")
	s := k.sub(r, "sub", permit(gn{'n', string(dn("O", "Test"))}), policies(1), maps(1, 2))
	l := k.leaf(s, policies(2))
	f.Add(l.Raw, s.Raw)
	f.Add(s.Raw, l.Raw)
	f.Add(k.leaf(nil).Raw, r.Raw)
	sm := k.root("sm", keyed(smKey()))
	f.Add(k.leaf(sm, keyed(smKey())).Raw, sm.Raw)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		leaf, err := cms.ParseCertificate(a)
		if err != nil {
			return
		}
		pool := []*x509.Certificate{s.Certificate, leaf}
		if c, err := cms.ParseCertificate(b); err == nil {
			pool = append(pool, c)
		}
		got, err := path.Build(leaf, pool, []*x509.Certificate{r.Certificate}, path.Options{Time: now, Usage: path.Signing})
		if err == nil && got[len(got)-1] != r.Certificate {
			t.Fatal("another anchor")
		}
		if err != nil && code(err) == "untyped" {
			t.Fatal(err)
		}
		if err == nil {
			if _, err := path.Check(got, path.Evidence{}, path.RevocationOptions{Time: now}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func rsaPair(b *testing.B) (leaf, root *x509.Certificate) {
	k := &kit{t: b}
	r := k.root("root", keyed(rsaKeys()[0]))
	return k.leaf(r, keyed(rsaKeys()[1])).Certificate, r.Certificate
}

// BenchmarkBuild measures a path of two RSA certificates with its signature check.
func BenchmarkBuild(b *testing.B) {
	leaf, root := rsaPair(b)
	anchors := []*x509.Certificate{root}
	for b.Loop() {
		if _, err := path.Build(leaf, nil, anchors, path.Options{Time: now, Usage: path.Signing}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignatureAlone measures the part of BenchmarkBuild outside the search.
func BenchmarkSignatureAlone(b *testing.B) {
	leaf, root := rsaPair(b)
	for b.Loop() {
		if err := cms.CheckIssued(leaf, root); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostile measures a bag that is made to make the search long.
func BenchmarkHostile(b *testing.B) {
	k := &kit{t: b}
	var pool []*x509.Certificate
	var above []*entity
	for level := range 8 {
		var row []*entity
		key := ecKey()
		for range 100 {
			var up *entity
			if len(above) > 0 {
				up = above[0]
			}
			e := k.sub(up, string(rune('a'+level)), keyed(key))
			row, pool = append(row, e), append(pool, e.Certificate)
		}
		above = row
	}
	leaf, root := k.leaf(above[0]).Certificate, k.root("root").Certificate
	for b.Loop() {
		if _, err := path.Build(leaf, pool, []*x509.Certificate{root}, path.Options{Time: now, Usage: path.Signing}); code(err) != path.Limit {
			b.Fatal(err)
		}
	}
}
