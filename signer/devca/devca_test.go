package devca_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func now() time.Time { return time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC) }

var algorithms = map[string]devca.Algorithm{"P-256": devca.P256, "P-384": devca.P384, "P-521": devca.P521, "RSA": devca.RSA2048,
	"Ed25519": devca.Ed25519, "SM2": devca.SM2}

func newCA(t testing.TB, c devca.Config) *devca.CA {
	t.Helper()
	c.Now = now
	ca, err := devca.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *devca.CA) []*x509.Certificate {
	t.Helper()
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		t.Fatal(err)
	}
	return cred.Chain
}

// TestSeed: the same seed gives the same certificates, tokens, answers and lists, with
// every algorithm; another seed gives others.
func TestSeed(t *testing.T) {
	for name, alg := range algorithms {
		t.Run(name, func(t *testing.T) {
			all := func(seed string) []byte {
				ca := newCA(t, devca.Config{Algorithm: alg, Seed: []byte(seed), URL: "http://ca.test"})
				chain := issue(t, ca)
				out := append(bytes.Clone(ca.Root().Raw), ca.RootCRL()...)
				for _, c := range chain {
					out = append(out, c.Raw...)
				}
				token, err := ca.Timestamp(t.Context(), crypto.SHA256, make([]byte, 32))
				if err != nil {
					t.Fatal(err)
				}
				ocsp, _, err := ca.Revocation(t.Context(), chain[0], chain[1])
				if err != nil {
					t.Fatal(err)
				}
				list, err := ca.CRL()
				if err != nil {
					t.Fatal(err)
				}
				return append(append(append(out, token...), ocsp...), list...)
			}
			one := all("seed")
			if !bytes.Equal(one, all("seed")) {
				t.Error("the same seed gives other bytes")
			}
			if bytes.Equal(one, all("another")) {
				t.Error("another seed gives the same bytes")
			}
		})
	}
}

func status(t testing.TB, ca *devca.CA, cert, issuer *x509.Certificate) cms.Status {
	t.Helper()
	ocsp, _, err := ca.Revocation(t.Context(), cert, issuer)
	if err != nil {
		t.Fatal(err)
	}
	r, err := cms.ParseOCSP(ocsp)
	if err == nil {
		err = r.Check(cert, issuer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

// TestRevocation: good, revoked, unknown, and the same after a restart.
func TestRevocation(t *testing.T) {
	ca := newCA(t, devca.Config{})
	chain := issue(t, ca)
	issuer := chain[1]
	if s := status(t, ca, chain[0], issuer); s != cms.StatusGood {
		t.Errorf("before: %v", s)
	}
	foreign := &x509.Certificate{SerialNumber: big.NewInt(7), RawIssuer: issuer.RawSubject}
	if s := status(t, ca, foreign, issuer); s != cms.StatusUnknown {
		t.Errorf("a foreign serial: %v", s)
	}
	for range 2 {
		if err := ca.Revoke(chain[0], 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := ca.Revoke(foreign, 1); err == nil {
		t.Error("a foreign certificate was revoked")
	}
	if err := ca.Revoke(ca.Root(), 1); err == nil {
		t.Error("the root was revoked")
	}
	for _, reason := range []int{-1, 7, 8, 11} {
		if err := ca.Revoke(issue(t, ca)[0], reason); err == nil {
			t.Errorf("reason %d, which RFC 5280 does not have for a list", reason)
		}
	}
	state, err := ca.State()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var s devca.State
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*devca.CA{"before": ca, "after a restart": newCA(t, devca.Config{State: &s})} {
		if s := status(t, c, chain[0], issuer); s != cms.StatusRevoked {
			t.Errorf("%s: %v", name, s)
		}
		der, err := c.CRL()
		if err != nil {
			t.Fatal(err)
		}
		list, err := cms.ParseCRL(der)
		if err == nil {
			err = list.Check(issuer)
		}
		if err != nil {
			t.Fatal(err)
		}
		if f, err := list.Find(cms.NewTarget(chain[0])); !f.Listed || !f.At.Equal(now()) || f.Reason != 1 || err != nil {
			t.Errorf("%s: the list says %+v, %v", name, f, err)
		}
	}
}

// TestBadState: a state whose parts do not belong together is refused.
func TestBadState(t *testing.T) {
	ca, other := newCA(t, devca.Config{}), newCA(t, devca.Config{Algorithm: devca.RSA2048})
	good, err := ca.State()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.State()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(s *devca.State){
		"nothing":              func(s *devca.State) { *s = devca.State{} },
		"no serial number":     func(s *devca.State) { s.Revoked = []devca.Revocation{{}} },
		"another's key":        func(s *devca.State) { s.IssuingKey = foreign.IssuingKey },
		"another's TSA":        func(s *devca.State) { s.TSA, s.TSAKey = foreign.TSA, foreign.TSAKey },
		"another's root":       func(s *devca.State) { s.Root = foreign.Root },
		"a list that is none":  func(s *devca.State) { s.RootCRL = []byte("list") },
		"a key that is none":   func(s *devca.State) { s.OCSPKey = []byte("key") },
		"a certificate halved": func(s *devca.State) { s.OCSP = s.OCSP[:len(s.OCSP)/2] },
	} {
		s := *good
		change(&s)
		if _, err := devca.New(devca.Config{Now: now, State: &s}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
