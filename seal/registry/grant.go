package registry

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Grant lends a seal to an active member of the company (授权, M49). If the member has it
// already, it modifies the grant (修改): the old one ends and the new one begins in the
// same commit.
func (s *Service) Grant(ctx context.Context, actor org.Actor, seal SealID, person org.PersonID, p Period) error {
	c := org.Command{Name: "seal.grant", Actor: actor, Right: org.ActionSealGrant, Args: append([]string{string(seal), string(person)}, p.args()...)}
	_, err := s.org.Carry(ctx, c, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, err := s.findOfCompany(ctx, u.Tx(), actor, seal)
		if err != nil {
			return err
		}
		_, err = s.lend(ctx, u, rec.V, grant{Person: person, Period: p})
		return err
	})
	return err
}

// lend makes a grant of a company's seal and ends the one that stood before.
func (s *Service) lend(ctx context.Context, u org.UnderWay, k kept, g grant) (grant, error) {
	if k.Discarded {
		return grant{}, ErrDiscarded
	}
	tx, st := u.Tx(), u.Standing()
	var err error
	if g.Tenure, err = s.org.Tenure(ctx, tx, st.Company.ID, g.Person); err != nil {
		return grant{}, err
	}
	if g.Tenure == "" {
		return grant{}, ErrNotMember
	}
	g.ID, g.Company, g.Seal, g.By, g.At = tx.NewID(), st.Company.ID, k.ID, st.Person.ID, tx.Now()
	if g.Period, err = g.Period.startAt(g.At); err != nil {
		return grant{}, err
	}
	if err := endGrant(ctx, u, k.ID, g.Person); err != nil {
		return grant{}, err
	}
	if err := grants.Insert(ctx, tx, g); err != nil {
		return grant{}, err
	}
	return g, u.Record(ctx, "grant/"+g.ID, nil, g)
}

// standingGrant loads the grant of a seal that a person has and that was not ended.
func standingGrant(ctx context.Context, tx *store.Tx, seal SealID, person org.PersonID) (rec store.Rec[grant], found bool, err error) {
	page, err := grants.Page(ctx, tx, store.Where("standing", standing(seal, person)), store.Limit(1))
	if err != nil || len(page.Items) == 0 {
		return store.Rec[grant]{}, false, err
	}
	return page.Items[0], true, nil
}

// endGrant closes the grant of a seal that a person has, if there is one.
func endGrant(ctx context.Context, u org.UnderWay, seal SealID, person org.PersonID) error {
	rec, found, err := standingGrant(ctx, u.Tx(), seal, person)
	if err != nil || !found {
		return err
	}
	was := rec.V
	rec.V.Ended, rec.V.EndedBy = u.Tx().Now(), u.Standing().Person.ID
	if err := grants.Update(ctx, u.Tx(), rec); err != nil {
		return err
	}
	return u.Record(ctx, "grant/"+was.ID, was, rec.V)
}

// Revoke ends a grant at once (撤销授权, M49). If there is none, it changes nothing.
func (s *Service) Revoke(ctx context.Context, actor org.Actor, seal SealID, person org.PersonID) error {
	c := org.Command{Name: "seal.revoke", Actor: actor, Right: org.ActionSealGrant, Args: []string{string(seal), string(person)}}
	_, err := s.org.Carry(ctx, c, nil, func(ctx context.Context, u org.UnderWay) error {
		if _, err := s.findOfCompany(ctx, u.Tx(), actor, seal); err != nil {
			return err
		}
		return endGrant(ctx, u, seal, person)
	})
	return err
}
