package signer_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// edited returns a state with entries changed.
func edited(t testing.TB, state []byte, change func(m map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(state, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func prepared(t testing.TB, ca *devca.CA, cred signer.Credential, in []byte, level signer.Level) (*signer.Prepared, []byte) {
	t.Helper()
	p, err := signer.Prepare(t.Context(), open(t, in), request(ca, cred, level, "S"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return p, state
}

// TestStateBounds: no number in a state can point outside its revision.
func TestStateBounds(t *testing.T) {
	ca := newCA(t, devca.P256)
	in := samples.PDF(samples.Spec{})
	_, state := prepared(t, ca, credential(t, ca), in, signer.BB)
	for _, from := range []int64{math.MinInt64, -1, 0, 1, 100, 1 << 40, math.MaxInt64} {
		for _, to := range []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, 2, 1 << 40, math.MaxInt64} {
			bad := edited(t, state, func(m map[string]any) {
				m["from"], m["to"] = json.Number(fmt.Sprint(from)), json.Number(fmt.Sprint(to))
			})
			if _, err := signer.Resume(open(t, in), bad, services(ca)); !errors.Is(err, signer.ErrState) {
				t.Errorf("from %d to %d: %v", from, to, err)
			}
		}
	}
	for name, change := range map[string]func(m map[string]any){
		"no revision":  func(m map[string]any) { delete(m, "revision") },
		"no chain":     func(m map[string]any) { delete(m, "chain") },
		"PSS of ECDSA": func(m map[string]any) { m["pss"] = true },
		"GM of ECDSA":  func(m map[string]any) { m["gm"] = true },
	} {
		if _, err := signer.Resume(open(t, in), edited(t, state, change), services(ca)); !errors.Is(err, signer.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPlaceholderIsClean: what a state has in the place of the signature does not come
// into the document (ISO 32000-2, 12.8.1: the gap is the signature's).
func TestPlaceholderIsClean(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := samples.PDF(samples.Spec{})
	p, state := prepared(t, ca, cred, in, signer.BB)
	var s struct {
		Revision []byte `json:"revision"`
		To       int    `json:"to"`
	}
	if err := json.Unmarshal(state, &s); err != nil {
		t.Fatal(err)
	}
	copy(s.Revision[s.To-20:], "> /Evil (hidden) ")
	p2, err := signer.Resume(open(t, in), edited(t, state, func(m map[string]any) { m["revision"] = s.Revision }), services(ca))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p2.Complete(t.Context(), &out, rawSignature(t, cred.Key, devca.P256, p.ToSign())); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("Evil")) {
		t.Error("bytes of the state stand in the signature's place")
	}
	valid(t, ca, out.Bytes())
}

// flaky is a CA whose revocation services are down while it is told so.
type flaky struct {
	*devca.CA
	fail bool
}

func (f *flaky) Revocation(ctx context.Context, cert, issuer *x509.Certificate) ([]byte, []byte, error) {
	if f.fail {
		return nil, nil, errors.New("down")
	}
	return f.CA.Revocation(ctx, cert, issuer)
}

// TestCompleteAgain: a failed completion leaves nothing behind for the next.
func TestCompleteAgain(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	f := &flaky{CA: ca, fail: true}
	req := request(ca, cred, signer.BLTA, "S")
	req.Revocations = f
	req.Roots = append(req.Roots, cred.Chain[1])
	p, err := signer.Prepare(t.Context(), open(t, tablePDF(1)), req)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Complete(t.Context(), &bytes.Buffer{}, rawSignature(t, cred.Key, devca.P256, p.ToSign())); err == nil {
		t.Fatal("completed without evidence")
	}
	f.fail = false
	var out bytes.Buffer
	short := signer.Credential{Chain: cred.Chain[:1], Key: cred.Key}
	if err := p.CompleteCMS(t.Context(), &out, cmsOver(t, short, p.Digest())); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(out.Bytes(), []byte("/Contents <")) + len("/Contents <")
	gap := out.Bytes()[at:]
	gap = gap[:bytes.IndexByte(gap, '>')]
	if n, err := hex.Decode(gap, bytes.Clone(gap)); err != nil || n == 0 {
		t.Fatal(err)
	}
	gap = gap[:len(gap)/2]
	der, ok := cms.Element(gap)
	if !ok || len(bytes.Trim(gap[len(der):], "\x00")) > 0 {
		t.Error("the rest of an earlier signature stands behind this one")
	}
}

func bytesOf(c []*x509.Certificate) []*x509.Certificate {
	return append([]*x509.Certificate(nil), c...)
}

// TestT22CMSTimestampIsJudged (C14) (T22): a timestamp that comes with a CMS is checked like a
// requested one.
func TestT22CMSTimestampIsJudged(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := samples.PDF(samples.Spec{})
	for _, level := range []signer.Level{signer.BB, signer.BT} {
		p, _ := prepared(t, ca, cred, in, level)
		der := cmsOver(t, cred, p.Digest())
		sd, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			imprint []byte
			ok      bool
		}{"its own": {sd.SignatureValue(), true}, "another's": {[]byte("another signature"), false}} {
			token, err := ca.Timestamp(t.Context(), cms.SHA256.Std(), cms.SHA256.Sum(c.imprint))
			if err != nil {
				t.Fatal(err)
			}
			with, err := cms.AddTimestamp(der, token)
			if err != nil {
				t.Fatal(err)
			}
			err = p.CompleteCMS(t.Context(), &bytes.Buffer{}, with)
			if level == signer.BB && errors.Is(err, signer.ErrPlaceholderTooSmall) {
				err = nil // checked, and there was no space for it
			}
			if (err == nil) != c.ok {
				t.Errorf("%v, the timestamp of %s: %v", level, name, err)
			}
		}
	}
}

// TestOddProfiles: what the key cannot do is reported before the key is called.
func TestOddProfiles(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	k := &countingKey{Signer: cred.Key}
	cred.Key = k
	for name, change := range map[string]func(r *signer.Request){
		"PSS":                   func(r *signer.Request) { r.PSS = true },
		"GM":                    func(r *signer.Request) { r.GM = true },
		"a certificate twice":   func(r *signer.Request) { r.Credential.Chain = append(bytesOf(cred.Chain), cred.Chain[0]) },
		"no room for the token": func(r *signer.Request) { r.Timestamper = sizedTSA{ca, -1 << 30} },
		"a token of a gigabyte": func(r *signer.Request) { r.Timestamper = sizedTSA{ca, 1 << 30} },
	} {
		req := request(ca, cred, signer.BT, "S")
		change(&req)
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), req); err == nil || k.asked > 0 {
			t.Errorf("%s: %v, the key was asked %d times", name, err, k.asked)
		}
	}
}
