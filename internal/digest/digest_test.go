package digest_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/digest"
)

// Different lists have different frames, wherever their parts are cut.
func TestFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOf(rapid.StringN(0, 3, 6)).Draw(t, "a")
		b := rapid.SliceOf(rapid.StringN(0, 3, 6)).Draw(t, "b")
		same := len(a) == len(b)
		for i := 0; same && i < len(a); i++ {
			same = a[i] == b[i]
		}
		if got := string(digest.Frame(a...)) == string(digest.Frame(b...)); got != same {
			t.Fatalf("%q and %q: %v", a, b, got)
		}
	})
	if digest.Hex("ab", "c") == digest.Hex("a", "bc") {
		t.Error("a cut moved and the digest did not")
	}
}
