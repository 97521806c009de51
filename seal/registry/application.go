package registry

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Application is a member's wish to use a seal of the company (申请使用, M50).
type Application struct {
	ID        string           `json:"id"`
	Seal      SealID           `json:"seal"`    // id
	Person    org.PersonID     `json:"person"`  // id of the applicant
	Purpose   string           `json:"purpose"` // 申请印章用于
	Period    Period           `json:"period"`  // as asked for; a zero From is the moment of the approval
	State     ApplicationState `json:"state"`
	At        time.Time        `json:"at"`
	DecidedBy org.PersonID     `json:"decided_by"`
	DecidedAt time.Time        `json:"decided_at"`
	Grant     string           `json:"grant"` // id of the grant that the approval made
}

// Apply asks the administrators for a seal (申请使用, M50). The purpose has 1 to
// [MaxPurpose] characters. It returns [ErrPending] if the member already has an
// application for the seal that waits.
func (s *Service) Apply(ctx context.Context, actor org.Actor, seal SealID, purpose string, p Period) (Application, error) {
	if err := checkPurpose(purpose); err != nil {
		return Application{}, err
	}
	c := org.Command{Name: "seal.apply", Actor: actor, Right: org.ActionSealApply, Args: append([]string{string(seal), purpose}, p.args()...)}
	var out Application
	_, err := s.org.Carry(ctx, c, &out, func(ctx context.Context, u org.UnderWay) error {
		tx := u.Tx()
		rec, err := s.findOfCompany(ctx, tx, actor, seal)
		if err != nil {
			return err
		}
		if rec.V.Discarded {
			return ErrDiscarded
		}
		if _, err := p.startAt(tx.Now()); err != nil {
			return err
		}
		made := application{Company: actor.Org, Application: Application{
			ID: tx.NewID(), Seal: seal, Person: actor.Person, Purpose: purpose, Period: p, State: Pending, At: tx.Now(),
		}}
		if err = applications.Insert(ctx, tx, made); errors.Is(err, store.ErrExists) {
			return ErrPending
		}
		if err != nil {
			return err
		}
		out = made.Application
		return u.Record(ctx, "application/"+out.ID, nil, made)
	})
	if err != nil {
		return Application{}, err
	}
	return out, nil
}

// Approve grants what was applied for (通过, M51), with the limit that was asked for.
// Only the main administrator may approve their own application (T6). It returns
// [ErrNotMember] if the applicant is no longer an active member, and [ErrPeriod] if the
// period is over by now. Approving again changes nothing.
func (s *Service) Approve(ctx context.Context, actor org.Actor, id string) (Application, error) {
	return s.settle(ctx, "seal.approve", actor, id, Approved, func(ctx context.Context, u org.UnderWay, a *application) error {
		k, err := s.findOfCompany(ctx, u.Tx(), actor, a.Seal)
		if err != nil {
			return err
		}
		g, err := s.lend(ctx, u, k.V, grant{Person: a.Person, Period: a.Period, Application: a.ID})
		a.Grant = g.ID
		return err
	})
}

// Refuse refuses an application (不通过, M51), under the rules of [Service.Approve].
func (s *Service) Refuse(ctx context.Context, actor org.Actor, id string) (Application, error) {
	return s.settle(ctx, "seal.refuse", actor, id, Refused, func(context.Context, org.UnderWay, *application) error { return nil })
}

func (s *Service) settle(ctx context.Context, command string, actor org.Actor, id string, to ApplicationState,
	follow func(context.Context, org.UnderWay, *application) error) (Application, error) {
	c := org.Command{Name: command, Actor: actor, Right: org.ActionSealGrant, Args: []string{id}}
	var out Application
	_, err := s.org.Carry(ctx, c, &out, func(ctx context.Context, u org.UnderWay) error {
		tx := u.Tx()
		rec, err := applications.Get(ctx, tx, id)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		a := &rec.V
		if a.Company != actor.Org {
			return ErrNotFound
		}
		out = a.Application
		done, err := a.decide(to, actor.Person, u.Standing().Role)
		if err != nil || done {
			return err
		}
		was := *a
		a.State, a.DecidedBy, a.DecidedAt = to, actor.Person, tx.Now()
		if err := follow(ctx, u, a); err != nil {
			return err
		}
		out = a.Application
		if err := applications.Update(ctx, tx, rec); err != nil {
			return err
		}
		return u.Record(ctx, "application/"+id, was, rec.V)
	})
	if err != nil {
		return Application{}, err
	}
	return out, nil
}

// Applications lists the company's applications in one state to its
// administrators, newest first (印章审批, M51).
func (s *Service) Applications(ctx context.Context, actor org.Actor, state ApplicationState, after store.Cursor) ([]Application, store.Cursor, error) {
	return s.listApplications(ctx, actor, org.ActionSealGrant, after, store.Where("company", actor.Org), store.Where("state", state))
}

// MyApplications lists the actor's own applications in the company, newest first.
func (s *Service) MyApplications(ctx context.Context, actor org.Actor, after store.Cursor) ([]Application, store.Cursor, error) {
	return s.listApplications(ctx, actor, org.ActionSealApply, after, store.Where("applicant", holder(actor.Org, actor.Person)))
}

func (s *Service) listApplications(ctx context.Context, actor org.Actor, right org.Action, after store.Cursor,
	which ...store.Clause) ([]Application, store.Cursor, error) {
	var out []Application
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, right); err != nil {
			return err
		}
		page, err := applications.Page(ctx, tx, append(which, store.Desc("at"), store.After(after))...)
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, r.V.Application)
		}
		return nil
	})
	return out, next, err
}
