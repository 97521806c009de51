package billing

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// Receipt is a payment that a provider reported and that fits its order. Each
// transaction of a provider is received once.
type Receipt struct {
	Provider    string    `json:"provider"`
	Transaction string    `json:"transaction"`
	Order       string    `json:"order"` // id
	Fen         int64     `json:"fen"`
	At          time.Time `json:"at"`      // when it was received
	Surplus     bool      `json:"surplus"` // credited nothing: the order was already paid, or closed
}

// With the length, two different pairs cannot give the same id.
func receiptID(provider, transaction string) string {
	return strconv.Itoa(len(provider)) + "/" + provider + "/" + transaction
}

var receipts = store.NewTable("billing_receipt", func(r *Receipt) string { return receiptID(r.Provider, r.Transaction) },
	store.Text("order_id", func(r *Receipt) string { return r.Order }),
	store.Int("surplus", func(r *Receipt) int64 {
		if r.Surplus {
			return 1
		}
		return 0
	}),
	store.Time("at", func(r *Receipt) time.Time { return r.At })).
	Index("by_order", "order_id", "at").
	Index("by_surplus", "surplus", "at")

// PaymentCallback takes a provider's report (T12). The host mounts it in its server and
// answers 2xx when it returns nil: the credit is then committed. A report that is
// repeated, late or out of order changes nothing and returns nil. It returns a
// [*CallbackError] if the report is not authentic, or if its order, amount, currency or
// merchant is wrong, or its transaction paid another order.
func (s *Service) PaymentCallback(ctx context.Context, header http.Header, body []byte) error {
	p, err := s.payments.ParseCallback(header, body)
	if err != nil {
		return s.refuse(ctx, &CallbackError{Fault: CallbackSignature})
	}
	if !p.Paid {
		return nil
	}
	return s.credit(ctx, p)
}

// refuse logs what an operator will want to check.
func (s *Service) refuse(ctx context.Context, e *CallbackError) error {
	s.log.WarnContext(ctx, "billing: payment report refused", "order", e.Order, "fault", e.Fault.String())
	return e
}

// credit receives a payment and, if its order waits for it, adds the copies, in
// one transaction.
func (s *Service) credit(ctx context.Context, p Payment) error {
	company, err := s.findCompany(ctx, p.Order)
	if err == nil {
		err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return s.receive(ctx, tx, p)
		}, Lock(company))
	}
	var refused *CallbackError
	if errors.As(err, &refused) {
		return s.refuse(ctx, refused)
	}
	return err
}

func (s *Service) receive(ctx context.Context, tx *store.Tx, p Payment) error {
	rec, err := orders.Get(ctx, tx, p.Order)
	if err != nil {
		return err
	}
	o := &rec.V
	if err := p.check(o, s.merchant); err != nil {
		return err
	}
	old, err := receipts.Get(ctx, tx, receiptID(p.Provider, p.Transaction))
	if err == nil && old.V.Order != p.Order {
		return &CallbackError{CallbackTransaction, p.Order}
	}
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return err // already received
	}
	r := Receipt{
		Provider: p.Provider, Transaction: p.Transaction, Order: o.ID, Fen: p.Fen, At: tx.Now(), Surplus: o.State != Unpaid,
	}
	if err := receipts.Insert(ctx, tx, r); err != nil {
		return err
	}
	if r.Surplus {
		return s.org.Report(ctx, tx, "billing.surplus", o.Org, "order/"+o.ID, nil, r)
	}
	was := *o
	o.State, o.PaidAt = Paid, r.At
	if err := orders.Update(ctx, tx, rec); err != nil {
		return err
	}
	if err := s.org.Report(ctx, tx, "billing.paid", o.Org, "order/"+o.ID, was, *o); err != nil {
		return err
	}
	return move(ctx, tx, newEntry(EntryPurchase, o.Org, o.ID, o.Package.Copies, 0), func(a *account, _ time.Time) error {
		l := lot{Order: o.ID, Left: o.Package.Copies}
		if o.Package.Valid > 0 {
			l.Expires = o.PaidAt.Add(o.Package.Valid)
		}
		a.add(l)
		return nil
	})
}

// Surplus lists the payments that credited nothing because their order was already paid
// or closed, oldest first. The host's operators must refund them.
func (s *Service) Surplus(ctx context.Context, after store.Cursor) ([]Receipt, store.Cursor, error) {
	var out []Receipt
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, err := receipts.Page(ctx, tx, store.Where("surplus", 1), store.Asc("at"), store.After(after))
		out, next = page.Values()
		return err
	})
	return out, next, err
}
