package org

import (
	"context"
	"errors"
	"net/http"

	"github.com/dajiaqian/dajiaqian/store"
)

const maxCompanyName = 60 // characters

// NewCompany is what 创建新企业 asks for (M12).
type NewCompany struct {
	Name       string // 企业名称, 2 to 60 characters
	CreditCode string // 统一社会信用代码
	Lenient    bool   // accept a code of an early pilot, whose check digits are wrong
}

// CreateCompany makes a company, unverified (M16), with its creator as main
// administrator (M13). One that exists is not made again: its administrator
// invites (M15).
func (s *Service) CreateCompany(ctx context.Context, actor Actor, n NewCompany) (Company, error) {
	name, err := cleanName("company name", n.Name, maxCompanyName)
	if err != nil {
		return Company{}, err
	}
	code, _, err := ParseCreditCode(n.CreditCode, !n.Lenient)
	if err != nil {
		return Company{}, err
	}
	var made company
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, ActionCompanyCreate); err != nil {
			return err
		}
		p, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return notFound(err)
		}
		made = company{ID: tx.NewID(), Name: name, Code: code, CreatedAt: tx.Now()}
		if err := companies.Insert(ctx, tx, made); err != nil {
			return companyTaken(err)
		}
		return members.Insert(ctx, tx, member{Company: made.ID, Person: p.V.ID, Name: p.V.Name, PhoneIx: p.V.PhoneIx,
			PhoneMask: p.V.PhoneMask, Role: MainAdmin, State: Active, Since: tx.Now(), At: tx.Now()})
	})
	if err != nil {
		return Company{}, err
	}
	s.log.InfoContext(ctx, "company created", "company", made.ID, "by", actor.Person)
	return made.public(), nil
}

func companyTaken(err error) error {
	var e *store.ExistsError
	if !errors.As(err, &e) {
		return err
	}
	if e.Index == "by_name" {
		return &CompanyExistsError{"company name"}
	}
	return &CompanyExistsError{"credit code"}
}

// MethodLicence is the method of M18.
const MethodLicence = "电子营业执照"

// StartLicenceScan opens the verification by electronic business licence (M18)
// and returns the address that the page shows as a QR code, for the legal
// representative to scan.
func (s *Service) StartLicenceScan(ctx context.Context, actor Actor) (url string, err error) {
	id, err := s.newSessionID()
	if err != nil {
		return "", err
	}
	var c company
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, ActionCompanyVerify); err != nil {
			return err
		}
		rec, err := companies.Get(ctx, tx, actor.Org)
		if err != nil {
			return notFound(err)
		}
		if rec.V.Verified {
			return ErrVerified
		}
		rec.V.Session, c = id, rec.V
		if err := companies.Update(ctx, tx, rec); err != nil {
			return err
		}
		return sessions.Insert(ctx, tx, session{ID: id, Subject: rec.V.ID, Kind: "licence", At: tx.Now()})
	})
	if err != nil {
		return "", err
	}
	url, err = s.licences.Start(ctx, LicenceRequest{Session: id, Company: c.Name, CreditCode: c.Code})
	if err != nil {
		return "", portError("licence", err)
	}
	return url, nil
}

// LicenceCallback takes a licence provider's report, as FaceCallback does. The
// company becomes 已认证 if the licence is its own.
func (s *Service) LicenceCallback(ctx context.Context, header http.Header, body []byte) error {
	r, err := s.licences.ParseCallback(header, body)
	if err != nil {
		s.log.WarnContext(ctx, "licence callback refused", "reason", scrub(err.Error()))
		return ErrCallback
	}
	verified, foreign := "", ""
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		se, err := s.settle(ctx, tx, "licence", r.Session, r.Passed, r.Transaction)
		if err != nil || se == nil || !r.Passed {
			return err
		}
		rec, err := companies.Get(ctx, tx, se.Subject)
		if err != nil {
			return err
		}
		verified, foreign = "", ""
		if rec.V.Session != se.ID || rec.V.Verified {
			return nil // another scan was opened since
		}
		if r.CreditCode != rec.V.Code || r.Company != rec.V.Name {
			foreign = rec.V.ID
			return nil
		}
		verified = rec.V.ID
		rec.V.Verified, rec.V.Method, rec.V.Legal, rec.V.VerifiedAt, rec.V.Session = true, MethodLicence, r.LegalPerson, tx.Now(), ""
		return companies.Update(ctx, tx, rec)
	})
	switch {
	case err != nil:
		return err
	case foreign != "":
		s.log.WarnContext(ctx, "licence of another company", "company", foreign, "session", r.Session)
	case verified != "":
		s.log.InfoContext(ctx, "company verified", "company", verified, "method", "licence")
	}
	return nil
}

// Company returns the company an actor belongs to.
func (s *Service) Company(ctx context.Context, actor Actor) (Company, error) {
	var out Company
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, _, err := s.standing(ctx, tx, actor)
		if err != nil {
			return err
		}
		if st.Company == nil || st.Role == NoMember {
			return ErrNotFound
		}
		out = *st.Company
		return nil
	})
	return out, err
}
