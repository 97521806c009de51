package verify_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestSquares: work that grew with the square of the file's content (2.1). It took
// minutes; the limit allows for busy machines.
func TestSquares(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds by design")
	}
	m := newMaterial(t, devca.P256)
	many := func(n int, body func(i int) string) map[int]string {
		objs := map[int]string{}
		for i := range n {
			objs[300+i] = body(i)
		}
		return objs
	}
	for name, file := range map[string]func() []byte{
		"many changed": func() []byte {
			b := m.over(t, add(m.laid, many(50_000, func(int) string { return "<<>>" })), nil)
			return add(b, many(50_000, func(int) string { return "<</A 1>>" }))
		},
		"many changed and freed": func() []byte {
			b := m.over(t, add(m.laid, many(60_000, func(int) string { return "<<>>" })), nil)
			a := extend(b)
			for i := range 60_000 {
				if i%2 == 0 {
					a.object(300+i, "<</A 1>>")
				} else {
					a.set(300+i, row{0, 0, 1})
				}
			}
			return a.end("")
		},
		"one object everyone refers to": func() []byte {
			b := m.over(t, add(m.laid, many(40_000, func(int) string { return "[300 0 R]" })), nil)
			return add(b, many(40_000, func(int) string { return "[300 0 R 1]" }))
		},
		"one array of one object": func() []byte {
			b := m.over(t, add(m.laid, map[int]string{300: "[" + strings.Repeat("302 0 R ", 300_000) + "]", 301: "[" + strings.Repeat("302 0 R ", 300_000) + "]", 302: "1"}), nil)
			return add(b, map[int]string{300: "1", 301: "1", 302: "2"})
		},
		"one dictionary of one object": func() []byte {
			var d strings.Builder
			for i := range 150_000 {
				fmt.Fprintf(&d, "/K%d 302 0 R", i)
			}
			b := m.over(t, add(m.laid, map[int]string{300: "<<" + d.String() + ">>", 301: "<<" + d.String() + ">>", 302: "1"}), nil)
			return add(b, map[int]string{300: "1", 301: "1", 302: "2"})
		},
		"one large dictionary": func() []byte {
			var d strings.Builder
			for i := range 150_000 {
				fmt.Fprintf(&d, "/Key%d 1", i)
			}
			b := m.over(t, add(m.laid, map[int]string{300: "<<" + d.String() + ">>"}), nil)
			return add(b, map[int]string{300: "<<" + d.String() + "/More 1>>"})
		},
		"a large trailer": func() []byte {
			var d strings.Builder
			for i := range 150_000 {
				fmt.Fprintf(&d, "/Key%d 1", i)
			}
			b := m.forgeTrailer(t, extend(m.laid).object(190, orphan).end("/Info 1"+d.String()))
			return extend(b).object(199, orphan).end(d.String())
		},
		"metadata in every revision": func() []byte {
			var z bytes.Buffer
			w := zlib.NewWriter(&z)
			fmt.Fprintf(w, "<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s</x:xmpmeta>", strings.Repeat("<a/>", 250_000))
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			b := add(m.laid, map[int]string{300: fmt.Sprintf("<</Length 5000000>>\nstream\n%s\nendstream", strings.Repeat("x", 5_000_000))})
			b = m.over(t, b, nil)
			for i := range 240 {
				b = add(b, map[int]string{13: fmt.Sprintf("<</Type/Metadata/X %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", i, z.Len(), z.String())})
			}
			return b
		},
	} {
		b := file()
		start, before := time.Now(), cpuTime(t)
		rep := judge(t, b, policy(m.ca))
		took, cpu := time.Since(start), cpuTime(t)-before
		t.Logf("%-30s %5d KB %8v %v", name, len(b)>>10, took.Round(time.Millisecond), rep.Verdict)
		if tooLong(cpu) || len(b) > 10<<20 {
			t.Errorf("%s: %v for %d bytes", name, took, len(b))
		}
	}
}
