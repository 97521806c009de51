package billing

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Invoice is an order's invoice (电子发票).
type Invoice struct {
	ID        string
	Order     string // id
	TitleKind TitleKind
	Title     string // 抬头
	TaxNumber string // 税号
	Fen       int64  // 发票金额 in fen (分)
	Key       string // of RequestInvoice
	By        string // id of the person who asked
	At        time.Time
	Number    string // 发票号码; empty until it is issued
	URL       string // of the PDF, as the provider gives it
}

var invoices = store.NewTable("billing_invoice", func(i *Invoice) string { return i.Order })

// RequestInvoice issues the invoice of a paid order (确认开票, M57), once and for
// no more than was paid (T15).
//
// The key is the caller's, 1 to MaxKey bytes: repeated with it, the request
// answers with the same invoice, and with another key ErrInvoiced. If the provider
// did not answer, the error is an *OrderError; whoever asks again then goes on
// with the title and amount that were given first, since they may be issued
// already.
func (s *Service) RequestInvoice(ctx context.Context, actor org.Actor, c InvoiceCommand, key string) (Invoice, error) {
	if key == "" || len(key) > MaxKey {
		return Invoice{}, ErrKey
	}
	if err := c.check(); err != nil {
		return Invoice{}, err
	}
	var inv Invoice
	var contents string
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		o, err := s.ownOrder(ctx, tx, actor, org.ActionBillingInvoice, c.Order)
		if err != nil {
			return err
		}
		contents = o.Package.Name
		old, err := invoices.Get(ctx, tx, o.ID)
		if err == nil {
			if inv = old.V; inv.Number != "" && inv.Key != key {
				return ErrInvoiced
			}
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		fen, err := c.amount(&o)
		if err != nil {
			return err
		}
		inv = Invoice{
			ID: tx.NewID(), Order: o.ID, TitleKind: c.TitleKind, Title: c.Title, TaxNumber: c.TaxNumber, Fen: fen,
			Key: key, By: actor.Person, At: tx.Now(),
		}
		return invoices.Insert(ctx, tx, inv)
	})
	if err != nil {
		return Invoice{}, err
	}
	if inv.Number != "" {
		return inv, nil
	}
	return s.issue(ctx, inv, InvoiceRequest{
		ID: inv.ID, Order: inv.Order, Company: inv.TitleKind == TitleCompany, Title: inv.Title, TaxCode: inv.TaxNumber,
		Phone: c.Phone, Email: c.Email, Address: c.Address, Bank: c.Bank, Fen: inv.Fen, Contents: contents,
	})
}

// issue asks the provider, outside of any transaction, and keeps its answer.
func (s *Service) issue(ctx context.Context, inv Invoice, r InvoiceRequest) (Invoice, error) {
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
		if rec.V.Number == "" {
			rec.V.Number, rec.V.URL = res.Number, res.URL
			err = invoices.Update(ctx, tx, rec)
		}
		inv = rec.V
		return err
	})
	return inv, err
}

// Invoice returns the invoice of an order of the actor's company, or ErrNotFound.
func (s *Service) Invoice(ctx context.Context, actor org.Actor, order string) (Invoice, error) {
	var inv Invoice
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.ownOrder(ctx, tx, actor, org.ActionBillingRead, order); err != nil {
			return err
		}
		rec, err := invoices.Get(ctx, tx, order)
		inv = rec.V
		return notFound(err)
	})
	return inv, err
}
