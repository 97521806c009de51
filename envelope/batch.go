package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org"
)

// Item is one envelope of a batch (批量签署).
type Item struct {
	Envelope ID // id
	Choice   Choice
}

// Outcome is the result for one envelope of a batch.
type Outcome struct {
	Envelope *Envelope // as it is now; nil if there is an Err
	Err      error
}

// SubmitBatch signs several envelopes with one [Will]: the [Code] of
// [Service.RequestBatchCode], the [Face] of [Service.RequestBatchFace], or the
// [Password]; every sender must accept it. Either all consents are recorded or none.
// Then each envelope is signed separately. If one fails, the same SubmitBatch again, or
// [Service.Step], finishes it; the Will may then be nil. The outcomes are in the order
// of items.
func (s *Service) SubmitBatch(ctx context.Context, actor org.Actor, items []Item, w Will) ([]Outcome, error) {
	parties, _, err := s.recordConsents(ctx, actor, items, true, w, "")
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(items))
	for i, item := range items {
		e, err := s.carryOutConsent(ctx, actor, item.Envelope, parties[i], "")
		if out[i].Err = err; err == nil {
			out[i].Envelope = e.viewFor(viewer{sender: e.Sender == actor, party: parties[i]})
		}
	}
	return out, nil
}
