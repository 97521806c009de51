package envelope_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// fromPerson sends a draft to the company and to the sender himself.
func (c *cast) fromPerson(t *testing.T) (*envelope.Envelope, error) {
	t.Helper()
	d := draft(t)
	d.Ordered = false
	e, err := c.Envelopes.CreateDraft(t.Context(), c.partner, d)
	orgtest.Must(t, err)
	return c.Envelopes.Send(t.Context(), c.partner, e.ID)
}

// M52, M55, M56: a person sends free of charge; the first company that agrees pays, if it
// can, and has its copies back if the envelope ends.
func TestM56CompaniesPayForPersons(t *testing.T) {
	var broken *heldCredentials
	c := castOf(t, envelopetest.Config{Credentials: func(cr envelope.Credentials) envelope.Credentials {
		broken = &heldCredentials{Credentials: cr, before: func(int64) error { return nil }}
		return broken
	}})
	ctx := t.Context()
	has := func(what string, free, held int64) {
		t.Helper()
		if b := c.balance(t); b.Free != free || b.Held != held {
			t.Errorf("%s: %d free, %d held", what, b.Free, b.Held)
		}
	}
	e, err := c.fromPerson(t)
	orgtest.Must(t, err)
	has("sent", 32, 0)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	has("agreed", 31, 1)
	if e, err = c.Sign(c.partner, phoneC, e.ID, c.choice(c.partner)); err != nil || e.Status != envelope.Completed {
		t.Fatal(err)
	}
	has("completed", 31, 0)
	rows, _, err := c.Billing.Charges(ctx, c.boss, billing.ChargeFilter{}, "")
	if err != nil || len(rows) != 1 || rows[0].Copies != 1 || rows[0].Envelope != string(e.ID) {
		t.Errorf("%+v, %v", rows, err)
	}

	c.Clock.Advance(time.Minute)
	e, err = c.fromPerson(t)
	orgtest.Must(t, err)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	has("agreed again", 30, 1)
	orgtest.Must(t, c.Envelopes.Withdraw(ctx, c.partner, e.ID, ""))
	has("withdrawn", 31, 0)

	c.Clock.Advance(time.Minute)
	e, err = c.fromPerson(t)
	orgtest.Must(t, err)
	broken.before = func(int64) error { return errDown } // agreed, and not signed yet
	for range 2 {
		if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); !errors.Is(err, errDown) {
			t.Fatal(err)
		}
		has("agreed, not signed", 30, 1)
		orgtest.Must(t, c.Envelopes.Retract(ctx, c.staff, e.ID))
		has("taken back", 31, 0)
		c.Clock.Advance(time.Hour)
	}
	broken.before = func(int64) error { return nil }
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	has("agreed after all", 30, 1)
	orgtest.Must(t, c.Envelopes.Withdraw(ctx, c.partner, e.ID, ""))
	has("withdrawn after all", 31, 0)

	for i := range 31 { // the company uses them up
		d := draft(t)
		d.Subject = fmt.Sprint("合同", i)
		c.send(t, d)
	}
	e, err = c.fromPerson(t)
	orgtest.Must(t, err)
	c.Clock.Advance(time.Minute)
	_, err = c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff))
	orgtest.WantOf(t, "M56 nothing left", err, billing.ErrInsufficient)
	got, err := c.Envelopes.Get(ctx, c.partner, e.ID)
	if err != nil || got.Parties[0].State != envelope.Active {
		t.Errorf("%+v, %v", got, err)
	}
}

// M52: the other policies.
func TestM52Payers(t *testing.T) {
	c := castOf(t, envelopetest.Config{Payer: envelope.NobodyPays})
	e, err := c.fromPerson(t)
	orgtest.Must(t, err)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	if b := c.balance(t); b.Free != 32 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
	c = castOf(t, envelopetest.Config{Payer: envelope.MayNotSend})
	_, err = c.fromPerson(t)
	var field *envelope.FieldError
	if !errors.As(err, &field) || field.Rule != "M52" {
		t.Errorf("a person to a company: %v", err)
	}
	d := draft(t)
	d.Signers = d.Signers[1:]
	alone, err := c.Envelopes.CreateDraft(t.Context(), c.partner, d)
	orgtest.Must(t, err)
	_, err = c.Envelopes.Send(t.Context(), c.partner, alone.ID)
	orgtest.Must(t, err)
	c.send(t, draft(t))
}
