package envelope_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// T26: the id of a permission is no right. Who sends under it is named in it and has the right
// to the seal themselves, at the draft, at the send and at the signing.
func TestT26SilentSender(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	until := c.Clock.Now().Add(30 * 24 * time.Hour)
	silent := func(id string) envelope.NewDraft {
		d := draft(t)
		d.Ordered = false
		d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: id, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
		return d
	}
	terms := c.terms(c.seal, until)
	first, err := c.Envelopes.Permit(ctx, c.boss, terms)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.CreateDraft(ctx, c.staff, silent(first.ID))
	orgtest.WantOf(t, "a member who read the id", err, envelope.ErrSilent)

	terms.Senders = append(terms.Senders, c.staff.Person)
	p, err := c.Envelopes.Permit(ctx, c.boss, terms)
	if err != nil {
		t.Fatal(err)
	}
	lend := func() {
		t.Helper()
		if err := c.Seals.Grant(ctx, c.boss, c.seal, c.staff.Person, registry.Period{}); err != nil {
			t.Fatal(err)
		}
	}
	take := func() {
		t.Helper()
		if err := c.Seals.Revoke(ctx, c.boss, c.seal, c.staff.Person); err != nil {
			t.Fatal(err)
		}
	}
	take()
	_, err = c.Envelopes.CreateDraft(ctx, c.staff, silent(p.ID))
	orgtest.WantOf(t, "named, without a grant", err, registry.ErrNotGranted)
	lend()
	e, err := c.Envelopes.CreateDraft(ctx, c.staff, silent(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	take()
	_, err = c.Envelopes.Send(ctx, c.staff, e.ID)
	orgtest.WantOf(t, "the grant was taken before the send", err, registry.ErrNotGranted)
	lend()
	if e, err = c.Envelopes.Send(ctx, c.staff, e.ID); err != nil {
		t.Fatal(err)
	}
	take()
	c.step(t, 1)
	if e, err = c.Envelopes.Get(ctx, c.staff, e.ID); err != nil || e.Parties[0].State != envelope.Active {
		t.Errorf("the grant was taken before the signing: %v, %v", e.Parties[0].State, err)
	}
	lend()
	if e, err = c.Envelopes.CreateDraft(ctx, c.staff, silent(p.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.Send(ctx, c.staff, e.ID); err != nil {
		t.Fatal(err)
	}
	c.step(t, 2)
	if e, err = c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)}); err != nil || e.Status != envelope.Completed {
		t.Fatal(e, err)
	}
	for who, a := range map[string]org.Actor{"the other side": c.partner, "who gave it": c.boss} {
		seen, err := c.Envelopes.Get(ctx, a, e.ID)
		if err != nil || seen.Parties[0].Silent != "" || seen.Parties[0].Consent != nil && seen.Parties[0].Consent.Silent != "" {
			t.Errorf("%s sees %+v, %v", who, seen.Parties[0], err)
		}
	}
	c.step(t, 1)
	var zip bytes.Buffer
	if err := c.Envelopes.Download(ctx, c.partner, e.ID, &zip); err != nil || strings.Contains(zip.String(), p.ID) {
		t.Errorf("the packet names the permission, %v", err)
	}
	mine, _, err := c.Envelopes.Permissions(ctx, c.staff, "")
	if err != nil || len(mine) != 1 || mine[0].ID != p.ID || mine[0].Used != 1 {
		t.Errorf("the sender is shown %+v, %v", mine, err)
	}
}

// T26: a permission says on what and how often, and T32: it does not come back with who gave
// it.
func TestT26SilentTerms(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	terms := c.terms(c.seal, c.Clock.Now().Add(30*24*time.Hour))
	for what, change := range map[string]func(*envelope.PermissionTerms){
		"nobody":               func(p *envelope.PermissionTerms) { p.Senders = nil },
		"a stranger":           func(p *envelope.PermissionTerms) { p.Senders = []org.PersonID{c.partner.Person} },
		"never":                func(p *envelope.PermissionTerms) { p.Times = 0 },
		"too often":            func(p *envelope.PermissionTerms) { p.Times = 100_001 },
		"a template of nobody": func(p *envelope.PermissionTerms) { p.Template = "nothing" },
	} {
		bad := terms
		change(&bad)
		_, err := c.Envelopes.Permit(ctx, c.boss, bad)
		orgtest.WantOf(t, what, err, envelope.ErrSilent)
	}
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	terms.Template, terms.Times = tpl.ID, 1
	p, err := c.Envelopes.Permit(ctx, c.boss, terms)
	if err != nil {
		t.Fatal(err)
	}
	d := draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "another file", err, envelope.ErrSilent)

	n := template(t)
	n.Name, n.Roles[0].Kind = "静默", envelope.Member
	own, err := c.Envelopes.CreateTemplate(ctx, c.boss, n)
	if err != nil {
		t.Fatal(err)
	}
	terms.Template = own.ID
	if p, err = c.Envelopes.Permit(ctx, c.boss, terms); err != nil {
		t.Fatal(err)
	}
	made := func() (*envelope.Envelope, error) {
		i := instance("")
		i.Roles["公司"] = envelope.Filler{Silent: p.ID}
		return c.Envelopes.Instantiate(ctx, c.boss, own.ID, i)
	}
	if e, err = made(); err != nil {
		t.Fatal(err)
	}
	c.step(t, 2)
	if e, err = c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || e.Parties[0].State != envelope.Signed {
		t.Fatalf("%v, %v", e.Parties[0].State, err)
	}
	_, err = made()
	orgtest.WantOf(t, "a second time", err, envelope.ErrSilent)

	// T32: the administrator who gave one is disabled and comes back.
	terms.Template, terms.Times = "", 10
	if err := errors.Join(c.Org.SetSubAdmin(ctx, c.boss, c.staff.Person, true)); err != nil {
		t.Fatal(err)
	}
	if p, err = c.Envelopes.Permit(ctx, c.staff, terms); err != nil {
		t.Fatal(err)
	}
	c.Clock.Advance(-time.Second)
	if err := errors.Join(c.Org.Disable(ctx, c.boss, c.staff.Person), c.Org.Enable(ctx, c.boss, c.staff.Person),
		c.Org.SetSubAdmin(ctx, c.boss, c.staff.Person, true)); err != nil {
		t.Fatal(err)
	}
	d = draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
	_, err = c.Envelopes.CreateDraft(ctx, c.boss, d)
	orgtest.WantOf(t, "of who was away", err, envelope.ErrSilent)
}

// T26: two steps find the same silent task, whose permission is over. One opens it for the person
// who gave the permission; by the time of the other they have signed, and their task is done.
func TestT26TwoSteps(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	d := draft(t)
	d.Ordered, d.Methods = false, envelope.ByPassword
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
	e := c.send(t, d)
	orgtest.Must(t, c.Envelopes.Revoke(ctx, c.boss, p.ID))
	c.step(t, 1)
	if _, err := c.SignBy(c.boss, phoneA, e.ID, c.choice(c.boss), envelope.ByPassword); err != nil {
		t.Fatal(err)
	}
	if done, err := envelope.AgreeSilently(ctx, c.Envelopes, e.ID, 1); done || err != nil {
		t.Errorf("the second step: %t, %v", done, err)
	}
	if list, _, err := c.Envelopes.Tasks(ctx, c.boss, ""); err != nil || len(list) != 0 {
		t.Errorf("who has signed has %+v to do, %v", list, err)
	}
}

// T26: who gave a permission is in the envelope twice or three times: by two permissions, and
// as a member who seals by their own will. Each permission sets the seal in its own boxes alone.
func TestT26GiverIsAnotherPartyToo(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered, d.Methods, d.Signers = false, envelope.ByPassword, nil
	d.Files = []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(contract(t))}}
	for i := range 2 {
		p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		d.Signers = append(d.Signers, envelope.Signer{Kind: envelope.Member, Silent: p.ID, Boxes: []envelope.Box{box(envelope.SealBox, 60, 60+80*float64(i))}})
	}
	d.Signers = append(d.Signers, envelope.Signer{Kind: envelope.Member, Name: "张伟", Phone: phoneA, Boxes: []envelope.Box{box(envelope.SealBox, 150, 60)}})
	e := c.send(t, d)
	c.step(t, 4) // two consents, two signatures
	e, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || e.Parties[2].State != envelope.Active || e.Parties[2].Consent != nil {
		t.Fatalf("the member is %v with %+v, %v", e.Parties[2].State, e.Parties[2].Consent, err)
	}
	if e, err = c.SignBy(c.boss, phoneA, e.ID, c.choice(c.boss), envelope.ByPassword); err != nil || e.Status != envelope.Completed {
		t.Fatal(e, err)
	}
	for i, p := range e.Parties {
		if got := p.Consent.Stamps[len(p.Consent.Stamps)-1].Field; got != p.Boxes[0].Field || p.State != envelope.Signed {
			t.Errorf("party %d is %v, and signed in %s", i+1, p.State, got)
		}
	}
}
