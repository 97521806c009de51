package verify_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestHostileCost: with any 10 MB, a verdict takes at most 2 seconds and 256 MiB. The
// limit is loose under the race detector and on busy machines; it finds work that grows
// with the square of something.
func TestHostileCost(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds by design")
	}
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	one := func(b []byte, field string) []byte {
		return sign(t, b, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: field}})
	}
	resaved := func(b []byte, n int, objs map[int]string) []byte {
		b = append(make([]byte, 0, len(b)+12<<20), b...)
		for range n {
			b = appendUpdate(b, 1, objs)
		}
		return b
	}
	for name, file := range map[string]func() []byte{
		"many objects": func() []byte { return one(one(samples.PDF(samples.Spec{Objects: 120_000}), "A"), "B") },
		"many objects in streams": func() []byte {
			return one(one(samples.PDF(samples.Spec{Form: samples.Stream, Objects: 19_900}), "A"), "B")
		},
		"many pages and revisions": func() []byte {
			return resaved(one(samples.PDF(samples.Spec{Pages: samples.A4(4900)}), "A"), 250, map[int]string{199: "<</X 1>>"})
		},
		"many revisions before": func() []byte {
			return one(resaved(samples.PDF(samples.Spec{Objects: 100_000}), 250, map[int]string{199: "<</X 1>>"}), "A")
		},
		"many fields": func() []byte {
			var fields []signer.Element
			for i := range 4000 {
				fields = append(fields, signer.Field{Name: fmt.Sprint("F", i)})
			}
			doc, err := openPDF(samples.PDF(samples.Spec{}))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := signer.Layout(t.Context(), &b, doc, fields...); err != nil {
				t.Fatal(err)
			}
			return resaved(one(b.Bytes(), "A"), 250, map[int]string{199: "<</X 1>>"})
		},
		"many signatures": func() []byte {
			b := samples.PDF(samples.Spec{})
			for i := range 128 {
				b = one(b, fmt.Sprint("S", i))
			}
			return b
		},
		"many marks": func() []byte {
			return append(one(samples.PDF(samples.Spec{}), "A"), strings.Repeat("/ByteRange [", 800_000)...)
		},
		"one deep object": func() []byte {
			return resaved(one(samples.PDF(samples.Spec{}), "A"), 1, map[int]string{50: strings.Repeat("[", 4_000_000)})
		},
		"one long array": func() []byte {
			return resaved(one(samples.PDF(samples.Spec{}), "A"), 1, map[int]string{3: "[" + strings.Repeat("1 0 R ", 1_500_000) + "]"})
		},
		"a page of objects": func() []byte {
			return resaved(one(samples.PDF(samples.Spec{}), "A"), 200, map[int]string{3: "[" + strings.Repeat("1 0 R ", 7_000) + "]"})
		},
	} {
		b := file()
		if len(b) > 10<<20 {
			t.Fatalf("%s: %d bytes", name, len(b))
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start, began := time.Now(), cpuTime(t)
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), policy(ca))
		took, cpu := time.Since(start), cpuTime(t)-began
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%-26s %4d KB %8v %6.1f MB allocated: %v", name, len(b)>>10, took.Round(time.Millisecond), float64(after.TotalAlloc-before.TotalAlloc)/(1<<20), rep.Verdict)
		if tooLong(cpu) {
			t.Errorf("%s: %v", name, took)
		}
	}
}
