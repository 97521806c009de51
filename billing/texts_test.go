package billing_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// T37: what a provider gets has limits, and no characters that are not seen.
func TestT37Texts(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 1)
	o := w.topUp(t, boss, "p100")
	whole := func(*testing.T) billing.InvoiceForm {
		return billing.InvoiceForm{Order: o.ID, TitleKind: billing.TitleCompany, Title: "上海公司", TaxNumber: "91310115591693856A", Phone: "13800138000",
			Email: "a@example.com", Address: "上海市", Bank: "招商银行", Fen: 1}
	}
	orgtest.Texts(t, 7, whole, func(f billing.InvoiceForm) error {
		_, err := w.RequestInvoice(t.Context(), boss, f)
		return err
	})
}
