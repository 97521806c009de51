package witness_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	pdfsign "github.com/digitorus/pdfsign/verify"
)

// pdfsignUnread is what digitorus/pdfsign cannot verify.
var pdfsignUnread = unread{
	"sm2": "0 signers", // crypto/x509 parses its certificates; the signature is then left out of the list, and no error says so

	// It compares the digest of the TSTInfo with that of the covered bytes: it takes
	// a document timestamp for a signature.
	"rsa2048/B-LTA": "Message digest mismatch",
	"p256/B-LTA":    "Message digest mismatch",
	"ed25519/B-LTA": "Message digest mismatch",
}

// pdfsignSays is what pdfsign found out about a file. It takes no trust anchors
// besides the system's, so the chain is not looked at here.
func pdfsignSays(file []byte) (*pdfsign.Response, error) {
	r, err := pdfsign.Verify(bytes.NewReader(file), int64(len(file)))
	switch {
	case err != nil:
		return nil, err
	case r.Error != "":
		return r, errors.New(r.Error)
	case len(r.Signers) == 0:
		return r, errors.New("0 signers")
	}
	for _, s := range r.Signers {
		if !s.ValidSignature {
			return r, fmt.Errorf("%s: not valid", s.Name)
		}
	}
	return r, nil
}

// pdfsign verifies the signatures of our files, and the timestamps on them.
func TestPdfsign(t *testing.T) {
	each(t, func(t *testing.T, f signedFile) {
		r, err := pdfsignSays(f.data)
		if !pdfsignUnread.check(t, f, err) {
			return
		}
		if len(r.Signers) != 1 || r.Signers[0].TrustedIssuer {
			t.Fatalf("%d signers, or a trusted issuer", len(r.Signers))
		}
		s := r.Signers[0]
		if want := map[bool]string{true: "missing", false: "valid"}[f.level == "B-B"]; s.TimestampStatus != want {
			t.Errorf("timestamp %q, want %q", s.TimestampStatus, want)
		}
		if _, err := pdfsignSays(changed(f.data)); err == nil {
			t.Error("a changed byte is in order for it")
		}
	})
}

// A garbled signature is left out of pdfsign's list, without an error. That is why
// it judges nothing for the library, whose list keeps the signature as failed.
func TestPdfsignLosesGarbledSignatures(t *testing.T) {
	a := authorityOf(t, "p256")
	file, err := a.sign(small.pdf(), "S", levels[0].of)
	if err != nil {
		t.Fatal(err)
	}
	copy(file[dictionaries(t, file)[0].at:], "FF")
	r, err := pdfsign.Verify(bytes.NewReader(file), int64(len(file)))
	if err != nil || r.Error != "" || len(r.Signers) != 0 {
		t.Errorf("it says %v, %+v: it sees the signature now", err, r)
	}
	got := judge(t, a, file)
	if len(got.Signatures) != 1 || got.Valid() {
		t.Errorf("our list has %d signatures, valid %v", len(got.Signatures), got.Valid())
	}
}
