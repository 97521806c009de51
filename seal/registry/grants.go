package registry

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// GrantInfo is a grant as an administrator sees it.
type GrantInfo struct {
	ID     string
	Person org.PersonID // id
	Name   string       // of the person
	Phone  string       // masked, 173****27
	Period Period
	By     org.PersonID // who lent the seal
	At     time.Time    // when
	// Ended is when the grant was revoked or modified, or the person disabled, or his
	// account closed; zero while it stands.
	Ended time.Time
}

// goodAt tells whether the grant let its person stamp at an instant. Pure.
func (g *GrantInfo) goodAt(t time.Time) bool {
	return !t.Before(g.At) && (g.Ended.IsZero() || t.Before(g.Ended)) && g.Period.Contains(t)
}

// endedBy is when a grant ended: as it says itself, or with the first departure of
// its person after it was made (T2), whichever came first. Pure. Times are exact to
// the microsecond: of a grant and a departure at once, the departure was later.
func (g *grant) endedBy(departures []time.Time) time.Time {
	for _, d := range departures {
		if !d.Before(g.At) {
			if g.ended() && g.Ended.Before(d) {
				break
			}
			return d
		}
	}
	return g.Ended
}

// grantScan is how many grants one call looks at for those that it is asked for.
const grantScan = 1000

// A GrantFilter says which grants of a seal are listed. The zero value lists those
// that stand (已授权, M49), also before and after their periods: what was revoked is not
// among them, nor what ended when its person was disabled.
type GrantFilter struct {
	// Text finds standing grants of persons whose name contains it, or whose phone is
	// it, all of it. It is not looked at with All or At.
	Text string

	All bool      // every grant that the seal ever had
	At  time.Time // those by which the seal could be stamped with at this instant
}

// Grants lists grants of a seal in the order they were made, about 50 a page. Of very
// many grants it looks at 1,000 in one call, so that a page may be short, or empty,
// and not the last. Administrators need no grant; who stamped is in Uses. A seal of
// another company is ErrNotFound.
func (s *Service) Grants(ctx context.Context, actor org.Actor, seal SealID, f GrantFilter, after store.Cursor) ([]GrantInfo, store.Cursor, error) {
	text := strings.TrimSpace(f.Text)
	switch phone, err := org.ParsePhone(text); {
	case f.All:
		return s.listGrants(ctx, actor, seal, "seal", after, func(*GrantInfo) (keep, more bool) { return true, true })
	case !f.At.IsZero():
		return s.listGrants(ctx, actor, seal, "seal", after, func(g *GrantInfo) (keep, more bool) {
			return g.goodAt(f.At), !g.At.After(f.At)
		})
	case err == nil:
		return s.grantOfPhone(ctx, actor, seal, phone)
	}
	return s.listGrants(ctx, actor, seal, "standing_seal", after, func(g *GrantInfo) (keep, more bool) {
		return g.Ended.IsZero() && strings.Contains(g.Name, text), true
	})
}

// listGrants reads pages of grants until one is full of those that are to be kept.
func (s *Service) listGrants(ctx context.Context, actor org.Actor, seal SealID, column string, after store.Cursor, want func(*GrantInfo) (keep, more bool)) ([]GrantInfo, store.Cursor, error) {
	const page = 50
	var out []GrantInfo
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, next = nil, after
		if err := s.checkLender(ctx, tx, actor, seal); err != nil {
			return err
		}
		people := map[string]borrower{} // a history names the same ones again and again
		for seen := 0; seen < grantScan && len(out) < page; seen += page {
			rows, err := grants.Page(ctx, tx, store.Where(column, seal), store.Asc("at"), store.After(next), store.Limit(page))
			if err != nil {
				return err
			}
			next = rows.Next
			for _, r := range rows.Items {
				who, known := people[string(r.V.Person)]
				if !known {
					if who, err = s.borrower(ctx, tx, r.V.Company, r.V.Person); err != nil {
						return err
					}
					people[string(r.V.Person)] = who
				}
				g := r.V.info(&who)
				keep, more := want(&g)
				if keep {
					out = append(out, g)
				}
				if !more {
					next = ""
					return nil
				}
			}
			if next == "" {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}

// borrower is what a grant's line tells of its person.
type borrower struct {
	org.Person
	departures []time.Time
}

func (s *Service) borrower(ctx context.Context, tx *store.Tx, company org.CompanyID, person org.PersonID) (b borrower, err error) {
	if b.Person, err = s.org.PersonByID(ctx, tx, person); err != nil {
		return borrower{}, err
	}
	b.departures, err = s.org.Departures(ctx, tx, company, person)
	return b, err
}

func (g *grant) info(b *borrower) GrantInfo {
	return GrantInfo{
		ID: g.ID, Person: b.ID, Name: b.Name, Phone: b.Phone,
		Period: g.Period, By: g.By, At: g.At, Ended: g.endedBy(b.departures),
	}
}

// grantOfPhone lists the one grant that the owner of a phone has, if any.
func (s *Service) grantOfPhone(ctx context.Context, actor org.Actor, seal SealID, phone secret.Text) ([]GrantInfo, store.Cursor, error) {
	var out []GrantInfo
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		if err := s.checkLender(ctx, tx, actor, seal); err != nil {
			return err
		}
		who, err := s.org.PersonByPhone(ctx, tx, phone)
		if errors.Is(err, org.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		rec, found, err := standingGrant(ctx, tx, seal, who.ID)
		if err != nil || !found {
			return err
		}
		b, err := s.borrower(ctx, tx, actor.Org, who.ID)
		if g := rec.V.info(&b); err == nil && g.Ended.IsZero() {
			out = append(out, g)
		}
		return err
	})
	return out, "", err
}
