package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// invitationTTL is how long an invitation waits for its application (T8).
const invitationTTL = 7 * 24 * time.Hour

// linkHash is what is stored of the code of an invitation: nobody can join with what
// the database holds (T8).
func linkHash(code string) string {
	sum := sha256.Sum256([]byte("org/invitation/" + code))
	return hex.EncodeToString(sum[:])
}

// Invite sends a colleague an invitation (邀请同事加入, M28 and M29): a message with a short link
// that is valid for seven days and only for that phone. Inviting the same phone again
// sends a new link, and the old one stops working. It returns [ErrMember] if the person
// is a member or was disabled, and a [*LimitError] for the eleventh message to a phone
// in a day and the 501st of a company.
func (s *Service) Invite(ctx context.Context, actor Actor, name, phone string) (link string, err error) {
	name, err = cleanName("name", name, 50)
	if err != nil {
		return "", err
	}
	to, err := ParsePhone(phone)
	if err != nil {
		return "", err
	}
	code, err := s.Inside().ShortCode()
	if err != nil {
		return "", err
	}
	ix := s.keys.Index("phone", to)
	c := command{name: "member.invite", actor: actor, right: ActionMemberInvite, args: []string{name, ix}}
	_, err = s.do(ctx, c, &link, func(ctx context.Context, a *act) error {
		page, err := members.Page(ctx, a.tx, store.Where("seat", seat(string(actor.Org), ix)), store.Limit(1))
		if err != nil {
			return err
		}
		onePhone, all := inviteLimits()
		if err := s.spendOne(ctx, a.tx, onePhone, s.keys.Index("invite/"+string(actor.Org), to)); err != nil {
			return err
		}
		if err := s.spendOne(ctx, a.tx, all, string(actor.Org)); err != nil {
			return err
		}
		m := member{ID: a.tx.NewID(), Company: actor.Org, Name: name, PhoneIx: ix, PhoneMask: to.Mask(), Role: Member, State: Invited,
			Link: linkHash(code), By: actor.Person, At: a.tx.Now()}
		if len(page.Items) == 0 {
			err = insert(ctx, a, members, "member/"+m.ID, m)
		} else {
			rec := page.Items[0]
			was := rec.V
			if was.State != Invited && was.State != Rejected {
				return ErrMember
			}
			m.ID = was.ID
			rec.V = m
			err = update(ctx, a, members, "member/"+m.ID, was, rec)
		}
		if err != nil {
			return err
		}
		link = s.Inside().ShortURL(code)
		return s.notify(ctx, a.tx, to, s.texts.Invite(a.st.Person.Name, a.st.Company.Name, link))
	})
	if err != nil {
		return "", err
	}
	return link, nil
}

// Join applies for membership by an invitation (立即加入, M32), direct or by an open link.
// The code at the end of the link finds the invitation; the code sent to the
// applicant's own phone with [PurposeJoin] proves the phone (T8). A direct invitation
// is valid only for the invited phone. The application then waits for an administrator
// (待审核). Join returns [ErrInvitation] if the invitation is unknown, used, expired or
// closed, or if the person who invited may no longer do so; the sent code is used up
// even then, so that links cannot be tried out (T9). It returns [ErrMember] if the
// person is in the company, or disabled in it.
func (s *Service) Join(ctx context.Context, actor Actor, linkCode string, code secret.Text) error {
	if err := s.guard(ctx, "join"); err != nil {
		return err
	}
	phone, err := s.phone(ctx, actor.Person)
	if err != nil {
		return err
	}
	actor.Org = ""
	hash := linkHash(linkCode)
	c := command{name: "member.apply", actor: actor, args: []string{hash}, codes: []codeUse{{PurposeJoin, phone, code}}}
	_, err = s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		err := s.apply(ctx, a, hash)
		if errors.Is(err, ErrInvitation) { // before anything was written
			a.refused, err = err, nil
		}
		return err
	})
	return err
}

// apply finds the invitation of a code and applies by it.
func (s *Service) apply(ctx context.Context, a *act, hash string) error {
	direct, open, err := s.findInvitation(ctx, a.tx, hash)
	switch {
	case err != nil:
		return err
	case direct != nil:
		return s.joinDirect(ctx, a, *direct)
	}
	return s.joinOpen(ctx, a, *open)
}

// findInvitation loads the direct invitation or the open link of a code. It returns
// ErrInvitation if there is neither.
func (s *Service) findInvitation(ctx context.Context, tx *store.Tx, hash string) (*store.Rec[member], *store.Rec[link], error) {
	direct, err := members.Page(ctx, tx, store.Where("link", hash), store.Limit(1))
	if err != nil {
		return nil, nil, err
	}
	if len(direct.Items) > 0 {
		return &direct.Items[0], nil, nil
	}
	open, err := links.Page(ctx, tx, store.Where("hash", hash), store.Limit(1))
	if err != nil {
		return nil, nil, err
	}
	if len(open.Items) > 0 {
		return nil, &open.Items[0], nil
	}
	return nil, nil, ErrInvitation
}

// InvitingCompany returns the name of the company that an invitation's code leads to,
// for the page on which a person decides to join. It returns nothing else, and only to
// a person who is logged in (T9). It returns [ErrInvitation] if the code is unknown or
// no longer valid, or belongs to a direct invitation to another phone.
func (s *Service) InvitingCompany(ctx context.Context, actor Actor, linkCode string) (company string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, _, err := s.standing(ctx, tx, Actor{Person: actor.Person})
		if err != nil {
			return err
		}
		direct, open, err := s.findInvitation(ctx, tx, linkHash(linkCode))
		if err != nil {
			return err
		}
		var id CompanyID
		var by PersonID
		if direct != nil {
			if err := direct.V.checkInvites(st.PhoneIx, tx.Now()); err != nil {
				return err
			}
			id, by = direct.V.Company, direct.V.By
		} else {
			if open.V.state(tx.Now()) != LinkOpen {
				return ErrInvitation
			}
			id, by = open.V.Company, open.V.By
		}
		if err := s.checkInviter(ctx, tx, id, by); err != nil {
			return err
		}
		c, err := companies.Get(ctx, tx, string(id))
		company = c.V.Name
		return err
	})
	return company, err
}

// checkInvites checks whether a direct invitation is valid for a phone. Pure.
func (m *member) checkInvites(phoneIx string, now time.Time) error {
	if m.State != Invited || !now.Before(m.At.Add(invitationTTL)) || m.PhoneIx != phoneIx {
		return ErrInvitation
	}
	return nil
}

// checkInviter checks that the person who invited may still do so: the links of a
// member who was disabled, or of a former administrator, no longer work (T2, T3).
func (s *Service) checkInviter(ctx context.Context, tx *store.Tx, companyID CompanyID, by PersonID) error {
	_, f, err := s.standing(ctx, tx, Actor{by, companyID})
	if err == nil {
		err = decide(ActionMemberInvite, f)
	}
	var denied *DeniedError
	if errors.Is(err, ErrNotFound) || errors.As(err, &denied) {
		return ErrInvitation
	}
	return err
}

func (s *Service) joinDirect(ctx context.Context, a *act, rec store.Rec[member]) error {
	was, who := rec.V, a.command.actor.Person
	if err := was.checkInvites(a.st.PhoneIx, a.tx.Now()); err != nil {
		return err
	}
	if err := s.checkInviter(ctx, a.tx, was.Company, was.By); err != nil {
		return err
	}
	a.command.actor.Org = was.Company
	rec.V.Person, rec.V.State, rec.V.Link, rec.V.At = who, Applied, "", a.tx.Now()
	err := update(ctx, a, members, "member/"+was.ID, was, rec)
	if errors.Is(err, store.ErrExists) {
		return ErrMember // they are already a member
	}
	return err
}

// joinOpen applies by an open link, and counts.
func (s *Service) joinOpen(ctx context.Context, a *act, rec store.Rec[link]) error {
	was := rec.V
	if was.state(a.tx.Now()) != LinkOpen {
		return ErrInvitation
	}
	if err := s.checkInviter(ctx, a.tx, was.Company, was.By); err != nil {
		return err
	}
	p, err := persons.Get(ctx, a.tx, string(a.command.actor.Person))
	if err != nil {
		return err
	}
	a.command.actor.Org = was.Company
	m := member{ID: a.tx.NewID(), Company: was.Company, Person: p.V.ID, Name: p.V.Name, PhoneIx: p.V.PhoneIx, PhoneMask: p.V.PhoneMask,
		Role: Member, State: Applied, By: was.By, At: a.tx.Now()}
	mine, err := s.findSeats(ctx, a.tx, was.Company, p.V)
	if err != nil {
		return err
	}
	for _, old := range mine {
		if old.V.State != Invited && old.V.State != Rejected {
			return ErrMember
		}
		if err := remove(ctx, a, members, "member/"+old.V.ID, old); err != nil { // the link takes the place of the invitation
			return err
		}
	}
	if err := insert(ctx, a, members, "member/"+m.ID, m); err != nil {
		return err
	}
	rec.V.Used++
	return update(ctx, a, links, "link/"+was.ID, was, rec)
}

// findSeats finds what a company knows about a person: their membership, and an
// invitation to their phone.
func (s *Service) findSeats(ctx context.Context, tx *store.Tx, companyID CompanyID, p person) ([]store.Rec[member], error) {
	byPhone, err := members.Page(ctx, tx, store.Where("seat", seat(string(companyID), p.PhoneIx)), store.Limit(1))
	if err != nil {
		return nil, err
	}
	byPerson, err := members.Page(ctx, tx, store.Where("person", p.ID), store.Where("company", companyID), store.Limit(1))
	if err != nil {
		return nil, err
	}
	out := byPhone.Items
	for _, r := range byPerson.Items {
		if len(out) == 0 || out[0].V.ID != r.V.ID {
			out = append(out, r)
		}
	}
	return out, nil
}
