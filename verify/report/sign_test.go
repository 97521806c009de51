package report_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify/report"
)

// TestSign: the signature verifies over the report, and over nothing else, with every kind
// of key.
func TestSign(t *testing.T) {
	xml := []byte("<ValidationReport/>\n")
	for name, alg := range map[string]devca.Algorithm{"RSA": devca.RSA2048, "P-256": devca.P256, "Ed25519": devca.Ed25519, "SM2": devca.SM2} {
		ca := newCA(t, alg)
		cred := issue(t, ca)
		der, err := report.Sign(xml, cred.Chain, cred.Key, signingTime)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sd, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		h, err := sd.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := sd.Verify(h.Sum(xml)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := sd.Verify(h.Sum(append(bytes.Clone(xml), ' '))); err == nil {
			t.Errorf("%s: it verifies over another report", name)
		}
		if sd.Content != nil || !sd.SigningTime().Equal(signingTime) {
			t.Errorf("%s: content %q, time %v", name, sd.Content, sd.SigningTime())
		}
		if name != "SM2" && name != "Ed25519" { // which openssl cms does not know in all its versions
			askOpenSSL(t, ca, xml, der)
		}
	}
}

// askOpenSSL has openssl verify the signature, and refuse it over other bytes.
func askOpenSSL(t *testing.T, ca *devca.CA, xml, der []byte) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is absent")
		}
		t.Log("openssl is absent: the outside check is left out")
		return
	}
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	root, err := exec.CommandContext(t.Context(), path, "x509", "-inform", "DER", "-in", put("root.cer", ca.Root().Raw)).Output()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(content []byte) error {
		return exec.CommandContext(t.Context(), path, "cms", "-verify", "-binary", "-inform", "DER", "-in", put("r.p7s", der), "-content", put("r.xml", content),
			"-CAfile", put("root.pem", root), "-purpose", "any", "-attime", "1772613000", "-out", filepath.Join(dir, "out")).Run()
	}
	if err := ask(xml); err != nil {
		t.Errorf("openssl: %v", err)
	}
	if err := ask(append(bytes.Clone(xml), ' ')); err == nil {
		t.Error("openssl accepts another report")
	}
}

func TestSignRefuses(t *testing.T) {
	cred, other := issue(t, newCA(t, devca.P256)), issue(t, newCA(t, devca.RSA2048))
	for name, c := range map[string]struct {
		chain []*x509.Certificate
		key   bool
		at    time.Time
		want  string
	}{
		"no chain":       {nil, true, signingTime, "needs a chain"},
		"no key":         {cred.Chain, false, signingTime, "needs a key"},
		"no time":        {cred.Chain, true, time.Time{}, "needs a time"},
		"another's key":  {other.Chain, true, signingTime, ""},
		"no certificate": {[]*x509.Certificate{nil}, true, signingTime, "needs a chain"},
	} {
		key := cred.Key
		if !c.key {
			key = nil
		}
		_, err := report.Sign([]byte("x"), c.chain, key, c.at)
		if err == nil || !strings.HasPrefix(err.Error(), "report: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
