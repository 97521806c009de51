package envelope

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// What happens to an envelope under way besides signing. If it ends without being
// completed, the held copies return to the balance (M55).

// Withdraw takes an envelope back before it is complete (撤销, M71). reason has at
// most 200 characters and may be empty.
func (s *Service) Withdraw(ctx context.Context, actor org.Actor, id ID, reason string) error {
	if err := checkReason(reason, false); err != nil {
		return err
	}
	return s.carryAsked(ctx, actor, id, withdrawCommand{Reason: reason})
}

// Extend moves the deadline of an envelope under way to a later time (延期), at most 366 days from
// now.
func (s *Service) Extend(ctx context.Context, actor org.Actor, id ID, until time.Time) error {
	return s.carryAsked(ctx, actor, id, extendCommand{Until: until.UTC().Truncate(time.Microsecond)})
}

// Remind reminds a party, counted from 1, that it has to sign (催办): at most three
// times, while it is its turn. It returns an *org.LimitError if the party's phone has had too
// many messages today.
func (s *Service) Remind(ctx context.Context, actor org.Actor, id ID, party int) error {
	return s.carryAsked(ctx, actor, id, remindCommand{Party: party})
}

// carryAsked carries out a sender's command on an envelope of their own. For commands
// that only a draft allows there is changeDraft.
func (s *Service) carryAsked(ctx context.Context, actor org.Actor, id ID, c asked) error {
	name, args := c.audit()
	asked := org.Command{Name: name, Actor: actor, Right: org.ActionEnvelopeSend, Args: append([]string{string(id)}, args...)}
	_, err := s.org.Carry(ctx, asked, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, err := s.getOwn(ctx, u.Tx(), actor, id)
		if err != nil {
			return err
		}
		return s.performCommand(ctx, u.Tx(), rec, actor, c)
	}, billing.Lock(actor.Org))
	return err
}

// getOwn loads an envelope that the actor sent.
func (s *Service) getOwn(ctx context.Context, tx *store.Tx, actor org.Actor, id ID) (store.Rec[record], error) {
	if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSend); err != nil {
		return store.Rec[record]{}, err
	}
	rec, err := envelopes.Get(ctx, tx, string(id))
	if err != nil {
		return rec, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.Sender != actor {
		return store.Rec[record]{}, ErrNotFound
	}
	return rec, nil
}

// Decline refuses to sign (拒签), which ends the envelope. reason is required.
func (s *Service) Decline(ctx context.Context, actor org.Actor, id ID, reason string) error {
	if err := checkReason(reason, true); err != nil {
		return err
	}
	return s.carryAnswer(ctx, actor, id, declineCommand{Reason: reason}, func(n int) command { return declineCommand{Party: n, Reason: reason} })
}

// Delegate gives the actor's task for a company to another handler of that company
// (转他人处理) and tells them. It returns [ErrMember] if the company is the sender's own and
// the new handler is not an active member of it. The new handler may use the seals that
// are lent to them.
func (s *Service) Delegate(ctx context.Context, actor org.Actor, id ID, name, phone string) error {
	number, err := org.ParsePhone(phone)
	if err != nil {
		return err
	}
	if err := checkName("handler", name); err != nil {
		return err
	}
	to := partyRecord{Name: name, Mask: number.Mask()}
	asked := org.Command{Name: auditDelegate, Actor: actor, Right: org.ActionEnvelopeSign, Args: []string{string(id), name, number.Reveal()}}
	_, err = s.org.Carry(ctx, asked, nil, func(ctx context.Context, u org.UnderWay) error {
		tx := u.Tx()
		rec, n, err := s.findParty(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		var phone secret.Ciphertext
		if phone, to.PhoneIx, err = s.org.EncryptPhone("envelope", "party", taskID(string(id), n), number); err != nil {
			return err
		}
		if to.PersonID, err = s.findPerson(ctx, tx, to.PhoneIx, name); err != nil {
			return err
		}
		if rec.V.Parties[n-1].Kind == Member {
			if err := s.checkMember(ctx, tx, rec.V.Sender.Org, number); err != nil {
				return err
			}
		}
		rec.V.Upkeep.Phones[n-1] = phone
		return s.performCommand(ctx, tx, rec, actor, delegateCommand{Party: n, Person: actor.Person, To: to})
	})
	return err
}

// checkMember checks that a phone belongs to an active member of a company.
func (s *Service) checkMember(ctx context.Context, tx *store.Tx, company org.CompanyID, phone secret.Text) error {
	p, err := s.org.PersonByPhone(ctx, tx, phone)
	if errors.Is(err, org.ErrNotFound) {
		return ErrMember
	}
	if err != nil {
		return err
	}
	tenure, err := s.org.Tenure(ctx, tx, company, p.ID)
	if err == nil && tenure == "" {
		err = ErrMember
	}
	return err
}

// carryAnswer carries out the command that as returns for the actor's party.
func (s *Service) carryAnswer(ctx context.Context, actor org.Actor, id ID, c asked, as func(party int) command) error {
	e, _, err := s.load(ctx, actor, id) // for the company whose balance is locked
	if err != nil {
		return err
	}
	name, args := c.audit()
	asked := org.Command{Name: name, Actor: actor, Right: org.ActionEnvelopeSign, Args: append([]string{string(id)}, args...)}
	_, err = s.org.Carry(ctx, asked, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, n, err := s.findParty(ctx, u.Tx(), actor, id)
		if err != nil {
			return err
		}
		return s.performCommand(ctx, u.Tx(), rec, actor, as(n))
	}, billing.Lock(e.Sender.Org))
	return err
}

func checkReason(reason string, required bool) error {
	switch n := utf8.RuneCountInString(reason); {
	case n == 0 && required:
		return &FieldError{"reason", "", "it is required", "请填写原因"}
	case n > maxReason || !printable(strings.ReplaceAll(reason, "\n", "")):
		return &FieldError{"reason", "", fmt.Sprintf("more than %d characters", maxReason), fmt.Sprintf("原因不能超过%d个字", maxReason)}
	}
	return nil
}

// stepExpiries ends envelopes whose deadline has passed.
func (s *Service) stepExpiries(ctx context.Context) (done int, err error) {
	for after := store.Cursor(""); ; {
		late, next, lerr := s.findLate(ctx, after)
		if lerr != nil {
			return done, errors.Join(err, lerr)
		}
		for _, e := range late {
			company, _, _ := strings.Cut(e.Text("sender"), "/")
			xerr := s.expireEnvelope(ctx, ID(e.ID), org.CompanyID(company))
			if errors.Is(xerr, ErrSigning) {
				continue // it expires, or completes, once that signature is made
			}
			if xerr == nil {
				done++
			}
			err = errors.Join(err, xerr)
		}
		if after = next; after == "" {
			return done, err
		}
	}
}

// findLate returns some envelopes whose deadline has passed, and the cursor for more. It reads
// no envelope whole: the next deadlines may be those of the heaviest.
func (s *Service) findLate(ctx context.Context, after store.Cursor) (late []store.Light, next store.Cursor, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, err := envelopes.Light(ctx, tx, store.Where("timed", timed), store.Asc("deadline"), store.After(after))
		late, next = nil, page.Next
		for _, r := range page.Items {
			if r.Time("deadline").After(tx.Now()) {
				next = "" // and so are those after it
				break
			}
			late = append(late, r)
		}
		return err
	})
	return late, next, err
}

func (s *Service) expireEnvelope(ctx context.Context, id ID, company org.CompanyID) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil {
			return err
		}
		err = s.performCommand(ctx, tx, rec, org.Actor{}, expireCommand{})
		var state *StateError
		if errors.As(err, &state) {
			return nil // another process was faster, or the deadline was moved
		}
		return err
	}, billing.Lock(company))
}
