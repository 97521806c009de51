package verify_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA46Bounded: files that are made to be slow are judged in two seconds of CPU each.
func TestA46Bounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the files are slow")
	}
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	for name, file := range slowFiles(t, func(b []byte) []byte {
		return sign(t, b, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	}) {
		if len(file) > 10<<20 {
			t.Errorf("%s has %d bytes", name, len(file))
		}
		before := cpuTime(t)
		rep, err := verify.Verify(t.Context(), bytes.NewReader(file), int64(len(file)), policy(ca))
		took := cpuTime(t) - before
		if err != nil {
			t.Fatal(err)
		}
		if tooLong(took) {
			t.Errorf("%s: %v", name, took)
		}
		t.Logf("%-40s %9d bytes %7.3f s  %v %v", name, len(file), took.Seconds(), rep.Verdict, rep.Reasons)
	}
}

// refs returns n references, from an object on.
func refs(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d 0 R ", from+i)
	}
	return b.String()
}

// slowFiles are files of up to 10 MB, each made for one loop.
func slowFiles(t *testing.T, sign func([]byte) []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	revisions := func(b []byte, n int, more func(i int, a *addition)) []byte {
		for i := range n {
			a := extend(b)
			more(i, a)
			b = a.end("")
		}
		return b
	}
	plain := sign(ownPDF())
	page := func(fields int) []byte {
		var kids, objs strings.Builder
		for i := range fields {
			fmt.Fprintf(&kids, "%d 0 R ", 20+i)
			fmt.Fprintf(&objs, "\x00%d <</FT/Tx/T(f%d)/V()>>", 20+i, i)
		}
		a := extend(ownPDF())
		a.object(9, "<</Fields["+kids.String()+"]>>")
		for _, o := range strings.Split(objs.String(), "\x00")[1:] {
			num, body, _ := strings.Cut(o, " ")
			a.object(atoi(num), body)
		}
		return a.end("")
	}
	many := sign(page(5000))
	out["many fields, many revisions"] = revisions(many, 1000, func(i int, a *addition) {
		a.object(20+i, fmt.Sprintf("<</FT/Tx/T(f%d)/V(x)>>", i))
	})
	out["many fields renamed, many revisions"] = revisions(many, 1000, func(i int, a *addition) {
		a.object(20+i, fmt.Sprintf("<</FT/Tx/T(g%d)/V(x)>>", i))
	})
	out["many revisions"] = revisions(plain, 1080, func(i int, a *addition) { a.object(300+i, orphan) })
	out["many orphans"] = revisions(plain, 1, func(_ int, a *addition) {
		for i := range 100_000 {
			a.object(300+i, "<</A 1>>")
		}
	})
	out["many frees of what is not there"] = revisions(plain, 300, func(i int, a *addition) {
		for k := range 300 {
			a.set(300+300*i+k, row{0, 0, 1})
		}
	})
	big := strings.Repeat("1 0 R ", 150_000)
	out["a large array again and again"] = revisions(sign(extend(ownPDF()).object(20, "["+big+"]").end("")), 8, func(_ int, a *addition) { a.object(20, "["+big+"]") })
	evidence := func(n int) []byte {
		var list, vri strings.Builder
		a := extend(plain)
		for i := range n {
			a.object(400+i, "<</Length 1>>\nstream\nx\nendstream")
			fmt.Fprintf(&list, "%d 0 R ", 400+i)
			fmt.Fprintf(&vri, "/%040X<</Cert[%d 0 R]>>", i, 400+i)
		}
		a.object(390, "<</Certs["+list.String()+"]/VRI<<"+vri.String()+">>>>")
		a.object(1, put(object(t, plain, 1), "DSS", "390 0 R"))
		return a.end("")
	}
	store := evidence(8000)
	out["a large store"] = store
	out["a large store, many revisions"] = revisions(store, 1000, func(i int, a *addition) { a.object(20_000+i, orphan) })
	out["keywords"] = revisions(plain, 1, func(_ int, a *addition) {
		a.object(300, "("+strings.Repeat("obj", 3_000_000)+")")
	})
	out["keywords behind blanks"] = revisions(plain, 1, func(_ int, a *addition) {
		a.object(300, "("+strings.Repeat(strings.Repeat(" ", 250)+"obj", 30_000)+")")
	})
	out["trailers"] = revisions(plain, 1, func(_ int, a *addition) { a.object(300, "("+strings.Repeat("trailer%", 1_000_000)+")") })
	out["comments before objects"] = revisions(plain, 1, func(_ int, a *addition) { a.object(300, "("+strings.Repeat("%\nobj", 1_500_000)+")") })
	out["covered keywords"] = sign(extend(ownPDF()).object(300, "("+strings.Repeat("1 0 obj ", 300_000)+")").end(""))
	var packed bytes.Buffer
	zw := zlib.NewWriter(&packed)
	_, _ = zw.Write(make([]byte, 3*450_000))
	_ = zw.Close()
	out["rows of nothing"] = revisions(plain, 1000, func(_ int, a *addition) {
		a.stream = true
		a.object(300, fmt.Sprintf("<</Type/XRef/Size 450000/W[1 1 1]/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", packed.Len(), packed.Bytes()))
	})
	crowd := extend(ownPDF())
	for i := range 100_000 {
		crowd.object(2000+i, "<</A 9 0 R>>")
	}
	out["a large table under many sections"] = revisions(sign(revisions(crowd.end(""), 530, func(i int, a *addition) { a.object(300+i, orphan) })), 530,
		func(i int, a *addition) { a.object(900+i, orphan) })
	named := func(b []byte, num int, a *addition, front bool) {
		a.object(num, fmt.Sprintf("<</FT/Tx/T(n%d)/V()>>", num))
		form := object(t, b, 9)
		if front {
			a.object(9, strings.Replace(form, "Fields[", fmt.Sprintf("Fields[%d 0 R ", num), 1))
			return
		}
		a.object(9, into(t, form, "Fields", fmt.Sprintf("%d 0 R", num)))
	}
	for front, n := range map[bool]int{false: 600, true: 150} {
		b := sign(page(1000))
		for i := range n {
			a := extend(b)
			named(b, 5000+i, a, front)
			b = a.end("")
		}
		out[fmt.Sprintf("%d fields added one by one, in front %v", n, front)] = b
	}
	out["a thousand signatures of nothing"] = revisions(plain, 1, func(_ int, a *addition) {
		for i := range 1020 {
			a.object(400+i, fmt.Sprintf("<</FT/Sig/T(z%d)/V<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 9 20 30]/Contents<3000>>>>>", i))
		}
		a.object(9, into(t, object(t, plain, 9), "Fields", refs(400, 1020)))
	})
	out["deep arrays"] = revisions(plain, 1, func(_ int, a *addition) { a.object(300, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)) })
	out["many keys"] = revisions(plain, 1, func(_ int, a *addition) {
		var d strings.Builder
		for i := range 200_000 {
			fmt.Fprintf(&d, "/k%d 1", i)
		}
		a.object(300, "<<"+d.String()+">>")
	})
	out["many names of one field"] = revisions(sign(page(9000)), 3, func(i int, a *addition) { a.object(20+i, "<</FT/Tx/T(f5000)/V(x)>>") })
	out["a nest in a signature"] = bytes.Replace(plain, []byte("3082"), []byte("3080"), 3)
	return out
}
