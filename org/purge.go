package org

import (
	"context"
	"crypto/hmac"
	"errors"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// purgedName replaces the name of a person who closed their account.
const purgedName = "已注销用户"

// Purge closes an account for ever and erases who it belonged to, on the person's own
// request (注销帐号; PIPL art. 47), proved by a code sent with [PurposePurge]. It erases
// name, phone, identity number, password, the name and phone of their memberships,
// invitations to their phone, codes, remembered commands, and the pictures of their identity
// card in reviews.
//
// The sister packages erase in the same commit: their signatures with the pictures, and what
// they drafted for themselves. See OnPurge of [Inside].
//
// What the person did stays as evidence, under an id that names nobody: the record that
// the id was verified and when, the providers' transaction numbers, the audit, which
// holds digests, the SHA-256 of the pictures, and a keyed commitment to their name and
// number. With it [Upkeep.ProvePurged] can still answer a court. What others agreed on with
// them stays too: sent envelopes with the names of their parties, the documents, invoices.
// Rows with names are encrypted; documents have them in clear.
//
// Some data goes later. Delivered short messages stay encrypted in the outbox until the
// host runs store.Outbox.Purge, and the pictures until store.Sweep. Hashes that count
// invitations, codes, logins and faces stay until [Service.Step] deletes them, after a month:
// else closing an account would reset every limit (T27).
//
// Purge returns [ErrMainAdmin] if the person is main administrator of a verified
// company; it must be handed over first. A company that was never verified is deleted
// with its main administrator. The host's Config.MayPurge may refuse. Purge returns a
// [*CodeError] if the code is refused, and [ErrNotFound] if the account is already
// closed. Phone and number are free for a new account, which is another person to this
// library. Certificates are revoked as by [Service.Disable].
func (s *Service) Purge(ctx context.Context, actor Actor, code secret.Text) error {
	phone, err := s.phone(ctx, actor.Person)
	if err != nil {
		return err
	}
	c := command{name: "person.purge", actor: Actor{Person: actor.Person}, codes: []codeUse{{PurposePurge, phone, code}}}
	_, err = s.unkeyed().do(ctx, c, nil, func(ctx context.Context, a *act) error {
		rec, err := persons.Get(ctx, a.tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if s.mayPurge != nil {
			if err := s.mayPurge(ctx, a.tx, rec.V.ID); err != nil {
				return err
			}
		}
		if err := s.leaveAll(ctx, a, rec.V); err != nil {
			return err
		}
		if err := s.purgePapers(ctx, a, rec.V.ID); err != nil {
			return err
		}
		if err := s.purgeTraces(ctx, a.tx, rec.V); err != nil {
			return err
		}
		if err := s.erasers.run(ctx, a.tx, rec.V.ID); err != nil {
			return err
		}
		was := rec.V
		proof := ""
		if was.State == PersonVerified {
			number, err := s.keys.Decrypt(secret.Place{Table: "org_person", Column: "number", ID: string(was.ID)}, was.Number)
			if err != nil {
				return err
			}
			proof = s.purgeProof(was.ID, was.Name, number)
		}
		rec.V = person{ID: was.ID, Name: purgedName, State: PersonPurged, Proof: proof, NumberKind: was.NumberKind,
			VerifiedAt: was.VerifiedAt, CreatedAt: was.CreatedAt, SecuredAt: a.tx.Now()}
		if err := update(ctx, a, persons, "person/"+string(was.ID), was, rec); err != nil {
			return err
		}
		return s.revoke(ctx, a, member{Person: was.ID}, RevokePurged)
	})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "person purged", "person", actor.Person)
	return nil
}

func (s *Service) purgeProof(id PersonID, name string, number secret.Text) string {
	return s.keys.Index("purged/"+string(id)+"/"+name, number)
}

// ProvePurged reports whether a closed account belonged to the person with this name
// and identity number: the remaining commitment answers yes or no, and reveals nothing.
// It returns [ErrNotFound] if the account is open, was never verified, or does not
// exist. It is for the system's own use.
func (u Upkeep) ProvePurged(ctx context.Context, person PersonID, name string, number secret.Text) (bool, error) {
	s := u.s
	var same bool
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, string(person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if rec.V.Proof == "" {
			return ErrNotFound
		}
		same = hmac.Equal([]byte(rec.V.Proof), []byte(s.purgeProof(person, name, number)))
		return nil
	})
	return same, err
}

// leaveAll takes a person out of every company, and drops invitations to their phone.
func (s *Service) leaveAll(ctx context.Context, a *act, p person) error {
	for rec, err := range members.All(ctx, a.tx, store.Where("person", p.ID)) {
		if err != nil {
			return err
		}
		was := rec.V
		if was.Role == MainAdmin {
			if err := s.closeUnverified(ctx, a, was.Company); err != nil {
				return err
			}
		}
		rec.V.Name, rec.V.PhoneIx, rec.V.PhoneMask, rec.V.Role, rec.V.State, rec.V.At = purgedName, "", "", Member, Left, a.tx.Now()
		if err := update(ctx, a, members, "member/"+was.ID, was, rec); err != nil {
			return err
		}
		if was.State == Active && was.Role != MainAdmin { // a deleted company had no certificates
			if err := errors.Join(departed(ctx, a.tx, was), s.revoke(ctx, a, was, RevokePurged)); err != nil {
				return err
			}
		}
	}
	for rec, err := range members.All(ctx, a.tx, store.Where("phone_ix", p.PhoneIx)) {
		if err != nil {
			return err
		}
		if err := remove(ctx, a, members, "member/"+rec.V.ID, rec); err != nil {
			return err
		}
	}
	return nil
}

// closeUnverified deletes a company that was never verified, with its only member, its
// main administrator. Nothing can have been done for it, there is nobody to hand it to,
// and its credit code becomes free for the real company. It returns ErrMainAdmin if the
// company is verified.
func (s *Service) closeUnverified(ctx context.Context, a *act, id CompanyID) error {
	rec, err := companies.Get(ctx, a.tx, string(id))
	if err != nil {
		return err
	}
	if rec.V.State == CompanyVerified {
		return ErrMainAdmin
	}
	if err := replaceRemittance(ctx, a, rec.V.Remittance); err != nil {
		return err
	}
	return remove(ctx, a, companies, "company/"+string(id), rec)
}

// purgePapers deletes the pictures of a handler's identity card. In a review that
// verified nobody it deletes all pictures. It keeps their digests, and ends the review
// that waits for a decision on them.
func (s *Service) purgePapers(ctx context.Context, a *act, person PersonID) error {
	for rec, err := range reviews.All(ctx, a.tx, store.Where("applicant", person)) {
		if err != nil {
			return err
		}
		was := rec.V
		rec.V.Handler, rec.V.Phone = purgedName, ""
		if was.State == ReviewWaiting || was.State == ReviewDraft {
			rec.V.State, rec.V.Reason, rec.V.DecidedAt = ReviewRefused, "经办人已注销", a.tx.Now()
		}
		if err := update(ctx, a, reviews, "review/"+was.ID, was, rec); err != nil {
			return err
		}
		if was.State == ReviewWaiting {
			if err := reopenCompany(ctx, a, was.Company); err != nil {
				return err
			}
		}
		kinds := Papers()
		if was.State == ReviewApproved { // the company's own papers are why it is verified
			kinds = []Paper{PaperHolding, PaperHandlerFront, PaperHandlerBack}
		}
		for _, kind := range kinds {
			p, err := papers.Get(ctx, a.tx, paperID(was.ID, kind))
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			wasPaper := p.V
			p.V.Blob = "" // store.Sweep takes the picture, because Keeps no longer names it
			if err := update(ctx, a, papers, "paper/"+paperID(was.ID, kind), wasPaper, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// reopenCompany takes a company out of a review that nobody will decide.
func reopenCompany(ctx context.Context, a *act, id CompanyID) error {
	rec, err := companies.Get(ctx, a.tx, string(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || rec.V.State != CompanyInReview {
		return err
	}
	was := rec.V
	rec.V.State = CompanyUnverified
	return update(ctx, a, companies, "company/"+string(id), was, rec)
}

// purgeTraces deletes what would show more about a person than that they existed.
func (s *Service) purgeTraces(ctx context.Context, tx *store.Tx, p person) error {
	if err := s.voidCodes(ctx, tx, p.PhoneIx); err != nil {
		return err
	}
	for rec, err := range dones.All(ctx, tx, store.Where("person", p.ID)) {
		if err != nil {
			return err
		}
		if err := dones.Delete(ctx, tx, rec); err != nil {
			return err
		}
	}
	return nil
}
