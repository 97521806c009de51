package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodes(t *testing.T) {
	ca, err := devca.New(devca.Config{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		t.Fatal(err)
	}
	art, err := seal.Draw(seal.Spec{Style: seal.StyleSignature, Name: "张三"})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := art.PDF(&page); err != nil {
		t.Fatal(err)
	}
	unsigned := page.Bytes()
	doc, err := signer.Open(bytes.NewReader(unsigned), int64(len(unsigned)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := signer.Sign(t.Context(), &out, doc, signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca},
		Time: time.Now(), NewField: &signer.Field{Name: "S"}}); err != nil {
		t.Fatal(err)
	}
	roots := write(t, "roots.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Root().Raw}))
	good := write(t, "good.pdf", out.Bytes())
	bad := write(t, "bad.pdf", bytes.Replace(out.Bytes(), []byte("/MediaBox"), []byte("/MediaBux"), 1))
	plain := write(t, "plain.pdf", unsigned)
	text := write(t, "text.pdf", []byte("no PDF at all"))
	for _, c := range []struct {
		name string
		args []string
		exit int
		says string // on either stream
	}{
		{"valid", []string{"-roots", roots, good}, 0, "签章结果: 签名有效且可信"},
		{"no roots", []string{good}, 1, "NO_CERTIFICATE_CHAIN_FOUND"},
		{"changed", []string{"-roots", roots, bad}, 1, "签名无效"},
		{"unsigned", []string{"-roots", roots, plain}, 1, "文件中共有 0 个签名"},
		{"not a PDF", []string{"-roots", roots, text}, 2, "文件无法验签"},
		{"one good, one bad", []string{"-roots", roots, good, bad}, 1, "签名无效"},
		{"absent", []string{filepath.Join(t.TempDir(), "absent.pdf")}, 2, "no such file"},
		{"a folder", []string{t.TempDir()}, 2, "not a regular file"},
		{"no file", nil, 2, "at least one file"},
		{"unknown flag", []string{"-frobnicate", good}, 2, "not defined"},
		{"bad grade", []string{"-max-change", "other", good}, 2, "-max-change"},
		{"bad time", []string{"-at", "yesterday", good}, 2, "-at"},
		{"bad roots", []string{"-roots", plain, good}, 2, "no certificate"},
		{"before the signature", []string{"-roots", roots, "-at", "2020-01-01T00:00:00Z", good}, 1, "TIME_FUTURE"},
		{"help", []string{"-h"}, 0, "for example -roots roots.pem"},
	} {
		var stdout, stderr bytes.Buffer
		if exit := run(t.Context(), c.args, &stdout, &stderr); exit != c.exit {
			t.Errorf("%s: exit %d, want %d\n%s%s", c.name, exit, c.exit, &stdout, &stderr)
		}
		if !strings.Contains(stdout.String()+stderr.String(), c.says) {
			t.Errorf("%s: %q is not in\n%s%s", c.name, c.says, &stdout, &stderr)
		}
	}
	var stdout, stderr bytes.Buffer
	run(t.Context(), []string{"-json", "-roots", roots, good, plain}, &stdout, &stderr)
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	for i, want := range []string{"valid", "unsigned"} {
		var got struct {
			File, Verdict string
			Signatures    []any
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.Verdict != want || got.File == "" {
			t.Errorf("line %d: %v %+v", i, err, got)
		}
	}
}
