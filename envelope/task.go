package envelope

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Task is an envelope that waits for the actor (待我处理, M72).
type Task struct {
	Envelope ID
	Subject  string
	At       time.Time // when the actor's turn came
}

// MarkOpened records that the actor has opened the documents of an envelope (点击开始签署,
// M73), for the trail and for the reading time that the sender asks for. Calling it
// again changes nothing.
func (s *Service) MarkOpened(ctx context.Context, actor org.Actor, id ID) error {
	return s.carryAnswer(ctx, actor, id, openCommand{Person: actor.Person}, func(n int) command { return openCommand{Party: n, Person: actor.Person} })
}

// findParty finds the actor's party in an envelope. A party is identified by its phone,
// its real name and the company it signs for (M70). One that is not registered yet
// becomes known by verifying that name with that phone. It returns ErrWrongSigner if
// the phone is a party's but the name is another.
func (s *Service) findParty(ctx context.Context, tx *store.Tx, actor org.Actor, id ID) (store.Rec[record], int, error) {
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
	if err != nil {
		return store.Rec[record]{}, 0, err
	}
	rec, err := envelopes.Get(ctx, tx, string(id))
	if err != nil {
		return rec, 0, fault.NotFound(err, ErrNotFound)
	}
	n, err := rec.V.matchParty(st)
	return rec, n, err
}

// matchParty is findParty for an actor who was found already.
func (e *life) matchParty(st org.Standing) (int, error) {
	found, wrong := 0, false
	for i, p := range e.Parties {
		if !p.is(st) || p.Company != companyName(st) || e.SentAt.IsZero() { // a draft, or one that was withdrawn
			continue
		}
		switch {
		case p.PersonID == "" && p.Name != st.Person.Name:
			wrong = true
		case found == 0 || p.State == Active || p.State == Signing: // the sender named them twice, by two phones
			found = i + 1
		}
	}
	switch {
	case found > 0:
		return found, nil
	case wrong:
		return 0, ErrWrongSigner
	}
	return 0, ErrNotFound
}
