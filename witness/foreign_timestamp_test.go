package witness_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/digitorus/pdfsign/sign"
	"github.com/digitorus/timestamp"
)

// digitorusTSA is a time stamping authority made of digitorus/timestamp.
type digitorusTSA struct {
	stranger
	bare bool // its tokens carry no certificate
}

func (d digitorusTSA) response(h crypto.Hash, digest []byte, nonce *big.Int) ([]byte, error) {
	ts := timestamp.Timestamp{
		HashAlgorithm: h, HashedMessage: digest, Time: time.Now(), Nonce: nonce,
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, AddTSACertificate: !d.bare,
	}
	return ts.CreateResponseWithOpts(d.leaf, d.key, crypto.SHA256)
}

// Timestamp implements signer.Timestamper.
func (d digitorusTSA) Timestamp(_ context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	der, err := d.response(h, digest, nil)
	if err != nil {
		return nil, err
	}
	ts, err := timestamp.ParseResponse(der)
	if err != nil {
		return nil, err
	}
	return ts.RawToken, nil
}

// ServeHTTP implements http.Handler (RFC 3161, 3.4).
func (d digitorusTSA) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		var request *timestamp.Request
		if request, err = timestamp.ParseRequest(body); err == nil {
			body, err = d.response(request.HashAlgorithm, request.HashedMessage, request.Nonce)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	w.Write(body)
}

// Tokens that digitorus/timestamp made, in signatures of ours. Its tokens have a
// signing-time attribute, which RFC 3161 does not forbid.
func TestDigitorusTokens(t *testing.T) {
	a := authorityOf(t, "p256")
	tsa := digitorusTSA{newStranger(t, x509.ExtKeyUsageTimeStamping), false}
	file, err := stampedBy(a, tsa)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody trusts the authority: its time proves nothing (EN 319 102-1, 5.4), and
	// the signature is not at B-T.
	expect(t, judge(t, a, file), verdict{
		field: "S", indication: verify.Undetermined, sub: verify.NoChain,
		reasons: []verify.Reason{verify.NoCertificateChainFound, verify.TimeUntrusted},
		level:   "B-B", time: verify.TimeClaimed, changes: verify.ChangeNone,
	})
	trusting := policy(a)
	trusting.Roots = append(trusting.Roots, tsa.root)
	// It is trusted, but nothing says that its certificate was not revoked.
	expect(t, judgeBy(t, file, trusting), verdict{
		field: "S", indication: verify.Undetermined, sub: verify.TryLater, reasons: []verify.Reason{verify.RevocationNoData},
		level: "B-T", time: verify.TimeClaimed, changes: verify.ChangeNone,
	})
	// It is trusted, and revocation is not insisted on.
	trusting.Revocation = verify.UnsafeAllowUnknown
	expect(t, judgeBy(t, file, trusting), verdict{
		field: "S", indication: verify.TotalPassed, warnings: []verify.Reason{verify.RevocationNotChecked},
		level: "B-T", time: verify.TimeTimestamp, changes: verify.ChangeNone,
	})
}

// stampedBy signs at B-T with tokens of another authority.
func stampedBy(a *authority, tsa signer.Timestamper) ([]byte, error) {
	file := small.pdf()
	doc, err := signer.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = signer.Sign(context.Background(), &out, doc, signer.Request{
		Credential: a.cred, Level: signer.BT, Time: time.Now(), NewField: &signer.Field{Name: "S"}, Services: signer.Services{Timestamper: tsa},
	})
	return out.Bytes(), err
}

// Bad tokens are accepted by digitorus/timestamp and pdfsign, which is why they
// judge nothing for the library: our signer writes none, and our verifier fails
// the document timestamp that pdfsign made of one.
func TestBadTokens(t *testing.T) {
	a := authorityOf(t, "p256")
	for name, c := range map[string]struct {
		tsa    digitorusTSA
		signer string // words of our signer
		want   verdict
	}{
		// RFC 3161, 2.3: the key is for time stamping alone, by a critical extension.
		"no extended key usage": {digitorusTSA{newStranger(t), false}, "not for time stamping alone", verdict{
			indication: verify.TotalFailed, sub: verify.FormatFailure, reasons: []verify.Reason{verify.TimeToken}, level: "TS",
		}},
		// RFC 3161, 2.4.2 lets a token leave the certificate out if the request did not
		// ask for it. A document timestamp needs it (EN 319 142-1, 5.4.3: it is verified
		// by what it holds).
		"no certificate": {digitorusTSA{newStranger(t, x509.ExtKeyUsageTimeStamping), true}, "certificate is not in the structure", verdict{
			indication: verify.TotalFailed, sub: verify.FormatFailure, reasons: []verify.Reason{verify.CMSSigner},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := c.tsa.Timestamp(t.Context(), crypto.SHA256, make([]byte, 32))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := timestamp.Parse(token); err != nil {
				t.Errorf("digitorus/timestamp refuses it now: %v", err)
			}
			if _, err := stampedBy(a, c.tsa); err == nil || !strings.Contains(err.Error(), c.signer) {
				t.Errorf("our signer: %v", err)
			}
			server := httptest.NewServer(c.tsa)
			defer server.Close()
			var data sign.SignData
			data.Signature.CertType = sign.TimeStampSignature
			data.TSA.URL = server.URL
			file, err := signByPdfsign(sample{bulk: 1000}.pdf(), data)
			if err != nil {
				t.Fatal(err)
			}
			trusting := policy(a)
			trusting.Roots = append(trusting.Roots, c.tsa.root)
			c.want.field, c.want.kind, c.want.changes = "Signature 1", verify.KindTimestamp, verify.ChangeNone
			expect(t, judgeBy(t, file, trusting), c.want)
		})
	}
}
