package envelope

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// Permission lets a company's seal be used automatically in envelopes that the company
// itself sends (静默签). It was given by an administrator, who is responsible for every
// signature made under it, and it ends by itself.
type Permission struct {
	ID      string          `json:"id"`
	Company org.CompanyID   `json:"company"` // id
	Seal    registry.SealID `json:"seal"`    // id
	Person  org.PersonID    `json:"person"`  // the person who gave it
	At      time.Time       `json:"at"`
	Until   time.Time       `json:"until"`
	Revoked time.Time       `json:"revoked,omitzero"` // zero while it is not revoked
}

// maxPermission is the longest validity of a Permission.
const maxPermission = 366 * 24 * time.Hour

var permissions = store.NewTable("envelope_permission", func(p *Permission) string { return p.ID },
	store.Text("company", func(p *Permission) string { return string(p.Company) }),
	store.Time("at", func(p *Permission) time.Time { return p.At })).
	Index("by_company", "company", "at")

// stands reports whether a permission is valid at a time.
func (p *Permission) stands(now time.Time) bool { return p.Revoked.IsZero() && now.Before(p.Until) }

// Permit gives a permission for a seal of the actor's company until a time, at most 366
// days from now. The actor must have the right to lend the seal, and must be allowed to
// use it now and at every silent signature.
func (s *Service) Permit(ctx context.Context, actor org.Actor, sealID registry.SealID, until time.Time) (Permission, error) {
	var out Permission
	asked := org.Command{Name: auditPermit, Actor: actor, Right: org.ActionSealGrant, Args: []string{string(sealID), until.UTC().Format(time.RFC3339Nano)}}
	_, err := s.org.Carry(ctx, asked, &out, func(ctx context.Context, u org.UnderWay) error {
		tx, st := u.Tx(), u.Standing()
		use, err := s.seals.Usable(ctx, tx, actor, sealID)
		if err != nil {
			return err
		}
		now := tx.Now()
		if st.Company == nil || use.Personal || !until.After(now) || until.After(now.Add(maxPermission)) {
			return ErrSilent
		}
		out = Permission{ID: tx.NewID(), Company: st.Company.ID, Seal: sealID, Person: actor.Person, At: now, Until: until.UTC().Truncate(time.Microsecond)}
		if err := permissions.Insert(ctx, tx, out); err != nil {
			return err
		}
		return u.Record(ctx, "permission/"+out.ID, nil, out)
	})
	return out, err
}

// Revoke ends a permission at once: a task that waits for it then waits for the person
// who gave it. Revoking again changes nothing.
func (s *Service) Revoke(ctx context.Context, actor org.Actor, id string) error {
	asked := org.Command{Name: auditRevoke, Actor: actor, Right: org.ActionSealGrant, Args: []string{id}}
	_, err := s.org.Carry(ctx, asked, nil, func(ctx context.Context, u org.UnderWay) error {
		tx := u.Tx()
		rec, err := permissions.Get(ctx, tx, id)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if rec.V.Company != actor.Org {
			return ErrNotFound
		}
		if !rec.V.Revoked.IsZero() {
			return nil
		}
		was := rec.V
		rec.V.Revoked = tx.Now()
		if err := permissions.Update(ctx, tx, rec); err != nil {
			return err
		}
		return u.Record(ctx, "permission/"+id, was, rec.V)
	})
	return err
}

// Permissions lists the permissions of the actor's company, newest first.
func (s *Service) Permissions(ctx context.Context, actor org.Actor, after store.Cursor) ([]Permission, store.Cursor, error) {
	return listPage(ctx, s, actor, org.ActionSealGrant, permissions, func(org.Standing) []store.Clause {
		return []store.Clause{store.Where("company", actor.Org), store.Desc("at"), store.After(after)}
	}, whole)
}

// checkSilent checks that a signer may be silent.
func (g *Signer) checkSilent(field string) error {
	bad := func(reason, zh string) error { return &FieldError{field, "M67", reason, zh} }
	switch {
	case g.Kind != Member:
		return bad("only a member of the sender's company seals silently", "只有本企业可以使用静默签")
	case g.Name != "" || g.Phone != "":
		return bad("who gave the permission is its signer", "静默签不能另外指定签署人")
	}
	sealed := false
	for _, b := range g.Boxes {
		if b.Kind != SealBox && b.Kind != DateBox {
			return bad("nobody signs or types in a silent box", "静默签只能盖章和填写日期")
		}
		sealed = sealed || b.Kind == SealBox
	}
	if !sealed {
		return bad("it has no box for its seal", "请指定静默签的盖章位置")
	}
	return nil
}

// nameSilent makes the person who gave a permission the signer.
func (s *Service) nameSilent(ctx context.Context, sender org.Actor, g Signer) (Signer, error) {
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.findPermission(ctx, tx, sender.Org, g.Silent)
		if err != nil {
			return err
		}
		who, phone, err := s.org.Reach(ctx, tx, p.Person)
		g.Name, g.Phone = who.Name, phone.Reveal()
		return err
	})
	return g, err
}

// fitSilent refuses boxes that are too small for the seals that will be set silently.
// If a permission ended meanwhile, a person will choose.
func (s *Service) fitSilent(ctx context.Context, company org.CompanyID, parties []partyRecord) error {
	for i, p := range parties {
		if p.Silent == "" {
			continue
		}
		var use registry.Use
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			perm, err := s.findPermission(ctx, tx, company, p.Silent)
			if err != nil {
				return err
			}
			use, err = s.seals.Usable(ctx, tx, org.Actor{Person: perm.Person, Org: perm.Company}, perm.Seal)
			return err
		})
		var stamps []Stamp
		for _, b := range p.Boxes {
			stamps = append(stamps, Stamp{Box: b, Seal: use.Seal})
		}
		if err == nil {
			err = s.fitSeals(ctx, map[registry.SealID]registry.Use{use.Seal: use}, stamps)
		}
		var small *FieldError
		if errors.As(err, &small) {
			return &FieldError{fmt.Sprintf("signer %d, %s", i+1, small.Field), small.Rule, small.Reason, small.zh}
		}
		if _, fault := splitRefusal(err); fault != nil {
			return fault
		}
	}
	return nil
}

// findPermission loads a company's permission that is valid now.
func (s *Service) findPermission(ctx context.Context, tx *store.Tx, company org.CompanyID, id string) (Permission, error) {
	rec, err := permissions.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Permission{}, ErrSilent
	}
	if err == nil && (company == "" || rec.V.Company != company || !rec.V.stands(tx.Now())) {
		err = ErrSilent
	}
	return rec.V, err
}

// stepSilent agrees for the silent parties whose turn came. If the permission or the
// seal is no longer valid, the task waits for the person like any other task.
func (s *Service) stepSilent(ctx context.Context) (int, error) {
	return s.doEveryTask(ctx, taskSilent, func(t task) (bool, error) {
		err := s.agreeSilently(ctx, t)
		return err == nil, err
	})
}

func (s *Service) agreeSilently(ctx context.Context, t task) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, string(t.Envelope))
		if err != nil {
			return err
		}
		p := &rec.V.Parties[t.Party-1]
		perm, err := s.findPermission(ctx, tx, rec.V.Sender.Org, p.Silent)
		var a agreed
		actor := org.Actor{Person: perm.Person, Org: perm.Company}
		if err == nil {
			a, err = s.workOutConsent(ctx, tx, actor, t.Envelope, Choice{Seal: perm.Seal, silent: true})
		}
		if denied, fault := splitRefusal(err); fault != nil {
			return fault
		} else if denied != nil {
			if err := s.setTask(ctx, tx, string(t.Envelope), t.Party, taskOpen); err != nil {
				return err
			}
			return s.tellParty(ctx, tx, &rec.V, t.Party)
		}
		a.consent.Silent = perm.ID
		return s.performCommand(ctx, tx, rec, actor, agreeCommand{Party: t.Party, Person: actor.Person, Org: actor.Org, Consent: a.consent})
	})
}
