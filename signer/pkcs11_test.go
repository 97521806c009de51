package signer_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// token is a PKCS #11 token of SoftHSM2, driven by a program. A host's code for
// hardware looks the same.
type token struct {
	module, conf, dir string
}

const pin = "1234"

// newToken makes an empty token, or skips the test if the programs are absent.
func newToken(t *testing.T) *token {
	t.Helper()
	k := &token{dir: t.TempDir()}
	for _, p := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(p); err == nil {
			k.module = p
		}
	}
	_, err := exec.LookPath("pkcs11-tool")
	if err != nil || k.module == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("pkcs11-tool and softhsm2 are needed")
		}
		t.Skip("no pkcs11-tool or no softhsm2")
	}
	k.conf = filepath.Join(k.dir, "softhsm2.conf")
	tokens := filepath.Join(k.dir, "tokens")
	if err := errors.Join(os.Mkdir(tokens, 0o700), os.WriteFile(k.conf, []byte("directories.tokendir = "+tokens+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--init-token", "--slot-index", "0", "--label", "test", "--so-pin", "5678"},
		{"--init-pin", "--token-label", "test", "--login", "--login-type", "so", "--so-pin", "5678", "--new-pin", pin}} {
		if out, err := k.tool(args...); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	return k
}

func (k *token) tool(args ...string) ([]byte, error) {
	cmd := exec.Command("pkcs11-tool", append([]string{"--module", k.module}, args...)...)
	cmd.Env = append(os.Environ(), "SOFTHSM2_CONF="+k.conf)
	return cmd.CombinedOutput()
}

func (k *token) login(args ...string) ([]byte, error) {
	return k.tool(append([]string{"--token-label", "test", "--login", "--pin", pin}, args...)...)
}

// hardKey is a key that never leaves its token.
type hardKey struct {
	*token
	id, mechanism string
	pub           crypto.PublicKey
	asked         int
}

// generate makes a key in the token and reads its public half out.
func (k *token) generate(t *testing.T, id, kind, mechanism string) *hardKey {
	t.Helper()
	if out, err := k.login("--keypairgen", "--key-type", kind, "--id", id, "--usage-sign"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	der := filepath.Join(k.dir, id+".der")
	if out, err := k.login("--read-object", "--type", "pubkey", "--id", id, "--output-file", der); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(der)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := x509.ParsePKIXPublicKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return &hardKey{token: k, id: id, mechanism: mechanism, pub: pub}
}

func (h *hardKey) Public() crypto.PublicKey { return h.pub }

// Sign gives the token the digest; for RSA in its DigestInfo (RFC 8017, 9.2).
func (h *hardKey) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	h.asked++
	args := []string{"--sign", "--id", h.id, "--mechanism", h.mechanism}
	if h.mechanism == "RSA-PKCS" {
		digest = append([]byte("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"), digest...)
	} else {
		args = append(args, "--signature-format", "openssl")
	}
	in, out := filepath.Join(h.dir, "in"), filepath.Join(h.dir, "out")
	if err := os.WriteFile(in, digest, 0o600); err != nil {
		return nil, err
	}
	if said, err := h.login(append(args, "--input-file", in, "--output-file", out)...); err != nil {
		return nil, errors.New(string(said))
	}
	return os.ReadFile(out)
}

// TestPKCS11 signs with keys that were made in a token and cannot be read out.
func TestPKCS11(t *testing.T) {
	k := newToken(t)
	ca := newCA(t, devca.P256)
	for name, c := range map[string]struct{ id, kind, mechanism string }{
		"RSA": {"01", "rsa:2048", "RSA-PKCS"}, "P-256": {"02", "EC:prime256v1", "ECDSA"},
	} {
		t.Run(name, func(t *testing.T) {
			key := k.generate(t, c.id, c.kind, c.mechanism)
			switch pub := key.pub.(type) {
			case *rsa.PublicKey:
				if pub.N.BitLen() != 2048 {
					t.Fatalf("%d bits", pub.N.BitLen())
				}
			case *ecdsa.PublicKey:
				if pub.Curve != elliptic.P256() {
					t.Fatal("another curve")
				}
			}
			chain, err := ca.Certify(devca.Subject{Name: "张三", ID: "410*****2028"}, key.Public())
			if err != nil {
				t.Fatal(err)
			}
			out := sign(t, tablePDF(1), request(ca, signer.Credential{Chain: chain, Key: key}, signer.BT, "S"))
			valid(t, ca, out)
			if key.asked != 1 {
				t.Errorf("the token was asked %d times", key.asked)
			}
			secret := filepath.Join(k.dir, "secret")
			said, _ := k.login("--read-object", "--type", "privkey", "--id", c.id, "--output-file", secret)
			if b, rerr := os.ReadFile(secret); rerr == nil && len(b) > 0 {
				t.Errorf("the private key was read out: %s", said)
			}
			// What the token itself says about the key (PKCS #11,
			// CKA_NEVER_EXTRACTABLE).
			said, err = k.login("--list-objects", "--type", "privkey", "--id", c.id)
			if err != nil || !bytes.Contains(said, []byte("sensitive")) || !bytes.Contains(said, []byte("never extractable")) {
				t.Errorf("the token would give the key away: %v\n%s", err, said)
			}
		})
	}
}
