package envelope_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

// move gives a person another phone.
func (c *cast) move(t *testing.T, a org.Actor, from, to string) {
	t.Helper()
	c.Clock.Advance(24 * time.Hour)
	ctx := t.Context()
	var codes []secret.Text
	for _, s := range []struct {
		phone string
		what  org.Purpose
	}{{from, org.PurposeOldPhone}, {to, org.PurposeNewPhone}} {
		if err := c.Org.SendCode(ctx, s.phone, s.what); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, secret.New(c.Sandbox.Code(s.phone)))
	}
	if _, err := c.Org.ChangePhone(ctx, org.Actor{Person: a.Person}, org.PhoneChange{OldCode: codes[0], Phone: to, NewCode: codes[1]}); err != nil {
		t.Fatal(err)
	}
	c.Meet()
}

// todo returns how many tasks wait for somebody, and checks that Counts agrees.
func (c *cast) todo(t *testing.T, a org.Actor) int {
	t.Helper()
	list, _, err := c.Envelopes.Tasks(t.Context(), a, "")
	if err != nil {
		t.Fatal(err)
	}
	n, err := c.Envelopes.Counts(t.Context(), a)
	if err != nil || n.ToDo.N != len(list) {
		t.Errorf("%d tasks, counted %d, %v", len(list), n.ToDo.N, err)
	}
	return len(list)
}

const (
	phoneNew  = "13900139001"
	phoneLate = "13900139002"
)

// M70: what was sent to a phone and a name belongs to the verified person who has both.
// It stays theirs when they move to another phone: they find it, get its messages there,
// and sign. The next owner of the old phone gets none of it, even with the same name.
func TestM70PhoneChange(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	both := c.send(t, draft(t)) // the partner's turn comes second
	d := draft(t)
	d.Signers = d.Signers[1:]
	mine := c.send(t, d)
	if n := c.todo(t, c.partner); n != 1 {
		t.Fatalf("%d tasks before", n)
	}
	c.move(t, c.partner, phoneC, phoneNew)
	heir := c.Person("王小明", phoneC, "110101199003074514")
	stranger := c.Person("钱进", "13900139003", "110101199003074522")
	c.move(t, heir, phoneC, "13900139004")
	c.move(t, stranger, "13900139003", phoneC)
	for who, a := range map[string]org.Actor{"the heir": heir, "who has the phone then": stranger} {
		if n := c.todo(t, a); n != 0 {
			t.Errorf("%s has %d tasks", who, n)
		}
		for _, e := range []*envelope.Envelope{both, mine} {
			_, err := c.Envelopes.Get(ctx, a, e.ID)
			orgtest.WantOf(t, who, err, envelope.ErrNotFound)
		}
	}
	if n := c.todo(t, c.partner); n != 1 {
		t.Errorf("%d tasks after", n)
	}
	if err := c.Envelopes.Remind(ctx, c.boss, mine.ID, 1); err != nil {
		t.Error(err)
	}
	if _, err := c.Sign(c.staff, phoneB, both.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*envelope.Envelope{both, mine} {
		e, err := c.Sign(c.partner, phoneNew, e.ID, c.choice(c.partner))
		if err != nil || e.Status != envelope.Completed {
			t.Errorf("%v, %v", e, err)
		}
	}
	c.recover(t)
	told := 0
	for _, m := range c.Sandbox.Inbox(phoneNew) {
		if strings.Contains(m.Text, "请点击处理") {
			told++
		}
	}
	if told != 2 {
		t.Errorf("told %d times on the new phone", told)
	}
	if list, _, err := c.Envelopes.Finished(ctx, c.partner, ""); err != nil || len(list) != 2 {
		t.Errorf("handled %v, %v", list, err)
	}
	v, err := c.Envelopes.Void(ctx, c.boss, both.ID, "条件变化")
	if err != nil || v.Parties[1].Mask != "139****01" {
		t.Errorf("the agreement to undo it goes to %v, %v", v, err)
	}
}

// M70: a person who is verified only after the send has everything from then on, even
// if their turn has not come, and keeps it with another phone. A person who is not
// verified takes nothing to another phone.
func TestM70LateAndMoved(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Signers[1].Name, d.Signers[1].Phone = "赵敏", phoneLate
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Company: "另一家公司", Phone: phoneLate, AtSend: true}}
	e := c.send(t, d)
	// Registered, not verified: only their phone is known.
	unverified := c.Registered("赵敏", phoneLate)
	c.move(t, unverified, phoneLate, "13900139005")
	late := c.Person("赵敏", phoneLate, "110101199003074514")
	c.move(t, late, phoneLate, "13900139006")
	_, err := c.Envelopes.Get(ctx, late, e.ID)
	orgtest.WantOf(t, "read before their turn", err, envelope.ErrNotYourTurn) // theirs, but not yet
	_, err = c.Envelopes.Document(ctx, late, e.ID, 0)
	orgtest.WantOf(t, "a document before their turn", err, envelope.ErrNotYourTurn)
	if n := c.todo(t, late); n != 0 {
		t.Errorf("%d tasks before their turn", n)
	}
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	if n := c.todo(t, late); n != 1 {
		t.Errorf("%d tasks in their turn", n)
	}
	e, err = c.Sign(late, "13900139006", e.ID, envelope.Choice{Signature: c.Signature(late)})
	if err != nil || e.Status != envelope.Completed {
		t.Errorf("%v, %v", e, err)
	}
	c.recover(t)
	if len(c.Sandbox.Inbox("13900139006")) == 0 {
		t.Error("they were not told of their turn")
	}
}

// A reader's copies belong to the person, like a signer's tasks, and not to the next
// owner of the phone.
func TestM70ReaderMoves(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: phoneLate, AtSend: true}}
	e := c.send(t, d)
	other := c.Person("钱进", phoneLate, "110101199003074522")
	_, err := c.Envelopes.Get(ctx, other, e.ID)
	orgtest.WantOf(t, "another name on the phone", err, envelope.ErrNotFound)
	c.move(t, other, phoneLate, "13900139007")
	reader := c.Person("赵敏", phoneLate, "110101199003074514")
	c.move(t, reader, phoneLate, "13900139008")
	if list, _, err := c.Envelopes.CopiesToMe(ctx, reader, ""); err != nil || len(list) != 1 {
		t.Errorf("readings %v, %v", list, err)
	}
	if _, err := c.Envelopes.Get(ctx, reader, e.ID); err != nil {
		t.Error(err)
	}
}

// More tasks wait for a new person than one transaction takes: Step continues.
func TestM70ManyWait(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	personal := org.Actor{Person: c.boss.Person}
	const many = 230
	for i := range many {
		e, err := c.Envelopes.CreateDraft(ctx, personal, envelope.NewDraft{Subject: fmt.Sprint(i),
			Files:   []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}},
			Signers: []envelope.Signer{{Kind: envelope.Person, Name: "赵敏", Phone: phoneLate}}})
		if err == nil {
			_, err = c.Envelopes.Send(ctx, personal, e.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	late := c.Person("赵敏", phoneLate, "110101199003074514")
	c.move(t, late, phoneLate, phoneNew)
	n, err := c.Envelopes.Counts(ctx, late)
	if err != nil || n.ToDo.N != many {
		t.Errorf("%d tasks, %v", n.ToDo.N, err)
	}
	if left, err := c.Envelopes.Step(ctx); left != 0 || err != nil {
		t.Errorf("%d left, %v", left, err)
	}
}
