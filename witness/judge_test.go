package witness_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/verify"
)

// policy trusts the root of an authority and requires evidence about revocation.
func policy(a *authority) verify.Policy {
	return verify.Policy{Roots: a.Roots(), Time: time.Now(), Revocation: verify.RequireRevocation, Online: a}
}

// judge asks our verifier.
func judge(t testing.TB, a *authority, file []byte) *verify.Report {
	t.Helper()
	return judgeBy(t, file, policy(a))
}

func judgeBy(t testing.TB, file []byte, p verify.Policy) *verify.Report {
	t.Helper()
	r, err := verify.Verify(t.Context(), bytes.NewReader(file), int64(len(file)), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
