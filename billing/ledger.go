package billing

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Lock returns the lock for a transaction that moves a company's balance. The balance
// is one row, and a transaction that queues for it does not have to retry.
func Lock(company org.CompanyID) store.Lock { return store.Lock("billing/" + string(company)) }

var accounts = store.NewTable("billing_account", func(a *account) string { return string(a.Org) })

var holdings = store.NewTable("billing_hold", func(h *holding) string { return h.Envelope })

// EntryKind says what moved copies. The zero value is invalid.
type EntryKind string

// The kinds.
const (
	EntryPurchase EntryKind = "purchase" // 充值
	EntryHold     EntryKind = "hold"     // 预占, when an envelope is sent
	EntryCharge   EntryKind = "charge"   // 消费, when it is complete
	EntryRelease  EntryKind = "release"  // 退回, when it ends otherwise
	EntryExpire   EntryKind = "expire"   // 过期, found with the next movement
)

// Entry is one movement of a company's copies (份); it never changes. Its id makes it
// happen only once: kind and subject, which is an order, an envelope, or for an expiry
// the entry it was found with.
type Entry struct {
	ID   string        `json:"id"`
	Org  org.CompanyID `json:"org"` // id
	Kind EntryKind     `json:"kind"`
	Free int64         `json:"free"`
	Held int64         `json:"held"` // copies added to either side; may be negative
	At   time.Time     `json:"at"`
}

func newEntry(kind EntryKind, company org.CompanyID, subject string, free, held int64) Entry {
	return Entry{ID: string(kind) + "/" + subject, Org: company, Kind: kind, Free: free, Held: held}
}

var entries = store.NewTable("billing_entry", func(e *Entry) string { return e.ID },
	store.Text("org", func(e *Entry) string { return string(e.Org) }),
	store.Time("at", func(e *Entry) time.Time { return e.At })).
	Index("by_org", "org", "at")

// move changes a company's balance and writes the entry that says why, and one more
// entry for copies that have expired.
func move(ctx context.Context, tx *store.Tx, e Entry, change func(a *account, now time.Time) error) error {
	rec, err := accounts.Get(ctx, tx, string(e.Org))
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	now, a := tx.Now(), &rec.V
	a.Org = e.Org
	if err := change(a, now); err != nil {
		return err
	}
	dead := a.expire(now)
	e.At = now
	if err := entries.Insert(ctx, tx, e); err != nil {
		return err
	}
	if dead > 0 {
		x := newEntry(EntryExpire, e.Org, e.ID, -dead, 0)
		x.At = now
		if err := entries.Insert(ctx, tx, x); err != nil {
			return err
		}
	}
	if fresh {
		return accounts.Insert(ctx, tx, *a)
	}
	return accounts.Update(ctx, tx, rec)
}

// Balance is what a company has, in copies (份).
type Balance struct {
	Free int64 // 剩余签署份数: can be sent
	Held int64 // of envelopes under way
}

// Balance returns the balance of the actor's company, without the copies that
// have expired.
func (s *Service) Balance(ctx context.Context, actor org.Actor) (Balance, error) {
	var out Balance
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		rec, err := accounts.Get(ctx, tx, string(actor.Org))
		if errors.Is(err, store.ErrNotFound) {
			out = Balance{}
			return nil
		}
		out = Balance{rec.V.free(tx.Now()), rec.V.Held}
		return err
	})
	return out, err
}

// Ledger lists the movements of the balance of the actor's company, newest first.
func (s *Service) Ledger(ctx context.Context, actor org.Actor, after store.Cursor) ([]Entry, store.Cursor, error) {
	var out []Entry
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		page, err := entries.Page(ctx, tx, store.Where("org", actor.Org), store.Desc("at"), store.After(after))
		out, next = page.Values()
		return err
	})
	return out, next, err
}

// Audit checks that a company's balance is the sum of its ledger and that no part of it
// is below zero. It returns an [*AuditError] if not. It reads every entry of the
// company; it is for the host's operators.
func (s *Service) Audit(ctx context.Context, company org.CompanyID) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := accounts.Get(ctx, tx, string(company))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		e := &AuditError{Org: company, Held: rec.V.Held}
		sound := e.Held >= 0
		for _, l := range rec.V.Lots {
			e.Free += l.Left
			sound = sound && l.Left > 0
		}
		for r, err := range entries.All(ctx, tx, store.Where("org", company), store.Limit(store.MaxLimit)) {
			if err != nil {
				return err
			}
			e.LedgerFree += r.V.Free
			e.LedgerHeld += r.V.Held
		}
		if !sound || e.Free != e.LedgerFree || e.Held != e.LedgerHeld {
			return e
		}
		return nil
	})
}
