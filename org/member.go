package org

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// invitationTTL is how long an invitation waits for its application (T8).
const invitationTTL = 7 * 24 * time.Hour

// MemberInfo is a member as the administrators' list shows it (成员管理).
type MemberInfo struct {
	Person string // id; empty until the invited person applies
	Name   string
	Phone  string // masked
	Role   Role
	State  MemberState
}

// Invite sends a colleague an invitation (邀请同事加入, M29): a message with a
// short link that is good for seven days. Inviting the same phone again sends a
// new link, and the one before it is dead.
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
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.Authorize(ctx, tx, actor, ActionMemberInvite)
		if err != nil {
			return err
		}
		rec, err := members.Get(ctx, tx, memberID(actor.Org, ix))
		missing := errors.Is(err, store.ErrNotFound)
		if err != nil && !missing {
			return err
		}
		if !missing && rec.V.State != Invited && rec.V.State != Rejected {
			return ErrMember
		}
		rec.V = member{Company: actor.Org, Name: name, PhoneIx: ix, PhoneMask: to.Mask(), Role: Member, State: Invited, Link: code, At: tx.Now()}
		if missing {
			err = members.Insert(ctx, tx, rec.V)
		} else {
			err = members.Update(ctx, tx, rec)
		}
		if err != nil {
			return err
		}
		return s.Notify(ctx, tx, to, s.texts.Invite(st.Person.Name, st.Company.Name, s.ShortURL(code)))
	})
	if err != nil {
		return "", err
	}
	return s.ShortURL(code), nil
}

// Join applies for membership by an invitation's link (立即加入, M32): the link
// points, the code sent to the invited phone with PurposeJoin proves (T8). The
// application then waits for an administrator.
func (s *Service) Join(ctx context.Context, actor Actor, linkCode string, code Secret) error {
	phone, err := s.phone(ctx, actor.Person)
	if err != nil {
		return err
	}
	return s.withCode(ctx, PurposeJoin, phone, code, func(ctx context.Context, tx *store.Tx) error {
		if linkCode == "" {
			return ErrInvitation
		}
		page, err := members.Page(ctx, tx, store.Where("link", linkCode), store.Limit(1))
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			return ErrInvitation
		}
		rec := page.Items[0]
		if rec.V.State != Invited || !tx.Now().Before(rec.V.At.Add(invitationTTL)) || rec.V.PhoneIx != s.keys.blind("phone", phone) {
			return ErrInvitation
		}
		rec.V.Person, rec.V.State, rec.V.Link, rec.V.At = actor.Person, Applied, "", tx.Now()
		if err := members.Update(ctx, tx, rec); errors.Is(err, store.ErrExists) {
			return ErrMember // under a phone that he had before
		} else if err != nil {
			return err
		}
		return nil
	})
}

// Approve takes an applicant in (同意, M33).
func (s *Service) Approve(ctx context.Context, actor Actor, personID string) error {
	return s.changeMember(ctx, actor, ActionMemberApprove, personID, func(m *member) error {
		return m.move(Applied, Active)
	})
}

// Reject refuses an applicant (拒绝, M33).
func (s *Service) Reject(ctx context.Context, actor Actor, personID string) error {
	return s.changeMember(ctx, actor, ActionMemberApprove, personID, func(m *member) error {
		return m.move(Applied, Rejected)
	})
}

// Disable shuts a member out at once (禁用, M34). The main administrator cannot be
// disabled (T4).
func (s *Service) Disable(ctx context.Context, actor Actor, personID string) error {
	return s.changeMember(ctx, actor, ActionMemberDisable, personID, func(m *member) error {
		if m.Role == MainAdmin || m.Person == actor.Person {
			return &DeniedError{ActionMemberDisable, DenyRole}
		}
		return m.move(Active, Disabled)
	})
}

// Enable lets a disabled member in again (重新启用, M34), as an ordinary member.
func (s *Service) Enable(ctx context.Context, actor Actor, personID string) error {
	return s.changeMember(ctx, actor, ActionMemberDisable, personID, func(m *member) error {
		m.Role = Member
		return m.move(Disabled, Active)
	})
}

// SetSubAdmin gives or takes the role 子管理员 (M37).
func (s *Service) SetSubAdmin(ctx context.Context, actor Actor, personID string, on bool) error {
	return s.changeMember(ctx, actor, ActionMemberRole, personID, func(m *member) error {
		if m.State != Active || m.Role == MainAdmin {
			return ErrMemberState
		}
		m.Role = Member
		if on {
			m.Role = SubAdmin
		}
		return nil
	})
}

// move changes a member's state if it is the expected one.
func (m *member) move(from, to MemberState) error {
	if m.State != from {
		return ErrMemberState
	}
	m.State = to
	return nil
}

func (s *Service) changeMember(ctx context.Context, actor Actor, a Action, personID string, change func(m *member) error) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, a); err != nil {
			return err
		}
		rec, err := s.memberRec(ctx, tx, actor.Org, personID)
		if err != nil {
			return err
		}
		was := rec.V.State
		if err := change(&rec.V); err != nil {
			return err
		}
		rec.V.At = tx.Now()
		if rec.V.State == Active && was != Active {
			rec.V.Since = tx.Now()
		}
		return members.Update(ctx, tx, rec)
	})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "member changed", "action", a, "company", actor.Org, "member", personID, "by", actor.Person)
	return nil
}

func (s *Service) memberRec(ctx context.Context, tx *store.Tx, companyID, personID string) (store.Rec[member], error) {
	m, err := s.memberOf(ctx, tx, companyID, personID)
	if err != nil {
		return store.Rec[member]{}, err
	}
	if m.Person == "" {
		return store.Rec[member]{}, ErrNotFound
	}
	return members.Get(ctx, tx, memberID(m.Company, m.PhoneIx))
}

// Transfer hands the company over (转让企业, M38) in one step: the successor
// becomes main administrator, and the old one an ordinary member.
func (s *Service) Transfer(ctx context.Context, actor Actor, successor string) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, ActionCompanyTransfer); err != nil {
			return err
		}
		old, err := s.memberRec(ctx, tx, actor.Org, actor.Person)
		if err != nil {
			return err
		}
		next, err := s.memberRec(ctx, tx, actor.Org, successor)
		if err != nil {
			return err
		}
		p, err := persons.Get(ctx, tx, successor)
		if err != nil {
			return notFound(err)
		}
		if successor == actor.Person || next.V.State != Active || p.V.State != PersonVerified {
			return ErrSuccessor
		}
		old.V.Role, next.V.Role = Member, MainAdmin
		if err := members.Update(ctx, tx, old); err != nil {
			return err
		}
		return members.Update(ctx, tx, next)
	})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "company transferred", "company", actor.Org, "from", actor.Person, "to", successor)
	return nil
}

// Members lists a company's members of one state.
func (s *Service) Members(ctx context.Context, actor Actor, state MemberState, after store.Cursor) ([]MemberInfo, store.Cursor, error) {
	var out []MemberInfo
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, ActionMemberRead); err != nil {
			return err
		}
		page, err := members.Page(ctx, tx, store.Where("company", actor.Org), store.Where("state", state), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, MemberInfo{r.V.Person, r.V.Name, r.V.PhoneMask, r.V.Role, r.V.State})
		}
		return nil
	})
	return out, next, err
}

// ActiveMember tells whether a person is an active member of a company, inside
// the caller's transaction.
func (s *Service) ActiveMember(ctx context.Context, tx *store.Tx, companyID, personID string) (bool, error) {
	m, err := s.memberOf(ctx, tx, companyID, personID)
	return m.State == Active, err
}
