package envelope_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// signBoth has both parties of draft sign.
func (c *cast) signBoth(t *testing.T, e *envelope.Envelope) *envelope.Envelope {
	t.Helper()
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	e, err := c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)})
	if err != nil || e.Status != envelope.Completed {
		t.Fatal(e, err)
	}
	return e
}

// 解约: an agreement that all sign voids a completed envelope; it costs a copy, and what
// was charged stays charged.
func TestVoid(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	first := c.send(t, draft(t))
	var state *envelope.StateError
	if _, err := c.Envelopes.Void(ctx, c.boss, first.ID, "改价"); !errors.As(err, &state) {
		t.Errorf("voided under way: %v", err)
	}
	first = c.signBoth(t, first)
	_, err := c.Envelopes.Void(ctx, c.partner, first.ID, "改价")
	orgtest.WantOf(t, "T1 another voids", err, envelope.ErrNotFound)
	agreement, err := c.Envelopes.Void(ctx, c.boss, first.ID, "双方协商一致，改签新合同")
	if err != nil || agreement.Voids != first.ID || agreement.Status != envelope.InProgress || len(agreement.Parties) != 2 {
		t.Fatalf("%+v, %v", agreement, err)
	}
	_, err = c.Envelopes.Void(ctx, c.boss, first.ID, "又")
	orgtest.WantOf(t, "a second agreement", err, envelope.ErrVoid)
	if e, err := c.Envelopes.Get(ctx, c.boss, first.ID); err != nil || e.Status != envelope.Completed {
		t.Errorf("before all have signed: %v, %v", e.Status, err)
	}
	agreement = c.signBoth(t, agreement)
	c.result(t, agreement, 3)
	e, err := c.Envelopes.Get(ctx, c.partner, first.ID)
	if err != nil || e.Status != envelope.Voided || e.VoidedBy != agreement.ID || e.Status.Zh() != "已解除" {
		t.Errorf("%+v, %v", e, err)
	}
	if b := c.balance(t); b.Free != 30 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
	if _, err := c.Envelopes.Void(ctx, c.boss, first.ID, "再"); !errors.As(err, &state) {
		t.Errorf("voided twice: %v", err)
	}
	if n, err := c.Envelopes.Step(ctx); err != nil || n != 2 {
		t.Errorf("%d reports, %v", n, err)
	}
	c.report(t, e)
	c.keep(t, "voided", agreement)
}

// A declined agreement leaves the first envelope as it was, and another agreement may
// follow.
func TestVoidDeclined(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	first := c.signBoth(t, c.send(t, draft(t)))
	agreement, err := c.Envelopes.Void(ctx, c.boss, first.ID, "改价")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Envelopes.Decline(ctx, c.partner, agreement.ID, "不同意"); err != nil {
		t.Fatal(err)
	}
	if e, err := c.Envelopes.Get(ctx, c.boss, first.ID); err != nil || e.Status != envelope.Completed {
		t.Errorf("%v, %v", e.Status, err)
	}
	if _, err := c.Envelopes.Void(ctx, c.boss, first.ID, "改价"); err != nil {
		t.Error(err)
	}
}

// M62, M72: counts, latest files, search, waiting tasks and finished ones.
func TestM62Lists(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	done := c.signBoth(t, c.send(t, draft(t)))
	d := draft(t)
	d.Subject = "租赁合同"
	open := c.send(t, d)
	d = draft(t)
	d.Subject = "租赁草稿"
	c.Clock.Advance(time.Minute)
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, d); err != nil {
		t.Fatal(err)
	}
	n, err := c.Envelopes.Counts(ctx, c.boss)
	if err != nil || n.ToDo.N != 0 || n.InProgress.N != 1 || n.Completed.N != 1 || n.Drafts.N != 1 {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := c.Envelopes.Counts(ctx, c.staff); err != nil || n.ToDo.N != 1 || n.Completed.N != 0 {
		t.Errorf("the handler's: %+v, %v", n, err)
	}
	latest, _, err := c.Envelopes.Sent(ctx, c.boss, envelope.Filter{}, "")
	if err != nil || len(latest) != 3 || latest[0].Subject != "租赁草稿" || latest[2].ID != done.ID {
		t.Errorf("latest %v, %v", latest, err)
	}
	for what, s := range map[string]struct {
		f    envelope.Filter
		want int
	}{
		"all":       {envelope.Filter{}, 3},
		"subject":   {envelope.Filter{Subject: "租赁"}, 2},
		"status":    {envelope.Filter{Subject: "租赁", Status: envelope.InProgress}, 1},
		"party":     {envelope.Filter{Party: "王小明"}, 3},
		"company":   {envelope.Filter{Party: "测试科技"}, 3},
		"nobody":    {envelope.Filter{Party: "赵敏"}, 0},
		"before":    {envelope.Filter{To: open.CreatedAt}, 1},
		"after":     {envelope.Filter{From: open.CreatedAt}, 2},
		"long past": {envelope.Filter{To: done.CreatedAt.Add(-time.Hour)}, 0},
	} {
		got, next, err := c.Envelopes.Sent(ctx, c.boss, s.f, "")
		if err != nil || next != "" || len(got) != s.want {
			t.Errorf("%s: %d found, next %q, %v", what, len(got), next, err)
		}
	}
	if got, _, err := c.Envelopes.Sent(ctx, c.staff, envelope.Filter{}, ""); err != nil || len(got) != 0 {
		t.Errorf("T1: another's envelopes: %v, %v", got, err)
	}
	if list, _, err := c.Envelopes.Finished(ctx, c.staff, ""); err != nil || len(list) != 1 || list[0].Envelope != done.ID {
		t.Errorf("handled %+v, %v", list, err)
	}
}
