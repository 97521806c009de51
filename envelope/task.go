package envelope

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// TrailEntry is one entry of an envelope's trail.
type TrailEntry = audit.Entry

// Task is an envelope that waits for the actor (待我处理, M72).
type Task struct {
	Envelope string
	Subject  string
	At       time.Time // when his turn came
}

// Tasks lists what waits for the actor in this edition, oldest first.
func (s *Service) Tasks(ctx context.Context, actor org.Actor, after store.Cursor) ([]Task, store.Cursor, error) {
	var out []Task
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
		if err != nil {
			return err
		}
		company := ""
		if st.Company != nil {
			company = st.Company.Name
		}
		page, err := tasks.Page(ctx, tx, store.Where("phone", st.PhoneIx), store.Where("company", company),
			store.Where("state", int64(taskOpen)), store.Asc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, Task{r.V.Envelope, r.V.Subject, r.V.At})
		}
		return nil
	})
	return out, next, err
}

// partyOf finds which party of an envelope the actor is. A party is known by its
// phone and the company it signs for (M70); one that is not registered yet
// becomes known by registering that phone. The real name must be the one that
// the sender gave.
func (s *Service) partyOf(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (store.Rec[Envelope], int, error) {
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
	if err != nil {
		return store.Rec[Envelope]{}, 0, err
	}
	rec, err := envelopes.Get(ctx, tx, id)
	if err != nil {
		return rec, 0, notFound(err)
	}
	company := ""
	if st.Company != nil {
		company = st.Company.Name
	}
	for i, p := range rec.V.Parties {
		if p.PhoneIx != st.PhoneIx || p.Company != company || rec.V.Status == Draft {
			continue
		}
		if p.Name != st.Person.Name {
			return rec, 0, ErrWrongSigner
		}
		return rec, i + 1, nil
	}
	return rec, 0, ErrNotFound
}

// activate opens a party's task and tells it by a message with a short link (M77).
func (s *Service) activate(ctx context.Context, tx *store.Tx, e *Envelope, party int) error {
	p := &e.Parties[party-1]
	t := task{ID: taskID(e.ID, party), Envelope: e.ID, Party: party, Phone: p.PhoneIx, Company: p.Company,
		Subject: e.Subject, State: taskOpen, At: tx.Now()}
	if err := tasks.Insert(ctx, tx, t); err != nil {
		return err
	}
	code, err := s.org.ShortCode()
	if err != nil {
		return err
	}
	if err := links.Insert(ctx, tx, link{Code: code, Envelope: e.ID, Party: party}); err != nil {
		return err
	}
	phone, err := s.org.OpenPhone("envelope", "party", taskID(e.ID, party), p.Phone)
	if err != nil {
		return err
	}
	return s.org.Notify(ctx, tx, phone, s.org.TaskText(e.From, e.Subject, s.org.ShortURL(code)))
}

// Decline refuses to sign (拒签): the envelope ends, and its held copies return.
func (s *Service) Decline(ctx context.Context, actor org.Actor, id, reason string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, n, err := s.partyOf(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		evs, err := Decide(&rec.V, Decline{Party: n, Reason: reason})
		if err != nil {
			return err
		}
		_, err = s.apply(ctx, tx, rec, actor, evs)
		return err
	})
}
