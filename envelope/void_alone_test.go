package envelope_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// T38: an agreement that was not sent, because another was under way, is a draft of the sender.
// They cannot make it one that they sign alone.
func TestT38AgreementIsNotEdited(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	first := c.signBoth(t, c.send(t, draft(t)))
	sent, err := c.Envelopes.Void(ctx, c.boss, first.ID, "改价")
	orgtest.Must(t, err)
	_, err = c.Envelopes.Void(ctx, c.boss, first.ID, "改价")
	orgtest.WantOf(t, "a second agreement", err, envelope.ErrVoid)
	orgtest.Must(t, c.Envelopes.Withdraw(ctx, c.boss, sent.ID, ""))
	left, _, err := c.Envelopes.Sent(ctx, c.boss, envelope.Filter{Status: envelope.Draft}, "")
	if err != nil || len(left) != 1 || left[0].Voids != first.ID {
		t.Fatalf("%+v, %v", left, err)
	}
	alone := draft(t)
	alone.Ordered = false
	alone.Signers = []envelope.Signer{{Kind: envelope.Member, Name: "张伟", Phone: phoneA, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}}
	_, err = c.Envelopes.SaveDraft(ctx, c.boss, left[0].ID, alone)
	refusedAs(t, "one's own agreement", "", err)
	alone.Files = nil
	_, err = c.Envelopes.SaveDraft(ctx, c.boss, left[0].ID, alone)
	refusedAs(t, "one's own signature", "", err)
	agreement, err := c.Envelopes.Send(ctx, c.boss, left[0].ID) // as it is, it may be sent
	orgtest.Must(t, err)
	if agreement = c.signBoth(t, agreement); agreement.Voids != first.ID {
		t.Errorf("%+v", agreement)
	}
	if e, err := c.Envelopes.Get(ctx, c.partner, first.ID); err != nil || e.Status != envelope.Voided {
		t.Errorf("%+v, %v", e, err)
	}
}
