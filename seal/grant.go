package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Period is when a grant is good, from From until just before To. A zero From
// means now, a zero To for ever (无期限).
type Period struct{ From, To time.Time }

// Grant lends a seal to a member of the company (授权, M49); for a member who has
// it already the period is changed.
func (s *Service) Grant(ctx context.Context, actor org.Actor, seal, person string, p Period) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := s.lendable(ctx, tx, actor, seal)
		if err != nil {
			return err
		}
		if rec.V.Discarded {
			return ErrDiscarded
		}
		if ok, err := s.org.ActiveMember(ctx, tx, actor.Org, person); err != nil || !ok {
			return errors.Join(err, orNil(!ok, ErrNotMember))
		}
		g := grant{Seal: seal, Person: person, From: p.From, To: p.To, By: actor.Person, At: tx.Now()}
		if g.From.IsZero() {
			g.From = tx.Now()
		}
		if !g.To.IsZero() && !g.From.Before(g.To) {
			return ErrPeriod
		}
		return put(ctx, tx, g)
	})
}

func orNil(cond bool, err error) error {
	if cond {
		return err
	}
	return nil
}

func put(ctx context.Context, tx *store.Tx, g grant) error {
	old, err := grants.Get(ctx, tx, grantID(g.Seal, g.Person))
	if errors.Is(err, store.ErrNotFound) {
		return grants.Insert(ctx, tx, g)
	}
	if err != nil {
		return err
	}
	old.V = g
	return grants.Update(ctx, tx, old)
}

// lendable loads a company's seal for an administrator.
func (s *Service) lendable(ctx context.Context, tx *store.Tx, actor org.Actor, seal string) (store.Rec[kept], error) {
	if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealGrant); err != nil {
		return store.Rec[kept]{}, err
	}
	rec, err := s.find(ctx, tx, actor, seal)
	if err == nil && rec.V.Owner != owner(actor) {
		return store.Rec[kept]{}, ErrNotFound
	}
	return rec, err
}

// Revoke takes a grant back at once (撤销授权, M49).
func (s *Service) Revoke(ctx context.Context, actor org.Actor, seal, person string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.lendable(ctx, tx, actor, seal); err != nil {
			return err
		}
		rec, err := grants.Get(ctx, tx, grantID(seal, person))
		if errors.Is(err, store.ErrNotFound) {
			return ErrNotFound
		}
		if err != nil || rec.V.Revoked {
			return err
		}
		rec.V.Revoked, rec.V.By, rec.V.At = true, actor.Person, tx.Now()
		return grants.Update(ctx, tx, rec)
	})
}

// Use is a right to stamp, as it stood when it was asked for.
type Use struct {
	Seal     string // id
	Version  int64  // of the seal's record
	Name     string // 印章名称
	Style    Style
	Personal bool
	Grant    string // "person/version" of the grant, empty for the owner and for administrators
}

// Usable tells whether the actor may use a seal now, inside the caller's
// transaction: it is asked when a seal is chosen and again in the commit that
// stamps it (T5). A person uses his own signatures in every edition. A company's
// seal is for its administrators, who manage it, and for members while it is lent
// to them; nobody uses a discarded one.
func (s *Service) Usable(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (Use, error) {
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse)
	if err != nil {
		return Use{}, err
	}
	rec, err := s.find(ctx, tx, actor, id)
	if err != nil {
		return Use{}, err
	}
	if rec.V.Discarded {
		return Use{}, ErrDiscarded
	}
	u := Use{Seal: id, Version: rec.Version, Name: rec.V.Name, Style: rec.V.Design.Style,
		Personal: strings.HasPrefix(rec.V.Owner, "person/")}
	if u.Personal || st.Role == org.MainAdmin || st.Role == org.SubAdmin {
		return u, nil
	}
	g, err := grants.Get(ctx, tx, grantID(id, actor.Person))
	// A grant from before the member was disabled does not come back with him (T2).
	if errors.Is(err, store.ErrNotFound) || err == nil && (!g.V.holds(tx.Now()) || g.V.At.Before(st.Since)) {
		return Use{}, ErrNotGranted
	}
	u.Grant = fmt.Sprintf("%s/%d", actor.Person, g.Version)
	return u, err
}

// UseRecord is one use of a seal (使用日志).
type UseRecord struct {
	Seal     string
	Grant    string // of the Use
	Person   string // who stamped
	Envelope string // id
	Document string // digest of the stamped document
}

// LogUse writes a line of a seal's usage log in the transaction that stamps.
func (s *Service) LogUse(ctx context.Context, tx *store.Tx, r UseRecord) error {
	return uses.Insert(ctx, tx, used{ID: tx.NewID(), UseRecord: r, At: tx.Now()})
}

// LoggedUse is a line of the usage log with its time.
type LoggedUse struct {
	UseRecord
	At time.Time
}

// Uses returns a seal's usage log, newest first, to its administrators.
func (s *Service) Uses(ctx context.Context, actor org.Actor, seal string, after store.Cursor) ([]LoggedUse, store.Cursor, error) {
	var out []LoggedUse
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.lendable(ctx, tx, actor, seal); err != nil {
			return err
		}
		page, err := uses.Page(ctx, tx, store.Where("seal", seal), store.Desc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, LoggedUse{r.V.UseRecord, r.V.At})
		}
		return nil
	})
	return out, next, err
}
