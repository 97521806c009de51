package main

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// keyFiles writes a chain in PEM and returns its path and the key.
func keyFiles(t *testing.T, dir string) (string, crypto.Signer) {
	t.Helper()
	ca, err := devca.New(devca.Config{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, c := range cred.Chain {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	path := filepath.Join(dir, "chain.pem")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, cred.Key
}

// rawValue signs the content of a file and returns the path of the value.
func rawValue(t *testing.T, key crypto.Signer, toSign string) string {
	t.Helper()
	b, err := os.ReadFile(toSign)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	sig, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	path := toSign + ".sig"
	if err := os.WriteFile(path, sig, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
