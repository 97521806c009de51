package path_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/path"
)

// chain is the input of one call of Build.
type chain struct {
	leaf    *entity
	pool    []*entity
	anchors []*entity
	at      time.Time  // zero: now
	usage   path.Usage // zero: Signing
}

func (c chain) build() ([]*x509.Certificate, error) {
	certs := func(in []*entity) []*x509.Certificate {
		var out []*x509.Certificate
		for _, e := range in {
			out = append(out, e.Certificate)
		}
		return out
	}
	o := path.Options{Time: c.at, Usage: c.usage}
	if o.Time.IsZero() {
		o.Time = now
	}
	if o.Usage == 0 {
		o.Usage = path.Signing
	}
	return path.Build(c.leaf.Certificate, certs(c.pool), certs(c.anchors), o)
}

// three makes a root, an authority and a leaf, with the options of each.
func (k *kit) three(root, sub, leaf []opt) chain {
	r := k.root("root", root...)
	s := k.sub(r, "sub", sub...)
	return chain{leaf: k.leaf(s, leaf...), pool: []*entity{s}, anchors: []*entity{r}}
}

// four has a second authority in between.
func (k *kit) four(root, sub, sub2, leaf []opt) chain {
	r := k.root("root", root...)
	s := k.sub(r, "sub", sub...)
	s2 := k.sub(s, "sub2", sub2...)
	return chain{leaf: k.leaf(s2, leaf...), pool: []*entity{s, s2}, anchors: []*entity{r}}
}

func by(o ...opt) []opt { return o }

type vector struct {
	name string
	want path.Code // "" is a valid path
	make func(k *kit) chain
}

func run(t *testing.T, all []vector) {
	t.Helper()
	for _, v := range all {
		t.Run(v.name, func(t *testing.T) {
			c := v.make(&kit{t: t})
			got, err := c.build()
			if code(err) != v.want {
				t.Fatalf("%v, want code %q", err, v.want)
			}
			if err != nil {
				if !strings.HasPrefix(err.Error(), "path: "+string(v.want)) {
					t.Errorf("its text is %q", err)
				}
				return
			}
			if got[0] != c.leaf.Certificate && len(got) > 1 {
				t.Error("the path does not begin with the leaf")
			}
			trusted := false
			for _, a := range c.anchors {
				trusted = trusted || a.Certificate == got[len(got)-1]
			}
			if !trusted {
				t.Error("C20 the path does not end with an anchor of the caller")
			}
		})
	}
}

func code(err error) path.Code {
	var e *path.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return "untyped"
	}
	return ""
}

// TestC16Paths: RFC 5280, 6.
func TestC16Paths(t *testing.T) {
	old, soon := now.AddDate(-2, 0, 0), now.AddDate(2, 0, 0)
	run(t, []vector{
		{"valid", "", func(k *kit) chain { return k.three(nil, nil, nil) }},
		{"valid two certificates", "", func(k *kit) chain {
			r := k.root("root")
			return chain{leaf: k.leaf(r), anchors: []*entity{r}}
		}},
		{"valid SM2", "", func(k *kit) chain { return k.three(by(keyed(smKey())), by(keyed(smKey())), by(keyed(smKey()))) }},
		{"valid SM2 leaf under ECDSA", "", func(k *kit) chain { return k.three(nil, nil, by(keyed(smKey()))) }},
		{"valid RSA", "", func(k *kit) chain {
			r := rsaKeys()
			return k.three(by(keyed(r[0])), by(keyed(r[1])), by(keyed(r[2])))
		}},
		{"valid RSA-PSS", "", func(k *kit) chain {
			r := rsaKeys()
			return k.three(by(keyed(r[0]), algorithm("pss")), by(keyed(r[1]), algorithm("pss")), by(keyed(r[2]), algorithm("pss")))
		}},
		{"valid Ed25519", "", func(k *kit) chain { return k.three(by(keyed(edKey())), by(keyed(edKey())), by(keyed(edKey()))) }},

		{"signature of the leaf", path.Signature, func(k *kit) chain { return k.three(nil, nil, by(forged)) }},
		{"signature of the authority", path.Signature, func(k *kit) chain { return k.three(nil, by(forged), nil) }},
		{"signature of an SM2 leaf", path.Signature, func(k *kit) chain {
			return k.three(by(keyed(smKey())), by(keyed(smKey())), by(keyed(smKey()), forged))
		}},
		{"SHA-1 on the leaf", path.Algorithm, func(k *kit) chain { return k.three(nil, nil, by(algorithm("sha1"))) }},
		{"SHA-1 on the authority", path.Algorithm, func(k *kit) chain { return k.three(nil, by(algorithm("sha1")), nil) }},
		{"SHA-1 with RSA", path.Algorithm, func(k *kit) chain {
			return k.three(by(keyed(rsaKeys()[0])), by(algorithm("sha1")), nil)
		}},
		{"RSA key of 1024 bits on the leaf", path.Algorithm, func(k *kit) chain {
			return k.three(nil, nil, by(keyed(weakRSA(t))))
		}},
		{"RSA key of 1024 bits on the authority", path.Algorithm, func(k *kit) chain {
			return k.three(nil, by(keyed(weakRSA(t))), nil)
		}},
		{"curve P-224", path.Algorithm, func(k *kit) chain {
			return k.three(nil, nil, by(keyed(must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)))))
		}},

		{"leaf expired", path.Expired, func(k *kit) chain { return k.three(nil, nil, by(valid(old, now.Add(-time.Second)))) }},
		{"leaf ends now", "", func(k *kit) chain { return k.three(nil, nil, by(valid(old, now))) }},
		{"leaf begins now", "", func(k *kit) chain { return k.three(nil, nil, by(valid(now, soon))) }},
		{"leaf not yet valid", path.NotYetValid, func(k *kit) chain { return k.three(nil, nil, by(valid(now.Add(time.Second), soon))) }},
		{"leaf ends before it begins", path.Constraints, func(k *kit) chain { return k.three(nil, nil, by(valid(soon, old))) }},
		{"leaf of after 2050", "", func(k *kit) chain {
			return k.three(nil, nil, by(valid(old, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))))
		}},
		{"authority expired", path.Expired, func(k *kit) chain { return k.three(nil, by(valid(old, now.Add(-time.Second))), nil) }},
		{"authority not yet valid", path.NotYetValid, func(k *kit) chain { return k.three(nil, by(valid(now.Add(time.Second), soon)), nil) }},
		{"expired root", path.Expired, func(k *kit) chain { return k.three(by(valid(old, now.Add(-time.Second))), nil, nil) }},
		{"root not yet valid", path.NotYetValid, func(k *kit) chain { return k.three(by(valid(now.Add(time.Second), soon)), nil, nil) }},
		{"expired now, valid then", "", func(k *kit) chain {
			c := k.three(by(valid(old, now)), by(valid(old, now)), by(valid(old, now)))
			c.at = now.AddDate(0, -1, 0)
			return c
		}},

		{"name of the issuer", path.NoChain, func(k *kit) chain { return k.three(nil, nil, by(claims(dn("CN", "another")))) }},
		{"name of the issuer of the authority", path.NoChain, func(k *kit) chain { return k.three(nil, by(claims(dn("CN", "another"))), nil) }},
		{"name in another case", "", func(k *kit) chain { return k.three(nil, nil, by(claims(dn("O", "Test", "CN", "SUB")))) }},
		{"no authority", path.NoChain, func(k *kit) chain { c := k.three(nil, nil, nil); c.pool = nil; return c }},
		{"no anchor", path.NoChain, func(k *kit) chain { c := k.three(nil, nil, nil); c.anchors = nil; return c }},

		{"no basicConstraints", path.Constraints, func(k *kit) chain { return k.three(nil, by(without(ce(19))), nil) }},
		{"basicConstraints of a leaf", path.Constraints, func(k *kit) chain { return k.three(nil, by(notCA()), nil) }},
		{"basicConstraints not critical", "", func(k *kit) chain { return k.three(nil, by(with(ce(19), false, constraintsExt(true, -1))), nil) }},
		{"pathLen without cA", path.Constraints, func(k *kit) chain { return k.three(nil, by(with(ce(19), true, constraintsExt(false, 1))), nil) }},
		{"pathLen without cA on a leaf", "", func(k *kit) chain { return k.three(nil, nil, by(with(ce(19), true, constraintsExt(false, 0)))) }},
		{"authority of version 1", path.Constraints, func(k *kit) chain { return k.three(nil, by(version1), nil) }},
		{"root of version 1", "", func(k *kit) chain { return k.three(by(version1), nil, nil) }},
		{"root without basicConstraints", path.Constraints, func(k *kit) chain { return k.three(by(without(ce(19))), nil, nil) }},
		{"root that is no authority", path.Constraints, func(k *kit) chain { return k.three(by(notCA()), nil, nil) }},
		{"a signer signs", path.Constraints, func(k *kit) chain {
			c := k.three(nil, nil, nil)
			return chain{leaf: k.leaf(c.leaf, named(dn("CN", "victim"))), pool: append(c.pool, c.leaf), anchors: c.anchors}
		}},

		{"pathLen 0, leaf below", "", func(k *kit) chain { return k.three(nil, by(ca(0)), nil) }},
		{"pathLen 0, authority below", path.Constraints, func(k *kit) chain { return k.four(nil, by(ca(0)), nil, nil) }},
		{"pathLen 1, authority below", "", func(k *kit) chain { return k.four(nil, by(ca(1)), nil, nil) }},
		{"pathLen 0 on the root", path.Constraints, func(k *kit) chain { return k.three(by(ca(0)), nil, nil) }},
		{"pathLen is not raised below", path.Constraints, func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a", ca(1))
			b := k.sub(a, "b", ca(5))
			c := k.sub(b, "c")
			return chain{leaf: k.leaf(c), pool: []*entity{a, b, c}, anchors: []*entity{r}}
		}},
		{"pathLen 0, self-issued below", "", func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a", ca(0))
			b := k.sub(a, "a", ca(0))
			return chain{leaf: k.leaf(b), pool: []*entity{a, b}, anchors: []*entity{r}}
		}},
		{"pathLen 0, self-issued and another", path.Constraints, func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a", ca(0))
			b := k.sub(a, "a")
			c := k.sub(b, "c")
			return chain{leaf: k.leaf(c), pool: []*entity{a, b, c}, anchors: []*entity{r}}
		}},

		{"no keyCertSign", path.KeyUsage, func(k *kit) chain { return k.three(nil, by(usage(0, 6)), nil) }},
		{"no keyCertSign on the root", path.KeyUsage, func(k *kit) chain { return k.three(by(usage(0)), nil, nil) }},
		{"authority without keyUsage", "", func(k *kit) chain { return k.three(nil, by(without(ce(15))), nil) }},
		{"leaf without keyUsage", "", func(k *kit) chain { return k.three(nil, nil, by(without(ce(15)))) }},
		{"leaf with contentCommitment", "", func(k *kit) chain { return k.three(nil, nil, by(usage(1))) }},
		{"leaf with keyEncipherment", path.KeyUsage, func(k *kit) chain { return k.three(nil, nil, by(usage(2))) }},

		{"unknown critical on the leaf", path.Constraints, func(k *kit) chain { return k.three(nil, nil, by(unknownExt(true))) }},
		{"unknown critical on the authority", path.Constraints, func(k *kit) chain { return k.three(nil, by(unknownExt(true)), nil) }},
		{"unknown critical on the root", path.Constraints, func(k *kit) chain { return k.three(by(unknownExt(true)), nil, nil) }},
		{"unknown not critical", "", func(k *kit) chain {
			return k.three(by(unknownExt(false)), by(unknownExt(false)), by(unknownExt(false)))
		}},
		{"unknown critical on an SM2 leaf", path.Constraints, func(k *kit) chain {
			return k.three(by(keyed(smKey())), by(keyed(smKey())), by(keyed(smKey()), unknownExt(true)))
		}},
	})
}

func weakRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	return must(rsa.GenerateKey(rand.Reader, 1024))
}

// TestC16Usage: RFC 5280, 4.2.1.12; RFC 3161, 2.3; RFC 6960, 4.2.2.2.
func TestC16Usage(t *testing.T) {
	stamp := func(u path.Usage, sub, leaf []opt) func(k *kit) chain {
		return func(k *kit) chain { c := k.three(nil, sub, leaf); c.usage = u; return c }
	}
	run(t, []vector{
		{"time stamping", "", stamp(path.TimeStamping, nil, by(purposes(true, 8)))},
		{"time stamping not critical", path.KeyUsage, stamp(path.TimeStamping, nil, by(purposes(false, 8)))},
		{"time stamping and more", path.KeyUsage, stamp(path.TimeStamping, nil, by(purposes(true, 8, 4)))},
		{"time stamping by a signer", path.KeyUsage, stamp(path.TimeStamping, nil, nil)},
		{"time stamping under TLS", path.KeyUsage, stamp(path.TimeStamping, by(purposes(false, 1)), by(purposes(true, 8)))},
		{"time stamping under both", "", stamp(path.TimeStamping, by(purposes(false, 1, 8)), by(purposes(true, 8)))},
		{"time stamping with SM2", "", func(k *kit) chain {
			c := k.three(by(keyed(smKey())), by(keyed(smKey())), by(keyed(smKey()), purposes(true, 8)))
			c.usage = path.TimeStamping
			return c
		}},
		{"OCSP", "", stamp(path.OCSPSigning, nil, by(purposes(false, 9)))},
		{"OCSP by a signer", path.KeyUsage, stamp(path.OCSPSigning, nil, by(purposes(false, 4)))},
		{"OCSP without purposes", path.KeyUsage, stamp(path.OCSPSigning, nil, nil)},
		{"OCSP under time stamping", "", stamp(path.OCSPSigning, by(purposes(false, 8)), by(purposes(false, 9)))},
		{"signing by a time stamper", path.KeyUsage, stamp(path.Signing, nil, by(purposes(true, 8)))},
		{"signing by a responder", path.KeyUsage, stamp(path.Signing, nil, by(purposes(true, 9)))},
		{"signing under a time stamping authority", path.KeyUsage, stamp(path.Signing, by(purposes(false, 8)), nil)},
		{"signing for email", "", stamp(path.Signing, nil, by(purposes(false, 4)))},
		{"signing for documents", "", stamp(path.Signing, nil, by(purposes(false, 36)))},
	})
}

// TestC20Anchors: what is trusted, and how the search ends.
func TestC20Anchors(t *testing.T) {
	run(t, []vector{
		{"embedded root", path.NoChain, func(k *kit) chain {
			c := k.three(nil, nil, nil)
			c.pool, c.anchors = append(c.pool, c.anchors...), []*entity{k.root("other root")}
			return c
		}},
		{"look-alike root embedded", path.Signature, func(k *kit) chain {
			r, fake := k.root("root"), k.root("root")
			return chain{leaf: k.leaf(fake), pool: []*entity{fake}, anchors: []*entity{r}}
		}},
		{"two roots of one name", "", func(k *kit) chain {
			a, b := k.root("root"), k.root("root")
			return chain{leaf: k.leaf(b), anchors: []*entity{a, b}}
		}},
		{"two roots of one name and a misleading identifier", "", func(k *kit) chain {
			a, b := k.root("root", skid("A")), k.root("root", skid("B"))
			return chain{leaf: k.leaf(b, akid("A")), anchors: []*entity{a, b}}
		}},
		{"a right identifier and a wrong key", path.Signature, func(k *kit) chain {
			a, b := k.root("root", skid("A")), k.root("root", skid("B"))
			return chain{leaf: k.leaf(b, akid("A")), anchors: []*entity{a}}
		}},
		{"anchor reissued with its key", "", func(k *kit) chain {
			r := k.root("root")
			return chain{leaf: k.leaf(r), pool: []*entity{r}, anchors: []*entity{k.root("root", keyed(r.key))}}
		}},
		{"anchor with the key and another name", path.NoChain, func(k *kit) chain {
			r := k.root("root")
			return chain{leaf: k.leaf(r), pool: []*entity{r}, anchors: []*entity{k.root("another", keyed(r.key))}}
		}},
		{"the leaf is the anchor", "", func(k *kit) chain {
			l := k.leaf(nil)
			return chain{leaf: l, anchors: []*entity{l}}
		}},
		{"the leaf is the anchor and has expired", path.Expired, func(k *kit) chain {
			l := k.leaf(nil, valid(now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)))
			return chain{leaf: l, anchors: []*entity{l}}
		}},
		{"the leaf is the anchor and may not stamp time", path.KeyUsage, func(k *kit) chain {
			l := k.leaf(nil)
			return chain{leaf: l, anchors: []*entity{l}, usage: path.TimeStamping}
		}},
		{"the leaf looks like the anchor", path.Signature, func(k *kit) chain {
			return chain{leaf: k.leaf(nil), anchors: []*entity{k.leaf(nil)}}
		}},
		{"the leaf signs itself", path.NoChain, func(k *kit) chain {
			l := k.leaf(nil)
			return chain{leaf: l, pool: []*entity{l}, anchors: []*entity{k.root("root")}}
		}},
		{"the authority is the anchor", "", func(k *kit) chain {
			c := k.three(nil, nil, nil)
			c.anchors = c.pool
			return c
		}},
		{"cross-signed loop", path.NoChain, func(k *kit) chain {
			a := k.root("a")
			b := k.sub(a, "b")
			a2 := k.sub(b, "a", keyed(a.key))
			return chain{leaf: k.leaf(b), pool: []*entity{a, b, a2}, anchors: []*entity{k.root("root")}}
		}},
		{"cross-signed, one way leads out", "", func(k *kit) chain {
			r, a := k.root("root"), k.root("a")
			b := k.sub(a, "b")
			cross := k.sub(r, "a", keyed(a.key))
			return chain{leaf: k.leaf(b), pool: []*entity{a, b, cross}, anchors: []*entity{r}}
		}},
		{"one authority expired, its renewal not", "", func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a", valid(now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)))
			b := k.sub(r, "a", keyed(a.key))
			return chain{leaf: k.leaf(a), pool: []*entity{a, b}, anchors: []*entity{r}}
		}},
		{"the error of the path that got furthest", path.Expired, func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a", valid(now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)))
			lost := k.sub(k.root("lost"), "a", keyed(a.key))
			return chain{leaf: k.leaf(a), pool: []*entity{lost, a}, anchors: []*entity{r}}
		}},
		{"64 certificates of one name and key", "", func(k *kit) chain {
			r := k.root("root")
			a := k.sub(r, "a")
			pool := []*entity{}
			for range 63 {
				pool = append(pool, k.sub(nil, "a", keyed(a.key)))
			}
			return chain{leaf: k.leaf(a), pool: append(pool, a), anchors: []*entity{r}}
		}},
		{"300 authorities of one name", path.Limit, func(k *kit) chain {
			r := k.root("root")
			pool := []*entity{}
			for range 300 {
				pool = append(pool, k.root("a"))
			}
			return chain{leaf: k.leaf(k.root("a")), pool: pool, anchors: []*entity{r}}
		}},
		{"a net of cross-signed authorities", path.Limit, func(k *kit) chain {
			var pool, above []*entity
			for level := range 8 {
				var row []*entity
				name, key := string(rune('a'+level)), ecKey()
				for range 8 {
					var up *entity
					if len(above) > 0 {
						up = above[0]
					}
					row = append(row, k.sub(up, name, keyed(key)))
				}
				pool, above = append(pool, row...), row
			}
			return chain{leaf: k.leaf(above[0]), pool: pool, anchors: []*entity{k.root("root")}}
		}},
		{"10 certificates", "", func(k *kit) chain { return k.tower(10) }},
		{"11 certificates", path.Limit, func(k *kit) chain { return k.tower(11) }},
	})
}

// tower makes a path of n certificates.
func (k *kit) tower(n int) chain {
	r := k.root("root")
	c := chain{anchors: []*entity{r}}
	top := r
	for i := range n - 2 {
		top = k.sub(top, string(rune('a'+i)))
		c.pool = append(c.pool, top)
	}
	c.leaf = k.leaf(top)
	return c
}

// TestOptions: nothing is checked without a time and a usage.
func TestOptions(t *testing.T) {
	k := &kit{t: t}
	r := k.root("root")
	l, anchors := k.leaf(r).Certificate, []*x509.Certificate{r.Certificate}
	for name, f := range map[string]func() error{
		"time":  func() error { _, err := path.Build(l, nil, anchors, path.Options{Usage: path.Signing}); return err },
		"usage": func() error { _, err := path.Build(l, nil, anchors, path.Options{Time: now}); return err },
		"leaf": func() error {
			_, err := path.Build(nil, nil, anchors, path.Options{Time: now, Usage: path.Signing})
			return err
		},
		"check": func() error { _, err := path.Check(anchors, path.Evidence{}, path.RevocationOptions{}); return err },
		"path": func() error {
			_, err := path.Check(nil, path.Evidence{}, path.RevocationOptions{Time: now})
			return err
		},
		"proof": func() error {
			_, err := path.Check(anchors, path.Evidence{}, path.RevocationOptions{Time: now, PoE: now.Add(time.Hour)})
			return err
		},
	} {
		if err := f(); code(err) != path.BadOptions {
			t.Errorf("%s: %v", name, err)
		}
	}
	pool := make([]*x509.Certificate, path.MaxPool+1)
	if _, err := path.Build(l, pool, anchors, path.Options{Time: now, Usage: path.Signing}); code(err) != path.Limit {
		t.Errorf("a large bag: %v", err)
	}
	if got, err := path.Build(l, pool[1:], append(anchors, nil), path.Options{Time: now, Usage: path.Signing}); err != nil || len(got) != 2 {
		t.Errorf("a bag at the limit: %v", err)
	}
}
