package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/webhook"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// host is the ERP: one pool of connections for its own tables and the library's, the
// library's services, and a server that takes callbacks and webhooks.
type host struct {
	pool     *sql.DB
	db       *store.DB
	ca       *devca.CA
	box      *sandbox.Sandbox
	messages messages
	accounts accounts
	secret   string // of the webhook
	tap      *tap   // what went to the webhook, for the story
	server   *http.Server
	url      string

	org       *org.Service
	seals     *registry.Service
	billing   *billing.Service
	envelopes *envelope.Service
	say       func(format string, a ...any)
}

const terms = "2026-01"

func newHost(ctx context.Context, dsn, out string) (*host, error) {
	pool, err := sql.Open("pgx", dsn)
	if err == nil {
		err = pool.PingContext(ctx)
	}
	if err != nil {
		return nil, &usageError{fmt.Errorf("-postgres: %w", err)}
	}
	h := &host{pool: pool, messages: messages{pool}}
	if err := h.open(ctx, out); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *host) open(ctx context.Context, out string) error {
	h.pool.SetMaxOpenConns(16)
	sec, err := readSecrets(filepath.Join(out, "keys.json"))
	if err != nil {
		return err
	}
	if h.ca, err = devca.New(devca.Config{Now: time.Now, State: sec.CA}); err != nil {
		return err
	}
	keys, err := secret.NewKeys(secret.KeySet{Current: secret.Key{ID: "1", Bytes: sec.Data}, Index: sec.Index, Code: sec.Code})
	if err != nil {
		return err
	}
	if err := migrate(ctx, h.pool); err != nil {
		return err
	}
	h.db, err = store.Open(ctx, postgres.New(h.pool), store.Config{Now: time.Now, NewID: rand.Text, Sealer: keys.Rows()},
		org.Tables(), registry.Tables(), billing.Tables(), envelope.Tables())
	if err != nil {
		return err
	}
	blobs, err := dir.New(filepath.Join(out, "blobs"), time.Now)
	if err != nil {
		return err
	}
	if h.box, err = sandbox.Start(sandbox.Config{Now: time.Now, CA: h.ca}); err != nil {
		return err
	}
	h.accounts = accounts{h.pool, sec.Accounts[:]}
	return h.wire(sec, keys, blobs)
}

// wire connects the services. SMS and Payments are the ERP's own.
func (h *host) wire(sec *secrets, keys *secret.Keys, blobs store.Blobs) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.url = "http://" + l.Addr().String()
	h.secret = "whsec_" + base64.StdEncoding.EncodeToString(sec.Webhook[:])
	notices, err := webhook.New(webhook.Config{URL: h.url + "/notices", Secret: h.secret, Now: time.Now, Private: true})
	if err != nil {
		return err
	}
	h.org, err = org.New(org.Config{DB: h.db, Keys: keys, SMS: h.messages, Faces: h.box.FaceChecker(), Licences: h.box.LicenceChecker(),
		Blobs: blobs, Terms: terms, ShortLink: "https://s.example.com/",
		// One process plays everyone, so phones get codes more often than people would
		// ask for them.
		Codes: []org.SendLimit{{Within: time.Hour, Most: 10_000}}})
	if err != nil {
		return err
	}
	if h.seals, err = registry.New(registry.Config{DB: h.db, Org: h.org, Blobs: blobs}); err != nil {
		return err
	}
	h.billing, err = billing.New(billing.Config{DB: h.db, Org: h.org, Payments: h.accounts, Merchant: merchant,
		Invoices: h.box.InvoicePort(), Packages: []billing.Package{{ID: "100", Name: "电子签约 100 份", Copies: 100, Fen: 29_900}}})
	if err != nil {
		return err
	}
	h.envelopes, err = envelope.New(envelope.Config{DB: h.db, Blobs: blobs, Org: h.org, Seals: h.seals, Billing: h.billing,
		Credentials: h.box.Credentials(), Timestamper: h.box.Timestamper(), Revocations: h.ca, Roots: h.ca.Roots(),
		Sinks: map[string]envelope.Sink{"erp": notices}})
	if err != nil {
		return err
	}
	return h.serve(l)
}

// serve takes the callbacks of the providers and of the accounts department, and the
// webhook.
func (h *host) serve(l net.Listener) error {
	verify, err := webhooks.NewWebhook(h.secret)
	if err != nil {
		return err
	}
	h.tap = &tap{next: receiver{h, verify}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /face", sandbox.Callback(h.org.FaceCallback))
	mux.HandleFunc("POST /licence", sandbox.Callback(h.org.LicenceCallback))
	mux.HandleFunc("POST /payment", sandbox.Callback(h.billing.PaymentCallback))
	mux.Handle("POST /notices", h.tap)
	h.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = h.server.Serve(l) }() // ends with close
	h.box.SendCallbacksTo(h.url)
	return nil
}

func (h *host) close() {
	var errs []error
	if h.server != nil {
		errs = append(errs, h.server.Close())
	}
	if h.box != nil {
		errs = append(errs, h.box.Close())
	}
	if h.db != nil {
		errs = append(errs, h.db.Close())
	}
	if err := errors.Join(append(errs, h.pool.Close())...); err != nil && h.say != nil {
		h.say("%v", err)
	}
}
