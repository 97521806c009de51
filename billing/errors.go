package billing

import "fmt"

// refusal is a sentinel with the sentence that a person reads.
type refusal struct{ en, zh string }

func (r *refusal) Error() string { return r.en }

// Zh is the sentence to show.
func (r *refusal) Zh() string { return r.zh }

// Sentinels, to be tested with errors.Is. Each has a Zh().
var (
	// ErrInsufficient says that the balance does not cover what is sent (M56).
	ErrInsufficient error = &refusal{"billing: balance too small", "余额不足，请先联系企业管理员进行充值"}
	// ErrNotFound says that there is no such package, order or hold for the actor.
	ErrNotFound error = &refusal{"billing: not found", "订单不存在"}
	// ErrCallback says that a payment callback is not authentic, or does not fit
	// the order it names (T12). Nothing was credited.
	ErrCallback error = &refusal{"billing: callback refused", "支付回调验证失败"}
	// ErrChannel says that a payment channel is unknown.
	ErrChannel error = &refusal{"billing: unknown payment channel", "请选择支付方式"}
	// ErrUnpaid says that only paid orders are invoiced (M57).
	ErrUnpaid error = &refusal{"billing: the order is not paid", "订单尚未支付，无法开票"}
	// ErrInvoiced says that an order is invoiced once (T15).
	ErrInvoiced error = &refusal{"billing: the order is invoiced", "该订单已开票"}
	// ErrTitle says that an invoice's title or tax number is missing (M57).
	ErrTitle error = &refusal{"billing: invoice title or tax number missing", "请填写发票抬头和税号"}
	// ErrSettled says that an envelope's copies were charged or released before.
	ErrSettled error = &refusal{"billing: the hold is settled", "该信封已结算"}
)

// AuditError says that a company's balance is not the sum of its ledger.
type AuditError struct {
	Org             string
	Balance, Ledger int64 // copies
}

func (e *AuditError) Error() string {
	return fmt.Sprintf("billing: %s: balance %d, ledger %d", e.Org, e.Balance, e.Ledger)
}
