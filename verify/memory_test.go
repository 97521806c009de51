package verify_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// A memory that has seen a good file changes nothing in the findings about a file with
// changed certificates and signatures, digit by digit. The mutants of the other tests
// share one memory too.
func TestMemoryChangesNoVerdict(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, good, _ := signedTwice(t, ca)
	var m verify.Memory
	found := func(file []byte, memory *verify.Memory) string {
		p := policy(ca)
		p.Memory = memory
		b, err := json.Marshal(judge(t, file, p))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if a, b := found(good, nil), found(good, &m); a != b || a != found(good, &m) {
		t.Fatalf("%s\n%s", a, b)
	}
	from := bytes.Index(good, []byte("/Contents <"))
	if from < 0 {
		from = bytes.Index(good, []byte("/Contents<"))
	}
	if from < 0 {
		t.Fatal("no /Contents")
	}
	step := 11
	if testing.Short() {
		step = 101
	}
	n := 0
	for at := from + 12; at < len(good) && good[at] != '>'; at += step {
		bad := bytes.Clone(good)
		bad[at] ^= 1 // another hexadecimal digit, or a character that is none
		if with, without := found(bad, &m), found(bad, nil); with != without {
			t.Fatalf("byte %d:\n%s with the memory\n%s without", at, with, without)
		}
		n++
	}
	if n < 50 {
		t.Errorf("only %d places", n)
	}
}
