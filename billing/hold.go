package billing

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// HoldRequest asks for copies when an envelope is sent. An empty Org is a person,
// who pays nothing (M52).
type HoldRequest struct {
	Org      string
	Envelope string
	Copies   int64
}

// Hold sets copies aside in the caller's transaction, which should take Lock. Too
// little balance is ErrInsufficient, and nothing changes (M56). Holding twice for
// one envelope holds once.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, r HoldRequest) error {
	if r.Org == "" {
		if s.persons {
			return ErrInsufficient
		}
		return nil
	}
	return s.withAccount(ctx, tx, entry{ID: "hold/" + r.Envelope, Org: r.Org, Kind: entryHold}, func(a *account) error {
		takes, ok := a.hold(r.Copies, tx.Now())
		if !ok {
			return ErrInsufficient
		}
		return holdings.Insert(ctx, tx, holding{Envelope: r.Envelope, Org: r.Org, Copies: r.Copies, Takes: takes})
	})
}

// ChargeRequest names what an envelope that is complete is charged for.
type ChargeRequest struct {
	Org      string
	Envelope string // id
	Name     string
	Copies   int64
	Source   Source
}

// Charge turns an envelope's hold into a charge, in the transaction that
// completes the envelope (M55, M58). Charging twice charges once; charging what
// was released is ErrSettled.
func (s *Service) Charge(ctx context.Context, tx *store.Tx, r ChargeRequest) error {
	if r.Org == "" {
		return nil
	}
	e := entry{ID: "charge/" + r.Envelope, Org: r.Org, Kind: entryCharge, Copies: -r.Copies}
	return s.withAccount(ctx, tx, e, func(a *account) error {
		h, err := s.settle(ctx, tx, r.Org, r.Envelope, entryCharge)
		if err != nil {
			return err
		}
		if h.Copies != r.Copies {
			return ErrSettled
		}
		a.charge(h.Takes)
		return charges.Insert(ctx, tx, Charge{Envelope: r.Envelope, Org: r.Org, At: tx.Now(), Copies: r.Copies, Name: r.Name, Source: r.Source})
	})
}

// ReleaseRequest names an envelope that will not complete.
type ReleaseRequest struct{ Org, Envelope string }

// Release gives an envelope's copies back (M55: withdrawn, and declined alike).
// Releasing twice releases once; releasing what was charged is ErrSettled.
func (s *Service) Release(ctx context.Context, tx *store.Tx, r ReleaseRequest) error {
	if r.Org == "" {
		return nil
	}
	return s.withAccount(ctx, tx, entry{ID: "release/" + r.Envelope, Org: r.Org, Kind: entryRelease}, func(a *account) error {
		h, err := s.settle(ctx, tx, r.Org, r.Envelope, entryRelease)
		if err != nil {
			return err
		}
		a.release(h.Takes)
		return nil
	})
}

func (s *Service) settle(ctx context.Context, tx *store.Tx, orgID, envelope string, how entryKind) (holding, error) {
	rec, err := holdings.Get(ctx, tx, envelope)
	if errors.Is(err, store.ErrNotFound) || err == nil && rec.V.Org != orgID {
		return holding{}, ErrNotFound
	}
	if err != nil {
		return holding{}, err
	}
	if rec.V.Settled != "" {
		return holding{}, ErrSettled
	}
	rec.V.Settled = how
	return rec.V, holdings.Update(ctx, tx, rec)
}

// Charges lists the actor's company's charges, newest first (M59).
func (s *Service) Charges(ctx context.Context, actor org.Actor, after store.Cursor) ([]Charge, store.Cursor, error) {
	var out []Charge
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		page, err := charges.Page(ctx, tx, store.Where("org", actor.Org), store.Desc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, r.V)
		}
		return nil
	})
	return out, next, err
}
