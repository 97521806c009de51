package billing

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// HoldRequest asks for copies when an envelope is sent. An empty Org means a person,
// who pays nothing (M52).
type HoldRequest struct {
	Org      org.CompanyID // id
	Envelope string        // id
	Copies   int64         // 份: the files of the envelope, 1 to MaxCopies
	Again    bool          // a hold that was released may be taken again, by any company
}

// Hold sets copies aside in the caller's transaction, which should take [Lock]. Of
// several lots it uses the one that expires first; held copies no longer expire. It
// returns [ErrInsufficient] if the balance is too small, and nothing changes (M56).
//
// Holding the same again for one envelope holds once (T13). Hold returns [ErrHeld] if
// something else is held for it, and [ErrSettled] if the hold was charged, or released without
// Again.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, r HoldRequest) error {
	if r.Org == "" {
		return s.holdPerson()
	}
	old, err := holdings.Get(ctx, tx, r.Envelope)
	again := err == nil && r.Again && old.V.Settled == released
	switch {
	case again, errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	default:
		return old.V.checkAgain(r.Org, r.Copies)
	}
	made := holding{Envelope: r.Envelope, Org: r.Org, Copies: r.Copies}
	if again {
		made.Times = old.V.Times + 1
	}
	e := newEntry(EntryHold, r.Org, made.subject(), -r.Copies, r.Copies)
	return move(ctx, tx, e, func(a *account, now time.Time) error {
		var err error
		if made.Takes, err = a.hold(r.Copies, now); err != nil {
			return err
		}
		if again {
			old.V = made
			return holdings.Update(ctx, tx, old)
		}
		return holdings.Insert(ctx, tx, made)
	})
}

// holdPerson applies the policy for persons: free, or refused while there is nothing
// they could buy.
func (s *Service) holdPerson() error {
	if s.chargePersons {
		return ErrInsufficient
	}
	return nil
}

// ChargeRequest says what a complete envelope is charged for. The copies are those that
// were held.
type ChargeRequest struct {
	Org      org.CompanyID // id; empty for a person
	Envelope string        // id
	Name     string        // 消费信封
	Copies   int64         // 份, as held; otherwise ErrHeld
	Source   Source        // 业务系统
}

// Charge turns an envelope's hold into a charge, in the transaction that completes the
// envelope (M55, M58) (T14). Charging twice charges once. It returns [ErrHeld] if other
// copies are held, [ErrSettled] if they were released, and [ErrNoHold] if none were
// ever held.
func (s *Service) Charge(ctx context.Context, tx *store.Tx, r ChargeRequest) error {
	if r.Org == "" {
		return nil
	}
	rec, done, err := settle(ctx, tx, r.Org, r.Envelope, charged)
	if err != nil {
		return err
	}
	if rec.V.Copies != r.Copies {
		return ErrHeld
	}
	if done {
		return nil
	}
	e := newEntry(EntryCharge, r.Org, rec.V.subject(), 0, -r.Copies)
	return move(ctx, tx, e, func(a *account, now time.Time) error {
		a.charge(rec.V.Takes)
		c := Charge{Envelope: r.Envelope, Org: r.Org, At: now, Copies: r.Copies, Name: r.Name, Source: r.Source}
		if err := holdings.Update(ctx, tx, rec); err != nil {
			return err
		}
		return charges.Insert(ctx, tx, c)
	})
}

// ReleaseRequest names an envelope that will not complete.
type ReleaseRequest struct {
	Org      org.CompanyID
	Envelope string
}

// Release gives an envelope's copies back in the transaction that ends the envelope
// (M55: withdrawn; also declined and expired). Copies whose lot has expired meanwhile
// are lost. Releasing twice releases once. It returns [ErrSettled] if the copies were
// charged, and [ErrNoHold] if none were ever held.
func (s *Service) Release(ctx context.Context, tx *store.Tx, r ReleaseRequest) error {
	if r.Org == "" {
		return nil
	}
	rec, done, err := settle(ctx, tx, r.Org, r.Envelope, released)
	if err != nil || done {
		return err
	}
	e := newEntry(EntryRelease, r.Org, rec.V.subject(), rec.V.Copies, -rec.V.Copies)
	return move(ctx, tx, e, func(a *account, _ time.Time) error {
		a.release(rec.V.Takes)
		return holdings.Update(ctx, tx, rec)
	})
}

// settle loads an envelope's hold and ends it, without saving it.
func settle(ctx context.Context, tx *store.Tx, company org.CompanyID, envelope string, how settlement) (store.Rec[holding], bool, error) {
	rec, err := holdings.Get(ctx, tx, envelope)
	if errors.Is(err, store.ErrNotFound) {
		return rec, false, ErrNoHold
	}
	if err != nil {
		return rec, false, err
	}
	done, err := rec.V.settle(company, how)
	return rec, done, err
}
