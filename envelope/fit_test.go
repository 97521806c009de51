package envelope_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/seal"
)

// M68: if the sender says which kind of seal a box takes, a box that is smaller than
// that kind is refused when it is drafted; a box without a size has that kind's.
func TestM68BoxOfAStyle(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for _, b := range []struct {
		style         seal.Style
		width, height float64
		fits          bool
	}{
		{seal.StyleOfficial, 42, 42, true},
		{seal.StyleOfficial, 41.9, 42, false},
		{seal.StyleOfficial, 60, 41.9, false},
		{seal.StyleInvoice, 40, 30, true},
		{seal.StyleInvoice, 30, 40, false},
		{seal.StyleForeign, 0, 0, true},
		{seal.StyleFinance, 38, 38, true},
		{0, 10, 10, true}, // any seal: it is checked when one is chosen
	} {
		d := draft(t)
		d.Signers[0].Boxes[0].Style, d.Signers[0].Boxes[0].Width, d.Signers[0].Boxes[0].Height = b.style, b.width, b.height
		e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		var f *envelope.FieldError
		switch {
		case !b.fits:
			if !errors.As(err, &f) || f.Rule != "M68" || f.Zh() != "签署位置小于印章尺寸" {
				t.Errorf("%v in %g × %g: %v", b.style, b.width, b.height, err)
			}
		case err != nil:
			t.Errorf("%v in %g × %g: %v", b.style, b.width, b.height, err)
		case b.width == 0:
			if w, h := b.style.Size(); e.Parties[0].Boxes[0].Width != w || e.Parties[0].Boxes[0].Height != h {
				t.Errorf("%v: %+v", b.style, e.Parties[0].Boxes[0])
			}
		}
	}
}

// M68: the seal of a 静默签 is known at send, so a box that is too small for it is refused
// then: nobody is there to notice it later.
func TestM68SilentBoxTooSmall(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(30*24*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	d := draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Silent: p.ID,
		Boxes: []envelope.Box{{Kind: envelope.SealBox, Page: 1, X: 30, Y: 30, Width: 20, Height: 20}}}
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	before := c.balance(t)
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	var f *envelope.FieldError
	if !errors.As(err, &f) || f.Rule != "M68" || f.Zh() != "签署位置小于印章尺寸" {
		t.Errorf("sent: %v", err)
	}
	if c.balance(t) != before {
		t.Error("copies are held for it")
	}
}

// refusedAs checks that an error is a FieldError of a rule.
func refusedAs(t *testing.T, what, rule string, err error) {
	t.Helper()
	var f *envelope.FieldError
	if !errors.As(err, &f) || f.Rule != rule || f.Zh() == "" {
		t.Errorf("%s: %v", what, err)
	}
}

// M68: a text that cannot be set in its box is refused before a code is sent. If it was
// agreed to all the same, the consent is taken back, so that the envelope does not get
// stuck.
func TestM68TextThatDoesNotFit(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.TextBox, Page: 1, X: 80, Y: 20})
	e := c.send(t, d)
	choice := c.choice(c.staff)
	for what, text := range map[string]string{"no glyph": "好😀", "too long": strings.Repeat("长", 100)} {
		choice.Texts = map[string]string{"T1-2": text}
		refusedAs(t, what, "M68", c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice))
		c.Clock.Advance(3 * time.Hour)
		if err := c.Envelopes.RequestCodeUnseen(ctx, c.staff, string(e.ID), choice); err != nil {
			t.Fatal(err)
		}
		_, err := c.Envelopes.Submit(ctx, c.staff, e.ID, choice, envelope.Code(c.Sandbox.Code(phoneB)))
		refusedAs(t, what+", submitted", "M68", err)
		if e, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || e.Parties[0].State != envelope.Active {
			t.Errorf("%s: the party is %v, %v", what, e.Parties[0].State, err)
		}
	}
	choice.Texts = map[string]string{"T1-2": "三百元整"}
	if _, err := c.Sign(c.staff, phoneB, e.ID, choice); err != nil {
		t.Error(err)
	}
}

// M75: a box that a signer adds must lie on its page and not over a box of others.
func TestM75AddedBoxes(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered, d.AllowExtra = false, true
	e := c.send(t, d)
	add := func(x, y float64) envelope.Choice {
		ch := c.choice(c.partner)
		ch.Extra = []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: x, Y: y, Width: 20, Height: 10}}
		return ch
	}
	for what, ch := range map[string]envelope.Choice{"off the page": add(99, 50), "far off": add(1e300, 50), "nowhere": add(math.NaN(), 50),
		"over another's box": add(30, 30)} {
		refusedAs(t, what, "M68", c.Envelopes.RequestCode(ctx, c.partner, e.ID, ch))
	}
	if _, err := c.Sign(c.partner, phoneC, e.ID, add(20, 80)); err != nil {
		t.Fatal(err)
	}
	ch := c.choice(c.staff)
	ch.Extra = []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 22, Y: 82, Width: 20, Height: 10}}
	refusedAs(t, "over a box that was added", "M68", c.Envelopes.RequestCode(ctx, c.staff, e.ID, ch))
}

// Numbers and times that no page or calendar has are refused, and the error says why.
func TestOddNumbers(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		d := draft(t)
		d.Signers[0].Boxes[0].X = x
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		refusedAs(t, "a box", "M68", err)
	}
	far := []time.Time{time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0)}
	for _, at := range far {
		d := draft(t)
		d.Deadline = at
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		orgtest.WantOf(t, at.String(), err, envelope.ErrDeadline)
	}
	d := draft(t)
	d.Deadline = c.Clock.Now().Add(time.Hour)
	orgtest.WantOf(t, "extended", c.Envelopes.Extend(ctx, c.boss, c.send(t, d).ID, far[0]), envelope.ErrDeadline)
	d = draft(t)
	d.Files[0].Name = "合\x00同.pdf"
	_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	refusedAs(t, "a file name", "M63", err)
}

// A document that was laid out for one envelope, and downloaded before anyone signed,
// can be sent in another.
func TestLaidOutTwice(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.TextBox, Page: 1, X: 80, Y: 20, Must: true})
	e := c.send(t, d)
	for range 2 {
		b, err := c.Envelopes.Document(ctx, c.boss, e.ID, 0)
		d.Files[0].Content = bytes.NewReader(content(t, b, err))
		e = c.send(t, d)
	}
	choice := c.choice(c.staff)
	choice.Texts = map[string]string{e.Parties[0].Boxes[1].Field: "三百元整"}
	if _, err := c.Sign(c.staff, phoneB, e.ID, choice); err != nil {
		t.Fatal(err)
	}
	e, err := c.Sign(c.partner, phoneC, e.ID, c.choice(c.partner))
	if err != nil || e.Status != envelope.Completed {
		t.Fatalf("%v, %v", e, err)
	}
	c.result(t, e, 3)
}
