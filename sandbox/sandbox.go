package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/online"
)

// Config says how to start a sandbox.
type Config struct {
	Now       func() time.Time // required
	CA        *devca.CA        // required: issues the signers' certificates and stamps time
	Callbacks string           // where callbacks go: base URL of the host's own server; may be set later
	Log       *slog.Logger     // nil logs nothing
}

// Sandbox is a running set of providers. It is safe for concurrent use.
type Sandbox struct {
	now    func() time.Time
	log    *slog.Logger
	ca     *devca.CA
	url    string
	key    string // bearer key of the clients
	secret []byte // of callback signatures
	server *http.Server
	client *http.Client
	wait   sync.WaitGroup

	closed chan struct{}
	stop   func() // closes closed, once

	mu        sync.Mutex
	callbacks string
	scripts   map[Provider]Script
	held      []callback
	inbox     map[string][]Message // by phone
	sent      map[string]bool      // message ids
	sessions  map[string]*session  // face checks and licence scans
	orders    map[string]*order
	invoices  map[string]*billing.InvoiceResult
	subjects  map[string]*signer.Credential // keys, which never leave the sandbox
	issued    map[string]time.Time          // of subjects

	remittances map[string]bool     // order ids
	statements  map[string][]Credit // by account
	staff       map[org.PersonID]bool
	revocations map[string]bool // ids
}

// Provider names one of the programs.
type Provider string

// The providers that send callbacks.
const (
	Faces    Provider = "face"
	Licences Provider = "licence"
	Payments Provider = "payment"
	Bank     Provider = "remittance"
)

// Start runs the providers on a loopback port until [Sandbox.Close].
func Start(c Config) (*Sandbox, error) {
	err := fault.Required("sandbox", fault.Field{Name: "Now", OK: c.Now != nil}, fault.Field{Name: "CA", OK: c.CA != nil})
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	key, secret := make([]byte, 16), make([]byte, 32)
	for _, b := range [][]byte{key, secret} {
		if _, err := rand.Read(b); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s := &Sandbox{now: c.Now, log: c.Log, ca: c.CA, url: "http://" + l.Addr().String(), key: hex.EncodeToString(key),
		secret: secret, client: &http.Client{Timeout: 10 * time.Second}, callbacks: c.Callbacks,
		scripts: map[Provider]Script{}, inbox: map[string][]Message{}, sent: map[string]bool{},
		sessions: map[string]*session{}, orders: map[string]*order{}, invoices: map[string]*billing.InvoiceResult{},
		subjects: map[string]*signer.Credential{}, issued: map[string]time.Time{}, remittances: map[string]bool{},
		statements: map[string][]Credit{}, staff: map[org.PersonID]bool{}, revocations: map[string]bool{}}
	s.closed = make(chan struct{})
	s.stop = sync.OnceFunc(func() { close(s.closed) })
	s.server = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second}
	s.wait.Go(func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("sandbox: server", "error", err)
		}
	})
	return s, nil
}

// Close stops the providers. It waits for the callbacks under way, 10 seconds at most,
// and drops those that are delayed.
func (s *Sandbox) Close() error {
	s.stop()
	err := s.server.Close()
	s.wait.Wait()
	return err
}

// URL returns the base address of the providers.
func (s *Sandbox) URL() string { return s.url }

// SendCallbacksTo sets where callbacks go: <base>/face, /licence, /payment and
// /remittance.
func (s *Sandbox) SendCallbacksTo(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbacks = base
}

// Timestamper returns a client of the sandbox's time stamping authority.
func (s *Sandbox) Timestamper() signer.Timestamper {
	return &online.TSA{URL: s.url + "/tsa", Client: s.client}
}

func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /tsa", s.ca.TSA())
	mux.HandleFunc("POST /sms", s.authorised(s.serveSMS))
	mux.HandleFunc("POST /face", s.authorised(s.serveFace))
	mux.HandleFunc("POST /licence", s.authorised(s.serveLicence))
	mux.HandleFunc("GET /phone/{session}", s.servePhonePage)
	mux.HandleFunc("POST /phone/{session}", s.servePhone)
	mux.HandleFunc("POST /orders", s.authorised(s.serveOrder))
	mux.HandleFunc("GET /orders/{id}", s.authorised(s.serveOrderState))
	mux.HandleFunc("GET /pay/{id}", s.servePayPage)
	mux.HandleFunc("POST /pay/{id}", s.servePay)
	mux.HandleFunc("POST /invoices", s.authorised(s.serveInvoice))
	mux.HandleFunc("POST /credentials", s.authorised(s.serveCredential))
	mux.HandleFunc("POST /sign", s.authorised(s.serveSign))
	mux.HandleFunc("POST /remittances", s.authorised(s.serveRemittance))
	mux.HandleFunc("POST /staff", s.authorised(s.serveStaff))
	mux.HandleFunc("POST /revocations", s.authorised(s.serveRevocation))
	return mux
}

// maxBody is the largest body of a request, in bytes.
const maxBody = 64 << 10

// authorised requires the clients' bearer key.
func (s *Sandbox) authorised(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+s.key {
			http.Error(w, "unauthorised", http.StatusUnauthorized)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next(w, r)
	}
}

// read decodes a request. It returns false if it has answered with an error.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		http.Error(w, "not the JSON that is expected", http.StatusBadRequest)
		return false
	}
	return true
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the error does not matter: the client has left
}

// call is one request of a client: JSON in, JSON out.
func (s *Sandbox) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(string(body)))
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("sandbox: %s %s answers %s", method, path, resp.Status)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(out); err != nil {
		return fmt.Errorf("sandbox: %s %s: %w", method, path, err)
	}
	return nil
}
