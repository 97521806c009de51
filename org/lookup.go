package org

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/names"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// PersonByID returns a person inside the caller's transaction, or [ErrNotFound].
func (in Inside) PersonByID(ctx context.Context, tx *store.Tx, id PersonID) (Person, error) {
	rec, err := persons.Get(ctx, tx, string(id))
	if err != nil {
		return Person{}, fault.NotFound(err, ErrNotFound)
	}
	return rec.V.public(), nil
}

// PersonByPhone returns the person whose account has this phone, or [ErrNotFound]. It
// is for the system's own use: its result must not reach a stranger (T24).
func (in Inside) PersonByPhone(ctx context.Context, tx *store.Tx, phone secret.Text) (Person, error) {
	s := in.s
	p, err := s.byPhone(ctx, tx, s.keys.Index("phone", phone))
	if err != nil {
		return Person{}, err
	}
	return p.public(), nil
}

// CompanyByID returns a company inside the caller's transaction, or [ErrNotFound].
func (in Inside) CompanyByID(ctx context.Context, tx *store.Tx, id CompanyID) (Company, error) {
	rec, err := companies.Get(ctx, tx, string(id))
	if err != nil {
		return Company{}, fault.NotFound(err, ErrNotFound)
	}
	return rec.V.public(), nil
}

// CompanyByCreditCode returns the company with this credit code, in any letter case, or
// [ErrNotFound].
func (in Inside) CompanyByCreditCode(ctx context.Context, tx *store.Tx, code string) (Company, error) {
	canonical, _, err := ParseCreditCode(code, false)
	if err != nil {
		return Company{}, ErrNotFound
	}
	return companyBy(ctx, tx, "code", canonical)
}

// CompanyByName returns the company with this name, or [ErrNotFound]. Width, case, the form of
// brackets, dots and spaces do not count, as they do not when a company is made (T36).
func (in Inside) CompanyByName(ctx context.Context, tx *store.Tx, name string) (Company, error) {
	clean, err := cleanName("company name", name, maxCompanyName)
	if err != nil {
		return Company{}, ErrNotFound
	}
	return companyBy(ctx, tx, "name", names.Fold(clean))
}

func companyBy(ctx context.Context, tx *store.Tx, column, value string) (Company, error) {
	page, err := companies.Page(ctx, tx, store.Where(column, value), store.Limit(1))
	if err != nil {
		return Company{}, err
	}
	if len(page.Items) == 0 {
		return Company{}, ErrNotFound
	}
	return page.Items[0].V.public(), nil
}
