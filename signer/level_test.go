package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// request returns a request for a signature of the given level in a new field.
func request(ca *devca.CA, cred signer.Credential, level signer.Level, field string) signer.Request {
	return signer.Request{Credential: cred, Level: level, Services: signer.Services{Timestamper: ca, Revocations: ca, Roots: []*x509.Certificate{ca.Root()}},
		Time: signingTime, NewField: &signer.Field{Name: field}}
}

func services(ca *devca.CA) signer.Services {
	return signer.Services{Timestamper: ca, Revocations: ca, Roots: []*x509.Certificate{ca.Root()}}
}

// sign signs in memory and checks the first promise of the package: the output begins
// with the bytes of the input.
func sign(t testing.TB, in []byte, req signer.Request) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := signer.Sign(t.Context(), &out, open(t, in), req); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), in) {
		t.Fatal("the input is not the output's prefix")
	}
	return out.Bytes()
}

func forms() map[string]samples.Spec {
	return map[string]samples.Spec{
		"table": {}, "stream": {Form: samples.Stream}, "hybrid": {Form: samples.Hybrid}, "prefix": {Prefix: 77},
		"1b": {Archive: "1b"}, "2b": {Archive: "2b"},
	}
}

// TestLevels counts what each level adds: revisions, a DSS, a document timestamp.
// External programs verify the same files in .ci/matrix.
func TestLevels(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for form, spec := range forms() {
		in := samples.PDF(spec)
		for level, want := range map[signer.Level]struct{ revisions, stores, stamps int }{
			signer.BB: {1, 0, 0}, signer.BT: {1, 0, 0}, signer.BLT: {2, 1, 0}, signer.BLTA: {3, 1, 1},
		} {
			t.Run(fmt.Sprint(form, "/", level), func(t *testing.T) {
				out := sign(t, in, request(ca, cred, level, "S"))
				added := out[len(in):]
				got := struct{ revisions, stores, stamps int }{bytes.Count(added, []byte("%%EOF")),
					bytes.Count(added, []byte("/Type/DSS")), bytes.Count(added, []byte("/Type/DocTimeStamp"))}
				if got != want {
					t.Errorf("%+v, want %+v", got, want)
				}
				states, err := open(t, out).Fields()
				if err != nil || len(states) != 1+want.stamps || !states[0].Signed {
					t.Errorf("fields %v, %v", states, err)
				}
			})
		}
	}
}

// TestAlgorithms signs with every kind of key; the engine verifies each value
// before it returns it.
func TestAlgorithms(t *testing.T) {
	ca := newCA(t, devca.P256)
	for name, c := range map[string]struct {
		alg  devca.Algorithm
		hash crypto.Hash
		pss  bool
		gm   bool
	}{
		"RSA": {alg: devca.RSA2048}, "RSA SHA-512": {alg: devca.RSA2048, hash: crypto.SHA512}, "PSS": {alg: devca.RSA2048, pss: true},
		"PSS SHA-384": {alg: devca.RSA2048, pss: true, hash: crypto.SHA384}, "P-256": {alg: devca.P256}, "P-384": {alg: devca.P384, hash: crypto.SHA384},
		"P-521": {alg: devca.P521, hash: crypto.SHA512}, "Ed25519": {alg: devca.Ed25519}, "SM2": {alg: devca.SM2}, "SM2 GM": {alg: devca.SM2, gm: true},
	} {
		t.Run(name, func(t *testing.T) {
			cred, err := ca.IssueAs(devca.Subject{Name: "张三", ID: "410*****2028"}, c.alg)
			if err != nil {
				t.Fatal(err)
			}
			req := request(ca, cred, signer.BLTA, "S")
			req.Hash, req.PSS, req.GM = c.hash, c.pss, c.gm
			sign(t, samples.PDF(samples.Spec{}), req)
			cred.Key = faultyKey{cred.Key}
			req.Credential = cred
			if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), req); err == nil {
				t.Error("a wrong signature value was written")
			}
		})
	}
	cred, err := ca.IssueAs(devca.Subject{Name: "张三", ID: "410*****2028"}, devca.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	req := request(ca, cred, signer.BB, "S")
	req.Hash = crypto.SHA256 // RFC 8419 requires SHA-512
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), req); err == nil {
		t.Error("Ed25519 with SHA-256 was written")
	}
}

// TestSizes checks the size of an invisible signature with a two-certificate RSA chain:
// B-B adds at most 10 KB, B-T 20 KB.
func TestSizes(t *testing.T) {
	ca := newCA(t, devca.RSA2048)
	cred := credential(t, ca)
	for level, limit := range map[signer.Level]int{signer.BB: 10_000, signer.BT: 20_000} {
		in := samples.PDF(samples.Spec{})
		added := len(sign(t, in, request(ca, cred, level, "S"))) - len(in)
		t.Logf("%v adds %d bytes", level, added)
		if added > limit {
			t.Errorf("%v adds %d bytes, more than %d", level, added, limit)
		}
	}
}

// TestExtend raises a file step by step and renews it. Earlier bytes stay unchanged.
func TestExtend(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for form, spec := range forms() {
		t.Run(form, func(t *testing.T) {
			prev := sign(t, samples.PDF(spec), request(ca, cred, signer.BB, "S"))
			for i, c := range []struct {
				level  signer.Level
				stores int // DSS objects written
				stamps int
			}{{signer.BT, 0, 1}, {signer.BLT, 1, 0}, {signer.BLTA, 0, 1}, {signer.BLTA, 1, 1}} {
				var out bytes.Buffer
				if err := signer.Extend(t.Context(), &out, open(t, prev), c.level, services(ca)); err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(out.Bytes(), prev) {
					t.Fatal("the input is not the output's prefix")
				}
				added := out.Bytes()[len(prev):]
				if n := bytes.Count(bytes.ReplaceAll(added, []byte("/Type /"), []byte("/Type/")), []byte("/Type/DSS")); n != c.stores && i != 2 {
					t.Errorf("step %d (%v): %d stores, want %d", i, c.level, n, c.stores)
				}
				if n := bytes.Count(added, []byte("/Type/DocTimeStamp")); n != c.stamps {
					t.Errorf("step %d (%v): %d timestamps, want %d", i, c.level, n, c.stamps)
				}
				prev = bytes.Clone(out.Bytes())
			}
		})
	}
	if err := signer.Extend(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), signer.BLTA, services(ca)); !errors.Is(err, signer.ErrNotSigned) {
		t.Errorf("an unsigned file: %v", err)
	}
}

// TestRevoked: no signature is raised if its certificate is revoked.
func TestRevoked(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	if err := ca.Revoke(cred.Chain[0], 1); err != nil {
		t.Fatal(err)
	}
	err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), request(ca, cred, signer.BLT, "S"))
	if !errors.Is(err, signer.ErrRevoked) {
		t.Errorf("%v, want ErrRevoked", err)
	}
}

// TestRevokedLater: a signature whose timestamp is older than the revocation is raised, also
// beside one that is good; one whose timestamp is not older is refused.
func TestRevokedLater(t *testing.T) {
	now := clock()
	ca, err := devca.New(devca.Config{Now: func() time.Time { return now }, Algorithm: devca.P256})
	if err != nil {
		t.Fatal(err)
	}
	gone, stays := credential(t, ca), credential(t, ca)
	both := sign(t, sign(t, samples.PDF(samples.Spec{}), request(ca, gone, signer.BT, "A")), request(ca, stays, signer.BT, "B"))
	now = now.Add(time.Hour)
	if err := ca.Revoke(gone.Chain[0], 3); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	var out bytes.Buffer
	if err := signer.Extend(t.Context(), &out, open(t, both), signer.BLTA, services(ca)); err != nil {
		t.Errorf("revoked after the signature: %v", err)
	}
	late := sign(t, both, request(ca, gone, signer.BT, "C"))
	if err := signer.Extend(t.Context(), &bytes.Buffer{}, open(t, late), signer.BLTA, services(ca)); !errors.Is(err, signer.ErrRevoked) {
		t.Errorf("revoked before the signature: %v", err)
	}
}

// liar returns evidence about another certificate.
type liar struct {
	*devca.CA
	other *x509.Certificate
}

func (l liar) Revocation(ctx context.Context, cert, issuer *x509.Certificate) ([]byte, []byte, error) {
	if bytes.Equal(issuer.Raw, l.Root().Raw) {
		return l.CA.Revocation(ctx, cert, issuer)
	}
	return l.CA.Revocation(ctx, l.other, issuer)
}

// TestEvidenceIsJudged (C18): an answer about another certificate is not evidence.
func TestEvidenceIsJudged(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred, other := credential(t, ca), credential(t, ca)
	req := request(ca, cred, signer.BLT, "S")
	req.Revocations = liar{ca, other.Chain[0]}
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), req); !errors.Is(err, signer.ErrNoEvidence) {
		t.Errorf("evidence about another: %v", err)
	}
	req = request(ca, cred, signer.BLT, "S")
	req.Roots = nil
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), req); !errors.Is(err, signer.ErrNoEvidence) {
		t.Errorf("no way to the issuer: %v", err)
	}
}

// growingTSA gives larger tokens than it states.
type growingTSA struct{ *devca.CA }

func (g growingTSA) TokenSize(context.Context, crypto.Hash) (int, error) { return 100, nil }

func TestPlaceholderTooSmall(t *testing.T) {
	ca := newCA(t, devca.P256)
	req := request(ca, credential(t, ca), signer.BT, "S")
	req.Timestamper = growingTSA{ca}
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{})), req); !errors.Is(err, signer.ErrPlaceholderTooSmall) {
		t.Errorf("%v, want ErrPlaceholderTooSmall", err)
	}
}
