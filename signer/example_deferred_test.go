package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"fmt"
	"log"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// A key that is kept elsewhere signs hours later: the state and the document travel,
// the key does not.
func ExamplePrepare() {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	ca, err := devca.New(devca.Config{Now: clock})
	must(err)
	far, err := ca.Issue(devca.Subject{Name: "张三", ID: "410*****2028"}) // its key stays where it is
	must(err)
	contract := samples.PDF(samples.Spec{})

	doc, err := signer.Open(bytes.NewReader(contract), int64(len(contract)))
	must(err)
	p, err := signer.Prepare(ctx, doc, signer.Request{Credential: signer.Credential{Chain: far.Chain}, Level: signer.BT,
		Services: signer.Services{Timestamper: ca}, Time: clock(), NewField: &signer.Field{Name: "张三"}})
	must(err)
	state, err := p.MarshalBinary()
	must(err)
	digest := sha256.Sum256(p.ToSign())

	// Far away.
	value, err := far.Key.Sign(nil, digest[:], crypto.SHA256)
	must(err)

	// Somewhere else again.
	doc, err = signer.Open(bytes.NewReader(contract), int64(len(contract)))
	must(err)
	p, err = signer.Resume(doc, state, signer.Services{Timestamper: ca})
	must(err)
	var signed bytes.Buffer
	must(p.Complete(ctx, &signed, value))
	fmt.Println("signed:", signed.Len() > len(contract))
	// Output:
	// signed: true
}

// The holder of a signed file raises it to B-LTA, without a new signature.
func ExampleExtend() {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	ca, err := devca.New(devca.Config{Now: clock})
	must(err)
	cred, err := ca.Issue(devca.Subject{Company: "上海测试科技有限公司", Code: "91310115591693856A", Seal: "公章"})
	must(err)
	contract := samples.PDF(samples.Spec{})
	doc, err := signer.Open(bytes.NewReader(contract), int64(len(contract)))
	must(err)
	var signed bytes.Buffer
	must(signer.Sign(ctx, &signed, doc, signer.Request{Credential: cred, Level: signer.BB, Time: clock(),
		NewField: &signer.Field{Name: "公章", Page: 1, Box: signer.Around(150, 230, 42, 42),
			Also: []signer.Place{{Page: 1, Box: signer.Around(60, 230, 42, 42)}}},
		Appearance: box(42)}))

	doc, err = signer.Open(bytes.NewReader(signed.Bytes()), int64(signed.Len()))
	must(err)
	var archived bytes.Buffer
	must(signer.Extend(ctx, &archived, doc, signer.BLTA, services(ca)))
	fmt.Println("the signed file is its beginning:", bytes.HasPrefix(archived.Bytes(), signed.Bytes()))
	// Output:
	// the signed file is its beginning: true
}
