package signer_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"

	"github.com/dajiaqian/dajiaqian/signer"
)

// A scanned page becomes a PDF that can be signed.
func ExampleImageToPDF() {
	var scan, out bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 850, 1100))); err != nil {
		log.Fatal(err)
	}
	if err := signer.ImageToPDF(context.Background(), &out, &scan, signer.ImageOptions{}); err != nil {
		log.Fatal(err)
	}
	doc, err := signer.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		log.Fatal(err)
	}
	w, h, err := doc.PageSize(1)
	fmt.Printf("%.0f × %.0f mm %v\n", w, h, err)
	// Output:
	// 210 × 297 mm <nil>
}
