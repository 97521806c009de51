package envelope_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// T34: the subject of an envelope is no link in the messages that signers and readers get;
// the short link still is one.
func TestT34SubjectsAreNoLinks(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	reader := "13800138009"
	d := draft(t)
	d.Subject = "领奖 http://evil.cn/a.b"
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: reader, AtSend: true}}
	c.send(t, d)
	_, err := c.Org.Step(ctx)
	orgtest.Must(t, err)
	for _, phone := range []string{phoneB, reader} {
		in := c.Sandbox.Inbox(phone)
		if len(in) == 0 {
			t.Fatalf("no message to %s", phone)
		}
		text := in[len(in)-1].Text
		if strings.Contains(text, "evil.cn") || !strings.Contains(text, "evil·cn") || !strings.Contains(text, "https://s.example.com/") {
			t.Errorf("%q", text)
		}
	}
}

// T34: who was told too often is not told again; their tasks stand in their list, and a
// reminder that would tell nobody is refused.
func TestT34NoMoreMessages(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	_, err := c.Org.Step(ctx) // what is queued already
	orgtest.Must(t, err)
	before := len(c.Sandbox.Inbox(phoneB))
	var last *envelope.Envelope
	for range 25 {
		last = c.send(t, draft(t))
	}
	for n := 1; n > 0; {
		n, err = c.Org.Step(ctx)
		orgtest.Must(t, err)
	}
	if n := len(c.Sandbox.Inbox(phoneB)) - before; n != 20 {
		t.Errorf("%d messages", n)
	}
	if open, _, err := c.Envelopes.Tasks(ctx, c.staff, ""); err != nil || len(open) != 25 {
		t.Errorf("%d tasks, %v", len(open), err)
	}
	var limit *org.LimitError
	if err := c.Envelopes.Remind(ctx, c.boss, last.ID, 1); !errors.As(err, &limit) || limit.Zh() == "" {
		t.Errorf("reminded: %v", err)
	}
	c.Clock.Advance(limit.After)
	orgtest.Must(t, c.Envelopes.Remind(ctx, c.boss, last.ID, 1))
	if got, err := c.Envelopes.Get(ctx, c.boss, last.ID); err != nil || got.Parties[0].Reminded != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
