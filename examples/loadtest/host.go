package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// host is all services over one store, with providers in this process, so that only the
// library is measured.
type host struct {
	db        *store.DB
	keys      secret.KeySet
	ca        *devca.CA
	ports     *ports
	org       *org.Service
	seals     *registry.Service
	billing   *billing.Service
	envelopes *envelope.Service
}

// rowKey encrypts the rows of every run, so that one can work on the database of another. It
// hides nothing: the people of a run are made up.
var rowKey = secret.Key{ID: "loadtest", Bytes: [32]byte([]byte("the key of loadtest hides nothing"))}

// newHost makes the keys, or takes those of the process that gave it a share.
func newHost(ctx context.Context, o options, s *share) (*host, error) {
	h := &host{ports: &ports{codes: map[string]string{}}, keys: secret.KeySet{Current: rowKey}}
	ca := devca.Config{Now: time.Now, Algorithm: o.algorithm}
	if s != nil {
		h.keys, ca.State = s.Keys, s.CA
	} else {
		for _, k := range []*[32]byte{&h.keys.Index, &h.keys.Code} {
			_, _ = rand.Read(k[:]) // it never fails
		}
	}
	var err error
	if h.ca, err = devca.New(ca); err != nil {
		return nil, err
	}
	drv, blobs, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	keys, err := secret.NewKeys(h.keys)
	if err != nil {
		return nil, err
	}
	h.db, err = store.Open(ctx, drv, store.Config{Now: time.Now, NewID: rand.Text, Sealer: keys.Rows()},
		org.Tables(), registry.Tables(), billing.Tables(), envelope.Tables())
	if err != nil {
		return nil, err
	}
	if err := h.wire(keys, blobs, o); err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	return h, nil
}

func open(ctx context.Context, o options) (store.Driver, store.Blobs, error) {
	if o.store == "memory" {
		blobs, err := memory.NewBlobs(time.Now)
		return memory.New(), blobs, err
	}
	blobs, err := dir.New(filepath.Join(o.dir, "blobs"), time.Now)
	if err != nil {
		return nil, nil, err
	}
	var drv store.Driver
	if o.store == "postgres" {
		drv, err = postgres.Open(ctx, o.dsn, postgres.Config{})
	} else {
		drv, err = sqlite.Open(ctx, filepath.Join(o.dir, "loadtest.db"), sqlite.Config{})
	}
	return drv, blobs, err
}

func (h *host) wire(keys *secret.Keys, blobs store.Blobs, o options) error {
	many := []org.SendLimit{{Within: time.Hour, Most: 1 << 30}} // each phone signs thousands of envelopes
	var err error
	h.org, err = org.New(org.Config{DB: h.db, Keys: keys, SMS: h.ports, Faces: h.ports, Licences: licences{h.ports}, Terms: terms,
		ShortLink: "https://s.example.com/", Password: org.PasswordCost{KiB: 64, Passes: 1, Lanes: 1}, Codes: many})
	if err != nil {
		return err
	}
	if h.seals, err = registry.New(registry.Config{DB: h.db, Org: h.org}); err != nil {
		return err
	}
	h.billing, err = billing.New(billing.Config{DB: h.db, Org: h.org, Payments: payments{map[string]int64{}}, Merchant: merchant, Invoices: invoices{},
		Packages: []billing.Package{{ID: "all", Name: "全部", Copies: billing.MaxCopies, Fen: 100}}})
	if err != nil {
		return err
	}
	h.envelopes, err = envelope.New(envelope.Config{DB: h.db, Blobs: blobs, Org: h.org, Seals: h.seals, Billing: h.billing,
		Credentials: &credentials{ca: h.ca, alg: o.algorithm, delay: o.keyDelay, made: map[string]signer.Credential{}}, Timestamper: h.ca, Revocations: h.ca,
		Roots: h.ca.Roots(), OnDemand: true})
	return err
}

const (
	terms    = "1"
	merchant = "loadtest"
)

// credentials issues a certificate the first time that a subject signs.
type credentials struct {
	ca    *devca.CA
	alg   devca.Algorithm
	delay time.Duration // of each signature
	mu    sync.Mutex
	made  map[string]signer.Credential
}

// slowKey is a key with a delay, like a remote one.
type slowKey struct {
	crypto.Signer
	delay time.Duration
}

// Sign implements crypto.Signer.
func (k slowKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	time.Sleep(k.delay)
	return k.Signer.Sign(random, digest, opts)
}

func (c *credentials) For(_ context.Context, s envelope.Subject) (signer.Credential, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := fmt.Sprint(s.Purpose, s.ID, s.Company)
	if cred, ok := c.made[key]; ok {
		return cred, nil
	}
	if s.Purpose == envelope.PlatformSigns {
		s.Company, s.Seal = "平台", "证据报告章"
	}
	cred, err := c.ca.IssueAs(devca.Subject{Name: s.Name, ID: s.Number, Company: s.Company, Code: s.Code, Seal: s.Seal}, c.alg)
	if err == nil && c.delay > 0 {
		cred.Key = slowKey{cred.Key, c.delay}
	}
	if err == nil {
		c.made[key] = cred
	}
	return cred, err
}

// ports are the providers: messages are kept for the reader of the code, faces and
// licences pass, and orders are paid.
type ports struct {
	mu      sync.Mutex
	codes   map[string]string // by phone
	session string
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// Send implements org.SMS.
func (p *ports) Send(_ context.Context, m org.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if code := sixDigits.FindString(m.Text.Reveal()); code != "" {
		p.codes[m.Phone.Reveal()] = code
	}
	return nil
}

func (p *ports) code(phone string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.codes[phone]
}

// Start implements org.FaceChecker.
func (p *ports) Start(_ context.Context, r org.FaceRequest) (string, error) {
	p.session = r.Session
	return "https://example.com/", nil
}

// ParseCallback implements org.FaceChecker: here the caller is trusted.
func (p *ports) ParseCallback(_ http.Header, body []byte) (r org.FaceResult, err error) {
	return r, json.Unmarshal(body, &r)
}

type licences struct{ *ports }

func (l licences) Start(_ context.Context, r org.LicenceRequest) (string, error) {
	l.session = r.Session
	return "https://example.com/", nil
}

func (licences) ParseCallback(_ http.Header, body []byte) (r org.LicenceResult, err error) {
	return r, json.Unmarshal(body, &r)
}

// call gives a service what a provider would report.
func call[T any](ctx context.Context, take func(context.Context, http.Header, []byte) error, v T) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return take(ctx, http.Header{}, b)
}

// payments treats an order as paid as soon as it is asked about it.
type payments struct{ asked map[string]int64 }

func (p payments) Create(_ context.Context, r billing.PaymentRequest) (string, error) {
	p.asked[r.Order] = r.Fen
	return "paid", nil
}

func (payments) ParseCallback(http.Header, []byte) (billing.Payment, error) {
	return billing.Payment{}, errors.New("nothing calls back")
}

func (p payments) Query(_ context.Context, order string) (billing.Payment, error) {
	return billing.Payment{Order: order, Provider: merchant, Transaction: order, Merchant: merchant, Currency: "CNY", Fen: p.asked[order], Paid: true}, nil
}

// invoices issues none: none is requested here.
type invoices struct{}

func (invoices) Issue(context.Context, billing.InvoiceRequest) (billing.InvoiceResult, error) {
	return billing.InvoiceResult{}, errors.New("no invoices here")
}
