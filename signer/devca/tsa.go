package devca

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// policyOID stands in the documentation arc: no real TSA uses it.
var policyOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1}

// stamp makes a token over a digest.
func (ca *CA) stamp(h crypto.Hash, digest []byte, nonce *big.Int) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, err
	}
	p := cms.Profile{Chain: []*x509.Certificate{ca.tsa.cert, ca.issuing.cert}, Hash: crypto.SHA256}
	return p.Stamp(ca.tsa.key, cms.Info{Policy: policyOID, Hash: h, Digest: digest,
		Serial: serial.Add(serial, big.NewInt(1)), Time: ca.now(), Nonce: nonce})
}

// TSA returns the RFC 3161 service as an HTTP handler: POST of an
// application/timestamp-query.
func (ca *CA) TSA() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
		if r.Method != http.MethodPost || err != nil {
			http.Error(w, "POST a timestamp query of at most 4 KiB", http.StatusBadRequest)
			return
		}
		var answer []byte
		if q, err := cms.ParseTimestampRequest(body); err != nil {
			answer, err = cms.TimestampRejection()
			if err != nil {
				http.Error(w, "no answer", http.StatusInternalServerError)
				return
			}
		} else {
			token, err := ca.stamp(q.Hash, q.Digest, q.Nonce)
			if err == nil {
				answer, err = cms.TimestampResponse(token)
			}
			if err != nil {
				http.Error(w, "no answer", http.StatusInternalServerError)
				return
			}
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(answer) // a client that went away has no use for the error
	})
}
