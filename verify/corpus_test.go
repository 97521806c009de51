package verify_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/corpus"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestCorpus compares the verdict for every signed sample with the manifest, which has
// the verdicts of the strictest open validator at the level of filled forms. Nobody is
// trusted here. So what is accepted there is intact here, within that level, and fails
// nothing; what is rejected there is invalid.
func TestCorpus(t *testing.T) {
	judged := 0
	for _, f := range corpus.Files(t) {
		b, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		before := cpuTime(t)
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), verify.Policy{Roots: []*x509.Certificate{},
			Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Revocation: verify.UnsafeSkipRevocation, MaxChange: verify.ChangeForm})
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if took := cpuTime(t) - before; tooLong(took) {
			t.Errorf("%s: %v", f.Name, took)
		}
		if f.Kind != "signed" {
			continue
		}
		judged++
		sound := len(rep.Signatures) > 0
		for _, s := range rep.Signatures {
			sound = sound && s.Intact && s.Indication != verify.TotalFailed && s.ChangeLevel <= verify.ChangeForm
		}
		rejected := rep.Verdict == verify.Invalid
		switch {
		case strings.HasPrefix(f.Expected, "ACCEPT"):
			if !sound {
				t.Errorf("%s: %s, but %v %+v", f.Name, f.Expected, rep.Verdict, rep.Signatures)
			}
		case strings.Contains(f.Name, "ed448"):
			// Whatever else is wrong with it, a key of a kind that is not known here cannot
			// be judged (EN 319 102-1, table 5).
			if rep.Verdict != verify.Indeterminate {
				t.Errorf("%s: %v", f.Name, rep.Verdict)
			}
		case strings.HasPrefix(f.Expected, "REJECT"), f.Expected == "no CMS inside":
			if !rejected {
				t.Errorf("%s: %s, but %v", f.Name, f.Expected, rep.Verdict)
			}
		case strings.HasPrefix(f.Expected, "needs recipient key"):
			if rep.Verdict != verify.Unreadable {
				t.Errorf("%s: %s, but %v", f.Name, f.Expected, rep.Verdict)
			}
		default:
			t.Errorf("%s: the manifest says %q, which this test does not understand", f.Name, f.Expected)
		}
	}
	t.Logf("%d signed samples judged", judged)
}
