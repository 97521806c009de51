package billing

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Invoice is an order's invoice (电子发票).
type Invoice struct {
	ID        string       `json:"id"`
	Order     string       `json:"order"` // id
	TitleKind TitleKind    `json:"title_kind"`
	Title     string       `json:"title"`      // 抬头
	TaxNumber string       `json:"tax_number"` // 税号
	Fen       int64        `json:"fen"`        // 发票金额 in fen (分)
	By        org.PersonID `json:"by"`         // id of the person who asked
	At        time.Time    `json:"at"`
	Number    string       `json:"number"` // 发票号码; empty until it is issued
	URL       string       `json:"url"`    // of the PDF, as the provider gives it
}

var invoices = store.NewTable("billing_invoice", func(i *Invoice) string { return i.Order })

// RequestInvoice issues the invoice of a paid order (确认开票, M57), once and for at most
// what was paid (T15). It returns [ErrInvoiced] if the order has its invoice; a
// repetition under the same key (see [Service.Once]) returns that invoice instead. It
// returns a [*TitleError] if a field is wrong, [ErrUnpaid] if the order is not paid,
// and [ErrAmount] if the amount is too large.
//
// It returns an [*OrderError] if the provider did not answer. The next request then
// continues with the title and amount that were given first, since they may already be
// issued.
func (s *Service) RequestInvoice(ctx context.Context, actor org.Actor, c InvoiceForm) (Invoice, error) {
	if err := c.check(); err != nil {
		return Invoice{}, err
	}
	command := org.Command{Name: "billing.invoice", Actor: actor, Right: org.ActionBillingInvoice, Args: c.args()}
	_, err := s.org.Carry(ctx, command, nil, func(ctx context.Context, u org.UnderWay) error {
		tx := u.Tx()
		o, err := findOfCompany(ctx, tx, actor, c.Order)
		if err != nil {
			return err
		}
		old, err := invoices.Get(ctx, tx, o.V.ID)
		if err == nil && old.V.Number != "" {
			return ErrInvoiced
		}
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return err
		}
		fen, err := c.amount(&o.V)
		if err != nil {
			return err
		}
		inv := Invoice{
			ID: tx.NewID(), Order: o.V.ID, TitleKind: c.TitleKind, Title: c.Title, TaxNumber: c.TaxNumber, Fen: fen,
			By: actor.Person, At: tx.Now(),
		}
		if err := invoices.Insert(ctx, tx, inv); err != nil {
			return err
		}
		return u.Record(ctx, "invoice/"+inv.ID, nil, inv)
	})
	if err != nil {
		return Invoice{}, err
	}
	var inv Invoice
	var o Order
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		i, err := invoices.Get(ctx, tx, c.Order)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		rec, err := orders.Get(ctx, tx, c.Order)
		inv, o = i.V, rec.V
		return fault.NotFound(err, ErrNotFound)
	})
	if err != nil || inv.Number != "" {
		return inv, err
	}
	// What was given first counts: it may already be issued.
	c.TitleKind, c.Title, c.TaxNumber, c.Fen = inv.TitleKind, inv.Title, inv.TaxNumber, inv.Fen
	return s.issue(ctx, string(o.Org), inv, InvoiceRequest{ID: inv.ID, InvoiceForm: c, Contents: o.Package.Name})
}

// issue calls the provider, outside of any transaction, and stores its answer.
func (s *Service) issue(ctx context.Context, company string, inv Invoice, r InvoiceRequest) (Invoice, error) {
	res, err := s.invoices.Issue(ctx, r)
	if err == nil && res.Number == "" {
		err = errors.New("the invoice has no number")
	}
	if err != nil {
		return inv, &OrderError{inv.Order, err}
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := invoices.Get(ctx, tx, inv.Order)
		if err != nil {
			return err
		}
		was := rec.V
		if rec.V.Number == "" {
			rec.V.Number, rec.V.URL = res.Number, res.URL
			if err := invoices.Update(ctx, tx, rec); err != nil {
				return err
			}
			err = s.org.Report(ctx, tx, "billing.issued", org.CompanyID(company), "invoice/"+inv.ID, was, rec.V)
		}
		inv = rec.V
		return err
	})
	return inv, err
}

// Invoice returns the invoice of an order of the actor's company, or [ErrNotFound].
func (s *Service) Invoice(ctx context.Context, actor org.Actor, order string) (Invoice, error) {
	var inv Invoice
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.findOwnOrder(ctx, tx, actor, org.ActionBillingRead, order); err != nil {
			return err
		}
		rec, err := invoices.Get(ctx, tx, order)
		inv = rec.V
		return fault.NotFound(err, ErrNotFound)
	})
	return inv, err
}
