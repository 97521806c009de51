package envelope_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/seal"
)

// M68: where the sender says which kind of seal a box takes, a box that is smaller than
// that kind is refused when it is drafted; one without a size has that kind's.
func TestBoxOfAStyle_M68(t *testing.T) {
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
		{0, 10, 10, true}, // any seal: it is seen when one is chosen
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

// M68: the seal of a 静默签 is known at send, and a box that is too small for it is
// refused then: nobody is there to see it later.
func TestSilentBoxTooSmall_M68(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	p, err := c.Envelopes.Permit(ctx, c.boss, c.seal, c.Clock.Now().Add(30*24*time.Hour))
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
