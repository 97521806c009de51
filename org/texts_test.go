package org_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// T37: every text that a person types has a limit, and holds no characters that are not seen.
func TestT37Texts(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.startup(t)
	ctx := t.Context()
	registration := func(*testing.T) org.Registration {
		return org.Registration{Phone: orgtest.Phone(9), Code: w.code(t, orgtest.Phone(9), org.PurposeRegister), Name: "张9", Password: secret.New(password), Terms: "2026-01"}
	}
	orgtest.Texts(t, 3, registration, func(r org.Registration) error { w.Pass(40 * 24 * 3600e9); _, err := w.Register(ctx, r); return err })
	orgtest.Texts(t, 2, func(*testing.T) org.NewCompany {
		return org.NewCompany{Name: "另一家公司", CreditCode: orgtest.CreditCode(7)}
	}, func(n org.NewCompany) error {
		_, err := w.CreateCompany(ctx, boss, n)
		return err
	})
	orgtest.Texts(t, 4, func(*testing.T) org.RemittanceForm { return remittanceForm() }, func(f org.RemittanceForm) error {
		_, err := w.StartRemittance(ctx, boss, f)
		return err
	})
	orgtest.Texts(t, 3, func(*testing.T) org.ReviewForm {
		return org.ReviewForm{CreditCode: creditCode, Legal: "法人", Agreement: "2026-02"}
	}, func(f org.ReviewForm) error {
		_, err := w.StartReview(ctx, boss, f)
		return err
	})
	if _, err := w.StartLicenceScan(ctx, boss); err != nil {
		t.Fatal(err)
	}
	orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
	type invited struct{ Name, Phone string }
	orgtest.Texts(t, 2, func(*testing.T) invited { return invited{"李四", orgtest.Phone(5)} }, func(i invited) error {
		_, err := w.Invite(ctx, boss, i.Name, i.Phone)
		return err
	})
}
