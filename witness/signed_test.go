package witness_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// algorithms are those of the keys: of the signer, the authorities and the
// responder alike.
var algorithms = []struct {
	name string
	of   devca.Algorithm
}{
	{"rsa2048", devca.RSA2048},
	{"p256", devca.P256},
	{"ed25519", devca.Ed25519},
	{"sm2", devca.SM2},
}

var levels = []struct {
	name string
	of   signer.Level
}{{"B-B", signer.BB}, {"B-T", signer.BT}, {"B-LT", signer.BLT}, {"B-LTA", signer.BLTA}}

// clock is a minute slow. pdfcpu takes the time before it fetches a CRL, and a list
// made a second later is of the future for it.
func clock() time.Time { return time.Now().Add(-time.Minute) }

// authority is a development CA with somebody it issued a certificate for. It
// answers over loopback too, for readers that ask the addresses in certificates.
type authority struct {
	*devca.CA
	algorithm string
	cred      signer.Credential
}

// authorities are one of each algorithm. They are made once. Their servers live
// as long as the process.
var authorities = sync.OnceValues(func() (map[string]*authority, error) {
	all := map[string]*authority{}
	for _, a := range algorithms {
		server := httptest.NewUnstartedServer(nil)
		ca, err := devca.New(devca.Config{Now: clock, Algorithm: a.of, URL: "http://" + server.Listener.Addr().String()})
		if err != nil {
			return nil, err
		}
		server.Config.Handler = ca.Handler()
		server.Start()
		cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
		if err != nil {
			return nil, err
		}
		all[a.name] = &authority{ca, a.name, cred}
	}
	return all, nil
})

func authorityOf(t testing.TB, algorithm string) *authority {
	t.Helper()
	all, err := authorities()
	if err != nil {
		t.Fatal(err)
	}
	return all[algorithm]
}

// pool has the root of the authority, as crypto/x509 takes it.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.Root())
	return pool
}

// sign signs a file at a level, in a new invisible field.
func (a *authority) sign(file []byte, field string, level signer.Level) ([]byte, error) {
	doc, err := signer.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = signer.Sign(context.Background(), &out, doc, signer.Request{
		Credential: a.cred, Level: level, Time: clock(), NewField: &signer.Field{Name: field},
		Services: signer.Services{Timestamper: a, Revocations: a, Roots: a.Roots()},
	})
	return out.Bytes(), err
}

// signedFile is a file of the matrix.
type signedFile struct {
	*authority
	level string
	data  []byte
}

// matrix are the files that our signer made: every level with every algorithm.
// They are made once. No test writes into them.
var matrix = sync.OnceValues(func() ([]signedFile, error) {
	all, err := authorities()
	if err != nil {
		return nil, err
	}
	var files []signedFile
	for _, a := range algorithms {
		for _, l := range levels {
			data, err := all[a.name].sign(small.pdf(), "S", l.of)
			if err != nil {
				return nil, err
			}
			files = append(files, signedFile{all[a.name], l.name, data})
		}
	}
	return files, nil
})

// each runs a test for every file of the matrix.
func each(t *testing.T, run func(t *testing.T, f signedFile)) {
	t.Helper()
	files, err := matrix()
	if err != nil {
		t.Fatal(err)
	}
	if want := len(algorithms) * len(levels); len(files) != want {
		t.Fatalf("%d files, want %d", len(files), want)
	}
	for _, f := range files {
		t.Run(f.algorithm+"/"+f.level, func(t *testing.T) { run(t, f) })
	}
}

// unread is what a reader cannot read: an algorithm, or an algorithm with a level
// behind a slash, and the words of the refusal.
type unread map[string]string

// check compares what a reader said of a file with what it must say. It reports
// whether the file was read.
func (u unread) check(t *testing.T, f signedFile, err error) bool {
	t.Helper()
	words, refused := u[f.algorithm]
	if w, ok := u[f.algorithm+"/"+f.level]; ok {
		words, refused = w, true
	}
	switch {
	case !refused && err != nil:
		t.Errorf("not read: %v", err)
	case refused && err == nil:
		t.Errorf("it reads this now: take it out of the table, where it stands with %q", words)
	case refused && !strings.Contains(err.Error(), words):
		t.Errorf("refused with %q, want %q", err, words)
	}
	return !refused && err == nil
}
