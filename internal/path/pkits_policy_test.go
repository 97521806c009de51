package path_test

import (
	"fmt"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/path"
)

// mapsAll maps pairs of policies; 0 is anyPolicy.
func mapsAll(pairs ...[2]int) opt {
	return with(ce(33), true, der(func(b *cryptobyte.Builder) {
		for _, p := range pairs {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, n := range p {
					addPolicy(b, n)
				}
			})
		}
	}))
}

func addPolicy(b *cryptobyte.Builder, n int) {
	if n == 0 {
		b.AddASN1ObjectIdentifier([]int{2, 5, 29, 32, 0})
		return
	}
	b.AddASN1ObjectIdentifier(policy(n))
}

func explicit(n int) opt { return policyConstraints(n, -1) }
func mapLimit(n int) opt { return policyConstraints(-1, n) }
func pol(n ...int) []string {
	var out []string
	for _, i := range n {
		out = append(out, policy(i).String())
	}
	return out
}

// TestPKITSPolicies: 4.8 certificate policies, 4.9 require explicit policy, 4.10
// mappings, 4.11 inhibit mapping, 4.12 inhibit anyPolicy (C16).
func TestPKITSPolicies(t *testing.T) {
	const no = "CONSTRAINTS"
	type in = path.PolicyInputs
	ask := func(n ...int) in { return in{Set: pol(n...), Explicit: true} }
	anyOne := in{Explicit: true}
	line := func(i in, opts ...[]opt) func(k *kit) trial {
		return func(k *kit) trial { c := k.line(append([][]opt{nil}, opts...)...); c.policies = i; return c }
	}
	one, two, both, any := by(policies(1)), by(policies(2)), by(policies(1, 2)), by(policies(0))
	// selfIssued: below an authority stands its own certificate for another key.
	selfIssued := func(i in, top, self, leaf []opt, between ...[]opt) func(k *kit) trial {
		return func(k *kit) trial {
			r := k.root("root")
			a := k.sub(r, "sub", top...)
			b := k.self(a, self...)
			c := trial{chain: chain{pool: []*entity{a, b}, anchors: []*entity{r}}, policies: i}
			last := b
			for n, o := range between {
				last = k.sub(last, fmt.Sprint("below", n), o...)
				c.pool = append(c.pool, last)
			}
			c.leaf = k.leaf(last, leaf...)
			return c
		}
	}
	table(t, []row{
		{"4.8.1 one policy everywhere, any asked", "", line(anyOne, one, one)},
		{"4.8.1a it is asked for", "", line(ask(1), one, one)},
		{"4.8.1b another is asked for", no, line(ask(2), one, one)},
		{"4.8.1c one of two is asked for", "", line(ask(1, 2), one, one)},
		{"4.8.2 none, none asked", "", line(in{}, nil, nil)},
		{"4.8.2a none, any asked", no, line(anyOne, nil, nil)},
		{"4.8.3 another below, none asked", "", line(in{}, one, one, two)},
		{"4.8.3a another below, any asked", no, line(anyOne, one, one, two)},
		{"4.8.3b a set without the demand for one", "", line(in{Set: pol(9)}, one, one)},
		{"4.8.4 the leaf has another", no, line(anyOne, one, one, two)},
		{"4.8.5 an authority in between has another", no, line(anyOne, one, two, one)},
		{"4.8.6 one left of two", "", line(ask(1), both, one, one)},
		{"4.8.6a the other of two asked", no, line(ask(2), both, one, one)},
		{"4.8.7 each has less", "", line(ask(1), by(policies(1, 2, 3)), both, one)},
		{"4.8.8 each has others", no, line(anyOne, by(policies(1, 2)), by(policies(2, 3)), by(policies(3)))},
		{"4.8.9 nothing in common at the end", no, line(anyOne, by(policies(1, 2, 3)), by(policies(2, 3)), one)},
		{"4.8.10 two everywhere, the first asked", "", line(ask(1), both, both)},
		{"4.8.10a two everywhere, the second asked", "", line(ask(2), both, both)},
		{"4.8.11 anyPolicy everywhere", "", line(ask(7), any, any)},
		{"4.8.11a anyPolicy everywhere, any asked", "", line(anyOne, any, any)},
		{"4.8.12 the leaf alone has another", no, line(ask(1), one, by(policies(3)))},
		{"4.8.13 anyPolicy above, one of three asked", "", line(ask(2), any, by(policies(1, 2, 3)))},
		{"4.8.14 anyPolicy above, another asked", no, line(ask(9), any, by(policies(1, 2, 3)))},
		{"4.8.14a anyPolicy above, one below", "", line(ask(1), any, one)},
		{"4.8.15 the set is anyPolicy", "", line(in{Set: []string{"2.5.29.32.0"}, Explicit: true}, one, one)},
		{"4.8.16 a policy and anyPolicy on the leaf", "", line(ask(1), one, by(policies(3, 0)))},
		{"4.8.17 a policy and anyPolicy on the leaf, another asked", no, line(ask(3), one, by(policies(3, 0)))},
		{"4.8.18 the second of two on the leaf", "", line(ask(2), both, by(policies(2, 3)))},
		{"4.8.19 not an object identifier", "OPTIONS", line(in{Set: []string{"policy"}}, one, one)},
		{"4.8.20 101 in the set", "OPTIONS", line(in{Set: make([]string, 101)}, one, one)},
		{"4.8.20a the leaf is the anchor", "", func(k *kit) trial {
			l := k.leaf(nil)
			return trial{chain: chain{leaf: l, anchors: []*entity{l}}, policies: ask(1)}
		}},

		{"4.9.1 asked after 10", "", line(in{}, by(policies(1), explicit(10)), nil, nil, nil)},
		{"4.9.2 asked after 5", "", line(in{}, by(policies(1), explicit(5)), nil, nil, nil)},
		{"4.9.3 asked after 4, three below", no, line(in{}, by(explicit(3)), nil, nil, nil)},
		{"4.9.4 asked at once, all have it", "", line(in{}, by(policies(1), explicit(0)), one, one, one)},
		{"4.9.5 asked after 7, then after 2, then after 4", no, line(in{}, by(policies(1), explicit(7)), by(policies(1), explicit(2)), by(explicit(4)), nil)},
		{"4.9.6 self-issued certificates do not count", "", selfIssued(in{}, by(explicit(2)), nil, nil)},
		{"4.9.7 and an authority below does", no, selfIssued(in{}, by(explicit(2)), nil, nil, nil)},
		{"4.9.8 a self-issued one asks itself", no, selfIssued(in{}, by(explicit(5)), by(explicit(0)), nil)},

		{"4.10.1 mapped, the upper asked", "", line(ask(1), by(policies(1), maps(1, 2)), two)},
		{"4.10.1a mapped, the lower asked", no, line(ask(2), by(policies(1), maps(1, 2)), two)},
		{"4.10.1b mapped, but inhibited by the caller", no, line(in{Set: pol(1), Explicit: true, InhibitMapping: true}, by(policies(1), maps(1, 2)), two)},
		{"4.10.2 mapped away", no, line(anyOne, by(policies(1), maps(1, 2)), one)},
		{"4.10.2a mapped, and no policy asked for", "", line(in{}, by(policies(1), maps(1, 2)), one)},
		{"4.10.3 a chain of mappings, the first asked", "", line(ask(1), by(policies(1), maps(1, 2)), by(policies(2), maps(2, 3)), by(policies(3)))},
		{"4.10.3a a chain of mappings, the middle asked", no, line(ask(2), by(policies(1), maps(1, 2)), by(policies(2), maps(2, 3)), by(policies(3)))},
		{"4.10.3b a chain of mappings, the last asked", no, line(ask(3), by(policies(1), maps(1, 2)), by(policies(2), maps(2, 3)), by(policies(3)))},
		{"4.10.4 one policy to two", "", line(ask(1), by(policies(1), mapsAll([2]int{1, 2}, [2]int{1, 3})), by(policies(3)))},
		{"4.10.5 two policies to one, the second asked", "", line(ask(2), by(policies(1, 2), mapsAll([2]int{1, 3}, [2]int{2, 3})), by(policies(3)))},
		{"4.10.5a two policies to one, a third asked", no, line(ask(3), by(policies(1, 2), mapsAll([2]int{1, 3}, [2]int{2, 3})), by(policies(3)))},
		{"4.10.6 exchanged, the first asked", "", line(ask(1), by(policies(1), mapsAll([2]int{1, 2}, [2]int{2, 1})), two)},
		{"4.10.6a exchanged, the second asked", no, line(ask(2), by(policies(1), mapsAll([2]int{1, 2}, [2]int{2, 1})), two)},
		{"4.10.6b exchanged, both are there", "", line(ask(2), by(policies(1, 2), mapsAll([2]int{1, 2}, [2]int{2, 1})), one)},
		{"4.10.7 from anyPolicy", no, line(in{}, by(policies(0), maps(0, 2)), nil)},
		{"4.10.8 to anyPolicy", no, line(in{}, by(policies(1), maps(1, 0)), nil)},
		{"4.10.9 mapped on, one way is left", "", line(ask(1), both, by(policies(1), maps(1, 3)), by(policies(3)))},
		{"4.10.10 the lower is mapped, the upper not", no, line(ask(2), one, by(policies(1, 2), maps(2, 3)), by(policies(3)))},
		{"4.10.11 anyPolicy and a mapping", "", line(ask(1), any, by(policies(1), maps(1, 2)), two)},
		{"4.10.12 anyPolicy in the certificate that maps", "", line(ask(1), by(policies(0), maps(1, 2)), two)},
		{"4.10.12a and the lower asked", no, line(ask(2), by(policies(0), maps(1, 2)), two)},
		{"4.10.12b and a policy that is not mapped", "", line(ask(3), by(policies(0), maps(1, 2)), by(policies(3)))},
		{"4.10.13 anyPolicy on the leaf below a mapping", "", line(ask(1), by(policies(1), maps(1, 2)), any)},
		{"4.10.14 a policy that is not there is mapped", no, line(anyOne, by(policies(1), maps(5, 2)), two)},

		{"4.11.1 inhibited at once", no, line(ask(1), by(policies(1), mapLimit(0)), by(policies(1), maps(1, 2)), two)},
		{"4.11.2 inhibited after one", "", line(ask(1), by(policies(1), mapLimit(1)), by(policies(1), maps(1, 2)), two)},
		{"4.11.3 inhibited after one, mapped by the second", no, line(ask(1), by(policies(1), mapLimit(1)), one, by(policies(1), maps(1, 2)), two)},
		{"4.11.4 inhibited after two, mapped by the second", "", line(ask(1), by(policies(1), mapLimit(2)), one, by(policies(1), maps(1, 2)), two)},
		{"4.11.5 inhibited after 5, then at once", no, line(ask(1), by(policies(1), mapLimit(5)), by(policies(1), mapLimit(0)), by(policies(1), maps(1, 2)), two)},
		{"4.11.6 inhibited after 1, then after 5", no, line(ask(1), by(policies(1), mapLimit(1)), by(policies(1), mapLimit(5)), by(policies(1), maps(1, 2)), two)},
		{"4.11.7 a self-issued one does not count", "", selfIssued(ask(1), by(policies(1), mapLimit(1)), one, two, by(policies(1), maps(1, 2)))},
		{"4.11.8 an authority behind it does", no, selfIssued(ask(1), by(policies(1), mapLimit(1)), one, two, one, by(policies(1), maps(1, 2)))},
		{"4.11.9 a self-issued one inhibits", no, selfIssued(ask(1), by(policies(1), mapLimit(5)), by(policies(1), mapLimit(0)), two, by(policies(1), maps(1, 2)))},
		{"4.11.10 a self-issued one maps", "", selfIssued(ask(1), by(policies(1), mapLimit(1)), by(policies(1), maps(1, 2)), two)},
		{"4.11.11 inhibited, and what is not mapped is left", "", line(ask(2), by(policies(1, 2), mapLimit(0)), by(policies(1, 2), maps(1, 3)), two)},

		{"4.12.1 inhibited at once", no, line(anyOne, by(policies(1), inhibitAny(0)), any)},
		{"4.12.2 inhibited at once, the policy itself is there", "", line(ask(1), by(policies(1), inhibitAny(0)), by(policies(1, 0)))},
		{"4.12.3 inhibited after one", "", line(ask(1), by(policies(1), inhibitAny(1)), any, one)},
		{"4.12.3a inhibited after one, anyPolicy in the second", no, line(ask(1), by(policies(1), inhibitAny(1)), any, any)},
		{"4.12.4 inhibited after 5, then at once", no, line(ask(1), by(policies(1), inhibitAny(5)), by(policies(1), inhibitAny(0)), any)},
		{"4.12.5 inhibited after 5, then after 1", no, line(ask(1), by(policies(1), inhibitAny(5)), by(policies(1), inhibitAny(1)), any, any)},
		{"4.12.6 inhibited after 1, then after 5", no, line(ask(1), by(policies(1), inhibitAny(1)), by(policies(1), inhibitAny(5)), any)},
		{"4.12.7 anyPolicy of a self-issued authority counts", "", selfIssued(ask(1), by(policies(1), inhibitAny(0)), any, one)},
		{"4.12.8 anyPolicy of an authority behind it does not", no, selfIssued(ask(1), by(policies(1), inhibitAny(0)), any, one, any)},
		{"4.12.9 a self-issued one does not count", "", selfIssued(ask(1), by(policies(1), inhibitAny(1)), any, one, any)},
		{"4.12.10 a self-issued leaf does not", no, func(k *kit) trial {
			r := k.root("root")
			a := k.sub(r, "sub", policies(1), inhibitAny(0))
			return trial{chain: chain{leaf: k.leaf(a, named(a.RawSubject), policies(0)), pool: []*entity{a}, anchors: []*entity{r}}, policies: ask(1)}
		}},
		{"4.12.10a inhibited by the caller", no, line(in{Explicit: true, InhibitAny: true}, any, one)},
		{"4.12.10b not inhibited by the caller", "", line(anyOne, any, one)},
	})
}

// node is one of the valid_policy_tree of RFC 5280, 6.1.2, a, without any sharing: it
// may grow exponentially.
type node struct {
	valid    int
	expected map[int]bool
	children []*node
}

// described is what a certificate of the model says. 0 is anyPolicy.
type described struct {
	policies               []int // nil: no extension
	mappings               [][2]int
	explicit, mapping, any int // -1: not given
	selfIssued             bool
}

func (n *node) atDepth(d int, f func(parent, n *node)) {
	var walk func(parent, n *node, left int)
	walk = func(parent, n *node, left int) {
		if left == 0 {
			f(parent, n)
			return
		}
		for _, c := range append([]*node(nil), n.children...) {
			walk(n, c, left-1)
		}
	}
	walk(nil, n, d)
}

// prune deletes nodes above depth d that have no children.
func (n *node) prune(d int) bool {
	if d == 0 {
		return true
	}
	var kept []*node
	for _, c := range n.children {
		if c.prune(d - 1) {
			kept = append(kept, c)
		}
	}
	n.children = kept
	return len(kept) > 0
}

// model is RFC 5280, 6.1.2 to 6.1.5, word by word, for the certificates below the
// anchor, the anchor's side first.
func model(certs []described, in path.PolicyInputs, set []int) bool {
	n := len(certs)
	tree := &node{expected: map[int]bool{0: true}}
	start := func(zero bool) int {
		if zero {
			return 0
		}
		return n + 1
	}
	explicit, mapping, any := start(in.Explicit), start(in.InhibitMapping), start(in.InhibitAny)
	for i, c := range certs {
		d := i + 1
		leaf := d == n
		if tree != nil && c.policies != nil {
			for _, p := range c.policies { // d.1
				if p == 0 {
					continue
				}
				matched := false
				tree.atDepth(d-1, func(_, n *node) {
					if n.expected[p] {
						matched = true
						n.children = append(n.children, &node{valid: p, expected: map[int]bool{p: true}})
					}
				})
				if !matched {
					tree.atDepth(d-1, func(_, n *node) {
						if n.valid == 0 {
							n.children = append(n.children, &node{valid: p, expected: map[int]bool{p: true}})
						}
					})
				}
			}
			for _, p := range c.policies { // d.2
				if p != 0 || any == 0 && (leaf || !c.selfIssued) {
					continue
				}
				tree.atDepth(d-1, func(_, n *node) {
					for e := range n.expected {
						has := false
						for _, child := range n.children {
							has = has || child.valid == e
						}
						if !has {
							n.children = append(n.children, &node{valid: e, expected: map[int]bool{e: true}})
						}
					}
				})
			}
			if !tree.prune(d) {
				tree = nil
			}
		}
		if c.policies == nil {
			tree = nil
		}
		if explicit == 0 && tree == nil {
			return false
		}
		if leaf {
			break
		}
		for _, m := range c.mappings {
			if m[0] == 0 || m[1] == 0 {
				return false
			}
		}
		if tree != nil {
			to := map[int]map[int]bool{}
			for _, m := range c.mappings {
				if to[m[0]] == nil {
					to[m[0]] = map[int]bool{}
				}
				to[m[0]][m[1]] = true
			}
			for id, expected := range to {
				if mapping > 0 {
					found := false
					tree.atDepth(d, func(_, n *node) {
						if n.valid == id {
							n.expected, found = expected, true
						}
					})
					if !found {
						anyHere := false
						tree.atDepth(d, func(_, n *node) { anyHere = anyHere || n.valid == 0 })
						if anyHere {
							tree.atDepth(d-1, func(_, n *node) {
								if n.valid == 0 {
									n.children = append(n.children, &node{valid: id, expected: expected})
								}
							})
						}
					}
					continue
				}
				tree.atDepth(d-1, func(_, n *node) {
					var kept []*node
					for _, child := range n.children {
						if child.valid != id {
							kept = append(kept, child)
						}
					}
					n.children = kept
				})
			}
			if !tree.prune(d) {
				tree = nil
			}
		}
		if !c.selfIssued {
			explicit, mapping, any = max(explicit-1, 0), max(mapping-1, 0), max(any-1, 0)
		}
		for _, l := range []struct {
			have  *int
			given int
		}{{&explicit, c.explicit}, {&mapping, c.mapping}, {&any, c.any}} {
			if l.given >= 0 && l.given < *l.have {
				*l.have = l.given
			}
		}
	}
	if explicit > 0 {
		explicit--
	}
	if certs[n-1].explicit == 0 {
		explicit = 0
	}
	if tree != nil && set != nil { // 6.1.5, g, iii
		wanted := map[int]bool{}
		for _, p := range set {
			wanted[p] = true
		}
		// The nodes whose parent is anyPolicy, and that the set does not have, go with
		// all below them.
		for d := 1; d <= n; d++ {
			tree.atDepth(d-1, func(_, parent *node) {
				if parent.valid != 0 {
					return
				}
				var kept []*node
				for _, c := range parent.children {
					if c.valid == 0 || wanted[c.valid] {
						kept = append(kept, c)
					}
				}
				parent.children = kept
			})
		}
		if !tree.prune(n) {
			tree = nil
		}
	}
	return explicit > 0 || tree != nil
}

// TestPolicyModel (C16, A51): the set form of the graph of RFC 9618 accepts what the tree of
// RFC 5280 accepts, on random short paths.
func TestPolicyModel(t *testing.T) {
	key := ecKey()
	k := &kit{t: t}
	root := k.root("root", keyed(key))
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "length")
		var certs []described
		for i := range n {
			c := described{
				policies: rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 1, 3, rapid.ID[int]).Draw(t, "policies"),
				explicit: rapid.IntRange(-4, 2).Draw(t, "explicit"), mapping: rapid.IntRange(-6, 2).Draw(t, "mapping"), any: rapid.IntRange(-6, 2).Draw(t, "any"),
				selfIssued: i > 0 && rapid.IntRange(0, 3).Draw(t, "self") == 0,
			}
			if rapid.IntRange(0, 11).Draw(t, "none") == 0 {
				c.policies = nil
			}
			if i < n-1 {
				for range rapid.IntRange(0, 3).Draw(t, "maps") {
					c.mappings = append(c.mappings, [2]int{rapid.IntRange(1, 3).Draw(t, "from"), rapid.IntRange(1, 3).Draw(t, "to")})
				}
			}
			certs = append(certs, c)
		}
		in := path.PolicyInputs{Explicit: rapid.IntRange(0, 3).Draw(t, "ask") > 0,
			InhibitMapping: rapid.IntRange(0, 4).Draw(t, "noMap") == 0, InhibitAny: rapid.IntRange(0, 4).Draw(t, "noAny") == 0}
		var set []int
		if rapid.Bool().Draw(t, "some") {
			set = rapid.SliceOfNDistinct(rapid.IntRange(1, 3), 1, 2, rapid.ID[int]).Draw(t, "set")
			in.Set = pol(set...)
		}
		top := root
		c := trial{chain: chain{anchors: []*entity{root}}, policies: in}
		for i, d := range certs {
			name := dn("O", "Test", "CN", fmt.Sprint("c", i))
			if d.selfIssued {
				name = top.RawSubject
			}
			o := by(usage(0, 5, 6), ca(-1), keyed(ecKey()))
			if d.policies != nil {
				o = append(o, policies(d.policies...))
			}
			if d.mappings != nil {
				o = append(o, mapsAll(d.mappings...))
			}
			if d.explicit >= 0 || d.mapping >= 0 {
				o = append(o, policyConstraints(d.explicit, d.mapping))
			}
			if d.any >= 0 {
				o = append(o, inhibitAny(d.any))
			}
			top = k.issue(top, name, o...)
			c.pool = append(c.pool, top)
		}
		c.leaf, c.pool = top, c.pool[:n-1]
		_, err := path.Build(c.leaf.Certificate, certsOf(c.pool), certsOf(c.anchors), path.Options{Time: now, Usage: path.Signing, Policies: in})
		want := model(certs, in, set)
		if (err == nil) != want || err != nil && code(err) != path.Constraints {
			t.Fatalf("%v, the tree says %v: %+v, %+v", err, want, in, certs)
		}
		if want {
			accepted++
		}
	})
	if accepted == 0 {
		t.Error("no path of the model is valid: it shows nothing")
	}
}

// TestPolicyGrowth (C16): mappings that double the tree of RFC 5280 at each step cost
// the graph no more (RFC 9618, 1).
func TestPolicyGrowth(t *testing.T) {
	k := &kit{t: t}
	all := make([]int, 50)
	var pairs [][2]int
	for i := range all {
		all[i] = i + 1
		pairs = append(pairs, [2]int{i + 1, (i+1)%50 + 1}, [2]int{i + 1, (i+7)%50 + 1})
	}
	opts := [][]opt{nil}
	for range 8 {
		opts = append(opts, by(policies(all...), mapsAll(pairs...)))
	}
	c := k.line(append(opts, by(policies(all...)))...)
	c.policies = path.PolicyInputs{Set: pol(99), Explicit: true}
	if got := c.judge(t); got != "CONSTRAINTS" {
		t.Error(got)
	}
	c.policies = path.PolicyInputs{Set: pol(50), Explicit: true}
	if got := c.judge(t); got != "" {
		t.Error(got)
	}
}
