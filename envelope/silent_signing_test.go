package envelope_test

import (
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// silently is a draft in which the company seals under a permission, and the partner signs.
func silently(t *testing.T, permission string) envelope.NewDraft {
	t.Helper()
	d := draft(t)
	d.Ordered, d.Methods = false, envelope.ByPassword
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: permission, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
	return d
}

// T26: a permission is taken back between the silent consent and its signatures, which a key
// that was gone delayed. The seal is not set, and who gave the permission is told of their task.
func TestT26RevokedBeforeTheSignature(t *testing.T) {
	c, keys, _ := brokenKeys(t)
	ctx := t.Context()
	p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(time.Hour)))
	orgtest.Must(t, err)
	e := c.send(t, silently(t, p.ID))
	keys.before = func(int64) error { return errDown }
	_, err = c.Envelopes.Step(ctx)
	orgtest.WantOf(t, "the key", err, errDown)
	orgtest.Must(t, c.Envelopes.Revoke(ctx, c.boss, p.ID))
	keys.before = func(int64) error { return nil }
	c.Clock.Advance(2 * time.Hour)
	_, err = c.Envelopes.Step(ctx)
	orgtest.WantOf(t, "taken back", err, envelope.ErrSilent)
	got, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || got.Parties[0].State != envelope.Active || c.todo(t, c.boss) != 1 {
		t.Fatalf("%+v, %v", got.Parties[0], err)
	}
	if _, err := c.SignBy(c.boss, phoneA, e.ID, c.choice(c.boss), envelope.ByPassword); err != nil {
		t.Error(err)
	}
}

// T26: a permission for a template is for what the template shows. Its files with other places,
// in which a picture could hide the text, are not sent under it.
func TestT26TemplateWithOtherPlaces(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	n := template(t)
	n.Roles[0].Kind = envelope.Member
	n.Roles[1].Boxes = append(n.Roles[1].Boxes, box(envelope.DateBox, 150, 270))
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, n)
	orgtest.Must(t, err)
	terms := c.terms(c.seal, c.Clock.Now().Add(time.Hour))
	terms.Template = tpl.ID
	p, err := c.Envelopes.Permit(ctx, c.boss, terms)
	orgtest.Must(t, err)
	i := instance("")
	i.Send, i.Roles["公司"] = false, envelope.Filler{Silent: p.ID}
	as := func() envelope.NewDraft { // the envelope as the template has it
		return envelope.NewDraft{Subject: "劳动合同", Signers: []envelope.Signer{
			{Kind: envelope.Member, Silent: p.ID, Boxes: n.Roles[0].Boxes},
			{Kind: envelope.Person, Name: "王小明", Phone: phoneC, Stage: 1, Boxes: n.Roles[1].Boxes}}}
	}
	for what, change := range map[string]func(d *envelope.NewDraft){
		"a picture over the page": func(d *envelope.NewDraft) {
			d.Signers[1].Boxes = append(d.Signers[1].Boxes, envelope.Box{Kind: envelope.PictureBox, Page: 1, X: 105, Y: 110, Width: 200, Height: 200})
		},
		"a seal elsewhere": func(d *envelope.NewDraft) { d.Signers[0].Boxes = []envelope.Box{box(envelope.SealBox, 100, 200)} },
		"one more party": func(d *envelope.NewDraft) {
			d.Signers = append(d.Signers, envelope.Signer{Kind: envelope.Member, Name: "李娜", Phone: phoneB})
		},
		"a watermark":  func(d *envelope.NewDraft) { d.Marks.Watermark = "作废" },
		"extra boxes":  func(d *envelope.NewDraft) { d.AllowExtra = true },
		"another turn": func(d *envelope.NewDraft) { d.Signers[0].Stage = 2 },
	} {
		e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, i)
		orgtest.Must(t, err)
		d := as()
		change(&d)
		if _, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d); err == nil {
			_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
		}
		orgtest.WantOf(t, what, err, envelope.ErrSilent)
	}
	e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, i)
	orgtest.Must(t, err)
	_, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, as())
	orgtest.Must(t, err)
	copied, err := c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
	orgtest.Must(t, err)
	for _, id := range []envelope.ID{e.ID, copied.ID} {
		if _, err := c.Envelopes.Send(ctx, c.boss, id); err != nil {
			t.Error(err)
		}
	}
	c.step(t, 4)
	again, err := c.Envelopes.CopyDraft(ctx, c.boss, e.ID) // of what was laid out
	orgtest.Must(t, err)
	if _, err := c.Envelopes.Send(ctx, c.boss, again.ID); err != nil {
		t.Error(err)
	}
}

// T26: who gave a permission, and is in the envelope a second time, hands the silent task on
// before it was done: it is then the new handler's, in their list, and no Step fails at it.
func TestT26HandedOn(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(time.Hour)))
	orgtest.Must(t, err)
	d := silently(t, p.ID)
	d.Signers[1] = d.Signers[0]
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Name: "张伟", Phone: phoneA, Boxes: []envelope.Box{box(envelope.SealBox, 75, 75)}}
	e := c.send(t, d)
	orgtest.Must(t, c.Envelopes.Delegate(ctx, c.boss, e.ID, "李娜", phoneB))
	c.step(t, 0)
	if n := c.todo(t, c.staff); n != 1 {
		t.Errorf("the new handler has %d tasks", n)
	}
	if _, err := c.SignBy(c.staff, phoneB, e.ID, c.choice(c.staff), envelope.ByPassword); err != nil {
		t.Error(err)
	}
}

// T26, T28: a silent task whose deadline has passed, in an envelope that another signature keeps
// from expiring, is no error of each Step.
func TestT26LateSilence(t *testing.T) {
	c, keys, _ := brokenKeys(t)
	ctx := t.Context()
	p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(48*time.Hour)))
	orgtest.Must(t, err)
	d := silently(t, p.ID)
	d.Deadline = c.Clock.Now().Add(time.Hour)
	e := c.send(t, d)
	keys.before = func(int64) error { return errDown }
	_, err = c.SignBy(c.partner, phoneC, e.ID, c.choice(c.partner), envelope.ByPassword)
	orgtest.WantOf(t, "the key", err, errDown)
	keys.before = func(int64) error { return nil }
	c.Clock.Advance(2 * time.Hour)
	c.step(t, 1) // the partner's signature
	c.step(t, 1) // the end
	if got, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || got.Status != envelope.Expired {
		t.Errorf("%v, %v", got.Status, err)
	}
}

// T32: a sender whom a permission names is disabled and comes back. The seal is lent to them
// again; the permission is not.
func TestT32SenderOfAPermission(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	terms := c.terms(c.seal, c.Clock.Now().Add(time.Hour))
	terms.Senders = append(terms.Senders, c.staff.Person)
	p, err := c.Envelopes.Permit(ctx, c.boss, terms)
	orgtest.Must(t, err)
	_, err = c.Envelopes.CreateDraft(ctx, c.staff, silently(t, p.ID))
	orgtest.Must(t, err)
	orgtest.Must(t, c.Org.Disable(ctx, c.boss, c.staff.Person))
	orgtest.Must(t, c.Org.Enable(ctx, c.boss, c.staff.Person))
	orgtest.Must(t, c.Seals.Grant(ctx, c.boss, c.seal, c.staff.Person, registry.Period{}))
	_, err = c.Envelopes.CreateDraft(ctx, c.staff, silently(t, p.ID))
	orgtest.WantOf(t, "who was away", err, envelope.ErrSilent)
	if p, err = c.Envelopes.Permit(ctx, c.boss, terms); err == nil {
		_, err = c.Envelopes.CreateDraft(ctx, c.staff, silently(t, p.ID))
	}
	orgtest.Must(t, err)
}
