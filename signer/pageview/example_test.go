package pageview_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// A seal field is put where the keyword stands for the last time.
func Example() {
	ctx := context.Background()
	contract := file([]page{{a4, "BT /F1 12 Tf 72 300 Td (Party A \\(seal\\):) Tj 0 -100 Td (Party A \\(seal\\):) Tj ET"}})

	v, err := pageview.New(ctx, pageview.Config{CacheDir: cacheDir})
	if err != nil {
		log.Fatal(err)
	}
	defer v.Close()
	doc, err := v.Open(ctx, bytes.NewReader(contract), int64(len(contract)), "")
	if err != nil {
		log.Fatal(err)
	}
	defer doc.Close()
	hits, err := doc.Find(ctx, "(seal)")
	if err != nil {
		log.Fatal(err)
	}
	last := hits[len(hits)-1]
	x, y := last.Centre()
	field := signer.Field{Name: "Seal", Page: last.Page, Box: signer.Around(x, y, 42, 42)}
	fmt.Printf("%d hits; page %d, box at %.0f, %.0f mm\n", len(hits), field.Page, field.Box.X, field.Box.Y)
	// Output:
	// 2 hits; page 1, box at 25, 204 mm
}
