package signer_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func seededCA(t testing.TB, alg devca.Algorithm) *devca.CA {
	t.Helper()
	ca, err := devca.New(devca.Config{Now: clock, Algorithm: alg, Seed: []byte("a seed")})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// TestDeferredIsDirect: a signature that was prepared, serialised, and completed with
// another Document and the raw value gives the bytes of a direct signing, at every
// level.
func TestDeferredIsDirect(t *testing.T) {
	for _, alg := range []devca.Algorithm{devca.RSA2048, devca.P256, devca.SM2, devca.Ed25519} {
		for level := signer.BB; level <= signer.BLTA; level++ {
			in := samples.PDF(samples.Spec{Form: samples.Stream})
			ca := seededCA(t, alg)
			direct := sign(t, in, request(ca, credential(t, ca), level, "S"))

			ca = seededCA(t, alg) // the same numbers again
			cred := credential(t, ca)
			req := request(ca, cred, level, "S")
			req.Credential.Key = nil
			p, err := signer.Prepare(t.Context(), open(t, in), req)
			if err != nil {
				t.Fatal(err)
			}
			state, err := p.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			toSign := p.ToSign()

			value := rawSignature(t, cred.Key, alg, toSign)
			resumed, err := signer.Resume(open(t, bytes.Clone(in)), state, services(ca))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := resumed.Complete(t.Context(), &out, value); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), direct) {
				t.Errorf("%d at %v: %d bytes, direct %d, or other ones", alg, level, out.Len(), len(direct))
			}
		}
	}
}

// rawSignature returns what a key elsewhere makes of the attributes.
func rawSignature(t *testing.T, key crypto.Signer, alg devca.Algorithm, message []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(message)
	in, opts := digest[:], crypto.SignerOpts(crypto.SHA256)
	switch alg {
	case devca.Ed25519:
		in, opts = message, crypto.Hash(0)
	case devca.SM2:
		in, opts = message, sm2Opts
	}
	sig, err := key.Sign(nil, in, opts)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestResumeRefuses(t *testing.T) {
	ca := newCA(t, devca.P256)
	in := samples.PDF(samples.Spec{})
	p, err := signer.Prepare(t.Context(), open(t, in), request(ca, credential(t, ca), signer.BT, "S"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Resume(open(t, samples.PDF(samples.Spec{Pages: samples.A4(2)})), state, services(ca)); !errors.Is(err, signer.ErrState) {
		t.Errorf("another document: %v", err)
	}
	if _, err := signer.Resume(open(t, in), state, signer.Services{}); err == nil {
		t.Error("B-T without a timestamper")
	}
	for key, v := range map[string]any{"from": -1, "to": 1 << 40, "version": 2, "hash": "MD5", "chain": []string{"AAAA"}, "level": 9} {
		var m map[string]any
		if err := json.Unmarshal(state, &m); err != nil {
			t.Fatal(err)
		}
		m[key] = v
		bad, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signer.Resume(open(t, in), bad, services(ca)); !errors.Is(err, signer.ErrState) {
			t.Errorf("%s = %v: %v", key, v, err)
		}
	}
	// A document of the same length but with other bytes, and a state whose revision
	// was changed, are detected when the value comes.
	other := bytes.Replace(in, []byte("sign here"), []byte("sign HERE"), 1)
	changed := bytes.Clone(in)
	for name, c := range map[string]struct {
		doc   []byte
		state []byte
	}{"document": {other, state}, "state": {changed, retouch(t, state)}} {
		r, err := signer.Resume(open(t, c.doc), c.state, services(ca))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Complete(t.Context(), &bytes.Buffer{}, []byte("value")); !errors.Is(err, signer.ErrState) {
			t.Errorf("a changed %s: %v", name, err)
		}
	}
	if err := p.Complete(t.Context(), &bytes.Buffer{}, []byte("not a value")); err == nil {
		t.Error("a value that does not verify")
	}
}

// retouch changes the reason of the signature in a state.
func retouch(t *testing.T, state []byte) []byte {
	t.Helper()
	var m struct {
		Revision []byte `json:"revision"`
	}
	var all map[string]any
	if json.Unmarshal(state, &m) != nil || json.Unmarshal(state, &all) != nil {
		t.Fatal("state")
	}
	i := bytes.Index(m.Revision, []byte("D:2026"))
	if i < 0 {
		t.Fatal("no date")
	}
	m.Revision[i+5] = '7'
	all["revision"] = m.Revision
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCompleteCMS: a service gets the digest and makes the whole structure.
func TestCompleteCMS(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := samples.PDF(samples.Spec{})
	p, err := signer.Prepare(t.Context(), open(t, in), request(ca, cred, signer.BLTA, "S"))
	if err != nil {
		t.Fatal(err)
	}
	der := cmsOver(t, cred, p.Digest())
	var out bytes.Buffer
	if err := p.CompleteCMS(t.Context(), &out, der); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), in) || bytes.Count(out.Bytes(), []byte("/Type/DocTimeStamp")) != 1 {
		t.Error("not at B-LTA")
	}
	wrong := cmsOver(t, cred, make([]byte, 32))
	if err := p.CompleteCMS(t.Context(), &bytes.Buffer{}, wrong); err == nil {
		t.Error("a CMS over another digest")
	}
}
