package envelope_test

import (
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
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
