package witness_test

import (
	"errors"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"
)

// pkcs7Unread is what go.mozilla.org/pkcs7 cannot read.
var pkcs7Unread = unread{
	"ed25519": `unsupported algorithm "1.3.101.112"`, // its list of signature algorithms has RSA, DSA and ECDSA
	"sm2":     "unsupported elliptic curve",          // crypto/x509 parses its certificates
}

// pkcs7Says parses one CMS and verifies it with its chain.
func pkcs7Says(f signedFile, d dictionary, covered []byte) error {
	p7, err := pkcs7.Parse(d.contents)
	if err != nil {
		return err
	}
	if d.subFilter == documentTimestamp {
		if len(p7.Content) == 0 {
			return errors.New("a token without content")
		}
	} else {
		if len(p7.Content) != 0 {
			return errors.New("the signature is not detached")
		}
		p7.Content = covered
	}
	return p7.VerifyWithChainAtTime(f.pool(), time.Now())
}

// go.mozilla.org/pkcs7 reads the CMS of signatures and of document timestamps, and
// finds the chain to our root.
func TestMozillaPKCS7(t *testing.T) {
	each(t, func(t *testing.T, f signedFile) {
		all := dictionaries(t, f.data)
		if want := map[bool]int{true: 2, false: 1}[f.level == "B-LTA"]; len(all) != want {
			t.Fatalf("%d signatures, want %d", len(all), want)
		}
		for _, d := range all {
			if !pkcs7Unread.check(t, f, pkcs7Says(f, d, d.covered)) {
				continue
			}
			stranger := f
			stranger.authority = authorityOf(t, map[bool]string{true: "p256", false: "rsa2048"}[f.algorithm == "rsa2048"])
			if pkcs7Says(stranger, d, d.covered) == nil {
				t.Error("it finds a chain to a root of somebody else")
			}
			if d.subFilter == documentTimestamp {
				continue
			}
			d.covered[len(d.covered)/2] ^= 1
			var mismatch *pkcs7.MessageDigestMismatchError
			if err := pkcs7Says(f, d, d.covered); !errors.As(err, &mismatch) {
				t.Errorf("a changed byte: %v", err)
			}
		}
	})
}
