// Samples writes the unsigned files that outside witnesses judge once they are
// signed: go run ./.ci/samples DIR
package main

import (
	"cmp"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
)

func main() {
	specs := map[string]samples.Spec{
		"table":   {Pages: samples.A4(5)},
		"stream":  {Form: samples.Stream, Pages: samples.A4(5)},
		"hybrid":  {Form: samples.Hybrid, Pages: samples.A4(2)},
		"prefix":  {Prefix: 100},
		"rotated": {Pages: []samples.Page{{}, {Rotate: 90}, {Rotate: 180}, {Rotate: 270}, {Media: [4]float64{-100, -50, 400, 700}, Crop: [4]float64{-80, -20, 380, 680}, Rotate: 90}}},
		"pdfa1b":  {Archive: "1b", Pages: samples.A4(2)},
		"pdfa2b":  {Archive: "2b", Form: samples.Stream, Pages: samples.A4(2)},
	}
	// Every flavour of PDF/A and of PDF/UA, as NAME-FLAVOUR-INTENT.
	for _, flavour := range []string{"1a", "1b", "2a", "2b", "2u", "3a", "3b", "3u", "4", "4e", "4f", "ua1", "ua2"} {
		for _, intent := range []string{samples.SRGB, samples.Gray, samples.CMYK, samples.None} {
			if strings.HasPrefix(flavour, "ua") && intent != samples.SRGB {
				continue
			}
			specs["archive-"+flavour+"-"+cmp.Or(intent, "srgb")] = samples.Spec{Archive: flavour, Intent: intent, Pages: samples.A4(2)}
		}
	}
	for name, s := range specs {
		if err := os.WriteFile(filepath.Join(os.Args[1], name+".pdf"), samples.PDF(s), 0o600); err != nil {
			log.Fatal(err)
		}
	}
}
