package envelope_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

// M34: a handler signs and is disabled before the others have signed, so that their certificate
// is revoked. What they signed before stays valid, and gets its long-term evidence.
func TestM34RevokedAfterSigning(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	password := envelope.Password(secret.New(envelopetest.Password))
	d := draft(t)
	d.Methods = envelope.ByPassword
	e := c.send(t, d)
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, c.choice(c.staff), password); err != nil {
		t.Fatal(err)
	}
	c.Clock.Advance(time.Hour)
	_, err := c.Org.Step(ctx)
	if err = errors.Join(err, c.Org.Disable(ctx, c.boss, c.staff.Person)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Org.Step(ctx); err != nil { // asks the CA to revoke
		t.Fatal(err)
	}
	c.Clock.Advance(time.Hour)
	if _, err := c.Envelopes.Submit(ctx, c.partner, e.ID, c.choice(c.partner), password); err != nil {
		t.Fatal(err)
	}
	c.step(t, 1)
	if e, err = c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || !e.Preserved() {
		t.Fatalf("%+v, %v", e, err)
	}
	c.result(t, e, 3)
}
