package envelope

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Messages to persons: who is told what, by a short message with a short link. Programs
// of the host get notices instead.

// activateTask opens a party's task and tells the party (M69, M77).
func (s *Service) activateTask(ctx context.Context, tx *store.Tx, e *record, party int) error {
	p := &e.Parties[party-1]
	t := s.newTask(e, party, taskOpen, tx.Now())
	if p.Silent != "" {
		t.State = taskSilent
	}
	if err := tasks.Put(ctx, tx, t); err != nil || p.Silent != "" { // the task may have waited
		return err
	}
	return s.tellParty(ctx, tx, e, party)
}

func (s *Service) newTask(e *record, party int, state taskState, at time.Time) task {
	p := &e.Parties[party-1]
	return task{ID: taskID(string(e.ID), party), Envelope: e.ID, Party: party, Owner: ownerKey(p.PersonID, p.PhoneIx), NameIx: s.org.IndexName(p.Name),
		Company: p.Company, Subject: e.Subject, State: state, At: at}
}

// awaitUnknown stores the tasks of parties who are not known yet and whose turn comes
// later, for when they become known.
func (s *Service) awaitUnknown(ctx context.Context, tx *store.Tx, e *record) error {
	for i, p := range e.Parties {
		if p.PersonID != "" || p.State != Waiting {
			continue
		}
		if err := tasks.Insert(ctx, tx, s.newTask(e, i+1, taskWaiting, tx.Now())); err != nil {
			return err
		}
	}
	return nil
}

// tellParty sends a party the message of its task (M77), unless its phone or the sender has
// had too many: the task is in the party's list all the same (T34).
func (s *Service) tellParty(ctx context.Context, tx *store.Tx, e *record, party int) error {
	return unlimited(s.remindParty(ctx, tx, e, party))
}

// unlimited drops what says that a message was one too many.
func unlimited(err error) error {
	var limit *org.LimitError
	if errors.As(err, &limit) {
		return nil
	}
	return err
}

// remindParty is tellParty where the message is all that was asked for: it returns an
// *org.LimitError if it is one too many.
func (s *Service) remindParty(ctx context.Context, tx *store.Tx, e *record, party int) error {
	p := &e.Parties[party-1]
	phone, ok, err := s.findPhone(ctx, tx, p.PersonID, "party", taskID(string(e.ID), party), e.Upkeep.Phones[party-1])
	if err != nil || !ok {
		return err
	}
	return s.tell(ctx, tx, e, phone, link{Envelope: e.ID, Party: party}, s.org.TaskText)
}

// tell sends a message with a short link (短链接).
func (s *Service) tell(ctx context.Context, tx *store.Tx, e *record, phone secret.Text, l link, text func(from, subject, url string) string) (err error) {
	if l.Code, err = s.org.ShortCode(); err != nil {
		return err
	}
	if err := s.org.Tell(ctx, tx, e.Sender, phone, text(e.From, e.Subject, s.org.ShortURL(l.Code))); err != nil {
		return err
	}
	return links.Insert(ctx, tx, l)
}

// handOnTask moves a task to its new handler and tells them. Links of the old handler
// remain, but only as pointers: they no longer open anything for the old handler.
func (s *Service) handOnTask(ctx context.Context, tx *store.Tx, e *record, party int) error {
	rec, err := tasks.Get(ctx, tx, taskID(string(e.ID), party))
	if err != nil {
		return err
	}
	rec.V = s.newTask(e, party, taskOpen, tx.Now()) // a silent one, too, is the new handler's
	if err := tasks.Update(ctx, tx, rec); err != nil {
		return err
	}
	return s.tellParty(ctx, tx, e, party)
}

// tellReaders tells the readers who are to be told at the send, or at the completion,
// and lists the envelope among what they may read.
func (s *Service) tellReaders(ctx context.Context, tx *store.Tx, e *record, atSend bool) error {
	for i, r := range e.Readers {
		if r.AtSend != atSend {
			continue
		}
		err := readings.Insert(ctx, tx, reading{ID: readerID(string(e.ID), i+1), Envelope: e.ID, Reader: i + 1,
			Owner: ownerKey(r.PersonID, r.PhoneIx), NameIx: s.org.IndexName(r.Name), Company: r.Company, Subject: e.Subject, At: tx.Now()})
		if err != nil {
			return err
		}
		phone, ok, err := s.findPhone(ctx, tx, r.PersonID, "reader", readerID(string(e.ID), i+1), e.Upkeep.ReaderPhones[i])
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := unlimited(s.tell(ctx, tx, e, phone, link{Envelope: e.ID, Reader: i + 1}, readerText)); err != nil {
			return err
		}
	}
	return nil
}

// readerText is our own sentence: the manual does not describe copies.
func readerText(from, subject, url string) string {
	return fmt.Sprintf("【大家签】您好, ({%s})抄送您一份《{%s}》文件, 请点击查看: %s。", plain.Unlink(from), plain.Unlink(subject), url)
}

// linkTTL is how long a link leads to an envelope that ended.
const linkTTL = 90 * 24 * time.Hour

// ResolveLink returns the envelope that a short link points to (M77, M78), if the actor
// may sign or read it in this edition. It returns [ErrNotFound] to anyone else. A
// signer who is not verified yet gets the refusal of org, and may use the link again
// later. A link leads nowhere 90 days after its envelope ended; the envelope stays in their
// lists.
func (s *Service) ResolveLink(ctx context.Context, actor org.Actor, code string) (*Envelope, error) {
	var e *Envelope
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := links.Get(ctx, tx, code)
		if err != nil { // the answer that they would get to a link of others
			_, denied := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
			return cmp.Or(denied, fault.NotFound(err, ErrNotFound))
		}
		rec, v, err := s.loadFor(ctx, tx, actor, l.V.Envelope)
		if errors.Is(err, ErrNotYourTurn) { // they have no link yet
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		over := !rec.V.EndedAt.IsZero() && tx.Now().Sub(rec.V.EndedAt) >= linkTTL
		if l.V.Party != v.party || l.V.Reader != v.reader || over {
			return ErrNotFound
		}
		e = rec.V.viewFor(v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}
