package signer_test

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestKilledBetween: one process prepares and is killed, and the state and the file are
// copied to another folder. A second process makes the value, and a third, which has
// seen neither, completes. The bytes are those of a direct signing.
func TestKilledBetween(t *testing.T) {
	if step := os.Getenv("DEFERRED_STEP"); step != "" {
		deferredStep(t, step, os.Getenv("DEFERRED_DIR"))
		return
	}
	here, there := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(here, "in.pdf"), samples.PDF(samples.Spec{Form: samples.Stream, Bulk: 200 << 10}), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(step, dir string) error {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledBetween$")
		cmd.Env = append(os.Environ(), "DEFERRED_STEP="+step, "DEFERRED_DIR="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil && step != "prepare" {
			t.Fatalf("%s: %v\n%s", step, err, out)
		}
		return err
	}
	var exit *exec.ExitError
	if err := run("prepare", here); !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
		t.Fatalf("the preparing process was not killed: %v", err)
	}
	run("sign", here)
	for _, name := range []string{"in.pdf", "state", "value"} {
		move(t, filepath.Join(here, name), filepath.Join(there, name))
	}
	run("complete", there)
	run("direct", there)
	deferred, direct := read(t, filepath.Join(there, "out.pdf")), read(t, filepath.Join(there, "direct.pdf"))
	if !bytes.Equal(deferred, direct) {
		t.Errorf("%d bytes deferred, %d direct, or other ones", len(deferred), len(direct))
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, read(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(from); err != nil {
		t.Fatal(err)
	}
}

// deferredStep is what one of the processes does. Each makes the CA from the same seed,
// so that a token made in another process has the same bytes.
func deferredStep(t *testing.T, step, dir string) {
	ca := seededCA(t, devca.RSA2048)
	cred := credential(t, ca)
	in := read(t, filepath.Join(dir, "in.pdf"))
	doc := open(t, in)
	req := request(ca, cred, signer.BLTA, "S")
	write := func(name string, do func(io.Writer) error) {
		var b bytes.Buffer
		if err := do(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	switch step {
	case "prepare":
		req.Credential.Key = nil
		p, err := signer.Prepare(t.Context(), doc, req)
		if err != nil {
			t.Fatal(err)
		}
		write("state", func(w io.Writer) error {
			s, err := p.MarshalBinary()
			if err == nil {
				_, err = w.Write(s)
			}
			return err
		})
		write("tosign", func(w io.Writer) error { _, err := w.Write(p.ToSign()); return err })
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {}
	case "sign":
		write("value", func(w io.Writer) error {
			_, err := w.Write(rawSignature(t, cred.Key, devca.RSA2048, read(t, filepath.Join(dir, "tosign"))))
			return err
		})
	case "complete":
		p, err := signer.Resume(doc, read(t, filepath.Join(dir, "state")), services(ca))
		if err != nil {
			t.Fatal(err)
		}
		// The numbers that the preparing process drew to measure the token.
		if _, err := ca.TokenSize(t.Context(), crypto.SHA512); err != nil {
			t.Fatal(err)
		}
		write("out.pdf", func(w io.Writer) error { return p.Complete(t.Context(), w, read(t, filepath.Join(dir, "value"))) })
	case "direct":
		write("direct.pdf", func(w io.Writer) error { return signer.Sign(t.Context(), w, doc, req) })
	}
}
