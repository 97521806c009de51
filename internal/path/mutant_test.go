package path_test

import (
	"crypto/x509"
	"slices"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
	"pgregory.net/rapid"
)

// chainsOf are paths of each kind of key, with every extension that is judged.
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

// TestMutants: no path holds once a byte of its leaf or its authority is another.
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

// FuzzBuild: whatever parses, the search ends, does not panic, and never ends at
// another anchor than the caller's.
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

// BenchmarkBuild is a path of two RSA certificates with its signature check.
func BenchmarkBuild(b *testing.B) {
	leaf, root := rsaPair(b)
	anchors := []*x509.Certificate{root}
	for b.Loop() {
		if _, err := path.Build(leaf, nil, anchors, path.Options{Time: now, Usage: path.Signing}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignatureAlone is what of BenchmarkBuild is not the search's.
func BenchmarkSignatureAlone(b *testing.B) {
	leaf, root := rsaPair(b)
	for b.Loop() {
		if err := cms.CheckIssued(leaf, root); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostile is a bag that is made to make the search long.
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
