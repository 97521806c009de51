package seal_test

import (
	"io"
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
