package billing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// M53, M54: an administrator buys, the payment is credited, the copies are there.
func TestM53Buy(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.has(t, boss, 0, 0)
		o, err := w.Once("k1").Buy(t.Context(), boss, "p100", billing.WeChat)
		orgtest.Must(t, err)
		if o.State != billing.Unpaid || o.QR != "https://pay.example/"+o.ID || o.Package.Copies != 100 {
			t.Errorf("order is %+v", o)
		}
		if r := w.asked[0]; r.Fen != 50000 || r.Channel != billing.WeChat || r.Order != o.ID || r.Subject != "100份套餐" {
			t.Errorf("the provider was asked for %+v", r)
		}
		w.has(t, boss, 0, 0)
		orgtest.Must(t, w.report(payment(o)))
		w.has(t, boss, 100, 0)
		o, err = w.Order(t.Context(), boss, o.ID)
		if err != nil || o.State != billing.Paid || o.PaidAt.IsZero() || o.State.Zh() != "支付成功" {
			t.Errorf("order is %+v, %v", o, err)
		}
		w.topUp(t, boss, "p5")
		w.has(t, boss, 105, 0)
		all, next, err := w.Orders(t.Context(), boss, "")
		if err != nil || next != "" || len(all) != 2 || all[1].ID != o.ID {
			t.Errorf("orders are %v, %q, %v", all, next, err)
		}
	})
}

func TestM53BuyRefused(t *testing.T) {
	w := newWorld(t, orgtest.SQLite(t))
	boss := w.Firm(t, 0)
	other := w.Firm(t, 1)
	buy := func(a org.Actor, id string, c billing.Channel, key string) error {
		_, err := w.Once(key).Buy(t.Context(), a, id, c)
		return err
	}
	orgtest.Want(t, buy(boss, "p7", billing.Alipay, "k"), billing.ErrNotFound)
	orgtest.Want(t, buy(boss, "p5", 0, "k"), billing.ErrChannel)
	orgtest.Want(t, buy(boss, "p5", billing.Alipay, ""), org.ErrKey)
	orgtest.Want(t, buy(boss, "p5", billing.Alipay, strings.Repeat("k", org.MaxKey)), nil)
	orgtest.Want(t, buy(boss, "p5", billing.Alipay, strings.Repeat("k", org.MaxKey+1)), org.ErrKey)
	orgtest.WantDenied(t, buy(w.Member(t, boss, 1), "p5", billing.Alipay, "k"), org.DenyRole)
	orgtest.WantDenied(t, buy(w.Person(t, 2), "p5", billing.Alipay, "k"), org.DenyPersonal)
	orgtest.Want(t, buy(org.Actor{Person: other.Person, Org: boss.Org}, "p5", billing.Alipay, "k"), org.ErrNotFound)

	o := w.buy(t, boss, "p5") // T1: an order of another company looks as if it did not exist
	for _, id := range []string{o.ID, "nothing", "", "\xff"} {
		_, err := w.Order(t.Context(), other, id)
		orgtest.Want(t, err, billing.ErrNotFound)
		_, err = w.RefreshOrder(t.Context(), other, id)
		orgtest.Want(t, err, billing.ErrNotFound)
		_, err = w.CloseOrder(t.Context(), other, id)
		orgtest.Want(t, err, billing.ErrNotFound)
	}
}

// A repetition under the same key returns the same order.
func TestBuyIsIdempotent(t *testing.T) {
	w := newWorld(t, memory.New())
	boss, other := w.Firm(t, 0), w.Firm(t, 1)
	first, err := w.Once("k").Buy(t.Context(), boss, "p5", billing.Alipay)
	orgtest.Must(t, err)
	again, err := w.Once("k").Buy(t.Context(), boss, "p5", billing.Alipay)
	if err != nil || again.ID != first.ID || len(w.asked) != 1 {
		t.Errorf("again: %+v, %v; the provider was asked %d times", again, err, len(w.asked))
	}
	_, err = w.Once("k").Buy(t.Context(), boss, "p100", billing.Alipay)
	orgtest.Want(t, err, org.ErrKey)
	_, err = w.Once("k").Buy(t.Context(), boss, "p5", billing.WeChat)
	orgtest.Want(t, err, org.ErrKey)
	theirs, err := w.Once("k").Buy(t.Context(), other, "p5", billing.Alipay)
	if err != nil || theirs.ID == first.ID {
		t.Errorf("another company's key: %+v, %v", theirs, err)
	}
}

// If the provider does not answer, the order is kept and can continue later.
func TestProviderDown(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	w.payErr = errors.New("timeout")
	o, err := w.Once("k").Buy(t.Context(), boss, "p5", billing.Alipay)
	var oe *billing.OrderError
	if !errors.As(err, &oe) || oe.Order != o.ID || oe.Zh() == "" || !errors.Is(err, w.payErr) {
		t.Fatalf("error is %v", err)
	}
	_, err = w.RefreshOrder(t.Context(), boss, o.ID)
	orgtest.Want(t, err, w.payErr)
	w.payErr = nil
	o2, err := w.RefreshOrder(t.Context(), boss, o.ID)
	if err != nil || o2.QR == "" || o2.ID != o.ID {
		t.Errorf("refreshed: %+v, %v", o2, err)
	}
}

// T12: when no callback comes, the provider is asked.
func TestT12Refresh(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	o := w.buy(t, boss, "p5")
	if got, err := w.RefreshOrder(t.Context(), boss, o.ID); err != nil || got.State != billing.Unpaid {
		t.Errorf("not paid: %+v, %v", got, err)
	}
	w.state = payment(w.buy(t, boss, "p100"))
	_, err := w.RefreshOrder(t.Context(), boss, o.ID) // an answer about another order
	wantFault(t, err, billing.CallbackOrder)
	w.has(t, boss, 0, 0)
	w.state = payment(o)
	got, err := w.RefreshOrder(t.Context(), boss, o.ID)
	if err != nil || got.State != billing.Paid {
		t.Errorf("paid: %+v, %v", got, err)
	}
	orgtest.Must(t, w.report(payment(o))) // the callback comes after all
	_, err = w.RefreshOrder(t.Context(), boss, o.ID)
	orgtest.Must(t, err)
	w.has(t, boss, 5, 0)
	if w.queries != 3 {
		t.Errorf("%d queries, want 3", w.queries)
	}
}

// T12: what a report says is compared with the order; nothing else is credited.
func TestT12CallbackRefused(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		paid, o := w.topUp(t, boss, "p5"), w.buy(t, boss, "p100")
		for fault, change := range map[billing.CallbackFault]func(*billing.Payment){
			billing.CallbackAmount:      func(p *billing.Payment) { p.Fen-- },
			billing.CallbackCurrency:    func(p *billing.Payment) { p.Currency = "USD" },
			billing.CallbackMerchant:    func(p *billing.Payment) { p.Merchant = "somebody" },
			billing.CallbackOrder:       func(p *billing.Payment) { p.Order = "unknown" },
			billing.CallbackIncomplete:  func(p *billing.Payment) { p.Transaction = "" },
			billing.CallbackTransaction: func(p *billing.Payment) { p.Transaction = payment(paid).Transaction },
		} {
			p := payment(o)
			change(&p)
			wantFault(t, w.report(p), fault)
		}
		p := payment(o)
		p.Transaction = strings.Repeat("t", 129)
		wantFault(t, w.report(p), billing.CallbackIncomplete)

		body, err := json.Marshal(payment(o))
		orgtest.Must(t, err)
		sig := signature(body)
		body = bytes.Replace(body, []byte("alipay"), []byte("alipaY"), 1)
		wantFault(t, w.PaymentCallback(t.Context(), http.Header{"Signature": {sig}}, body), billing.CallbackSignature)
		wantFault(t, w.PaymentCallback(t.Context(), nil, nil), billing.CallbackSignature)

		p = payment(o)
		p.Paid = false // "waiting for payment" is not a payment
		orgtest.Must(t, w.report(p))
		w.has(t, boss, 5, 0)
		orgtest.Must(t, w.report(payment(o))) // after all of it, the true report counts
		w.has(t, boss, 105, 0)
	})
}

// A second payment of an order, or one after it was closed, is kept for a refund.
func TestSurplus(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	o := w.topUp(t, boss, "p5")
	second := payment(o)
	second.Transaction = "second"
	orgtest.Must(t, w.report(second))
	orgtest.Must(t, w.report(second))

	shut := w.buy(t, boss, "p100")
	got, err := w.CloseOrder(t.Context(), boss, shut.ID)
	if err != nil || got.State != billing.Closed {
		t.Errorf("closed: %+v, %v", got, err)
	}
	orgtest.Must(t, w.report(payment(shut)))
	w.has(t, boss, 5, 0)
	list, _, err := w.Surplus(t.Context(), "")
	if err != nil || len(list) != 2 || list[0].Transaction != "second" || list[1].Order != shut.ID || list[1].Fen != 50000 {
		t.Errorf("surplus is %+v, %v", list, err)
	}

	late := w.buy(t, boss, "p32") // paid just before it is closed: it is not closed
	w.state = payment(late)
	got, err = w.CloseOrder(t.Context(), boss, late.ID)
	if err != nil || got.State != billing.Paid {
		t.Errorf("closed when paid: %+v, %v", got, err)
	}
	w.has(t, boss, 37, 0)
}

// T12: 1,000 repeated and shuffled callbacks over HTTP credit each order once.
func TestT12ThousandCallbacks(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
			if err == nil {
				err = w.PaymentCallback(r.Context(), r.Header, body)
			}
			if err != nil {
				http.Error(rw, err.Error(), http.StatusBadRequest)
			}
		}))
		defer server.Close()

		const orders, each = 10, 100
		var bodies [][]byte
		for range orders {
			o := w.buy(t, boss, "p5")
			for n := range each {
				p := payment(o)
				p.Paid = n%4 != 3 // "waiting" and "paid" arrive in any order
				body, err := json.Marshal(p)
				orgtest.Must(t, err)
				bodies = append(bodies, body)
			}
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
		work := make(chan []byte)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for body := range work {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
					if err != nil {
						t.Error(err)
						continue
					}
					req.Header.Set("Signature", signature(body))
					resp, err := server.Client().Do(req)
					if err != nil {
						t.Error(err)
						continue
					}
					if resp.StatusCode != http.StatusOK {
						t.Errorf("answered %s", resp.Status)
					}
					_ = resp.Body.Close()
				}
			})
		}
		for _, body := range bodies {
			work <- body
		}
		close(work)
		wg.Wait()
		w.has(t, boss, orders*5, 0)
		if list, _, err := w.Surplus(t.Context(), ""); err != nil || len(list) != 0 {
			t.Errorf("surplus is %v, %v", list, err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	w := newWorld(t, memory.New())
	for field, change := range map[string]func(*billing.Config){
		"DB":            func(c *billing.Config) { c.DB = nil },
		"Org":           func(c *billing.Config) { c.Org = nil },
		"Packages":      func(c *billing.Config) { c.Packages = nil },
		"Payments":      func(c *billing.Config) { c.Payments = nil },
		"Merchant":      func(c *billing.Config) { c.Merchant = "" },
		"Invoices":      func(c *billing.Config) { c.Invoices = nil },
		`"p5" twice`:    func(c *billing.Config) { c.Packages = append(c.Packages, c.Packages[2]) },
		"no price":      func(c *billing.Config) { c.Packages[0].Fen = 0 },
		"no copies":     func(c *billing.Config) { c.Packages[0].Copies = billing.MaxCopies + 1 },
		"no id or name": func(c *billing.Config) { c.Packages[0].ID = "" },
		"less than":     func(c *billing.Config) { c.Packages[0].Valid = -time.Second },
	} {
		c := w.config()
		change(&c)
		if _, err := billing.New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: error is %v", field, err)
		}
	}
}
