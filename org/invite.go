package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// invitationTTL is how long an invitation waits for its application (T8).
const invitationTTL = 7 * 24 * time.Hour

// linkHash is what is kept of the code of an invitation: who reads the database
// cannot join with it (T8).
func linkHash(code string) string {
	sum := sha256.Sum256([]byte("org/invitation/" + code))
	return hex.EncodeToString(sum[:])
}

// Invite sends a colleague an invitation (邀请同事加入, M29): a message with a
// short link that is good for seven days and for that phone alone. Inviting the
// same phone again sends a new link, and the one before it is dead. Who is a
// member, or was disabled, is ErrMember.
func (s *Service) Invite(ctx context.Context, actor Actor, name, phone string) (link string, err error) {
	name, err = cleanName("name", name, 50)
	if err != nil {
		return "", err
	}
	to, err := ParsePhone(phone)
	if err != nil {
		return "", err
	}
	code, err := s.ShortCode()
	if err != nil {
		return "", err
	}
	ix := s.keys.blind("phone", to)
	c := command{name: "member.invite", actor: actor, right: ActionMemberInvite, args: []string{name, ix}}
	_, err = s.do(ctx, c, &link, func(ctx context.Context, a *act) error {
		page, err := members.Page(ctx, a.tx, store.Where("seat", seat(actor.Org, ix)), store.Limit(1))
		if err != nil {
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
		link = s.ShortURL(code)
		return s.Notify(ctx, a.tx, to, s.texts.Invite(a.st.Person.Name, a.st.Company.Name, link))
	})
	if err != nil {
		return "", err
	}
	return link, nil
}

// Join applies for membership by an invitation (立即加入, M32), direct or by an
// open link: the code at the end of its address points, the code sent to the
// applicant's own phone with PurposeJoin proves (T8). A direct invitation is for
// the invited phone alone. The application then waits for an administrator
// (待审核). An invitation that is unknown, used, expired, closed, or of somebody
// who may not invite any more is ErrInvitation; who is in the company, or disabled
// in it, ErrMember.
func (s *Service) Join(ctx context.Context, actor Actor, linkCode string, code Secret) error {
	phone, err := s.phone(ctx, actor.Person)
	if err != nil {
		return err
	}
	actor.Org = ""
	hash := linkHash(linkCode)
	c := command{name: "member.apply", actor: actor, args: []string{hash}, codes: []codeUse{{PurposeJoin, phone, code}}}
	_, err = s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		if linkCode == "" {
			return ErrInvitation
		}
		direct, err := members.Page(ctx, a.tx, store.Where("link", hash), store.Limit(1))
		if err != nil {
			return err
		}
		if len(direct.Items) > 0 {
			return s.joinDirect(ctx, a, direct.Items[0])
		}
		open, err := links.Page(ctx, a.tx, store.Where("hash", hash), store.Limit(1))
		if err != nil {
			return err
		}
		if len(open.Items) == 0 {
			return ErrInvitation
		}
		return s.joinOpen(ctx, a, open.Items[0])
	})
	return err
}

// stillInvites tells whether whoever invited may still invite: the links of a
// member who was disabled, or of a former administrator, are dead (T2, T3).
func (s *Service) stillInvites(ctx context.Context, tx *store.Tx, companyID, by string) error {
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
	if was.State != Invited || !a.tx.Now().Before(was.At.Add(invitationTTL)) || was.PhoneIx != a.st.PhoneIx {
		return ErrInvitation
	}
	if err := s.stillInvites(ctx, a.tx, was.Company, was.By); err != nil {
		return err
	}
	a.command.actor.Org = was.Company
	rec.V.Person, rec.V.State, rec.V.Link, rec.V.At = who, Applied, "", a.tx.Now()
	err := update(ctx, a, members, "member/"+was.ID, was, rec)
	if errors.Is(err, store.ErrExists) {
		return ErrMember // he is in it already
	}
	return err
}

// joinOpen applies by an open link, and counts.
func (s *Service) joinOpen(ctx context.Context, a *act, rec store.Rec[link]) error {
	was := rec.V
	if was.state(a.tx.Now()) != LinkOpen {
		return ErrInvitation
	}
	if err := s.stillInvites(ctx, a.tx, was.Company, was.By); err != nil {
		return err
	}
	p, err := persons.Get(ctx, a.tx, a.command.actor.Person)
	if err != nil {
		return err
	}
	a.command.actor.Org = was.Company
	m := member{ID: a.tx.NewID(), Company: was.Company, Person: p.V.ID, Name: p.V.Name, PhoneIx: p.V.PhoneIx, PhoneMask: p.V.PhoneMask,
		Role: Member, State: Applied, By: was.By, At: a.tx.Now()}
	mine, err := s.seatsOf(ctx, a.tx, was.Company, p.V)
	if err != nil {
		return err
	}
	for _, old := range mine {
		if old.V.State != Invited && old.V.State != Rejected {
			return ErrMember
		}
		if err := remove(ctx, a, members, "member/"+old.V.ID, old); err != nil { // the link takes the invitation's place
			return err
		}
	}
	if err := insert(ctx, a, members, "member/"+m.ID, m); err != nil {
		return err
	}
	rec.V.Used++
	return update(ctx, a, links, "link/"+was.ID, was, rec)
}

// seatsOf finds what a company knows of a person: his membership, and an
// invitation to his phone.
func (s *Service) seatsOf(ctx context.Context, tx *store.Tx, companyID string, p person) ([]store.Rec[member], error) {
	byPhone, err := members.Page(ctx, tx, store.Where("seat", seat(companyID, p.PhoneIx)), store.Limit(1))
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
