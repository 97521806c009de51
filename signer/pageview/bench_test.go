package pageview_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// contract returns a page of 2,000 letters.
func contract() []byte {
	return file([]page{{a4, "BT /F1 12 Tf 14 TL 72 760 Td " + strings.Repeat("(The parties agree to the following terms) ' ", 50) + "ET"}})
}

// BenchmarkStart measures New with a filled CacheDir, and without one.
func BenchmarkStart(b *testing.B) {
	if _, err := shared(); err != nil { // fills cacheDir
		b.Fatal(err)
	}
	for name, dir := range map[string]string{"cached": cacheDir, "compiled": ""} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				v, err := pageview.New(b.Context(), pageview.Config{CacheDir: dir})
				if err != nil {
					b.Fatal(err)
				}
				if err := v.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDocument opens a document again for each page or search.
func BenchmarkDocument(b *testing.B) {
	v, err := shared()
	if err != nil {
		b.Fatal(err)
	}
	in := contract()
	for name, f := range map[string]func(*pageview.Document) error{
		"open": func(*pageview.Document) error { return nil },
		"page": func(d *pageview.Document) error { _, err := d.Page(b.Context(), 1, 150); return err },
		"find": func(d *pageview.Document) error { _, err := d.Find(b.Context(), "terms"); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				d, err := v.Open(b.Context(), bytes.NewReader(in), int64(len(in)), "")
				if err == nil {
					err = f(d)
				}
				if err == nil {
					err = d.Close()
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
