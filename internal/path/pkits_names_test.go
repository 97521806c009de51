package path_test

import "testing"

// TestPKITSNames: 4.13 name constraints (C16).
func TestPKITSNames(t *testing.T) {
	const no = "CONSTRAINTS"
	n := func(parts ...string) gn { return gn{'n', string(dn(parts...))} }
	e, d, u := func(v string) gn { return gn{'e', v} }, func(v string) gn { return gn{'d', v} }, func(v string) gn { return gn{'u', v} }
	one := n("O", "Test", "OU", "one")
	two := n("O", "Test", "OU", "two")
	in := func(parts ...string) opt { return named(dn(append([]string{"O", "Test"}, parts...)...)) }
	line := func(sub, leaf []opt) func(k *kit) trial { return func(k *kit) trial { return k.line(nil, sub, leaf) } }
	// nested has a second authority, whose own name is within the first one's permission.
	nested := func(first, second opt, leaf ...opt) func(k *kit) trial {
		return func(k *kit) trial {
			return k.line(nil, by(first), by(in("OU", "one", "CN", "second"), second), leaf)
		}
	}
	nothing := func(*tmpl) {}
	self := func(first, second opt, leaf ...opt) func(k *kit) trial {
		return func(k *kit) trial {
			r := k.root("root")
			a := k.sub(r, "a", first)
			b := k.self(a, second)
			return trial{chain: chain{leaf: k.leaf(b, leaf...), pool: []*entity{a, b}, anchors: []*entity{r}}}
		}
	}
	table(t, []row{
		{"4.13.1 DN permitted", "", line(by(permit(one)), by(in("OU", "one", "CN", "x")))},
		{"4.13.2 DN not permitted", no, line(by(permit(one)), by(in("OU", "two", "CN", "x")))},
		{"4.13.3 DN permitted, another in subjectAltName", no, line(by(permit(one)), by(in("OU", "one", "CN", "x"), san(two)))},
		{"4.13.4 DN permitted, subjectAltName too", "", line(by(permit(one)), by(in("OU", "one", "CN", "x"), san(one)))},
		{"4.13.5 DN one of two permitted", "", line(by(permit(one, two)), by(in("OU", "two", "CN", "x")))},
		{"4.13.6 DN of two permitted, in subjectAltName", "", line(by(permit(one, two)), by(in("OU", "one", "CN", "x"), san(two)))},
		{"4.13.7 DN excluded", no, line(by(exclude(one)), by(in("OU", "one", "CN", "x")))},
		{"4.13.8 DN not permitted, beside an excluded", no, line(by(subtrees([]gn{one}, []gn{two})), by(in("OU", "three")))},
		{"4.13.9 DN excluded, beside a permitted", no, line(by(subtrees([]gn{n("O", "Test")}, []gn{two})), by(in("OU", "two", "CN", "x")))},
		{"4.13.10 DN permitted part excluded", no, line(by(subtrees([]gn{one}, []gn{n("O", "Test", "OU", "one", "CN", "x")})), by(in("OU", "one", "CN", "x")))},
		{"4.13.11 DN permitted, another part excluded", "", line(by(subtrees([]gn{one}, []gn{n("O", "Test", "OU", "one", "CN", "y")})), by(in("OU", "one", "CN", "x")))},
		{"4.13.12 DN narrowed by the second", no, nested(permit(one), permit(n("O", "Test", "OU", "one", "CN", "x")), in("OU", "one", "CN", "y"))},
		{"4.13.13 DN permitted by both", "", nested(permit(one), permit(n("O", "Test", "OU", "one", "CN", "x")), in("OU", "one", "CN", "x"))},
		{"4.13.13a DN not widened by the second", no, nested(permit(one), permit(n("O", "Test")), in("OU", "two", "CN", "x"))},
		{"4.13.14 DN constraint, no subject", "", line(by(permit(one)), by(named([]byte{0x30, 0}), san(e("a@b.cn"))))},
		{"4.13.15 DN excluded by the second", no, nested(nothing, exclude(one), in("OU", "one", "CN", "x"))},
		{"4.13.16 DN excluded by the first", no, func(k *kit) trial {
			return k.line(nil, by(exclude(two)), by(in("OU", "one", "CN", "s"), permit(two)), by(in("OU", "two", "CN", "x")))
		}},
		{"4.13.17 DN excluded by the second, another one", "", nested(exclude(two), exclude(n("O", "Test", "OU", "three")), in("OU", "one", "CN", "x"))},
		{"4.13.18 DN beside excluded ones", "", line(by(exclude(one, two)), by(in("OU", "three")))},
		{"4.13.19 DN of a self-issued authority", "", self(permit(one), nothing, in("OU", "one", "CN", "x"))},
		{"4.13.20 DN of the leaf below a self-issued authority", no, self(permit(one), nothing, in("OU", "two", "CN", "x"))},
		{"4.13.20a a self-issued authority narrows", no, self(nothing, permit(one), in("OU", "two", "CN", "x"))},
		{"4.13.21 email below a domain", "", line(by(permit(e(".example.cn"))), by(san(e("a@mail.example.cn"))))},
		{"4.13.22 email at the domain itself", no, line(by(permit(e(".example.cn"))), by(san(e("a@example.cn"))))},
		{"4.13.23 email at a host", "", line(by(permit(e("mail.example.cn"))), by(san(e("a@mail.example.cn"))))},
		{"4.13.24 email at another host", no, line(by(permit(e("mail.example.cn"))), by(san(e("a@example.cn"))))},
		{"4.13.25 email not excluded", "", line(by(exclude(e("mail.example.cn"))), by(san(e("a@other.cn"))))},
		{"4.13.26 email excluded", no, line(by(exclude(e("mail.example.cn"))), by(san(e("a@mail.example.cn"))))},
		{"4.13.26a email excluded, in the subject", no, line(by(exclude(e("mail.example.cn"))), by(in("E", "a@mail.example.cn")))},
		{"4.13.27 DN and email permitted", "", line(by(permit(one, e("mail.example.cn"))), by(in("OU", "one", "CN", "x"), san(e("a@mail.example.cn"))))},
		{"4.13.28 DN permitted, email not", no, line(by(permit(one, e("mail.example.cn"))), by(in("OU", "one", "CN", "x"), san(e("a@other.cn"))))},
		{"4.13.29 DN permitted, email in the subject not", no, line(by(permit(one, e("mail.example.cn"))), by(in("OU", "one", "E", "a@other.cn")))},
		{"4.13.30 DNS permitted", "", line(by(permit(d("example.cn"))), by(san(d("www.example.cn"))))},
		{"4.13.31 DNS not permitted", no, line(by(permit(d("example.cn"))), by(san(d("www.other.cn"))))},
		{"4.13.32 DNS not excluded", "", line(by(exclude(d("example.cn"))), by(san(d("www.other.cn"))))},
		{"4.13.33 DNS excluded", no, line(by(exclude(d("example.cn"))), by(san(d("www.example.cn"))))},
		{"4.13.34 URI permitted", "", line(by(permit(u(".example.cn"))), by(san(u("http://www.example.cn/a"))))},
		{"4.13.35 URI not permitted", no, line(by(permit(u(".example.cn"))), by(san(u("http://example.cn/a"))))},
		{"4.13.36 URI not excluded", "", line(by(exclude(u("example.cn"))), by(san(u("ftp://www.example.cn/a"))))},
		{"4.13.37 URI excluded", no, line(by(exclude(u("example.cn"))), by(san(u("ftp://example.cn/a"))))},
		{"4.13.38 DNS not at a label", no, line(by(permit(d("example.cn"))), by(san(d("myexample.cn"))))},
		{"4.13.38a DN in another spelling", "", line(by(permit(n("pO", "TEST", "pOU", "ONE"))), by(in("OU", "one", "CN", "x")))},
	})
}
