package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/store"
)

// again does what a client does: it repeats a command until it is answered.
func again(t testing.TB, what string, do func() error) {
	t.Helper()
	var err error
	for range 4 {
		if err = do(); err == nil {
			return
		}
		// org leaves a carrier's words out of its errors, except for these.
		if !errors.Is(err, errFault) && !strings.HasSuffix(err.Error(), "sms: "+errFault.Error()) {
			break
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// story runs a whole envelope, as clients and the step loop do.
func (c *cast) story(t testing.TB) *envelope.Envelope {
	t.Helper()
	ctx := t.Context()
	var e *envelope.Envelope
	again(t, "draft", func() (err error) {
		e, err = c.Envelopes.Once("draft").CreateDraft(ctx, c.boss, draft(t))
		return err
	})
	id := e.ID
	c.order(t, "32", true)
	invoiced := c.order(t, "year", false)
	again(t, "send", func() error { _, err := c.Envelopes.Send(ctx, c.boss, id); return err })
	for _, s := range []struct {
		actor org.Actor
		phone string
	}{{c.staff, phoneB}, {c.partner, phoneC}} {
		choice := c.choices[s.phone]
		again(t, "code", func() error {
			c.Clock.Advance(3 * time.Hour)
			return c.Envelopes.RequestCode(ctx, s.actor, id, choice)
		})
		code := c.Sandbox.Code(s.phone)
		again(t, "submit", func() (err error) {
			e, err = c.Envelopes.Submit(ctx, s.actor, id, choice, envelope.Code(code))
			if errors.Is(err, envelope.ErrSigned) {
				e, err = c.Envelopes.Get(ctx, c.boss, id)
			}
			return err
		})
	}
	for quiet := 0; quiet < 2; { // until nothing is left to do, and nothing waits
		c.Clock.Advance(2 * time.Hour)
		n, err := c.Envelopes.Step(ctx)
		m, merr := c.Org.Step(ctx)
		if err = errors.Join(err, merr); err != nil && !errors.Is(err, errFault) {
			t.Fatal(err)
		}
		if quiet++; n+m > 0 || err != nil {
			quiet = 0
		}
	}
	again(t, "invoice", func() error {
		_, err := c.Billing.Once("invoice").RequestInvoice(ctx, c.boss, billing.InvoiceForm{Order: invoiced,
			TitleKind: billing.TitlePerson, Title: "张伟"})
		return err
	})
	again(t, "get", func() (err error) { e, err = c.Envelopes.Get(ctx, c.boss, id); return err })
	return e
}

// order buys a package and pays for it. The provider reports the payment, and reports
// it again if it was not taken; or no report comes, and the platform asks.
func (c *cast) order(t testing.TB, id string, reported bool) string {
	t.Helper()
	ctx := t.Context()
	c.Clock.Advance(time.Minute) // lists are ordered by time
	var o billing.Order
	again(t, "buy", func() (err error) {
		o, err = c.Billing.Once("buy "+id).Buy(ctx, c.boss, id, billing.WeChat)
		return err
	})
	c.Sandbox.Script(sandbox.Payments, sandbox.Script{Hold: !reported})
	err := c.Sandbox.Pass(ctx, o.QR)
	for i := 0; err != nil && i < 3; i++ {
		err = c.Sandbox.Pass(ctx, o.QR)
	}
	if err != nil {
		t.Fatalf("the payment was not taken: %v", err)
	}
	order := o.ID
	again(t, "refresh", func() (err error) { o, err = c.Billing.RefreshOrder(ctx, c.boss, order); return err })
	if o.State != billing.Paid {
		t.Fatalf("the order is %v", o.State.Zh())
	}
	return order
}

// outcome returns everything that must be the same whatever failed.
func (c *cast) outcome(t testing.TB, e *envelope.Envelope) string {
	t.Helper()
	ctx := t.Context()
	var out strings.Builder
	fmt.Fprintln(&out, e.Status, e.Preserved())
	for _, p := range e.Parties {
		fmt.Fprintln(&out, p.State, len(p.Consent.Stamps))
	}
	trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range trail {
		fmt.Fprint(&out, entry.Kind, " ")
	}
	b, err := c.Billing.Balance(ctx, c.boss)
	if err != nil {
		t.Fatal(err)
	}
	charges, _, err := c.Billing.Charges(ctx, c.boss, billing.ChargeFilter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&out, b.Free, b.Held, len(charges))
	if err := c.Billing.Audit(ctx, c.boss.Org); err != nil {
		t.Fatal(err)
	}
	for _, en := range all(t, func(after store.Cursor) ([]billing.Entry, store.Cursor, error) {
		return c.Billing.Ledger(ctx, c.boss, after)
	}) {
		fmt.Fprintln(&out, en.Kind, en.Free, en.Held)
	}
	for _, o := range all(t, func(after store.Cursor) ([]billing.Order, store.Cursor, error) {
		return c.Billing.Orders(ctx, c.boss, after)
	}) {
		in, err := c.Billing.Invoice(ctx, c.boss, o.ID)
		if err != nil && !errors.Is(err, billing.ErrNotFound) {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, o.Package.ID, o.State, "invoice", in.Number, in.Fen)
	}
	uses, _, err := c.Seals.Uses(ctx, c.boss, c.seal, "")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&out, "uses", len(uses))
	for _, status := range []envelope.Status{envelope.Draft, envelope.InProgress, envelope.Completed} {
		list, _, err := c.Envelopes.Sent(ctx, c.boss, envelope.Filter{Status: status}, "")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, status, len(list))
	}
	for _, phone := range []string{phoneB, phoneC} {
		tasks := 0
		for _, m := range c.Sandbox.Inbox(phone) {
			if strings.Contains(m.Text, "请点击处理") {
				tasks++
			}
		}
		fmt.Fprintln(&out, "told", tasks)
	}
	var z bytes.Buffer
	if err := c.Envelopes.Download(ctx, c.partner, e.ID, &z); err != nil {
		t.Fatal(err)
	}
	rep, err := c.auditOf(t, z.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Files {
		fmt.Fprintln(&out, "signatures", len(f.Report.Signatures), f.Report.Verdict)
	}
	return out.String()
}

// TestT21Faults: over the whole life of an envelope, from its upload and the order of a
// package to its payment and the invoice, every k-th operation of the store, the blobs,
// the keys, the TSA, the CA, the short messages, the payments and the invoices fails,
// before its effect and after it. The outcome is that of an undisturbed run (T21).
// The campaign makes every operation fail, other runs a sample.
func TestT21Faults(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			f := &faults{}
			c := faultyWorld(t, kind, f)
			f.armed = true
			e := c.story(t)
			f.armed = false
			want, all := c.outcome(t, e), f.n
			stride := 1
			switch {
			case os.Getenv("CAMPAIGN") != "":
			case testing.Short():
				stride = 97
			case kind == "sqlite":
				stride = 41
			default:
				stride = 11
			}
			t.Logf("%d operations, every %d of them", all, stride)
			runs := 0
			for at := 1; at <= all; at += stride {
				for _, after := range []bool{false, true} {
					f := &faults{at: at, after: after}
					ok := t.Run(fmt.Sprintf("%d/after=%t", at, after), func(t *testing.T) {
						c := faultyWorld(t, kind, f)
						f.armed = true
						e := c.story(t)
						f.armed = false
						if got := c.outcome(t, e); got != want {
							t.Errorf("%s failed:\n%s\nwant\n%s", f.hit, got, want)
						}
					})
					if !ok {
						t.Logf("operation %d: %s", at, f.hit)
					}
					runs++
				}
			}
			t.Logf("%d runs", runs)
		})
	}
}
