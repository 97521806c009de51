package signer_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// Two parties sign one document: their fields are laid out first, then each signs in
// their own.
func ExampleLayout() {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	open := func(b []byte) *signer.Document {
		d, err := signer.Open(bytes.NewReader(b), int64(len(b)))
		must(err)
		return d
	}
	ca, err := devca.New(devca.Config{Now: clock})
	must(err)
	var b bytes.Buffer
	must(signer.Layout(ctx, &b, open(tablePDF(1)),
		signer.Field{Name: "Buyer", Page: 1, Box: signer.Around(60, 250, 42, 42)},
		signer.Field{Name: "Seller", Page: 1, Box: signer.Around(150, 250, 42, 42)}))
	for _, name := range []string{"Buyer", "Seller"} {
		cred, err := ca.Issue(devca.Subject{Company: name + " Ltd", Code: "91310115591693856A", Seal: "公章"})
		must(err)
		in := bytes.Clone(b.Bytes())
		b.Reset()
		must(signer.Sign(ctx, &b, open(in), signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca},
			Time: clock(), Field: name, Appearance: box(42)}))
		fmt.Println(name, "signed; the input is the output's first bytes:", bytes.HasPrefix(b.Bytes(), in))
	}
	// Output:
	// Buyer signed; the input is the output's first bytes: true
	// Seller signed; the input is the output's first bytes: true
}
