package envelope_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// brokenKeys is a cast whose keys do what a test says, and an envelope to sign.
func brokenKeys(t *testing.T) (*cast, *heldCredentials, *envelope.Envelope) {
	t.Helper()
	var keys *heldCredentials
	c := castOf(t, envelopetest.Config{Credentials: func(cr envelope.Credentials) envelope.Credentials {
		keys = &heldCredentials{Credentials: cr, before: func(int64) error { return nil }}
		return keys
	}})
	d := draft(t)
	d.Ordered, d.Signers = false, d.Signers[:1]
	return c, keys, c.send(t, d)
}

var errDown = errors.New("the key is not there")

// T28: a signer takes back a consent whose signatures cannot be made, or are being made.
func TestT28Retract(t *testing.T) {
	c, keys, e := brokenKeys(t)
	ctx := t.Context()
	state := func() envelope.PartyState {
		got, err := c.Envelopes.Get(ctx, c.boss, e.ID)
		orgtest.Must(t, err)
		return got.Parties[0].State
	}
	var refused *envelope.StateError
	if err := c.Envelopes.Retract(ctx, c.staff, e.ID); !errors.As(err, &refused) {
		t.Errorf("nothing to take back: %v", err)
	}
	keys.before = func(int64) error { return errDown }
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); !errors.Is(err, errDown) || state() != envelope.Signing {
		t.Fatal(err)
	}
	orgtest.WantOf(t, "the sender", c.Envelopes.Retract(ctx, c.boss, e.ID), envelope.ErrNotFound)
	orgtest.Must(t, c.Envelopes.Retract(ctx, c.staff, e.ID))
	if state() != envelope.Active || c.todo(t, c.staff) != 1 {
		t.Errorf("%v, %d tasks", state(), c.todo(t, c.staff))
	}
	if n, err := c.Envelopes.Step(ctx); err != nil || n != 0 || state() != envelope.Active {
		t.Errorf("signed without a consent: %d, %v", n, err)
	}

	keys.before = func(int64) error { return c.Envelopes.Retract(ctx, c.staff, e.ID) } // while they are made
	c.Clock.Advance(time.Hour)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err == nil || state() != envelope.Active {
		t.Errorf("%v, %v", err, state())
	}

	keys.before = func(int64) error { return nil }
	c.Clock.Advance(time.Hour)
	done, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff))
	if err != nil || done.Status != envelope.Completed {
		t.Fatal(err)
	}
	orgtest.WantOf(t, "signed", c.Envelopes.Retract(ctx, c.staff, e.ID), envelope.ErrSigned)
}

// T28, M55: a consent whose signatures cannot be made ends after seven days, and an envelope
// without a deadline a year after it was sent: no copies are held for ever.
func TestT28Hopeless(t *testing.T) {
	c, keys, e := brokenKeys(t)
	ctx := t.Context()
	keys.before = func(int64) error { return errDown }
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	for day := range 9 {
		for range 24 {
			_, _ = c.Envelopes.Step(ctx)
			c.Clock.Advance(time.Hour)
		}
		got, err := c.Envelopes.Get(ctx, c.boss, e.ID)
		orgtest.Must(t, err)
		if signing := got.Parties[0].State == envelope.Signing; signing != (day < 7) {
			t.Errorf("after %d days: %v", day+1, got.Parties[0].State)
		}
	}
	if n := keys.asked.Load(); n > 200 {
		t.Errorf("tried %d times", n)
	}
	c.leap(t, 356*24*time.Hour)
	if _, err := c.Envelopes.Step(ctx); err != nil {
		t.Fatal(err)
	}
	if b := c.balance(t); b.Held == 0 {
		t.Error("ended before a year was over")
	}
	c.Clock.Advance(24 * time.Hour)
	if n, err := c.Envelopes.Step(ctx); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	got, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || got.Status != envelope.Expired || c.balance(t).Held != 0 {
		t.Errorf("%v, %+v, %v", got.Status, c.balance(t), err)
	}
}

// T35: a lease and a pause that a clock wrote which was a year ahead do not last a year.
func TestT35LeaseOfTheFuture(t *testing.T) {
	c, keys, e := brokenKeys(t)
	ctx := t.Context()
	const year = 365 * 24 * time.Hour
	keys.before = func(int64) error { return errDown }
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	c.leap(t, year)
	for range 3 {
		_, err := c.Envelopes.Step(ctx) // fails, and puts off
		orgtest.WantOf(t, "no key", err, errDown)
		c.Clock.Advance(time.Hour)
	}
	c.leap(t, -year)
	keys.before = func(int64) error { return nil }
	if _, err := c.Envelopes.Step(ctx); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || got.Status != envelope.Completed {
		t.Errorf("%v, %v", got.Status, err)
	}
}

// T28: signatures that wait for their next try cost a Step nothing, however many they are.
func TestT28WaitingSignaturesAreNotRead(t *testing.T) {
	c, keys, e := brokenKeys(t)
	ctx := t.Context()
	keys.before = func(int64) error { return errDown }
	idle := func() int64 {
		t.Helper()
		before := c.DB.Stats()
		if n, err := c.Envelopes.Step(ctx); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		after := c.DB.Stats()
		return after.Views - before.Views + after.Updates - before.Updates
	}
	idle() // it looks at the clock
	none := idle()
	choice := c.choice(c.staff)
	ids := []envelope.ID{e.ID}
	for range 4 {
		d := draft(t)
		d.Methods = envelope.ByPassword
		ids = append(ids, c.send(t, d).ID)
	}
	for _, id := range ids {
		by := envelope.ByPassword
		if id == e.ID {
			by = envelope.ByCode
		}
		if _, err := c.SignBy(c.staff, phoneB, id, choice, by); !errors.Is(err, errDown) {
			t.Fatal(err)
		}
	}
	for range 2 {
		_, err := c.Envelopes.Step(ctx) // fails, and puts off
		orgtest.WantOf(t, "no key", err, errDown)
	}
	if n := idle(); n != none {
		t.Errorf("%d transactions beside signatures that wait, %d without", n, none)
	}
	c.Clock.Advance(time.Minute)
	keys.before = func(int64) error { return nil }
	if n, err := c.Envelopes.Step(ctx); n < len(ids) || err != nil {
		t.Errorf("%d of %d were signed: %v", n, len(ids), err)
	}
}
