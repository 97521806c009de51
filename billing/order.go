package billing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// OrderState is where an order stands (M54). The zero value is invalid.
type OrderState int

// The states.
const (
	Unpaid OrderState = iota + 1 // 待支付
	Paid                         // 支付成功
)

// Order is a package being bought.
type Order struct {
	ID        string
	Org       string
	Package   Package
	Channel   Channel
	State     OrderState
	QR        string // content of the QR code to scan
	CreatedAt time.Time
	PaidAt    time.Time
}

var orders = store.NewTable("billing_order", func(o *Order) string { return o.ID },
	store.Text("org", func(o *Order) string { return o.Org }),
	store.Time("created_at", func(o *Order) time.Time { return o.CreatedAt })).
	Index("by_org", "org", "created_at")

// paid is a provider's transaction that was credited: each is, once.
type paid struct{ Provider, Transaction, Order string }

var payments = store.NewTable("billing_payment", func(p *paid) string { return p.Provider + "/" + p.Transaction })

// Buy orders a package for the actor's company (立即购买, M53) and opens its
// payment. If the provider does not answer, the order is kept and Buy's error
// names it in an *OrderError: Reopen asks again.
func (s *Service) Buy(ctx context.Context, actor org.Actor, packageID string, c Channel) (Order, error) {
	p, ok := s.packages[packageID]
	if !ok {
		return Order{}, ErrNotFound
	}
	if c != Alipay && c != WeChat {
		return Order{}, ErrChannel
	}
	var o Order
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingBuy); err != nil {
			return err
		}
		o = Order{ID: tx.NewID(), Org: actor.Org, Package: p, Channel: c, State: Unpaid, CreatedAt: tx.Now()}
		return orders.Insert(ctx, tx, o)
	})
	if err != nil {
		return Order{}, err
	}
	return s.open(ctx, o)
}

// OrderError says that an order exists whose payment could not be opened.
type OrderError struct {
	Order string
	Err   error
}

func (e *OrderError) Error() string { return fmt.Sprintf("billing: order %s: %v", e.Order, e.Err) }

// Unwrap returns the provider's error.
func (e *OrderError) Unwrap() error { return e.Err }

// Zh is the sentence to show.
func (e *OrderError) Zh() string { return "支付服务暂时不可用，请稍后再试" }

func (s *Service) open(ctx context.Context, o Order) (Order, error) {
	qr, err := s.payments.Create(ctx, PaymentRequest{Order: o.ID, Channel: o.Channel, Fen: o.Package.Fen, Subject: o.Package.Name})
	if err != nil {
		return o, &OrderError{o.ID, err}
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		rec.V.QR = qr
		o = rec.V
		return orders.Update(ctx, tx, rec)
	})
	return o, err
}

// Order returns an order of the actor's company.
func (s *Service) Order(ctx context.Context, actor org.Actor, id string) (Order, error) {
	var o Order
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		rec, err := orders.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && rec.V.Org != actor.Org {
			return ErrNotFound
		}
		o = rec.V
		return err
	})
	return o, err
}

// Reopen opens the payment of an unpaid order again, or asks the provider
// whether it was paid: for when an answer or a callback did not come.
func (s *Service) Reopen(ctx context.Context, actor org.Actor, id string) (Order, error) {
	o, err := s.Order(ctx, actor, id)
	if err != nil || o.State == Paid {
		return o, err
	}
	if o.QR == "" {
		return s.open(ctx, o)
	}
	p, err := s.payments.Query(ctx, id)
	if err != nil {
		return o, &OrderError{id, err}
	}
	if p.Paid {
		if err := s.credit(ctx, p); err != nil {
			return o, err
		}
	}
	return s.Order(ctx, actor, id)
}

// PaymentCallback takes a provider's report (T12). The host mounts it in its
// server and answers 2xx when it returns nil: the credit is committed then. A
// report that comes again changes nothing and is no error; one that is forged,
// or names another amount, currency, merchant or order, is ErrCallback.
func (s *Service) PaymentCallback(ctx context.Context, header http.Header, body []byte) error {
	p, err := s.payments.ParseCallback(header, body)
	if err != nil {
		return ErrCallback
	}
	if !p.Paid {
		return nil
	}
	return s.credit(ctx, p)
}

func (s *Service) credit(ctx context.Context, p Payment) error {
	var orgID string
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, p.Order)
		orgID = rec.V.Org
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrCallback
	}
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, p.Order)
		if err != nil {
			return err
		}
		o := &rec.V
		if p.Fen != o.Package.Fen || p.Currency != "CNY" || p.Merchant != s.merchant || p.Provider == "" || p.Transaction == "" {
			return ErrCallback
		}
		err = payments.Insert(ctx, tx, paid{p.Provider, p.Transaction, p.Order})
		if errors.Is(err, store.ErrExists) {
			return s.same(ctx, tx, p)
		}
		if err != nil || o.State == Paid {
			return err // paid twice: the second payment is recorded, for a refund
		}
		o.State, o.PaidAt = Paid, tx.Now()
		if err := orders.Update(ctx, tx, rec); err != nil {
			return err
		}
		e := entry{ID: "purchase/" + o.ID, Org: o.Org, Kind: entryPurchase, Copies: o.Package.Copies}
		return s.withAccount(ctx, tx, e, func(a *account) error {
			l := lot{Order: o.ID, Left: o.Package.Copies}
			if o.Package.Valid > 0 {
				l.Expires = tx.Now().Add(o.Package.Valid)
			}
			a.Lots = append(a.Lots, l)
			return nil
		})
	}, Lock(orgID))
}

// same holds that a transaction that was seen before was for the same order.
func (s *Service) same(ctx context.Context, tx *store.Tx, p Payment) error {
	rec, err := payments.Get(ctx, tx, p.Provider+"/"+p.Transaction)
	if err == nil && rec.V.Order != p.Order {
		return ErrCallback
	}
	return err
}
