package envelope_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// M71: an envelope that ended is not sent again, and the answer says why.
func TestM71SendOfAnEnded(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	var state *envelope.StateError
	e := c.send(t, draft(t))
	orgtest.Must(t, c.Envelopes.Withdraw(ctx, c.boss, e.ID, ""))
	if _, err := c.Envelopes.Send(ctx, c.boss, e.ID); !errors.As(err, &state) || state.Status != envelope.Withdrawn {
		t.Errorf("withdrawn: %v", err)
	}
	d := draft(t)
	d.Methods, d.Signers = envelope.ByPassword, d.Signers[1:]
	e = c.send(t, d)
	if _, err := c.Envelopes.Submit(ctx, c.partner, e.ID, c.choice(c.partner), envelope.Password(secret.New(envelopetest.Password))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.Send(ctx, c.boss, e.ID); !errors.As(err, &state) || state.Status != envelope.Completed {
		t.Errorf("completed: %v", err)
	}
}

// openedBlobs calls something when a blob is opened.
type openedBlobs struct {
	store.Blobs
	opened *func()
}

func (b openedBlobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	if do := *b.opened; do != nil {
		*b.opened = nil
		do()
	}
	return b.Blobs.Open(ctx, d)
}

// M65: a draft that is deleted while it is laid out is not found.
func TestM65DeletedWhileSent(t *testing.T) {
	var opened func()
	c, ctx := castOf(t, envelopetest.Config{Blobs: func(b store.Blobs) store.Blobs { return openedBlobs{b, &opened} }}), t.Context()
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(t))
	if err != nil {
		t.Fatal(err)
	}
	opened = func() { orgtest.Must(t, c.Envelopes.DeleteDraft(ctx, c.boss, e.ID)) }
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "a deleted draft", err, envelope.ErrNotFound)
}
