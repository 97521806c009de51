package org

import (
	"context"
	"errors"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

// MemberInfo is a member as the administrators' list shows it (成员管理).
type MemberInfo struct {
	Person PersonID // id; empty until the invited person applies
	Name   string
	Phone  string // masked
	Role   Role
	State  MemberState
}

// Approve takes an applicant in (同意, M33). It returns [ErrMemberState] if the member is
// not an applicant, and [ErrNotFound] if the person never applied.
func (s *Service) Approve(ctx context.Context, actor Actor, personID PersonID) error {
	return s.changeMember(ctx, "member.approve", actor, ActionMemberApprove, personID, func(_ Standing, m *member) error {
		return m.move(Applied, Active)
	})
}

// Reject refuses an applicant (拒绝, M33), under the rules of [Service.Approve]. They may
// be invited, and apply, again.
func (s *Service) Reject(ctx context.Context, actor Actor, personID PersonID) error {
	return s.changeMember(ctx, "member.reject", actor, ActionMemberApprove, personID, func(_ Standing, m *member) error {
		return m.move(Applied, Rejected)
	})
}

// Disable shuts a member out at once (禁用, M34). They can do nothing more in the
// company, their invitations stop working, and [Service.Step] asks Config.Revoker to
// revoke their certificate in it. It returns a [*DeniedError] for the main
// administrator and for the actor, and for a sub-administrator unless the actor is the
// main administrator (T4).
func (s *Service) Disable(ctx context.Context, actor Actor, personID PersonID) error {
	return s.changeMember(ctx, "member.disable", actor, ActionMemberDisable, personID, func(by Standing, m *member) error {
		if err := mayDisable(by.Role, m.Role, m.Person == actor.Person); err != nil {
			return err
		}
		return m.move(Active, Disabled)
	})
}

// mayDisable checks whether a member of one role may disable a member of another. Pure.
func mayDisable(by, whom Role, self bool) error {
	if self || whom == MainAdmin || whom == SubAdmin && by != MainAdmin {
		return &DeniedError{ActionMemberDisable, DenyRole}
	}
	return nil
}

// Enable lets a disabled member in again (重新启用, M34), as an ordinary member. Seals that
// were lent to them before do not come back: they must be lent again (T2).
func (s *Service) Enable(ctx context.Context, actor Actor, personID PersonID) error {
	return s.changeMember(ctx, "member.enable", actor, ActionMemberDisable, personID, func(_ Standing, m *member) error {
		m.Role = Member
		return m.move(Disabled, Active)
	})
}

// SetSubAdmin gives or takes the role 子管理员 (绑定成员, M37). Only the main administrator may
// do it; the member must be active and not be the main administrator.
func (s *Service) SetSubAdmin(ctx context.Context, actor Actor, personID PersonID, on bool) error {
	name := "member.unbind"
	if on {
		name = "member.bind"
	}
	return s.changeMember(ctx, name, actor, ActionMemberRole, personID, func(_ Standing, m *member) error {
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

func (s *Service) changeMember(ctx context.Context, name string, actor Actor, right Action, personID PersonID, change func(by Standing, m *member) error) error {
	c := command{name: name, actor: actor, right: right, args: []string{string(personID)}}
	repeated, err := s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		rec, err := s.loadMemberRec(ctx, a.tx, actor.Org, personID)
		if err != nil {
			return err
		}
		was := rec.V
		if err := change(a.st, &rec.V); err != nil {
			return err
		}
		rec.V.At = a.tx.Now()
		if rec.V.State == Active && was.State != Active {
			rec.V.Terms++
		}
		if rec.V.State == Disabled && was.State == Active {
			if err := errors.Join(departed(ctx, a.tx, rec.V), s.revoke(ctx, a, rec.V, RevokeDisabled)); err != nil {
				return err
			}
		}
		return update(ctx, a, members, "member/"+rec.V.ID, was, rec)
	})
	if err != nil || repeated {
		return err
	}
	s.log.InfoContext(ctx, "member changed", "command", name, "company", actor.Org, "member", personID, "by", actor.Person)
	return nil
}

func (s *Service) loadMemberRec(ctx context.Context, tx *store.Tx, companyID CompanyID, personID PersonID) (store.Rec[member], error) {
	if personID == "" {
		return store.Rec[member]{}, ErrNotFound
	}
	page, err := members.Page(ctx, tx, store.Where("person", personID), store.Where("company", companyID), store.Limit(1))
	if err != nil {
		return store.Rec[member]{}, err
	}
	if len(page.Items) == 0 {
		return store.Rec[member]{}, ErrNotFound
	}
	return page.Items[0], nil
}

// HandOver hands the company over (转让企业, M36 and M38) in one step: the successor becomes main
// administrator, and the old one an ordinary member, at once (T3). It returns
// [ErrSuccessor] if the successor is not another active member who is a verified
// person.
func (s *Service) HandOver(ctx context.Context, actor Actor, successor PersonID) error {
	c := command{name: "company.handover", actor: actor, right: ActionCompanyHandOver, args: []string{string(successor)}}
	repeated, err := s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		old, err := s.loadMemberRec(ctx, a.tx, actor.Org, actor.Person)
		if err != nil {
			return err
		}
		next, err := s.loadMemberRec(ctx, a.tx, actor.Org, successor)
		if err != nil {
			return err
		}
		p, err := persons.Get(ctx, a.tx, string(successor))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if successor == actor.Person || next.V.State != Active || p.V.State != PersonVerified {
			return ErrSuccessor
		}
		wasOld, wasNext := old.V, next.V
		old.V.Role, next.V.Role = Member, MainAdmin
		return errors.Join(update(ctx, a, members, "member/"+old.V.ID, wasOld, old), update(ctx, a, members, "member/"+next.V.ID, wasNext, next))
	})
	if err != nil || repeated {
		return err
	}
	s.log.InfoContext(ctx, "company handed over", "company", actor.Org, "from", actor.Person, "to", successor)
	return nil
}

// MemberFilter says which members are listed.
type MemberFilter struct {
	State MemberState // 0 is Active; Applied is 待审核成员, Disabled 禁用成员 (M33, M34)

	// Text finds active members whose name contains it, or whose whole phone number it
	// is (按姓名或联系方式搜索, M49). State is then ignored.
	Text string
}

// Members lists a company's members, 50 per page. With a Text one call examines at most
// 1,000 members, so a page may be short or empty without being the last.
func (s *Service) Members(ctx context.Context, actor Actor, f MemberFilter, after store.Cursor) ([]MemberInfo, store.Cursor, error) {
	if strings.TrimSpace(f.Text) != "" {
		return s.findMembers(ctx, actor, f.Text, after)
	}
	if f.State == 0 {
		f.State = Active
	}
	var out []MemberInfo
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionMemberRead); err != nil {
			return err
		}
		page, err := members.Page(ctx, tx, store.Where("company", actor.Org), store.Where("state", f.State), store.After(after))
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

// memberScan is how many members one call of findMembers examines.
const memberScan = 1000

// findMembers lists the active members that match a text.
func (s *Service) findMembers(ctx context.Context, actor Actor, text string, after store.Cursor) ([]MemberInfo, store.Cursor, error) {
	const page = 50
	text = strings.TrimSpace(text)
	which := []store.Clause{store.Where("company", actor.Org), store.Where("state", Active), store.Limit(page)}
	keep := func(m *member) bool { return strings.Contains(m.Name, text) }
	if phone, err := ParsePhone(text); err == nil {
		which = []store.Clause{store.Where("seat", seat(string(actor.Org), s.keys.Index("phone", phone))), store.Limit(1)}
		keep = func(m *member) bool { return m.State == Active }
	}
	var out []MemberInfo
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, next = nil, after
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionMemberRead); err != nil {
			return err
		}
		for seen := 0; seen < memberScan && len(out) < page; seen += page {
			rows, err := members.Page(ctx, tx, append(which[:len(which):len(which)], store.After(next))...)
			if err != nil {
				return err
			}
			next = rows.Next
			for _, r := range rows.Items {
				if keep(&r.V) {
					out = append(out, MemberInfo{r.V.Person, r.V.Name, r.V.PhoneMask, r.V.Role, r.V.State})
				}
			}
			if next == "" {
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}

// Tenure returns the [Standing.Tenure] of an active member of a company, inside the caller's
// transaction; empty if the person is none. Rights that are lent end with it (T32).
func (in Inside) Tenure(ctx context.Context, tx *store.Tx, companyID CompanyID, personID PersonID) (string, error) {
	m, err := in.s.loadMember(ctx, tx, companyID, personID)
	if err != nil || m.State != Active {
		return "", err
	}
	return m.tenure(), nil
}
