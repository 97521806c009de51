package keyfile_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"time"

	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/keyfile"
)

// A key and its certificates stand in two PEM files, the issuer before the signer.
func Example() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		log.Fatal(err)
	}
	ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: devca.P256})
	if err != nil {
		log.Fatal(err)
	}
	chain, err := ca.Certify(devca.Subject{Name: "张三", ID: "410*****2028"}, key.Public())
	if err != nil {
		log.Fatal(err)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	var certPEM bytes.Buffer
	for i := len(chain) - 1; i >= 0; i-- {
		if err := pem.Encode(&certPEM, &pem.Block{Type: "CERTIFICATE", Bytes: chain[i].Raw}); err != nil {
			log.Fatal(err)
		}
	}

	cred, err := keyfile.Read("", certPEM.Bytes(), keyPEM)
	fmt.Println(cred.Chain[0].Subject.CommonName, len(cred.Chain), err)

	_, err = keyfile.Read("", certPEM.Bytes())
	fmt.Println(errors.Is(err, keyfile.ErrNoKey), err)
	// Output:
	// 张三@410*****2028 2 <nil>
	// true keyfile: there is no private key in the files
}
