package verify_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/floor"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// padded makes a file of about size bytes: one page and one big stream.
func padded(size int) []byte {
	return plainPDF(1, "", fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", size, bytes.Repeat([]byte("0123456789abcde\n"), size/16)))
}

var sizes = map[string]int{"100KB": 100 << 10, "10MB": 10 << 20}

// floorOf times the floor and the key operations that belong to it.
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

func BenchmarkVerify(b *testing.B) {
	ca := newCA(b, devca.RSA2048)
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		b.Fatal(err)
	}
	for name, size := range sizes {
		b.Run("B-B/RSA-2048/"+name, func(b *testing.B) {
			signed := sign(b, padded(size&^15), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
			path := filepath.Join(b.TempDir(), "signed.pdf")
			if err := os.WriteFile(path, signed, 0o600); err != nil {
				b.Fatal(err)
			}
			p := policy(ca)
			b.ReportAllocs()
			for b.Loop() {
				f, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				rep, err := verify.Verify(b.Context(), f, int64(len(signed)), p)
				if err != nil || !rep.Valid() {
					b.Fatal(err, rep)
				}
				f.Close()
			}
			key, _ := cred.Chain[0].PublicKey.(*rsa.PublicKey)
			digest := sha256.Sum256(nil)
			sig, err := cred.Key.Sign(nil, digest[:], crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			least := floorOf(b, b.N, func() error {
				for range 3 { // the signature and two certificates
					if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig); err != nil {
						return err
					}
				}
				return floor.Read(path)
			})
			b.ReportMetric(float64(b.Elapsed())/float64(least), "x-floor")
		})
	}
}
