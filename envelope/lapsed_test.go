package envelope_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/signer"
)

// lateCredentials does something before it answers.
type lateCredentials struct {
	envelope.Credentials
	before func() error
}

func (l *lateCredentials) For(ctx context.Context, who envelope.Subject) (signer.Credential, error) {
	if before := l.before; before != nil {
		l.before = nil
		if err := before(); err != nil {
			return signer.Credential{}, err
		}
	}
	return l.Credentials.For(ctx, who)
}

// A signer whose signing takes longer than a lease, and whose consent then does not
// fit, takes back no other consent that was given meanwhile.
func TestLateRefusalLeavesANewConsent(t *testing.T) {
	var late *lateCredentials
	c := castOf(t, envelopetest.Config{Credentials: func(cr envelope.Credentials) envelope.Credentials {
		late = &lateCredentials{Credentials: cr}
		return late
	}})
	ctx, d := t.Context(), draft(t)
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.TextBox, Page: 1, X: 80, Y: 20})
	e := c.send(t, d)
	unfit, fit := c.choice(c.staff), c.choice(c.staff)
	unfit.Texts = map[string]string{"T1-2": "好😀"}
	fit.Texts = map[string]string{"T1-2": "三百元整"}
	c.Clock.Advance(2 * time.Minute)
	if err := c.Envelopes.RequestCodeUnseen(ctx, c.staff, string(e.ID), unfit); err != nil {
		t.Fatal(err)
	}
	code := envelope.Code(c.Sandbox.Code(phoneB))
	late.before = func() error {
		c.Clock.Advance(2 * time.Minute)
		_, err := c.Envelopes.Submit(ctx, c.staff, e.ID, unfit, nil)
		refusedAs(t, "by who took over", "M68", err)
		late.before = func() error { return errNoCertificate }
		if _, err := c.Sign(c.staff, phoneB, e.ID, fit); !errors.Is(err, errNoCertificate) {
			t.Errorf("the new consent: %v", err)
		}
		return nil
	}
	_, err := c.Envelopes.Submit(ctx, c.staff, e.ID, unfit, code)
	refusedAs(t, "late", "M68", err)
	if e, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || e.Parties[0].State != envelope.Signing {
		t.Errorf("the party is %v, %v", e.Parties[0].State, err)
	}
	if e, err := c.Envelopes.Submit(ctx, c.staff, e.ID, fit, nil); err != nil || e.Parties[0].State != envelope.Signed {
		t.Error(err)
	}
}

// T28, M55: a person sends to a company, which pays when it agrees and cannot end it: a deadline
// is not so far away that its copies are held for ever.
func TestT28DeadlineIsNear(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered, d.Deadline = false, c.Clock.Now().Add(367*24*time.Hour)
	e, err := c.Envelopes.CreateDraft(ctx, c.partner, d)
	orgtest.Must(t, err)
	_, err = c.Envelopes.Send(ctx, c.partner, e.ID)
	orgtest.WantOf(t, "in more than a year", err, envelope.ErrDeadline)
	c.Clock.Advance(2 * 24 * time.Hour)
	_, err = c.Envelopes.Send(ctx, c.partner, e.ID)
	orgtest.Must(t, err)
	orgtest.WantOf(t, "extended too far", c.Envelopes.Extend(ctx, c.partner, e.ID, c.Clock.Now().Add(367*24*time.Hour)), envelope.ErrDeadline)
	orgtest.Must(t, c.Envelopes.Extend(ctx, c.partner, e.ID, c.Clock.Now().Add(366*24*time.Hour)))
}
