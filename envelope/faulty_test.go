package envelope_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// errFault is the error of the chosen operation.
var errFault = errors.New("fault")

// faults counts the operations of everything that can fail, and makes one of them
// fail, before its effect or after it.
type faults struct {
	mu    sync.Mutex
	armed bool
	n     int
	at    int // 0: none fails
	after bool
	hit   string
}

// arm makes an operation fail, counted from now.
func (f *faults) arm(at int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed, f.n, f.at, f.after, f.hit = true, 0, at, after, ""
}

// disarm lets everything succeed, and returns what failed since arm.
func (f *faults) disarm() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = false
	return f.hit
}

func (f *faults) op(what string, do func() error) error {
	f.mu.Lock()
	fail, after := false, f.after
	if f.armed {
		f.n++
		if fail = f.n == f.at; fail {
			f.hit = what
		}
	}
	f.mu.Unlock()
	switch {
	case !fail:
		return do()
	case after:
		return errors.Join(errFault, do())
	}
	return errFault
}

// faultyDriver is a driver whose operations can fail.
type faultyDriver struct {
	store.Driver
	f *faults
}

func (d faultyDriver) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	var tx store.DriverTx
	begun := false
	err := d.f.op("begin", func() (err error) {
		tx, err = d.Driver.Begin(ctx, mode, locks)
		begun = err == nil
		return err
	})
	if err != nil {
		if begun {
			return nil, errors.Join(err, tx.End(false))
		}
		return nil, err
	}
	return faultyTx{tx, d.f}, nil
}

type faultyTx struct {
	store.DriverTx
	f *faults
}

func (t faultyTx) Get(ctx context.Context, s *store.Schema, id string) (row store.Row, err error) {
	err = t.f.op("get "+s.Name, func() (err error) { row, err = t.DriverTx.Get(ctx, s, id); return err })
	return row, err
}

func (t faultyTx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	return t.f.op("write "+s.Name, func() error { return t.DriverTx.Write(ctx, s, row, old) })
}

func (t faultyTx) Query(ctx context.Context, s *store.Schema, q store.Query) (rows []store.Row, err error) {
	err = t.f.op("query "+s.Name, func() (err error) { rows, err = t.DriverTx.Query(ctx, s, q); return err })
	return rows, err
}

func (t faultyTx) End(commit bool) error {
	if !commit {
		return t.DriverTx.End(false)
	}
	done := false
	err := t.f.op("commit", func() error { done = true; return t.DriverTx.End(true) })
	if !done { // it failed before its effect
		return errors.Join(err, t.DriverTx.End(false))
	}
	return err
}

type faultyBlobs struct {
	store.Blobs
	f *faults
}

func (b faultyBlobs) Put(ctx context.Context, r io.Reader) (d store.Digest, n int64, err error) {
	err = b.f.op("put", func() (err error) { d, n, err = b.Blobs.Put(ctx, r); return err })
	return d, n, err
}

func (b faultyBlobs) Open(ctx context.Context, d store.Digest) (blob store.Blob, err error) {
	err = b.f.op("open", func() (err error) { blob, err = b.Blobs.Open(ctx, d); return err })
	if err != nil && blob != nil {
		return nil, errors.Join(err, blob.Close())
	}
	return blob, err
}

type faultySMS struct {
	org.SMS
	f *faults
}

func (s faultySMS) Send(ctx context.Context, m org.Message) error {
	return s.f.op("sms", func() error { return s.SMS.Send(ctx, m) })
}

type faultyCredentials struct {
	envelope.Credentials
	f *faults
}

func (c faultyCredentials) For(ctx context.Context, s envelope.Subject) (cred signer.Credential, err error) {
	err = c.f.op("credentials", func() (err error) { cred, err = c.Credentials.For(ctx, s); return err })
	cred.Key = faultyKey{cred.Key, c.f}
	return cred, err
}

type faultyKey struct {
	crypto.Signer
	f *faults
}

func (k faultyKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) (sig []byte, err error) {
	err = k.f.op("key", func() (err error) { sig, err = k.Signer.Sign(r, digest, o); return err })
	return sig, err
}

type faultyTSA struct {
	signer.Timestamper
	f *faults
}

func (t faultyTSA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) (token []byte, err error) {
	err = t.f.op("tsa", func() (err error) { token, err = t.Timestamper.Timestamp(ctx, h, digest); return err })
	return token, err
}

type faultyRevocations struct {
	signer.Revocations
	f *faults
}

func (r faultyRevocations) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	err = r.f.op("revocation", func() (err error) { ocsp, crl, err = r.Revocations.Revocation(ctx, cert, issuer); return err })
	return ocsp, crl, err
}

type faultyPayments struct {
	billing.Payments
	f *faults
}

func (p faultyPayments) Create(ctx context.Context, r billing.PaymentRequest) (qr string, err error) {
	err = p.f.op("payment", func() (err error) { qr, err = p.Payments.Create(ctx, r); return err })
	return qr, err
}

func (p faultyPayments) ParseCallback(h http.Header, body []byte) (paid billing.Payment, err error) {
	err = p.f.op("payment callback", func() (err error) { paid, err = p.Payments.ParseCallback(h, body); return err })
	return paid, err
}

func (p faultyPayments) Query(ctx context.Context, order string) (paid billing.Payment, err error) {
	err = p.f.op("payment query", func() (err error) { paid, err = p.Payments.Query(ctx, order); return err })
	return paid, err
}

type faultyInvoices struct {
	billing.Invoices
	f *faults
}

func (i faultyInvoices) Issue(ctx context.Context, r billing.InvoiceRequest) (res billing.InvoiceResult, err error) {
	err = i.f.op("invoice", func() (err error) { res, err = i.Invoices.Issue(ctx, r); return err })
	return res, err
}

// faultyConfig configures a World in which every provider may fail.
func faultyConfig(drv store.Driver, f *faults) envelopetest.Config {
	return envelopetest.Config{Driver: faultyDriver{drv, f},
		Blobs:       func(b store.Blobs) store.Blobs { return faultyBlobs{b, f} },
		SMS:         func(s org.SMS) org.SMS { return faultySMS{s, f} },
		Credentials: func(c envelope.Credentials) envelope.Credentials { return faultyCredentials{c, f} },
		Timestamper: func(s signer.Timestamper) signer.Timestamper { return faultyTSA{s, f} },
		Revocations: func(r signer.Revocations) signer.Revocations { return faultyRevocations{r, f} },
		Payments:    func(p billing.Payments) billing.Payments { return faultyPayments{p, f} },
		Invoices:    func(i billing.Invoices) billing.Invoices { return faultyInvoices{i, f} }}
}

// faultyWorld returns a cast in which every provider may fail.
func faultyWorld(t testing.TB, kind string, f *faults) *cast {
	t.Helper()
	var drv store.Driver = memory.New()
	if kind == "sqlite" {
		var err error
		if drv, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{}); err != nil {
			t.Fatal(err)
		}
	}
	c := castOf(t, faultyConfig(drv, f))
	c.choices = map[string]envelope.Choice{phoneB: {Signature: c.Signature(c.staff), Seal: c.seal}, phoneC: {Signature: c.Signature(c.partner)}}
	return c
}
