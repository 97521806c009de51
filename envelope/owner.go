package envelope

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Who owns a task. The sender gives a phone and a name. Once both belong to a verified
// person, the task belongs to that person, whatever phone they have later, and does not
// go to the next owner of the phone. Until then it waits under the phone.

// ownerKey is the key under which tasks are listed: a person, if they are known, or
// else a phone.
func ownerKey(person org.PersonID, phoneIx string) string {
	if person != "" {
		return "person/" + string(person)
	}
	return phoneIx
}

// is reports whether this party names a person: one who is known already, or who has
// the phone and may still become known.
func (p *partyRecord) is(st org.Standing) bool {
	if p.PersonID != "" {
		return p.PersonID == st.Person.ID
	}
	return p.PhoneIx == st.PhoneIx
}

// is reports the same for a reader. If the reader's name is not that of the phone's
// owner, the reader is not that person.
func (r *readerRecord) is(st org.Standing) bool {
	if r.PersonID != "" {
		return r.PersonID == st.Person.ID
	}
	return r.PhoneIx == st.PhoneIx && r.Name == st.Person.Name
}

// bindKnown finds out, at send, which parties and readers are known already.
func (s *Service) bindKnown(ctx context.Context, tx *store.Tx, parties []partyRecord, readers []readerRecord) ([]partyRecord, []readerRecord, error) {
	parties, readers = slices.Clone(parties), slices.Clone(readers)
	var err error
	for i := range parties {
		p := &parties[i]
		if p.Silent != "" {
			perm, err := permissions.Get(ctx, tx, p.Silent)
			if err != nil {
				return nil, nil, err
			}
			p.PersonID = perm.V.Person
		} else if p.PersonID, err = s.findPerson(ctx, tx, p.PhoneIx, p.Name); err != nil {
			return nil, nil, err
		}
	}
	for i := range readers {
		r := &readers[i]
		if r.PersonID, err = s.findPerson(ctx, tx, r.PhoneIx, r.Name); err != nil {
			return nil, nil, err
		}
	}
	return parties, readers, nil
}

// findPerson returns the verified person with a phone and a name; empty if there is
// none.
func (s *Service) findPerson(ctx context.Context, tx *store.Tx, phoneIx, name string) (org.PersonID, error) {
	id, err := s.org.Verified(ctx, tx, phoneIx, name)
	if errors.Is(err, org.ErrNotFound) {
		return "", nil
	}
	return id, err
}

// findPhone returns the phone on which a party or reader is told: the phone that a
// known person has now, else the one that the sender gave. ok is false if a known
// person is gone.
func (s *Service) findPhone(ctx context.Context, tx *store.Tx, person org.PersonID, column, id string, named secret.Ciphertext) (phone secret.Text, ok bool, err error) {
	if person == "" {
		phone, err = s.org.DecryptPhone("envelope", column, id, named)
		return phone, err == nil, err
	}
	_, phone, err = s.org.Reach(ctx, tx, person)
	if errors.Is(err, org.ErrNotFound) {
		return phone, false, nil
	}
	return phone, err == nil, err
}

// phoneAgain is findPhone for a new envelope with the same party or reader. It returns ErrGone
// if a known person is gone.
func (s *Service) phoneAgain(ctx context.Context, person org.PersonID, column, id string, named secret.Ciphertext) (phone secret.Text, err error) {
	ok := false
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		phone, ok, err = s.findPhone(ctx, tx, person, column, id, named)
		return err
	})
	if err == nil && !ok {
		err = ErrGone
	}
	return phone, err
}

// claimBatch is how many tasks become known in one transaction.
const claimBatch = 200

// claim is unfinished work for a person who became known: tasks that wait under their
// phone.
type claim struct {
	ID      string       `json:"id"` // person/phone
	Person  org.PersonID `json:"person"`
	NameIx  string       `json:"name_ix"`
	PhoneIx string       `json:"phone_ix"`
}

var claims = store.NewTable("envelope_claim", func(c *claim) string { return c.ID })

// stepKnown takes the news from org that a person is known now: what was sent to their
// phone under their name becomes theirs.
func (s *Service) stepKnown(ctx context.Context) (int, error) {
	const lease = time.Minute
	due, err := s.db.Outbox().Claim(ctx, store.Claim{Worker: "envelope", Topics: []string{org.TopicKnown}, N: store.MaxClaim, Lease: lease})
	if err != nil {
		return 0, err
	}
	done := 0
	var errs error
	for _, d := range due {
		err := s.noteKnown(ctx, d.Body)
		if err == nil {
			err = ignoreLost(s.db.Outbox().Done(ctx, d))
			done++
		}
		errs = errors.Join(errs, err)
	}
	return done, errs
}

// noteKnown gives a person what waits for them; if that is much, stepClaims does the
// rest.
func (s *Service) noteKnown(ctx context.Context, body []byte) error {
	k, err := s.org.ReadKnown(body)
	if err != nil {
		return err
	}
	c := claim{ID: string(k.Person) + "/" + k.PhoneIx, Person: k.Person, NameIx: s.org.IndexName(k.Name), PhoneIx: k.PhoneIx}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rest, err := s.claimSome(ctx, tx, &c)
		if err != nil || !rest {
			return err
		}
		if _, err := claims.Get(ctx, tx, c.ID); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return claims.Insert(ctx, tx, c)
	})
}

// claimSome gives a person some of what waits under a phone, and reports whether there may
// be more.
func (s *Service) claimSome(ctx context.Context, tx *store.Tx, c *claim) (rest bool, err error) {
	todo, err := tasks.Page(ctx, tx, store.Where("owner", c.PhoneIx), store.Where("name_ix", c.NameIx), store.Limit(claimBatch))
	if err != nil {
		return false, err
	}
	for _, rec := range todo.Items {
		if err := s.noteWho(ctx, tx, rec.V.Envelope, knowCommand{Party: rec.V.Party, Person: c.Person}); err != nil {
			return false, err
		}
		rec.V.Owner = ownerKey(c.Person, "")
		if err := tasks.Update(ctx, tx, rec); err != nil {
			return false, err
		}
	}
	read, err := readings.Page(ctx, tx, store.Where("owner", c.PhoneIx), store.Where("name_ix", c.NameIx), store.Limit(claimBatch))
	if err != nil {
		return false, err
	}
	for _, rec := range read.Items {
		if err := s.noteWho(ctx, tx, rec.V.Envelope, knowCommand{Reader: rec.V.Reader, Person: c.Person}); err != nil {
			return false, err
		}
		rec.V.Owner = ownerKey(c.Person, "")
		if err := readings.Update(ctx, tx, rec); err != nil {
			return false, err
		}
	}
	return todo.Next != "" || read.Next != "", nil
}

// noteWho records which verified person a party or a reader is.
func (s *Service) noteWho(ctx context.Context, tx *store.Tx, id ID, c knowCommand) error {
	rec, err := envelopes.Get(ctx, tx, string(id))
	if err != nil {
		return err
	}
	return s.performCommand(ctx, tx, rec, org.Actor{Person: c.Person}, c)
}

// stepClaims continues with what noteKnown has left.
func (s *Service) stepClaims(ctx context.Context) (int, error) {
	done := 0
	var waits bool
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, err := claims.Page(ctx, tx, store.Limit(1))
		waits = len(page.Items) > 0
		return err
	})
	for waits && err == nil {
		err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			page, err := claims.Page(ctx, tx, store.Limit(1))
			if waits = err == nil && len(page.Items) > 0; !waits {
				return err
			}
			rest, err := s.claimSome(ctx, tx, &page.Items[0].V)
			if err != nil || rest {
				return err
			}
			return claims.Delete(ctx, tx, page.Items[0])
		})
		if err == nil && waits {
			done++
		}
	}
	return done, err
}
