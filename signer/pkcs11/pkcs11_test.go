//go:build (linux || darwin) && (amd64 || arm64)

package pkcs11_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/pkcs11"
	"github.com/dajiaqian/dajiaqian/verify"
)

const pin = "1234"

// softToken is a directory of tokens of SoftHSM2, which pkcs11-tool fills. A process loads a
// module once, so that all tests share it.
type softToken struct{ module, dir string }

var soft = sync.OnceValue(func() *softToken {
	k := &softToken{}
	for _, p := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(p); err == nil {
			k.module = p
		}
	}
	if _, err := exec.LookPath("pkcs11-tool"); err != nil || k.module == "" {
		return nil
	}
	var err error
	if k.dir, err = os.MkdirTemp("", "token"); err != nil {
		panic(err)
	}
	conf, tokens := filepath.Join(k.dir, "softhsm2.conf"), filepath.Join(k.dir, "tokens")
	if err := errors.Join(os.Mkdir(tokens, 0o700), os.WriteFile(conf, []byte("directories.tokendir = "+tokens+"\nlog.level = ERROR\n"), 0o600),
		os.Setenv("SOFTHSM2_CONF", conf)); err != nil {
		panic(err)
	}
	return k
})

func TestMain(m *testing.M) {
	code := m.Run()
	if k := soft(); k != nil {
		os.RemoveAll(k.dir)
	}
	os.Exit(code)
}

// newToken makes an empty token with a label, or skips the test if the programs are absent.
func newToken(t *testing.T, label string) *softToken {
	t.Helper()
	k := soft()
	if k == nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pkcs11-tool and softhsm2 are needed")
		}
		t.Skip("no pkcs11-tool or no softhsm2")
	}
	k.tool(t, "", "--init-token", "--slot-index", k.free(t), "--label", label, "--so-pin", "5678")
	k.tool(t, "", "--init-pin", "--token-label", label, "--login", "--login-type", "so", "--so-pin", "5678", "--new-pin", pin)
	return k
}

// free returns the index of the slot without a token, which is the last.
func (k *softToken) free(t *testing.T) string {
	t.Helper()
	return string(rune('0' + strings.Count(k.tool(t, "", "--list-slots"), "token initialized")))
}

// tool runs pkcs11-tool, logged in to a token if it is named.
func (k *softToken) tool(t *testing.T, label string, args ...string) string {
	t.Helper()
	if label != "" {
		args = append([]string{"--token-label", label, "--login", "--pin", pin}, args...)
	}
	out, err := exec.Command("pkcs11-tool", append([]string{"--module", k.module}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestCredential signs documents with keys that were made in a token and cannot be read out
// (T17), RSA with both paddings and ECDSA.
func TestCredential(t *testing.T) {
	k := newToken(t, "企业")
	now := time.Now()
	ca, err := devca.New(devca.Config{Now: func() time.Time { return now }, Algorithm: devca.P256})
	if err != nil {
		t.Fatal(err)
	}
	in := samples.PDF(samples.Spec{})
	for i, c := range []struct {
		label, kind string
		pss         bool
		hash        crypto.Hash
	}{{"rsa", "rsa:2048", false, 0}, {"pss", "rsa:3072", true, crypto.SHA384}, {"p256", "EC:prime256v1", false, 0}, {"p384", "EC:secp384r1", false, crypto.SHA512}} {
		id := "0" + string(rune('1'+i))
		k.tool(t, "企业", "--keypairgen", "--key-type", c.kind, "--id", id, "--label", c.label, "--usage-sign")
		token, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "企业", PIN: pin})
		if err != nil {
			t.Fatal(err)
		}
		key, err := token.Key(c.label) // its public half is an object
		if err != nil {
			t.Fatalf("%s: %v", c.label, err)
		}
		if _, err := token.Credential(c.label); !errors.Is(err, signer.ErrKeyMismatch) {
			t.Errorf("%s, without a certificate: %v", c.label, err)
		}
		chain, err := ca.Certify(devca.Subject{Name: "张三", ID: "410*****2028"}, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		for n, cert := range chain {
			file := filepath.Join(k.dir, "cert.der")
			if err := os.WriteFile(file, cert.Raw, 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"--write-object", file, "--type", "cert", "--label", c.label}
			if n == 0 {
				args = append(args, "--id", id)
			}
			k.tool(t, "企业", args...)
		}
		if err := token.Close(); err != nil {
			t.Fatal(err)
		}
		if token, err = pkcs11.Open(pkcs11.Config{Module: k.module, Token: "企业", PIN: pin}); err != nil {
			t.Fatal(err)
		}
		cred, err := token.Credential(c.label)
		if err != nil || len(cred.Chain) != len(chain) || !cred.Chain[0].Equal(chain[0]) {
			t.Fatalf("%s: %d certificates, %v", c.label, len(cred.Chain), err)
		}
		doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = signer.Sign(t.Context(), &out, doc, signer.Request{Credential: cred, Level: signer.BB, Time: now, PSS: c.pss, Hash: c.hash,
			NewField: &signer.Field{Name: "S"}})
		if err != nil {
			t.Fatalf("%s: %v", c.label, err)
		}
		rep, err := verify.Verify(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()),
			verify.Policy{Roots: ca.Roots(), Time: now.Add(time.Minute), Revocation: verify.UnsafeSkipRevocation})
		if err != nil || !rep.Valid() {
			t.Errorf("%s: %v %v", c.label, rep.Reasons, err)
		}
		said := k.tool(t, "企业", "--list-objects", "--type", "privkey", "--id", id)
		if !strings.Contains(said, "never extractable") {
			t.Errorf("%s: the token would give the key away: %s", c.label, said)
		}
		if err := token.Close(); err != nil {
			t.Error(err)
		}
		digest := sha256.Sum256(nil)
		if _, err := cred.Key.Sign(rand.Reader, digest[:], crypto.SHA256); !errors.Is(err, pkcs11.ErrNoToken) {
			t.Errorf("%s: a closed token signs: %v", c.label, err)
		}
	}
}

// TestConcurrent lets many use a token at once.
func TestConcurrent(t *testing.T) {
	k := newToken(t, "共用")
	k.tool(t, "共用", "--keypairgen", "--key-type", "rsa:2048", "--id", "01", "--usage-sign")
	k.tool(t, "共用", "--keypairgen", "--key-type", "EC:prime256v1", "--id", "02", "--label", "ec", "--usage-sign")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			token, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "共用", PIN: pin})
			if err != nil {
				t.Error(err)
				return
			}
			defer token.Close()
			key, err := token.Key("ec")
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 30 {
				digest := sha256.Sum256([]byte{byte(i)})
				sig, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
				if err != nil || !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], sig) {
					t.Errorf("signature %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
}

// TestRefused: what is wrong is named.
func TestRefused(t *testing.T) {
	k := newToken(t, "另一个")
	newToken(t, "第二个")
	if _, err := pkcs11.Open(pkcs11.Config{Module: k.module, PIN: pin}); !errors.Is(err, pkcs11.ErrNotAlone) {
		t.Errorf("which token: %v", err)
	}
	if _, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "没有", PIN: pin}); !errors.Is(err, pkcs11.ErrNoToken) {
		t.Errorf("no such token: %v", err)
	}
	var e *pkcs11.Error
	if _, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "另一个", PIN: "9999"}); !errors.As(err, &e) || e.Zh() != "PIN码不正确" ||
		strings.Contains(err.Error(), "9999") {
		t.Errorf("a wrong PIN: %v", err)
	}
	first, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "另一个", PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "module.so")
	if err := os.Symlink(k.module, link); err != nil {
		t.Fatal(err)
	}
	second, err := pkcs11.Open(pkcs11.Config{Module: link, Token: "另一个", PIN: pin}) // the same module
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "另一个", PIN: "9999"}); !errors.As(err, &e) || e.Zh() != "PIN码不正确" {
		t.Errorf("a wrong PIN while another is logged in: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := second.Key(""); !errors.Is(err, pkcs11.ErrNoKey) {
		t.Errorf("after the first was closed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{"libtoken.so": "absolute", "/nowhere/libtoken.so": "pkcs11", libc(t): "not a PKCS #11 module"} {
		if _, err := pkcs11.Open(pkcs11.Config{Module: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	token, err := pkcs11.Open(pkcs11.Config{Module: k.module, Token: "另一个", PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	defer token.Close()
	if _, err := token.Key(""); !errors.Is(err, pkcs11.ErrNoKey) {
		t.Errorf("no key: %v", err)
	}
	k.tool(t, "另一个", "--keypairgen", "--key-type", "EC:prime256v1", "--id", "01", "--label", "a", "--usage-sign")
	k.tool(t, "另一个", "--keypairgen", "--key-type", "rsa:2048", "--id", "02", "--label", "b", "--usage-sign")
	if err := token.Close(); err != nil { // SoftHSM2 sees what others add when it is initialised again
		t.Fatal(err)
	}
	if token, err = pkcs11.Open(pkcs11.Config{Module: k.module, Token: "另一个", PIN: pin}); err != nil {
		t.Fatal(err)
	}
	if _, err := token.Key(""); !errors.Is(err, pkcs11.ErrNotAlone) {
		t.Errorf("which key: %v", err)
	}
	key, err := token.Key("b")
	if err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]func() ([]byte, error){
		"a short digest": func() ([]byte, error) { return key.Sign(rand.Reader, make([]byte, 20), crypto.SHA256) },
		"SHA-1":          func() ([]byte, error) { return key.Sign(rand.Reader, make([]byte, 20), crypto.SHA1) },
		"a long salt": func() ([]byte, error) {
			return key.Sign(rand.Reader, make([]byte, 32), &rsa.PSSOptions{SaltLength: -5, Hash: crypto.SHA256})
		},
	} {
		if _, err := f(); !errors.Is(err, pkcs11.ErrNoSigning) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// libc returns a library that is no module.
func libc(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/usr/lib/libSystem.B.dylib", "/lib64/libm.so.6"} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no library to load")
	}
	t.Skip("no library to load")
	return ""
}
