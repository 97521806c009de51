package path_test

import (
	"crypto/x509/pkix"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

func uri(s string) gn { return gn{'u', s} }

func dirName(d []byte) gn { return gn{'n', string(d)} }

// under returns the name of an authority with one more relative name.
func under(cn string) []byte { return dn("O", "Test", "CN", "root", "CN", cn) }

// TestPKITSPoints: 4.14 distribution points (C19, A47, A49).
func TestPKITSPoints(t *testing.T) {
	here, there := uri("http://a/here.crl"), uri("http://a/there.crl")
	// one: a leaf with points, and a list of the root with a scope and entries.
	one := func(leaf []point, scope point, revoked ...int) func(k *kit) trial {
		return func(k *kit) trial {
			c, r, l := k.two(at(leaf...))
			var e []entry
			for _, reason := range revoked {
				e = append(e, gone(l, reason))
			}
			return c.with(k.lists(r, scope.scope(), e...))
		}
	}
	names := func(n ...gn) point { return point{names: n} }
	relative := func(cn string) point { return point{relative: rdn(cn)} }
	ps := func(p ...point) []point { return p }
	some := func(r ...int) point { return point{reasons: r} }
	// parts: lists of the root, each for some reasons.
	parts := func(leaf []point, masks [][]int, change func(l *entity, lists []list)) func(k *kit) trial {
		return func(k *kit) trial {
			var o []opt
			if leaf != nil {
				o = append(o, at(leaf...))
			}
			c, r, l := k.two(o...)
			var lists []list
			for _, m := range masks {
				lists = append(lists, fresh(list{by: r, exts: some(m...).scope()}))
			}
			if change != nil {
				change(l, lists)
			}
			var out []*cms.CRL
			for _, l := range lists {
				out = append(out, l.parse(k.t))
			}
			return c.with(out...)
		}
	}
	first, rest := []int{1, 2}, []int{3, 4, 5, 6, 7, 8}
	table(t, []row{
		{"4.14.1 the point's directory name", isGood, one(ps(names(dirName(under("p")))), names(dirName(under("p"))))},
		{"4.14.2 the same, revoked", isRevoked, one(ps(names(dirName(under("p")))), names(dirName(under("p"))), keyBroken)},
		{"4.14.3 another directory name", isPartial, one(ps(names(dirName(under("p")))), names(dirName(under("q"))))},
		{"4.14.3a another point lists the leaf", isRevoked, one(ps(names(dirName(under("p")))), names(dirName(under("q"))), keyBroken)},
		{"4.14.4 a list of every point", isGood, func(k *kit) trial {
			c, r, _ := k.two(at(names(dirName(under("p")))))
			return c.with(k.lists(r, nil))
		}},
		{"4.14.5 relative in the list, whole in the certificate", isGood, one(ps(names(dirName(under("p")))), relative("p"))},
		{"4.14.5a relative in another case", isGood, one(ps(names(dirName(under("P")))), relative("p"))},
		{"4.14.6 the same, revoked", isRevoked, one(ps(names(dirName(under("p")))), relative("p"), keyBroken)},
		{"4.14.7 relative in both", isGood, one(ps(relative("p")), relative("p"))},
		{"4.14.7a whole in the list, relative in the certificate", isGood, one(ps(relative("p")), names(dirName(under("p"))))},
		{"4.14.8 another relative name", isPartial, one(ps(relative("p")), relative("q"))},
		{"4.14.9 no points, and a list of a point", isPartial, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(k.lists(r, names(here).scope()))
		}},
		{"4.14.10 no points, and a list by the issuer's name", isGood, func(k *kit) trial {
			c, r, _ := k.two()
			return c.with(k.lists(r, names(dirName(r.RawSubject)).scope()))
		}},
		{"4.14.10a one of several names", isGood, one(ps(names(there, here)), names(uri("ldap://x"), here))},
		{"4.14.10b the second point", isGood, one(ps(names(there), names(here)), names(here))},
		{"4.14.10c a URI in another case", isPartial, one(ps(names(uri("http://a/HERE.crl"))), names(here))},
		{"4.14.10d a directory name is not a URI", isPartial, one(ps(names(uri(string(under("p"))))), names(dirName(under("p"))))},
		{"4.14.11 users only, a user", isGood, one(nil2(), point{users: true})},
		{"4.14.12 users only, an authority", isPartial, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], point{users: true}.scope()), k.lists(c.pool[0], nil))
		}},
		{"4.14.12a users only, and lists an authority", isRevoked, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], point{users: true}.scope(), gone(c.pool[0], 0)), k.lists(c.anchors[0], nil), k.lists(c.pool[0], nil))
		}},
		{"4.14.13 authorities only, an authority", isGood, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			return c.with(k.lists(c.anchors[0], point{authorities: true}.scope()), k.lists(c.pool[0], nil))
		}},
		{"4.14.13a authorities only, a user", isPartial, one(nil2(), point{authorities: true})},
		{"4.14.13b authorities only, and lists a user", isRevoked, one(nil2(), point{authorities: true}, superseded)},
		{"4.14.14 attribute certificates only", isNothing, one(nil2(), point{attributes: true})},
		{"4.14.14a attribute certificates only, its number among them", isNothing, one(nil2(), point{attributes: true}, keyBroken)},
		{"4.14.14b users and authorities in two lists", isGood, func(k *kit) trial {
			c := k.line(nil, nil, nil)
			r := c.anchors[0]
			return c.with(k.lists(r, point{users: true}.scope()), k.lists(r, point{authorities: true}.scope()), k.lists(c.pool[0], point{users: true}.scope()))
		}},
		{"4.14.15 some reasons alone, listed", isRevoked, one(nil2(), some(1, 2), keyBroken)},
		{"4.14.15a listed for another reason than the list has", isRevoked, one(nil2(), some(1, 2), superseded)},
		{"4.14.16 some reasons alone", isPartial, one(nil2(), some(1, 2))},
		{"4.14.17 all reasons in two lists", isGood, parts(nil, [][]int{first, rest}, nil)},
		{"4.14.17a one reason is missing", isPartial, parts(nil, [][]int{first, {3, 4, 5, 6, 7}}, nil)},
		{"4.14.17b the reason without a meaning adds nothing", isPartial, parts(nil, [][]int{first, {0, 3, 4, 5, 6, 7}}, nil)},
		{"4.14.17c one of the two is old", isStale, parts(nil, [][]int{first, rest}, func(_ *entity, l []list) { l[1].this, l[1].next = now.Add(-9*day), now.Add(-8*day) })},
		{"4.14.17d one of the two is forged", isPartial, parts(nil, [][]int{first, rest}, func(_ *entity, l []list) { l[0].forged = true })},
		{"4.14.17e overlapping", isGood, parts(nil, [][]int{{1, 2, 3, 4, 5}, {4, 5, 6, 7, 8}}, nil)},
		{"4.14.18 all reasons in two lists, points name them", isGood, parts(
			ps(point{names: []gn{here}, reasons: first}, point{names: []gn{there}, reasons: rest}), [][]int{first, rest}, nil)},
		{"4.14.19 lists of points that name the reasons", isGood, func(k *kit) trial {
			c, r, _ := k.two(at(point{names: []gn{here}, reasons: first}, point{names: []gn{there}, reasons: rest}))
			return c.with(k.lists(r, names(here).scope()), k.lists(r, names(there).scope()))
		}},
		{"4.14.19a one of them alone", isPartial, func(k *kit) trial {
			c, r, _ := k.two(at(point{names: []gn{here}, reasons: first}, point{names: []gn{there}, reasons: rest}))
			return c.with(k.lists(r, names(here).scope()))
		}},
		{"4.14.20 the first list revokes", isRevoked, parts(nil, [][]int{first, rest}, func(l *entity, s []list) { s[0].entries = []entry{gone(l, keyBroken)} })},
		{"4.14.21 the second list revokes", isRevoked, parts(nil, [][]int{first, rest}, func(l *entity, s []list) { s[1].entries = []entry{gone(l, superseded)} })},
		{"4.14.21a a hold, lifted by a list without that reason", isRevoked, parts(nil, [][]int{rest, first}, func(l *entity, s []list) {
			s[0].entries, s[0].this = []entry{gone(l, onHold)}, now.Add(-2*time.Hour)
		})},

		{"4.14.22 indirect of its own issuer", isGood, one(nil2(), point{indirect: true})},
		{"4.14.22a and the leaf listed", isRevoked, one(nil2(), point{indirect: true}, keyBroken)},
		{"4.14.23 its number under another issuer", isGood, func(k *kit) trial {
			c, r, l := k.two()
			e := gone(l, keyBroken)
			e.exts = []pkix.Extension{of(dn("CN", "another"))}
			return c.with(k.lists(r, point{indirect: true}.scope(), e))
		}},
		{"4.14.24 an indirect list of another authority", isGood, func(k *kit) trial { return k.indirect(nil) }},
		{"4.14.25 the same, leaf revoked", isRevoked, func(k *kit) trial {
			return k.indirect(func(s *third) { s.list.entries = []entry{s.of(s.leaf)} })
		}},
		{"4.14.26 not marked as indirect", isNothing, func(k *kit) trial {
			return k.indirect(func(s *third) { s.scope.indirect = false })
		}},
		{"4.14.27 the certificate does not name that issuer", isNothing, func(k *kit) trial {
			return k.indirect(func(s *third) { s.points = nil })
		}},
		{"4.14.27a and it lists the leaf", isNothing, func(k *kit) trial {
			return k.indirect(func(s *third) { s.points = nil; s.list.entries = []entry{s.of(s.leaf)} })
		}},
		{"4.14.28 entries of several issuers", isGood, func(k *kit) trial {
			return k.indirect(func(s *third) {
				other, back := s.of(s.leaf), s.of(s.leaf)
				other.exts = []pkix.Extension{of(dn("CN", "another"))}
				back.serial = 77
				s.list.entries = []entry{other, back}
			})
		}},
		{"4.14.28a an entry behind one of its issuer", isRevoked, func(k *kit) trial {
			return k.indirect(func(s *third) {
				before := s.of(s.leaf)
				before.serial = 77
				s.list.entries = []entry{before, gone(s.leaf, 0)}
			})
		}},
		{"4.14.28b its number without an issuer is the list's own", isGood, func(k *kit) trial {
			return k.indirect(func(s *third) { s.list.entries = []entry{gone(s.leaf, 0)} })
		}},
		{"4.14.28c the issuer in another spelling", isRevoked, func(k *kit) trial {
			return k.indirect(func(s *third) {
				e := gone(s.leaf, 0)
				e.exts = []pkix.Extension{of(dn("pO", "TEST", "pCN", "ROOT"))}
				s.list.entries = []entry{e}
			})
		}},
		{"4.14.29 a relative name of the list's issuer", isGood, func(k *kit) trial {
			return k.indirect(func(s *third) {
				s.points[0].names, s.points[0].relative = nil, rdn("p")
				s.scope.relative = rdn("p")
			})
		}},
		{"4.14.30 the signer of the list is in its own list", isGood, func(k *kit) trial {
			return k.indirect(func(s *third) { s.itself = true })
		}},
		{"4.14.30a and has been revoked there", isNoSigner, func(k *kit) trial {
			return k.indirect(func(s *third) { s.itself = true; s.list.entries = []entry{s.of(s.signer)} })
		}},
		{"4.14.30b its own list is of other points than its own", isNoSigner, func(k *kit) trial {
			return k.indirect(func(s *third) { s.itself, s.own = true, []gn{there}; s.scope.names = []gn{here} })
		}},
		{"4.14.30c its own list says good, its issuer revoked", isNoSigner, func(k *kit) trial {
			return k.indirect(func(s *third) { s.itself = true; s.root = []entry{gone(s.signer, 0)} })
		}},
		{"4.14.31 the signer has been revoked", isNoSigner, func(k *kit) trial {
			return k.indirect(func(s *third) { s.root = []entry{gone(s.signer, 0)} })
		}},
		{"4.14.32 the signer is under another anchor", isForged, func(k *kit) trial {
			return k.indirect(func(s *third) { s.elsewhere = true })
		}},
		{"4.14.32a the signer without cRLSign", isForged, func(k *kit) trial {
			return k.indirect(func(s *third) { s.usage = usage(0) })
		}},
		{"4.14.33 a point by the name of the list's issuer", isGood, func(k *kit) trial {
			return k.indirect(func(s *third) { s.points[0].names = nil; s.scope.names = []gn{dirName(s.signer.RawSubject)} })
		}},
		{"4.14.34 a point without a name, a list with another", isPartial, func(k *kit) trial {
			return k.indirect(func(s *third) { s.points[0].names = nil; s.scope.names = []gn{here} })
		}},
		{"4.14.35 another name than the point's", isPartial, func(k *kit) trial {
			return k.indirect(func(s *third) { s.points[0].names = []gn{there}; s.scope.names = []gn{here} })
		}},
		{"4.14.35a the signer of the list is the root", isGood, func(k *kit) trial {
			r := k.root("root")
			a := k.sub(r, "a")
			l := k.leaf(a, at(point{names: []gn{here}, issuer: r.RawSubject}))
			c := trial{chain: chain{leaf: l, pool: []*entity{a}, anchors: []*entity{r}}}
			return c.with(k.lists(r, nil), k.lists(r, point{names: []gn{here}, indirect: true}.scope()))
		}},
		{"4.14.35b points that cannot be read count as none", isPartial, func(k *kit) trial {
			c, r, _ := k.two(with(ce(31), false, []byte{0x30, 6, 0x30, 4, 0x81, 2, 6, 0x41}))
			return c.with(k.lists(r, names(here).scope()))
		}},
		{"4.14.35c the issuer itself is named, and the list not marked as indirect", isGood, func(k *kit) trial {
			c, r, _ := k.two(at(point{names: []gn{here}, issuer: dn("O", "Test", "CN", "root")}))
			return c.with(k.lists(r, names(here).scope()))
		}},
		{"4.14.35d another issuer is named, and the list is the issuer's", isPartial, func(k *kit) trial {
			c, r, _ := k.two(at(point{names: []gn{here}, issuer: dn("O", "Test", "CN", "lists")}))
			return c.with(k.lists(r, point{names: []gn{here}, indirect: true}.scope()))
		}},
		{"4.14.35e another issuer is named, and a list of all", isGood, func(k *kit) trial {
			c, r, _ := k.two(at(point{names: []gn{here}, issuer: dn("O", "Test", "CN", "lists")}))
			return c.with(k.lists(r, nil))
		}},
	})
}

// nil2 is a certificate with one point, whose lists name none.
func nil2() []point { return []point{{names: []gn{uri("http://a/x.crl")}}} }

// third is an indirect list: the root issues leaf and signer, and signer the list.
type third struct {
	leaf, signer *entity
	points       []point
	scope        point
	list         list
	root         []entry
	usage        opt
	elsewhere    bool // the signer is under another anchor
	itself       bool // the signer's points name itself as the list's issuer
	own          []gn // the name of that point
}

// of is an entry of the root's certificate.
func (s *third) of(e *entity) entry {
	out := gone(e, keyBroken)
	out.exts = []pkix.Extension{of(e.RawIssuer)}
	return out
}

func (k *kit) indirect(change func(s *third)) trial {
	r, r2 := k.root("root"), k.root("root2")
	name := dn("O", "Test", "CN", "lists")
	s := &third{scope: point{indirect: true}, points: []point{{names: []gn{uri("http://a/here.crl")}, issuer: name}}, usage: usage(6), own: []gn{uri("http://a/here.crl")}}
	make := func() {
		k.serial = 100
		s.leaf = k.leaf(r, at(s.points...))
		o := by(s.usage)
		if s.itself {
			o = append(o, at(point{names: s.own, issuer: name}))
		}
		from := r
		if s.elsewhere {
			from = r2
		}
		s.signer = k.issue(from, name, o...)
	}
	make()
	if change != nil {
		change(s)
		e := s.list.entries
		make() // with the points that were changed; the numbers stay
		s.list.entries = e
	}
	s.list.by, s.list.exts = s.signer, s.scope.scope()
	if len(s.points) == 0 {
		s.leaf = k.issue(r, s.leaf.RawSubject, usage(0), func(c *tmpl) { c.serial = s.leaf.SerialNumber.Int64() })
	}
	c := trial{chain: chain{leaf: s.leaf, pool: []*entity{s.signer}, anchors: []*entity{r, r2}}}
	out := c.with(fresh(s.list).parse(k.t))
	if !s.itself || s.root != nil {
		// A response about the signer, which says nothing about the leaf.
		about := response{by: r, answers: []answer{{cert: s.signer, issuer: r, status: cms.StatusGood, this: now.Add(-time.Hour), next: now.Add(day)}}}
		if s.root != nil {
			about.answers[0].status, about.answers[0].at = cms.StatusRevoked, s.root[0].at
		}
		out.evidence.OCSPs = append(out.evidence.OCSPs, about.parse(k.t))
	}
	return out
}

// TestPKITSDeltas: 4.15 delta lists (C19).
func TestPKITSDeltas(t *testing.T) {
	// base is the number of the complete list, which is made two hours ago with entries;
	// delta of the list that changes it, made an hour ago.
	type lists struct {
		base, delta *list
		leaf, root  *entity
	}
	make := func(change func(s *lists)) func(k *kit) trial {
		return func(k *kit) trial {
			c, r, l := k.two()
			s := &lists{leaf: l, root: r,
				base:  &list{by: r, this: now.Add(-2 * time.Hour), next: now.Add(day), exts: []pkix.Extension{number(20, 5)}},
				delta: &list{by: r, this: now.Add(-time.Hour), next: now.Add(day), exts: []pkix.Extension{number(20, 7), number(27, 5)}}}
			change(s)
			var out []*cms.CRL
			for _, l := range []*list{s.delta, s.base} {
				if l != nil {
					out = append(out, l.parse(k.t))
				}
			}
			return c.with(out...)
		}
	}
	hold := func(s *lists) { s.base.entries = []entry{gone(s.leaf, onHold)} }
	remove := func(s *lists) { s.delta.entries = []entry{gone(s.leaf, fromRemoved)} }
	numbers := func(l *list, n, base int64) { l.exts = []pkix.Extension{number(20, n), number(27, base)} }
	table(t, []row{
		{"4.15.1 a delta alone", isPartial, make(func(s *lists) { s.base = nil })},
		{"4.15.1a a delta alone, leaf listed", isRevoked, make(func(s *lists) { s.base = nil; s.delta.entries = []entry{gone(s.leaf, 0)} })},
		{"4.15.2 a base and a delta", isGood, make(func(*lists) {})},
		{"4.15.3 revoked in the base", isRevoked, make(func(s *lists) { s.base.entries = []entry{gone(s.leaf, keyBroken)} })},
		{"4.15.3a revoked in the base for good, removed by the delta", isRevoked, make(func(s *lists) { s.base.entries = []entry{gone(s.leaf, superseded)}; remove(s) })},
		{"4.15.4 revoked in the delta", isRevoked, make(func(s *lists) { s.delta.entries = []entry{gone(s.leaf, superseded)} })},
		{"4.15.5 on hold in the base, removed by the delta", isGood, make(func(s *lists) { hold(s); remove(s) })},
		{"4.15.6 on hold in the base, revoked by the delta", isRevoked, make(func(s *lists) { hold(s); s.delta.entries = []entry{gone(s.leaf, keyBroken)} })},
		{"4.15.7 on hold in the base, not in the delta", isRevoked, make(hold)},
		{"4.15.7a on hold in the delta", isRevoked, make(func(s *lists) { s.delta.entries = []entry{gone(s.leaf, onHold)} })},
		{"4.15.8 the base is newer than the delta's", isGood, make(func(s *lists) { hold(s); remove(s); numbers(s.delta, 7, 3) })},
		{"4.15.8a the base is older than the delta's", isRevoked, make(func(s *lists) { hold(s); remove(s); numbers(s.delta, 7, 6) })},
		{"4.15.8b the base is not older than the delta", isRevoked, make(func(s *lists) { hold(s); remove(s); numbers(s.delta, 5, 5) })},
		{"4.15.8c the base has no number", isRevoked, make(func(s *lists) { hold(s); remove(s); s.base.exts = nil })},
		{"4.15.8d the delta was made before the base", isRevoked, make(func(s *lists) { hold(s); remove(s); s.delta.this = now.Add(-3 * time.Hour) })},
		{"4.15.8e the delta has another scope", isRevoked, make(func(s *lists) {
			hold(s)
			remove(s)
			s.delta.exts = append(s.delta.exts, point{users: true}.scope()...)
		})},
		{"4.15.8f both have that scope", isGood, make(func(s *lists) {
			hold(s)
			remove(s)
			s.delta.exts = append(s.delta.exts, point{users: true}.scope()...)
			s.base.exts = append(s.base.exts, point{users: true}.scope()...)
		})},
		{"4.15.8g the delta is forged", isRevoked, make(func(s *lists) { hold(s); remove(s); s.delta.forged = true })},
		{"4.15.8h the delta is of another key of the authority", isRevoked, func(k *kit) trial {
			r := k.root("root")
			a := k.sub(r, "a")
			other := k.issue(r, a.RawSubject, usage(6))
			l := k.leaf(a)
			c := trial{chain: chain{leaf: l, pool: []*entity{a, other}, anchors: []*entity{r}}}
			base := list{by: a, this: now.Add(-2 * time.Hour), next: now.Add(day), exts: []pkix.Extension{number(20, 5)}, entries: []entry{gone(l, onHold)}}
			return c.with(k.lists(r, nil), base.parse(k.t), k.lists(other, []pkix.Extension{number(20, 7), number(27, 5)}, gone(l, fromRemoved)))
		}},
		{"4.15.9 the delta has ended", isRevoked, make(func(s *lists) { hold(s); remove(s); s.delta.next = now.Add(-time.Minute) })},
		{"4.15.9a the delta is of the future", isRevoked, make(func(s *lists) { hold(s); remove(s); s.delta.this = now.Add(time.Hour) })},
		{"4.15.10 the base has ended, the delta not", isStale, make(func(s *lists) { s.base.next = now.Add(-time.Minute) })},
		{"4.15.10a the base has ended, on hold and removed", isStale, make(func(s *lists) { hold(s); remove(s); s.base.next = now.Add(-time.Minute) })},
		{"4.15.10b removed, and never on hold", isGood, make(remove)},
		{"4.15.10c removed, and nothing else", isNotKnown, make(func(s *lists) { s.base = nil; remove(s) })},
		{"4.15.10d on hold in an older list too", isGood, func(k *kit) trial {
			c := make(func(s *lists) { hold(s); remove(s) })(k)
			older := list{by: c.anchors[0], this: now.Add(-5 * time.Hour), next: now.Add(day), entries: []entry{gone(c.leaf, onHold)}}
			c.evidence.CRLs = slices.Insert(c.evidence.CRLs, 0, older.parse(k.t))
			return c
		}},
	})
}

// TestBadNews (C17, C18, C19): an authentic revocation counts wherever it stands.
func TestBadNews(t *testing.T) {
	about := func(l, r *entity, status cms.Status, this time.Time) answer {
		return answer{cert: l, issuer: r, status: status, this: this, next: this.Add(2 * day), at: this.Add(-time.Hour)}
	}
	ocsp := func(k *kit, c trial, r *entity, a ...answer) trial {
		if c.evidence == nil {
			c.evidence = &path.Evidence{}
		}
		c.evidence.OCSPs = append(c.evidence.OCSPs, response{by: r, answers: a}.parse(k.t))
		return c
	}
	table(t, []row{
		{"an old response says revoked, a new one good", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			c = ocsp(k, c, r, about(l, r, cms.StatusRevoked, now.Add(-20*day)))
			return ocsp(k, c, r, about(l, r, cms.StatusGood, now.Add(-time.Hour)))
		}},
		{"a new response says revoked, an old one good", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			c = ocsp(k, c, r, about(l, r, cms.StatusGood, now.Add(-20*day)))
			return ocsp(k, c, r, about(l, r, cms.StatusRevoked, now.Add(-time.Hour)))
		}},
		{"a response good, a delta list revoked", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			c = c.with(k.lists(r, []pkix.Extension{number(20, 2), number(27, 1)}, gone(l, 0)))
			return ocsp(k, c, r, about(l, r, cms.StatusGood, now.Add(-time.Hour)))
		}},
		{"a response good, a list of some reasons revoked", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			c = c.with(k.lists(r, point{reasons: []int{1}}.scope(), gone(l, keyBroken)))
			return ocsp(k, c, r, about(l, r, cms.StatusGood, now.Add(-time.Hour)))
		}},
		{"revoked at a time to come", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(-time.Hour))
			a.at = now.Add(30 * day)
			return ocsp(k, c, r, a)
		}},
		{"revoked within the skew", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(path.Skew))
			a.at = now.Add(path.Skew)
			return ocsp(k, c, r, a)
		}},
		{"revoked at a time to come, proved before the response", isGood, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(-time.Hour))
			a.at, c.poe = now.Add(30*day), now.Add(-2*time.Hour)
			return ocsp(k, c, r, a)
		}},
		{"revoked at a time to come, proved after the response", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(-time.Hour))
			a.at, c.poe = now.Add(30*day), now.Add(-time.Minute)
			return ocsp(k, c, r, a)
		}},
		{"a response of the future about the future", isToCome, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(10*day))
			a.at = now.Add(9 * day)
			return ocsp(k, c, r, a)
		}},
		{"a list of the future that revokes in the past", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			return c.with(fresh(list{by: r, this: now.Add(9 * day), next: now.Add(10 * day), entries: []entry{gone(l, 0)}}).parse(k.t), k.lists(r, nil))
		}},
		{"removeFromCRL in a response", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(-time.Hour))
			a.reason = fromRemoved
			return ocsp(k, c, r, a)
		}},
		{"an unknown reason in a response", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(-time.Hour))
			a.reason = 77
			return ocsp(k, c, r, a)
		}},
		{"revoked by a response whose times are out of order", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			a := about(l, r, cms.StatusRevoked, now.Add(-time.Hour))
			a.next = now.Add(-2 * day)
			return ocsp(k, c, r, a)
		}},
		{"a hold that a list of users lifts for a user", isGood, func(k *kit) trial {
			c, r, l := k.two()
			old := list{by: r, this: now.Add(-3 * time.Hour), next: now.Add(day), entries: []entry{gone(l, onHold)}}
			return c.with(old.parse(k.t), k.lists(r, point{users: true}.scope()))
		}},
		{"a hold that a list of authorities does not lift", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			old := list{by: r, this: now.Add(-3 * time.Hour), next: now.Add(day), entries: []entry{gone(l, onHold)}}
			return c.with(old.parse(k.t), k.lists(r, point{authorities: true}.scope()))
		}},
		{"a hold that a delta without it does not lift", isRevoked, func(k *kit) trial {
			c, r, l := k.two()
			old := list{by: r, this: now.Add(-3 * time.Hour), next: now.Add(day), entries: []entry{gone(l, onHold)}, exts: []pkix.Extension{number(20, 1)}}
			return c.with(old.parse(k.t), k.lists(r, []pkix.Extension{number(20, 2), number(27, 1)}))
		}},
		{"a hold that a list made after the certificate's end does not lift", isRevoked, func(k *kit) trial {
			c, r, l := k.two(valid(now.AddDate(0, -1, 0), now.Add(-2*day)))
			c.at, c.poe = now.Add(-5*day), now.Add(-5*day)
			before := list{by: r, this: now.Add(-10 * day), next: now.Add(-day)}
			held := list{by: r, this: now.Add(-7 * day), next: now.Add(-day), entries: []entry{{serial: l.SerialNumber.Int64(), at: now.Add(-8 * day), reason: onHold}}}
			return c.with(before.parse(k.t), held.parse(k.t), k.lists(r, nil))
		}},
		{"the responder's name in another spelling", isGood, func(k *kit) trial {
			c, r, l := k.two()
			other := *r.Certificate
			other.RawSubject = dn("pO", "TEST", "pCN", "root ")
			c.evidence = &path.Evidence{OCSPs: []*cms.OCSP{response{by: &entity{&other, r.key}, key: r,
				answers: []answer{about(l, r, cms.StatusGood, now.Add(-time.Hour))}}.parse(k.t)}}
			return c
		}},
		{"a responder under an authority for other purposes", isGood, func(k *kit) trial {
			c := k.line(nil, by(purposes(false, 4)), nil)
			a := c.pool[0]
			resp := k.issue(a, dn("CN", "responder"), usage(0), purposes(false, 9), noCheck())
			c = c.with(k.lists(c.anchors[0], nil))
			c.evidence.OCSPs = []*cms.OCSP{response{by: resp, embed: []*entity{resp}, answers: []answer{about(c.leaf, a, cms.StatusGood, now.Add(-time.Hour))}}.parse(k.t)}
			return c
		}},
	})
}
