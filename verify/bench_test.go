package verify_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/floor"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// floorOf measures the floor and the key operations that belong to it.
func floorOf(b *testing.B, n int, once func() error) time.Duration {
	b.Helper()
	start := time.Now()
	for range n {
		if err := once(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// BenchmarkVerify: one B-B signature with an RSA-2048 key. The floor is one read,
// one hash, and three signature checks: the signature and two certificates.
func BenchmarkVerify(b *testing.B) {
	ca := newCA(b, devca.RSA2048)
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		spec samples.Spec
	}{
		{"100KB", samples.Spec{Bulk: 100 << 10}},
		{"10MB", samples.Spec{Bulk: 10 << 20}},
		{"10MB-40000-objects", samples.Spec{Bulk: 7 << 20, Objects: 40_000}},
		{"100MB", samples.Spec{Bulk: 100 << 20}},
	} {
		signed := sign(b, samples.PDF(c.spec), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
		path := filepath.Join(b.TempDir(), "signed.pdf")
		if err := os.WriteFile(path, signed, 0o600); err != nil {
			b.Fatal(err)
		}
		size := int64(len(signed))
		b.Run("B-B/RSA-2048/"+c.name, func(b *testing.B) {
			p := policy(ca)
			b.ReportAllocs()
			for b.Loop() {
				verifyFile(b, path, size, p)
			}
			key, _ := cred.Chain[0].PublicKey.(*rsa.PublicKey)
			digest := sha256.Sum256(nil)
			sig, err := cred.Key.Sign(nil, digest[:], crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			least := floorOf(b, b.N, func() error {
				for range 3 {
					if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig); err != nil {
						return err
					}
				}
				return floor.Read(path)
			})
			b.ReportMetric(float64(b.Elapsed())/float64(least), "x-floor")
			b.ReportMetric(float64(b.Elapsed()-least)/float64(b.N)/1e6, "ms-over-floor")
		})
	}
}

func verifyFile(b *testing.B, path string, size int64, p verify.Policy) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rep, err := verify.Verify(b.Context(), f, size, p)
	if err != nil || !rep.Valid() {
		b.Fatal(err, rep)
	}
}

// BenchmarkMany: files with several signatures, with the full analysis of what each
// later revision changed.
func BenchmarkMany(b *testing.B) {
	ca := newCA(b, devca.P256)
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		spec samples.Spec
		n    int
	}{
		{"50-signatures-500KB", samples.Spec{Bulk: 150 << 10, Pages: samples.A4(10)}, 50},
		{"500-signatures-8MB", samples.Spec{Bulk: 150 << 10, Pages: samples.A4(10)}, 500},
		{"3-signatures-400000-objects", samples.Spec{Bulk: 7 << 20, Objects: 400_000}, 3},
		{"3-signatures-40000-objects", samples.Spec{Bulk: 7 << 20, Objects: 40_000}, 3},
		{"3-signatures-19000-objects-in-streams", samples.Spec{Form: samples.Stream, Bulk: 7 << 20, Objects: 19_000}, 3},
	} {
		file := samples.PDF(c.spec)
		for i := range c.n {
			file = sign(b, file, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: fmt.Sprintf("S%d", i)}})
		}
		path := filepath.Join(b.TempDir(), "signed.pdf")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				verifyFile(b, path, int64(len(file)), policy(ca))
			}
		})
	}
}
