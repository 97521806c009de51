package billing

import (
	"context"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Channel is how an order is paid (M53). The zero value is invalid.
type Channel int

// The channels.
const (
	Alipay Channel = iota + 1 // 支付宝
	WeChat                    // 微信
)

var channelNames = [...][2]string{
	Alipay: {"Alipay", "支付宝"},
	WeChat: {"WeChat", "微信"},
}

// String returns the channel in English.
func (c Channel) String() string { return enum.English("Channel", channelNames[:], c) }

// Zh returns the platform's word; empty for no channel.
func (c Channel) Zh() string { return enum.Zh("", channelNames[:], c) }

// PaymentRequest is what a provider is asked to collect.
type PaymentRequest struct {
	Order   string // our id; the provider returns it unchanged
	Channel Channel
	Fen     int64  // amount in fen (分), always CNY
	Subject string // what the payer reads: the package's name
}

// Payment is a provider's report about an order.
type Payment struct {
	Order       string // our id
	Provider    string // the name of the provider: the same in every report, at most 64 bytes
	Transaction string // the provider's number, credited at most once; at most 128 bytes
	Merchant    string // the account that was paid (收款方), compared with Config.Merchant
	Currency    string // ISO 4217; anything but CNY is refused
	Fen         int64  // what was paid, in fen (分)
	Paid        bool   // false while the money has not arrived
}

// Payments collects money. A real one talks to 支付宝 or 微信支付. Its methods may be called
// concurrently.
type Payments interface {
	// Create opens a payment and returns the content of the QR code that the payer
	// scans. It is called outside of transactions and may be called again for the same
	// order, after an error or a crash. It must then return the same payment, so that
	// nobody pays twice. It must return when ctx is done.
	Create(ctx context.Context, r PaymentRequest) (qr string, err error)
	// ParseCallback verifies the provider's signature on the raw body FIRST, and only
	// then reads it; it does no other I/O. It returns an error if the callback is not
	// authentic. The caller compares the result with the order.
	ParseCallback(header http.Header, body []byte) (Payment, error)
	// Query asks for an order's state, if callbacks do not come. The answer must be as
	// trustworthy as a verified callback, and name the same Provider and Transaction.
	// For an order that is not paid it returns a Payment with Paid false, and no error.
	Query(ctx context.Context, order string) (Payment, error)
}

// InvoiceRequest is what an invoice says.
type InvoiceRequest struct {
	ID string // ours; the same id is issued once
	InvoiceForm
	Contents string // 明细
}

// InvoiceResult is an issued invoice.
type InvoiceResult struct {
	Number string // 发票号码, required
	URL    string // of the PDF
}

// Invoices issues electronic invoices (电子发票).
type Invoices interface {
	// Issue is called outside of transactions and must be idempotent by
	// InvoiceRequest.ID: after an error or a crash it is called again, and in the end
	// there is one invoice. It must return when ctx is done, and may be called
	// concurrently.
	Issue(ctx context.Context, r InvoiceRequest) (InvoiceResult, error)
}
