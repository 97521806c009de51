package billing_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
	"pgregory.net/rapid"
)

func company(w *envelopetest.World) org.Actor {
	a := w.Person("张伟", "13800138001", "321083197812162119")
	return w.Company(a, "上海测试科技有限公司", "91310115591693856A")
}

func hold(ctx context.Context, w *envelopetest.World, orgID, id string, n int64) error {
	return w.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return w.Billing.Hold(ctx, tx, billing.HoldRequest{Org: orgID, Envelope: id, Copies: n})
	}, billing.Lock(orgID))
}

func charge(ctx context.Context, w *envelopetest.World, orgID, id string, n int64) error {
	return w.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return w.Billing.Charge(ctx, tx, billing.ChargeRequest{Org: orgID, Envelope: id, Name: "公有云服务采购多份计量", Copies: n, Source: billing.API})
	}, billing.Lock(orgID))
}

func release(ctx context.Context, w *envelopetest.World, orgID, id string) error {
	return w.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return w.Billing.Release(ctx, tx, billing.ReleaseRequest{Org: orgID, Envelope: id})
	}, billing.Lock(orgID))
}

// TestHoldChargeRelease holds M55, M56, M58 and M60.
func TestHoldChargeRelease(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss, ctx := company(w), t.Context()
	if err := hold(ctx, w, boss.Org, "e0", 1); !errors.Is(err, billing.ErrInsufficient) || org.Zh(err) != "余额不足，请先联系企业管理员进行充值" {
		t.Errorf("M56: %v", err)
	}
	w.Buy(boss, "32")
	for _, step := range []struct {
		what       string
		do         func() error
		want       error
		free, held int64
	}{
		{"hold", func() error { return hold(ctx, w, boss.Org, "e1", 3) }, nil, 29, 3},
		{"hold again", func() error { return hold(ctx, w, boss.Org, "e1", 3) }, nil, 29, 3},
		{"hold too much", func() error { return hold(ctx, w, boss.Org, "e2", 30) }, billing.ErrInsufficient, 29, 3},
		{"charge what is not held", func() error { return charge(ctx, w, boss.Org, "e9", 1) }, billing.ErrNotFound, 29, 3},
		{"charge", func() error { return charge(ctx, w, boss.Org, "e1", 3) }, nil, 29, 0},
		{"charge again", func() error { return charge(ctx, w, boss.Org, "e1", 3) }, nil, 29, 0},
		{"release what was charged", func() error { return release(ctx, w, boss.Org, "e1") }, billing.ErrSettled, 29, 0},
		{"hold another", func() error { return hold(ctx, w, boss.Org, "e3", 2) }, nil, 27, 2},
		{"release", func() error { return release(ctx, w, boss.Org, "e3") }, nil, 29, 0},
		{"release again", func() error { return release(ctx, w, boss.Org, "e3") }, nil, 29, 0},
		{"charge what was released", func() error { return charge(ctx, w, boss.Org, "e3", 2) }, billing.ErrSettled, 29, 0},
		{"M52 a person", func() error { return hold(ctx, w, "", "e4", 5) }, nil, 29, 0},
	} {
		if err := step.do(); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.what, err, step.want)
		}
		b, err := w.Billing.Balance(ctx, boss)
		if err != nil || b.Free != step.free || b.Held != step.held {
			t.Errorf("after %s: %+v %v", step.what, b, err)
		}
		if err := w.Billing.Audit(ctx, boss.Org); err != nil {
			t.Errorf("after %s: %v", step.what, err)
		}
	}
	list, _, err := w.Billing.Charges(ctx, boss, "")
	if err != nil || len(list) != 1 || list[0].Copies != 3 || billing.ShortName(list[0].Name) != "公有...多份计量" || list[0].Source.Zh() != "接口调用" {
		t.Errorf("M58: %+v %v", list, err)
	}
}

// TestQuota: 64 goroutines spend a quota of 32 (T13).
func TestQuota(t *testing.T) {
	drivers := map[string]func() store.Driver{"memory": func() store.Driver { return nil }, "sqlite": func() store.Driver {
		d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}}
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			w := envelopetest.New(t, open())
			boss := company(w)
			w.Buy(boss, "32")
			var ok, poor atomic.Int64
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() {
					err := hold(t.Context(), w, boss.Org, fmt.Sprintf("e%d", i), 1)
					switch {
					case err == nil:
						ok.Add(1)
					case errors.Is(err, billing.ErrInsufficient):
						poor.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if ok.Load() != 32 || poor.Load() != 32 {
				t.Errorf("%d succeeded, %d were refused", ok.Load(), poor.Load())
			}
		})
	}
}

// TestCallbacks: 1,000 payment callbacks, doubled and out of order, over HTTP,
// credit each order once (T12).
func TestCallbacks(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss, ctx := company(w), t.Context()
	w.Sandbox.Script(sandbox.Payments, sandbox.Script{Times: 250, Hold: true})
	for range 4 {
		w.Buy(boss, "32")
	}
	if b, err := w.Billing.Balance(ctx, boss); err != nil || b.Free != 0 {
		t.Errorf("credited before any callback: %+v %v", b, err)
	}
	if err := w.Sandbox.Flush(true); err != nil {
		t.Error(err)
	}
	if b, err := w.Billing.Balance(ctx, boss); err != nil || b.Free != 128 {
		t.Errorf("%+v %v", b, err)
	}
	if err := w.Billing.PaymentCallback(ctx, http.Header{}, []byte(`{"Paid":true}`)); !errors.Is(err, billing.ErrCallback) {
		t.Errorf("a forged callback: %v", err)
	}
	// A callback that is lost is made good by asking.
	w.Sandbox.Script(sandbox.Payments, sandbox.Script{Hold: true})
	o := w.Buy(boss, "32")
	if o, err := w.Billing.Reopen(ctx, boss, o.ID); err != nil || o.State != billing.Paid {
		t.Errorf("%+v %v", o, err)
	}
}

// wrong answers callbacks that are authentic and say what a test wants.
type wrong struct {
	billing.Payments
	say billing.Payment
}

func (p wrong) ParseCallback(http.Header, []byte) (billing.Payment, error) { return p.say, nil }

// TestCallbackMismatch: an authentic callback with another amount, currency,
// merchant or order credits nothing (T12).
func TestCallbackMismatch(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss := company(w)
	o, err := w.Billing.Buy(t.Context(), boss, "32", billing.Alipay)
	if err != nil {
		t.Fatal(err)
	}
	right := billing.Payment{Order: o.ID, Provider: "p", Transaction: "t", Merchant: sandbox.Merchant, Currency: "CNY", Fen: 9_600, Paid: true}
	for what, change := range map[string]func(p *billing.Payment){
		"amount": func(p *billing.Payment) { p.Fen = 1 }, "currency": func(p *billing.Payment) { p.Currency = "JPY" },
		"merchant": func(p *billing.Payment) { p.Merchant = "x" }, "order": func(p *billing.Payment) { p.Order = "x" },
		"no transaction": func(p *billing.Payment) { p.Transaction = "" }} {
		say := right
		change(&say)
		svc, err := billing.New(billing.Config{DB: w.DB, Org: w.Org, Merchant: sandbox.Merchant, Invoices: w.Sandbox.InvoicePort(),
			Payments: wrong{say: say}, Packages: []billing.Package{{ID: "32", Copies: 32}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := svc.PaymentCallback(t.Context(), nil, nil); !errors.Is(err, billing.ErrCallback) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if b, err := w.Billing.Balance(t.Context(), boss); err != nil || b.Free != 0 {
		t.Errorf("%+v %v", b, err)
	}
}

// TestInvoice holds M57 and T15.
func TestInvoice(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss, ctx := company(w), t.Context()
	o, err := w.Billing.Buy(ctx, boss, "32", billing.Alipay)
	if err != nil {
		t.Fatal(err)
	}
	form := billing.InvoiceForm{Company: true, Title: "上海测试科技有限公司", TaxCode: "91310115591693856A"}
	if _, err := w.Billing.RequestInvoice(ctx, boss, o.ID, form); !errors.Is(err, billing.ErrUnpaid) {
		t.Errorf("unpaid: %v", err)
	}
	if err := w.Sandbox.Pass(ctx, o.QR); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Billing.RequestInvoice(ctx, boss, o.ID, billing.InvoiceForm{Company: true, Title: "x"}); !errors.Is(err, billing.ErrTitle) {
		t.Errorf("without a tax number: %v", err)
	}
	inv, err := w.Billing.RequestInvoice(ctx, boss, o.ID, form)
	if err != nil || inv.Fen != 9_600 || inv.Number == "" {
		t.Errorf("%+v %v", inv, err)
	}
	if _, err := w.Billing.RequestInvoice(ctx, boss, o.ID, form); !errors.Is(err, billing.ErrInvoiced) {
		t.Errorf("twice: %v", err)
	}
}

// TestLedgerModel runs random movements against a plain count.
func TestLedgerModel(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss, ctx := company(w), t.Context()
	free, held := int64(0), map[string]int64{}
	next := 0
	rapid.Check(t, func(rt *rapid.T) {
		switch rapid.IntRange(0, 4).Draw(rt, "command") {
		case 0:
			w.Buy(boss, "32")
			free += 32
		case 1, 2:
			id, n := fmt.Sprintf("m%d", next), rapid.Int64Range(1, 9).Draw(rt, "copies")
			next++
			err := hold(ctx, w, boss.Org, id, n)
			if (err == nil) != (n <= free) {
				rt.Fatalf("hold %d of %d: %v", n, free, err)
			}
			if err == nil {
				free, held[id] = free-n, n
			}
		default:
			for id, n := range held {
				if rapid.Bool().Draw(rt, "charge") {
					if err := charge(ctx, w, boss.Org, id, n); err != nil {
						rt.Fatal(err)
					}
				} else {
					if err := release(ctx, w, boss.Org, id); err != nil {
						rt.Fatal(err)
					}
					free += n
				}
				delete(held, id)
				break
			}
		}
		var sum int64
		for _, n := range held {
			sum += n
		}
		b, err := w.Billing.Balance(ctx, boss)
		if err != nil || b.Free != free || b.Held != sum {
			rt.Fatalf("%+v, want %d and %d: %v", b, free, sum, err)
		}
		if err := w.Billing.Audit(ctx, boss.Org); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestExpiry: copies that expire are used first and cannot be held afterwards.
func TestExpiry(t *testing.T) {
	w := envelopetest.New(t, nil)
	boss, ctx := company(w), t.Context()
	w.Buy(boss, "year")
	w.Buy(boss, "32")
	if err := hold(ctx, w, boss.Org, "first", 1); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(366 * 24 * time.Hour)
	if err := release(ctx, w, boss.Org, "first"); err != nil {
		t.Fatal(err)
	}
	if b, err := w.Billing.Balance(ctx, boss); err != nil || b.Free != 32 {
		t.Errorf("%+v %v", b, err)
	}
	if err := w.Billing.Audit(ctx, boss.Org); err != nil {
		t.Error(err)
	}
}
