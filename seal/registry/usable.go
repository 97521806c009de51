package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
)

// Use is a right to stamp, as it stood when it was asked for. It is evidence.
type Use struct {
	Seal     SealID     // id
	Version  int64      // of the seal's record
	Name     string     // 印章名称
	Style    seal.Style // zero for a seal that a company uploaded
	Personal bool
	Grant    string // "id/version" of the grant, empty for the owner and for administrators

	kept *kept // for ImpressionOf
}

// Usable returns the right of the actor to use a seal now, inside the caller's
// transaction. Call it when a seal is chosen, and again in the commit that stamps it
// (T5). A person uses their own signatures in every edition. A company's seal may be
// used by its administrators, who manage it and need no grant, and by members while it
// is lent to them (M51). Usable returns [ErrNotGranted] for others, and [ErrDiscarded]
// if the seal is discarded.
func (s *Service) Usable(ctx context.Context, tx *store.Tx, actor org.Actor, id SealID) (Use, error) {
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse)
	if err != nil {
		return Use{}, err
	}
	rec, err := s.find(ctx, tx, actor, id)
	if err != nil {
		return Use{}, err
	}
	return judgeUse(ctx, tx, st, rec)
}

func judgeUse(ctx context.Context, tx *store.Tx, st org.Standing, rec store.Rec[kept]) (Use, error) {
	if rec.V.Discarded {
		return Use{}, ErrDiscarded
	}
	u := Use{Seal: rec.V.ID, Version: rec.Version, Name: rec.V.Name, Style: rec.V.Design.Style, Personal: rec.V.personal(), kept: &rec.V}
	if u.Personal || manages(st.Role) {
		return u, nil
	}
	g, found, err := standingGrant(ctx, tx, rec.V.ID, st.Person.ID)
	if err != nil {
		return Use{}, err
	}
	if !found || !g.V.holds(tx.Now(), st.Tenure) {
		return Use{}, ErrNotGranted
	}
	u.Grant = fmt.Sprintf("%s/%d", g.V.ID, g.Version)
	return u, nil
}

// Available lists what the actor may stamp with now: their own signatures first, then
// the seals of their company that they may use.
func (s *Service) Available(ctx context.Context, actor org.Actor) ([]Use, error) {
	var out []Use
	err := s.eachLive(ctx, actor, func(_ Info, u Use, mine bool) {
		if mine {
			out = append(out, u)
		}
	})
	return out, err
}

// Unlent lists the company's live seals that the actor may not use now (未授权印章, M48 and M50):
// those they can apply for.
func (s *Service) Unlent(ctx context.Context, actor org.Actor) ([]Info, error) {
	var out []Info
	err := s.eachLive(ctx, actor, func(i Info, _ Use, mine bool) {
		if !mine {
			out = append(out, i)
		}
	})
	return out, err
}

// eachLive visits the live signatures of the actor and the live seals of their company,
// at most MaxSeals of each, and reports which of them the actor may use.
func (s *Service) eachLive(ctx context.Context, actor org.Actor, visit func(i Info, u Use, mine bool)) error {
	type seen struct {
		Info
		Use
		mine bool
	}
	var all []seen
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		all = nil
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse)
		if err != nil {
			return err
		}
		owners := []string{personOwner(actor.Person)}
		if actor.Org != "" {
			owners = append(owners, companyOwner(actor.Org))
		}
		for _, owner := range owners {
			for rec, err := range seals.All(ctx, tx, store.Where("owner", owner), store.Where("discarded", 0), store.Asc("created_at")) {
				if err != nil {
					return err
				}
				u, err := judgeUse(ctx, tx, st, rec)
				if err != nil && !errors.Is(err, ErrNotGranted) {
					return err
				}
				all = append(all, seen{rec.V.info(), u, err == nil})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, v := range all {
		visit(v.Info, v.Use, v.mine)
	}
	return nil
}
