package billing

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// MaxKey is the longest idempotency key, in bytes.
const MaxKey = 128

// Order is a package being bought.
type Order struct {
	ID        string
	Org       string  // id
	Package   Package // as it was when it was ordered
	Channel   Channel
	State     OrderState
	QR        string // content of the QR code to scan; empty while the provider has not answered
	Key       string // of BuyOnce
	By        string // id of the person who ordered
	CreatedAt time.Time
	PaidAt    time.Time
}

var orders = store.NewTable("billing_order", func(o *Order) string { return o.ID },
	store.Text("org", func(o *Order) string { return o.Org }),
	store.Text("key", func(o *Order) string { return o.Org + "/" + o.Key }),
	store.Time("created_at", func(o *Order) time.Time { return o.CreatedAt })).
	Index("by_org", "org", "created_at").
	Unique("by_key", "key")

// Buy orders a package for the actor's company (立即购买, M53) and opens its
// payment; the answer holds the QR code to scan. Every call is another order. If
// the provider does not answer, the order is kept and the error is an
// *OrderError: Refresh goes on.
func (s *Service) Buy(ctx context.Context, actor org.Actor, packageID string, c Channel) (Order, error) {
	return s.BuyOnce(ctx, actor, packageID, c, s.db.NewID())
}

// BuyOnce is Buy under a key of the caller's, 1 to MaxKey bytes: a repetition
// gives the same order, and goes on with it if the provider did not answer. A key
// that was used for another package or channel is ErrKey.
func (s *Service) BuyOnce(ctx context.Context, actor org.Actor, packageID string, c Channel, key string) (Order, error) {
	p, ok := s.packages[packageID]
	if !ok {
		return Order{}, ErrNotFound
	}
	if c.Zh() == "" {
		return Order{}, ErrChannel
	}
	if key == "" || len(key) > MaxKey {
		return Order{}, ErrKey
	}
	var o Order
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingBuy); err != nil {
			return err
		}
		same, err := orders.Page(ctx, tx, store.Where("key", actor.Org+"/"+key), store.Limit(1))
		if err != nil {
			return err
		}
		if len(same.Items) > 0 {
			if o = same.Items[0].V; o.Package.ID != packageID || o.Channel != c {
				return ErrKey
			}
			return nil
		}
		o = Order{
			ID: tx.NewID(), Org: actor.Org, Package: p, Channel: c, State: Unpaid, Key: key,
			By: actor.Person, CreatedAt: tx.Now(),
		}
		return orders.Insert(ctx, tx, o)
	})
	if err != nil {
		return Order{}, err
	}
	if o.State != Unpaid || o.QR != "" {
		return o, nil
	}
	return s.openPayment(ctx, o)
}

// openPayment asks the provider for a QR code, outside of any transaction.
func (s *Service) openPayment(ctx context.Context, o Order) (Order, error) {
	qr, err := s.payments.Create(ctx, PaymentRequest{Order: o.ID, Channel: o.Channel, Fen: o.Package.Fen, Subject: o.Package.Name})
	if err != nil {
		return o, &OrderError{o.ID, err}
	}
	return s.change(ctx, o.ID, func(o *Order) { o.QR = qr })
}

// change saves what a provider's answer does to an order.
func (s *Service) change(ctx context.Context, id string, do func(o *Order)) (Order, error) {
	var o Order
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		do(&rec.V)
		o = rec.V
		return orders.Update(ctx, tx, rec)
	})
	return o, err
}

// Order returns an order of the actor's company.
func (s *Service) Order(ctx context.Context, actor org.Actor, id string) (Order, error) {
	return s.order(ctx, actor, org.ActionBillingRead, id)
}

func (s *Service) order(ctx context.Context, actor org.Actor, right org.Action, id string) (Order, error) {
	var o Order
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		o, err = s.ownOrder(ctx, tx, actor, right, id)
		return err
	})
	return o, err
}

// ownOrder loads an order of the company that the actor acts for.
func (s *Service) ownOrder(ctx context.Context, tx *store.Tx, actor org.Actor, right org.Action, id string) (Order, error) {
	if _, err := s.org.Authorize(ctx, tx, actor, right); err != nil {
		return Order{}, err
	}
	rec, err := orders.Get(ctx, tx, id)
	if err != nil {
		return Order{}, notFound(err)
	}
	if rec.V.Org != actor.Org {
		return Order{}, ErrNotFound
	}
	return rec.V, nil
}

// Orders lists the orders of the actor's company, newest first.
func (s *Service) Orders(ctx context.Context, actor org.Actor, after store.Cursor) ([]Order, store.Cursor, error) {
	var out []Order
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		page, err := orders.Page(ctx, tx, store.Where("org", actor.Org), store.Desc("created_at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, r.V)
		}
		return nil
	})
	return out, next, err
}

// Refresh asks the provider whether an unpaid order was paid, for when a callback
// did not come, and credits it as a callback would; an order whose payment was
// never opened is opened. An answer that does not fit the order is a
// *CallbackError, no answer an *OrderError.
func (s *Service) Refresh(ctx context.Context, actor org.Actor, id string) (Order, error) {
	o, err := s.order(ctx, actor, org.ActionBillingBuy, id)
	if err != nil || o.State != Unpaid {
		return o, err
	}
	if o.QR == "" {
		return s.openPayment(ctx, o)
	}
	if err := s.query(ctx, id); err != nil {
		return o, err
	}
	return s.Order(ctx, actor, id)
}

// query credits an order if its provider says that it was paid.
func (s *Service) query(ctx context.Context, id string) error {
	p, err := s.payments.Query(ctx, id)
	if err != nil {
		return &OrderError{id, err}
	}
	if !p.Paid {
		return nil
	}
	if p.Order != id {
		return s.refuse(ctx, &CallbackError{CallbackOrder, id})
	}
	return s.credit(ctx, p)
}

// Close gives up an order that is not paid. The provider is asked first: an order
// that turns out to be paid is credited and returned as Paid. What is paid later
// all the same is not credited but kept for a refund: see Surplus.
func (s *Service) Close(ctx context.Context, actor org.Actor, id string) (Order, error) {
	o, err := s.order(ctx, actor, org.ActionBillingBuy, id)
	if err != nil || o.State != Unpaid {
		return o, err
	}
	if o.QR != "" {
		if err := s.query(ctx, id); err != nil {
			return o, err
		}
	}
	return s.change(ctx, id, func(o *Order) {
		if o.State == Unpaid {
			o.State = Closed
		}
	})
}

// companyOf returns whose order it is.
func (s *Service) companyOf(ctx context.Context, id string) (string, error) {
	var org string
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, id)
		org = rec.V.Org
		return notFound(err)
	})
	if errors.Is(err, ErrNotFound) {
		return "", &CallbackError{CallbackOrder, id}
	}
	return org, err
}
