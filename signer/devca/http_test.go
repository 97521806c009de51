package devca_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func fetch(ctx context.Context, t testing.TB, method, url string, body []byte) (int, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, b, err
}

// TestHandler calls every service over loopback.
func TestHandler(t *testing.T) {
	for name, alg := range algorithms {
		t.Run(name, func(t *testing.T) {
			ca := newCA(t, devca.Config{Algorithm: alg})
			srv := httptest.NewServer(ca.Handler())
			defer srv.Close()
			chain := issue(t, ca)
			get := func(path string) []byte {
				code, b, err := fetch(t.Context(), t, http.MethodGet, srv.URL+path, nil)
				if code != http.StatusOK || err != nil {
					t.Fatalf("%s: %d, %v", path, code, err)
				}
				return b
			}
			if !bytes.Equal(get("/root.cer"), ca.Root().Raw) || !bytes.Equal(get("/issuing.cer"), chain[1].Raw) {
				t.Error("other certificates")
			}
			for path, issuer := range map[string]*x509.Certificate{"/root.crl": ca.Root(), "/issuing.crl": chain[1]} {
				list, err := cms.ParseCRL(get(path))
				if err == nil {
					err = list.Check(issuer)
				}
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
			message := []byte("message")
			q, err := cms.TimestampRequest{Hash: cms.SHA256, Digest: cms.SHA256.Sum(message), Nonce: big.NewInt(77), WantCert: true}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			code, b, err := fetch(t.Context(), t, http.MethodPost, srv.URL+"/tsa", q)
			if code != http.StatusOK || err != nil {
				t.Fatal(code, err)
			}
			token, _, err := cms.ParseTimestampResponse(b)
			if err != nil {
				t.Fatal(err)
			}
			ts, err := cms.ParseTimestamp(token)
			if err == nil {
				err = ts.Check(message)
			}
			if err != nil || ts.Nonce.Int64() != 77 || !ts.Time.Equal(now()) {
				t.Errorf("token %+v, %v", ts, err)
			}
			nonce := []byte("sixteen bytes...")
			if q, err = cms.OCSPRequest(chain[0], chain[1], nonce); err != nil {
				t.Fatal(err)
			}
			code, b, err = fetch(t.Context(), t, http.MethodPost, srv.URL+"/ocsp", q)
			if code != http.StatusOK || err != nil {
				t.Fatal(code, err)
			}
			r, err := cms.ParseOCSP(b)
			if err == nil {
				err = r.Check(chain[0], chain[1])
			}
			if err != nil || r.Status != cms.StatusGood || !bytes.Equal(r.Nonce, nonce) {
				t.Errorf("answer %+v, %v", r, err)
			}
		})
	}
}

// TestHandlerRefuses: an invalid query gets an answer that says so.
func TestHandlerRefuses(t *testing.T) {
	srv := httptest.NewServer(newCA(t, devca.Config{}).Handler())
	defer srv.Close()
	for _, c := range []struct {
		method, path string
		body         []byte
		code         int
	}{
		{http.MethodGet, "/tsa", nil, http.StatusMethodNotAllowed}, {http.MethodPost, "/root.cer", nil, http.StatusMethodNotAllowed},
		{http.MethodGet, "/other", nil, http.StatusNotFound},
		{http.MethodPost, "/tsa", make([]byte, 5<<10), http.StatusBadRequest}, {http.MethodPost, "/ocsp", make([]byte, 5<<10), http.StatusBadRequest},
		{http.MethodPost, "/tsa", []byte("query"), http.StatusOK}, {http.MethodPost, "/ocsp", []byte("query"), http.StatusOK},
	} {
		code, b, err := fetch(t.Context(), t, c.method, srv.URL+c.path, c.body)
		if code != c.code || err != nil {
			t.Errorf("%s %s: %d, %v", c.method, c.path, code, err)
		}
		if code == http.StatusOK {
			if _, _, err := cms.ParseTimestampResponse(b); err == nil {
				t.Error("a token for nothing")
			}
			if _, err := cms.ParseOCSP(b); err == nil {
				t.Error("an answer for nothing")
			}
		}
	}
}

// TestFaults: each fault is as Handler documents it.
func TestFaults(t *testing.T) {
	ca := newCA(t, devca.Config{})
	chain := issue(t, ca)
	srv := httptest.NewServer(ca.Handler())
	defer srv.Close()
	stamp, err := cms.TimestampRequest{Hash: cms.SHA256, Digest: make([]byte, 32), Nonce: big.NewInt(77)}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	ask, err := cms.OCSPRequest(chain[0], chain[1], []byte("nonce"))
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string][]byte{"/tsa": stamp, "/ocsp": ask, "/root.crl": nil, "/issuing.cer": nil} {
		method := http.MethodPost
		if body == nil {
			method = http.MethodGet
		}
		if code, _, err := fetch(t.Context(), t, method, srv.URL+path+"?fault=down", body); code != http.StatusServiceUnavailable || err != nil {
			t.Errorf("%s down: %d, %v", path, code, err)
		}
		if _, b, err := fetch(t.Context(), t, method, srv.URL+path+"?fault=big", body); len(b) != 64<<20 || err != nil {
			t.Errorf("%s big: %d bytes, %v", path, len(b), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		from := time.Now()
		if _, _, err := fetch(ctx, t, method, srv.URL+path+"?fault=slow", body); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s slow: %v", path, err)
		}
		cancel()
		if took := time.Since(from); took > 5*time.Second {
			t.Errorf("%s slow: %v", path, took)
		}
	}
	_, b, err := fetch(t.Context(), t, http.MethodPost, srv.URL+"/tsa?fault=nonce", stamp)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := cms.ParseTimestampResponse(b)
	if err != nil {
		t.Fatal(err)
	}
	if ts, err := cms.ParseTimestamp(token); err != nil || ts.Nonce.Int64() == 77 {
		t.Errorf("%v, %v", ts, err)
	}
	if _, b, err = fetch(t.Context(), t, http.MethodPost, srv.URL+"/ocsp?fault=nonce", ask); err != nil {
		t.Fatal(err)
	}
	if r, err := cms.ParseOCSP(b); err != nil || string(r.Nonce) == "nonce" {
		t.Errorf("%v, %v", r, err)
	}
	from := time.Now()
	srv.Close() // waits for nobody
	if took := time.Since(from); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}
}
