package envelope_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/signer"
)

// refusingCredentials has no certificate for some subjects.
type refusingCredentials struct {
	envelope.Credentials
	refused func(envelope.Subject) bool
}

var errNoCertificate = errors.New("the CA issues none")

func (r refusingCredentials) For(ctx context.Context, s envelope.Subject) (signer.Credential, error) {
	if r.refused(s) {
		return signer.Credential{}, errNoCertificate
	}
	return r.Credentials.For(ctx, s)
}

// Signatures that cannot be made, more than one page of Step, delay neither the
// recovery of another signature that can be made, nor the expiry of another envelope.
func TestStuckHoldUpNobody(t *testing.T) {
	var down atomic.Bool
	c := castOf(t, envelopetest.Config{Credentials: func(cr envelope.Credentials) envelope.Credentials {
		return refusingCredentials{cr, func(s envelope.Subject) bool { return s.Name == "王小明" || down.Load() }}
	}})
	ctx := t.Context()
	password := envelope.Password(secret.New(envelopetest.Password))
	personal := org.Actor{Person: c.boss.Person}
	send := func(sender org.Actor, until time.Time, signers ...envelope.Signer) *envelope.Envelope {
		d := draft(t)
		d.Ordered, d.Methods, d.Deadline, d.Signers = false, envelope.ByPassword, until, signers
		e, err := c.Envelopes.CreateDraft(ctx, sender, d)
		if err == nil {
			e, err = c.Envelopes.Send(ctx, sender, e.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	all, until := draft(t).Signers, c.Clock.Now().Add(time.Hour)
	for range 60 {
		e := send(personal, until, all[1])
		if _, err := c.Envelopes.Submit(ctx, c.partner, e.ID, c.choice(c.partner), password); !errors.Is(err, errNoCertificate) {
			t.Fatal(err)
		}
	}
	c.Clock.Advance(time.Minute)
	interrupted := send(c.boss, until.Add(time.Hour), all[0])
	down.Store(true)
	if _, err := c.Envelopes.Submit(ctx, c.staff, interrupted.ID, c.choice(c.staff), password); !errors.Is(err, errNoCertificate) {
		t.Fatal(err)
	}
	down.Store(false)
	waiting := send(c.boss, until.Add(time.Minute), all[0])
	c.Clock.Advance(2 * time.Hour)
	if _, err := c.Envelopes.Step(ctx); !errors.Is(err, errNoCertificate) {
		t.Errorf("what cannot be done is not told: %v", err)
	}
	for want, e := range map[envelope.Status]*envelope.Envelope{envelope.Completed: interrupted, envelope.Expired: waiting} {
		if e, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || e.Status != want {
			t.Errorf("%v, not %v, %v", e.Status, want, err)
		}
	}
}
