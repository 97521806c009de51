package verify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// watch is a clock that tests set.
type watch struct{ t time.Time }

func (w *watch) now() time.Time { return w.t }

func timedCA(t testing.TB, w *watch, alg devca.Algorithm) *devca.CA {
	t.Helper()
	ca, err := devca.New(devca.Config{Now: w.now, Algorithm: alg})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca *devca.CA) signer.Credential {
	t.Helper()
	cred, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// signed signs at a level at the time of the watch.
func signed(t testing.TB, ca *devca.CA, cred signer.Credential, w *watch, level signer.Level) []byte {
	t.Helper()
	return sign(t, samples.PDF(samples.Spec{}), signer.Request{Credential: cred, Level: level, Services: signer.Services{Timestamper: ca, Revocations: ca, Roots: ca.Roots()}, Time: w.t, NewField: &signer.Field{Name: "S"}})
}

func raise(t testing.TB, in []byte, ca *devca.CA, level signer.Level) []byte {
	t.Helper()
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := signer.Extend(t.Context(), &out, doc, level, signer.Services{Timestamper: ca, Revocations: ca, Roots: ca.Roots()}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func at(ca *devca.CA, t time.Time) verify.Policy {
	return verify.Policy{Roots: ca.Roots(), Time: t, Revocation: verify.RequireRevocation, Memory: &remembered}
}

// TestLevels: each level that the signer makes is recognised, and is valid with
// revocation required from B-LT on, for every kind of key.
func TestLevels(t *testing.T) {
	for _, alg := range []devca.Algorithm{devca.RSA2048, devca.P256, devca.Ed25519, devca.SM2} {
		w := &watch{signingTime}
		ca := timedCA(t, w, alg)
		cred := issue(t, ca)
		for level := signer.BB; level <= signer.BLTA; level++ {
			b := signed(t, ca, cred, w, level)
			rep := judge(t, b, at(ca, w.t.Add(time.Minute)))
			s := rep.Signatures[0]
			if s.Level != level.String() || rep.Valid() != (level >= signer.BLT) {
				t.Errorf("%d: signed at %v, found %s, %v %v %v", alg, level, s.Level, rep.Verdict, s.SubIndication, s.Reasons)
			}
			soft := at(ca, w.t.Add(time.Minute))
			soft.Revocation = verify.UnsafeAllowUnknown
			rep = judge(t, b, soft)
			if !rep.Valid() || slices.Contains(rep.Signatures[0].Warnings, verify.RevocationNotChecked) != (level < signer.BLT) {
				t.Errorf("%d: %v with unknown status allowed: %v %v", alg, level, rep.Verdict, rep.Signatures[0].Warnings)
			}
		}
	}
}

// TestYears follows one file through its life (C17): its signer's certificate ends,
// then its authority's, and it stays valid as long as it is renewed in time.
func TestYears(t *testing.T) {
	w := &watch{signingTime}
	ca := timedCA(t, w, devca.P256)
	cred := issue(t, ca)
	bt, lta := signed(t, ca, cred, w, signer.BT), signed(t, ca, cred, w, signer.BLTA)
	later := func(years int) time.Time { return signingTime.AddDate(years, 0, 0) }

	if rep := judge(t, bt, at(ca, later(3))); rep.Valid() {
		t.Error("B-T without evidence after its certificate ended")
	}
	if rep := judge(t, lta, at(ca, later(3))); !rep.Valid() {
		t.Errorf("B-LTA after the signer's certificate ended: %v %v", rep.Signatures[0].Reasons, rep.Signatures[1].Reasons)
	}
	if rep := judge(t, lta, at(ca, later(11))); rep.Valid() || rep.Verdict != verify.Indeterminate {
		t.Errorf("not renewed before the authority's certificate ended: %v", rep.Verdict)
	}
	w.t = later(9)
	renewed := raise(t, lta, ca, signer.BLTA)
	if rep := judge(t, renewed, at(ca, w.t.Add(time.Minute))); !rep.Valid() {
		t.Errorf("renewed: %v", rep.Signatures)
	}
}

// TestRevoked (C17): a revocation counts from its date, and only a trusted timestamp
// proves that a signature is older.
func TestRevoked(t *testing.T) {
	w := &watch{signingTime}
	ca := timedCA(t, w, devca.P256)
	early, late := issue(t, ca), issue(t, ca)
	before := map[signer.Level][]byte{}
	for level := signer.BB; level <= signer.BLTA; level++ {
		before[level] = signed(t, ca, early, w, level)
	}
	w.t = w.t.Add(time.Hour)
	for _, c := range []signer.Credential{early, late} {
		if err := ca.Revoke(c.Chain[0], 1); err != nil {
			t.Fatal(err)
		}
	}
	w.t = w.t.Add(time.Hour)
	after := signed(t, ca, late, w, signer.BT)
	online := at(ca, w.t)
	online.Online = ca
	for name, c := range map[string]struct {
		file   []byte
		policy verify.Policy
		want   verify.Verdict
		sub    verify.SubIndication
	}{
		"B-B before, asked":      {before[signer.BB], online, verify.Indeterminate, verify.RevokedNoPOE},
		"B-T before, asked":      {before[signer.BT], online, verify.Valid, ""},
		"B-LT before, asked":     {before[signer.BLT], online, verify.Valid, ""},
		"B-LTA before, offline":  {before[signer.BLTA], at(ca, w.t), verify.Valid, ""},
		"B-T before, offline":    {before[signer.BT], at(ca, w.t), verify.Indeterminate, verify.TryLater},
		"B-T after it, asked":    {after, online, verify.Invalid, verify.RevokedSub},
		"B-T after it, offline":  {after, at(ca, w.t), verify.Indeterminate, verify.TryLater},
		"nobody answers the ask": {before[signer.BT], silent(at(ca, w.t)), verify.Indeterminate, verify.TryLater},
	} {
		rep := judge(t, c.file, c.policy)
		if rep.Verdict != c.want || rep.Signatures[0].SubIndication != c.sub {
			t.Errorf("%s: %v %s %v", name, rep.Verdict, rep.Signatures[0].SubIndication, rep.Signatures[0].Reasons)
		}
	}
}

type nobody struct{}

func (nobody) Revocation(context.Context, *x509.Certificate, *x509.Certificate) ([]byte, []byte, error) {
	return nil, nil, context.DeadlineExceeded
}

func silent(p verify.Policy) verify.Policy {
	p.Online = nobody{}
	return p
}

// TestRevokedAuthority: a time stamping authority that was revoked proves nothing,
// whatever its tokens say, unless a newer timestamp is older than the revocation.
func TestRevokedAuthority(t *testing.T) {
	w := &watch{signingTime}
	signers, stamps := timedCA(t, w, devca.P256), timedCA(t, w, devca.P256)
	cred := issue(t, signers)
	roots := append(signers.Roots(), stamps.Roots()...)
	b := sign(t, samples.PDF(samples.Spec{}), signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: stamps},
		Time: w.t, NewField: &signer.Field{Name: "S"}})
	sd := signatureOf(t, b)
	tsa := sd.Signer
	w.t = w.t.Add(time.Hour)
	if err := stamps.Revoke(tsa, 1); err != nil {
		t.Fatal(err)
	}
	p := verify.Policy{Roots: roots, Time: w.t.Add(time.Hour), Revocation: verify.RequireRevocation, Online: several{signers, stamps}}
	rep := judge(t, b, p)
	if rep.Valid() || !slices.Contains(rep.Signatures[0].Reasons, verify.RevocationRevoked) {
		t.Errorf("%v %v", rep.Verdict, rep.Signatures[0].Reasons)
	}
}

type several []*devca.CA

func (s several) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	for _, a := range s {
		if ocsp, crl, err = a.Revocation(ctx, cert, issuer); err == nil {
			return ocsp, crl, nil
		}
	}
	return nil, nil, err
}

// TestRevision: the signed revision of every signature comes back unchanged.
func TestRevision(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, one, two := signedTwice(t, ca)
	rep := judge(t, two, policy(ca))
	for i, want := range [][]byte{one, two} {
		var b bytes.Buffer
		if err := rep.Signatures[i].Revision(&b); err != nil || !bytes.Equal(b.Bytes(), want) {
			t.Errorf("signature %d: %d bytes, %v; want %d", i, b.Len(), err, len(want))
		}
	}
}
