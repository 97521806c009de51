package seal

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Application is a member's wish to use a seal of the company (申请使用, M50).
type Application struct {
	ID        string
	Seal      string // id
	Person    string // id of the applicant
	Purpose   string // 申请印章用于
	Period    Period // as asked for; a zero From is the moment of the approval
	State     ApplicationState
	At        time.Time
	DecidedBy string
	DecidedAt time.Time
	Grant     string // id of the grant that the approval made
}

// Apply asks the administrators for a seal (申请使用, M50). The purpose has 1 to
// MaxPurpose characters. While an application of the member for the seal waits,
// another is ErrPending.
func (s *Service) Apply(ctx context.Context, actor org.Actor, seal, purpose string, p Period) (Application, error) {
	if err := checkPurpose(purpose); err != nil {
		return Application{}, err
	}
	var made application
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealApply); err != nil {
			return err
		}
		rec, err := s.ofCompany(ctx, tx, actor, seal)
		if err != nil {
			return err
		}
		if rec.V.Discarded {
			return ErrDiscarded
		}
		if _, err := p.starting(tx.Now()); err != nil {
			return err
		}
		made = application{Company: actor.Org, Application: Application{
			ID: tx.NewID(), Seal: seal, Person: actor.Person, Purpose: purpose, Period: p, State: Pending, At: tx.Now(),
		}}
		err = applications.Insert(ctx, tx, made)
		if errors.Is(err, store.ErrExists) {
			return ErrPending
		}
		return err
	})
	return made.Application, err
}

// Approve grants what was applied for (通过, M51), with the limit that was asked
// for. Nobody but the main administrator approves his own application (T6). An
// applicant who is no active member any more is ErrNotMember, a period that is
// over meanwhile ErrPeriod. Approving again changes nothing.
func (s *Service) Approve(ctx context.Context, actor org.Actor, id string) (Application, error) {
	return s.settle(ctx, actor, id, Approved, func(ctx context.Context, tx *store.Tx, a *application) error {
		k, err := s.ofCompany(ctx, tx, actor, a.Seal)
		if err != nil {
			return err
		}
		g, err := s.lend(ctx, tx, actor, k.V, grant{Person: a.Person, Period: a.Period, Application: a.ID})
		a.Grant = g.ID
		return err
	})
}

// Refuse turns an application down (不通过, M51), under the rules of Approve.
func (s *Service) Refuse(ctx context.Context, actor org.Actor, id string) (Application, error) {
	return s.settle(ctx, actor, id, Refused, func(context.Context, *store.Tx, *application) error { return nil })
}

func (s *Service) settle(ctx context.Context, actor org.Actor, id string, to ApplicationState,
	follow func(context.Context, *store.Tx, *application) error) (Application, error) {
	var out Application
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionSealGrant)
		if err != nil {
			return err
		}
		rec, err := applications.Get(ctx, tx, id)
		if err != nil {
			return notFound(err)
		}
		a := &rec.V
		if a.Company != actor.Org {
			return ErrNotFound
		}
		out = a.Application
		done, err := a.decide(to, actor.Person, st.Role)
		if err != nil || done {
			return err
		}
		a.State, a.DecidedBy, a.DecidedAt = to, actor.Person, tx.Now()
		if err := follow(ctx, tx, a); err != nil {
			return err
		}
		out = a.Application
		return applications.Update(ctx, tx, rec)
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
