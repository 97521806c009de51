package envelope_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// with gives the cast another service over the same store, with sinks.
func (c *cast) with(t *testing.T, sinks map[string]envelope.Sink) {
	t.Helper()
	svc, err := envelope.New(envelope.Config{DB: c.DB, Blobs: c.Blobs, Org: c.Org, Seals: c.Seals, Billing: c.Billing,
		Credentials: c.Sandbox.Credentials(), Timestamper: c.Sandbox.Timestamper(), Revocations: c.CA, Roots: c.CA.Roots(), Sinks: sinks})
	if err != nil {
		t.Fatal(err)
	}
	c.Envelopes = svc
}

// collector takes notices, and refuses them while the test wants that.
type collector struct {
	mu      sync.Mutex
	refuse  bool
	notices []envelope.Notice
}

func (c *collector) Deliver(_ context.Context, n envelope.Notice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse {
		return errBroken
	}
	c.notices = append(c.notices, n)
	return nil
}

func (c *cast) drain(t *testing.T) {
	t.Helper()
	for {
		n, err := c.Envelopes.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// The host is told of everything, in order, once. A sink that refuses delays nobody
// else, and gets what it missed.
func TestNotices(t *testing.T) {
	c := newCast(t, nil)
	good, bad := &collector{}, &collector{refuse: true}
	c.with(t, map[string]envelope.Sink{"good": good, "bad": bad})
	e := c.signBoth(t, c.send(t, draft(t)))
	c.drain(t)
	var kinds []string
	for i, n := range good.notices {
		kinds = append(kinds, string(n.Kind))
		if n.Envelope != e.ID || n.Seq != int64(i+2) || n.ID == "" || n.At.IsZero() {
			t.Errorf("notice %+v", n)
		}
	}
	want := "sent activated consented signed activated consented signed completed archived evidence"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if n := good.notices[7]; n.Status != "completed" || n.Kind != envelope.EventCompleted {
		t.Errorf("%+v", n)
	}
	bad.refuse = false
	c.Clock.Advance(time.Minute)
	c.drain(t)
	if len(bad.notices) != len(good.notices) {
		t.Errorf("the other sink got %d of %d", len(bad.notices), len(good.notices))
	}
	for i, n := range bad.notices {
		if n.Kind != good.notices[i].Kind || n.ID == good.notices[i].ID {
			t.Errorf("%d: %+v against %+v", i, n, good.notices[i])
		}
	}
}

// A notice has the time of its entry in the trail, whatever the zone of the host's clock,
// and is never older than the one before it.
func TestNoticeTimes(t *testing.T) {
	c := castOf(t, envelopetest.Config{Start: envelopetest.Start.In(time.FixedZone("CST", 8*3600))})
	sink := &collector{}
	c.with(t, map[string]envelope.Sink{"erp": sink})
	e := c.send(t, draft(t))
	c.Clock.Advance(-time.Minute) // of a process whose clock is behind
	if err := c.Envelopes.Withdraw(t.Context(), c.boss, e.ID, ""); err != nil {
		t.Fatal(err)
	}
	c.Clock.Advance(time.Minute)
	c.drain(t)
	trail, err := c.Envelopes.Trail(t.Context(), c.boss, e.ID)
	if err != nil || len(sink.notices) != len(trail)-1 {
		t.Fatalf("%d notices of %d entries, %v", len(sink.notices), len(trail), err)
	}
	for i, n := range sink.notices {
		if at := trail[n.Seq-1].At; n.At != at || i > 0 && n.At.Before(sink.notices[i-1].At) {
			t.Errorf("%s: %v, in the trail %v", n.Kind, n.At, at)
		}
	}
}

// After 72 hours a notice is dead; the next one of the envelope is delivered, and the
// dead one can be revived.
func TestDeadNotices(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	sink := &collector{refuse: true}
	c.with(t, map[string]envelope.Sink{"erp": sink})
	e := c.send(t, draft(t)) // two notices
	start := c.Clock.Now()
	var gave time.Duration
	for range 100 {
		if _, err := c.Envelopes.Step(ctx); err != nil {
			t.Fatal(err)
		}
		dead, _, err := c.Envelopes.DeadNotices(ctx, "erp", "")
		if err != nil {
			t.Fatal(err)
		}
		if len(dead) > 0 {
			gave = c.Clock.Now().Sub(start)
			if dead[0].Kind != envelope.EventSent || dead[0].Envelope != e.ID || dead[0].Reason != errBroken.Error() {
				t.Errorf("%+v", dead[0])
			}
			break
		}
		c.Clock.Advance(time.Hour)
	}
	if gave < 70*time.Hour || gave > 90*time.Hour {
		t.Errorf("given up after %v", gave)
	}
	sink.refuse = false
	c.drain(t)
	dead, _, err := c.Envelopes.DeadNotices(ctx, "erp", "")
	if err != nil || len(dead) != 1 || len(sink.notices) != 1 {
		t.Fatalf("%+v, %v, %+v", dead, err, sink.notices)
	}
	if err := c.Envelopes.ReviveNotice(ctx, dead[0].Event); err != nil {
		t.Fatal(err)
	}
	c.drain(t)
	if len(sink.notices) != 2 || sink.notices[1].Kind != envelope.EventSent {
		t.Errorf("%+v", sink.notices)
	}
	orgtest.WantOf(t, "revived twice", c.Envelopes.ReviveNotice(ctx, dead[0].Event), envelope.ErrNotFound)
}
