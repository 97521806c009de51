package secret_test

import (
	"crypto/rand"
	"fmt"

	"github.com/dajiaqian/dajiaqian/org/secret"
)

// A phone prints as its mask and is stored as ciphertext, which decrypts only at its
// own place.
func Example() {
	keys, err := secret.NewKeys(keySet()) // in production from a KMS
	if err != nil {
		fmt.Println(err)
		return
	}
	phone := secret.Phone("17312345627")
	fmt.Println(phone)

	at := secret.Place{Table: "customer", Column: "phone", ID: "42"}
	stored, err := keys.Encrypt(rand.Reader, at, phone)
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := keys.Decrypt(at, stored)
	fmt.Println(back.Reveal() == phone.Reveal(), err)

	at.ID = "43"
	_, err = keys.Decrypt(at, stored)
	fmt.Println(err)
	// Output:
	// 173****27
	// true <nil>
	// secret: ciphertext does not decrypt
}
