package org

import (
	"context"
	"crypto/hmac"
	"errors"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// purgedName stands where the name of a person stood who closed his account.
const purgedName = "已注销用户"

// Purge closes an account for good and erases who it was of, on the person's own
// request (注销帐号; PIPL art. 47), proved by a code sent with PurposePurge. Gone are
// name, phone, identity number, password, the name and phone of his memberships,
// invitations to his phone, codes, counters, remembered commands, and the pictures
// of his identity card in reviews.
//
// What he did stays as evidence, under an id that names nobody: the record that the
// id was verified and when, the providers' transaction numbers, the audit, which
// holds digests, the SHA-256 of the pictures, and a keyed commitment to his name and
// number, by which ProvePurged still answers a court. What other rooms keep as
// evidence (signed contracts, the parties of envelopes) is theirs.
//
// What goes later: short messages that were delivered rest encrypted in the outbox until
// the host runs store.Outbox.Purge, the pictures until store.Sweep, and hashes by
// which companies' invitations to his phone are counted until Step forgets them, a
// month on.
//
// The main administrator of a verified company first hands it over: ErrMainAdmin; a
// company that was never verified goes with him. The host's Config.MayPurge may
// refuse. A code that is refused is a *CodeError; an account that is closed already
// is ErrNotFound. Phone and number are free for a new account, which is another
// person to this library. Certificates are revoked as by Disable.
func (s *Service) Purge(ctx context.Context, actor Actor, code secret.Text) error {
	phone, err := s.phone(ctx, actor.Person)
	if err != nil {
		return err
	}
	c := command{name: "person.purge", actor: Actor{Person: actor.Person}, codes: []codeUse{{PurposePurge, phone, code}}}
	_, err = s.unkeyed().do(ctx, c, nil, func(ctx context.Context, a *act) error {
		rec, err := persons.Get(ctx, a.tx, actor.Person)
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
		was := rec.V
		proof := ""
		if was.State == PersonVerified {
			number, err := s.keys.Decrypt(secret.Place{Table: "org_person", Column: "number", ID: was.ID}, was.Number)
			if err != nil {
				return err
			}
			proof = s.purgeProof(was.ID, was.Name, number)
		}
		rec.V = person{ID: was.ID, Name: purgedName, State: PersonPurged, Proof: proof, NumberKind: was.NumberKind,
			VerifiedAt: was.VerifiedAt, CreatedAt: was.CreatedAt, SecuredAt: a.tx.Now()}
		if err := update(ctx, a, persons, "person/"+was.ID, was, rec); err != nil {
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

func (s *Service) purgeProof(id, name string, number secret.Text) string {
	return s.keys.Index("purged/"+id+"/"+name, number)
}

// ProvePurged tells whether a closed account was of the person with this name and
// identity number: what is left of him answers yes or no, and gives nothing away.
// An account that is open, was never verified, or does not exist is ErrNotFound. It
// is for the system's own use.
func (u Upkeep) ProvePurged(ctx context.Context, person, name string, number secret.Text) (bool, error) {
	s := u.s
	var same bool
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, person)
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

// leaveAll takes a person out of every company, and drops invitations to his phone.
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
		if was.State == Active && was.Role != MainAdmin { // a company that is gone had no certificates
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

// closeUnverified deletes a company that was never verified with its one member, its
// main administrator: nothing can have been done for it, nobody is left to hand it
// to, and its credit code is free for who really has it. A verified company is
// ErrMainAdmin.
func (s *Service) closeUnverified(ctx context.Context, a *act, id string) error {
	rec, err := companies.Get(ctx, a.tx, id)
	if err != nil {
		return err
	}
	if rec.V.State == CompanyVerified {
		return ErrMainAdmin
	}
	if err := replaceRemittance(ctx, a, rec.V.Remittance); err != nil {
		return err
	}
	return remove(ctx, a, companies, "company/"+id, rec)
}

// purgePapers forgets the pictures of a handler's identity card, and of a review
// that verified nobody all pictures; it keeps their digests, and ends the review
// that waits for a decision on them.
func (s *Service) purgePapers(ctx context.Context, a *act, person string) error {
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
			p.V.Blob = "" // store.Sweep takes the picture, since Keeps knows it no more
			if err := update(ctx, a, papers, "paper/"+paperID(was.ID, kind), wasPaper, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// reopenCompany takes a company out of a review that nobody will decide.
func reopenCompany(ctx context.Context, a *act, id string) error {
	rec, err := companies.Get(ctx, a.tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || rec.V.State != CompanyInReview {
		return err
	}
	was := rec.V
	rec.V.State = CompanyUnverified
	return update(ctx, a, companies, "company/"+id, was, rec)
}

// purgeTraces deletes what would tell more of a person than that he was.
func (s *Service) purgeTraces(ctx context.Context, tx *store.Tx, p person) error {
	if err := s.voidCodes(ctx, tx, p.PhoneIx); err != nil {
		return err
	}
	for _, id := range []string{rateID(s.smsLimits(), p.PhoneIx), rateID(loginLimits(), p.PhoneIx), rateID(faceLimits(), p.ID)} {
		rec, err := rates.Get(ctx, tx, id)
		if err == nil {
			err = rates.Delete(ctx, tx, rec)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
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
