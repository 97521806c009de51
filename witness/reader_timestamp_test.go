package witness_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"go.mozilla.org/pkcs7"
)

// timestampUnread is what digitorus/timestamp cannot read.
var timestampUnread = unread{
	"sm2": "unsupported elliptic curve", // crypto/x509 parses its certificates
}

// timestampSays parses a token, whose signature is checked on the way, compares
// its imprint with what it should stamp, and finds the chain to our root.
func timestampSays(f signedFile, token, stamped []byte) error {
	ts, err := timestamp.Parse(token)
	if err != nil {
		return err
	}
	h := ts.HashAlgorithm.New()
	h.Write(stamped)
	if !bytes.Equal(h.Sum(nil), ts.HashedMessage) {
		return errors.New("another imprint")
	}
	if age := time.Since(ts.Time); age < -time.Second || age > 10*time.Minute {
		return fmt.Errorf("stamped %v ago", age)
	}
	if len(ts.Certificates) == 0 {
		return errors.New("no certificate")
	}
	others := x509.NewCertPool()
	for _, c := range ts.Certificates[1:] {
		others.AddCert(c)
	}
	_, err = ts.Certificates[0].Verify(x509.VerifyOptions{
		Roots: f.pool(), Intermediates: others, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	return err
}

// digitorus/timestamp reads the tokens in signatures and those that are document
// timestamps.
func TestDigitorusTimestamp(t *testing.T) {
	tokens := 0
	each(t, func(t *testing.T, f signedFile) {
		for _, d := range dictionaries(t, f.data) {
			token, stamped := d.contents, d.covered
			if d.subFilter != documentTimestamp {
				if token = d.token(t); token == nil {
					if f.level != "B-B" {
						t.Errorf("no token at %s", f.level)
					}
					continue
				}
				stamped = nil
				if p7, err := pkcs7.Parse(d.contents); err == nil { // else its certificates are not read either
					stamped = p7.Signers[0].EncryptedDigest
				}
			}
			tokens++
			if !timestampUnread.check(t, f, timestampSays(f, token, stamped)) {
				continue
			}
			if timestampSays(f, token, append(stamped, 0)) == nil {
				t.Error("it does not look at the imprint")
			}
			broken := bytes.Clone(token)
			broken[len(broken)-1] ^= 1
			if _, err := timestamp.Parse(broken); err == nil {
				t.Error("it reads a token with a broken signature")
			}
		}
	})
	if want := len(algorithms) * 4; tokens != want { // one in B-T and B-LT each, two in B-LTA
		t.Errorf("%d tokens, want %d", tokens, want)
	}
}

// Our authority answers the requests of digitorus/timestamp over HTTP: the token
// is over the digest, and the nonce is that of the request.
func TestDigitorusTimestampRequest(t *testing.T) {
	server := httptest.NewServer(authorityOf(t, "p256").TSA())
	defer server.Close()
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		nonce := big.NewInt(time.Now().UnixNano())
		request, err := timestamp.CreateRequest(strings.NewReader("message"), &timestamp.RequestOptions{Hash: h, Certificates: true, Nonce: nonce})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.Post(server.URL, "application/timestamp-query", bytes.NewReader(request))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		ts, err := timestamp.ParseResponse(body)
		if err != nil {
			t.Errorf("%v: %v", h, err)
			continue
		}
		digest := h.New()
		digest.Write([]byte("message"))
		if ts.HashAlgorithm != h || !bytes.Equal(ts.HashedMessage, digest.Sum(nil)) || ts.Nonce == nil || ts.Nonce.Cmp(nonce) != 0 {
			t.Errorf("%v: reads %v, % x, nonce %v", h, ts.HashAlgorithm, ts.HashedMessage, ts.Nonce)
		}
	}
}
