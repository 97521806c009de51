package verify_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// update appends an incremental update with the given objects, as an attacker would
// write it: with a correct table, trailer and startxref.
func update(b []byte, root int, objs map[int]string) []byte {
	return appendUpdate(append([]byte(nil), b...), root, objs)
}

// appendUpdate is update that uses the spare capacity of b.
func appendUpdate(b []byte, root int, objs map[int]string) []byte {
	prev := lastXRef(b)
	out := b
	table := "xref\n"
	size := bytes.LastIndex(b, []byte("/Size "))
	var n int
	fmt.Sscanf(string(b[size:min(len(b), size+20)]), "/Size %d", &n)
	for num := 1; num < 200; num++ {
		body, ok := objs[num]
		if !ok {
			continue
		}
		table += fmt.Sprintf("%d 1\n%010d 00000 n \n", num, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, body)
		n = max(n, num+1)
	}
	at := len(out)
	return fmt.Appendf(out, "%strailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", table, n, root, prev, at)
}

func lastXRef(b []byte) int {
	i := bytes.LastIndex(b, []byte("startxref"))
	var n int
	fmt.Sscanf(string(b[i:min(len(b), i+40)]), "startxref\n%d", &n)
	return n
}

// object returns the body of an indirect object in its last version in the file.
func object(t testing.TB, b []byte, num int) string {
	t.Helper()
	head := fmt.Sprintf("\n%d 0 obj\n", num)
	i := bytes.LastIndex(b, []byte(head))
	if i < 0 {
		t.Fatalf("object %d is not in the file", num)
	}
	rest := b[i+len(head):]
	return string(rest[:bytes.Index(rest, []byte("\nendobj"))])
}

// TestMutants checks the attack classes by name. Every mutant must fail with the
// written reason; none may be called unsigned.
func TestMutants(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, _, good := signedTwice(t, ca)
	replace := func(old, new string) []byte {
		if strings.Count(string(good), old) == 0 {
			t.Fatalf("%q is not in the file", old)
		}
		i := bytes.LastIndex(good, []byte(old))
		return append(append(append([]byte(nil), good[:i]...), new...), good[i+len(old):]...)
	}
	at := func(marker string, off int, c byte) []byte {
		out := append([]byte(nil), good...)
		out[bytes.LastIndex(out, []byte(marker))+off] = c
		return out
	}
	// The last signature's /ByteRange and the end of its /Contents.
	ranges := string(good[bytes.LastIndex(good, []byte("/ByteRange ")):])
	brange := ranges[:strings.Index(ranges, "\n")]
	var b, c, d int
	fmt.Sscanf(brange, "/ByteRange [0 %d %d %d]", &b, &c, &d)
	setRange := func(s string) []byte {
		s = "/ByteRange " + s
		return replace(brange, s+strings.Repeat(" ", max(0, len(brange)-len(s))))
	}
	page := object(t, good, 3)
	catalog := object(t, good, 1)
	widget := "<</Type/Annot/Subtype/Widget/FT/Sig/T(Evil)/Rect[100 100 400 400]/F 4/P 3 0 R/AP<</N 90 0 R>>%s>>"
	form := "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream"
	acroform := 0
	fmt.Sscanf(catalog[strings.Index(catalog, "/AcroForm"):], "/AcroForm %d 0 R", &acroform)
	acro := object(t, good, acroform)
	with := func(dict, key, value string) string {
		return strings.TrimSuffix(dict, ">>") + key + " " + value + ">>"
	}
	addField := func(extra string) map[int]string {
		i := strings.LastIndex(acro, "]")
		j := strings.LastIndex(page, "]")
		return map[int]string{acroform: acro[:i] + " 91 0 R" + acro[i:], 3: page[:j] + " 91 0 R" + page[j:],
			90: form, 91: fmt.Sprintf(widget, extra)}
	}
	sigObj := func() int { // the last signature dictionary follows its field in the update
		i := bytes.LastIndex(good, []byte("/Type/Sig\n"))
		head := good[:i]
		var n int
		fmt.Sscanf(string(head[bytes.LastIndex(head, []byte("\nendobj\n"))+8:]), "%d 0 obj", &n)
		return n
	}()

	for _, m := range []struct {
		name   string
		file   []byte
		reason verify.Reason
	}{
		{"A1 contents all zero", append(append(append([]byte(nil), good[:b+1]...), bytes.Repeat([]byte("0"), c-b-2)...), good[c-1:]...), verify.SigContentsPadding},
		{"A1 contents empty string", replace("/Contents <", "/Contents ("), verify.StructUnreadable},
		{"A1 no contents", replace("/Contents", "/Cqntents"), verify.SigContents},
		{"A2 no byte range", replace("/ByteRange", "/ByteRangf"), verify.SigByteRange},
		{"A2 null", setRange("null"), verify.SigByteRange},
		{"A2 negative", setRange(fmt.Sprintf("[0 -%d %d %d]", b, c, d)), verify.SigByteRange},
		{"A2 huge", setRange(fmt.Sprintf("[0 %d %d 9223372036854775807]", b, c)), verify.SigByteRange},
		{"A2 reals", setRange(fmt.Sprintf("[0.0 %d %d %d]", b, c, d)), verify.SigByteRange},
		{"A2 indirect", setRange("9 0 R"), verify.SigByteRange},
		{"A2 all zero", setRange("[0 0 0 0]"), verify.SigByteRange},
		{"A5 widened gap", setRange(fmt.Sprintf("[0 %d %d %d]", b-1, c, d)), verify.SigContents},
		{"A7 three numbers", setRange(fmt.Sprintf("[0 %d %d]", b, c)), verify.SigByteRange},
		{"A7 five numbers", setRange(fmt.Sprintf("[0 %d %d %d 0]", b, c, d)), verify.SigByteRange},
		{"A7 not from 0", setRange(fmt.Sprintf("[1 %d %d %d]", b-1, c, d)), verify.SigByteRange},
		{"A7 empty gap", setRange(fmt.Sprintf("[0 %d %d %d]", b, b, d)), verify.SigByteRange},
		{"A7 tail not covered", setRange(fmt.Sprintf("[0 %d %d %d]", b, c, d-20)), verify.SigCoverage},
		{"A7 beyond the file", setRange(fmt.Sprintf("[0 %d %d %d]", b, c, d+1)), verify.SigByteRange},
		{"A9 padding", at(">\n/M", -2, '1'), verify.SigContentsPadding},
		{"A9 not hexadecimal", at(">\n/M", -2, 'g'), verify.StructUnreadable},
		{"A9 white space in contents", at(">\n/M", -2, ' '), verify.SigContents},
		{"A10 a comment behind the end", append(append([]byte(nil), good...), "%evil"...), verify.StructTrailingBytes},
		{"A10 objects behind the end", append(append([]byte(nil), good...), "1 0 obj<</Type/Catalog/Pages 99 0 R>>endobj\n"...), verify.StructTrailingBytes},
		{"A3 page replaced", update(good, 1, map[int]string{3: with(page, "/Contents", "90 0 R"), 90: form}), verify.SigChanged},
		{"A11 overlay annotation", update(good, 1, map[int]string{3: func() string {
			j := strings.LastIndex(page, "]")
			return page[:j] + " 91 0 R" + page[j:]
		}(), 91: "<</Type/Annot/Subtype/FreeText/Rect[0 0 500 500]/Contents(x)>>"}), verify.SigChanged},
		{"A13 field without a value", update(good, 1, addField("")), verify.SigChanged},
		{"A13 field with an empty value", update(good, 1, addField("/V<<>>")), verify.SigChanged},
		{"A14 recycled signature", update(good, 1, addField(fmt.Sprintf("/V %d 0 R", sigObj))), verify.SigShared},
		{"A20 size shrinks", func() []byte {
			u := update(good, 1, map[int]string{3: page})
			i := bytes.LastIndex(u, []byte("/Size "))
			return append(append(append([]byte(nil), u[:i]...), "/Size 4"...), u[i+len("/Size 13"):]...)
		}(), verify.SigChanged},
		{"A21 OpenAction", update(good, 1, map[int]string{1: with(catalog, "/OpenAction", "<</S/JavaScript/JS(x)>>")}), verify.SigChanged},
		{"A21 OCProperties", update(good, 1, map[int]string{1: with(catalog, "/OCProperties", "<<>>")}), verify.SigChanged},
		{"A21 pages", update(good, 1, map[int]string{1: strings.Replace(catalog, "/Pages 2 0 R", "/Pages 3 0 R", 1)}), verify.SigChanged},
		{"A22 NeedAppearances", update(good, 1, map[int]string{acroform: with(acro, "/NeedAppearances", "true")}), verify.SigChanged},
		{"A22 XFA", update(good, 1, map[int]string{acroform: with(acro, "/XFA", "(x)")}), verify.SigChanged},
		{"form dropped", update(good, 1, map[int]string{1: "<</Type/Catalog/Pages 2 0 R>>"}), verify.SigUnreachable},
		{"another root", update(good, 92, map[int]string{92: catalog}), verify.SigChanged},
		{"signature dictionary replaced", update(good, 1, map[int]string{sigObj: strings.Replace(object(t, good, sigObj), "/M", "/Reason(x)/M", 1)}), verify.SigUnreachable},
		{"cut in the last update", good[:len(good)-7], verify.SigUnreachable},
	} {
		rep := judge(t, m.file, policy(ca))
		if rep.Verdict != verify.Invalid || !has(rep, m.reason) {
			t.Errorf("%s: %v %v", m.name, rep.Verdict, rep.Reasons)
			for _, s := range rep.Signatures {
				t.Errorf("   %s %v %v %v %q", s.Field, s.Indication, s.Reasons, s.ChangeLevel, changesOf(s))
			}
		}
	}
}

// each runs check over n cases on both cores.
func each(n int, check func(i int)) {
	var wg sync.WaitGroup
	const workers = 4
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				check(i)
			}
		})
	}
	wg.Wait()
}

// TestEveryByte changes one bit in every byte of a file with two signatures, and cuts
// it at every fourth length (R17). Only the letter case of hexadecimal digits in
// /Contents may change without notice.
func TestEveryByte(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, _, good := signedTwice(t, ca)
	stride := 1
	if testing.Short() {
		stride = 37
	}
	p := policy(ca)
	each(len(good)/stride, func(i int) {
		i *= stride
		flip := byte(1) << (i / stride % 8)
		if isHex(good[i]) && isLetter(good[i]) && flip == 0x20 {
			flip = 1 // TestHexCase tests the letter case
		}
		b := bytes.Clone(good)
		b[i] ^= flip
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), p)
		// With a broken certificate no chain can be established: indeterminate.
		if err != nil || rep.Verdict != verify.Invalid && rep.Verdict != verify.Indeterminate {
			t.Errorf("byte %d %q → %q: %v %v", i, good[i], b[i], rep.Verdict, err)
		}
	})
	first := bytes.Index(good, []byte("ByteRange"))
	each(len(good)/stride/4, func(i int) {
		i *= 4 * stride
		rep, err := verify.Verify(t.Context(), bytes.NewReader(good[:i]), int64(i), p)
		if err != nil || rep.Verdict == verify.Valid && i != len(good) || rep.Verdict == verify.Unsigned && i > first+200 {
			// A cut exactly after the first signature's revision gives that valid file.
			if rep != nil && len(rep.Signatures) == 1 && rep.Verdict == verify.Valid {
				return
			}
			t.Errorf("cut at %d: %v %v", i, rep.Verdict, err)
		}
	})
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// TestHexCase: the same signature in capitals is the same signature, outside of what an
// earlier signature covers.
func TestHexCase(t *testing.T) {
	ca := newCA(t, devca.P256)
	laid, one, _ := signedTwice(t, ca)
	i := bytes.Index(one[len(laid):], []byte("/Contents <")) + len(laid) + len("/Contents <")
	j := i + bytes.IndexByte(one[i:], '>')
	b := bytes.Clone(one)
	copy(b[i:j], bytes.ToUpper(b[i:j]))
	if rep := judge(t, b, policy(ca)); rep.Verdict != verify.Valid {
		t.Errorf("%v %v", rep.Verdict, rep.Signatures[0].Reasons)
	}
	// Anywhere else a letter's case is part of what is signed.
	for k := range b {
		if k >= i && k < j || !isHex(one[k]) || !isLetter(one[k]) {
			continue
		}
		m := bytes.Clone(one)
		m[k] ^= 0x20
		if rep := judge(t, m, policy(ca)); rep.Verdict == verify.Valid {
			t.Errorf("byte %d %q → %q is valid", k, one[k], m[k])
		}
	}
}

// TestUntrustedAddition: a stranger's signature over a new field (R6) does not affect
// the earlier signatures, and the document is not valid.
func TestUntrustedAddition(t *testing.T) {
	ca, evil := newCA(t, devca.P256), newCA(t, devca.P256)
	_, _, two := signedTwice(t, ca)
	cred, err := evil.Issue(devca.Subject{Name: "王五", ID: "320*****0011"})
	if err != nil {
		t.Fatal(err)
	}
	b := sign(t, two, signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: evil}, Time: signingTime,
		NewField: &signer.Field{Name: "S", Page: 1, Box: signer.Around(100, 100, 90, 90)}})
	rep := judge(t, b, policy(ca))
	if rep.Verdict != verify.Indeterminate || !has(rep, verify.NoCertificateChainFound) {
		t.Errorf("%v", rep.Verdict)
	}
}
