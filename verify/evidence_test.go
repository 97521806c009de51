package verify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
