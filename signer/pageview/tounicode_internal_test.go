package pageview

import (
	"bytes"
	"maps"
	"runtime"
	"strings"
	"testing"
)

// TestReadMapDepth: brackets and strings without an end are read once, without recursion.
func TestReadMapDepth(t *testing.T) {
	for _, s := range []string{"[", "<", "1 beginbfrange <01> <02> [", "%", "(", "1 beginbfchar "} {
		if c := readMap([]byte(strings.Repeat(s, 1<<20))); len(c.to) > 0 {
			t.Errorf("%q: %d mappings", s, len(c.to))
		}
	}
}

// TestReadMapMemory: what a code stands for is short, so that a small map cannot grow.
func TestReadMapMemory(t *testing.T) {
	data := []byte("1 beginbfrange <0000> <ffff> <" + strings.Repeat("00", 1<<20) + "> endbfrange 1 beginbfrange <0000> <ffff> <" + strings.Repeat("00", maxText) + "> endbfrange")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := readMap(data)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 200<<20 || len(c.to) != 1<<16 {
		t.Errorf("%d mappings took %d MiB", len(c.to), grown>>20)
	}
}

// FuzzReadMap: what is written anew is sound, and says the same.
func FuzzReadMap(f *testing.F) {
	for _, s := range []string{
		"1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0001> <76d6> <0002> <7ae0> endbfchar",
		"1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <01> <03> [<76d6> <7ae0> <5904>] endbfrange",
		"beginbfrange<0001><0001><76d6><0002><00ff><d83d dcff>endbfrange % a comment", "9 beginbfchar <1> <2> [ <3> <4> beginbfchar",
		"1 beginbfrange <00000000> <ffffffff> <0000> endbfrange", "1 beginbfchar <0102030405> <41> endbfchar",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := readMap(data)
		if c.width > 2 {
			return // written as far as two bytes go
		}
		again := readMap(c.bytes())
		if len(c.to) > 0 && (!again.sound || again.width != c.width || !maps.EqualFunc(c.to, again.to, bytes.Equal)) {
			t.Errorf("%q became %q", data, c.bytes())
		}
	})
}
