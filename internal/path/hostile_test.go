package path_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

// valued is a name of one attribute, of any type.
func valued(tag cbasn1.Tag, oid asn1.ObjectIdentifier, v string) []byte {
	return der(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oid)
				b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(v)) })
			})
		})
	})
}

// TestC16OtherValues (C16): what constraints say of names holds for values that are no
// strings, and for strings that cannot be read.
func TestC16OtherValues(t *testing.T) {
	k := &kit{t: t}
	cn, organisation, email := asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.ObjectIdentifier{2, 5, 4, 10}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	names := k.root("names", permit(gn{'n', string(dn("O", "Allowed"))}))
	but := k.root("but", exclude(gn{'n', string(valued(cbasn1.OCTET_STRING, cn, "Evil"))}))
	mail := k.root("mail", permit(gn{'e', "good.example"}))
	for what, c := range map[string]struct {
		root *entity
		name []byte
		ok   bool
	}{
		"an OCTET STRING outside":         {names, valued(cbasn1.OCTET_STRING, cn, "Evil"), false},
		"an ENUMERATED outside":           {names, valued(cbasn1.ENUM, cn, "\x05"), false},
		"a string outside":                {names, dn("O", "Evil"), false},
		"a string inside":                 {names, dn("O", "Allowed"), true},
		"half a surrogate outside":        {names, valued(30, organisation, "\xd8\x01"), false},
		"an OCTET STRING that is not had": {but, valued(cbasn1.OCTET_STRING, cn, "Evil"), false},
		"another OCTET STRING":            {but, valued(cbasn1.OCTET_STRING, cn, "Good"), true},
		"a mailbox in an OCTET STRING":    {mail, valued(cbasn1.OCTET_STRING, email, "a@evil.example"), false},
		"a mailbox outside":               {mail, valued(cbasn1.IA5String, email, "a@evil.example"), false},
		"a mailbox inside":                {mail, valued(cbasn1.IA5String, email, "a@good.example"), true},
	} {
		leaf := k.leaf(c.root, named(c.name))
		_, err := path.Build(leaf.Certificate, nil, certsOf([]*entity{c.root}), path.Options{Time: now, Usage: path.Signing})
		var e *path.Error
		if c.ok != (err == nil) || err != nil && (!errors.As(err, &e) || e.Code != path.Constraints) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestA47ManyIssuers (A47): an indirect list with entries of more issuers than are compared
// keeps the bad news that it had before, and settles nothing without it.
func TestA47ManyIssuers(t *testing.T) {
	s := newScene(t)
	entries := []entry{s.line(now.AddDate(0, -1, 0), 1)}
	for i := range 1001 {
		entries = append(entries, entry{serial: s.leaf.SerialNumber.Int64(), at: now.AddDate(0, -2, 0), exts: []pkix.Extension{of(dn("O", fmt.Sprint("other ", i)))}})
	}
	check := func(entries []entry) (path.Result, error) {
		l := fresh(list{by: s.root, entries: entries, exts: flagScope(4)}).parse(t)
		ev := path.Evidence{CRLs: []*cms.CRL{l}, OCSPs: []*cms.OCSP{s.ocsp(s.says(cms.StatusGood, now))}}
		return path.Check([]*x509.Certificate{s.leaf.Certificate, s.root.Certificate}, ev, path.RevocationOptions{Time: now})
	}
	for _, n := range []int{1, 1000, 1002} {
		if res, err := check(entries[:n]); err != nil || res.Status() != path.Revoked {
			t.Errorf("%d entries: %v %v", n, res, err)
		}
	}
	var e *path.Error
	if res, err := check(entries[1:]); !errors.As(err, &e) || e.Code != path.Limit {
		t.Errorf("issuers that cannot all be compared: %v %v", res, err)
	}
}

// TestA46Meshes (A46): a mesh of authorities, in a bag of long names, costs what its limits
// allow, also if every list leads into it.
func TestA46Meshes(t *testing.T) {
	k := &kit{t: t}
	root := k.root("root")
	var keys []opt
	var cas []*entity
	var pool []*x509.Certificate
	const n = 11
	for i := range n {
		keys = append(keys, keyed(ecKey()))
		cas = append(cas, k.sub(nil, fmt.Sprint("mesh", i), keys[i]))
	}
	for i := range n {
		for j := range n {
			if i != j {
				pool = append(pool, k.sub(cas[j], fmt.Sprint("mesh", i), keys[i]).Certificate)
			}
		}
	}
	long, key := string(bytes.Repeat([]byte("x"), 30_000)), keyed(ecKey())
	for i := 0; len(pool) < path.MaxPool-1; i++ {
		pool = append(pool, k.issue(root, dn("CN", fmt.Sprint(i, long)), key).Certificate)
	}
	s := newScene(t)
	evil := k.issue(cas[0], s.root.RawSubject, usage(6))
	pool = append([]*x509.Certificate{evil.Certificate}, pool[:path.MaxPool-3]...)
	var lists []*cms.CRL
	for i := range 20 {
		lists = append(lists, fresh(list{by: evil, entries: []entry{{serial: int64(1000 + i), at: now}}}).parse(t))
	}
	start := time.Now()
	_, err := path.Build(k.leaf(cas[0]).Certificate, pool, certsOf([]*entity{root}), path.Options{Time: now, Usage: path.Signing})
	var e *path.Error
	if !errors.As(err, &e) || e.Code != path.Limit {
		t.Errorf("a mesh: %v", err)
	}
	_, err = path.Check([]*x509.Certificate{s.leaf.Certificate, s.root.Certificate}, path.Evidence{CRLs: lists, Certs: pool}, path.RevocationOptions{Time: now})
	if !errors.As(err, &e) || e.Code != path.Limit {
		t.Errorf("lists of a mesh: %v", err)
	}
	if took := time.Since(start); took > 10*time.Second { // it took 85, and takes 0.2
		t.Errorf("%v", took)
	}
}
