package billing

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// InvoiceForm is what 申请开票 asks for (M57).
type InvoiceForm struct {
	Company bool   // 企业; else 个人/其他
	Title   string // 抬头
	TaxCode string // 税号, required for a company
	Phone   string
	Email   string
}

// Invoice is an order's invoice.
type Invoice struct {
	Order  string
	Title  string
	Fen    int64
	Number string // empty until it is issued
	URL    string // of the PDF
	At     time.Time
}

type invoice struct {
	Invoice
	ID      string
	TaxCode string
	Company bool
}

var invoices = store.NewTable("billing_invoice", func(i *invoice) string { return i.Order })

// RequestInvoice issues the invoice of a paid order (确认开票), over all that was
// paid, once (T15). Asked again after the provider failed it goes on with what
// was filled in first.
func (s *Service) RequestInvoice(ctx context.Context, actor org.Actor, orderID string, f InvoiceForm) (Invoice, error) {
	if f.Title == "" || f.Company && f.TaxCode == "" {
		return Invoice{}, ErrTitle
	}
	var inv invoice
	var o Order
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingInvoice); err != nil {
			return err
		}
		rec, err := orders.Get(ctx, tx, orderID)
		if errors.Is(err, store.ErrNotFound) || err == nil && rec.V.Org != actor.Org {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if o = rec.V; o.State != Paid {
			return ErrUnpaid
		}
		old, err := invoices.Get(ctx, tx, orderID)
		if err == nil && old.V.Number != "" {
			return ErrInvoiced
		}
		if inv = old.V; err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		inv = invoice{Invoice: Invoice{Order: orderID, Title: f.Title, Fen: o.Package.Fen, At: tx.Now()},
			ID: tx.NewID(), TaxCode: f.TaxCode, Company: f.Company}
		return invoices.Insert(ctx, tx, inv)
	})
	if err != nil {
		return Invoice{}, err
	}
	res, err := s.invoices.Issue(ctx, InvoiceRequest{ID: inv.ID, Order: orderID, Company: inv.Company, Title: inv.Title,
		TaxCode: inv.TaxCode, Phone: f.Phone, Email: f.Email, Fen: inv.Fen, Contents: o.Package.Name})
	if err != nil {
		return Invoice{}, &OrderError{orderID, err}
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := invoices.Get(ctx, tx, orderID)
		if err != nil {
			return err
		}
		rec.V.Number, rec.V.URL = res.Number, res.URL
		inv = rec.V
		return invoices.Update(ctx, tx, rec)
	})
	return inv.Invoice, err
}
