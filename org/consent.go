package org

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// The documents that are ticked.
const (
	DocumentTerms     = "大家签服务条款"  // by every person, at registration (M2)
	DocumentAgreement = "身份核验服务协议" // accepted for a company verified by remittance or review (M19, M20)
)

// Consent says that a person accepted one version of a document.
type Consent struct {
	Document string    `json:"document"` // DocumentTerms or DocumentAgreement
	Version  string    `json:"version"`
	Org      CompanyID `json:"org"` // id of the company it was accepted for; empty for the person's own acceptance
	At       time.Time `json:"at"`  // UTC
}

// consented is the stored record.
type consented struct {
	ID     string   `json:"id"`
	Person PersonID `json:"person"`
	Consent
}

var consents = store.NewTable("org_consent", func(c *consented) string { return c.ID },
	store.Text("person", func(c *consented) string { return string(c.Person) }),
	store.Time("at", func(c *consented) time.Time { return c.At })).
	Index("by_person", "person", "at")

// consent records in the running command that its actor accepted a document.
func (s *Service) consent(ctx context.Context, a *act, document, version string) error {
	c := consented{ID: a.tx.NewID(), Person: a.command.actor.Person,
		Consent: Consent{Document: document, Version: version, Org: a.command.actor.Org, At: a.tx.Now()}}
	return insert(ctx, a, consents, "consent/"+c.ID, c)
}

// AcceptTerms records that a person accepted the terms in force, after the terms
// changed since they registered. It returns [ErrTerms] for any other version.
func (s *Service) AcceptTerms(ctx context.Context, actor Actor, version string) error {
	if version != s.terms {
		return ErrTerms
	}
	actor.Org = ""
	_, err := s.do(ctx, command{name: "person.terms", actor: actor, args: []string{version}}, nil, func(ctx context.Context, a *act) error {
		return s.consent(ctx, a, DocumentTerms, version)
	})
	return err
}

// Consents lists what a person accepted, newest first, 50 per page. The first entry of
// [DocumentTerms] shows whether the terms in force are accepted. It returns
// [ErrNotFound] if there is no such person.
func (s *Service) Consents(ctx context.Context, actor Actor, after store.Cursor) ([]Consent, store.Cursor, error) {
	var out []Consent
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, _, err := s.standing(ctx, tx, Actor{Person: actor.Person}); err != nil {
			return err
		}
		page, err := consents.Page(ctx, tx, store.Where("person", actor.Person), store.Desc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, r.V.Consent)
		}
		return nil
	})
	return out, next, err
}
