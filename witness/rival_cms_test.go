package witness_test

import (
	"bytes"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/digitorus/timestamp"
	"go.mozilla.org/pkcs7"
)

// BenchmarkCMS parses the CMS of a signature, and verifies it over a digest that is
// known. Both sides parse the certificates in it.
func BenchmarkCMS(b *testing.B) {
	for _, algorithm := range []string{"rsa2048", "p256"} {
		a := authorityOf(b, algorithm)
		file, err := a.sign(sample{}.pdf(), "S", signer.BB)
		if err != nil {
			b.Fatal(err)
		}
		d := dictionaries(b, file)[0]
		digest := cms.SHA256.Sum(d.covered)
		b.Run(algorithm+"/parse", func(b *testing.B) {
			race(b, "pkcs7", 100, func() {
				if _, err := cms.Parse(d.contents); err != nil {
					b.Fatal(err)
				}
			}, func() {
				if _, err := pkcs7.Parse(d.contents); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(algorithm+"/verify", func(b *testing.B) {
			race(b, "pkcs7", 100, func() {
				sd, err := cms.Parse(d.contents)
				if err == nil {
					err = sd.Verify(digest)
				}
				if err != nil {
					b.Fatal(err)
				}
			}, func() {
				p7, err := pkcs7.Parse(d.contents)
				if err == nil {
					p7.Content = d.covered
					err = p7.Verify()
				}
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkToken parses a timestamp token, checks its signature, and compares the
// imprint.
func BenchmarkToken(b *testing.B) {
	for _, algorithm := range []string{"rsa2048", "p256"} {
		a := authorityOf(b, algorithm)
		digest := cms.SHA256.Sum([]byte("message"))
		token, err := a.Timestamp(b.Context(), cms.SHA256.Std(), digest)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(algorithm, func(b *testing.B) {
			race(b, "timestamp", 100, func() {
				ts, err := cms.ParseTimestamp(token)
				if err == nil {
					err = ts.CheckDigest(digest)
				}
				if err != nil {
					b.Fatal(err)
				}
			}, func() {
				ts, err := timestamp.Parse(token)
				if err != nil || !bytes.Equal(ts.HashedMessage, digest) {
					b.Fatal(err)
				}
			})
		})
	}
}
