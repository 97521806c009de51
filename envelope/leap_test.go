package envelope_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// leap moves the clock by more than a month, which the next Step reports.
func (c *cast) leap(t testing.TB, d time.Duration) {
	t.Helper()
	c.Clock.Advance(d)
	var leap *store.ClockError
	if n, err := c.Envelopes.Step(t.Context()); n != 0 || !errors.As(err, &leap) {
		t.Fatalf("a leap of %v: %d, %v", d, n, err)
	}
}

// T35: the Step after a leap of the clock reports it and does nothing: an envelope does not
// expire, keys of commands are not forgotten, nothing is renewed. A clock that was mended leaves
// no trace. A process that starts with a wrong clock notices it too.
func TestT35Leap(t *testing.T) {
	const year = 365 * 24 * time.Hour
	file := filepath.Join(t.TempDir(), "db")
	open := func() store.Driver {
		drv, err := sqlite.Open(t.Context(), file, sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return drv
	}
	c, ctx := newCast(t, open()), t.Context()
	d := draft(t)
	d.Deadline = c.Clock.Now().Add(7 * 24 * time.Hour)
	keyed := c.Envelopes.Once("k")
	e, err := keyed.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.Send(ctx, c.boss, e.ID); err != nil {
		t.Fatal(err)
	}
	c.recover(t)
	c.leap(t, year)
	var leap *store.ClockError
	if _, err := c.Org.Step(ctx); !errors.As(err, &leap) {
		t.Errorf("org: %v", err)
	}
	c.leap(t, -year)
	if _, err := c.Org.Step(ctx); !errors.As(err, &leap) {
		t.Errorf("org: %v", err)
	}
	c.recover(t)
	if got, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || got.Status != envelope.InProgress {
		t.Errorf("%v, %v", got.Status, err)
	}
	again := draft(t)
	again.Deadline = d.Deadline
	if got, err := keyed.CreateDraft(ctx, c.boss, again); err != nil || got.ID != e.ID {
		t.Errorf("a repetition made %v, %v", got, err)
	}
	at := c.Clock.Now()
	if err := c.DB.Close(); err != nil {
		t.Fatal(err)
	}
	late := &cast{World: envelopetest.NewWith(t, envelopetest.Config{Driver: open(), Start: at.Add(year)})}
	if _, err := late.Envelopes.Step(ctx); !errors.As(err, &leap) {
		t.Errorf("a process that starts a year later: %v", err)
	}
	if n, err := late.Envelopes.Step(ctx); err != nil || n == 0 {
		t.Errorf("the clock is right, and the envelope expires: %d, %v", n, err)
	}
}
