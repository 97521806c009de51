package signer_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/corpus"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// prepare does to a file what an upload goes through: it is checked, normalized if
// needed, or refused.
func prepare(t *testing.T, in []byte) ([]byte, error) {
	findings, err := verify.CheckUpload(t.Context(), bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	clean := false
	for _, f := range findings {
		if f.Remedy == verify.Refuse {
			return nil, &f
		}
		clean = clean || f.Remedy == verify.Normalize
	}
	if !clean {
		return in, nil
	}
	var out bytes.Buffer
	err = signer.Normalize(t.Context(), &out, bytes.NewReader(in), int64(len(in)))
	return out.Bytes(), err
}

// TestCorpus signs every sample that can be signed and verifies the result. Each
// refusal is a typed error.
func TestCorpus(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	policy := verify.Policy{Roots: ca.Roots(), Time: signingTime.Add(time.Minute), Revocation: verify.UnsafeSkipRevocation}
	signed, refused := 0, map[string]int{}
	for _, f := range corpus.Files(t) {
		in, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		clean, err := prepare(t, in)
		if err == nil {
			var doc *signer.Document
			var out bytes.Buffer
			if doc, err = signer.Open(bytes.NewReader(clean), int64(len(clean))); err == nil {
				err = signer.Sign(t.Context(), &out, doc, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime,
					NewField: &signer.Field{Name: "大家签", Page: 1, Box: signer.Box{X: 1, Y: 1, W: 2, H: 2}}, Appearance: box(2)})
			}
			if err == nil {
				rep, verr := verify.Verify(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), policy)
				if verr != nil || rep.Verdict != verify.Valid || !bytes.HasPrefix(out.Bytes(), clean) {
					t.Errorf("%s: signed, but %v %v %+v", f.Name, verr, rep.Reasons, rep.Signatures)
				}
				signed++
				continue
			}
		}
		var finding *verify.Finding
		var input *signer.InputError
		var stopped *signer.Finding
		switch {
		case errors.As(err, &finding):
			refused[string(finding.Code)]++
		case errors.As(err, &stopped):
			refused[string(stopped.Code)]++
		case errors.As(err, &input):
			refused["InputError"]++
			t.Logf("%s (%s): %v", f.Name, f.Expected, err)
		case errors.Is(err, signer.ErrOffPage):
			refused["page too small"]++
		case errors.Is(err, signer.ErrSigned), errors.Is(err, signer.ErrEncrypted):
			refused[err.Error()]++
		default:
			t.Errorf("%s: an untyped refusal: %v", f.Name, err)
		}
	}
	t.Logf("%d signed, refused: %v", signed, refused)
	if signed < 225 {
		t.Errorf("only %d samples could be signed", signed)
	}
}

// TestCorpusDirect signs every sample as it is, without Normalize: the input is the
// output's prefix, and the signed field reads back.
func TestCorpusDirect(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	out := os.Getenv("CORPUS_OUT") // for .ci/corpus_judge.py
	if out != "" {
		root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Root().Raw})
		if err := os.WriteFile(filepath.Clean(out)+".pem", root, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	signed, recovered := 0, 0
	for _, f := range corpus.Files(t) {
		in, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := signDirect(t.Context(), in, cred)
		if err != nil {
			var input *signer.InputError
			var found *signer.Finding
			if !errors.As(err, &input) && !errors.As(err, &found) && !errors.Is(err, signer.ErrPassword) && !errors.Is(err, signer.ErrEncrypted) && !errors.Is(err, signer.ErrOffPage) && !errors.Is(err, signer.ErrNotAllowed) {
				t.Errorf("%s: an untyped refusal: %v", f.Name, err)
			}
			t.Logf("refused %s (%s): %s", f.Name, f.Expected, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		signed++
		if !bytes.HasPrefix(got, in) {
			t.Errorf("%s: the input is not the output's prefix", f.Name)
		}
		states, err := open(t, got).Fields()
		if err != nil || !slices.Contains(states, signer.FieldState{Name: directField, Signed: true}) {
			t.Errorf("%s: fields %v, %v", f.Name, states, err)
		}
		judgeDirect(t, ca, f.Name, in, got)
		if bytes.LastIndex(got, []byte("/Prev")) < len(in) {
			recovered++
			t.Logf("recovered %s (%s)", f.Name, f.Expected)
		}
		if out != "" {
			if err := os.WriteFile(filepath.Join(out, strings.ReplaceAll(f.Name, "/", "_")), got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d signed, %d of them recovered", signed, recovered)
	if signed < 260 {
		t.Errorf("only %d samples could be signed", signed)
	}
}

// judgeDirect holds that verify accepts the new signature, and finds earlier ones no worse
// than before.
func judgeDirect(t *testing.T, ca *devca.CA, name string, before, after []byte) {
	t.Helper()
	judge := func(b []byte) *verify.Report {
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)),
			verify.Policy{Roots: ca.Roots(), Time: signingTime.Add(time.Minute), Revocation: verify.UnsafeSkipRevocation, MaxChange: verify.ChangeSign})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	was, is := judge(before), judge(after)
	if n := len(is.Signatures); n != len(was.Signatures)+1 || is.Signatures[n-1].Field != directField || is.Signatures[n-1].Indication != verify.TotalPassed {
		t.Errorf("%s: signed, but %v %+v", name, is.Reasons, is.Signatures)
		return
	}
	for i, s := range was.Signatures {
		if is.Signatures[i].Indication < s.Indication {
			t.Errorf("%s: the signature of field %q was %v and is %v %v", name, s.Field, s.Indication, is.Signatures[i].Indication, is.Signatures[i].Reasons)
		}
	}
}

const directField = "大家签"

func signDirect(ctx context.Context, in []byte, cred signer.Credential) ([]byte, error) {
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = signer.Sign(ctx, &out, doc, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime,
		NewField: &signer.Field{Name: directField, Page: 1, Box: signer.Box{X: 1, Y: 1, W: 2, H: 2}}, Appearance: box(2)})
	return out.Bytes(), err
}
