package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// exit runs the program and returns its exit code and its output.
func exit(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func sample(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(path, samples.PDF(samples.Spec{}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBadUsage: what cannot be done exits 2 with one line, and leaves nothing
// behind.
func TestBadUsage(t *testing.T) {
	dir := t.TempDir()
	in, out, pki := sample(t, dir), filepath.Join(dir, "out.pdf"), filepath.Join(dir, "pki")
	state, socket := filepath.Join(dir, "state"), filepath.Join(dir, "socket")
	l, err := net.Listen("unix", socket) // not a regular file, like a device
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range [][]string{
		{"-bogus"}, {"-page", "x"}, {"-reason"}, {"extra"}, {"-level", "B-X"}, {"-alg", "dsa"}, {"-pss", "-alg", "p256"}, {"-gm"},
		{"-tsa", "foo"}, {"-tsa", "ftp://x/"}, {"-tsa", "none", "-level", "B-T"}, {"-certify", "4"}, {"-certify", "-1"},
		{"-key", "key.pem"}, {"-raw", "x"}, {"-cms", "x"}, {"-complete", "nosuch"}, {"-extend"}, {"-extend", "-level", "B-T"},
		{"-field", "nosuch"}, {"-lock", "nosuch"}, {"-new-field", "x"}, {"-new-field", "A=1,2"}, {"-new-field", "A=99,1,1,9,9"},
		{"-new-field", "A=1.5,1,1,9,9"}, {"-new-field", "A=0,1,1,9,9"}, {"-new-field", "A.b=1,1,1,9,9"}, {"-new-field", "A=right,1,1,1"},
		{"-seal", "nosuch"}, {"-seal", in}, {"-draw", "style=无"}, {"-at", "1,2"},
		{"-draw", "style=公章;name=上海测试科技有限公司", "-at", "NaN,1"}, {"-draw", "style=公章;name=上海测试科技有限公司", "-page", "0"},
		{"-draw", "style=公章;name=上海测试科技有限公司", "-page", "99"}, {"-draw", "style=公章;name=上海测试科技有限公司", "-pages", "2-1"},
		{"-draw", "style=公章;name=上海测试科技有限公司", "-straddle", "up"}, {"-draw", "style=公章;name=上海测试科技有限公司", "-straddle", "top", "-straddle-at", "2"},
		{"-nth", "0"}, {"-out", socket}, {"-out", dir}, {"-out", filepath.Join(dir, "no", "out.pdf")}, {"-in", dir}, {"-in", "nosuch"},
		{"-prepare", state, "-new-field", "A=1,1,1,9,9", "-field", "B"},
	} {
		code, _, errs := exit(t, append([]string{"-in", in, "-out", out, "-pki", pki}, c...)...)
		if code != 2 || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "signpdf: ") {
			t.Errorf("%q: exit %d, said %.200q", c, code, errs)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 3 { // in.pdf, pki, socket
		t.Errorf("left behind: %v, %v", left, err)
	}
	if hidden, err := filepath.Glob(filepath.Join(dir, ".signpdf-*")); err != nil || len(hidden) != 0 {
		t.Errorf("half-written: %v, %v", hidden, err)
	}
}

// TestHelp: -h explains each flag with an example, and is no error.
func TestHelp(t *testing.T) {
	code, _, errs := exit(t, "-h")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, part := range strings.Split(errs, "\n  -")[1:] {
		if name, _, _ := strings.Cut(part, " "); !strings.Contains(part, "for example") || !strings.Contains(part, "-"+strings.TrimSpace(name)) {
			t.Errorf("no example: %q", part)
		}
	}
}

// TestNewFieldBeside: a new field is also made if another one is signed.
func TestNewFieldBeside(t *testing.T) {
	dir := t.TempDir()
	in, mid := sample(t, dir), filepath.Join(dir, "mid.pdf")
	if code, _, errs := exit(t, "-in", in, "-out", mid, "-new-field", "A=1,30,30,20,20", "-field", "A"); code != 0 {
		t.Fatal(errs)
	}
	b, err := os.ReadFile(mid)
	if err != nil || !bytes.Contains(b, []byte("ETSI.CAdES.detached")) {
		t.Errorf("not signed: %v", err)
	}
}

// TestPrepareWithFields: several new fields are laid out before a preparation, and in
// the same way before its completion.
func TestPrepareWithFields(t *testing.T) {
	dir := t.TempDir()
	in, out, state := sample(t, dir), filepath.Join(dir, "out.pdf"), filepath.Join(dir, "state")
	chain, key := keyFiles(t, dir)
	fields := []string{"-in", in, "-out", out, "-new-field", "A=1,30,30,20,20", "-new-field", "B=1,60,30,20,20"}
	code, _, errs := exit(t, append(fields, "-cert", chain, "-prepare", state)...)
	if code != 0 {
		t.Fatal(errs)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a preparation wrote the output")
	}
	raw := rawValue(t, key, state+".tosign")
	if code, _, errs = exit(t, append(fields, "-complete", state, "-raw", raw)...); code != 0 {
		t.Fatal(errs)
	}
}

// TestAtOnce: programs that share a directory of keys share its authorities, and every
// authority is in roots.pem.
func TestAtOnce(t *testing.T) {
	dir := t.TempDir()
	in, pki := sample(t, dir), filepath.Join(dir, "pki")
	var wg sync.WaitGroup
	algs := []string{"p256", "p384", "ed25519", "sm2", "p256", "sm2", "p521", "p256"}
	for i, alg := range algs {
		wg.Go(func() {
			out := filepath.Join(dir, "out"+string(rune('a'+i))+".pdf")
			if code, _, errs := exit(t, "-in", in, "-out", out, "-pki", pki, "-alg", alg); code != 0 {
				t.Error(errs)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(filepath.Join(pki, "roots.pem"))
	if err != nil || bytes.Count(b, []byte("BEGIN CERTIFICATE")) != 2 {
		t.Errorf("roots.pem does not hold two roots: %v\n%s", err, b)
	}
	for i, alg := range algs {
		family := "ecdsa"
		if alg == "sm2" {
			family = "sm2"
		}
		var s devca.State
		state, err := os.ReadFile(filepath.Join(pki, family+".json"))
		if err == nil {
			err = json.Unmarshal(state, &s)
		}
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.ReadFile(filepath.Join(dir, "out"+string(rune('a'+i))+".pdf"))
		if err != nil || !bytes.Contains(f, []byte(hex.EncodeToString(s.Issuing))) {
			t.Errorf("%s is signed under an authority that is not kept: %v", alg, err)
		}
	}
}
