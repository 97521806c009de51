package signer_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// qpdf returns a function that asks another implementation whether a file is valid, or
// nil if it is not installed.
func qpdf(t *testing.T) func(b []byte, password string) error {
	t.Helper()
	path, err := exec.LookPath("qpdf")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("qpdf is absent")
		}
		t.Log("qpdf is absent: the outside check is left out")
		return nil
	}
	return func(b []byte, password string) error {
		name := filepath.Join(t.TempDir(), "x.pdf")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return err
		}
		out, err := exec.CommandContext(t.Context(), path, "--check", "--password="+password, name).CombinedOutput()
		if err != nil {
			return errors.New(string(out))
		}
		return nil
	}
}

// TestEncrypted signs our samples of every form of encryption, each twice: in an
// existing field, and in a new one.
func TestEncrypted(t *testing.T) {
	names, err := filepath.Glob("../internal/pdf/testdata/encrypted/*-*.pdf")
	if err != nil || len(names) < 12 {
		t.Fatalf("the samples: %v, %v", names, err)
	}
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	check := qpdf(t)
	for _, name := range names {
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".pdf")
		t.Run(base, func(t *testing.T) {
			password := "user"
			if _, err := signer.Open(bytes.NewReader(in), int64(len(in))); strings.HasSuffix(base, "-open") {
				if password = ""; err != nil {
					t.Fatal(err)
				}
			} else if !errors.Is(err, signer.ErrPassword) {
				t.Fatalf("without a password: %v", err)
			}
			if err := signer.Normalize(t.Context(), &bytes.Buffer{}, bytes.NewReader(in), int64(len(in))); !errors.Is(err, signer.ErrEncrypted) {
				t.Errorf("normalized: %v", err)
			}
			prev := in
			for i, req := range []signer.Request{
				{Field: "Buyer", Appearance: box(42), Reason: "签署合同"},
				{NewField: &signer.Field{Name: "卖方", Page: 1, Box: signer.Around(60, 200, 42, 42)}, Appearance: box(42), Name: "测试"},
			} {
				doc, err := signer.OpenPassword(bytes.NewReader(prev), int64(len(prev)), []string{password, "owner"}[i])
				if err != nil {
					t.Fatal(err)
				}
				req.Credential, req.Level, req.Timestamper, req.Time = cred, signer.BT, ca, signingTime
				var out bytes.Buffer
				if err := signer.Sign(t.Context(), &out, doc, req); err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(out.Bytes(), prev) {
					t.Fatal("the input is not the output's prefix")
				}
				prev = bytes.Clone(out.Bytes())
			}
			doc, err := signer.OpenPassword(bytes.NewReader(prev), int64(len(prev)), password)
			if err != nil {
				t.Fatal(err)
			}
			states, err := doc.Fields()
			if err != nil || len(states) != 2 || states[0] != (signer.FieldState{Name: "Buyer", Signed: true}) || states[1] != (signer.FieldState{Name: "卖方", Signed: true}) {
				t.Errorf("fields %v, %v", states, err)
			}
			if check != nil {
				if err := check(prev, password); err != nil {
					t.Error(err)
				}
			}
			if dir := os.Getenv("CORPUS_OUT"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, base+".pdf"), prev, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
