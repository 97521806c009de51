package verify_test

import (
	"bytes"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestFlips is R17: a small file with two signatures is neither valid nor unsigned
// after any one bit is flipped. It is not valid if cut to a length other than that of a
// revision. The letter case of hexadecimal digits in the last /Contents has no meaning,
// and the file stays valid. By default one bit of each byte is flipped, and all eight
// if CAMPAIGN is set in the environment.
func TestFlips(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("tens of thousands of verifications")
	}
	ca, err := devca.New(devca.Config{Now: clock, Algorithm: devca.P256, Seed: []byte("flips")})
	if err != nil {
		t.Fatal(err)
	}
	laid, one, good := signedTwice(t, ca)
	if len(good) > 20<<10 {
		t.Fatalf("%d bytes", len(good))
	}
	place := placeOf(t, good, true)
	p := policy(ca)
	var mu sync.Mutex
	count, explained := 0, 0
	bits := 1
	if os.Getenv("CAMPAIGN") != "" {
		bits = 8
	}
	judge := func(b []byte) verify.Verdict {
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), p)
		if err != nil {
			t.Error(err)
			return verify.Valid
		}
		return rep.Verdict
	}
	parallel(len(good)*bits, func(n int) {
		i, bit := n/bits, n%bits
		if bits == 1 {
			bit = i % 8 // each in turn
		}
		b := bytes.Clone(good)
		b[i] ^= 1 << bit
		v := judge(b)
		letter := i > place.b && i < place.c-1 && isHex(good[i]) && isLetter(good[i]) && bit == 5
		mu.Lock()
		defer mu.Unlock()
		count++
		switch {
		case letter:
			explained++
			if v != verify.Valid {
				t.Errorf("bit %d of byte %d: the case of a digit: %v", bit, i, v)
			}
		case v == verify.Valid || v == verify.Unsigned:
			t.Errorf("bit %d of byte %d, %q: %v", bit, i, good[i], v)
		}
	})
	// A cut right after a revision gives the earlier file.
	first := bytes.Index(good, []byte("%%EOF")) + len("%%EOF\n")
	whole := map[int]verify.Verdict{first: verify.Unsigned, len(laid): verify.Unsigned, len(one): verify.Valid}
	signed := placeOf(t, good, false).from // from here on it has what looks like a signature
	parallel(len(good), func(n int) {
		v := judge(good[:n])
		want, end := whole[n]
		mu.Lock()
		defer mu.Unlock()
		count++
		switch {
		case end && v != want:
			t.Errorf("cut at the end of a revision, %d: %v", n, v)
		case !end && v == verify.Valid:
			t.Errorf("cut at %d: valid", n)
		case !end && v == verify.Unsigned && n > signed:
			t.Errorf("cut at %d: %v", n, v)
		}
	})
	t.Logf("%d files, %d of them the case of a digit", count, explained)
}

// parallel runs check for every number below n.
func parallel(n int, check func(i int)) {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				check(i)
			}
		})
	}
	wg.Wait()
}
