package pkcs11_test

import (
	"bytes"
	"context"
	"log"
	"os"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/pkcs11"
)

// A key in a USB token signs a document. The PIN comes from where the host keeps secrets.
func Example() {
	token, err := pkcs11.Open(pkcs11.Config{Module: "/usr/lib/libtoken.so", PIN: os.Getenv("TOKEN_PIN")})
	if err != nil {
		log.Print(err) // no such module here
		return
	}
	defer token.Close()
	cred, err := token.Credential("签名密钥")
	if err != nil {
		log.Fatal(err)
	}
	in, err := os.ReadFile("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.Create("signed.pdf")
	if err != nil {
		log.Fatal(err)
	}
	err = signer.Sign(context.Background(), out, doc, signer.Request{Credential: cred, Level: signer.BB, Time: time.Now(),
		NewField: &signer.Field{Name: "S"}})
	if err != nil {
		log.Fatal(err)
	}
}
