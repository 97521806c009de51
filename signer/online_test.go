package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/online"
)

// server is a CA over loopback whose certificates name it, with a count of the
// requests to each path.
type server struct {
	*httptest.Server
	ca    *devca.CA
	fault atomic.Value // string: for every path
	tsa   atomic.Int64
	ocsp  atomic.Int64
	sent  atomic.Int64 // bytes of answers that were read
}

func serve(t testing.TB, alg devca.Algorithm) *server {
	t.Helper()
	s := &server{}
	s.fault.Store("")
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/tsa":
			s.tsa.Add(1)
		case "/ocsp":
			s.ocsp.Add(1)
		}
		if f, _ := s.fault.Load().(string); f != "" && r.URL.RawQuery == "" {
			r.URL.RawQuery = "fault=" + f
		}
		s.ca.Handler().ServeHTTP(&meter{w, &s.sent}, r)
	}))
	t.Cleanup(s.Close)
	var err error
	if s.ca, err = devca.New(devca.Config{Now: clock, Algorithm: alg, URL: s.URL}); err != nil {
		t.Fatal(err)
	}
	return s
}

// meter counts what a client reads.
type meter struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.ResponseWriter.Write(b)
	m.n.Add(int64(n))
	return n, err
}

// online returns a request that gets everything over the network.
func (s *server) online(t testing.TB, level signer.Level) signer.Request {
	t.Helper()
	req := request(s.ca, credential(t, s.ca), level, "S")
	req.Timestamper = &online.TSA{URL: s.URL + "/tsa", Client: s.Client()}
	req.Revocations = &online.Revocations{Client: s.Client()}
	return req
}

// TestOnline signs over HTTP at every level.
func TestOnline(t *testing.T) {
	s := serve(t, devca.P256)
	for level := signer.BT; level <= signer.BLTA; level++ {
		out := sign(t, tablePDF(1), s.online(t, level))
		valid(t, s.ca, out)
	}
	if s.ocsp.Load() == 0 {
		t.Error("the OCSP responder was not asked")
	}
	// The issuer is found over the network if the signature does not contain it.
	req := s.online(t, signer.BLT)
	req.Credential.Chain = req.Credential.Chain[:1]
	sign(t, tablePDF(1), req)
}

// TestTokenSizeIsRemembered: one probe serves two signatures.
func TestTokenSizeIsRemembered(t *testing.T) {
	s := serve(t, devca.P256)
	req := s.online(t, signer.BT)
	for range 2 {
		sign(t, tablePDF(1), req)
	}
	if n := s.tsa.Load(); n != 3 {
		t.Errorf("%d requests for two signatures, want a probe and two tokens", n)
	}
}

// TestOnlineFaults: each fault of a service becomes an error soon after its deadline,
// and only the copy of the input is written.
func TestOnlineFaults(t *testing.T) {
	const soon, patience = 300 * time.Millisecond, 5 * time.Second
	for _, fault := range []string{"down", "slow", "big", "nonce"} {
		for service, level := range map[string]signer.Level{"tsa": signer.BT, "status": signer.BLT} {
			t.Run(service+"/"+fault, func(t *testing.T) {
				s := serve(t, devca.P256)
				req := s.online(t, level)
				if service == "status" {
					req.Timestamper = s.ca
				}
				s.fault.Store(fault)
				ctx, cancel := context.WithTimeout(t.Context(), soon)
				defer cancel()
				in := tablePDF(1)
				var out bytes.Buffer
				from := time.Now()
				err := signer.Sign(ctx, &out, open(t, in), req)
				// If the responder answers another question, a certificate that also
				// names a CRL is checked by the CRL.
				if service == "status" && fault == "nonce" {
					if err != nil {
						t.Errorf("the CRL was not asked: %v", err)
					}
					return
				}
				if err == nil {
					t.Error("no error")
				}
				if fault == "slow" && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v, want the deadline", err)
				}
				if took := time.Since(from); took > patience {
					t.Errorf("it took %v", took)
				}
				if !bytes.HasPrefix(in, out.Bytes()) {
					t.Error("more than a copy of the input was written")
				}
				if n := s.sent.Load(); fault == "big" && n > 48<<20 {
					t.Errorf("%d bytes of a too long answer were taken", n)
				}
			})
		}
	}
}

// TestLongAnswer: an answer over the limit is refused without reading all of it.
func TestLongAnswer(t *testing.T) {
	s := serve(t, devca.P256)
	s.fault.Store("big")
	_, err := (&online.TSA{URL: s.URL + "/tsa", Client: s.Client()}).Timestamp(t.Context(), crypto.SHA256, make([]byte, 32))
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%v", err)
	}
	if n := s.sent.Load(); n > 16<<20 {
		t.Errorf("%d bytes were taken of 64 MiB", n)
	}
}

// TestProbeHoldsNobody: while one caller waits for the first answer of a TSA, the
// deadline of another one still holds.
func TestProbeHoldsNobody(t *testing.T) {
	s := serve(t, devca.P256)
	s.fault.Store("slow")
	tsa := &online.TSA{URL: s.URL + "/tsa", Client: s.Client()}
	patient, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := tsa.TokenSize(patient, crypto.SHA512); err == nil {
			t.Error("a size without an answer")
		}
	})
	for s.tsa.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := tsa.TokenSize(ctx, crypto.SHA512)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the deadline", err)
		}
	case <-time.After(3 * time.Second):
		t.Error("a deadline of 50 ms passed unheeded")
	}
	leave()
	wg.Wait()
}

// TestTSAAtOnce: a TSA may be used concurrently, and is probed once.
func TestTSAAtOnce(t *testing.T) {
	s := serve(t, devca.P256)
	req := s.online(t, signer.BT)
	const signers = 8
	var wg sync.WaitGroup
	for range signers {
		wg.Go(func() {
			if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), req); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.tsa.Load(); n != signers+1 {
		t.Errorf("%d requests for %d signatures", n, signers)
	}
}

// aged returns evidence from another day.
type aged struct{ then *devca.CA }

func (a aged) Revocation(ctx context.Context, cert, issuer *x509.Certificate) ([]byte, []byte, error) {
	return a.then.Revocation(ctx, cert, issuer)
}

// TestStaleEvidence (C18): an answer that ran out before the signature was stamped does
// not count.
func TestStaleEvidence(t *testing.T) {
	on := func(days int, state *devca.State) *devca.CA {
		ca, err := devca.New(devca.Config{Now: func() time.Time { return clock().AddDate(0, 0, days) }, State: state})
		if err != nil {
			t.Fatal(err)
		}
		return ca
	}
	state, err := on(-30, nil).State()
	if err != nil {
		t.Fatal(err)
	}
	ca := on(0, state)
	for days, want := range map[int]error{-2: signer.ErrNoEvidence, 0: nil} {
		req := request(ca, credential(t, ca), signer.BLT, "S")
		req.Revocations = aged{on(days, state)}
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), req); !errors.Is(err, want) {
			t.Errorf("%d days: %v, want %v", days, err, want)
		}
	}
}
