package verify_test

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
)

// A node is an element of a DER tree that tests edit. form says how its length is
// written: 0 as DER requires, a number of bytes, or -1 for indefinite. tail follows it.
type node struct {
	tag  byte
	kids []*node
	body []byte
	form int
	tail []byte
}

func parseDER(t testing.TB, b []byte) []*node {
	t.Helper()
	var out []*node
	for len(b) > 0 {
		one, ok := cms.Element(b)
		if !ok {
			t.Fatalf("not DER: % x", b[:min(len(b), 20)])
		}
		head := 2
		if one[1] >= 0x80 {
			head += int(one[1] & 0x7f)
		}
		n := &node{tag: one[0], body: bytes.Clone(one[head:])}
		if n.tag&0x20 != 0 {
			n.kids, n.body = parseDER(t, n.body), nil
		}
		out = append(out, n)
		b = b[len(one):]
	}
	return out
}

func (n *node) encode() []byte {
	body := bytes.Clone(n.body)
	for _, k := range n.kids {
		body = append(body, k.encode()...)
	}
	out := []byte{n.tag}
	size := len(body)
	switch {
	case n.form < 0:
		return append(append(append(append(out, 0x80), body...), 0, 0), n.tail...)
	case n.form == 0 && size < 0x80:
		out = append(out, byte(size))
	default:
		k := n.form
		for k == 0 || size>>(8*k) > 0 {
			k++
		}
		out = append(out, 0x80|byte(k))
		for i := k - 1; i >= 0; i-- {
			out = append(out, byte(size>>(8*i)))
		}
	}
	return append(append(out, body...), n.tail...)
}

func (n *node) clone() *node {
	c := *n
	c.body, c.kids = bytes.Clone(n.body), nil
	for _, k := range n.kids {
		c.kids = append(c.kids, k.clone())
	}
	return &c
}

func seq(kids ...*node) *node          { return &node{tag: 0x30, kids: kids} }
func set(kids ...*node) *node          { return &node{tag: 0x31, kids: kids} }
func prim(tag byte, body []byte) *node { return &node{tag: tag, body: body} }
func null() *node                      { return prim(5, nil) }
func octets(b []byte) *node            { return prim(4, b) }
func integer(b ...byte) *node          { return prim(2, b) }
func under(tag byte, kids ...*node) *node {
	return &node{tag: tag, kids: kids}
}

func oid(n ...int) *node {
	b, err := asn1.Marshal(asn1.ObjectIdentifier(n))
	if err != nil {
		panic(err)
	}
	return prim(6, b[2:])
}

// Object identifiers that the recipes write.
var (
	oidsSHA1   = []int{1, 3, 14, 3, 2, 26}
	oidsMD5    = []int{1, 2, 840, 113549, 2, 5}
	oidsSHA224 = []int{2, 16, 840, 1, 101, 3, 4, 2, 4}
	oidsSHA256 = []int{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidsSHA384 = []int{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidsSHA512 = []int{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidsSM3    = []int{1, 2, 156, 10197, 1, 401}
)

// pkcs9 returns attribute types by their last numbers under pkcs-9.
func pkcs9(n ...int) []int { return append([]int{1, 2, 840, 113549, 1, 9}, n...) }

// A patient is a SignedData that is to be changed.
type patient struct {
	t       testing.TB
	top     *node
	profile cms.Profile
	cred    signer.Credential
}

func (p *patient) sd() *node    { return p.top.kids[1].kids[0] }
func (p *patient) certs() *node { return p.sd().kids[3] }
func (p *patient) infos() *node { return p.sd().kids[4] }
func (p *patient) si() *node    { return p.infos().kids[0] }
func (p *patient) attrs() *node { return p.si().kids[3] }
func (p *patient) value() *node { return p.si().kids[5] }

// attr returns the attribute of a type.
func (p *patient) attr(typ []int) *node {
	p.t.Helper()
	want := oid(typ...).body
	for _, a := range p.attrs().kids {
		if bytes.Equal(a.kids[0].body, want) {
			return a
		}
	}
	p.t.Fatalf("no attribute %v", typ)
	return nil
}

func (p *patient) drop(typ []int) {
	a := p.attr(typ)
	p.attrs().kids = slices.DeleteFunc(p.attrs().kids, func(n *node) bool { return n == a })
}

func (p *patient) more(typ []int, values ...*node) {
	p.attrs().kids = append(p.attrs().kids, seq(oid(typ...), set(values...)))
}

// sort sorts the attributes as DER requires.
func (p *patient) sort() {
	slices.SortFunc(p.attrs().kids, func(a, b *node) int { return bytes.Compare(a.encode(), b.encode()) })
}

// resign signs the present attributes.
func (p *patient) resign() {
	p.t.Helper()
	signed := p.attrs().clone()
	signed.tag, signed.tail = 0x31, nil
	sig, err := p.profile.SignAttributes(p.cred.Key, signed.encode())
	if err != nil {
		p.t.Fatal(err)
	}
	p.value().body = sig
}
