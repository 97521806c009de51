package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// contract returns a contract of three pages or more.
func contract(t testing.TB) []byte {
	t.Helper()
	p, err := report.New("采购合同", "合同编号")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		p.Heading(fmt.Sprintf("第%d条", i+1))
		p.Text("甲方向乙方采购货物，乙方应按约定的时间、地点和方式交付，并保证货物的质量符合国家标准和双方约定的技术要求。")
	}
	p.Gap()
	p.Text("甲方盖章处")
	p.Gap()
	p.Gap()
	p.Text("乙方签字处")
	out, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// words is a Finder that knows the places of words.
type words map[string][]signer.Place

func (w words) Find(_ context.Context, _ io.ReaderAt, _ int64, word string) ([]signer.Place, error) {
	if word == "故障" {
		return nil, errBroken
	}
	return w[word], nil
}

var errBroken = errors.New("broken")

func at(page int, x, y float64) signer.Place {
	return signer.Place{Page: page, Box: signer.Around(x, y, 20, 5)}
}

// M68 with every kind of place: by keyword, on several pages, across pages, text, date;
// then both parties sign, and the result is judged valid.
func TestM68Positions(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	c.Finder = words{"甲方盖章": {at(2, 60, 240)}, "乙方签字": {at(1, 150, 40), at(2, 150, 260)}}
	in := contract(t)
	d := draft(t)
	d.Files = []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(in)}, {Name: "附件.pdf", Content: bytes.NewReader(page(t))}}
	d.Signers[0].Boxes = []envelope.Box{
		{Kind: envelope.SealBox, Keyword: &envelope.Keyword{Word: "甲方盖章", Nth: 1, DX: 20}, Style: seal.StyleOfficial},
		{Kind: envelope.SealBox, Edge: &envelope.Edge{Side: signer.Right, At: 0.5}},
		{Kind: envelope.TextBox, Page: 1, X: 160, Y: 20, Label: "合同编号", Must: true},
		{Kind: envelope.DateBox, Keyword: &envelope.Keyword{Word: "甲方盖章", Nth: 1, DX: -10, DY: 15}},
		{Kind: envelope.TextBox, Page: 1, X: 160, Y: 28, Label: "备注"},
	}
	d.Signers[1].Boxes = []envelope.Box{
		{Kind: envelope.SignatureBox, Keyword: &envelope.Keyword{Word: "乙方签字"}},
		{Kind: envelope.SignatureBox, Keyword: &envelope.Keyword{Word: "丙方", Skip: true}},
		{Kind: envelope.SignatureBox, File: 1, Page: 1, X: 50, Y: 85},
	}
	e := c.send(t, d)
	boxes := e.Parties[0].Boxes
	if len(boxes) != 7 || boxes[0].Page != 2 || boxes[0].X != 80 || boxes[0].Field != "S1-1" || boxes[2].Field != "T1-3" {
		t.Fatalf("boxes of the company: %+v", boxes)
	}
	if b := e.Parties[1].Boxes; len(b) != 2 || b[0].Page != 1 || len(b[0].Found) != 1 || b[0].Found[0] != (envelope.Spot{Page: 2, X: 150, Y: 260}) {
		t.Fatalf("boxes of the partner: %+v", b)
	}

	choice := c.choice(c.staff)
	var f *envelope.FieldError
	for what, texts := range map[string]map[string]string{"nothing typed": nil, "blanks": {"T1-3": "  "}, "a control character": {"T1-3": "a\nb"},
		"no such field": {"T1-3": "HT-1", "T1-9": "x"}, "a date typed": {"T1-3": "HT-1", "T1-4": "2026"}} {
		choice.Texts = texts
		if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); !errors.As(err, &f) || f.Rule != "M68" || f.Zh() == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	choice.Texts = map[string]string{"T1-3": "HT-2026-001"}
	c.Clock.Advance(time.Hour)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); err != nil {
		t.Fatal(err)
	}
	code := c.Sandbox.Code(phoneB)
	other := choice
	other.Texts = map[string]string{"T1-3": "HT-2026-002"}
	var wrong *org.CodeError
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, other, envelope.Code(code)); !errors.As(err, &wrong) {
		t.Errorf("T7: a code for other texts: %v", err)
	}
	e, err := c.Sign(c.staff, phoneB, e.ID, choice)
	if err != nil {
		t.Fatal(err)
	}
	e, err = c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)})
	if err != nil || e.Status != envelope.Completed {
		t.Fatal(e, err)
	}
	c.results(t, e, 4, 2) // handler, seal, edge, partner; handler and partner
	c.step(t, 1)
	c.keep(t, "placed", e)
}

// Everything at once: across pages, by keyword, texts, and seals that signers add
// (M75), checked by other programs too.
func TestM75EverySignerAdds(t *testing.T) {
	c := newCast(t, nil)
	d := draft(t)
	d.AllowExtra = true
	d.Files[0].Content = bytes.NewReader(contract(t))
	d.Signers[0].Boxes = []envelope.Box{{Kind: envelope.SealBox, Edge: &envelope.Edge{Side: signer.Right, At: 0.4}}}
	d.Signers[1].Boxes = []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 150, Y: 240}, {Kind: envelope.DateBox, Page: 1, X: 150, Y: 255}}
	e := c.send(t, d)
	with := c.choice(c.staff)
	with.Extra = []envelope.Box{{Kind: envelope.SealBox, Page: 2, X: 60, Y: 200}, {Kind: envelope.SignatureBox, Page: 2, X: 60, Y: 240}}
	if _, err := c.Sign(c.staff, phoneB, e.ID, with); err != nil {
		t.Fatal(err)
	}
	e, err := c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner),
		Extra: []envelope.Box{{Kind: envelope.SignatureBox, Page: 3, X: 150, Y: 200}}})
	if err != nil {
		t.Fatal(err)
	}
	c.result(t, e, 6)
	c.step(t, 1)
	c.keep(t, "added", e)
}

// An impossible place is refused when it is drafted, or at send, not at signing, and
// holds no copies.
func TestM68PositionsRefused(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	c.Finder = words{"甲方盖章": {at(1, 60, 60)}}
	signature := func(x, y float64) []envelope.Box {
		return []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: x, Y: y}}
	}
	sealed := func(b envelope.Box) func(d *envelope.NewDraft) {
		return func(d *envelope.NewDraft) { b.Kind = envelope.SealBox; d.Signers[0].Boxes = []envelope.Box{b} }
	}
	for what, change := range map[string]func(d *envelope.NewDraft){
		"an edge of one page":      sealed(envelope.Box{Edge: &envelope.Edge{}, Pages: []int{1}}),
		"an edge backwards":        sealed(envelope.Box{Edge: &envelope.Edge{}, Pages: []int{2, 1}}),
		"an edge beyond the file":  sealed(envelope.Box{Edge: &envelope.Edge{}, Pages: []int{1, 99}}),
		"an edge off its side":     sealed(envelope.Box{Edge: &envelope.Edge{At: 1.5}}),
		"an edge by a word":        sealed(envelope.Box{Edge: &envelope.Edge{}, Keyword: &envelope.Keyword{Word: "甲"}}),
		"an empty word":            sealed(envelope.Box{Keyword: &envelope.Keyword{}}),
		"a word and pages":         sealed(envelope.Box{Keyword: &envelope.Keyword{Word: "甲"}, Pages: []int{2}}),
		"a page twice":             sealed(envelope.Box{Page: 1, X: 60, Y: 60, Pages: []int{1}}),
		"a page beyond the file":   sealed(envelope.Box{Page: 1, X: 60, Y: 60, Pages: []int{99}}),
		"an absent word":           sealed(envelope.Box{Keyword: &envelope.Keyword{Word: "乙方盖章"}}),
		"a second absent word":     sealed(envelope.Box{Keyword: &envelope.Keyword{Word: "甲方盖章", Nth: 2}}),
		"a word at the page's end": sealed(envelope.Box{Keyword: &envelope.Keyword{Word: "甲方盖章", DX: -60}}),
		"a signature's style": func(d *envelope.NewDraft) {
			d.Signers[0].Boxes[0] = envelope.Box{Kind: envelope.SignatureBox, Page: 1, X: 60, Y: 60, Style: seal.StyleOfficial}
		},
		"a text on two pages": func(d *envelope.NewDraft) {
			d.Signers[0].Boxes[0] = envelope.Box{Kind: envelope.TextBox, Page: 1, X: 60, Y: 60, Pages: []int{2}}
		},
		"boxes over one another": func(d *envelope.NewDraft) {
			d.Signers[1].Boxes = signature(70, 70)
			d.Signers[0].Boxes[0].X, d.Signers[0].Boxes[0].Y = 60, 60
		},
	} {
		d := draft(t)
		d.Files[0].Content = bytes.NewReader(contract(t))
		change(&d)
		e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		if err == nil {
			_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
		}
		var f *envelope.FieldError
		if !errors.As(err, &f) || f.Rule != "M68" || f.Zh() == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := draft(t)
	d.Signers[0].Boxes[0] = envelope.Box{Kind: envelope.SealBox, Keyword: &envelope.Keyword{Word: "故障"}}
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "a finder that fails", err, errBroken)
	c.Finder = nil
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "no finder", err, envelope.ErrNoFinder)
	if b := c.balance(t); b.Held != 0 {
		t.Errorf("a refused send holds %+v", b)
	}
}

// A box takes the kind of seal that it names, of a size that fits, and each box may
// take its own seal (M74).
func TestM74SealsOfBoxes(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	other, err := c.Seals.Create(ctx, c.boss, "合同章", seal.Spec{Style: seal.StyleContract})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Seals.Grant(ctx, c.boss, other.ID, c.staff.Person, registry.Period{}); err != nil {
		t.Fatal(err)
	}
	large, err := c.Seals.Create(ctx, c.boss, "大公章", seal.Spec{Style: seal.StyleOfficial, Width: 60})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Seals.Grant(ctx, c.boss, large.ID, c.staff.Person, registry.Period{}); err != nil {
		t.Fatal(err)
	}
	d := draft(t)
	d.Files[0].Content = bytes.NewReader(contract(t))
	d.Signers[0].Boxes = []envelope.Box{
		{Kind: envelope.SealBox, Page: 1, X: 60, Y: 60, Style: seal.StyleOfficial, Width: 45, Height: 45},
		{Kind: envelope.SealBox, Page: 1, X: 120, Y: 60, Style: seal.StyleContract, Width: 65, Height: 65},
	}
	d.Signers[1].Boxes[0].Y = 150
	e := c.send(t, d)
	choice := c.choice(c.staff)
	var kind *envelope.SealKindError
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); !errors.As(err, &kind) || kind.Want != seal.StyleContract || kind.Zh() == "" {
		t.Errorf("a 公章 where a 合同专用章 is asked for: %v", err)
	}
	choice.Seals = map[string]registry.SealID{"S1-2": other.ID}
	choice.Seal = large.ID
	var f *envelope.FieldError
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); !errors.As(err, &f) {
		t.Errorf("a seal larger than its box: %v", err)
	}
	choice.Seal = c.seal
	e, err = c.Sign(c.staff, phoneB, e.ID, choice)
	if err != nil {
		t.Fatal(err)
	}
	if st := e.Parties[0].Consent.Stamps; st[1].Seal != c.seal || st[2].Seal != other.ID {
		t.Errorf("stamps %+v", st)
	}
}

// A person's signature that is larger than its box is made smaller.
func TestSignatureFitsItsBox(t *testing.T) {
	c := newCast(t, nil)
	d := draft(t)
	d.Ordered = false
	d.Signers[1].Boxes[0].Width, d.Signers[1].Boxes[0].Height = 12, 6
	e := c.send(t, d)
	if _, err := c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)}); err != nil {
		t.Error(err)
	}
}

// The Finder that comes with the library finds the words of a real page.
func TestPageviewFinds(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles PDFium")
	}
	v, err := pageview.New(t.Context(), pageview.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	c := newCast(t, nil)
	c.Finder = v
	d := draft(t)
	d.Files[0].Content = bytes.NewReader(contract(t))
	d.Signers[0].Boxes = []envelope.Box{{Kind: envelope.SealBox, Keyword: &envelope.Keyword{Word: "甲方盖章处", DX: 40}}}
	d.Signers[1].Boxes = []envelope.Box{{Kind: envelope.SignatureBox, Keyword: &envelope.Keyword{Word: "乙方签字处", DX: 100}}}
	e := c.send(t, d)
	a, b := e.Parties[0].Boxes[0], e.Parties[1].Boxes[0]
	if a.Page < 2 || a.Page != b.Page || b.Y <= a.Y || a.X < 50 || a.X > 90 || b.X < a.X+59 || b.X > a.X+61 {
		t.Errorf("%+v\n%+v", a, b)
	}
}
