package verify_test

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA46BoundedToo: more files that are made to be slow, or large in memory. Each was found
// to take from 3 seconds to minutes, or gigabytes, before its loop had a limit.
func TestA46BoundedToo(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("it takes as long as the files are slow")
	}
	m := newMaterial(t, devca.P256)
	for name, make := range slowerFiles(t, m) {
		measure(t, name, make(), policy(m.ca))
	}
	for name, c := range slowEvidence(t) {
		measure(t, name, c.file, c.policy)
	}
}

// measure holds that a file is judged within the limits.
func measure(t *testing.T, name string, file []byte, p verify.Policy) {
	t.Helper()
	if len(file) > 10<<20 {
		t.Errorf("%s has %d bytes", name, len(file))
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, peak := make(chan bool), make(chan uint64)
	go func() {
		var top uint64
		for {
			select {
			case <-stop:
				peak <- top
				return
			case <-time.After(10 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				top = max(top, now.HeapAlloc)
			}
		}
	}()
	cpu := cpuTime(t)
	rep := judge(t, file, p)
	took := cpuTime(t) - cpu
	close(stop)
	heap := int64(<-peak) - int64(before.HeapAlloc)
	if tooLong(took) || heap > 512<<20 { // twice the limit: garbage counts too
		t.Errorf("%s: %v, %d MiB", name, took, heap>>20)
	}
	t.Logf("%-50s %9d bytes %7.3f s %4d MiB  %v %v", name, len(file), took.Seconds(), heap>>20, rep.Verdict, rep.Reasons)
}

func deflate(s string) []byte {
	var p bytes.Buffer
	zw := zlib.NewWriter(&p)
	_, _ = zw.Write([]byte(s))
	_ = zw.Close()
	return p.Bytes()
}

func deflated(b []byte) string {
	z := deflate(string(b))
	return fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(z), z)
}

// slowerFiles are made one at a time.
func slowerFiles(t *testing.T, m *material) map[string]func() []byte {
	t.Helper()
	signed := func(b []byte) []byte {
		return sign(t, b, signer.Request{Credential: m.cheat, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	}
	plain := signed(ownPDF())
	revisions := func(b []byte, n int, more func(i int, a *addition)) []byte {
		for i := range n {
			a := extend(b)
			more(i, a)
			b = a.end("")
		}
		return b
	}
	return map[string]func() []byte{
		"many references to the catalog": func() []byte {
			a := extend(ownPDF())
			for i := range 40 {
				a.object(20+i, "["+strings.Repeat("1 0 R ", 25_000)+"]")
			}
			b := signed(a.end(""))
			return revisions(b, 300, func(i int, a *addition) { a.object(1, put(object(t, b, 1), "Version", "/1.7")) })
		},
		"packed references to the catalog": func() []byte {
			a := extend(ownPDF())
			for i := range 60 {
				head := fmt.Sprintf("%d 0 ", 100+i)
				data := deflate(head + "[" + strings.Repeat("1 0 R ", 600_000) + "]")
				a.set(100+i, row{2, 20 + i, 0})
				a.object(20+i, fmt.Sprintf("<</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(head), len(data), data))
			}
			a.object(90, fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", 2_300_000, strings.Repeat("x", 2_300_000)))
			a.stream = true
			b := signed(a.end(""))
			return revisions(b, 1, func(i int, a *addition) { a.object(1, put(object(t, ownPDF(), 1), "Version", "/1.7")) })
		},
		"a lock of many names in many signatures": func() []byte {
			return revisions(plain, 1, func(_ int, a *addition) {
				for i := range 1000 {
					a.object(400+i, fmt.Sprintf("<</FT/Sig/T(z%d)/V<</Type/Sig/SubFilter/adbe.pkcs7.detached/Reference 390 0 R/ByteRange[0 9 20 30]/Contents<3000>>>>>", i))
				}
				a.object(390, "[<</TransformMethod/FieldMDP/TransformParams 391 0 R>>]").object(391, "<</Action/Include/Fields 392 0 R>>").object(392, "["+strings.Repeat("(a)", 100_000)+"]")
				a.object(9, into(t, object(t, plain, 9), "Fields", refs(400, 1000)))
			})
		},
		"many locks in one signature": func() []byte {
			return revisions(plain, 1, func(_ int, a *addition) {
				a.object(400, "<</FT/Sig/T(z)/V<</Type/Sig/SubFilter/adbe.pkcs7.detached/Reference 390 0 R/ByteRange[0 9 20 30]/Contents<3000>>>>>")
				a.object(390, "["+strings.Repeat("<</TransformMethod/FieldMDP/TransformParams 391 0 R>>", 2000)+"]").object(391, "<</Action/Include/Fields 392 0 R>>").object(392, "["+strings.Repeat("(a)", 100_000)+"]")
				a.object(9, into(t, object(t, plain, 9), "Fields", "400 0 R"))
			})
		},
		"pages that share annotations": func() []byte {
			return revisions(plain, 1, func(_ int, a *addition) {
				for i := range 4000 {
					a.object(1000+i, "<</Type/Page/Parent 2 0 R/Annots 390 0 R>>")
				}
				a.object(390, "["+refs(6000, 2000)+"]")
				a.object(2, "<</Type/Pages/Count 4000/Kids["+refs(1000, 4000)+"]>>")
			})
		},
		"a thousand marks in an object that does not end": func() []byte {
			a := extend(ownPDF())
			a.object(300, "[/ByteRange [ 1 ] "+strings.Repeat("/ByteRange [1] ", 1000)+strings.Repeat("1 ", 4_000_000))
			return a.end("")
		},
		"a store, many entries of single signatures": func() []byte {
			a := extend(plain)
			a.object(400, "<</Length 1>>\nstream\nx\nendstream")
			a.object(391, "["+strings.Repeat("400 0 R ", 1_000_000)+"]")
			a.object(390, "<</Certs 391 0 R/VRI 392 0 R>>").object(392, fmt.Sprintf("<</%040X 393 0 R>>", 1)).object(393, "<</Cert[400 0 R]>>")
			a.object(1, put(object(t, plain, 1), "DSS", "390 0 R"))
			b := a.end("")
			return revisions(b, 300, func(i int, a *addition) { a.object(393, fmt.Sprintf("<</Cert[400 0 R]/TU(D:%d)>>", i)) })
		},
		"many roots of the form, many revisions": func() []byte {
			a := extend(ownPDF())
			a.object(9, "<</Fields 20 0 R>>").object(20, "["+strings.Repeat("10 0 R ", 650_000)+"]")
			b := signed(a.end(""))
			return revisions(b, 300, func(i int, a *addition) { a.object(1, put(object(t, b, 1), "Version", "/1.7")) })
		},
		"pictures drawn many times": func() []byte {
			a := extend(ownPDF())
			a.object(3, strings.Replace(swap(t, object(t, ownPDF(), 3), "/Resources<</Font<</F1 7 0 R>>>>", "/Resources<</XObject<</a 20 0 R>>>>"), "[5 0 R 6 0 R]", " 22 0 R", 1))
			a.object(20, "<</Type/XObject/Subtype/Image/Junk["+strings.Repeat("1 ", 500_000)+"]/Length 21 0 R>>\nstream\nx\nendstream").object(21, "1")
			c := deflate(strings.Repeat("/a Do ", 190_000))
			a.object(22, fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(c), c))
			b := signed(a.end(""))
			nf := newField(t, b)
			return m.over(t, b, map[int]string{191: strings.Replace(nf[191], "[0 0 0 0]", "[10 10 50 50]", 1)})
		},
		"names drawn many times": func() []byte {
			a := extend(ownPDF())
			a.object(3, strings.Replace(swap(t, object(t, ownPDF(), 3), "/Resources<</Font<</F1 7 0 R>>>>", "/Resources<</XObject 23 0 R>>"), "[5 0 R 6 0 R]", " 22 0 R", 1))
			var d strings.Builder
			for i := range 400_000 {
				fmt.Fprintf(&d, "/k%d 1", i)
			}
			a.object(23, "<<"+d.String()+"/a 7 0 R>>")
			c := deflate(strings.Repeat("/z Do ", 190_000))
			a.object(22, fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(c), c))
			b := signed(a.end(""))
			nf := newField(t, b)
			return m.over(t, b, map[int]string{191: strings.Replace(nf[191], "[0 0 0 0]", "[10 10 50 50]", 1)})
		},
		"a tree of parents read again and again": func() []byte {
			a := extend(ownPDF())
			a.object(1, put(object(t, ownPDF(), 1), "StructTreeRoot", "20 0 R"))
			a.object(20, "<</Type/StructTreeRoot/K 21 0 R/ParentTree 22 0 R/ParentTreeNextKey 1>>").object(21, "<</Type/StructElem/S/Document/P 20 0 R/K[]>>")
			a.object(22, "<</Kids["+strings.Repeat("24 0 R ", 19_000)+"]>>").object(24, "<</Nums[]/Junk["+strings.Repeat("1 ", 4_000_000)+"]>>").object(25, "<</Nums[]/Junk["+strings.Repeat("1 ", 20_000)+"]>>").object(26, "<</Kids["+strings.Repeat("24 0 R 25 0 R ", 9_000)+"]>>")
			b := signed(a.end(""))
			all := newField(t, b)
			all[20] = "<</Type/StructTreeRoot/K 21 0 R/ParentTree 181 0 R/ParentTreeNextKey 1>>"
			all[181] = "<</Kids[" + strings.Repeat("24 0 R 25 0 R ", 9_000) + "]>>"
			return m.over(t, b, all)
		},
		"annotations of many pages": func() []byte {
			a := extend(ownPDF())
			for i := range 1000 {
				a.object(1000+i, "<</Type/Page/Parent 2 0 R/Annots 390 0 R>>")
			}
			a.object(390, "["+strings.Repeat("391 0 R ", 20_000)+"]").object(391, "<</Subtype/Square/Rect[0 0 9 9]/AP 392 0 R/Junk["+strings.Repeat("1 ", 20_000)+"]>>")
			a.object(2, "<</Type/Pages/Count 1000/Kids["+refs(1000, 1000)+"]>>")
			return signed(a.end(""))
		},
	}
}

// stuffed adds a store. What it holds is packed, and padded so that it may be unpacked.
func stuffed(t *testing.T, b []byte, key string, list [][]byte) []byte {
	t.Helper()
	pad := make([]byte, 700<<10)
	for i := range pad {
		pad[i] = byte(i * i >> 7)
	}
	objs := map[int]string{4999: fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(pad), pad)}
	store := "<</Certs[4999 0 R]/" + key + "["
	for i, der := range list {
		objs[5000+i] = deflated(der)
		store += fmt.Sprintf("%d 0 R ", 5000+i)
	}
	cat := number(t, b, "/Type/Catalog")
	objs[cat] = put(object(t, b, cat), "DSS", store+"]>>")
	return add(b, objs)
}

// slowEvidence are files whose stores are full of what takes long to check.
func slowEvidence(t *testing.T) map[string]struct {
	file   []byte
	policy verify.Policy
} {
	t.Helper()
	o := newOffice(t)
	alg := seq(oid(1, 2, 840, 10045, 4, 3, 2))
	b := samples.PDF(samples.Spec{})
	for i := range 60 {
		b = sign(t, b, signer.Request{Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: fmt.Sprint("S", i)},
			Credential: signer.Credential{Chain: []*x509.Certificate{o.leaf, o.ca}, Key: o.leafKey}})
	}
	list := func(i int, name *node, entries []byte) []byte {
		return seq(seq(integer(1), alg, name, prim(0x17, []byte("260101000000Z")), prim(0x30, entries)), alg, prim(3, []byte{0, byte(i)})).encode()
	}
	entry := seq(prim(2, []byte{9, 9}), prim(0x17, []byte("260101000000Z"))).encode()
	long := bytes.Repeat(entry, (15<<20)/len(entry))
	issuer := parseDER(t, o.root.RawSubject)[0]
	heavy := seq(set(seq(oid(2, 5, 4, 3), prim(30, bytes.Repeat([]byte{0xfd, 0xfa}, 8<<20-300)))))
	id := seq(seq(oid(2, 16, 840, 1, 101, 3, 4, 2, 3)), octets(cms.SHA512.Sum(o.leaf.RawIssuer)), octets(make([]byte, 64)), integer(o.leaf.SerialNumber.Bytes()...))
	at := prim(0x18, []byte("20260101000000Z"))
	var singles []*node
	for range 100 {
		singles = append(singles, seq(id, prim(0x80, nil), at))
	}
	var answers [][]byte
	for i := range 700 {
		data := seq(under(0xa2, octets(make([]byte, 20))), at, seq(singles...))
		basic := seq(data, alg, prim(3, []byte{0, byte(i), byte(i >> 8)}))
		answers = append(answers, seq(prim(10, []byte{0}), under(0xa0, seq(oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1), octets(basic.encode())))).encode())
	}
	p := verify.Policy{Roots: []*x509.Certificate{o.root}, Time: signingTime.Add(time.Hour), Revocation: verify.RequireRevocation}
	return map[string]struct {
		file   []byte
		policy verify.Policy
	}{
		"a list of a name that takes long to compare":      {stuffed(t, b, "CRLs", [][]byte{list(0, heavy, nil)}), p},
		"two long lists that nobody signed, 60 signatures": {stuffed(t, b, "CRLs", [][]byte{list(0, issuer, long), list(1, issuer, long)}), p},
		"700 responses of 100 answers, 60 signatures":      {stuffed(t, b, "OCSPs", answers), p},
	}
}
