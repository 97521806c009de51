package signer_test

import (
	"bytes"
	"image"
	"io"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
)

// BenchmarkImage makes pages of 12-megapixel pictures, as phones take them.
func BenchmarkImage(b *testing.B) {
	im := image.NewNRGBA(image.Rect(0, 0, 4000, 3000))
	for i := range im.Pix {
		im.Pix[i] = byte(i>>2) ^ byte(i/16000) | 1
		if i%4 == 3 {
			im.Pix[i] = 255
		}
	}
	for name, data := range map[string][]byte{"jpeg": jpegOf(b, im), "png": pngOf(b, im)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				err := signer.ImageToPDF(b.Context(), io.Discard, bytes.NewReader(data), signer.ImageOptions{MaxBytes: 1 << 30})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
