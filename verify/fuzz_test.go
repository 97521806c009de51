package verify_test

import (
	"bytes"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// FuzzVerify: no input makes Verify fail with anything but a verdict, and none
// but the signed file itself is valid.
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
		if rep.Valid() && !bytes.EqualFold(b, one) && !bytes.EqualFold(b, two) {
			t.Fatalf("a forged file of %d bytes is valid", len(b))
		}
		if _, err := verify.CheckUpload(t.Context(), bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	})
}
