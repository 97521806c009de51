package billing_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

func form(order string) billing.InvoiceForm {
	return billing.InvoiceForm{
		Order: order, TitleKind: billing.TitleCompany, Title: orgtest.Firms()[0].Name, TaxNumber: orgtest.Firms()[0].CreditCode,
		Phone: orgtest.Phone(1), Email: "kaipiao@example.com", Address: "上海市", Bank: "工商银行 6222",
	}
}

// M57: a paid order is invoiced.
func TestM57Invoice(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		o := w.topUp(t, boss, "p100")
		_, err := w.Invoice(t.Context(), boss, o.ID)
		orgtest.Want(t, err, billing.ErrNotFound)
		inv, err := w.Once("k").RequestInvoice(t.Context(), boss, form(o.ID))
		if err != nil || inv.Fen != 50000 || inv.Number == "" || !strings.HasSuffix(inv.URL, ".pdf") || inv.Title != orgtest.Firms()[0].Name {
			t.Errorf("invoice is %+v, %v", inv, err)
		}
		if r := w.invoices[0]; r.TitleKind != billing.TitleCompany || r.Contents != "100份套餐" || r.Email != "kaipiao@example.com" || r.ID != inv.ID {
			t.Errorf("the provider was asked for %+v", r)
		}
		if kept, err := w.Invoice(t.Context(), boss, o.ID); err != nil || kept != inv {
			t.Errorf("kept is %+v, %v", kept, err)
		}
		// A person as title needs no tax number, and an amount may be smaller.
		o = w.topUp(t, boss, "p5")
		inv, err = w.Once("k2").RequestInvoice(t.Context(), boss, billing.InvoiceForm{Order: o.ID, TitleKind: billing.TitlePerson, Title: "张三", Fen: 999})
		if err != nil || inv.Fen != 999 {
			t.Errorf("invoice is %+v, %v", inv, err)
		}
	})
}

func TestM57Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	o := w.topUp(t, boss, "p5")
	request := func(a org.Actor, c billing.InvoiceForm, key string) error {
		_, err := w.Once(key).RequestInvoice(t.Context(), a, c)
		return err
	}
	orgtest.Want(t, request(boss, form(w.buy(t, boss, "p5").ID), "k"), billing.ErrUnpaid)
	orgtest.Want(t, request(boss, form(o.ID), ""), org.ErrKey)
	orgtest.Want(t, request(boss, form("nothing"), "k"), billing.ErrNotFound)
	orgtest.Want(t, request(w.Firm(t, 1), form(o.ID), "k"), billing.ErrNotFound)
	orgtest.WantDenied(t, request(w.Member(t, boss, 1), form(o.ID), "k"), org.DenyRole)
	for _, tt := range []struct {
		field  string
		change func(*billing.InvoiceForm)
	}{
		{"TitleKind", func(c *billing.InvoiceForm) { c.TitleKind = 0 }},
		{"Title", func(c *billing.InvoiceForm) { c.Title = " " }},
		{"Title", func(c *billing.InvoiceForm) { c.Title = strings.Repeat("公", 101) }},
		{"TaxNumber", func(c *billing.InvoiceForm) { c.TaxNumber = "" }},
		{"TaxNumber", func(c *billing.InvoiceForm) { c.TaxNumber = "91310115591693856B" }},
		{"TaxNumber", func(c *billing.InvoiceForm) { c.TaxNumber = "12345678901234" }},
		{"TaxNumber", func(c *billing.InvoiceForm) { c.TaxNumber = "12345678901234a" }},
		{"Phone", func(c *billing.InvoiceForm) { c.Phone = "110" }},
		{"Email", func(c *billing.InvoiceForm) { c.Email = "Name <a@b.c>" }},
		{"Address", func(c *billing.InvoiceForm) { c.Address = strings.Repeat("路", 201) }},
		{"Bank", func(c *billing.InvoiceForm) { c.Bank = "\xff" }},
	} {
		c := form(o.ID)
		tt.change(&c)
		var te *billing.TitleError
		if err := request(boss, c, "k"); !errors.As(err, &te) || te.Field != tt.field || te.Zh() == "" {
			t.Errorf("%s: error is %v", tt.field, err)
		}
	}
	if len(w.invoices) != 0 {
		t.Errorf("the provider was asked %d times", len(w.invoices))
	}
}

// T15: never more than was paid, never twice.
func TestT15OnceAndNoMoreThanPaid(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		o := w.topUp(t, boss, "p5")
		for _, fen := range []int64{1001, -1} {
			c := form(o.ID)
			c.Fen = fen
			_, err := w.Once("k").RequestInvoice(t.Context(), boss, c)
			orgtest.Want(t, err, billing.ErrAmount)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := w.Once("k").RequestInvoice(t.Context(), boss, form(o.ID)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, r := range w.invoices { // if asked again, then only under the same id
			if r.ID != w.invoices[0].ID {
				t.Errorf("two invoices: %s and %s", r.ID, w.invoices[0].ID)
			}
		}
		_, err := w.Once("other").RequestInvoice(t.Context(), boss, form(o.ID))
		orgtest.Want(t, err, billing.ErrInvoiced)
	})
}

// A provider that failed is asked again for what was asked first.
func TestInvoiceProviderDown(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	o := w.topUp(t, boss, "p5")
	w.invErr = errors.New("timeout")
	first, err := w.Once("k").RequestInvoice(t.Context(), boss, form(o.ID))
	orgtest.Want(t, err, w.invErr)
	w.invErr = nil
	c := form(o.ID)
	c.Title, c.Fen = "别的公司", 1
	inv, err := w.Once("other").RequestInvoice(t.Context(), boss, c)
	if err != nil || inv.ID != first.ID || inv.Title != orgtest.Firms()[0].Name || inv.Fen != 1000 || inv.Number == "" {
		t.Errorf("invoice is %+v, %v", inv, err)
	}
}
