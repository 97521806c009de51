package signer_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// valid checks a document with package verify: every signature must pass.
func valid(t testing.TB, ca *devca.CA, b []byte) {
	t.Helper()
	rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)),
		verify.Policy{Roots: ca.Roots(), Time: signingTime.Add(time.Minute), Revocation: verify.UnsafeSkipRevocation})
	if err != nil || rep.Verdict != verify.Valid {
		t.Errorf("not valid: %v %v %+v", err, rep.Reasons, rep.Signatures)
	}
}
