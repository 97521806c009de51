package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestContract: the default contract is clean, has two pages, and is small because its
// font has only the characters it uses.
func TestContract(t *testing.T) {
	b, err := contract("上海测试科技有限公司", "91310115591693856A", "王小明")
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("CONTRACT_OUT"); path != "" {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := verify.CheckUpload(t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil || len(findings) != 0 {
		t.Errorf("%v %v", findings, err)
	}
	doc, err := signer.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := doc.Pages(); err != nil || n != 2 {
		t.Errorf("%d pages, %v", n, err)
	}
	if len(b) > 400<<10 {
		t.Errorf("%d bytes", len(b))
	}
}
