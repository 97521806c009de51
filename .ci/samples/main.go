// Samples writes the unsigned files that outside witnesses judge once they are
// signed: go run ./.ci/samples DIR
package main

import (
	"log"
	"os"
	"path/filepath"

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
	for name, s := range specs {
		if err := os.WriteFile(filepath.Join(os.Args[1], name+".pdf"), samples.PDF(s), 0o600); err != nil {
			log.Fatal(err)
		}
	}
}
