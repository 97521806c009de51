package seal_test

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

var official = seal.Spec{Style: seal.StyleOfficial, Name: "深圳市大家签科技有限公司", Code: "91350100M000100Y43"}

// The budget is 1 ms.
func BenchmarkDraw(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := seal.Draw(official); err != nil {
			b.Fatal(err)
		}
	}
}

// The budget is 8 ms for 992 by 992 pixels.
func BenchmarkPNG600(b *testing.B) {
	art, err := seal.Draw(official)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := art.PNG(io.Discard, 600); err != nil {
			b.Fatal(err)
		}
	}
}

// The budget is 1 ms and 40 KB.
func BenchmarkVector(b *testing.B) {
	art, err := seal.Draw(official)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		content, _, _ := art.Vector()
		size = len(content)
	}
	b.ReportMetric(float64(size), "content-bytes")
}

// One page as a PDF document: the budget is 1 ms and 40 KB.
func BenchmarkPDF(b *testing.B) {
	art, err := seal.Draw(official)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := art.PDF(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAgedPNG600(b *testing.B) {
	art, err := seal.Draw(official)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := art.AgedPNG(io.Discard, 600, seal.Age{Seed: 7}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHandwriting(b *testing.B) {
	h := name(even)
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		art, err := seal.DrawHandwriting(h, seal.Pen{})
		if err != nil {
			b.Fatal(err)
		}
		content, _, _ := art.Vector()
		size = len(content)
	}
	b.ReportMetric(float64(size), "content-bytes")
}

// Ten thousand different seals of every style, each drawn and written as PNG of 600
// dpi, SVG and PDF, on all processors. The budget is 60 s on two processors, and memory
// that does not grow: peak-MB is the most memory that the process held beyond its
// start.
func BenchmarkTenThousand(b *testing.B) {
	for b.Loop() {
		before := peakMB(b)
		var next atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= 10_000 {
						return
					}
					spec := samples[i%len(samples)].spec
					spec.Name = numbered(spec, i)
					art, err := seal.Draw(spec)
					if err != nil {
						b.Errorf("%+v: %v", spec, err)
						return
					}
					if err := errors.Join(art.PNG(io.Discard, 600), art.SVG(io.Discard), art.PDF(io.Discard)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(peakMB(b)-before, "peak-MB")
	}
}

// numbered changes the name of a spec to another of about the same length.
func numbered(spec seal.Spec, i int) string {
	digits := []rune("零一二三四五六七八九")
	mark := []rune{digits[i/1000%10], digits[i/100%10], digits[i/10%10], digits[i%10]}
	name := []rune(spec.Name)
	switch {
	case spec.Style == seal.StyleRepresentative:
		return string(mark[2:])
	case len(name) > len(mark)+4:
		copy(name[1:], mark)
		return string(name)
	}
	return string(mark)
}

// peakMB returns the most memory that the process has held, in MB (VmHWM, on Linux).
func peakMB(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		if runtime.GOOS != "linux" {
			b.Skip("the peak is read from /proc")
		}
		b.Fatal(err)
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(v)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}
