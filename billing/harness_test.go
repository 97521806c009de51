package billing_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// world is the package with real persons and companies, and ports whose answers can be
// set.
type world struct {
	*billing.Service
	*orgtest.World

	mu       sync.Mutex
	asked    []billing.PaymentRequest
	payErr   error
	state    billing.Payment // what Query answers
	queries  int
	invoices []billing.InvoiceRequest
	invErr   error
}

const merchant = "上海市数字证书认证中心"

// catalogue returns cheap copies that last, and cheaper ones that do not.
func catalogue() []billing.Package {
	return []billing.Package{
		{ID: "p100", Name: "100份套餐", Copies: 100, Fen: 50000},
		{ID: "p32", Name: "32份套餐", Copies: 32, Fen: 16000},
		{ID: "p5", Name: "5份体验套餐", Copies: 5, Fen: 1000, Valid: 30 * 24 * time.Hour},
	}
}

// onAll runs a test on every database.
func onAll(t *testing.T, test func(t *testing.T, w *world)) {
	orgtest.OnAll(t, func(t *testing.T, d store.Driver) { test(t, newWorld(t, d)) })
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func newWorld(t orgtest.T, driver store.Driver) *world {
	t.Helper()
	w := &world{World: orgtest.New(t, driver, billing.Tables())}
	var err error
	w.Service, err = billing.New(w.config())
	orgtest.Must(t, err)
	return w
}

func (w *world) config() billing.Config {
	return billing.Config{
		DB: w.DB, Org: w.Org, Packages: catalogue(), Payments: provider{w}, Merchant: merchant, Invoices: issuer{w},
	}
}

// provider signs its callbacks with HMAC-SHA-256 over the raw body.
type provider struct{ w *world }

func (p provider) Create(_ context.Context, r billing.PaymentRequest) (string, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.w.payErr != nil {
		return "", p.w.payErr
	}
	p.w.asked = append(p.w.asked, r)
	return "https://pay.example/" + r.Order, nil
}

func (provider) ParseCallback(h http.Header, body []byte) (p billing.Payment, err error) {
	if !hmac.Equal([]byte(h.Get("Signature")), []byte(signature(body))) {
		return p, errors.New("bad signature")
	}
	return p, json.Unmarshal(body, &p)
}

func (p provider) Query(context.Context, string) (billing.Payment, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.queries++
	return p.w.state, p.w.payErr
}

func signature(body []byte) string {
	h := hmac.New(sha256.New, []byte("between provider and merchant"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// payment returns the report about an order that was paid correctly.
func payment(o billing.Order) billing.Payment {
	return billing.Payment{
		Order: o.ID, Provider: "alipay", Transaction: "t-" + o.ID, Merchant: merchant, Currency: "CNY",
		Fen: o.Package.Fen, Paid: true,
	}
}

func (w *world) report(p billing.Payment) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return w.PaymentCallback(context.Background(), http.Header{"Signature": {signature(body)}}, body)
}

type issuer struct{ w *world }

func (i issuer) Issue(_ context.Context, r billing.InvoiceRequest) (billing.InvoiceResult, error) {
	i.w.mu.Lock()
	defer i.w.mu.Unlock()
	if i.w.invErr != nil {
		return billing.InvoiceResult{}, i.w.invErr
	}
	i.w.invoices = append(i.w.invoices, r)
	return billing.InvoiceResult{Number: "26310000" + r.ID, URL: "https://invoice.example/" + r.ID + ".pdf"}, nil
}

// buy makes a company's order, not paid.
func (w *world) buy(t orgtest.T, boss org.Actor, id string) billing.Order {
	t.Helper()
	o, err := w.Buy(context.Background(), boss, id, billing.Alipay)
	orgtest.Must(t, err)
	return o
}

// topUp buys a package and pays it.
func (w *world) topUp(t orgtest.T, boss org.Actor, id string) billing.Order {
	t.Helper()
	o := w.buy(t, boss, id)
	orgtest.Must(t, w.report(payment(o)))
	return o
}

func (w *world) update(company org.CompanyID, do func(ctx context.Context, tx *store.Tx) error) error {
	return w.DB.Update(context.Background(), do, billing.Lock(company))
}

func (w *world) hold(company org.CompanyID, envelope string, copies int64) error {
	return w.update(company, func(ctx context.Context, tx *store.Tx) error {
		return w.Hold(ctx, tx, billing.HoldRequest{Org: company, Envelope: envelope, Copies: copies})
	})
}

func (w *world) charge(company org.CompanyID, envelope string, copies int64) error {
	return w.update(company, func(ctx context.Context, tx *store.Tx) error {
		return w.Charge(ctx, tx, billing.ChargeRequest{Org: company, Envelope: envelope, Name: "合同" + envelope, Copies: copies, Source: billing.Portal})
	})
}

func (w *world) release(company org.CompanyID, envelope string) error {
	return w.update(company, func(ctx context.Context, tx *store.Tx) error {
		return w.Release(ctx, tx, billing.ReleaseRequest{Org: company, Envelope: envelope})
	})
}

// has compares a balance with the expected one, and the ledger with the balance.
func (w *world) has(t testing.TB, boss org.Actor, free, held int64) {
	t.Helper()
	b, err := w.Balance(context.Background(), boss)
	if want := (billing.Balance{Free: free, Held: held}); err != nil || b != want {
		t.Errorf("balance is %+v, %v, want %+v", b, err, want)
	}
	if err := w.Audit(context.Background(), boss.Org); err != nil {
		t.Error(err)
	}
}

func wantFault(t testing.TB, err error, f billing.CallbackFault) {
	t.Helper()
	var c *billing.CallbackError
	if !errors.As(err, &c) || c.Fault != f || !errors.Is(err, billing.ErrCallback) || c.Zh() == "" {
		t.Errorf("error is %v, want a callback that is refused: %v", err, f)
	}
}
