package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// T1: a person with no part in an envelope, a template or a permission can do nothing
// to it with its id, in any edition. A command belongs here with an envelope on which
// its owner would succeed: a refusal because of the state proves nothing.
func TestT1Foreigners(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	other := c.Person("赵敏", "13700137001", "110101199003074514")
	firm := c.Company(other, "北京另一家有限公司", "91110000600037341L")
	d := draft(t)
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.AttachmentBox, Page: 1, X: 50, Y: 90, Width: 80})
	e := c.send(t, d)
	unsent, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(t))
	if err != nil {
		t.Fatal(err)
	}
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	until := c.Clock.Now().Add(100 * time.Hour)
	perm, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, until))
	if err != nil {
		t.Fatal(err)
	}
	silent := func(permission string) envelope.NewDraft {
		d := draft(t)
		d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: permission, Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}}
		return d
	}
	// Each command on an envelope, a draft, a template and a permission of others.
	commands := func(a org.Actor, id, draftID envelope.ID, template, permission string) map[string]func() error {
		items := []envelope.Item{{Envelope: id, Choice: c.choice(c.staff)}}
		return map[string]func() error{
			"get":      func() error { _, err := c.Envelopes.Get(ctx, a, id); return err },
			"document": func() error { _, err := c.Envelopes.Document(ctx, a, id, 0); return err },
			"trail":    func() error { _, err := c.Envelopes.Trail(ctx, a, id); return err },
			"download": func() error { return c.Envelopes.Download(ctx, a, id, &bytes.Buffer{}) },
			"open":     func() error { return c.Envelopes.MarkOpened(ctx, a, id) },
			"send":     func() error { _, err := c.Envelopes.Send(ctx, a, id); return err },
			"code":     func() error { return c.Envelopes.RequestCode(ctx, a, id, c.choice(c.staff)) },
			"submit": func() error {
				_, err := c.Envelopes.Submit(ctx, a, id, c.choice(c.staff), envelope.Code("123456"))
				return err
			},
			"face":       func() error { _, err := c.Envelopes.RequestFace(ctx, a, id, c.choice(c.staff), ""); return err },
			"batch code": func() error { return c.Envelopes.RequestBatchCode(ctx, a, items) },
			"batch face": func() error { _, err := c.Envelopes.RequestBatchFace(ctx, a, items, ""); return err },
			"batch": func() error {
				out, err := c.Envelopes.SubmitBatch(ctx, a, items, envelope.Code("123456"))
				for _, o := range out {
					err = errors.Join(err, o.Err)
				}
				return err
			},
			"save":     func() error { _, err := c.Envelopes.SaveDraft(ctx, a, draftID, draft(t)); return err },
			"delete":   func() error { return c.Envelopes.DeleteDraft(ctx, a, draftID) },
			"evidence": func() error { return c.Envelopes.MakeEvidence(ctx, a, id) },
			"report":   func() error { _, err := c.Envelopes.EvidenceReport(ctx, a, id); return err },
			"all": func() (err error) {
				each := func(_ int, _ *envelope.Envelope, e error) { err = e }
				_, stopped := c.Envelopes.InstantiateAll(ctx, a, template, slices.Values([]envelope.Instance{instance("1")}), each)
				return errors.Join(err, stopped)
			},
			"attach": func() error {
				_, err := c.Envelopes.Attach(ctx, a, id, "T1-2", envelope.Upload{Name: "a.txt", Content: strings.NewReader("a")})
				return err
			},
			"detach":      func() error { return c.Envelopes.Detach(ctx, a, id, "T1-2") },
			"attachment":  func() error { _, err := c.Envelopes.Attachment(ctx, a, id, 1, "T1-2"); return err },
			"retract":     func() error { return c.Envelopes.Retract(ctx, a, id) },
			"withdraw":    func() error { return c.Envelopes.Withdraw(ctx, a, id, "") },
			"decline":     func() error { return c.Envelopes.Decline(ctx, a, id, "不") },
			"delegate":    func() error { return c.Envelopes.Delegate(ctx, a, id, "赵敏", "13700137001") },
			"remind":      func() error { return c.Envelopes.Remind(ctx, a, id, 1) },
			"extend":      func() error { return c.Envelopes.Extend(ctx, a, id, until) },
			"copy":        func() error { _, err := c.Envelopes.CopyDraft(ctx, a, id); return err },
			"void":        func() error { _, err := c.Envelopes.Void(ctx, a, id, "不"); return err },
			"instantiate": func() error { _, err := c.Envelopes.Instantiate(ctx, a, template, instance("1")); return err },
			"untemplate":  func() error { return c.Envelopes.DeleteTemplate(ctx, a, template) },
			"permit":      func() error { _, err := c.Envelopes.Permit(ctx, a, c.terms(c.seal, until)); return err },
			"revoke":      func() error { return c.Envelopes.Revoke(ctx, a, permission) },
			"silently":    func() error { _, err := c.Envelopes.CreateDraft(ctx, a, silent(permission)); return err },
		}
	}
	for name, a := range map[string]org.Actor{"a stranger": other, "another company": firm, "a stranger as the company": {Person: other.Person, Org: c.boss.Org},
		"the sender as another company": {Person: c.boss.Person, Org: firm.Org}, "nobody": {}, "the sender as himself": {Person: c.boss.Person},
		"an id as the company": {Person: "nobody", Org: c.boss.Org}} {
		missing := commands(a, "nothing", "nothing", "nothing", "nothing")
		for what, do := range commands(a, e.ID, unsent.ID, tpl.ID, perm.ID) {
			err := do()
			if none := missing[what](); what != "silently" && what != "permit" && fmt.Sprint(none) != fmt.Sprint(err) {
				t.Errorf("%s: %s: %v, and %v if there is none", name, what, err, none)
			}
			var denied *org.DeniedError
			refused := errors.As(err, &denied) || errors.Is(err, envelope.ErrNotFound) ||
				errors.Is(err, registry.ErrNotFound) || errors.Is(err, org.ErrNotFound)
			if what == "silently" { // a draft of their own, with another company's permission
				refused = err != nil
			}
			if !refused {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
	after, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || after.Events != e.Events {
		t.Errorf("%+v, %v", after, err)
	}
}

// ownLists are the methods that take no id: they answer with what is the actor's own.
// ResolveLink takes a code instead, see TestM31ReadersAndLinks; RequestCodeUnseen is
// part of the tests alone.
var ownLists = strings.Fields(`CopiesToMe Counts DefaultSigners Finished Latest Permissions Search Sent Tasks
	Templates CreateTemplate ResolveLink RequestCodeUnseen`)

// TestT1EveryCommandIsTried: the test above tries every method that takes an actor and
// an id.
func TestT1EveryCommandIsTried(t *testing.T) {
	tried, err := os.ReadFile("foreign_test.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := orgtest.Acting(reflect.TypeFor[*envelope.Service]())
	for _, name := range methods {
		if !slices.Contains(ownLists, name) && !strings.Contains(string(tried), "c.Envelopes."+name+"(ctx, a, ") {
			t.Errorf("%s is not tried", name)
		}
	}
	if len(methods) < 30 {
		t.Errorf("only %d methods: %v", len(methods), methods)
	}
}
