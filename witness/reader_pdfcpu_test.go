package witness_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// pdfcpuUnread is what pdfcpu cannot judge. It lists the signature all the same.
var pdfcpuUnread = unread{
	"sm2": "unsupported elliptic curve", // crypto/x509 parses its certificates

	// It knows no /VRI in the DSS, which PAdES allows (ETSI EN 319 142-1, 5.4.2.3),
	// and takes no DSS that has one.
	"rsa2048/B-LT":  "DSS dict entry VRI: unsupported",
	"rsa2048/B-LTA": "DSS dict entry VRI: unsupported",
	"p256/B-LT":     "DSS dict entry VRI: unsupported",
	"p256/B-LTA":    "DSS dict entry VRI: unsupported",
	"ed25519/B-LT":  "DSS dict entry VRI: unsupported",
	"ed25519/B-LTA": "DSS dict entry VRI: unsupported",
}

// trust makes the root of an authority one of pdfcpu's trusted certificates.
func trust(t *testing.T, a *authority) {
	t.Helper()
	if a.algorithm == "sm2" {
		return // the file would keep pdfcpu from reading any of them
	}
	file := filepath.Join(model.TrustedCertDir, a.algorithm+".pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	model.MarkCertificateStoreChanged()
}

// pdfcpuConf is strict about the structure, and lets pdfcpu ask the authorities of
// this test about revocation.
func pdfcpuConf() *model.Configuration {
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationStrict
	conf.AllowedRevocationHosts = []string{"127.0.0.1"}
	return conf
}

func pdfcpuLists(t *testing.T, file []byte) []*model.SignatureValidationResult {
	t.Helper()
	all, err := api.ValidateSignaturesRaw(bytes.NewReader(file), true, pdfcpuConf())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// pdfcpuSays is what pdfcpu found out about one signature.
func pdfcpuSays(r *model.SignatureValidationResult) error {
	if r.Status == model.SignatureStatusValid {
		return nil
	}
	problems := r.Problems
	for _, s := range r.Details.Signers {
		problems = append(problems, s.Problems...)
	}
	return fmt.Errorf("%v: %v: %s", r.Status, r.Reason, strings.Join(problems, "; "))
}

// pdfcpu finds the structure of every file in order by its strict rules, lists every signature, and
// calls valid those that it can judge. It asks our CRL over HTTP on the way.
func TestPdfcpu(t *testing.T) {
	each(t, func(t *testing.T, f signedFile) {
		trust(t, f.authority)
		if err := api.Validate(bytes.NewReader(f.data), pdfcpuConf()); err != nil {
			t.Error(err)
		}
		all := pdfcpuLists(t, f.data)
		want := map[string]int{"S": model.SigTypeForm}
		if f.level == "B-LTA" {
			want["Timestamp1"] = model.SigTypeDTS
		}
		if len(all) != len(want) {
			t.Fatalf("it lists %d signatures, want %d", len(all), len(want))
		}
		for _, r := range all {
			if pdfcpuUnread.check(t, f, pdfcpuSays(r)) {
				if r.Details.SignerIdentity != f.cred.Chain[0].Subject.CommonName {
					t.Errorf("the signer is %q", r.Details.SignerIdentity)
				}
				all := pdfcpuLists(t, changed(f.data))
				if len(all) != 1 || all[0].Status != model.SignatureStatusInvalid || all[0].DocModified != model.True {
					t.Errorf("a changed byte: %v", all)
				}
			}
			if kind, ok := want[r.Details.FieldName]; f.algorithm != "sm2" && (!ok || r.Type != kind || !r.Signed) {
				t.Errorf("it lists %q of type %d, signed %v", r.Details.FieldName, r.Type, r.Signed)
			}
		}
	})
}

// pdfcpu sees a structure that is broken.
func TestPdfcpuRefuses(t *testing.T) {
	a := authorityOf(t, "p256")
	file, err := a.sign(small.pdf(), "S", levels[0].of)
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Replace(file, []byte("/Count 1"), []byte("/Count x"), 1)
	if api.Validate(bytes.NewReader(broken), pdfcpuConf()) == nil {
		t.Error("a broken page tree is in order for it")
	}
}
