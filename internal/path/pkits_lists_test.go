package path_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

// What the tables of evidence say.
const (
	isGood      = "good"
	isRevoked   = "revoked"
	isNothing   = string(path.NoEvidence)
	isForged    = string(path.NotAuthentic)
	isNotKnown  = string(path.NotKnown)
	isPartial   = string(path.Partial)
	isNoSigner  = string(path.NoAuthority)
	isStale     = string(path.Stale)
	isToCome    = string(path.FromTheFuture)
	keyBroken   = 1 // reasons of a revocation
	superseded  = 4
	onHold      = 6
	fromRemoved = 8
)

// TestPKITSLists: 4.4 basic revocation, 4.5 self-issued certificates (C19, A48).
func TestPKITSLists(t *testing.T) {
	unknown := func(critical bool) pkix.Extension {
		return pkix.Extension{Id: []int{1, 2, 3, 4, 5}, Critical: critical, Value: []byte{5, 0}}
	}
	table(t, []row{
		{"4.4.0 good lists", isGood, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], nil), k.lists(c.pool[0], nil))
		}},
		{"4.4.1 no list of the authority", isNothing, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], nil))
		}},
		{"4.4.2 authority revoked", isRevoked, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], nil, gone(c.pool[0], keyBroken)), k.lists(c.pool[0], nil))
		}},
		{"4.4.2a authority revoked, nothing about the leaf", isRevoked, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], nil, gone(c.pool[0], keyBroken)))
		}},
		{"4.4.3 leaf revoked", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(k.lists(r, nil, gone(l, keyBroken)))
		}},
		{"4.4.3a leaf revoked, nothing about the authority", isRevoked, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.pool[0], nil, gone(c.leaf, superseded)))
		}},
		{"4.4.4 signature of the list", isForged, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: r, forged: true}).parse(k.t))
		}},
		{"4.4.5 name of the list's issuer", isNothing, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: k.root("another"), key: r}).parse(k.t))
		}},
		{"4.4.5a name of the list's issuer in another spelling", isGood, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: r, name: dn("pO", "TEST", "pCN", " Root")}).parse(k.t))
		}},
		{"4.4.5b the same with an entry", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(fresh(list{by: r, name: dn("pO", "TEST", "pCN", " Root"), entries: []entry{gone(l, 0)}}).parse(k.t))
		}},
		{"4.4.6 the list of another authority", isNothing, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], nil), k.lists(c.anchors[0], nil, gone(c.leaf, 0)))
		}},
		{"4.4.7 two lists, one of them wrong", isGood, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: r, forged: true}).parse(k.t), k.lists(r, nil))
		}},
		{"4.4.8 unknown critical extension of another's entry", isPartial, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(k.lists(r, nil, entry{serial: 99, at: now.Add(-day), unknown: true}))
		}},
		{"4.4.8a unknown critical extension of the entry", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			e := gone(l, keyBroken)
			e.unknown = true
			return c.with(k.lists(r, nil, e))
		}},
		{"4.4.8b unknown extension of the entry", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			e := gone(l, keyBroken)
			e.exts = []pkix.Extension{unknown(false)}
			return c.with(k.lists(r, nil, e))
		}},
		{"4.4.9 unknown critical extension of the list, leaf listed", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(k.lists(r, []pkix.Extension{unknown(true)}, gone(l, keyBroken)))
		}},
		{"4.4.10 unknown critical extension of the list", isPartial, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(k.lists(r, []pkix.Extension{unknown(true)}))
		}},
		{"4.4.10a unknown extension of the list", isGood, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(k.lists(r, []pkix.Extension{unknown(false)}))
		}},
		{"4.4.10b another list is understood", isGood, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(k.lists(r, []pkix.Extension{unknown(true)}), k.lists(r, nil))
		}},
		{"4.4.10c another list is understood, this one has bad news", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(k.lists(r, []pkix.Extension{unknown(true)}, gone(l, 0)), k.lists(r, nil))
		}},
		{"4.4.11 nextUpdate has passed", isStale, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: r, this: now.Add(-9 * day), next: now.Add(-day)}).parse(k.t))
		}},
		{"4.4.11a nextUpdate has passed, and bad news", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(fresh(list{by: r, this: now.Add(-9 * day), next: now.Add(-8 * day), entries: []entry{{serial: l.SerialNumber.Int64(), at: now.Add(-10 * day)}}}).parse(k.t))
		}},
		{"4.4.12 nextUpdate of before 2000", isForged, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: r, next: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}).parse(k.t))
		}},
		{"4.4.12a the same, and bad news", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(fresh(list{by: r, next: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), entries: []entry{gone(l, 0)}}).parse(k.t))
		}},
		{"4.4.13 nextUpdate as GeneralizedTime", isGood, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(fresh(list{by: r, next: time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)}).parse(k.t))
		}},
		{"4.4.16 a long serial number, another is listed", isGood, func(k *kit) trial {
			c, r, _ := k.two(func(c *tmpl) { c.serial = 0x7fffffffffffff01 })
			return c.with(k.lists(r, nil, entry{serial: 0x7fffffffffffff02, at: now.Add(-day)}))
		}},
		{"4.4.18 a long serial number, listed", isRevoked, func(k *kit) trial {
			c, r, l := k.two(func(c *tmpl) { c.serial = 0x7fffffffffffff01 })
			return c.with(k.lists(r, nil, gone(l, 0)))
		}},
		{"4.4.19 a key for lists alone", isGood, func(k *kit) trial { return k.separate(usage(6), nil) }},
		{"4.4.20 a key for lists alone, leaf revoked", isRevoked, func(k *kit) trial { return k.separate(usage(6), func(s *split) { s.about = []entry{gone(s.leaf, 0)} }) }},
		{"4.4.21 the certificate of that key revoked", isNoSigner, func(k *kit) trial {
			return k.separate(usage(6), func(s *split) { s.root = []entry{gone(s.signer, keyBroken)} })
		}},
		{"4.4.21a it is revoked, and its list has bad news", isNoSigner, func(k *kit) trial {
			return k.separate(usage(6), func(s *split) {
				s.about, s.root = []entry{gone(s.leaf, 0)}, []entry{gone(s.signer, keyBroken)}
			})
		}},
		{"4.4.21b its certificate without cRLSign", isForged, func(k *kit) trial { return k.separate(usage(5), nil) }},
		{"4.4.21c its certificate without keyUsage", isForged, func(k *kit) trial { return k.separate(without(ce(15)), nil) }},
		{"4.4.21d its certificate had expired", isForged, func(k *kit) trial { return k.separate(valid(now.Add(-9*day), now.Add(-day)), nil) }},
		{"4.4.21e its certificate has an unknown critical extension", isForged, func(k *kit) trial { return k.separate(unknownExt(true), nil) }},
		{"4.4.21f nothing about its certificate", isNoSigner, func(k *kit) trial {
			return k.separate(usage(6), func(s *split) { s.silent = true })
		}},
		{"4.4.21g nothing about its certificate, and bad news", isRevoked, func(k *kit) trial {
			return k.separate(usage(6), func(s *split) { s.silent, s.about = true, []entry{gone(s.leaf, 0)} })
		}},
		{"4.4.21h its certificate is not there", isForged, func(k *kit) trial {
			return k.separate(usage(6), func(s *split) { s.absent = true })
		}},
		{"4.4.21i it vouches for itself", isNoSigner, func(k *kit) trial {
			// Its own certificate is of the authority's name too, so its own list covers it.
			r := k.root("root")
			a := k.sub(r, "a", usage(5))
			s := k.issue(a, a.RawSubject, usage(6), ca(-1))
			l := k.leaf(a)
			c := trial{chain: chain{leaf: l, pool: []*entity{a, s}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(s, nil))
		}},
		{"4.4.21j another authority of that name under the anchor", isForged, func(k *kit) trial {
			r := k.root("root")
			a, evil := k.sub(r, "a"), k.sub(r, "evil")
			twin := k.sub(evil, "a")
			c := trial{chain: chain{leaf: k.leaf(a), pool: []*entity{a, evil, twin}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(evil, nil), k.lists(twin, nil))
		}},
		{"4.4.21k another authority of that name elsewhere", isForged, func(k *kit) trial {
			r, r2 := k.root("root"), k.root("root2")
			a, twin := k.sub(r, "a"), k.sub(r2, "a")
			c := trial{chain: chain{leaf: k.leaf(a), pool: []*entity{a, twin}, anchors: []*entity{r, r2}}}
			return c.with(k.lists(r, nil), k.lists(r2, nil), k.lists(twin, nil))
		}},

		{"4.5.1 old key certified by the new", isGood, func(k *kit) trial {
			r := k.root("root")
			next := k.sub(r, "a")
			old := k.self(next)
			c := trial{chain: chain{leaf: k.leaf(old), pool: []*entity{next, old}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(next, nil))
		}},
		{"4.5.2 the same, leaf revoked by the new key", isRevoked, func(k *kit) trial {
			r := k.root("root")
			next := k.sub(r, "a")
			old := k.self(next)
			c := trial{chain: chain{leaf: k.leaf(old), pool: []*entity{next, old}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(next, nil, gone(c.leaf, 0)))
		}},
		{"4.5.3 new key certified by the old", isGood, func(k *kit) trial {
			r := k.root("root")
			old := k.sub(r, "a")
			next := k.self(old)
			c := trial{chain: chain{leaf: k.leaf(next), pool: []*entity{old, next}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(old, nil))
		}},
		{"4.5.4 the same, lists of both keys", isGood, func(k *kit) trial {
			r := k.root("root")
			old := k.sub(r, "a")
			next := k.self(old)
			c := trial{chain: chain{leaf: k.leaf(next), pool: []*entity{old, next}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(old, nil), k.lists(next, nil))
		}},
		{"4.5.5 the same, revoked by the old key", isRevoked, func(k *kit) trial {
			r := k.root("root")
			old := k.sub(r, "a")
			next := k.self(old)
			c := trial{chain: chain{leaf: k.leaf(next), pool: []*entity{old, next}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(old, nil, gone(c.leaf, 0)), k.lists(next, nil))
		}},
		{"4.5.6 the new certificate revoked", isRevoked, func(k *kit) trial {
			r := k.root("root")
			old := k.sub(r, "a")
			next := k.self(old)
			c := trial{chain: chain{leaf: k.leaf(next), pool: []*entity{old, next}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(old, nil, gone(next, keyBroken)), k.lists(next, nil))
		}},
		{"4.5.7 a self-issued key for lists", isGood, func(k *kit) trial { return k.selfList(nil, nil) }},
		{"4.5.7a the same, leaf revoked", isRevoked, func(k *kit) trial {
			return k.selfList(func(s *split) { s.about = []entry{gone(s.leaf, 0)} }, nil)
		}},
		{"4.5.8 a self-issued key for lists, revoked", isNoSigner, func(k *kit) trial {
			return k.selfList(nil, func(s *split) []entry { return []entry{gone(s.signer, keyBroken)} })
		}},
		{"4.5.8a the new key issued by the root, in the bag alone", isGood, func(k *kit) trial {
			r := k.root("root")
			old, next := k.sub(r, "a"), k.sub(r, "a")
			c := trial{chain: chain{leaf: k.leaf(old), pool: []*entity{old, next}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(next, nil))
		}},
	})
}

// split is an authority with one key for certificates and one for lists, both certified
// by the root.
type split struct {
	leaf, signer *entity
	about, root  []entry // of the lists of the key for lists, and of the root
	silent       bool    // the root has no list
	absent       bool    // the certificate of the key for lists is not in the bag
}

func (k *kit) separate(o opt, change func(s *split)) trial {
	r := k.root("root")
	a := k.sub(r, "a", usage(5))
	s := &split{leaf: k.leaf(a), signer: k.issue(r, a.RawSubject, usage(6), o)}
	if change != nil {
		change(s)
	}
	c := trial{chain: chain{leaf: s.leaf, pool: []*entity{a}, anchors: []*entity{r}}}
	if !s.absent {
		c.pool = append(c.pool, s.signer)
	}
	lists := []*cms.CRL{k.lists(s.signer, nil, s.about...)}
	rootList := k.lists(r, nil, s.root...)
	if s.silent { // the authority's own certificate needs news, of a scope without the signer
		a2 := response{by: r, answers: []answer{{cert: a, issuer: r, status: cms.StatusGood, this: now.Add(-time.Hour), next: now.Add(day)}}}.parse(k.t)
		c = c.with(lists...)
		c.evidence.OCSPs = append(c.evidence.OCSPs, a2)
		return c
	}
	return c.with(append(lists, rootList)...)
}

// selfList is an authority that certified a key for lists itself, and covers that
// certificate by a list of a point of its own.
func (k *kit) selfList(change func(s *split), own func(s *split) []entry) trial {
	r := k.root("root")
	a := k.sub(r, "a")
	here := point{names: []gn{{'u', "http://a/own.crl"}}}
	s := &split{leaf: k.leaf(a), signer: k.issue(a, a.RawSubject, usage(6), at(here))}
	if change != nil {
		change(s)
	}
	var e []entry
	if own != nil {
		e = own(s)
	}
	c := trial{chain: chain{leaf: s.leaf, pool: []*entity{a, s.signer}, anchors: []*entity{r}}}
	return c.with(k.lists(r, nil), k.lists(s.signer, nil, s.about...), k.lists(a, here.scope(), e...))
}

// TestSignerWork (C19): decoys of the signer's name end the check with a limit, not with
// a list that was left out.
func TestSignerWork(t *testing.T) {
	k := &kit{t: t}
	r := k.root("root")
	a := k.sub(r, "a", usage(5))
	leaf := k.leaf(a)
	signer := k.issue(r, a.RawSubject, usage(6))
	var pool []*x509.Certificate
	for range 300 {
		pool = append(pool, k.root("a").Certificate)
	}
	certs := certsOf([]*entity{leaf, a, r})
	ev := path.Evidence{CRLs: []*cms.CRL{k.lists(r, nil), k.lists(signer, nil, gone(leaf, 0))}}
	for _, n := range []int{100, 300} {
		ev.Certs = append(append([]*x509.Certificate(nil), pool[:n]...), signer.Certificate)
		res, err := path.Check(certs, ev, path.RevocationOptions{Time: now})
		if n == 100 && (err != nil || res.Status() != path.Revoked) || n == 300 && code(err) != path.Limit {
			t.Errorf("%d decoys: %v, %v", n, res, err)
		}
	}
	// A signer far below the anchor: its path is not searched to the end, so what its
	// list says is not known, and nothing is said at all.
	top, far := r, []*entity{}
	for i := range path.MaxLength {
		top = k.sub(top, string(rune('b'+i)))
		far = append(far, top)
	}
	signer = k.issue(top, a.RawSubject, usage(6))
	ev = path.Evidence{CRLs: []*cms.CRL{k.lists(r, nil), k.lists(signer, nil, gone(leaf, 0))}, Certs: certsOf(append(far, signer))}
	if _, err := path.Check(certs, ev, path.RevocationOptions{Time: now}); code(err) != path.Limit {
		t.Errorf("a long path: %v", err)
	}
	ev.Certs = make([]*x509.Certificate, path.MaxPool+1)
	if _, err := path.Check(certs, ev, path.RevocationOptions{Time: now}); code(err) != path.Limit {
		t.Errorf("a large bag: %v", err)
	}
}
