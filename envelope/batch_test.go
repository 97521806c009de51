package envelope_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// 批量签署: one code for several envelopes, bound to all their consents.
func TestBatch(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	var items []envelope.Item
	for range 3 {
		items = append(items, envelope.Item{Envelope: c.send(t, draft(t)).ID, Choice: c.choice(c.staff)})
	}
	c.Clock.Advance(3 * time.Hour)
	if err := c.Envelopes.RequestBatchCode(ctx, c.staff, items); err != nil {
		t.Fatal(err)
	}
	code := c.Sandbox.Code(phoneB)
	var wrong *org.CodeError
	if _, err := c.Envelopes.SubmitBatch(ctx, c.staff, items[:2], envelope.Code(code)); !errors.As(err, &wrong) {
		t.Errorf("T7: a code for three, used for two: %v", err)
	}
	if _, err := c.Envelopes.Submit(ctx, c.staff, items[0].Envelope, items[0].Choice, envelope.Code(code)); !errors.As(err, &wrong) {
		t.Errorf("T7: a code for three, used for one: %v", err)
	}
	swapped := []envelope.Item{items[0], items[1], {Envelope: items[2].Envelope, Choice: items[2].Choice}}
	swapped[2].Choice.Extra = []envelope.Box{box(envelope.SealBox, 70, 30)}
	if _, err := c.Envelopes.SubmitBatch(ctx, c.staff, swapped, envelope.Code(code)); err == nil {
		t.Error("T7: a code for other places")
	}
	out, err := c.Envelopes.SubmitBatch(ctx, c.staff, items, envelope.Code(code))
	if err != nil || len(out) != 3 {
		t.Fatal(out, err)
	}
	for i, o := range out {
		if o.Err != nil || o.Envelope.Parties[0].State != envelope.Signed || o.Envelope.Parties[0].Consent.Batch == "" {
			t.Errorf("%d: %+v, %v", i, o.Envelope, o.Err)
		}
	}
	again, err := c.Envelopes.SubmitBatch(ctx, c.staff, items, nil)
	if err != nil || again[0].Err != nil || again[2].Envelope.Parties[0].State != envelope.Signed {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	for what, bad := range map[string][]envelope.Item{"none": nil, "one twice": {items[0], items[0]}, "too many": make([]envelope.Item, envelope.MaxBatch+1)} {
		_, err := c.Envelopes.SubmitBatch(ctx, c.staff, bad, nil)
		orgtest.WantOf(t, what, err, envelope.ErrBatch)
	}
	_, err = c.Envelopes.SubmitBatch(ctx, c.partner, []envelope.Item{{Envelope: c.send(t, draft(t)).ID}}, nil)
	orgtest.WantOf(t, "before their turn", err, envelope.ErrNotYourTurn)
}

// If one envelope of a batch fails, the others are signed, and Step finishes it without
// a second code.
func TestBatchInterrupted(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	tsa := &brokenTSA{Timestamper: c.Sandbox.Timestamper()}
	svc, err := envelope.New(envelope.Config{DB: c.DB, Blobs: c.Blobs, Org: c.Org, Seals: c.Seals, Billing: c.Billing,
		Credentials: c.Sandbox.Credentials(), Timestamper: tsa, Revocations: c.CA, Roots: c.CA.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	c.Envelopes = svc
	items := []envelope.Item{{Envelope: c.send(t, draft(t)).ID, Choice: c.choice(c.staff)}, {Envelope: c.send(t, draft(t)).ID, Choice: c.choice(c.staff)}}
	c.Clock.Advance(3 * time.Hour)
	if err := svc.RequestBatchCode(ctx, c.staff, items); err != nil {
		t.Fatal(err)
	}
	tsa.set(true)
	out, err := svc.SubmitBatch(ctx, c.staff, items, envelope.Code(c.Sandbox.Code(phoneB)))
	if err != nil || out[0].Err == nil || out[1].Err == nil {
		t.Fatal(out, err)
	}
	tsa.set(false)
	c.step(t, 2)
	for _, i := range items {
		if e, err := svc.Get(ctx, c.boss, i.Envelope); err != nil || e.Parties[0].State != envelope.Signed {
			t.Errorf("%+v, %v", e, err)
		}
	}
}

// A sender may require that the documents are open for a while before anyone agrees.
func TestReading(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Reading = time.Hour
	var f *envelope.FieldError
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, d); !errors.As(err, &f) {
		t.Errorf("an hour: %v", err)
	}
	d.Reading = 5 * time.Minute
	d.Files[0].Content = bytes.NewReader(page(t))
	e := c.send(t, d)
	orgtest.WantOf(t, "not opened", c.Envelopes.RequestCode(ctx, c.staff, e.ID, c.choice(c.staff)), envelope.ErrReading)
	orgtest.WantOf(t, "before their turn", c.Envelopes.MarkOpened(ctx, c.partner, e.ID), envelope.ErrNotYourTurn)
	for range 2 {
		if err := c.Envelopes.MarkOpened(ctx, c.staff, e.ID); err != nil {
			t.Fatal(err)
		}
		c.Clock.Advance(2 * time.Minute)
	}
	orgtest.WantOf(t, "too soon", c.Envelopes.RequestCode(ctx, c.staff, e.ID, c.choice(c.staff)), envelope.ErrReading)
	c.Clock.Advance(time.Minute)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, c.choice(c.staff)); err != nil {
		t.Error(err)
	}
	trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, entry := range trail {
		if entry.Kind == string(envelope.EventOpened) {
			opened++
		}
	}
	if opened != 1 {
		t.Errorf("opened %d times in the trail", opened)
	}
}

// 静默签: a seal is stamped by a permission that an administrator gave, in the company's
// own envelopes, while the permission is valid; afterwards a person has the task.
func TestSilent(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	until := c.Clock.Now().Add(30 * 24 * time.Hour)
	var denied *org.DeniedError
	if _, err := c.Envelopes.Permit(ctx, c.staff, c.terms(c.seal, until)); !errors.As(err, &denied) {
		t.Errorf("a member permits: %v", err)
	}
	for what, bad := range map[string]time.Time{"in the past": c.Clock.Now(), "for ever": c.Clock.Now().Add(2 * envelope.MaxPermission)} {
		_, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, bad))
		orgtest.WantOf(t, what, err, envelope.ErrSilent)
	}
	_, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.Signature(c.boss), until))
	orgtest.WantOf(t, "a personal signature", err, envelope.ErrSilent)
	p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, until))
	if err != nil {
		t.Fatal(err)
	}
	d := draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
	e := c.send(t, d)
	if n := len(c.Sandbox.Inbox(phoneA)); e.Parties[0].Name != "张伟" || e.Parties[0].State != envelope.Active {
		t.Errorf("%+v, %d messages", e.Parties[0], n)
	}
	c.step(t, 2) // agreed, signed
	e, err = c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || e.Parties[0].State != envelope.Signed || e.Parties[0].Consent.Silent != p.ID || e.Parties[1].State != envelope.Active {
		t.Fatalf("%+v, %v", e, err)
	}
	c.result(t, e, 2)
	uses, _, err := c.Seals.Uses(ctx, c.boss, c.seal, "")
	if err != nil || len(uses) != 1 || uses[0].Person != c.boss.Person {
		t.Errorf("usage log %+v, %v", uses, err)
	}

	// Revoked between send and turn: the task waits for the person who gave it.
	d = draft(t)
	d.Signers = []envelope.Signer{{Kind: envelope.Person, Name: "王小明", Phone: phoneC, Boxes: []envelope.Box{box(envelope.SignatureBox, 70, 70)}},
		{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}}
	e = c.send(t, d)
	if err := c.Envelopes.Revoke(ctx, c.partner, p.ID); !errors.As(err, &denied) {
		t.Errorf("T1 another revokes: %v", err)
	}
	if err := c.Envelopes.Revoke(ctx, c.boss, p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)}); err != nil {
		t.Fatal(err)
	}
	c.step(t, 1)
	if tasks, _, err := c.Envelopes.Tasks(ctx, c.boss, ""); err != nil || len(tasks) != 1 {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	e, err = c.Sign(c.boss, phoneA, e.ID, envelope.Choice{Seal: c.seal})
	if err != nil || e.Status != envelope.Completed || e.Parties[1].Consent.Silent != "" {
		t.Errorf("%+v, %v", e, err)
	}
	d = draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
	_, err = c.Envelopes.CreateDraft(ctx, c.boss, d)
	orgtest.WantOf(t, "a draft under a revoked permission", err, envelope.ErrSilent)
	for what, change := range map[string]func(g *envelope.Signer){
		"a company": func(g *envelope.Signer) { g.Kind = envelope.Company; g.Company = companyName },
		"a name":    func(g *envelope.Signer) { g.Name = "李娜" },
		"no seal":   func(g *envelope.Signer) { g.Boxes = nil },
		"a text":    func(g *envelope.Signer) { g.Boxes = append(g.Boxes, box(envelope.TextBox, 50, 80)) },
	} {
		bad := d
		bad.Files = []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}}
		bad.Signers = []envelope.Signer{d.Signers[0]}
		change(&bad.Signers[0])
		var f *envelope.FieldError
		if _, err := c.Envelopes.CreateDraft(ctx, c.boss, bad); !errors.As(err, &f) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, _, err := c.Envelopes.Permissions(ctx, c.boss, ""); err != nil || len(list) != 1 || list[0].Revoked.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
}
