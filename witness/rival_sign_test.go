package witness_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/digitorus/pdf"
	pdfsign "github.com/digitorus/pdfsign/sign"
)

var timedSamples = []struct {
	name string
	sample
}{{"100KB", small}, {"10MB", large}, {"40000-objects", many}}

// BenchmarkSign signs files from memory with an RSA-2048 key, invisibly.
func BenchmarkSign(b *testing.B) {
	a := authorityOf(b, "rsa2048")
	for _, c := range timedSamples {
		file := c.pdf()
		b.Run(c.name, func(b *testing.B) {
			ours := func(w io.Writer) {
				doc, err := signer.Open(bytes.NewReader(file), int64(len(file)))
				if err == nil {
					err = signer.Sign(b.Context(), w, doc, signer.Request{Credential: a.cred, Level: signer.BB, Time: time.Now(), NewField: &signer.Field{Name: "S"}})
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			theirs := func(w io.Writer) {
				in := bytes.NewReader(file)
				r, err := pdf.NewReader(in, int64(len(file)))
				if err == nil {
					err = pdfsign.Sign(in, w, r, int64(len(file)), pdfsignAs(a.cred.Chain, a.cred.Key))
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			for _, sign := range []func(io.Writer){ours, theirs} { // both do the work
				var out bytes.Buffer
				sign(&out)
				if !judge(b, a, out.Bytes()).Valid() {
					b.Fatal("what was signed is not valid")
				}
			}
			race(b, "pdfsign", 1, func() { ours(io.Discard) }, func() { theirs(io.Discard) })
		})
	}
}

// BenchmarkVerify verifies a file that our signer signed. Neither side looks at
// revocation. The library judges the structure, the chain and every revision;
// pdfsign verifies the digest and the signature.
func BenchmarkVerify(b *testing.B) {
	a := authorityOf(b, "rsa2048")
	p := policy(a)
	p.Revocation = verify.UnsafeSkipRevocation
	for _, c := range timedSamples {
		file, err := a.sign(c.pdf(), "S", signer.BB)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			race(b, "pdfsign", 1, func() {
				if r := judgeBy(b, file, p); !r.Valid() {
					b.Fatal("not valid")
				}
			}, func() {
				if _, err := pdfsignSays(file); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
