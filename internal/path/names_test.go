package path_test

import (
	"encoding/asn1"
	"fmt"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/path"
)

// TestC16Names: RFC 5280, 4.2.1.10. The constraint is in the authority, the names are
// in the leaf.
func TestC16Names(t *testing.T) {
	d, e, u, i := func(v string) gn { return gn{'d', v} }, func(v string) gn { return gn{'e', v} },
		func(v string) gn { return gn{'u', v} }, func(b ...byte) gn { return gn{'i', string(b)} }
	n := func(parts ...string) gn { return gn{'n', string(dn(parts...))} }
	mailbox := gn{'o', "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x05\x0c\x03a@b"}
	const no = path.Constraints
	for _, v := range []struct {
		name       string
		want       path.Code
		constraint opt
		leaf       []opt
	}{
		{"DNS permitted", "", permit(d("example.com")), by(san(d("www.example.com")))},
		{"DNS permitted itself", "", permit(d("example.com")), by(san(d("EXAMPLE.com")))},
		{"DNS not permitted", no, permit(d("example.com")), by(san(d("example.org")))},
		{"DNS not at a label", no, permit(d("example.com")), by(san(d("badexample.com")))},
		{"DNS one of two not permitted", no, permit(d("example.com")), by(san(d("a.example.com"), d("b.org")))},
		{"DNS permitted by the second", "", permit(d("example.org"), d("example.com")), by(san(d("a.example.com")))},
		{"DNS excluded", no, exclude(d("example.com")), by(san(d("www.Example.com")))},
		{"DNS not excluded", "", exclude(d("example.com")), by(san(d("example.org")))},
		{"DNS permitted and excluded", no, subtrees([]gn{d("example.com")}, []gn{d("bad.example.com")}), by(san(d("x.bad.example.com")))},
		{"DNS permitted, another excluded", "", subtrees([]gn{d("example.com")}, []gn{d("bad.example.com")}), by(san(d("good.example.com")))},
		{"DNS wildcard over an excluded", no, exclude(d("bad.example.com")), by(san(d("*.example.com")))},
		{"DNS wildcard permitted", "", permit(d("example.com")), by(san(d("*.example.com")))},
		{"DNS wildcard wider than permitted", no, permit(d("www.example.com")), by(san(d("*.example.com")))},
		{"DNS unlike a host", no, exclude(d("example.com")), by(san(d("example.com .")))},
		{"DNS with a period at its end", no, exclude(d("example.com")), by(san(d("example.com.")))},
		{"DNS constraint, no such name", "", permit(d("example.com")), by(san(e("a@b.org")))},

		{"email box", "", permit(e("a@example.com")), by(san(e("a@EXAMPLE.com")))},
		{"email other box", no, permit(e("a@example.com")), by(san(e("b@example.com")))},
		{"email box in another case", no, permit(e("a@example.com")), by(san(e("A@example.com")))},
		{"email box excluded in another case", no, exclude(e("a@example.com")), by(san(e("A@example.com")))},
		{"email host", "", permit(e("example.com")), by(san(e("a@example.com")))},
		{"email host below", no, permit(e("example.com")), by(san(e("a@x.example.com")))},
		{"email domain", "", permit(e(".example.com")), by(san(e("a@x.example.com")))},
		{"email domain itself", no, permit(e(".example.com")), by(san(e("a@example.com")))},
		{"email excluded", no, exclude(e("example.com")), by(san(e("a@example.com")))},
		{"email quoted", no, exclude(e("example.com")), by(san(e("\"a\"@other.com")))},
		{"email in the subject", no, permit(e("example.com")), by(named(dn("CN", "leaf", "E", "a@example.org")))},
		{"email in the subject permitted", "", permit(e("example.com")), by(named(dn("CN", "leaf", "E", "a@example.com")))},
		{"email internationalised", no, permit(e("example.com")), by(san(mailbox))},

		{"email internationalised, others excluded", no, exclude(e("example.com")), by(san(mailbox))},
		{"directory of letters like letters excluded", no, exclude(n("O", "\u210cX")), by(san(n("O", "hx")))},

		{"URI host", "", permit(u("example.com")), by(san(u("https://u@example.com:8/x")))},
		{"URI host below", no, permit(u("example.com")), by(san(u("https://x.example.com/")))},
		{"URI domain", "", permit(u(".example.com")), by(san(u("https://x.example.com/")))},
		{"URI excluded", no, exclude(u(".example.com")), by(san(u("https://x.EXAMPLE.com/")))},
		{"URI without a host", no, exclude(u("example.com")), by(san(u("urn:x:y")))},
		{"URI with an address", no, exclude(u("example.com")), by(san(u("https://10.0.0.1/")))},

		{"IP permitted", "", permit(i(10, 0, 0, 0, 255, 0, 0, 0)), by(san(i(10, 9, 8, 7)))},
		{"IP not permitted", no, permit(i(10, 0, 0, 0, 255, 0, 0, 0)), by(san(i(11, 9, 8, 7)))},
		{"IP excluded", no, exclude(i(10, 0, 0, 0, 255, 0, 0, 0)), by(san(i(10, 9, 8, 7)))},
		{"IP other family not permitted", no, permit(i(10, 0, 0, 0, 255, 0, 0, 0)), by(san(i(make([]byte, 16)...)))},

		{"directory permitted", "", permit(n("O", "Test")), nil},
		{"directory not permitted", no, permit(n("O", "Other")), nil},
		{"directory in another case and type", "", permit(n("pO", " tEST ")), nil},
		{"directory excluded", no, exclude(n("O", "Test")), nil},
		{"directory excluded in another case and type", no, exclude(n("pO", "TEST")), nil},
		{"directory not excluded", "", exclude(n("O", "Other")), nil},
		{"directory longer than the name", "", exclude(n("O", "Test", "CN", "leaf", "OU", "x")), nil},
		{"directory permitted and excluded", no, subtrees([]gn{n("O", "Test")}, []gn{n("O", "Test", "CN", "leaf")}), nil},
		{"directory not a prefix", no, permit(n("CN", "leaf")), nil},
		{"directory in subjectAltName", no, permit(n("O", "Test")), by(san(n("O", "Other")))},
		{"directory whole name permitted", "", permit(n("O", "Test", "CN", "leaf")), nil},
		{"directory of wide letters excluded", no, exclude(n("O", "Ｔest")), nil},

		{"directory as a BMPString excluded", no, exclude(n("bO", "TEST")), nil},
		{"directory as a BMPString permitted", "", permit(n("bO", "Test")), nil},
		{"directory as a UniversalString permitted", "", permit(n("uO", "test")), nil},
		{"directory as a UniversalString excluded", no, exclude(n("uO", "test")), nil},
		{"directory as a TeletexString excluded", no, exclude(n("tO", "test")), nil},
		{"directory with a soft hyphen excluded", no, exclude(n("O", "Te\u00adst")), nil},
		{"directory of Chinese excluded", no, exclude(n("bO", "测试")), by(san(n("O", "测试")))},
		{"directory of Chinese not excluded", "", exclude(n("bO", "测试")), by(san(n("O", "正式")))},

		{"form not understood, no such name", "", permit(gn{'r', "\x2a"}), nil},
		{"form not understood, such a name", no, permit(gn{'r', "\x2a"}), by(san(gn{'r', "\x2a"}))},
		{"empty permitted form excludes all", no, exclude(d("")), by(san(d("a.b")))},
		{"with a minimum", no, with(ce(30), true, der(func(b *cryptobyte.Builder) {
			b.AddASN1(ctx(1), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addNames(b, d("example.com"))
					b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(1) })
				})
			})
		})), nil},
	} {
		t.Run(v.name, func(t *testing.T) {
			k := &kit{t: t}
			if _, err := k.three(nil, by(v.constraint), v.leaf).build(); code(err) != v.want {
				t.Errorf("%v, want code %q", err, v.want)
			}
			if _, err := k.four(by(v.constraint), by(named(dn("O", "Test", "CN", "leaf", "OU", "a"))),
				by(named(dn("O", "Test", "CN", "leaf", "OU", "b"))), v.leaf).build(); code(err) == "" && v.want != "" {
				t.Errorf("on the root: accepted, want code %q", v.want)
			}
		})
	}
}

// TestC16NamesBetween: constraints of several authorities, and of authorities'
// own names.
func TestC16NamesBetween(t *testing.T) {
	d := func(v string) gn { return gn{'d', v} }
	test := gn{'n', string(dn("O", "Test"))}
	run(t, []vector{
		{"both permit", "", func(k *kit) chain {
			return k.four(nil, by(permit(d("example.com"))), by(permit(d("a.example.com"))), by(san(d("x.a.example.com"))))
		}},
		{"only the lower permits", path.Constraints, func(k *kit) chain {
			return k.four(nil, by(permit(d("example.com"))), by(permit(d("example.org"))), by(san(d("example.org"))))
		}},
		{"only the upper permits", path.Constraints, func(k *kit) chain {
			return k.four(nil, by(permit(d("example.com"))), by(permit(d("a.example.com"))), by(san(d("example.com"))))
		}},
		{"the upper excludes", path.Constraints, func(k *kit) chain {
			return k.four(nil, by(exclude(d("bad.com"))), by(permit(d("bad.com"))), by(san(d("bad.com"))))
		}},
		{"an authority's name is not permitted", path.Constraints, func(k *kit) chain {
			return k.four(nil, by(permit(test)), by(named(dn("O", "Other", "CN", "sub2"))), nil)
		}},
		{"a self-issued authority is not judged by names", "", func(k *kit) chain {
			r := k.root("root")
			other := named(dn("O", "Other", "CN", "a"))
			a := k.sub(r, "a", other, permit(test))
			b := k.sub(a, "a", other)
			return chain{leaf: k.leaf(b), pool: []*entity{a, b}, anchors: []*entity{r}}
		}},
		{"a self-issued leaf is", path.Constraints, func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a", named(dn("O", "Other", "CN", "a")), permit(test))
			return chain{leaf: k.leaf(a, named(dn("O", "Other", "CN", "a"))), pool: []*entity{a}, anchors: []*entity{r}}
		}},
		{"SM2", path.Constraints, func(k *kit) chain {
			return k.three(by(keyed(smKey())), by(keyed(smKey()), exclude(d("example.com"))), by(keyed(smKey()), san(d("x.example.com"))))
		}},
		{"SM2 directory", path.Constraints, func(k *kit) chain {
			return k.three(by(keyed(smKey())), by(keyed(smKey()), exclude(test)), by(keyed(smKey())))
		}},
		{"more to compare than is allowed", path.Limit, func(k *kit) chain {
			var many, few []gn
			for i := range 1000 {
				many = append(many, d(fmt.Sprintf("x%d.com", i)))
				few = append(few, d("a.org"))
			}
			return k.three(nil, by(exclude(many...)), by(san(few...)))
		}},
	})
}

// TestC16Policies: RFC 5280, 6.1.3 to 6.1.5.
func TestC16Policies(t *testing.T) {
	const no = path.Constraints
	run(t, []vector{
		{"none, none asked", "", func(k *kit) chain { return k.three(nil, nil, nil) }},
		{"differing, none asked", "", func(k *kit) chain { return k.three(nil, by(policies(1)), by(policies(2))) }},
		{"asked and there", "", func(k *kit) chain { return k.three(nil, by(policies(1), policyConstraints(0, -1)), by(policies(1))) }},
		{"asked and differing", no, func(k *kit) chain { return k.three(nil, by(policies(1), policyConstraints(0, -1)), by(policies(2))) }},
		{"asked and absent", no, func(k *kit) chain { return k.three(nil, by(policies(1), policyConstraints(0, -1)), nil) }},
		{"asked by the leaf", no, func(k *kit) chain { return k.three(nil, by(policies(1)), by(policies(2), policyConstraints(0, -1))) }},
		{"asked by the root", no, func(k *kit) chain { return k.three(by(policyConstraints(0, -1)), nil, nil) }},
		{"asked later than the path is long", "", func(k *kit) chain { return k.three(nil, by(policyConstraints(5, -1)), nil) }},
		{"asked by the second below", no, func(k *kit) chain {
			return k.four(nil, by(policies(1), policyConstraints(1, -1)), by(policies(1)), nil)
		}},
		{"anyPolicy on the authority", "", func(k *kit) chain { return k.three(nil, by(policies(0), policyConstraints(0, -1)), by(policies(7))) }},
		{"anyPolicy on the leaf", "", func(k *kit) chain { return k.three(nil, by(policies(1), policyConstraints(0, -1)), by(policies(0))) }},
		{"anyPolicy inhibited", no, func(k *kit) chain {
			return k.three(nil, by(policies(1), policyConstraints(0, -1), inhibitAny(0)), by(policies(0)))
		}},
		{"anyPolicy inhibited later", "", func(k *kit) chain {
			return k.three(nil, by(policies(1), policyConstraints(0, -1), inhibitAny(1)), by(policies(0)))
		}},
		{"mapped", "", func(k *kit) chain {
			return k.three(nil, by(policies(1), policyConstraints(0, -1), maps(1, 2)), by(policies(2)))
		}},
		{"mapped away", no, func(k *kit) chain {
			return k.three(nil, by(policies(1), policyConstraints(0, -1), maps(1, 2)), by(policies(1)))
		}},
		{"mapping inhibited", no, func(k *kit) chain {
			return k.three(by(policyConstraints(-1, 0)), by(policies(1), policyConstraints(0, -1), maps(1, 2)), by(policies(2)))
		}},
		{"mapping of anyPolicy", no, func(k *kit) chain { return k.three(nil, by(policies(0), maps(0, 2)), nil) }},
		{"mapping to anyPolicy", no, func(k *kit) chain { return k.three(nil, by(policies(1), maps(1, 0)), nil) }},
		{"SM2 asked and absent", no, func(k *kit) chain {
			return k.three(by(keyed(smKey())), by(keyed(smKey()), policies(1), policyConstraints(0, -1)), by(keyed(smKey())))
		}},
		{"broken constraint", no, func(k *kit) chain {
			return k.three(nil, by(with(ce(36), true, der(func(*cryptobyte.Builder) {}))), nil)
		}},
		{"101 policies", no, func(k *kit) chain {
			ids := make([]int, 101)
			for i := range ids {
				ids[i] = i + 1
			}
			return k.three(nil, by(policies(ids...)), nil)
		}},
		{"critical policies", "", func(k *kit) chain {
			return k.three(nil, nil, by(with(ce(32), true, der(func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 3}) })
			}))))
		}},
	})
}
