package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// hybridPDF makes a file whose page is in an object stream that only the stream beside
// the table names (ISO 32000-2, 7.5.8.4).
func hybridPDF() []byte {
	objs := bodies(1)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	rows := "0000000000 65535 f \n"
	head := "3 0 "
	for i, o := range append(objs[:2:2], "", fmt.Sprintf("<</Type/ObjStm/N 1/First %d/Length %d>>\nstream\n%s%s\nendstream", len(head), len(head)+len(objs[2]), head, objs[2])) {
		if o == "" {
			rows += "0000000000 65535 f \n"
			continue
		}
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	x := b.Len()
	fmt.Fprintf(&b, "5 0 obj\n<</Type/XRef/Size 6/Index[3 1]/W[1 2 1]/Root 1 0 R/Length 4>>\nstream\n\x02\x00\x04\x00\nendstream\nendobj\n")
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 5\n%strailer\n<</Size 6/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", rows, x, at)
	return b.Bytes()
}

// signed signs a document twice and checks what must be true of every output.
func signed(t *testing.T, ca *devca.CA, in []byte) []byte {
	t.Helper()
	cred := credential(t, ca)
	prev := in
	for _, name := range []string{"甲方", "乙方"} {
		var out bytes.Buffer
		err := signer.Sign(t.Context(), &out, open(t, prev), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime,
			NewField: &signer.Field{Name: name, Page: 1, Box: signer.Around(100, 100, 42, 42)}, Appearance: box(40)})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(out.Bytes(), prev) {
			t.Fatal("the input is not the output's prefix")
		}
		prev = bytes.Clone(out.Bytes())
	}
	policy := verify.Policy{Roots: ca.Roots(), Time: signingTime, Revocation: verify.UnsafeSkipRevocation}
	rep, err := verify.Verify(t.Context(), bytes.NewReader(prev), int64(len(prev)), policy)
	if err != nil || rep.Verdict != verify.Valid || len(rep.Signatures) != 2 {
		t.Errorf("verified: %v, %v, %+v", err, rep.Reasons, rep.Signatures)
	}
	return prev
}

// TestJunkBeforeHeader: offsets in the output count from the same place as in the
// input, and another reader finds no fault that the input does not have.
func TestJunkBeforeHeader(t *testing.T) {
	ca := newCA(t, devca.P256)
	check := qpdf(t)
	for form, plain := range map[string][]byte{"table": tablePDF(1), "stream": streamPDF(1), "hybrid": hybridPDF()} {
		for _, junk := range []int{0, 1, 10, 1000} {
			t.Run(fmt.Sprintf("%s %d", form, junk), func(t *testing.T) {
				in := append(bytes.Repeat([]byte("#"), junk), plain...)
				out := signed(t, ca, in)
				starts := regexp.MustCompile(`startxref\n(\d+)`).FindAllSubmatch(out, -1)
				prevs := regexp.MustCompile(`/Prev (\d+)`).FindAllSubmatch(out, -1)
				if len(starts) != 3 || len(prevs) != 2 {
					t.Fatalf("%d sections, %d of them with /Prev", len(starts), len(prevs))
				}
				for i, s := range starts {
					at, err := strconv.Atoi(string(s[1]))
					if err != nil {
						t.Fatal(err)
					}
					if text := string(out[junk+at:]); !strings.HasPrefix(text, "xref\n") && !regexp.MustCompile(`^\d+ 0 obj\n<</Type/XRef`).MatchString(text) {
						t.Errorf("startxref %d leads to %.20q", at, text)
					}
					if i < len(prevs) && string(prevs[i][1]) != string(s[1]) {
						t.Errorf("/Prev %s, want %s", prevs[i][1], s[1])
					}
				}
				if check != nil && check(in, "") == nil {
					if err := check(out, ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// TestDamaged: a file whose cross-references are broken is signed behind a new section
// that lists everything, and other readers read it without a fault.
func TestDamaged(t *testing.T) {
	ca := newCA(t, devca.P256)
	check := qpdf(t)
	cut := func(b []byte) []byte {
		i := bytes.LastIndex(b, []byte("startxref\n")) + len("startxref\n")
		return append(b[:i:i], "3\n%%EOF\n"...)
	}
	moved := bytes.Replace(tablePDF(1), []byte("2 0 obj"), []byte("% moved\n2 0 obj"), 1)
	for name, in := range map[string][]byte{
		"table": cut(tablePDF(2)), "stream": cut(streamPDF(2)), "hybrid": cut(hybridPDF()), "page tree elsewhere": moved,
		"junk": append([]byte("##"), cut(streamPDF(1))...), "offsets from the first byte": bytes.Replace(append([]byte("%% \n"), tablePDF(1)...), []byte("startxref\n"), []byte("startxref\n9"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			out := signed(t, ca, in)
			if n := bytes.Count(out[len(in):], []byte("/Prev")); n != 1 {
				t.Errorf("%d sections build on another, want the second signature's", n)
			}
			if check != nil {
				if err := check(out, ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var input *signer.InputError
	for name, in := range map[string][]byte{"signed": cut(signed(t, ca, tablePDF(1))), "no catalog": bytes.Replace(cut(tablePDF(1)), []byte("/Root"), []byte("/Toor"), 1)[:200]} {
		if _, err := signer.Open(bytes.NewReader(in), int64(len(in))); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := cut(signed(t, ca, tablePDF(1)))
	if _, err := signer.Open(bytes.NewReader(in), int64(len(in))); !errors.Is(err, signer.ErrSigned) {
		t.Errorf("a signed file: %v", err)
	}
}
