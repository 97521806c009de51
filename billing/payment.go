package billing

import "github.com/dajiaqian/dajiaqian/internal/enum"

// Whether a payment report is accepted, decided without ctx, clock or store.

const (
	maxProvider    = 64  // bytes
	maxTransaction = 128 // bytes
)

// check compares an authentic report with the order it names (T12). It returns nil if
// the report fits, in any state of the order.
func (p *Payment) check(o *Order, merchant string) error {
	fault := func(f CallbackFault) error { return &CallbackError{Fault: f, Order: p.Order} }
	switch {
	case p.Provider == "" || len(p.Provider) > maxProvider || p.Transaction == "" || len(p.Transaction) > maxTransaction:
		return fault(CallbackIncomplete)
	case p.Order != o.ID:
		return fault(CallbackOrder)
	case p.Merchant != merchant:
		return fault(CallbackMerchant)
	case p.Currency != "CNY":
		return fault(CallbackCurrency)
	case p.Fen != o.Package.Fen:
		return fault(CallbackAmount)
	}
	return nil
}

// OrderState is the state of an order (M54). The zero value is invalid.
type OrderState int

// The states.
const (
	Unpaid OrderState = iota + 1 // 待支付
	Paid                         // 支付成功
	Closed                       // 已关闭
)

var orderStateNames = [...][2]string{
	Unpaid: {"unpaid", "待支付"},
	Paid:   {"paid", "支付成功"},
	Closed: {"closed", "已关闭"},
}

// String returns the state in English.
func (s OrderState) String() string { return enum.English("OrderState", orderStateNames[:], s) }

// Zh returns the platform's word.
func (s OrderState) Zh() string { return enum.Zh("未知", orderStateNames[:], s) }
