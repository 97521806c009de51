package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// host is a minimal business system: a database, blobs, the library's services, and a
// server that takes the providers' callbacks.
type host struct {
	out       string
	db        *store.DB
	box       *sandbox.Sandbox
	ca        *devca.CA
	server    *http.Server
	org       *org.Service
	seals     *registry.Service
	billing   *billing.Service
	envelopes *envelope.Service
	say       func(format string, a ...any)
}

// secrets are what must outlive the process: the keys of the encrypted fields and the
// development CA. A real host keeps them in its KMS.
type secrets struct {
	Data, Index, Code [32]byte
	CA                *devca.State
}

const terms = "2026-01"

// newHost keeps its records in the database that dsn names, or else in the file dbPath.
// Its keys are beside that path.
func newHost(ctx context.Context, out, dbPath, dsn string) (*host, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, &usageError{err}
	}
	h := &host{out: out}
	sec, err := h.secrets(dbPath + ".keys")
	if err != nil {
		return nil, err
	}
	keys, err := secret.NewKeys(secret.KeySet{Current: secret.Key{ID: "1", Bytes: sec.Data}, Index: sec.Index, Code: sec.Code})
	if err != nil {
		return nil, err
	}
	drv, err := openStore(ctx, dbPath, dsn)
	if err != nil {
		return nil, &usageError{err}
	}
	h.db, err = store.Open(ctx, drv, store.Config{Now: time.Now, NewID: newID, Sealer: keys.Rows()},
		org.Tables(), registry.Tables(), billing.Tables(), envelope.Tables())
	if err != nil {
		return nil, err
	}
	blobs, err := dir.New(filepath.Join(out, "blobs"), time.Now)
	if err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	if err := h.wire(keys, blobs); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func openStore(ctx context.Context, path, dsn string) (store.Driver, error) {
	if dsn != "" {
		return postgres.Open(ctx, dsn, postgres.Config{})
	}
	return sqlite.Open(ctx, path, sqlite.Config{})
}

func newID() string { return rand.Text() }

// secrets reads the file, or makes and writes it before anything depends on it.
func (h *host) secrets(path string) (*secrets, error) {
	var s secrets
	b, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(b, &s); err == nil {
			h.ca, err = devca.New(devca.Config{Now: time.Now, Algorithm: devca.RSA2048, State: s.CA})
		}
		return &s, err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, &usageError{err}
	}
	for _, k := range []*[32]byte{&s.Data, &s.Index, &s.Code} {
		if _, err := rand.Read(k[:]); err != nil {
			return nil, err
		}
	}
	if h.ca, err = devca.New(devca.Config{Now: time.Now, Algorithm: devca.RSA2048}); err != nil {
		return nil, err
	}
	if s.CA, err = h.ca.State(); err != nil {
		return nil, err
	}
	if b, err = json.Marshal(s); err != nil {
		return nil, err
	}
	return &s, writeFile(path, b, 0o600)
}

// wire connects the services with the providers.
func (h *host) wire(keys *secret.Keys, blobs store.Blobs) (err error) {
	if h.box, err = sandbox.Start(sandbox.Config{Now: time.Now, CA: h.ca}); err != nil {
		return err
	}
	h.org, err = org.New(org.Config{DB: h.db, Keys: keys, SMS: h.box.SMS(), Faces: h.box.FaceChecker(), Licences: h.box.LicenceChecker(),
		Bank: h.box.BankPort(), Reviewers: h.box.Reviewers(), Blobs: blobs, Agreement: terms, Revoker: h.box.Revoker(),
		Terms: terms, ShortLink: "https://s.example.com/",
		Password: org.PasswordCost{KiB: 19 << 10, Passes: 2, Lanes: 1},
		// One process plays everyone, so phones get codes more often than people would
		// ask for them.
		Codes: []org.SendLimit{{Within: time.Hour, Most: 10_000}}})
	if err != nil {
		return err
	}
	if h.seals, err = registry.New(registry.Config{DB: h.db, Org: h.org, Blobs: blobs}); err != nil {
		return err
	}
	h.billing, err = billing.New(billing.Config{DB: h.db, Org: h.org, Payments: h.box.PaymentPort(), Merchant: sandbox.Merchant,
		Invoices: h.box.InvoicePort(), Packages: []billing.Package{{ID: "100", Name: "电子签约 100 份", Copies: 100, Fen: 29_900}}})
	if err != nil {
		return err
	}
	h.envelopes, err = envelope.New(envelope.Config{DB: h.db, Blobs: blobs, Org: h.org, Seals: h.seals, Billing: h.billing,
		Credentials: h.box.Credentials(), Timestamper: h.box.Timestamper(), Revocations: h.ca, Roots: h.ca.Roots()})
	if err != nil {
		return err
	}
	return h.listen()
}

// listen takes the providers' callbacks on loopback.
func (h *host) listen() error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /face", sandbox.Callback(h.org.FaceCallback))
	mux.HandleFunc("POST /licence", sandbox.Callback(h.org.LicenceCallback))
	mux.HandleFunc("POST /remittance", sandbox.Callback(h.org.RemittanceCallback))
	mux.HandleFunc("POST /payment", sandbox.Callback(h.billing.PaymentCallback))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = h.server.Serve(l) }() // ends with close
	h.box.SendCallbacksTo("http://" + l.Addr().String())
	return nil
}

func (h *host) close() {
	if h.server != nil {
		_ = h.server.Close()
	}
	if h.box != nil {
		_ = h.box.Close()
	}
	_ = h.db.Close()
}

// roots writes the certificate that a verifier must trust.
func (h *host) roots() error {
	return writeFile(filepath.Join(h.out, "roots.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.ca.Root().Raw}), 0o644)
}

// writeFile writes a file whole or not at all.
func writeFile(path string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, werr := f.Write(b)
	err = errors.Join(werr, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
