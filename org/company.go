package org

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/names"
	"github.com/dajiaqian/dajiaqian/store"
)

const maxCompanyName = 60 // characters

// NewCompany is what 创建新企业 asks for (M12).
type NewCompany struct {
	Name       string // 企业名称, 2 to 60 characters
	CreditCode string // 统一社会信用代码
	Lenient    bool   // accept a code of an early pilot, whose check digits are wrong, and mark the company Irregular
}

// CreateCompany makes a company (创建新企业, M12), unverified (M16), with its creator, any
// verified person, as main administrator (M13). It returns [ErrClaims] if the person has five
// that are not verified, and a [*LimitError] after 20 in a month. It returns a [*CompanyExistsError] if
// the name or the credit code exists; an administrator of that company can then invite
// the person (M15). A company that nobody verified within 30 days gives way. It returns a [*FieldError] if a field cannot be right.
func (s *Service) CreateCompany(ctx context.Context, actor Actor, n NewCompany) (Company, error) {
	name, err := cleanName("company name", n.Name, maxCompanyName)
	if err != nil {
		return Company{}, err
	}
	code, conforming, err := ParseCreditCode(n.CreditCode, !n.Lenient)
	if err != nil {
		return Company{}, err
	}
	var made Company
	c := command{name: "company.create", actor: actor, right: ActionCompanyCreate, args: []string{name, code, strconv.FormatBool(n.Lenient)}}
	_, err = s.do(ctx, c, &made, func(ctx context.Context, a *act) error {
		p, err := persons.Get(ctx, a.tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if err := s.giveWay(ctx, a, name, code); err != nil {
			return err
		}
		row := company{ID: CompanyID(a.tx.NewID()), Name: name, Code: code, Irregular: !conforming, CreatedAt: a.tx.Now()}
		if err := s.addClaim(ctx, a, p, row.ID); err != nil {
			return err
		}
		a.command.actor.Org = row.ID
		if err := insert(ctx, a, companies, "company/"+string(row.ID), row); err != nil {
			return companyTaken(err)
		}
		made = row.public()
		m := member{ID: a.tx.NewID(), Company: row.ID, Person: p.V.ID, Name: p.V.Name, PhoneIx: p.V.PhoneIx,
			PhoneMask: p.V.PhoneMask, Role: MainAdmin, State: Active, At: a.tx.Now()}
		return insert(ctx, a, members, "member/"+m.ID, m)
	})
	if err != nil {
		return Company{}, err
	}
	s.log.InfoContext(ctx, "company created", "company", made.ID, "by", actor.Person)
	return made, nil
}

// maxClaims is how many companies that are not verified a person may have (T36).
const maxClaims = 5

// claimTTL is how long a company that nobody verifies keeps its name and its credit code
// (T36).
const claimTTL = 30 * 24 * time.Hour

// lapsed reports whether a company was not verified in time, and no review or remittance is
// under way.
func lapsed(ctx context.Context, tx *store.Tx, c *company) (bool, error) {
	old := tx.Now().Sub(c.CreatedAt) >= claimTTL
	if c.State != CompanyRemitted || !old {
		return c.State == CompanyUnverified && old, nil
	}
	t, err := remittances.Get(ctx, tx, c.Remittance)
	return err == nil && !tx.Now().Before(t.V.At.Add(RemittanceTTL)), err
}

// giveWay deletes the companies with a name or a credit code that lapsed, so that another
// person can make the company.
func (s *Service) giveWay(ctx context.Context, a *act, name, code string) error {
	for _, same := range []store.Clause{store.Where("name", names.Fold(name)), store.Where("code", code)} {
		page, err := companies.Page(ctx, a.tx, same, store.Limit(1))
		if err != nil {
			return err
		}
		for _, rec := range page.Items {
			lapsed, err := lapsed(ctx, a.tx, &rec.V)
			if err != nil {
				return err
			}
			if !lapsed {
				continue
			}
			for m, err := range members.All(ctx, a.tx, store.Where("company", rec.V.ID)) {
				if err != nil {
					return err
				}
				if err := remove(ctx, a, members, "member/"+m.V.ID, m); err != nil {
					return err
				}
			}
			if err := s.dropReview(ctx, a, rec.V.Review, "企业未在期限内完成认证"); err != nil {
				return err
			}
			if err := s.closeUnverified(ctx, a, rec.V.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// addClaim counts a new company among those of a person that are not verified. It returns
// ErrClaims if there are too many, and a LimitError if they made too many in a month.
func (s *Service) addClaim(ctx context.Context, a *act, p store.Rec[person], id CompanyID) error {
	was, open := p.V, []CompanyID(nil)
	for _, claim := range was.Claims {
		c, err := companies.Get(ctx, a.tx, string(claim))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && c.V.State != CompanyVerified {
			open = append(open, claim)
		}
	}
	if len(open) >= maxClaims {
		return ErrClaims
	}
	if err := s.spendOne(ctx, a.tx, companyLimits(), was.NumberIx); err != nil {
		return err
	}
	p.V.Claims = append(open, id)
	return update(ctx, a, persons, "person/"+string(was.ID), was, p)
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

// The methods of company verification.
const (
	MethodLicence    = "电子营业执照" // M18
	MethodRemittance = "对公打款"   // M19
	MethodReview     = "人工审核"   // M20
)

// loadUnverified loads a company that is not verified yet. It returns ErrVerified if the
// company is verified.
func loadUnverified(ctx context.Context, a *act) (store.Rec[company], error) {
	rec, err := companies.Get(ctx, a.tx, string(a.command.actor.Org))
	if err != nil {
		return rec, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.State == CompanyVerified {
		return rec, ErrVerified
	}
	return rec, nil
}

// verify makes a company 已认证, in the transaction of what proved it.
func verify(ctx context.Context, a *act, rec store.Rec[company], method, legal string) error {
	was := rec.V
	c := &rec.V
	c.State, c.Method, c.Legal, c.VerifiedAt = CompanyVerified, method, legal, a.tx.Now()
	c.Session = ""
	return update(ctx, a, companies, "company/"+string(c.ID), was, rec)
}

// StartLicenceScan opens the verification by electronic business licence (M18). It
// returns the address that the page shows as a QR code, for the legal representative to
// scan. An earlier scan no longer counts. It returns [ErrVerified] if the company is
// verified, and a [*PortError] if the provider does not answer.
func (s *Service) StartLicenceScan(ctx context.Context, actor Actor) (url string, err error) {
	id, err := s.newSessionID()
	if err != nil {
		return "", err
	}
	var row company
	c := command{name: "company.scan", actor: actor, right: ActionCompanyVerify}
	repeated, err := s.do(ctx, c, &url, func(ctx context.Context, a *act) error {
		rec, err := loadUnverified(ctx, a)
		if err != nil {
			return err
		}
		was := rec.V
		rec.V.Session, row = id, rec.V
		if err := update(ctx, a, companies, "company/"+string(rec.V.ID), was, rec); err != nil {
			return err
		}
		return sessions.Insert(ctx, a.tx, session{ID: id, Subject: string(rec.V.ID), Kind: "licence", At: a.tx.Now()})
	})
	switch {
	case err != nil || url != "":
		return url, err
	case repeated: // and the provider had not answered
		if url, err = s.unkeyed().StartLicenceScan(ctx, actor); err != nil {
			return "", err
		}
		return url, s.amendAnswer(ctx, c, url)
	}
	url, err = s.licences.Start(ctx, LicenceRequest{Session: id, Company: row.Name, CreditCode: row.Code})
	if err != nil {
		return "", portError("licence", err)
	}
	return url, s.amendAnswer(ctx, c, url)
}

// LicenceCallback takes a licence provider's report, like [Service.FaceCallback]. The
// company becomes 已认证 if the licence is its own.
func (s *Service) LicenceCallback(ctx context.Context, header http.Header, body []byte) error {
	r, err := s.licences.ParseCallback(header, body)
	if err != nil {
		s.log.WarnContext(ctx, "licence callback refused", "reason", scrub(err.Error()))
		return ErrCallback
	}
	verified, foreign := "", ""
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		se, fresh, err := s.settle(ctx, tx, []string{"licence"}, r.Session, r.Passed, r.Transaction)
		if err != nil || !fresh || !r.Passed {
			return err
		}
		rec, err := companies.Get(ctx, tx, se.Subject)
		if errors.Is(err, store.ErrNotFound) { // it gave way, or its account was closed
			return nil
		}
		if err != nil {
			return err
		}
		verified, foreign = "", ""
		if rec.V.Session != se.ID || rec.V.State == CompanyVerified {
			return nil // another scan was opened since
		}
		if r.CreditCode != rec.V.Code || r.Company != rec.V.Name {
			foreign = string(rec.V.ID)
			return nil
		}
		verified = string(rec.V.ID)
		a := &act{s: s, tx: tx, command: command{name: "company.licence", actor: Actor{Org: rec.V.ID}}}
		if err := s.dropReview(ctx, a, rec.V.Review, "企业已通过电子营业执照认证"); err != nil {
			return err
		}
		if err := replaceRemittance(ctx, a, rec.V.Remittance); err != nil {
			return err
		}
		return verify(ctx, a, rec, MethodLicence, r.LegalPerson)
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

// Company returns the company that an actor acts for, to its active members, even
// before it is verified. It returns [ErrNotFound] to strangers and applicants.
func (s *Service) Company(ctx context.Context, actor Actor) (Company, error) {
	var out Company
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.Inside().Authorize(ctx, tx, actor, ActionCompanyRead)
		if err != nil {
			return err
		}
		out = *st.Company
		return nil
	})
	return out, err
}

// viewVerifying reads what an administrator of a company may see of its verification.
func (s *Service) viewVerifying(ctx context.Context, actor Actor, read func(context.Context, *store.Tx, company) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionCompanyVerify); err != nil {
			return err
		}
		c, err := companies.Get(ctx, tx, string(actor.Org))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		return read(ctx, tx, c.V)
	})
}
