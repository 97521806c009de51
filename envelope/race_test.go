package envelope_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

// T14: the last signature against everything else that ends the envelope, all at once:
// one of them wins, everyone is told so, and the winner decides where the copies go.
func TestT14LastSignatureRaces(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	password := envelope.Password(secret.New(envelopetest.Password))
	wins := map[envelope.Status]int{}
	for round := range rounds(t, 60) {
		if err := c.fund(ctx); err != nil {
			t.Fatal(err)
		}
		d := draft(t)
		d.Ordered, d.Methods, d.Deadline = false, envelope.ByPassword, c.Clock.Now().Add(time.Hour)
		e := c.send(t, d)
		racers := []struct {
			to envelope.Status
			do func() error
		}{
			{envelope.Completed, func() error {
				_, err := c.Envelopes.Submit(ctx, c.partner, e.ID, c.choice(c.partner), password)
				return err
			}},
			{envelope.Withdrawn, func() error { return c.Envelopes.Withdraw(ctx, c.boss, e.ID, "改主意") }},
			{envelope.Declined, func() error { return c.Envelopes.Decline(ctx, c.staff, e.ID, "不同意") }},
			{envelope.Expired, func() error {
				c.Clock.Advance(time.Hour)
				_, err := c.Envelopes.Step(ctx)
				return err
			}},
		}
		switch round % 3 {
		case 0: // the staff has signed, and cannot decline
			if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, c.choice(c.staff), password); err != nil {
				t.Fatal(err)
			}
			racers = racers[:2]
		case 1: // neither has: one signs, the other declines
			racers = racers[:3]
		case 2:
			if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, c.choice(c.staff), password); err != nil {
				t.Fatal(err)
			}
			racers = append(racers[:2:2], racers[3])
		}
		errs := make([]error, len(racers))
		var wg sync.WaitGroup
		for i, r := range racers {
			wg.Go(func() {
				if r.to != envelope.Completed { // a signature takes longer
					time.Sleep(time.Duration(rand.IntN(12_000)) * time.Microsecond)
				}
				errs[i] = r.do()
			})
		}
		wg.Wait()
		c.Clock.Advance(2 * time.Minute) // an unreleased lease
		if _, err := c.Envelopes.Step(ctx); err != nil && !errors.Is(err, envelope.ErrHeadMoved) {
			t.Fatalf("round %d: %v", round, err)
		}
		got, err := c.Envelopes.Get(ctx, c.boss, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		wins[got.Status]++
		for i, r := range racers {
			won := r.to == got.Status
			partial := r.to == envelope.Completed && errs[i] == nil && got.Parties[1].State == envelope.Signed // and then it ended otherwise
			if r.to != envelope.Expired && won != (errs[i] == nil) && !partial {
				t.Errorf("round %d: %v, but who wanted %v was told %v", round, got.Status, r.to, errs[i])
			}
		}
		if got.Status == envelope.Completed {
			c.result(t, got, 3)
		}
	}
	c.books(t)
	t.Logf("won by %v", wins)
	if len(wins) < 2 && !testing.Short() {
		t.Error("always the same wins")
	}
}
