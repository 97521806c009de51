package devca

import (
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Handler serves everything under one address: POST /tsa and /ocsp; GET /root.cer,
// /issuing.cer, /root.crl and /issuing.crl. For tests of clients, the query asks for a
// fault: ?fault=down returns 503, slow waits until the client leaves or 30 seconds have
// passed, big returns 64 MiB, and nonce returns another nonce than was sent.
func (ca *CA) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /tsa", ca.TSA())
	mux.Handle("POST /ocsp", ca.OCSP())
	file := func(typ string, content func() ([]byte, error)) http.Handler {
		return faulty(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			b, err := content()
			reply(w, typ, b, err)
		}))
	}
	mux.Handle("GET /root.cer", file("application/pkix-cert", func() ([]byte, error) { return ca.root.Raw, nil }))
	mux.Handle("GET /issuing.cer", file("application/pkix-cert", func() ([]byte, error) { return ca.issuing.cert.Raw, nil }))
	mux.Handle("GET /root.crl", file("application/pkix-crl", func() ([]byte, error) { return ca.rootCRL, nil }))
	mux.Handle("GET /issuing.crl", file("application/pkix-crl", ca.CRL))
	return mux
}

// TSA returns the RFC 3161 service: POST of an application/timestamp-query. It knows
// the faults of [CA.Handler].
func (ca *CA) TSA() http.Handler {
	return faulty(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := query(w, r)
		if !ok {
			return
		}
		const typ = "application/timestamp-reply"
		q, err := cms.ParseTimestampRequest(body)
		if err != nil {
			answer, err := cms.TimestampRejection()
			reply(w, typ, answer, err)
			return
		}
		if r.URL.Query().Get("fault") == "nonce" {
			q.Nonce = big.NewInt(1)
		}
		token, err := ca.stamp(q.Hash, q.Digest, q.Nonce)
		if err != nil {
			reply(w, typ, nil, err)
			return
		}
		answer, err := cms.TimestampResponse(token)
		reply(w, typ, answer, err)
	}))
}

// OCSP returns the OCSP responder: POST of an application/ocsp-request. It knows the
// faults of [CA.Handler].
func (ca *CA) OCSP() http.Handler {
	return faulty(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := query(w, r)
		if !ok {
			return
		}
		const typ, malformed = "application/ocsp-response", 1
		serial, nonce, err := cms.ParseOCSPRequest(body)
		if err != nil {
			reply(w, typ, cms.OCSPFailure(malformed), nil)
			return
		}
		if r.URL.Query().Get("fault") == "nonce" {
			nonce = []byte("another question")
		}
		answer, err := ca.answer(serial, nonce)
		reply(w, typ, answer, err)
	}))
}

func query(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
	if r.Method != http.MethodPost || err != nil {
		http.Error(w, "POST a query of at most 4 KiB", http.StatusBadRequest)
		return nil, false
	}
	return body, true
}

func reply(w http.ResponseWriter, typ string, b []byte, err error) {
	if err != nil {
		http.Error(w, "no answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", typ)
	_, _ = w.Write(b) // the error does not matter: the client has left
}

// faulty serves the faults that do not depend on the query.
func faulty(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("fault") {
		case "down":
			http.Error(w, "down for a test", http.StatusServiceUnavailable)
		case "slow":
			// The server notices that a client left only after the body is read.
			_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 4<<10))
			select {
			case <-r.Context().Done():
			case <-time.After(30 * time.Second):
			}
			http.Error(w, "too late", http.StatusGatewayTimeout)
		case "big":
			chunk := make([]byte, 1<<20)
			for range 64 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		default:
			h.ServeHTTP(w, r)
		}
	})
}
