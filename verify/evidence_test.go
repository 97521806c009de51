package verify_test

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA26MuchEvidence (A26): a store that lists more than is ever read causes no error,
// and evidence that is repeated counts once.
func TestA26MuchEvidence(t *testing.T) {
	w := &watch{signingTime}
	ca := timedCA(t, w, devca.P256)
	cred := issue(t, ca)
	b := signed(t, ca, cred, w, signer.BLTA)
	num := number(t, b, "/OCSPs")
	dss := object(t, b, num)
	i := strings.Index(dss, "/OCSPs") + len("/OCSPs")
	i += strings.Index(dss[i:], "[") + 1
	list := dss[i : i+strings.Index(dss[i:], "]")]
	one := list[:strings.Index(list, "R")+1]
	repeated := add(b, map[int]string{num: dss[:i] + strings.Repeat(one+" ", 300) + dss[i:]})
	if rep := judge(t, repeated, at(ca, w.t.Add(time.Minute))); !rep.Valid() {
		t.Errorf("one answer 300 times: %v %v", rep.Verdict, rep.Signatures[0].Reasons)
	}
	// 300 different answers: nothing is settled.
	objs, refs := map[int]string{}, ""
	for k := range 300 {
		w.t = w.t.Add(time.Second)
		der, _, err := ca.Revocation(t.Context(), cred.Chain[0], cred.Chain[1])
		if err != nil {
			t.Fatal(err)
		}
		objs[600+k] = fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(der), der)
		refs += itoa(600+k) + " 0 R "
	}
	objs[num] = dss[:i] + refs + dss[i:]
	rep := judge(t, add(b, objs), at(ca, w.t.Add(time.Minute)))
	if s := rep.Signatures[0]; rep.Verdict != verify.Indeterminate || !has(rep, verify.LimitExceeded) {
		t.Errorf("300 answers: %v %v", s.Indication, s.Reasons)
	}
}

// TestA47FullStore (A47): what a service answers is heard although the store is full, and a
// store that holds more than is read settles nothing.
func TestA47FullStore(t *testing.T) {
	o := newOffice(t)
	alg := seq(oid(1, 2, 840, 10045, 4, 3, 2))
	var junk [][]byte
	for i := range 1024 {
		name := seq(set(seq(oid(2, 5, 4, 3), prim(12, []byte(fmt.Sprint("nobody ", i))))))
		junk = append(junk, seq(seq(integer(1), alg, name, prim(0x17, []byte("260101000000Z"))), alg, prim(3, []byte{0, 1})).encode())
	}
	b := sign(t, samples.PDF(samples.Spec{}), signer.Request{Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"},
		Credential: signer.Credential{Chain: []*x509.Certificate{o.leaf, o.ca, o.lists}, Key: o.leafKey}})
	for _, mode := range []verify.Revocation{verify.RequireRevocation, verify.UnsafeAllowUnknown} {
		p := verify.Policy{Roots: []*x509.Certificate{o.root}, Time: signingTime.Add(time.Hour), Revocation: mode}
		asking := p
		asking.Online = answers{o, listOf(t, o.root, o.rootKey, nil), listOf(t, o.lists, o.listKey, o.leaf)}
		for n, full := range map[int]bool{1: false, 700: false, 1024: true} {
			file := stuffed(t, b, "CRLs", junk[:n])
			if rep := judge(t, file, asking); !has(rep, verify.RevocationRevoked) {
				t.Errorf("%v, %d lists, revoked by a service: %v %v", mode, n, rep.Verdict, rep.Signatures[0].Reasons)
			}
			if rep := judge(t, file, p); has(rep, verify.LimitExceeded) != full || full && rep.Verdict != verify.Indeterminate {
				t.Errorf("%v, %d lists: %v %v", mode, n, rep.Verdict, rep.Signatures[0].Reasons)
			}
		}
	}
}
