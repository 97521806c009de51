package envelope

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Consents that are taken back before their signatures are in place: by the signer, and by
// time.

// hopeless is how long signatures are tried before their consent is taken back: the copies of
// an envelope are not held for ever by a key that is gone.
const hopeless = 7 * 24 * time.Hour

var errHopeless = errors.New("envelope: the signatures could not be made within 7 days")

// Retract takes the actor's consent back (撤回签署), as long as its signatures are not in
// place: the task is open again. It returns [ErrSigned] once they are, and a *StateError if
// the actor has not agreed.
func (s *Service) Retract(ctx context.Context, actor org.Actor, id ID) error {
	asked := org.Command{Name: auditRetract, Actor: actor, Right: org.ActionEnvelopeSign, Args: []string{string(id)}}
	_, err := s.org.Carry(ctx, asked, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, n, err := s.findParty(ctx, u.Tx(), actor, id)
		if err != nil {
			return err
		}
		return s.takeBack(ctx, u.Tx(), rec, actor, n, "the signer took it back")
	})
	return err
}

// takeBack releases a party's consent and what is made of its signatures. Who is making them
// loses the lease and finds ErrHeadMoved (T33).
func (s *Service) takeBack(ctx context.Context, tx *store.Tx, rec store.Rec[record], actor org.Actor, party int, reason string) error {
	up := &rec.V.Upkeep
	if up.Lease.Party == party {
		up.Lease = lease{}
	}
	if up.Work != nil && up.Work.Party == party {
		up.Work = nil
	}
	up.Retry = retry{}
	return s.release(ctx, tx, rec, actor, releaseCommand{Party: party, Reason: reason})
}
