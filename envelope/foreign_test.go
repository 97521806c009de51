package envelope_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
)

// T1: a person who has no part in an envelope, a template or a permission can do
// nothing to it with its id, in any edition.
func TestT1Foreigners(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	other := c.Person("赵敏", "13700137001", "110101199003074514")
	firm := c.Company(other, "北京另一家有限公司", "91110000600037341L")
	e := c.send(t, draft(t))
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	until := c.Clock.Now().Add(100 * time.Hour)
	perm, err := c.Envelopes.Permit(ctx, c.boss, c.seal, until)
	if err != nil {
		t.Fatal(err)
	}
	silent := func() envelope.NewDraft {
		d := draft(t)
		d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: perm.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
		return d
	}
	for name, a := range map[string]org.Actor{"a stranger": other, "another company": firm, "a stranger as the company": {Person: other.Person, Org: c.boss.Org},
		"the sender as another company": {Person: c.boss.Person, Org: firm.Org}, "nobody": {}, "the sender as himself": {Person: c.boss.Person},
		"an id as the company": {Person: "nobody", Org: c.boss.Org}} {
		for what, do := range map[string]func() error{
			"get":      func() error { _, err := c.Envelopes.Get(ctx, a, e.ID); return err },
			"document": func() error { _, err := c.Envelopes.Document(ctx, a, e.ID, 0); return err },
			"trail":    func() error { _, err := c.Envelopes.Trail(ctx, a, e.ID); return err },
			"download": func() error { return c.Envelopes.Download(ctx, a, e.ID, &bytes.Buffer{}) },
			"open":     func() error { return c.Envelopes.MarkOpened(ctx, a, e.ID) },
			"send":     func() error { _, err := c.Envelopes.Send(ctx, a, e.ID); return err },
			"code":     func() error { return c.Envelopes.RequestCode(ctx, a, e.ID, c.choice(c.staff)) },
			"submit": func() error {
				_, err := c.Envelopes.Submit(ctx, a, e.ID, c.choice(c.staff), envelope.Code("123456"))
				return err
			},
			"withdraw":    func() error { return c.Envelopes.Withdraw(ctx, a, e.ID, "") },
			"decline":     func() error { return c.Envelopes.Decline(ctx, a, e.ID, "不") },
			"transfer":    func() error { return c.Envelopes.Delegate(ctx, a, e.ID, "赵敏", "13700137001") },
			"remind":      func() error { return c.Envelopes.Remind(ctx, a, e.ID, 1) },
			"extend":      func() error { return c.Envelopes.Extend(ctx, a, e.ID, until) },
			"copy":        func() error { _, err := c.Envelopes.CopyDraft(ctx, a, e.ID); return err },
			"void":        func() error { _, err := c.Envelopes.Void(ctx, a, e.ID, "不"); return err },
			"instantiate": func() error { _, err := c.Envelopes.Instantiate(ctx, a, tpl.ID, instance("1")); return err },
			"untemplate":  func() error { return c.Envelopes.DeleteTemplate(ctx, a, tpl.ID) },
			"permit":      func() error { _, err := c.Envelopes.Permit(ctx, a, c.seal, until); return err },
			"revoke":      func() error { return c.Envelopes.Revoke(ctx, a, perm.ID) },
			"silently":    func() error { _, err := c.Envelopes.CreateDraft(ctx, a, silent()); return err },
		} {
			if do() == nil {
				t.Errorf("%s: %s", name, what)
			}
		}
	}
	after, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || after.Events != e.Events {
		t.Errorf("%+v, %v", after, err)
	}
}
