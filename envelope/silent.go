package envelope

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// Permission lets a company's seal be used automatically in envelopes that the company
// itself sends (静默签). It was given by an administrator, who is responsible for every
// signature made under it. It says who may send under it, what, how often and until when, and
// is no right by itself: its senders need the right to the seal, too, at the draft, at the
// send and at the signing (T26).
type Permission struct {
	ID string `json:"id"`
	PermissionTerms
	Company org.CompanyID `json:"company"`
	Person  org.PersonID  `json:"person"`            // who gave it
	Tenure  string        `json:"tenure"`            // of that person when they gave it
	Tenures []string      `json:"tenures,omitempty"` // of the senders, in their order; empty in one of an older program
	Used    int           `json:"used"`              // envelopes that were signed under it
	At      time.Time     `json:"at"`
	Revoked time.Time     `json:"revoked,omitzero"` // zero while it is not revoked
}

// PermissionTerms are what a Permission allows.
type PermissionTerms struct {
	Seal     registry.SealID `json:"seal"`
	Senders  []org.PersonID  `json:"senders"`           // members of the company, 1 to 100
	Template string          `json:"template,omitzero"` // id of a template: only envelopes that are as it says, with its files, places and marks; empty: any
	Times    int             `json:"times"`             // envelopes, 1 to 100,000
	Until    time.Time       `json:"until"`             // at most 366 days from now
}

// Limits of a Permission.
const (
	maxPermission  = 366 * 24 * time.Hour
	maxSenders     = 100
	maxPermissions = 100_000 // envelopes under one
)

var permissions = store.NewTable("envelope_permission", func(p *Permission) string { return p.ID },
	store.Text("company", func(p *Permission) string { return string(p.Company) }),
	store.Time("at", func(p *Permission) time.Time { return p.At })).
	Index("by_company", "company", "at")

// Permit gives a permission for a seal of the actor's company. The actor must have the right
// to lend the seal, and must be allowed to use it now and at every silent signature, without
// a break in their membership. Who is disabled and enabled again sends under none that was given
// before.
func (s *Service) Permit(ctx context.Context, actor org.Actor, terms PermissionTerms) (Permission, error) {
	var out Permission
	terms.Senders = slices.Compact(slices.Sorted(slices.Values(terms.Senders)))
	args := []string{string(terms.Seal), terms.Template, strconv.Itoa(terms.Times), terms.Until.UTC().Format(time.RFC3339Nano)}
	for _, p := range terms.Senders {
		args = append(args, string(p))
	}
	asked := org.Command{Name: auditPermit, Actor: actor, Right: org.ActionSealGrant, Args: args}
	_, err := s.org.Carry(ctx, asked, &out, func(ctx context.Context, u org.UnderWay) error {
		tx, st := u.Tx(), u.Standing()
		use, err := s.seals.Usable(ctx, tx, actor, terms.Seal)
		if err != nil {
			return err
		}
		now := tx.Now()
		if st.Company == nil || use.Personal || !terms.Until.After(now) || terms.Until.After(now.Add(maxPermission)) ||
			terms.Times < 1 || terms.Times > maxPermissions || len(terms.Senders) == 0 || len(terms.Senders) > maxSenders {
			return ErrSilent
		}
		var tenures []string
		for _, p := range terms.Senders {
			tenure, err := s.org.Tenure(ctx, tx, st.Company.ID, p)
			if err != nil || tenure == "" {
				return errors.Join(err, ErrSilent)
			}
			tenures = append(tenures, tenure)
		}
		if terms.Template != "" {
			t, err := templates.Get(ctx, tx, terms.Template)
			if err != nil || t.V.Owner.Org != st.Company.ID {
				return errors.Join(fault.NotFound(err, nil), ErrSilent)
			}
		}
		terms.Until = terms.Until.UTC().Truncate(time.Microsecond)
		out = Permission{ID: tx.NewID(), PermissionTerms: terms, Company: st.Company.ID, Person: actor.Person, Tenure: st.Tenure, Tenures: tenures, At: now}
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

// Permissions lists the permissions of the actor's company, newest first: all to who may lend
// seals, and to others those under which they may send. A page may be short without being the
// last.
func (s *Service) Permissions(ctx context.Context, actor org.Actor, after store.Cursor) (out []Permission, next store.Cursor, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate); err != nil {
			return err
		}
		_, err := s.org.Authorize(ctx, tx, actor, org.ActionSealGrant)
		denied, err := splitRefusal(err)
		if err != nil {
			return err
		}
		page, err := permissions.Page(ctx, tx, store.Where("company", actor.Org), store.Desc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			if denied == nil || slices.Contains(r.V.Senders, actor.Person) {
				out = append(out, r.V)
			}
		}
		return nil
	})
	return out, next, err
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

// nameSilent makes the person who gave a permission the signer, if the sender may use it.
func (s *Service) nameSilent(ctx context.Context, sender org.Actor, g Signer) (Signer, error) {
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.permitted(ctx, tx, sender, g.Silent)
		if err != nil {
			return err
		}
		who, phone, err := s.org.Reach(ctx, tx, p.Person)
		g.Name, g.Phone = who.Name, phone.Reveal()
		return err
	})
	return g, err
}

// permitted loads a permission under which a sender may send now. It returns ErrSilent if
// there is none, and why the sender may not use the seal.
func (s *Service) permitted(ctx context.Context, tx *store.Tx, sender org.Actor, id string) (Permission, error) {
	rec, err := permissions.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Permission{}, ErrSilent
	}
	if err != nil {
		return Permission{}, err
	}
	p := rec.V
	if sender.Org == "" || p.Company != sender.Org {
		return Permission{}, ErrSilent // to them it is as if it were not there
	}
	if !tx.Now().Before(p.Until) || p.Used >= p.Times {
		return Permission{}, ErrSilent
	}
	return p, s.stands(ctx, tx, sender, &p)
}

// stands checks that a permission was not revoked, that who gave it and who sends under it have
// been members without a break (T32), and that the sender may use its seal (T26).
func (s *Service) stands(ctx context.Context, tx *store.Tx, sender org.Actor, p *Permission) error {
	tenure, err := s.org.Tenure(ctx, tx, p.Company, p.Person)
	if err != nil {
		return err
	}
	if !p.Revoked.IsZero() || tenure != p.Tenure {
		return ErrSilent
	}
	if tenure, err = s.org.Tenure(ctx, tx, p.Company, sender.Person); err != nil {
		return err
	}
	if i := slices.Index(p.Senders, sender.Person); i < 0 || len(p.Tenures) > 0 && p.Tenures[i] != tenure {
		return ErrSilent
	}
	_, err = s.seals.Usable(ctx, tx, sender, p.Seal)
	return err
}

// permittedFor is permitted for an envelope, whose files must be those that the permission is
// for.
func (s *Service) permittedFor(ctx context.Context, tx *store.Tx, e *life, id string) (Permission, error) {
	p, err := s.permitted(ctx, tx, e.Sender, id)
	if err != nil || p.Template == "" {
		return p, err
	}
	t, err := templates.Get(ctx, tx, p.Template)
	if err != nil {
		return p, fault.NotFound(err, ErrSilent)
	}
	same := func(a, b File) bool { return a.Clean == b.Clean && a.Uploaded == b.Uploaded }
	if e.Template != p.Template || !slices.EqualFunc(e.Files, t.V.Files, same) {
		return p, ErrSilent
	}
	return p, nil
}

// checkSilents checks, in the transaction that sends, that the sender may send under every
// permission that the envelope names.
func (s *Service) checkSilents(ctx context.Context, tx *store.Tx, e *life) error {
	for _, p := range e.Parties {
		if p.Silent == "" {
			continue
		}
		perm, err := s.permittedFor(ctx, tx, e, p.Silent)
		if err != nil {
			return err
		}
		if perm.Template == "" {
			continue
		}
		t, err := templates.Get(ctx, tx, perm.Template)
		if err != nil {
			return fault.NotFound(err, ErrSilent)
		}
		if same, err := e.follows(&t.V); err != nil || !same {
			return cmp.Or(err, ErrSilent)
		}
	}
	return nil
}

// follows reports whether a draft has the places and marks of a template, so that nobody's
// pictures or texts stand where the template has none (T26).
func (e *life) follows(t *Template) (bool, error) {
	if len(e.Parties) != len(t.Roles) || e.AllowExtra && !t.AllowExtra {
		return false, nil
	}
	have, want := []any{e.Marks}, []any{t.Marks}
	for i, r := range t.Roles {
		p := e.Parties[i]
		have = append(have, p.Kind, p.Stage, p.Group, unplaced(p.Boxes))
		want = append(want, r.Kind, r.Stage, r.Group, unplaced(r.Boxes))
	}
	a, err := digestOf(have)
	if err != nil {
		return false, err
	}
	b, err := digestOf(want)
	return a == b, err
}

// unplaced returns boxes without what the search for their keywords found.
func unplaced(boxes []Box) []Box {
	var out []Box
	for _, b := range boxes {
		if b.Keyword != nil {
			b.Page, b.X, b.Y, b.Found = 0, 0, 0, nil
		}
		out = append(out, b)
	}
	return out
}

// checkPermission checks, in the commits that sign, that the permission of a silent consent was
// not taken back, and that the sender may still use its seal (T26).
func (s *Service) checkPermission(ctx context.Context, tx *store.Tx, e *life, id string) error {
	rec, err := permissions.Get(ctx, tx, id)
	if err != nil {
		return fault.NotFound(err, ErrSilent)
	}
	return s.stands(ctx, tx, e.Sender, &rec.V)
}

// fitSilent refuses boxes that are too small for the seals that will be set silently.
func (s *Service) fitSilent(ctx context.Context, sender org.Actor, parties []partyRecord) error {
	for i, p := range parties {
		if p.Silent == "" {
			continue
		}
		var use registry.Use
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			perm, err := s.permitted(ctx, tx, sender, p.Silent)
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
		if err != nil {
			return err
		}
	}
	return nil
}

// stepSilent agrees for the silent parties whose turn came. If the permission or the
// seal is no longer valid, the task waits for the person like any other task.
func (s *Service) stepSilent(ctx context.Context) (int, error) {
	all := func(task) bool { return true }
	return s.doTasksWhile(ctx, all, func(ctx context.Context, t task) (bool, error) {
		return s.agreeSilently(ctx, t.ID)
	}, store.Where("state", int64(taskSilent)), store.Asc("at"))
}

// agreeSilently reports whether the task was silent still: another process may have been
// faster, and whoever the task then waited for may have signed.
func (s *Service) agreeSilently(ctx context.Context, id string) (done bool, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		done = false
		waiting, err := tasks.Get(ctx, tx, id)
		if err != nil || waiting.V.State != taskSilent {
			return err
		}
		done = true
		t := waiting.V
		rec, err := envelopes.Get(ctx, tx, string(t.Envelope))
		if err != nil {
			return err
		}
		if rec.V.inTime(tx.Now()) != nil { // it expires once a signature that is being made is there
			done = false
			return nil
		}
		p := &rec.V.Parties[t.Party-1]
		perm, err := s.permittedFor(ctx, tx, &rec.V.life, p.Silent)
		var a agreed
		actor := org.Actor{Person: perm.Person, Org: perm.Company}
		if err == nil {
			a, err = s.workOutConsent(ctx, tx, actor, t.Envelope, Choice{Seal: perm.Seal, silent: t.Party})
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
		kept, err := permissions.Get(ctx, tx, perm.ID)
		if err != nil {
			return err
		}
		kept.V.Used++
		if err := permissions.Update(ctx, tx, kept); err != nil {
			return err
		}
		return s.performCommand(ctx, tx, rec, actor, agreeCommand{Party: t.Party, Person: actor.Person, Org: actor.Org, Pays: s.payer == PartyPays, Consent: a.consent})
	})
	return done && err == nil, err
}
