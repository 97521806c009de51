package keyfile_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/keyfile"
)

// issued returns a credential of a development CA, and the CA's own certificate.
func issued(t testing.TB, alg devca.Algorithm) (signer.Credential, *x509.Certificate) {
	t.Helper()
	ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: alg})
	if err != nil {
		t.Fatal(err)
	}
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		t.Fatal(err)
	}
	return cred, ca.Root()
}

func certificates(certs ...*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func pkcs8(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := smx509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// check holds that a credential is the one that was written.
func check(t *testing.T, name string, got signer.Credential, err error, want signer.Credential) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if k, ok := got.Key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !k.Equal(want.Key.Public()) {
		t.Errorf("%s: another key", name)
	}
	if len(got.Chain) != len(want.Chain) {
		t.Errorf("%s: %d certificates, want %d", name, len(got.Chain), len(want.Chain))
		return
	}
	for i, c := range got.Chain {
		if !c.Equal(want.Chain[i]) {
			t.Errorf("%s: certificate %d is another", name, i)
		}
	}
}

// TestOrder: files and certificates may come in any order, more than once, and with
// certificates of others.
func TestOrder(t *testing.T) {
	for _, alg := range []devca.Algorithm{devca.P256, devca.RSA2048, devca.SM2, devca.Ed25519} {
		want, root := issued(t, alg)
		stranger, _ := issued(t, alg)
		key := pkcs8(t, want.Key)
		for name, files := range map[string][][]byte{
			"in order":      {certificates(want.Chain...), key},
			"key first":     {key, certificates(want.Chain...)},
			"backwards":     {key, certificates(append([]*x509.Certificate{root}, want.Chain[1], want.Chain[0])...)},
			"one file":      {append(append(certificates(root), key...), certificates(want.Chain...)...)},
			"twice":         {key, key, certificates(want.Chain...), certificates(want.Chain...)},
			"with others":   {certificates(stranger.Chain...), key, certificates(want.Chain...)},
			"DER":           {want.Chain[1].Raw, want.Chain[0].Raw, key},
			"text between":  {[]byte("subject=/CN=x\n" + string(certificates(want.Chain...)) + "\nissuer=y\n" + string(key))},
			"with a CR":     {bytes.ReplaceAll(key, []byte("\n"), []byte("\r\n")), bytes.ReplaceAll(certificates(want.Chain...), []byte("\n"), []byte("\r\n"))},
			"EC parameters": {append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), key...), certificates(want.Chain...)},
		} {
			got, err := keyfile.Read("", files...)
			check(t, fmt.Sprintf("%v, %s", alg, name), got, err, want)
		}
		chain, err := keyfile.Chain(certificates(root, want.Chain[1], want.Chain[0]))
		check(t, "a chain alone", signer.Credential{Key: want.Key, Chain: chain}, err, want)
	}
}

// TestFormats reads what openssl writes.
func TestFormats(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is needed")
		}
		t.Skip("no openssl")
	}
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	openssl := func(args ...string) []byte {
		t.Helper()
		out := filepath.Join(dir, "out")
		if b, err := exec.Command("openssl", append(args, "-out", out)...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, b)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, alg := range []devca.Algorithm{devca.P256, devca.RSA2048} {
		want, root := issued(t, alg)
		key := file("key.pem", pkcs8(t, want.Key))
		leaf, above := file("leaf.pem", certificates(want.Chain[0])), file("above.pem", certificates(want.Chain[1], root))
		chain := certificates(want.Chain...)
		old := "rsa"
		if alg == devca.P256 {
			old = "ec"
		}
		for name, c := range map[string]struct {
			files     [][]byte
			encrypted bool
		}{
			"PKCS #1 or SEC 1":          {[][]byte{openssl(traditional(old, key)...), chain}, false},
			"the same in DER":           {[][]byte{openssl(append(traditional(old, key), "-outform", "DER")...), chain}, false},
			"the same, encrypted":       {[][]byte{openssl(append(traditional(old, key), "-aes256", "-passout", "pass:secret")...), chain}, true},
			"PKCS #8 in DER":            {[][]byte{openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER"), chain}, false},
			"encrypted":                 {[][]byte{openssl("pkcs8", "-topk8", "-in", key, "-passout", "pass:secret"), chain}, true},
			"encrypted with scrypt":     {[][]byte{openssl("pkcs8", "-topk8", "-scrypt", "-in", key, "-passout", "pass:secret"), chain}, true},
			"encrypted, in DER":         {[][]byte{openssl("pkcs8", "-topk8", "-in", key, "-outform", "DER", "-passout", "pass:secret"), chain}, true},
			"PKCS #12":                  {[][]byte{openssl("pkcs12", "-export", "-inkey", key, "-in", leaf, "-certfile", above, "-passout", "pass:secret")}, true},
			"PKCS #12, old":             {[][]byte{openssl("pkcs12", "-export", "-legacy", "-inkey", key, "-in", leaf, "-certfile", above, "-passout", "pass:secret")}, true},
			"PKCS #12, chain elsewhere": {[][]byte{openssl("pkcs12", "-export", "-inkey", key, "-in", leaf, "-passout", "pass:secret"), certificates(want.Chain[1])}, true},
		} {
			name = fmt.Sprintf("%v, %s", alg, name)
			got, err := keyfile.Read("secret", c.files...)
			check(t, name, got, err, want)
			for password, refused := range map[string]error{"": keyfile.ErrPasswordNeeded, "wrong": keyfile.ErrPassword} {
				if !c.encrypted {
					refused = nil
				}
				if _, err := keyfile.Read(password, c.files...); !errors.Is(err, refused) {
					t.Errorf("%s, password %q: %v, want %v", name, password, err, refused)
				}
			}
		}
	}
}

// traditional returns how openssl writes a key in the form before PKCS #8.
func traditional(kind, key string) []string {
	if kind == "rsa" {
		return []string{"rsa", "-traditional", "-in", key}
	}
	return []string{kind, "-in", key}
}

// TestRefused: each thing that can be wrong has an error of its own, in both languages,
// and none quotes a key.
func TestRefused(t *testing.T) {
	want, _ := issued(t, devca.P256)
	other, _ := issued(t, devca.P256)
	key, chain := pkcs8(t, want.Key), certificates(want.Chain...)
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // to be refused
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: want.Chain[0].SerialNumber, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &short.PublicKey, short)
	if err != nil {
		t.Fatal(err)
	}
	weak := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret := strings.Split(string(key), "\n")[1]
	for name, c := range map[string]struct {
		files [][]byte
		want  error
	}{
		"nothing":             {nil, keyfile.ErrNoKey},
		"no key":              {[][]byte{chain}, keyfile.ErrNoKey},
		"no certificate":      {[][]byte{key}, keyfile.ErrNoCertificate},
		"two keys":            {[][]byte{key, pkcs8(t, other.Key), chain}, keyfile.ErrKeys},
		"another's key":       {[][]byte{pkcs8(t, other.Key), chain}, keyfile.ErrMismatch},
		"as the signer says":  {[][]byte{pkcs8(t, other.Key), chain}, signer.ErrKeyMismatch},
		"a short key":         {[][]byte{pkcs8(t, short), weak}, keyfile.ErrShort},
		"a damaged key":       {[][]byte{pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{0x30, 0}}), chain}, keyfile.ErrDamaged},
		"a damaged one":       {[][]byte{key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{0x30, 0}})}, keyfile.ErrDamaged},
		"encrypted, damaged":  {[][]byte{pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{0x30, 0}}), chain}, keyfile.ErrDamaged},
		"something else":      {[][]byte{[]byte("<html>404</html>"), chain}, keyfile.ErrUnknown},
		"an empty file":       {[][]byte{{}, chain}, keyfile.ErrUnknown},
		"a damaged PKCS #12":  {[][]byte{{0x30, 0x82, 1, 0, 2, 1, 3, 0x30, 0, 0}}, keyfile.ErrDamaged},
		"too large":           {[][]byte{make([]byte, 1<<20+1)}, keyfile.ErrTooLarge},
		"a cut key":           {[][]byte{key[:len(key)/2], chain}, keyfile.ErrUnknown},
		"several that issued": {nil, nil},
	} {
		var err error
		if c.want == nil {
			c.want = keyfile.ErrSigners
			_, err = keyfile.Chain(chain, certificates(other.Chain...))
		} else {
			_, err = keyfile.Read("", c.files...)
		}
		var typed *keyfile.Error
		if !errors.Is(err, c.want) || !errors.As(err, &typed) || typed.Zh() == "" {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
}

// FuzzRead: no file makes reading fail in another way than by an Error.
func FuzzRead(f *testing.F) {
	want, _ := issued(f, devca.P256)
	f.Add(pkcs8(f, want.Key))
	f.Add(certificates(want.Chain...))
	f.Add(want.Chain[0].Raw)
	f.Add([]byte{0x30, 0x82, 1, 0, 2, 1, 3, 0x30, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var typed *keyfile.Error
		if _, err := keyfile.Read("p", b); err != nil && !errors.As(err, &typed) {
			t.Errorf("%v", err)
		}
	})
}
