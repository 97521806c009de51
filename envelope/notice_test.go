package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
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

// collector takes notices, and refuses while it is told to.
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

// The host is told of everything, in order, once; a sink that refuses holds up
// nobody else, and gets what it missed.
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

// After 72 hours a notice is dead; the next one of the envelope goes on, and the
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
	wants(t, "revived twice", c.Envelopes.ReviveNotice(ctx, dead[0].Event), envelope.ErrNotFound)
}

const shared = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// A webhook is in the Standard Webhooks form, by the judgment of their own library.
func TestWebhook(t *testing.T) {
	var got atomic.Pointer[http.Request]
	var body atomic.Pointer[[]byte]
	status := atomic.Int64{}
	status.Store(204)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got.Store(r)
		body.Store(&b)
		if status.Load() == 302 {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		w.WriteHeader(int(status.Load()))
	}))
	defer srv.Close()
	hook, err := envelope.NewWebhook(envelope.WebhookConfig{URL: srv.URL + "/hook", Secret: shared, Now: time.Now, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	n := envelope.Notice{ID: "e1-3-erp", Envelope: "e1", Kind: envelope.EventCompleted, Seq: 3, Status: "completed", At: time.Now().UTC()}
	if err := hook.Deliver(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	judge, err := webhooks.NewWebhook(shared)
	if err != nil {
		t.Fatal(err)
	}
	if err := judge.Verify(*body.Load(), got.Load().Header); err != nil {
		t.Errorf("their library: %v", err)
	}
	var in struct {
		Type      string
		Timestamp time.Time
		Data      envelope.Notice
	}
	if err := json.Unmarshal(*body.Load(), &in); err != nil || in.Type != "envelope.completed" || in.Data != n || !in.Timestamp.Equal(n.At) {
		t.Errorf("%s, %v", *body.Load(), err)
	}
	if id := got.Load().Header.Get("webhook-id"); id != n.ID {
		t.Errorf("webhook-id %q", id)
	}
	for _, code := range []int64{302, 400, 410, 500} {
		status.Store(code)
		if err := hook.Deliver(t.Context(), n); err == nil || !strings.Contains(err.Error(), fmt.Sprint(code)) {
			t.Errorf("%d: %v", code, err)
		}
	}
	if got.Load().URL.Path != "/hook" {
		t.Error("a redirection was followed")
	}
}

// No webhook leads into the host's own network, by whatever name.
func TestWebhookAddresses(t *testing.T) {
	hit := atomic.Bool{}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit.Store(true) }))
	defer srv.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "https://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1"} {
		hook, err := envelope.NewWebhook(envelope.WebhookConfig{URL: "https://" + host + ":" + port, Secret: shared, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := hook.Deliver(ctx, envelope.Notice{ID: "x"}); !errors.Is(err, envelope.ErrPrivateAddress) {
			t.Errorf("%s: %v", host, err)
		}
		cancel()
	}
	if hit.Load() {
		t.Error("the server in the host's network was reached")
	}
	for _, c := range []envelope.WebhookConfig{{}, {URL: "http://example.com", Secret: shared, Now: time.Now},
		{URL: "https://u:p@example.com", Secret: shared, Now: time.Now}, {URL: "ftp://example.com", Secret: shared, Now: time.Now, Private: true},
		{URL: "https://example.com", Secret: "whsec_AAAA", Now: time.Now}, {URL: "https://example.com", Secret: "!", Now: time.Now},
		{URL: "https://example.com", Secret: shared}} {
		if _, err := envelope.NewWebhook(c); !errors.Is(err, envelope.ErrWebhook) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
