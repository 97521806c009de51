package billing

import (
	"context"
	"net/http"
)

// Channel is how an order is paid (M53). The zero value is invalid.
type Channel int

// The channels.
const (
	Alipay Channel = iota + 1 // 支付宝
	WeChat                    // 微信
)

// PaymentRequest is what a provider is asked to collect.
type PaymentRequest struct {
	Order   string // our id; the provider returns it unchanged
	Channel Channel
	Fen     int64 // amount, always CNY
	Subject string
}

// Payment is what a provider says of an order.
type Payment struct {
	Order       string
	Provider    string // who says so
	Transaction string // the provider's number: at most one credit for each
	Merchant    string // to whom it was paid
	Currency    string // ISO 4217
	Fen         int64
	Paid        bool
}

// Payments collects money. A real one talks to 支付宝 or 微信支付.
type Payments interface {
	// Create opens a payment and returns the content of the QR code that the
	// payer scans. It is called outside of transactions and may be called again
	// for the same order: it must answer with the same payment.
	Create(ctx context.Context, r PaymentRequest) (qr string, err error)
	// ParseCallback verifies the provider's signature on the raw body FIRST, and
	// only then reads it. An error means that the callback is not believed.
	ParseCallback(header http.Header, body []byte) (Payment, error)
	// Query asks for an order's state, for when callbacks do not come.
	Query(ctx context.Context, order string) (Payment, error)
}

// InvoiceRequest is what an invoice says.
type InvoiceRequest struct {
	ID       string // ours; the same id is issued once
	Order    string
	Company  bool // 企业; else 个人/其他
	Title    string
	TaxCode  string
	Phone    string
	Email    string
	Fen      int64
	Contents string // 明细
}

// InvoiceResult is an issued invoice.
type InvoiceResult struct {
	Number string
	URL    string // of the PDF
}

// Invoices issues electronic invoices (电子发票). Issue is idempotent by
// InvoiceRequest.ID.
type Invoices interface {
	Issue(ctx context.Context, r InvoiceRequest) (InvoiceResult, error)
}
