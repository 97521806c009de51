package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org"
)

// Item is one envelope of a batch (批量签署).
type Item struct {
	Envelope string // id
	Choice   Choice
}

// Outcome is what became of one envelope of a batch.
type Outcome struct {
	Envelope *Envelope // as it is now; nil if Err is not
	Err      error
}

// SubmitBatch signs several envelopes with one Will: the Code of RequestBatchCode, the
// Face of RequestBatchFace, or the Password; every sender must accept it. All consents
// are recorded, or none; then each envelope is signed by itself, and one that fails is
// finished by the same SubmitBatch again, or by Step, and the Will may then be nil. The
// outcomes stand in the order of items.
func (s *Service) SubmitBatch(ctx context.Context, actor org.Actor, items []Item, w Will) ([]Outcome, error) {
	parties, _, err := s.agree(ctx, actor, items, true, w, "")
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(items))
	for i, item := range items {
		out[i].Envelope, out[i].Err = s.carryOut(ctx, actor, item.Envelope, parties[i], "")
	}
	return out, nil
}

// MarkOpened says that the actor has the documents of an envelope before him (点击开始签署,
// M73): for the trail, and for the time that the sender asks to read. Opening again
// changes nothing.
func (s *Service) MarkOpened(ctx context.Context, actor org.Actor, id string) error {
	return s.answer(ctx, actor, id, func(n int) Command { return Open{Party: n, Person: actor.Person} })
}
