package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/keyfile"
)

var algorithms = map[string]devca.Algorithm{
	"rsa2048": devca.RSA2048, "rsa3072": devca.RSA3072, "rsa4096": devca.RSA4096,
	"p256": devca.P256, "p384": devca.P384, "p521": devca.P521, "ed25519": devca.Ed25519, "sm2": devca.SM2,
}

// authority opens the development CA of an algorithm's family in a directory, or makes
// it there. Every CA in the directory is in its roots.pem, and writes its CRLs there
// for programs that do not use the network.
func authority(dir string, alg devca.Algorithm) (*devca.CA, error) {
	family, of := "rsa", devca.RSA2048
	switch alg {
	case devca.P256, devca.P384, devca.P521, devca.Ed25519:
		family, of = "ecdsa", devca.P256
	case devca.SM2:
		family, of = "sm2", devca.SM2
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, family+".json")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if b, err = found(path, of); err == nil {
			err = writeRoots(dir)
		}
	}
	if err != nil {
		return nil, err
	}
	var s devca.State
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("%s: not the state of a development CA", path)
	}
	ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: of, State: &s})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ca, writeCRLs(ca, dir, family)
}

// found makes a CA and stores its state at a path. If another program was faster, its
// CA is used.
func found(path string, alg devca.Algorithm) ([]byte, error) {
	ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: alg})
	if err != nil {
		return nil, err
	}
	s, err := ca.State()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if err := create(path, b); errors.Is(err, os.ErrExist) {
		return os.ReadFile(path)
	} else if err != nil {
		return nil, err
	}
	return b, nil
}

func writeCRLs(ca *devca.CA, dir, family string) error {
	issuing, err := ca.CRL()
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{"-root.crl": ca.RootCRL(), "-issuing.crl": issuing} {
		if err := replace(filepath.Join(dir, family+name), func(f *os.File) error { _, err := f.Write(b); return err }); err != nil {
			return err
		}
	}
	return nil
}

// developers are all the CAs of a directory.
type developers []*devca.CA

func authorities(dir string) (developers, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var out developers
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var s devca.State
		if json.Unmarshal(b, &s) != nil || s.Root == nil {
			continue
		}
		ca, err := devca.New(devca.Config{Now: time.Now, State: &s})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, ca)
	}
	return out, nil
}

// Revocation implements signer.Revocations.
func (d developers) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	err = fmt.Errorf("%w: %s", signer.ErrNoEvidence, cert.Subject)
	for _, ca := range d {
		if ocsp, crl, err = ca.Revocation(ctx, cert, issuer); err == nil {
			return ocsp, crl, nil
		}
	}
	return nil, nil, err
}

// writeRoots collects the roots of the CAs in a directory, and repeats it until no
// other program has added one meanwhile.
func writeRoots(dir string) error {
	for written := -1; ; {
		all, err := authorities(dir)
		if err != nil || len(all) == written {
			return err
		}
		err = replace(filepath.Join(dir, "roots.pem"), func(f *os.File) error {
			for _, ca := range all {
				if err := pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: ca.Root().Raw}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		written = len(all)
	}
}

// credential returns what -cert and -key name, or a new one of the development CA.
func (o *options) credential(ca *devca.CA, alg devca.Algorithm) (signer.Credential, error) {
	if o.cert == "" {
		return ca.IssueAs(o.subject(), alg)
	}
	files := []string{o.cert}
	if o.key != "" {
		files = append(files, o.key)
	}
	var data [][]byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return signer.Credential{}, err
		}
		data = append(data, b)
	}
	c, err := keyfile.Read(o.keyPassword, data...)
	if errors.Is(err, keyfile.ErrNoKey) && o.prepare != "" {
		c.Chain, err = keyfile.Chain(data...)
	} else if errors.Is(err, keyfile.ErrNoKey) && o.key == "" {
		err = errors.New("-cert needs -key, or -prepare")
	}
	if err == nil {
		o.certs, err = keyfile.Certificates(o.keyPassword, data...)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", strings.Join(files, ", "), err)
	}
	return c, nil
}

// keep writes the key of a prepared signature beside its state, for a program that
// makes the value, such as openssl pkeyutl.
func (o *options) keep(c signer.Credential) error {
	der, err := smx509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		return err
	}
	return replace(o.prepare+".key", func(f *os.File) error {
		return pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	})
}

// subject returns the company of a drawn seal, or otherwise a person.
func (o *options) subject() devca.Subject {
	d := drawing(o.draw)
	switch {
	case d["style"] == "法人章" || d["style"] == "个人签名章" || d["name"] == "":
		name := o.name
		if name == "" {
			name = "测试签章人"
		}
		return devca.Subject{Name: name, ID: "310*****0000"}
	}
	code := d["code"]
	if code == "" {
		code = "未编码"
	}
	return devca.Subject{Company: d["name"], Code: code, Seal: d["style"]}
}

// selfSigned returns the roots in a chain that contains its own.
func selfSigned(chain []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, c := range chain {
		if string(c.RawIssuer) == string(c.RawSubject) {
			out = append(out, c)
		}
	}
	return out
}
