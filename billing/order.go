package billing

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Order is a package being bought.
type Order struct {
	ID        string        `json:"id"`
	Org       org.CompanyID `json:"org"`     // id
	Package   Package       `json:"package"` // as it was when it was ordered
	Channel   Channel       `json:"channel"`
	State     OrderState    `json:"state"`
	QR        string        `json:"qr"` // content of the QR code to scan; empty while the provider has not answered
	By        org.PersonID  `json:"by"` // id of the person who ordered
	CreatedAt time.Time     `json:"created_at"`
	PaidAt    time.Time     `json:"paid_at"`
}

var orders = store.NewTable("billing_order", func(o *Order) string { return o.ID },
	store.Text("org", func(o *Order) string { return string(o.Org) }),
	store.Time("created_at", func(o *Order) time.Time { return o.CreatedAt })).
	Index("by_org", "org", "created_at")

// Buy orders a package for the actor's company (立即购买, M53) and opens its payment; the
// result has the QR code to scan. Every call makes another order, except under one key
// (see [Service.Once]). It returns an [*OrderError] if the provider does not answer;
// the order is then stored, and [Service.RefreshOrder] or the same command under its key
// continues. It returns [ErrNotFound] if the package is not in the catalogue, and
// [ErrChannel] if the channel is unknown.
func (s *Service) Buy(ctx context.Context, actor org.Actor, packageID string, c Channel) (Order, error) {
	p, ok := s.packages[packageID]
	if !ok {
		return Order{}, ErrNotFound
	}
	if c.Zh() == "" {
		return Order{}, ErrChannel
	}
	command := org.Command{Name: "billing.buy", Actor: actor, Right: org.ActionBillingBuy, Args: []string{packageID, strconv.Itoa(int(c))}}
	var id string
	_, err := s.org.Carry(ctx, command, &id, func(ctx context.Context, u org.UnderWay) error {
		o := Order{
			ID: u.Tx().NewID(), Org: actor.Org, Package: p, Channel: c, State: Unpaid, By: actor.Person, CreatedAt: u.Tx().Now(),
		}
		id = o.ID
		if err := orders.Insert(ctx, u.Tx(), o); err != nil {
			return err
		}
		return u.Record(ctx, "order/"+o.ID, nil, o)
	})
	if err != nil {
		return Order{}, err
	}
	o, err := s.loadOrder(ctx, id)
	if err != nil || o.State != Unpaid || o.QR != "" {
		return o, err
	}
	return s.openPayment(ctx, o)
}

// openPayment asks the provider for a QR code, outside of any transaction.
func (s *Service) openPayment(ctx context.Context, o Order) (Order, error) {
	qr, err := s.payments.Create(ctx, PaymentRequest{Order: o.ID, Channel: o.Channel, Fen: o.Package.Fen, Subject: o.Package.Name})
	if err != nil {
		return o, &OrderError{o.ID, err}
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		was := rec.V
		if rec.V.QR == "" {
			rec.V.QR = qr
			if err := orders.Update(ctx, tx, rec); err != nil {
				return err
			}
			err = s.org.Report(ctx, tx, "billing.open", was.Org, "order/"+was.ID, was, rec.V)
		}
		o = rec.V
		return err
	})
	return o, err
}

// loadOrder reads an order that the actor was authorized for.
func (s *Service) loadOrder(ctx context.Context, id string) (Order, error) {
	var o Order
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, id)
		o = rec.V
		return fault.NotFound(err, ErrNotFound)
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
		o, err = s.findOwnOrder(ctx, tx, actor, right, id)
		return err
	})
	return o, err
}

// findOwnOrder loads an order of the company that the actor acts for.
func (s *Service) findOwnOrder(ctx context.Context, tx *store.Tx, actor org.Actor, right org.Action, id string) (Order, error) {
	if _, err := s.org.Authorize(ctx, tx, actor, right); err != nil {
		return Order{}, err
	}
	rec, err := findOfCompany(ctx, tx, actor, id)
	return rec.V, err
}

// findOfCompany loads an order of the actor's company. It returns ErrNotFound for any other
// (T1).
func findOfCompany(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (store.Rec[Order], error) {
	rec, err := orders.Get(ctx, tx, id)
	if err != nil {
		return store.Rec[Order]{}, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.Org != actor.Org {
		return store.Rec[Order]{}, ErrNotFound
	}
	return rec, nil
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
		out, next = page.Values()
		return err
	})
	return out, next, err
}

// RefreshOrder asks the provider whether an unpaid order was paid, if a callback did not
// come, and credits it as a callback would. If the payment was never opened, it opens
// it. Repeating it is harmless, so it ignores a key (see [Service.Once]). It returns a
// [*CallbackError] if the answer does not fit the order, and an [*OrderError] if there
// is no answer.
func (s *Service) RefreshOrder(ctx context.Context, actor org.Actor, id string) (Order, error) {
	o, err := s.order(ctx, actor, org.ActionBillingBuy, id)
	if err != nil || o.State != Unpaid {
		return o, err
	}
	if o.QR == "" {
		return s.openPayment(ctx, o)
	}
	if err := s.creditIfPaid(ctx, id); err != nil {
		return o, err
	}
	return s.Order(ctx, actor, id)
}

// creditIfPaid credits an order if its provider says that it was paid.
func (s *Service) creditIfPaid(ctx context.Context, id string) error {
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

// CloseOrder closes an order that is not paid. It asks the provider first: if the order
// turns out to be paid, it is credited and returned as Paid. A payment that comes later
// is not credited but kept for a refund: see [Service.Surplus]. Closing again changes
// nothing. It returns the errors of [Service.RefreshOrder].
func (s *Service) CloseOrder(ctx context.Context, actor org.Actor, id string) (Order, error) {
	command := org.Command{Name: "billing.close", Actor: actor, Right: org.ActionBillingBuy, Args: []string{id}}
	var o Order
	done, err := s.org.Ask(ctx, command, nil, func(ctx context.Context, tx *store.Tx, _ org.Standing) error {
		rec, err := findOfCompany(ctx, tx, actor, id)
		o = rec.V
		return err
	})
	if err != nil {
		return Order{}, err
	}
	if done {
		return s.loadOrder(ctx, id)
	}
	if o.State == Unpaid && o.QR != "" {
		if err := s.creditIfPaid(ctx, id); err != nil {
			return o, err
		}
	}
	_, err = s.org.Carry(ctx, command, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, err := findOfCompany(ctx, u.Tx(), actor, id)
		if err != nil {
			return err
		}
		was := rec.V
		if rec.V.State == Unpaid {
			rec.V.State = Closed
			if err := orders.Update(ctx, u.Tx(), rec); err != nil {
				return err
			}
			err = u.Record(ctx, "order/"+id, was, rec.V)
		}
		o = rec.V
		return err
	}, Lock(actor.Org))
	if err != nil {
		return Order{}, err
	}
	return s.loadOrder(ctx, id)
}

// findCompany returns the company of an order.
func (s *Service) findCompany(ctx context.Context, id string) (org.CompanyID, error) {
	var company org.CompanyID
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := orders.Get(ctx, tx, id)
		company = rec.V.Org
		return fault.NotFound(err, ErrNotFound)
	})
	if errors.Is(err, ErrNotFound) {
		return "", &CallbackError{CallbackOrder, id}
	}
	return company, err
}
