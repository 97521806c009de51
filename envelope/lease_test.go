package envelope_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/signer"
)

// heldCredentials does something before each answer, and counts the answers: one for each
// signature that is made.
type heldCredentials struct {
	envelope.Credentials
	before func(n int64) error
	asked  atomic.Int64
}

func (s *heldCredentials) For(ctx context.Context, who envelope.Subject) (signer.Credential, error) {
	if err := s.before(s.asked.Add(1)); err != nil {
		return signer.Credential{}, err
	}
	return s.Credentials.For(ctx, who)
}

// T33: signatures that take longer than a lease are made once each, whoever tries beside, and
// a signature that is finished is not made again by who goes on after a crash.
func TestT33SlowSignatures(t *testing.T) {
	var slow *heldCredentials
	c := castOf(t, envelopetest.Config{Credentials: func(cr envelope.Credentials) envelope.Credentials {
		slow = &heldCredentials{Credentials: cr, before: func(int64) error { return nil }}
		return slow
	}})
	ctx := t.Context()
	many := func() envelope.NewDraft {
		d := draft(t)
		d.Ordered = false
		d.Files[0].Content = blankReader(t, 2)
		d.Signers = d.Signers[:1]
		d.Signers[0].Boxes = nil
		for i := range 11 {
			d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SealBox, Page: 1 + i/6, X: 40 + float64(i%2)*60, Y: 40 + float64(i%6/2)*60})
		}
		return d
	}
	const stamps = 12 // and the handler's own

	e := c.send(t, many())
	c.Clock.Advance(time.Hour)
	choice := c.choice(c.staff)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); err != nil {
		t.Fatal(err)
	}
	code := c.Sandbox.Code(phoneB)
	slow.asked.Store(0)
	slow.before = func(int64) error { c.Clock.Advance(40 * time.Second); return nil }
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 2 { // others try beside
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = c.Envelopes.Step(ctx)
				}
			}
		})
	}
	done, err := c.Envelopes.Submit(ctx, c.staff, e.ID, choice, envelope.Code(code))
	close(stop)
	all.Wait()
	if err != nil || done.Status != envelope.Completed || slow.asked.Load() < stamps || slow.asked.Load() > stamps+2 {
		t.Errorf("%d signatures were made for %d stamps, %v", slow.asked.Load(), stamps, err)
	}

	e = c.send(t, many())
	slow.before = func(int64) error { return nil }
	c.Clock.Advance(time.Hour)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); err != nil {
		t.Fatal(err)
	}
	code = c.Sandbox.Code(phoneB)
	slow.asked.Store(0)
	down := errors.New("the key is not there")
	slow.before = func(n int64) error {
		c.Clock.Advance(2 * time.Second)
		if n == 8 {
			return down
		}
		return nil
	}
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, choice, envelope.Code(code)); !errors.Is(err, down) {
		t.Fatal(err)
	}
	c.Clock.Advance(time.Hour)
	if done, err = c.Envelopes.Submit(ctx, c.staff, e.ID, choice, nil); err != nil || done.Status != envelope.Completed {
		t.Fatal(done, err)
	}
	if n := slow.asked.Load(); n != stamps+1 {
		t.Errorf("%d signatures were made for %d stamps and one that failed", n, stamps)
	}
	c.results(t, done, stamps)
}
