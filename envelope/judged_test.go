package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
)

// T30: what a consent rests on is judged when it is recorded, not only when its code was asked
// for. Two signers add boxes in the same place, and both have their codes before either signs.
func TestT30AddedBoxesAreJudgedAgain(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered, d.AllowExtra = false, true
	e := c.send(t, d)
	first, second := c.choice(c.staff), envelope.Choice{Signature: c.Signature(c.partner)}
	first.Extra = []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 25, Y: 90}}
	second.Extra = []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 30, Y: 90}}
	c.Clock.Advance(time.Hour)
	if err := errors.Join(c.Envelopes.RequestCode(ctx, c.staff, e.ID, first), c.Envelopes.RequestCode(ctx, c.partner, e.ID, second)); err != nil {
		t.Fatal(err)
	}
	codes := []string{c.Sandbox.Code(phoneB), c.Sandbox.Code(phoneC)}
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, first, envelope.Code(codes[0])); err != nil {
		t.Fatal(err)
	}
	_, err := c.Envelopes.Submit(ctx, c.partner, e.ID, second, envelope.Code(codes[1]))
	var refused *envelope.FieldError
	if !errors.As(err, &refused) || refused.Zh() != "签署位置重叠" {
		t.Errorf("over the other's: %v", err)
	}
	c.Clock.Advance(time.Hour)
	second.Extra[0].X, second.Extra[0].Y = 75, 20
	if _, err := c.Sign(c.partner, phoneC, e.ID, second); err != nil {
		t.Error(err)
	}
}

// T29: an envelope has a stated number of places, which is refused above and quick below; a
// context that ends is heard.
func TestT29Places(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	many := func(boxes, pages int) envelope.NewDraft {
		d := draft(t)
		d.Files[0].Content = bytes.NewReader(blank(t, pages))
		d.Signers[0].Boxes = nil
		d.Signers[1].Boxes[0].X, d.Signers[1].Boxes[0].Y = 185, 285
		for i := range boxes {
			b := envelope.Box{Kind: envelope.SealBox, Page: 1, X: 30 + float64(i%3)*50, Y: 30 + float64(i/3%5)*50}
			for p := 2; p <= pages; p++ {
				b.Pages = append(b.Pages, p)
			}
			d.Signers[0].Boxes = append(d.Signers[0].Boxes, b)
		}
		return d
	}
	d := many(6, 400)
	_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	refusedAs(t, "2,400 places", "M68", err)
	edge := many(1, 100)
	for i := range 60 {
		edge.Signers[0].Boxes = append(edge.Signers[0].Boxes, envelope.Box{Kind: envelope.SealBox, Edge: &envelope.Edge{Side: signer.Right, At: float64(i) / 60}})
	}
	_, err = c.Envelopes.CreateDraft(ctx, c.boss, edge)
	refusedAs(t, "60 seals across 100 pages", "M68", err)

	e, err := c.Envelopes.CreateDraft(ctx, c.boss, many(4, 400))
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := c.Envelopes.Send(stopped, c.boss, e.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended: %v", err)
	}
	if _, err := c.Envelopes.Send(ctx, c.boss, e.ID); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("1,600 places took %v", took)
	} else {
		t.Logf("1,600 places in %v", took)
	}
}

func blankReader(t *testing.T, pages int) io.Reader { return bytes.NewReader(blank(t, pages)) }

// blank returns a document of empty pages.
func blank(t *testing.T, pages int) []byte {
	t.Helper()
	return samples.PDF(samples.Spec{Pages: samples.A4(pages)})
}

// countedWords is a Finder that counts how often it is asked.
type countedWords struct {
	words
	asked int
}

func (w *countedWords) Find(ctx context.Context, r io.ReaderAt, size int64, word string) ([]signer.Place, error) {
	w.asked++
	return w.words.Find(ctx, r, size, word)
}

// T29: a word is looked for once in each document, however many boxes have it.
func TestT29Keywords(t *testing.T) {
	c := newCast(t, nil)
	finder := &countedWords{words: words{"甲方盖章": {at(1, 30, 30)}}}
	c.Finder = finder
	d := draft(t)
	d.Signers = d.Signers[:1]
	d.Signers[0].Boxes = nil
	for i := range 20 {
		d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SealBox,
			Keyword: &envelope.Keyword{Word: "甲方盖章", DX: float64(i), DY: float64(i)}})
	}
	e := c.send(t, d)
	if finder.asked != 1 || len(e.Parties[0].Boxes) != 21 || e.Parties[0].Boxes[19].Y <= e.Parties[0].Boxes[0].Y {
		t.Errorf("asked %d times for %d boxes", finder.asked, len(e.Parties[0].Boxes))
	}
}
