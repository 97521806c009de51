package envelope

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Step does the work that waits, one kind after another, and returns how many items it
// did: persons who became known get their tasks, envelopes past their deadline expire, sinks
// get their notices, silent seals are set, interrupted signatures are made if the consent was
// recorded, completed envelopes get their long-term evidence, which is renewed in time, and
// what closed accounts have left is erased.
// Several processes may call it. What one call cannot finish, a later call tries again, after
// pauses that grow; the error is returned after the rest was tried. The signatures of one
// envelope get two minutes of a call (T28). A call after the clock leapt does nothing, and
// returns a [*store.ClockError] (T35).
func (s *Service) Step(ctx context.Context) (int, error) {
	if err := s.db.CheckClock(ctx, "envelope"); err != nil {
		return 0, err
	}
	total := 0
	var errs error
	for _, step := range []func(context.Context) (int, error){
		s.stepKnown, s.stepClaims, s.stepExpiries, s.stepNotices, s.stepSilent, s.stepSignings, s.stepArchive, s.stepClosed,
	} {
		n, err := step(ctx)
		total, errs = total+n, errors.Join(errs, err)
	}
	return total, errs
}

// Run calls Step until ctx is done, and pauses when there was nothing to do. report
// gets the errors of steps, which do not end Run; nil drops them. After a leap of the clock Run
// rests for a minute, so that it can be mended. Any number of processes may run it.
func (s *Service) Run(ctx context.Context, pause time.Duration, report func(error)) {
	for ctx.Err() == nil {
		n, err := s.Step(ctx)
		if err != nil && report != nil && ctx.Err() == nil {
			report(err)
		}
		if n > 0 && err == nil {
			continue
		}
		rest := pause
		if leap := (*store.ClockError)(nil); errors.As(err, &leap) {
			rest = time.Minute
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// doTasksWhile does something with the tasks of a query, as long as they are ones that it
// wants, and returns how many it did. A failure of one task, even a repeated one, does not
// stop the tasks behind it.
func (s *Service) doTasksWhile(ctx context.Context, want func(task) bool, do func(context.Context, task) (bool, error), which ...store.Clause) (done int, err error) {
	for after := store.Cursor(""); ; {
		var page store.Page[task]
		verr := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			page, err = tasks.Page(ctx, tx, append(slices.Clip(which), store.After(after))...)
			return err
		})
		if verr != nil {
			return done, errors.Join(err, verr)
		}
		for _, r := range page.Items {
			if !want(r.V) {
				return done, err
			}
			ok, derr := do(ctx, r.V)
			if ok {
				done++
			}
			err = errors.Join(err, derr)
		}
		if after = page.Next; after == "" {
			return done, err
		}
	}
}

// stepSignings makes the signatures that are due. Of those that wait it reads two pages at most,
// however many they are.
func (s *Service) stepSignings(ctx context.Context) (done int, err error) {
	late := func(t task) bool { return !t.Due.After(s.db.Now()) }
	wrong := func(t task) bool { return beyondPauses(t.Due, s.db.Now()) } // by a clock that was ahead (T35)
	n, err := s.doTasksWhile(ctx, late, s.trySigning, store.Where("state", int64(taskSigning)), store.Asc("due"))
	m, werr := s.doTasksWhile(ctx, wrong, s.trySigning, store.Where("state", int64(taskSigning)), store.Desc("due"))
	return n + m, errors.Join(err, werr)
}

// trySigning makes the signatures of a task, unless somebody does or they wait.
func (s *Service) trySigning(ctx context.Context, t task) (bool, error) {
	actor, err := s.findSigner(ctx, t)
	if err != nil || actor.Person == "" {
		return false, err
	}
	token, err := s.tryLease(ctx, t.Envelope, t.Party)
	if token == "" {
		return false, err // somebody is signing it now
	}
	share, end := context.WithTimeout(ctx, stepShare)
	_, err = s.finishSigning(share, actor, t.Envelope, t.Party, token)
	end()
	if err != nil {
		err = errors.Join(err, s.putOff(ctx, t.Envelope, t.Party))
	}
	return err == nil, err
}

// stepShare is how long one envelope is worked at in a Step.
const stepShare = 2 * time.Minute

// putOff makes Step wait before it tries again to make a party's signatures, and takes the
// consent back if they cannot be made.
func (s *Service) putOff(ctx context.Context, id ID, party int) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil || rec.V.Parties[party-1].State != Signing {
			return err // the consent was taken back
		}
		rec.V.Upkeep.Retry.failed(tx.Now())
		if tx.Now().Sub(rec.V.Upkeep.Retry.Since) >= hopeless {
			return s.takeBack(ctx, tx, rec, org.Actor{}, party, errHopeless.Error())
		}
		t, err := tasks.Get(ctx, tx, taskID(string(id), party))
		if err != nil {
			return err
		}
		t.V.Due = rec.V.Upkeep.Retry.At
		return errors.Join(tasks.Update(ctx, tx, t), envelopes.Update(ctx, tx, rec))
	})
}

// findSigner returns the person who agreed to a task. It returns an empty actor
// if the task is no longer open, or is being signed now.
func (s *Service) findSigner(ctx context.Context, t task) (org.Actor, error) {
	var actor org.Actor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		actor = org.Actor{}
		rec, err := envelopes.Get(ctx, tx, string(t.Envelope))
		if err != nil || rec.V.Upkeep.Lease.held(tx.Now()) || rec.V.Upkeep.Retry.waits(tx.Now()) {
			return err
		}
		if p := rec.V.Parties[t.Party-1]; p.State == Signing {
			actor = org.Actor{Person: p.PersonID, Org: p.OrgID}
		}
		return nil
	})
	return actor, err
}
