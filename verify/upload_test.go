package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA33UploadActive (A33): whatever makes a document act by itself is found before
// anyone signs it, and Normalize leaves it out.
func TestA33UploadActive(t *testing.T) {
	plain := samples.PDF(samples.Spec{Pages: samples.A4(1)})
	found := func(b []byte) []verify.UploadCode {
		findings, err := verify.CheckUpload(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		var codes []verify.UploadCode
		for _, f := range findings {
			if f.Code == verify.UploadActive && f.Remedy != verify.Normalize {
				t.Errorf("the remedy is %v", f.Remedy)
			}
			codes = append(codes, f.Code)
		}
		return codes
	}
	if codes := found(plain); len(codes) != 0 {
		t.Fatalf("a plain document: %v", codes)
	}
	catalog := strings.TrimSuffix(object(t, plain, 1), ">>")
	for name, entry := range map[string]string{
		"a script when it opens":  "/OpenAction<</S/JavaScript/JS(app.alert)>>",
		"a program when it opens": "/OpenAction<</S/Launch/F(calc.exe)>>",
		"a form that is sent":     "/OpenAction<</S/SubmitForm/F(https://example.com)>>",
		"data that is taken in":   "/OpenAction<</S/ImportData/F(x.fdf)>>",
		"actions of the document": "/AA<</WP<</S/JavaScript/JS(x)>>>>",
		"scripts by name":         "/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>",
		"an XFA form":             "/AcroForm<</Fields[]/XFA(x)>>",
	} {
		b := update(plain, 1, map[int]string{1: catalog + entry + ">>"})
		if codes := found(b); !slices.Contains(codes, verify.UploadActive) {
			t.Errorf("%s: %v", name, codes)
		}
		var clean bytes.Buffer
		if err := signer.Normalize(t.Context(), &clean, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if codes := found(clean.Bytes()); len(codes) != 0 {
			t.Errorf("%s, made clean: %v", name, codes)
		}
	}
}
