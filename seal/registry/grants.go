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
	// Ended is when the grant was revoked or modified, or the person disabled, or their
	// account closed; zero while it stands.
	Ended time.Time
}

// goodAt reports whether the grant let its person stamp at an instant. Pure.
func (g *GrantInfo) goodAt(t time.Time) bool {
	return !t.Before(g.At) && (g.Ended.IsZero() || t.Before(g.Ended)) && g.Period.Contains(t)
}

// endedIn returns when a grant ended: by its own end, or with the tenure in which it was made
// (T2), whichever came first as far as clocks agree. now is the tenure of its person. Pure.
func (g *grant) endedIn(now string, departures []time.Time) time.Time {
	if !g.ended() && g.Tenure == now {
		return time.Time{}
	}
	for _, d := range departures {
		if !d.Before(g.At) {
			if g.ended() && g.Ended.Before(d) {
				break
			}
			return d
		}
	}
	if !g.ended() {
		return g.At
	}
	return g.Ended
}

// grantScan is how many grants one call examines to find those that match.
const grantScan = 1000

// GrantFilter says which grants of a seal are listed. The zero value lists those that
// stand (已授权, M49), also before and after their periods. It does not list revoked
// grants, nor those that ended when their person was disabled.
type GrantFilter struct {
	// Text finds standing grants of persons whose name contains it, or whose whole
	// phone number it is. It is ignored with All or At.
	Text string

	All bool      // every grant that the seal ever had
	At  time.Time // those that allowed stamping with the seal at this instant
}

// Grants lists grants of a seal in the order they were made, about 50 per page. One
// call examines at most 1,000 grants, so a page may be short or empty without being the
// last. Administrators need no grant; [Service.Uses] shows who stamped. Grants returns
// [ErrNotFound] if the seal belongs to another company.
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

// listGrants reads pages of grants until it has a full page of those to keep.
func (s *Service) listGrants(ctx context.Context, actor org.Actor, seal SealID, column string, after store.Cursor, want func(*GrantInfo) (keep, more bool)) ([]GrantInfo, store.Cursor, error) {
	const page = 50
	var out []GrantInfo
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, next = nil, after
		if err := s.checkLender(ctx, tx, actor, seal); err != nil {
			return err
		}
		people := map[string]borrower{} // a history names the same persons many times
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

// borrower is what the line of a grant shows about its person.
type borrower struct {
	org.Person
	tenure     string
	departures []time.Time
}

func (s *Service) borrower(ctx context.Context, tx *store.Tx, company org.CompanyID, person org.PersonID) (b borrower, err error) {
	if b.Person, err = s.org.PersonByID(ctx, tx, person); err != nil {
		return borrower{}, err
	}
	if b.tenure, err = s.org.Tenure(ctx, tx, company, person); err != nil {
		return borrower{}, err
	}
	b.departures, err = s.org.Departures(ctx, tx, company, person)
	return b, err
}

func (g *grant) info(b *borrower) GrantInfo {
	return GrantInfo{
		ID: g.ID, Person: b.ID, Name: b.Name, Phone: b.Phone,
		Period: g.Period, By: g.By, At: g.At, Ended: g.endedIn(b.tenure, b.departures),
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
