package envelope_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestM68WholeLife checks M68 to M79, M55 and M58, on every database.
func TestM68WholeLife(t *testing.T) {
	for _, name := range []string{"memory", "sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			var drv store.Driver
			var err error
			switch name {
			case "sqlite":
				drv, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{})
			case "postgres":
				drv, err = postgres.Open(t.Context(), pgtest.DSN(t), postgres.Config{})
			}
			if err != nil {
				t.Fatal(err)
			}
			c, ctx := newCast(t, drv), t.Context()
			e := c.send(t, draft(t))
			if b := c.balance(t); b.Free != 31 || b.Held != 1 {
				t.Errorf("M56: %+v", b)
			}
			if tasks, _, err := c.Envelopes.Tasks(ctx, c.partner, ""); err != nil || len(tasks) != 0 {
				t.Errorf("M69: %+v %v", tasks, err)
			}
			err = c.Envelopes.RequestCode(ctx, c.partner, e.ID, c.choice(c.partner))
			orgtest.WantOf(t, "T20 out of turn", err, envelope.ErrNotYourTurn)
			err = c.Envelopes.RequestCode(ctx, org.Actor{Person: c.staff.Person}, e.ID, c.choice(c.staff))
			orgtest.WantOf(t, "M72 in the wrong edition", err, envelope.ErrNotFound)
			if _, err := c.Org.Step(ctx); err != nil {
				t.Fatal(err)
			}
			in := c.Sandbox.Inbox(phoneB)
			if got := in[len(in)-1].Text; !strings.HasPrefix(got, "【大家签】您好, 收到来自("+companyName+")发起的一份《采购合同》文件, 请点击处理: https://s.example.com/") {
				t.Errorf("M77: %q", got)
			}
			if e, err = c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
				t.Fatal(err)
			}
			if done, all := e.Progress(); done != 1 || all != 2 || e.Status != envelope.InProgress {
				t.Errorf("M73: %d of %d, %v", done, all, e.Status)
			}
			if list, _, err := c.Billing.Charges(ctx, c.boss, billing.ChargeFilter{}, ""); err != nil || len(list) != 0 {
				t.Errorf("M58 charged too early: %+v %v", list, err)
			}
			if e, err = c.Sign(c.partner, phoneC, e.ID, c.choice(c.partner)); err != nil {
				t.Fatal(err)
			}
			if e.Status != envelope.Completed {
				t.Errorf("%v", e.Status)
			}
			if b := c.balance(t); b.Free != 31 || b.Held != 0 {
				t.Errorf("M55: %+v", b)
			}
			if n, err := c.Envelopes.Step(ctx); err != nil || n != 1 {
				t.Errorf("Step: %d %v", n, err)
			}
			if n, err := c.Envelopes.Step(ctx); err != nil || n != 0 {
				t.Errorf("Step again: %d %v", n, err)
			}
			c.result(t, e, 3)
			c.report(t, e)
			if uses, _, err := c.Seals.Uses(ctx, c.boss, c.seal, ""); err != nil || len(uses) != 1 || uses[0].Envelope != string(e.ID) {
				t.Errorf("M47: %+v %v", uses, err)
			}
			trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
			if err != nil || trail[len(trail)-1].Kind != string(envelope.EventEvidence) {
				t.Errorf("T18: %v", err)
			}
			if err := envelope.CutTrail(ctx, c.DB, string(e.ID), int64(len(trail))); err != nil {
				t.Fatal(err)
			}
			var broken *audit.BrokenError
			if _, err := c.Envelopes.Trail(ctx, c.boss, e.ID); !errors.As(err, &broken) {
				t.Errorf("T18: a trail without its last entry: %v", err)
			}
		})
	}
}

// TestM63DraftRules checks M63, M64, M67 and M68: each refusal names its rule and
// leaves nothing behind.
func TestM63DraftRules(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for _, bad := range []struct {
		rule   string
		change func(d *envelope.NewDraft)
	}{
		{"M64", func(d *envelope.NewDraft) { d.Subject = strings.Repeat("字", 26) }},
		{"M64", func(d *envelope.NewDraft) { d.Note = strings.Repeat("字", 301) }},
		{"M64 subject", func(d *envelope.NewDraft) { d.Subject = "\xff" }},
		{"M64 note", func(d *envelope.NewDraft) { d.Note = "\xff" }},
		{"M63", func(d *envelope.NewDraft) { d.Files = make([]envelope.Upload, 6) }},
		{"M63", func(d *envelope.NewDraft) { d.Files[0].Name = "" }},
		{"M63", func(d *envelope.NewDraft) { d.Files[0].Content = bytes.NewReader(make([]byte, 11<<20)) }},
		{"M63", func(d *envelope.NewDraft) { d.Files[0].Content = strings.NewReader("") }},
		{"M67", func(d *envelope.NewDraft) { d.Signers[0].Kind = envelope.Member }}, // with a company's name
		{"M66", func(d *envelope.NewDraft) { d.Signers[0].Group = 1 }},              // in an ordered draft
		{"M67", func(d *envelope.NewDraft) { d.CopyTo = []envelope.CopyTo{{Name: "", Phone: phoneA}} }},
		{"M67", func(d *envelope.NewDraft) { d.CopyTo = []envelope.CopyTo{{Name: "王小明", Phone: phoneC}} }}, // a signer
		{"M67", func(d *envelope.NewDraft) { d.CopyTo = make([]envelope.CopyTo, envelope.MaxReaders+1) }},
		{"M67", func(d *envelope.NewDraft) { d.Signers[1] = d.Signers[0] }},
		{"M67", func(d *envelope.NewDraft) { // by another spelling
			d.Signers[1] = d.Signers[0]
			d.Signers[1].Phone = "+86 " + phoneB[:3] + "-" + phoneB[3:]
		}},
		{"M67", func(d *envelope.NewDraft) { d.CopyTo = []envelope.CopyTo{{Name: "王小明", Phone: "+86" + phoneC}} }},
		{"M67", func(d *envelope.NewDraft) { d.Signers[0].Company = "" }},
		{"M67", func(d *envelope.NewDraft) { d.Signers[0].Kind = 0 }},
		{"M68", func(d *envelope.NewDraft) { d.Signers[0].Boxes[0].Page = 2 }},
		{"M68", func(d *envelope.NewDraft) { d.Signers[0].Boxes[0].File = 1 }},
		{"M68", func(d *envelope.NewDraft) { d.Signers[0].Boxes[0].Width = 1000 }},
		{"M68", func(d *envelope.NewDraft) { d.Signers[1].Boxes[0].Kind = envelope.SealBox }},
	} {
		d := draft(t)
		bad.change(&d)
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		var f *envelope.FieldError
		rule, field, _ := strings.Cut(bad.rule, " ")
		if !errors.As(err, &f) || f.Rule != rule || field != "" && f.Field != field || f.Zh() == "" {
			t.Errorf("%s: %v", bad.rule, err)
		}
	}
	for want, in := range map[verify.UploadCode][]byte{verify.UploadNotPDF: []byte("Guten Tag"), verify.UploadTruncated: page(t)[:200]} {
		d := draft(t)
		d.Files[0].Content = bytes.NewReader(in)
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		var f *verify.Finding
		if !errors.As(err, &f) || f.Code != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if list, _, err := c.Envelopes.Sent(ctx, c.boss, envelope.Filter{Status: envelope.Draft}, ""); err != nil || len(list) != 0 {
		t.Errorf("left behind: %+v %v", list, err)
	}
	d := draft(t)
	d.Signers[0].Boxes[0].X = 95 // partly off the page
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	var f *envelope.FieldError
	if _, err = c.Envelopes.Send(ctx, c.boss, e.ID); !errors.As(err, &f) || f.Rule != "M68" {
		t.Errorf("a box off the page: %v", err)
	}
	if b := c.balance(t); b.Held != 0 {
		t.Errorf("a refused send holds copies: %+v", b)
	}
}

// TestM56Balance checks M56 and M52.
func TestM56Balance(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Files = nil
	for i := range 5 {
		d.Files = append(d.Files, envelope.Upload{Name: fmt.Sprint(i), Content: bytes.NewReader(page(t))})
	}
	for n := range 6 { // 30 of 32 copies
		d.Subject = fmt.Sprint("合同", n)
		for i := range d.Files {
			d.Files[i].Content = bytes.NewReader(page(t))
		}
		c.send(t, d)
	}
	for i := range d.Files {
		d.Files[i].Content = bytes.NewReader(page(t))
	}
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "M56", err, billing.ErrInsufficient)
	if e, err = c.Envelopes.Get(ctx, c.boss, e.ID); err != nil || e.Status != envelope.Draft {
		t.Errorf("after the refusal: %+v %v", e, err)
	}
	p := draft(t)
	p.Signers = p.Signers[1:]
	mine, err := c.Envelopes.CreateDraft(ctx, c.partner, p)
	if err == nil {
		_, err = c.Envelopes.Send(ctx, c.partner, mine.ID)
	}
	if err != nil {
		t.Errorf("M52 a person sends free of charge: %v", err)
	}
}

// TestM71Ends checks M71 and M55: an envelope that ends without completing costs
// nothing.
func TestM71Ends(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e := c.send(t, draft(t))
	orgtest.WantOf(t, "T1 another withdraws", c.Envelopes.Withdraw(ctx, c.partner, e.ID, ""), envelope.ErrNotFound)
	if err := c.Envelopes.Withdraw(ctx, c.boss, e.ID, "改价"); err != nil {
		t.Fatal(err)
	}
	var state *envelope.StateError
	if err := c.Envelopes.Withdraw(ctx, c.boss, e.ID, ""); !errors.As(err, &state) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); !errors.As(err, &state) {
		t.Errorf("signed after it was withdrawn: %v", err)
	}
	if tasks, _, err := c.Envelopes.Tasks(ctx, c.staff, ""); err != nil || len(tasks) != 0 {
		t.Errorf("a task is left: %+v %v", tasks, err)
	}
	e = c.send(t, draft(t))
	if err := c.Envelopes.Decline(ctx, c.staff, e.ID, "条款有误"); err != nil {
		t.Fatal(err)
	}
	if b := c.balance(t); b.Free != 32 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
}

// TestM74Consent checks M74 to M76, T5, T7 and T19.
func TestM74Consent(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e := c.send(t, draft(t))
	good := c.choice(c.staff)
	c.Clock.Advance(time.Hour)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, good); err != nil {
		t.Fatal(err)
	}
	code := c.Sandbox.Code(phoneB)
	var wrong *org.CodeError
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, good, envelope.Code("abcdef")); !errors.As(err, &wrong) || wrong.Left != 4 {
		t.Errorf("a wrong code: %v", err)
	}
	other, err := c.Seals.Create(ctx, c.boss, "财务章", seal.Spec{Style: seal.StyleFinance})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Seals.Grant(ctx, c.boss, other.ID, c.staff.Person, registry.Period{}); err != nil {
		t.Fatal(err)
	}
	swapped := good
	swapped.Seal = other.ID
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, swapped, envelope.Code(code)); !errors.As(err, &wrong) {
		t.Errorf("T7 the code with another seal: %v", err)
	}
	_, err = c.Envelopes.Submit(ctx, c.staff, e.ID, envelope.Choice{Signature: good.Signature}, envelope.Code(code))
	orgtest.WantOf(t, "no seal", err, envelope.ErrNoSeal)
	extra := good
	extra.Extra = []envelope.Box{box(envelope.SealBox, 70, 70)}
	orgtest.WantOf(t, "M75 not allowed", c.Envelopes.RequestCode(ctx, c.staff, e.ID, extra), envelope.ErrNoExtra)
	if err := c.Seals.Revoke(ctx, c.boss, c.seal, c.staff.Person); err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Submit(ctx, c.staff, e.ID, good, envelope.Code(code))
	orgtest.WantOf(t, "T5 the seal was taken back", err, registry.ErrNotGranted)
	if err := c.Seals.Grant(ctx, c.boss, c.seal, c.staff.Person, registry.Period{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sign(c.staff, phoneB, e.ID, good); err != nil {
		t.Errorf("after it was lent again: %v", err)
	}
	_, err = c.Sign(c.staff, phoneB, e.ID, good)
	orgtest.WantOf(t, "signed already", err, envelope.ErrSigned)
}

// TestM68OwnPlaces checks M68 and M75: without positions the signers place their own,
// and they may add more if the sender allows it.
func TestM68OwnPlaces(t *testing.T) {
	c := newCast(t, nil)
	d := draft(t)
	d.Signers[0].Boxes, d.Signers[1].Boxes = nil, nil
	e := c.send(t, d)
	ch := c.choice(c.staff)
	_, err := c.Sign(c.staff, phoneB, e.ID, ch)
	orgtest.WantOf(t, "no place", err, envelope.ErrNoPlace)
	ch.Extra = []envelope.Box{box(envelope.SealBox, 30, 30), box(envelope.SignatureBox, 70, 30)}
	if e, err = c.Sign(c.staff, phoneB, e.ID, ch); err != nil {
		t.Fatal(err)
	}
	p := c.choice(c.partner)
	p.Extra = []envelope.Box{box(envelope.SignatureBox, 70, 70)}
	if e, err = c.Sign(c.partner, phoneC, e.ID, p); err != nil || e.Status != envelope.Completed {
		t.Fatal(err)
	}
	c.result(t, e, 3)
	d = draft(t)
	d.AllowExtra = true
	e = c.send(t, d)
	ch.Extra = []envelope.Box{box(envelope.SealBox, 78, 25)}
	if e, err = c.Sign(c.staff, phoneB, e.ID, ch); err != nil {
		t.Fatal(err)
	}
	c.result(t, e, 3)
}

// TestT20Parallel: when two signers of one stage sign, neither is lost (T20).
func TestT20Parallel(t *testing.T) {
	c := newCast(t, nil)
	d := draft(t)
	d.Ordered = false
	e := c.send(t, d)
	type signer struct {
		actor org.Actor
		phone string
	}
	c.Clock.Advance(time.Hour)
	var wg sync.WaitGroup
	for _, s := range []signer{{c.staff, phoneB}, {c.partner, phoneC}} {
		ch := c.choice(s.actor)
		if err := c.Envelopes.RequestCode(t.Context(), s.actor, e.ID, ch); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := c.Envelopes.Submit(t.Context(), s.actor, e.ID, ch, envelope.Code(c.Sandbox.Code(s.phone))); err != nil {
				t.Errorf("%s: %v", s.phone, err)
			}
		})
	}
	wg.Wait()
	got, err := c.Envelopes.Get(t.Context(), c.boss, e.ID)
	if err != nil || got.Status != envelope.Completed {
		t.Fatalf("%v %v", got.Status, err)
	}
	c.result(t, got, 3)
	if list, _, err := c.Billing.Charges(t.Context(), c.boss, billing.ChargeFilter{}, ""); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
}

// brokenTSA fails until it is repaired.
type brokenTSA struct {
	signer.Timestamper
	mu     sync.Mutex
	broken bool
}

func (b *brokenTSA) set(broken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = broken
}

func (b *brokenTSA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return nil, errors.New("the TSA is down")
	}
	return b.Timestamper.Timestamp(ctx, h, digest)
}

// TestInterrupted: if the signatures of a consent could not be made, Step makes them
// without a second code, and charges once.
func TestInterrupted(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	tsa := &brokenTSA{Timestamper: c.Sandbox.Timestamper()}
	svc, err := envelope.New(envelope.Config{DB: c.DB, Blobs: c.Blobs, Org: c.Org, Seals: c.Seals, Billing: c.Billing,
		Credentials: c.Sandbox.Credentials(), Timestamper: tsa, Revocations: c.CA, Roots: c.CA.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	c.Envelopes = svc
	d := draft(t)
	d.Signers = d.Signers[:1]
	e := c.send(t, d)
	tsa.set(true)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err == nil || !strings.Contains(err.Error(), "TSA is down") {
		t.Fatalf("%v", err)
	}
	if got, err := svc.Get(ctx, c.boss, e.ID); err != nil || got.Parties[0].State != envelope.Signing || got.Files[0].Head != e.Files[0].Head {
		t.Errorf("%+v %v", got, err)
	}
	if n, err := svc.Step(ctx); err == nil || n != 0 {
		t.Errorf("Step while it is down: %d %v", n, err)
	}
	tsa.set(false)
	if n, err := svc.Step(ctx); err != nil || n != 2 { // the signatures and the report
		t.Errorf("Step: %d %v", n, err)
	}
	got, err := svc.Get(ctx, c.boss, e.ID)
	if err != nil || got.Status != envelope.Completed {
		t.Fatalf("%+v %v", got, err)
	}
	c.result(t, got, 2)
	if list, _, err := c.Billing.Charges(ctx, c.boss, billing.ChargeFilter{}, ""); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
}

// TestM63Pictures (M63): a PNG or a JPEG is recognised by its content, whatever its
// name, and becomes a page; the sender is told. A damaged one is refused.
func TestM63Pictures(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	var asPNG, asJPEG bytes.Buffer
	im := image.NewGray(image.Rect(0, 0, 300, 400))
	if err := png.Encode(&asPNG, im); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, im, nil); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{"扫描.pdf": asPNG.Bytes(), "照片.jpg": asJPEG.Bytes()} {
		d := draft(t)
		d.Files[0] = envelope.Upload{Name: name, Content: bytes.NewReader(in)}
		e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		if err != nil || e.Files[0].Pages != 1 || len(e.Files[0].Notes) == 0 || !strings.Contains(e.Files[0].Notes[0], "图片") {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
	d := draft(t)
	d.Files[0].Content = bytes.NewReader(asPNG.Bytes()[:60])
	var fault *envelope.UploadError
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, d); !errors.As(err, &fault) || fault.Zh() == "" {
		t.Errorf("a damaged picture: %v", err)
	}
}

// T1: a draft that is withdrawn opens to nobody whom it names.
func TestT1WithdrawnDraft(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(t))
	orgtest.Must(t, err)
	orgtest.Must(t, c.Envelopes.Withdraw(ctx, c.boss, e.ID, ""))
	for _, a := range []org.Actor{c.staff, c.partner} {
		_, err := c.Envelopes.Get(ctx, a, e.ID)
		orgtest.WantOf(t, "a withdrawn draft", err, envelope.ErrNotFound)
	}
	if _, err := c.Envelopes.Get(ctx, c.boss, e.ID); err != nil {
		t.Error(err)
	}
}
