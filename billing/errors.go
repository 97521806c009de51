package billing

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
)

// Sentinels, for errors.Is. Each has a Zh().
var (
	// ErrInsufficient says that the balance does not cover what is sent (M56).
	ErrInsufficient error = fault.New("billing: balance too small", "余额不足，请先联系企业管理员进行充值")
	// ErrCopies says that a number of copies is not from 1 to [MaxCopies].
	ErrCopies error = fault.New("billing: number of copies out of range", "签署份数有误")
	// ErrNoHold says that the company holds nothing for the envelope.
	ErrNoHold error = fault.New("billing: nothing is held for the envelope", "该信封没有预占份数")
	// ErrHeld says that something else is held for the envelope: another number of
	// copies, or by another company.
	ErrHeld error = fault.New("billing: the envelope holds something else", "该信封已预占其他份数")
	// ErrSettled says that an envelope's copies were already charged or released, and
	// not in the way that is asked for now.
	ErrSettled error = fault.New("billing: the hold is settled", "该信封已结算")

	// ErrNotFound says that there is no such package, order or invoice for the
	// actor.
	ErrNotFound error = fault.New("billing: not found", "订单不存在")
	// ErrChannel says that a payment channel is unknown.
	ErrChannel error = fault.New("billing: unknown payment channel", "请选择支付方式")
	// ErrPeriod says that a statement would end before it begins.
	ErrPeriod error = fault.New("billing: the period is empty", "起止时间有误")
	// ErrCallback is the sentinel of every [CallbackError].
	ErrCallback error = fault.New("billing: callback refused", "支付回调验证失败")

	// ErrUnpaid says that only a paid order can be invoiced (M57).
	ErrUnpaid error = fault.New("billing: the order is not paid", "订单尚未支付，无法开票")
	// ErrInvoiced says that an order can be invoiced only once (T15).
	ErrInvoiced error = fault.New("billing: the order is invoiced", "该订单已开票")
	// ErrAmount says that an invoice is for nothing, or for more than was paid.
	ErrAmount error = fault.New("billing: invoice amount exceeds what was paid", "发票金额不能超过实付金额")
)

// CallbackFault is why a payment report was not accepted. The zero value is invalid.
type CallbackFault int

// The faults (T12).
const (
	CallbackSignature   CallbackFault = iota + 1 // the port did not accept it
	CallbackIncomplete                           // it lacks provider or transaction, or they are too long
	CallbackOrder                                // it names an order that is not ours
	CallbackAmount                               // another amount
	CallbackCurrency                             // another currency than CNY
	CallbackMerchant                             // paid to another account
	CallbackTransaction                          // its transaction paid another order
)

var callbackFaultNames = [...]string{
	CallbackSignature:   "not authentic",
	CallbackIncomplete:  "no usable transaction number",
	CallbackOrder:       "unknown order",
	CallbackAmount:      "amount differs from the order's",
	CallbackCurrency:    "currency is not CNY",
	CallbackMerchant:    "paid to another merchant",
	CallbackTransaction: "transaction paid another order",
}

// String returns the fault in English.
func (f CallbackFault) String() string { return enum.Name("CallbackFault", callbackFaultNames[:], f) }

// CallbackError says that a payment report is not authentic or does not fit the order
// it names (T12). Nothing was credited.
type CallbackError struct {
	Fault CallbackFault
	Order string // as the report names it; empty for one that is not authentic
}

// Error names the fault and the order.
func (e *CallbackError) Error() string {
	return fmt.Sprintf("billing: callback refused: order %q: %v", e.Order, e.Fault)
}

// Is reports whether target is [ErrCallback].
func (e *CallbackError) Is(target error) bool { return target == ErrCallback }

// Zh returns the sentence to show.
func (e *CallbackError) Zh() string { return "支付回调验证失败" }

// OrderError says that a provider did not answer about an order that exists. It
// may be asked again.
type OrderError struct {
	Order string // id
	Err   error  // the provider's
}

// Error names the order.
func (e *OrderError) Error() string { return fmt.Sprintf("billing: order %s: %v", e.Order, e.Err) }

// Unwrap returns the provider's error.
func (e *OrderError) Unwrap() error { return e.Err }

// Zh returns the sentence to show.
func (e *OrderError) Zh() string { return "支付服务暂时不可用，请稍后再试" }

// TitleError says what is wrong in the form of an invoice (M57). It never quotes what
// was typed.
type TitleError struct {
	Field string // a field of InvoiceForm
	zh    string
}

// Error names the field.
func (e *TitleError) Error() string {
	return "billing: invoice: " + e.Field + " is missing or malformed"
}

// Zh returns the sentence to show beside the field.
func (e *TitleError) Zh() string { return e.zh }

// AuditError says that a company's balance is not the sum of its ledger.
type AuditError struct {
	Org                    org.CompanyID
	Free, Held             int64 // copies, by the balance
	LedgerFree, LedgerHeld int64 // copies, by the entries
}

// Error names the company and the four sums.
func (e *AuditError) Error() string {
	return fmt.Sprintf("billing: %s: free %d and held %d, by the ledger %d and %d", e.Org, e.Free, e.Held, e.LedgerFree, e.LedgerHeld)
}
