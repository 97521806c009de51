package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/corpus"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/verify"
)

var (
	contractDir = flag.String("contract", "", "folder of a finished run whose contract is changed at every byte")
	kills       = flag.Int("kills", 4, "how often the kill test kills")
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// tell runs the example and returns its exit code and its output.
func tell(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit := run(t.Context(), args, &stdout, &stderr)
	return exit, stdout.String() + stderr.String()
}

// TestTwice: a second run on the same database keeps both envelopes.
func TestTwice(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { twice(t) })
	t.Run("PostgreSQL", func(t *testing.T) { twice(t, "-postgres", pgtest.DSN(t)) })
}

func twice(t *testing.T, flags ...string) {
	out := t.TempDir()
	for n := 1; n <= 2; n++ {
		exit, said := tell(t, append(flags, "-out", out)...)
		if exit != 0 || strings.Count(said, "消费明细") != n || strings.Count(said, "签名有效且可信") != 3 {
			t.Fatalf("run %d: exit %d\n%s", n, exit, said)
		}
	}
	for _, name := range []string{"contract-signed.pdf", "seal.png", "seal.svg", "evidence.pdf", "verify.json", "roots.pem"} {
		if st, err := os.Stat(filepath.Join(out, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(out, "verify.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Verdict    string
		Signatures []struct{ Level, Changes string }
	}
	if err := json.Unmarshal(b, &v); err != nil || v.Verdict != "valid" || len(v.Signatures) != 4 || v.Signatures[0].Level != "B-LTA" || v.Signatures[3].Level != "TS" {
		t.Errorf("%v %+v", err, v)
	}
}

// TestBadInput: each input is refused with its rule and leaves no envelope behind.
func TestBadInput(t *testing.T) {
	good, err := contract(companyName, companyCode, partner.name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		in   []byte
		says string
	}{
		{"not a PDF", []byte("Guten Tag"), "文件不是 PDF 格式"},
		{"empty", nil, "文件内容为空"},
		{"cut off", good[:len(good)/2], "文件不完整"},
		{"11 MB", append(append([]byte(nil), good...), make([]byte, 11<<20)...), "文件大小不能超过10M"},
		{"encrypted", bytes.Replace(good, []byte("trailer\n<<"), []byte("trailer\n<</Encrypt 1 0 R"), 1), "文件已加密"},
	} {
		path := filepath.Join(dir, "in.pdf")
		if err := os.WriteFile(path, c.in, 0o600); err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		exit, said := tell(t, "-out", out, "-in", path)
		if exit != 2 || !strings.Contains(said, c.says) {
			t.Errorf("%s: exit %d\n%s", c.name, exit, said)
		}
		if exit, said = tell(t, "-out", out); exit != 0 || strings.Count(said, "消费明细") != 1 {
			t.Errorf("%s: the next run: exit %d\n%s", c.name, exit, said)
		}
	}
	for _, args := range [][]string{{"-in", filepath.Join(dir, "absent.pdf")}, {"-frobnicate"}, {"-postgres", "x"}, {"-postgres", "x", "-db", "y"}, {"extra"}} {
		if exit, said := tell(t, append([]string{"-out", t.TempDir()}, args...)...); exit != 2 {
			t.Errorf("%v: exit %d\n%s", args, exit, said)
		}
	}
}

// TestSamples signs sample files from other producers end to end.
func TestSamples(t *testing.T) {
	signed, out := 0, t.TempDir()
	for i, f := range corpus.Files(t) {
		if f.Kind != "parse" || i%12 != 0 {
			continue
		}
		exit, said := tell(t, "-out", out, "-in", f.Path)
		switch {
		case exit == 0:
			signed++
		case exit != 2 && !strings.Contains(said, "签署位置超出页面范围"):
			t.Errorf("%s: exit %d\n%s", f.Name, exit, said)
		}
	}
	if signed < 8 {
		t.Errorf("only %d samples went through", signed)
	}
}

// TestEveryByteOfTheContract changes every byte of the signed contract; in a
// short run, one in 199.
func TestEveryByteOfTheContract(t *testing.T) {
	dir, stride := *contractDir, 1
	if dir == "" {
		dir, stride = t.TempDir(), 199
		if exit, said := tell(t, "-out", dir); exit != 0 {
			t.Fatal(said)
		}
	}
	good, err := os.ReadFile(filepath.Join(dir, "contract-signed.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "roots.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := verify.ParseRoots(pem)
	if err != nil {
		t.Fatal(err)
	}
	p := verify.Policy{Roots: roots, Time: time.Now(), Revocation: verify.UnsafeSkipRevocation}
	hex := func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
	var wg sync.WaitGroup
	const workers = 2
	for w := range workers {
		wg.Go(func() {
			b := bytes.Clone(good)
			for i := w * stride; i < len(good); i += workers * stride {
				flip := byte(1) << (i / stride % 8)
				if hex(good[i]) && hex(good[i]^flip) && flip == 0x20 {
					flip = 1 // the letter case of hexadecimal digits has no meaning
				}
				b[i] ^= flip
				rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), p)
				if err != nil || rep.Valid() || rep.Verdict == verify.Unreadable || rep.Verdict == verify.Unsigned {
					t.Errorf("byte %d %q → %q: %v %v", i, good[i], b[i], rep, err)
				}
				b[i] = good[i]
			}
		})
	}
	wg.Wait()
	t.Logf("%d bytes, one in %d", len(good), stride)
}

// TestKilled kills the program at random points and runs it again on the same database.
// It finishes what was left, and every charge belongs to a complete envelope (the
// program checks this itself, and exits otherwise).
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program many times; not in the short run")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "quickstart")
	if b, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	out := filepath.Join(dir, "out")
	killed := 0
	for n := range *kills {
		cmd := exec.CommandContext(t.Context(), bin, "-out", out)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		at := time.Duration(rand.IntN(750)) * time.Millisecond
		time.Sleep(at)
		_ = cmd.Process.Kill() // it may have ended by itself
		if cmd.Wait() != nil {
			killed++
		}
		b, err := exec.CommandContext(t.Context(), bin, "-out", out).CombinedOutput()
		if err != nil || strings.Count(string(b), "签名有效且可信") != 3 {
			t.Fatalf("after kill %d at %v: %v\n%s", n, at, err, b)
		}
	}
	t.Logf("%d of %d runs were killed before they ended", killed, *kills)
	if killed == 0 {
		t.Error("no run was killed")
	}
}
