package verify_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// FuzzVerify: Verify answers every input with a verdict, and a file is valid only if it
// begins with a signed file.
func FuzzVerify(f *testing.F) {
	ca := newCA(f, devca.P256)
	_, one, two := signedTwice(f, ca)
	for _, seed := range [][]byte{nil, plainPDF(2, ""), one, two, two[:len(two)/2], []byte("%PDF-1.7\nxref\n0 0\ntrailer<<>>\nstartxref\n9\n%%EOF")} {
		f.Add(seed)
	}
	p := policy(ca)
	f.Fuzz(func(t *testing.T, b []byte) {
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), p)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Valid() && (len(b) < len(one) || !bytes.EqualFold(b[:len(one)], one)) {
			t.Fatalf("a forged file of %d bytes is valid", len(b))
		}
		if _, err := verify.CheckUpload(t.Context(), bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzDiff puts random updates on a signed file and checks two things that no update
// may do: hide a signature, or make one cover less than before.
func FuzzDiff(f *testing.F) {
	ca, err := devca.New(devca.Config{Now: clock, Seed: []byte("fuzz")})
	if err != nil {
		f.Fatal(err)
	}
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		f.Fatal(err)
	}
	bases := oracleBases(f, ca, cred)
	for i := range uint64(20) {
		f.Add(i, uint8(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, base uint8) {
		b, err := randomUpdate(rand.New(rand.NewPCG(seed, 1)), bases[int(base)%len(bases)], cred)
		if err != nil {
			t.Skip() // the update has no form
		}
		rep := judge(t, b, policy(ca))
		if rep.Verdict == verify.Unsigned || rep.Verdict == verify.Unreadable {
			t.Errorf("a signed file is called %v", rep.Verdict)
		}
		if rep.Valid() && len(rep.Signatures) == 0 {
			t.Error("valid without a signature")
		}
	})
}
