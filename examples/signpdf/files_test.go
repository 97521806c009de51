package main

import (
	"context"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
)

// keyFile writes a key in PKCS #8 and returns its path.
func keyFile(t *testing.T, dir string) (chain, key string) {
	t.Helper()
	chain, k := keyFiles(t, dir)
	der, err := smx509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	key = filepath.Join(dir, "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return chain, key
}

// TestOwnKey: with a key of one's own and no timestamp, no development CA is made.
func TestOwnKey(t *testing.T) {
	dir := t.TempDir()
	in, out := sample(t, dir), filepath.Join(dir, "out.pdf")
	chain, key := keyFile(t, dir)
	if code, _, errs := exit(t, "-in", in, "-out", out, "-cert", chain, "-key", key); code != 0 {
		t.Fatal(errs)
	}
	if _, err := os.Stat(filepath.Join(dir, ".pki")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a development CA was made: %v", err)
	}
	code, said, errs := exit(t, "-in", in, "-explain", "-cert", chain, "-key", key, "-draw", "style=公章;name=上海测试科技有限公司", "-at", "60,60")
	for _, want := range []string{"document: ", "B-B, certificate of \"张三@410*****2028\"", "42.0 × 42.0 mm at (39.0, 39.0)", "found: nothing"} {
		if code != 0 || !strings.Contains(said, want) {
			t.Errorf("-explain lacks %q:\n%s%s", want, said, errs)
		}
	}
}

// TestModes: a new output has the mode that the umask leaves, and one that was there keeps
// its own.
func TestModes(t *testing.T) {
	dir := t.TempDir()
	in := sample(t, dir)
	chain, key := keyFile(t, dir)
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	kept := filepath.Join(dir, "kept.pdf")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]os.FileMode{filepath.Join(dir, "new.pdf"): 0o640, kept: 0o600} {
		if code, _, errs := exit(t, "-in", in, "-out", out, "-cert", chain, "-key", key); code != 0 {
			t.Fatal(errs)
		}
		st, err := os.Stat(out)
		if err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", out, st.Mode(), err, want)
		}
	}
}

// TestPipe: a pipe as input is refused, and not waited for.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.pdf")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	go func() {
		_, _, errs := exit(t, "-in", pipe, "-out", filepath.Join(dir, "out.pdf"))
		done <- errs
	}()
	select {
	case errs := <-done:
		if !strings.Contains(errs, "not a regular file") {
			t.Error(errs)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the pipe")
	}
}

// TestInterrupted: a program that is told to end says so in one line and leaves nothing.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "signpdf")
	if b, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	in := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(in, samples.PDF(samples.Spec{Bulk: 200 << 20}), 0o600); err != nil {
		t.Fatal(err)
	}
	chain, key := keyFile(t, dir)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		out := filepath.Join(dir, "out", sig.String(), "out.pdf")
		if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(ctx, bin, "-in", in, "-out", out, "-cert", chain, "-key", key)
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 5000 { // until the output is being written
			if files, _ := os.ReadDir(filepath.Dir(out)); len(files) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		var exited *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exited) || exited.ExitCode() != 2 || errs.String() != "signpdf: interrupted; nothing was written\n" {
			t.Errorf("%v: %v, %q", sig, err, errs.String())
		}
		if files, _ := os.ReadDir(filepath.Dir(out)); len(files) > 0 {
			t.Errorf("%v: left %v", sig, files)
		}
	}
}
