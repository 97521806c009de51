package sandbox

import (
	"context"
	"fmt"
	"html"
	"net/http"

	"github.com/dajiaqian/dajiaqian/billing"
)

// Merchant is the account that receives the sandbox's payments.
const Merchant = "上海市数字证书认证中心（沙箱）"

// order is a payment that is or was waiting to be made.
type order struct {
	billing.PaymentRequest
	paid bool
}

// PaymentPort returns a client of the payment provider.
func (s *Sandbox) PaymentPort() billing.Payments { return payClient{s} }

type payClient struct{ s *Sandbox }

// Create implements [billing.Payments].
func (c payClient) Create(ctx context.Context, r billing.PaymentRequest) (string, error) {
	var a sessionAnswer
	err := c.s.call(ctx, http.MethodPost, "/orders", r, &a)
	return a.URL, err
}

// ParseCallback implements [billing.Payments].
func (c payClient) ParseCallback(header http.Header, body []byte) (billing.Payment, error) {
	var p billing.Payment
	err := c.s.open(Payments, header, body, &p)
	return p, err
}

// Query implements [billing.Payments].
func (c payClient) Query(ctx context.Context, order string) (billing.Payment, error) {
	var p billing.Payment
	err := c.s.call(ctx, http.MethodGet, "/orders/"+order, nil, &p)
	return p, err
}

// serveOrder opens a payment; the same order has one payment.
func (s *Sandbox) serveOrder(w http.ResponseWriter, r *http.Request) {
	var q billing.PaymentRequest
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.orders[q.Order]
	if old != nil && old.PaymentRequest != q {
		http.Error(w, "the order exists with other terms", http.StatusConflict)
		return
	}
	if old == nil {
		s.orders[q.Order] = &order{PaymentRequest: q}
	}
	write(w, sessionAnswer{s.url + "/pay/" + q.Order})
}

func (s *Sandbox) payment(o *order) billing.Payment {
	return billing.Payment{Order: o.Order, Provider: "sandbox", Transaction: "pay-" + o.Order, Merchant: Merchant,
		Currency: "CNY", Fen: o.Fen, Paid: o.paid}
}

func (s *Sandbox) serveOrderState(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orders[r.PathValue("id")]
	if o == nil {
		http.NotFound(w, r)
		return
	}
	write(w, s.payment(o))
}

const payPage = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>支付</title><h1>%s</h1><p>%d.%02d 元</p><p>沙箱环境，不产生真实交易。</p>
<form method="post"><button name="do" value="pass">支付</button></form></html>`

// servePayPage serves what the payer's phone shows.
func (s *Sandbox) servePayPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	o := s.orders[r.PathValue("id")]
	s.mu.Unlock()
	if o == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, payPage, html.EscapeString(o.Subject), o.Fen/100, o.Fen%100)
}

func (s *Sandbox) servePay(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	o := s.orders[r.PathValue("id")]
	var p billing.Payment
	if o != nil {
		o.paid = true
		p = s.payment(o)
	}
	s.mu.Unlock()
	if o == nil {
		http.NotFound(w, r)
		return
	}
	if err := s.report(Payments, p); err != nil {
		s.log.Warn("sandbox: callback", "provider", Payments, "error", err)
		http.Error(w, "the platform did not take the payment", http.StatusBadGateway)
		return
	}
	_, _ = w.Write([]byte("ok"))
}

// InvoicePort returns a client of the invoice provider.
func (s *Sandbox) InvoicePort() billing.Invoices { return invoiceClient{s} }

type invoiceClient struct{ s *Sandbox }

// Issue implements [billing.Invoices].
func (c invoiceClient) Issue(ctx context.Context, r billing.InvoiceRequest) (billing.InvoiceResult, error) {
	var a billing.InvoiceResult
	err := c.s.call(ctx, http.MethodPost, "/invoices", r, &a)
	return a, err
}

// serveInvoice issues an invoice once for each id.
func (s *Sandbox) serveInvoice(w http.ResponseWriter, r *http.Request) {
	var q billing.InvoiceRequest
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.invoices[q.ID]
	if in == nil {
		number := fmt.Sprintf("%020d", len(s.invoices)+1)
		in = &billing.InvoiceResult{Number: number}
		s.invoices[q.ID] = in
	}
	write(w, in)
}
