package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// linkIn returns the code of the short link in a phone's last message.
func (c *cast) linkIn(t *testing.T, phone string) string {
	t.Helper()
	for {
		n, err := c.Org.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	all := c.Sandbox.Inbox(phone)
	if len(all) == 0 {
		t.Fatal("no message")
	}
	_, rest, ok := strings.Cut(all[len(all)-1].Text, "https://s.example.com/")
	if !ok {
		t.Fatalf("no link in %q", all[len(all)-1].Text)
	}
	return strings.TrimRight(strings.TrimRight(rest, "。"), "\n")
}

// M65: a draft may be incomplete, is saved and opened again, and Send returns what is
// missing.
func TestM65Drafts(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, envelope.NewDraft{})
	if err != nil {
		t.Fatal(err)
	}
	full := draft(t)
	for _, step := range []struct {
		rule string
		with func(d *envelope.NewDraft)
	}{
		{"M64", func(d *envelope.NewDraft) {}},
		{"M63", func(d *envelope.NewDraft) { d.Subject = full.Subject }},
		{"M67", func(d *envelope.NewDraft) {
			d.Subject, d.Files = full.Subject, []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}}
		}},
	} {
		var d envelope.NewDraft
		step.with(&d)
		if _, err := c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d); err != nil {
			t.Fatal(err)
		}
		var f *envelope.FieldError
		if _, err := c.Envelopes.Send(ctx, c.boss, e.ID); !errors.As(err, &f) || f.Rule != step.rule || f.Zh() == "" {
			t.Errorf("sent half a draft: %v, want %s", err, step.rule)
		}
	}
	// If Files is nil, the existing files stay.
	full.Files = nil
	e, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, full)
	if err != nil || len(e.Files) != 1 || e.Files[0].Name != "合同.pdf" || len(e.Parties) != 2 {
		t.Fatalf("saved %+v, %v", e, err)
	}
	reopened, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || reopened.Subject != full.Subject || reopened.Status != envelope.Draft {
		t.Errorf("reopened %+v, %v", reopened, err)
	}
	if _, err = c.Envelopes.SaveDraft(ctx, c.staff, e.ID, full); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("T1: another saved it: %v", err)
	}
	if err := c.Envelopes.DeleteDraft(ctx, c.partner, e.ID); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("T1: another deleted it: %v", err)
	}
	if _, err := c.Envelopes.Send(ctx, c.boss, e.ID); err != nil {
		t.Fatal(err)
	}
	var state *envelope.StateError
	if _, err := c.Envelopes.SaveDraft(ctx, c.boss, e.ID, full); !errors.As(err, &state) {
		t.Errorf("edited after it was sent: %v", err)
	}
	if err := c.Envelopes.DeleteDraft(ctx, c.boss, e.ID); !errors.As(err, &state) {
		t.Errorf("deleted after it was sent: %v", err)
	}
	// The trail of a draft that was saved often is complete.
	if trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID); err != nil || len(trail) != 7 {
		t.Errorf("%d entries, %v", len(trail), err)
	}
}

// A copy is a separate draft: the files as they were before anyone signed, and the same
// signers, whose phones can be decrypted under the copy.
func TestCopyAndDeleteDraft(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13800138009"}}
	e := c.send(t, d)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	copied, err := c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
	if err != nil || copied.ID == e.ID || copied.Status != envelope.Draft || copied.Files[0].Head != e.Files[0].Uploaded ||
		len(copied.Parties) != 2 || len(copied.Readers) != 1 || copied.Parties[0].State != envelope.Waiting || len(copied.Parties[0].Boxes) != 1 {
		t.Fatalf("%+v, %v", copied, err)
	}
	if _, err := c.Envelopes.CopyDraft(ctx, c.partner, e.ID); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("T1: another copied it: %v", err)
	}
	if _, err := c.Envelopes.Send(ctx, c.boss, copied.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sign(c.staff, phoneB, copied.ID, c.choice(c.staff)); err != nil {
		t.Errorf("the copy: %v", err)
	}
	second, err := c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Envelopes.DeleteDraft(ctx, c.boss, second.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.Get(ctx, c.boss, second.ID); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("a deleted draft: %v", err)
	}
}

// M67: the block 企业内部流程 has members of the sender's company. A member signs without a
// seal unless a box asks for one, and must be a member at send.
func TestM67InternalBlock(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Name: "李娜", Phone: phoneB, Boxes: []envelope.Box{box(envelope.SignatureBox, 30, 30)}}
	e := c.send(t, d)
	if e.Parties[0].Company != companyName {
		t.Errorf("the member signs for %q", e.Parties[0].Company)
	}
	e, err := c.Sign(c.staff, phoneB, e.ID, envelope.Choice{Signature: c.Signature(c.staff)})
	if err != nil || e.Parties[0].State != envelope.Signed {
		t.Fatalf("%+v, %v", e, err)
	}
	d = draft(t)
	d.Signers[0] = envelope.Signer{Kind: envelope.Member, Name: "王小明", Phone: phoneC}
	d.Signers[1] = envelope.Signer{Kind: envelope.Member, Name: "李娜", Phone: phoneB}
	made, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.Send(ctx, c.boss, made.ID); !errors.Is(err, envelope.ErrMember) {
		t.Errorf("a stranger in the internal block: %v", err)
	}
	if b := c.balance(t); b.Held != 1 {
		t.Errorf("held %+v", b)
	}
	personal := org.Actor{Person: c.boss.Person}
	var f *envelope.FieldError
	if _, err := c.Envelopes.CreateDraft(ctx, personal, d); !errors.As(err, &f) || f.Rule != "M67" {
		t.Errorf("an internal block in the personal edition: %v", err)
	}
}

// 或签: one party of a group signs; the others need not, and cannot.
func TestAnyOneOfAGroup(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered = false
	d.Signers = []envelope.Signer{
		{Kind: envelope.Member, Name: "李娜", Phone: phoneB, Group: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 30, 30)}},
		{Kind: envelope.Member, Name: "张伟", Phone: phoneA, Group: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 30, 60)}},
		{Kind: envelope.Person, Name: "王小明", Phone: phoneC, Stage: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 70, 70)}},
	}
	e := c.send(t, d)
	if signed, all := e.Progress(); signed != 0 || all != 2 {
		t.Errorf("M73: %d of %d", signed, all)
	}
	e, err := c.Sign(c.boss, phoneA, e.ID, envelope.Choice{Signature: c.Signature(c.boss)})
	if err != nil || e.Parties[0].State != envelope.Skipped || e.Parties[1].State != envelope.Signed || e.Parties[2].State != envelope.Active {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := c.Sign(c.staff, phoneB, e.ID, envelope.Choice{Signature: c.Signature(c.staff)}); !errors.Is(err, envelope.ErrSkipped) {
		t.Errorf("the other of the group: %v", err)
	}
	if tasks, _, err := c.Envelopes.Tasks(ctx, c.staff, ""); err != nil || len(tasks) != 0 {
		t.Errorf("a task is left: %+v, %v", tasks, err)
	}
	e, err = c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)})
	if err != nil || e.Status != envelope.Completed {
		t.Fatalf("%+v, %v", e, err)
	}
	if signed, all := e.Progress(); signed != 2 || all != 2 {
		t.Errorf("M73: %d of %d", signed, all)
	}
	c.result(t, e, 2)
	if _, err := c.Envelopes.Step(ctx); err != nil {
		t.Fatal(err)
	}
	c.report(t, e)
}

// A deadline: nobody can agree after it; Step ends the envelope and releases the
// copies. Before it, it may be moved to a later time.
func TestDeadline(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Deadline = c.Clock.Now().Add(-time.Hour)
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "sent after its deadline", err, envelope.ErrExpired)

	d = draft(t)
	d.Deadline = c.Clock.Now().Add(24 * time.Hour)
	e = c.send(t, d)
	orgtest.WantOf(t, "shortened", c.Envelopes.Extend(ctx, c.boss, e.ID, d.Deadline.Add(-time.Hour)), envelope.ErrDeadline)
	orgtest.WantOf(t, "T1 another extends", c.Envelopes.Extend(ctx, c.staff, e.ID, d.Deadline.Add(time.Hour)), envelope.ErrNotFound)
	if err := c.Envelopes.Extend(ctx, c.boss, e.ID, d.Deadline.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.Clock.Advance(25 * time.Hour)
	if n, err := c.Envelopes.Step(ctx); err != nil || n != 0 {
		t.Errorf("expired before the later deadline: %d, %v", n, err)
	}
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	c.Clock.Advance(24 * time.Hour)
	_, err = c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)})
	orgtest.WantOf(t, "signed late", err, envelope.ErrExpired)
	late := c.Envelopes.Extend(ctx, c.boss, e.ID, c.Clock.Now().Add(time.Hour))
	orgtest.WantOf(t, "extended late, before it is noticed", late, envelope.ErrExpired)
	if n, err := c.Envelopes.Step(ctx); err != nil || n != 1 {
		t.Errorf("%d expired, %v", n, err)
	}
	e, err = c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || e.Status != envelope.Expired || e.EndedAt.IsZero() {
		t.Errorf("%+v, %v", e, err)
	}
	if n, err := c.Envelopes.Step(ctx); err != nil || n != 0 {
		t.Errorf("expired twice: %d, %v", n, err)
	}
	if b := c.balance(t); b.Free != 32 || b.Held != 0 {
		t.Errorf("M55: %+v", b)
	}
	if tasks, _, err := c.Envelopes.Tasks(ctx, c.partner, ""); err != nil || len(tasks) != 0 {
		t.Errorf("a task is left: %+v, %v", tasks, err)
	}
	var state *envelope.StateError
	if err := c.Envelopes.Extend(ctx, c.boss, e.ID, c.Clock.Now().Add(time.Hour)); !errors.As(err, &state) {
		t.Errorf("extended after the end: %v", err)
	}
}

// 催办: three times per party, only in its turn, by the sender.
func TestReminders(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e := c.send(t, draft(t))
	before := c.linkIn(t, phoneB)
	for range envelope.MaxReminder {
		if err := c.Envelopes.Remind(ctx, c.boss, e.ID, 1); err != nil {
			t.Fatal(err)
		}
	}
	if after := c.linkIn(t, phoneB); after == before {
		t.Error("no new message")
	}
	orgtest.WantOf(t, "a fourth", c.Envelopes.Remind(ctx, c.boss, e.ID, 1), envelope.ErrReminders)
	orgtest.WantOf(t, "before their turn", c.Envelopes.Remind(ctx, c.boss, e.ID, 2), envelope.ErrNotYourTurn)
	orgtest.WantOf(t, "nobody", c.Envelopes.Remind(ctx, c.boss, e.ID, 3), envelope.ErrNotFound)
	orgtest.WantOf(t, "T1 by another", c.Envelopes.Remind(ctx, c.staff, e.ID, 1), envelope.ErrNotFound)
}

// 转他人处理: the task moves with its message; the old handler no longer has it, and the new
// handler signs under their own name.
func TestDelegate(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e := c.send(t, draft(t))
	old := c.linkIn(t, phoneB)
	var f *envelope.FieldError
	if err := c.Envelopes.Delegate(ctx, c.staff, e.ID, " ", phoneA); !errors.As(err, &f) {
		t.Errorf("to nobody: %v", err)
	}
	indexes := func() (out []string) {
		trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
		orgtest.Must(t, err)
		for _, entry := range trail { // T11: a party can try out no phone by the keyed index of another
			out = append(out, keyedIndex.FindAllString(string(entry.Body), -1)...)
		}
		return out
	}
	defer func() {
		if found := indexes(); len(found) > 0 {
			t.Errorf("the trail shows %q", found)
		}
	}()
	orgtest.WantOf(t, "T1 by a stranger", c.Envelopes.Delegate(ctx, c.partner, e.ID, "张伟", phoneA), envelope.ErrNotYourTurn)
	if err := c.Envelopes.Delegate(ctx, c.staff, e.ID, "张伟", phoneA); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.ResolveLink(ctx, c.staff, old); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("the old link: %v", err)
	}
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("who gave it away signs: %v", err)
	}
	if tasks, _, err := c.Envelopes.Tasks(ctx, c.boss, ""); err != nil || len(tasks) != 1 {
		t.Errorf("tasks of the new handler: %+v, %v", tasks, err)
	}
	if got, err := c.Envelopes.ResolveLink(ctx, c.boss, c.linkIn(t, phoneA)); err != nil || got.ID != e.ID {
		t.Errorf("the new handler's link: %v", err)
	}
	e, err := c.Sign(c.boss, phoneA, e.ID, c.choice(c.boss))
	if err != nil || e.Parties[0].State != envelope.Signed {
		t.Fatalf("%+v, %v", e, err)
	}
	orgtest.WantOf(t, "a person's task", c.Envelopes.Delegate(ctx, c.partner, e.ID, "赵敏", "13800138009"), envelope.ErrNoDelegate)
}

// Links and copies: a reader sees the envelope once they were told; a stranger with the
// link sees nothing (M31, M77).
func TestM31ReadersAndLinks(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	early := c.Person("赵敏", "13800138009", "110101199003074514")
	late := c.Person("钱进", "13800138010", "110101199003074522")
	d := draft(t)
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13800138009", AtSend: true}, {Name: "钱进", Phone: "13800138010"}}
	e := c.send(t, d)
	if got, err := c.Envelopes.ResolveLink(ctx, early, c.linkIn(t, "13800138009")); err != nil || got.ID != e.ID {
		t.Errorf("the reader's link: %v", err)
	}
	link := c.linkIn(t, phoneB)
	if got, err := c.Envelopes.ResolveLink(ctx, c.staff, link); err != nil || got.ID != e.ID {
		t.Errorf("the signer's link: %v", err)
	}
	for who, a := range map[string]org.Actor{"a reader": early, "a later reader": late, "another signer": c.partner,
		"the signer in his personal edition": {Person: c.staff.Person}} {
		if _, err := c.Envelopes.ResolveLink(ctx, a, link); !errors.Is(err, envelope.ErrNotFound) {
			t.Errorf("%s opens the signer's link: %v", who, err)
		}
	}
	_, err := c.Envelopes.ResolveLink(ctx, c.staff, "aaaaaaaaaa")
	orgtest.WantOf(t, "a made up link", err, envelope.ErrNotFound)
	for _, a := range []org.Actor{{}, {Person: "nobody"}, {Person: early.Person, Org: c.boss.Org}} { // T9: a true link and a false one say the same
		_, truly := c.Envelopes.ResolveLink(ctx, a, link)
		_, falsely := c.Envelopes.ResolveLink(ctx, a, "aaaaaaaaaa")
		if truly == nil || fmt.Sprint(truly) != fmt.Sprint(falsely) {
			t.Errorf("%v: %v, and %v for a link that is none", a, truly, falsely)
		}
	}
	_, err = c.Envelopes.Get(ctx, late, e.ID)
	orgtest.WantOf(t, "before he is told", err, envelope.ErrNotFound)
	orgtest.WantOf(t, "a reader declines", c.Envelopes.Decline(ctx, early, e.ID, "不"), envelope.ErrNotFound)
	if _, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Envelopes.ResolveLink(ctx, late, c.linkIn(t, "13800138010")); err != nil || got.Status != envelope.Completed {
		t.Errorf("after completion: %v", err)
	}
	if list, _, err := c.Envelopes.CopiesToMe(ctx, late, ""); err != nil || len(list) != 1 || list[0].Envelope != e.ID {
		t.Errorf("readings %+v, %v", list, err)
	}
	if list, _, err := c.Envelopes.CopiesToMe(ctx, c.partner, ""); err != nil || len(list) != 0 {
		t.Errorf("a signer's readings %+v, %v", list, err)
	}
	const ttl = 90 * 24 * time.Hour
	theirs := c.linkIn(t, "13800138010")
	for after, want := range map[time.Duration]error{ttl - time.Second: nil, ttl: envelope.ErrNotFound} { // T9: a link ends
		c.Clock.Advance(after)
		if _, err := c.Envelopes.ResolveLink(ctx, late, theirs); !errors.Is(err, want) {
			t.Errorf("%v after the end: %v", after, err)
		}
		c.Clock.Advance(-after)
	}
}

// keyedIndex matches the index of a phone or a name: 32 digits and letters, between quotes.
var keyedIndex = regexp.MustCompile(`"[0-9a-f]{32}"`)

// Reasons are required to decline, and limited in length.
func TestReasons(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	e := c.send(t, draft(t))
	long := strings.Repeat("因", envelope.MaxReason+1)
	for what, err := range map[string]error{
		"declined without":    c.Envelopes.Decline(ctx, c.staff, e.ID, ""),
		"declined at length":  c.Envelopes.Decline(ctx, c.staff, e.ID, long),
		"withdrawn at length": c.Envelopes.Withdraw(ctx, c.boss, e.ID, long),
	} {
		var f *envelope.FieldError
		if !errors.As(err, &f) || f.Field != "reason" || f.Zh() == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// M66: the sender's own block comes first unless the sender says otherwise; its order
// is that of the list.
func TestM66DefaultSigners(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	mine, err := c.Envelopes.DefaultSigners(ctx, c.boss)
	if err != nil || len(mine) != 1 || mine[0].Kind != envelope.Member || mine[0].Name != "张伟" || mine[0].Phone != phoneA {
		t.Fatalf("%+v, %v", mine, err)
	}
	if personal, err := c.Envelopes.DefaultSigners(ctx, c.partner); err != nil || personal[0].Kind != envelope.Person {
		t.Errorf("%+v, %v", personal, err)
	}
	if _, err := c.Envelopes.DefaultSigners(ctx, org.Actor{Person: c.partner.Person, Org: c.boss.Org}); !errors.Is(err, org.ErrNotFound) {
		t.Errorf("T1 a stranger's: %v", err)
	}
	d := draft(t)
	d.Signers = append(mine, d.Signers[1])
	d.Signers[0].Boxes = []envelope.Box{box(envelope.SignatureBox, 30, 30)}
	e := c.send(t, d)
	if e.Parties[0].State != envelope.Active || e.Parties[1].State != envelope.Waiting {
		t.Errorf("%+v", e.Parties)
	}
	d.Signers[0].Group = 1
	var f *envelope.FieldError
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, d); !errors.As(err, &f) || f.Rule != "M66" {
		t.Errorf("a group in an order: %v", err)
	}
}

// M70: a party need not be registered: its task waits for its phone, and its name must
// be the one that the sender gave. Its phone is shown masked.
func TestM70Unregistered(t *testing.T) {
	c := newCast(t, nil)
	d := draft(t)
	d.Ordered = false
	d.Signers[1].Name, d.Signers[1].Phone = "赵敏", "13800138009"
	e := c.send(t, d)
	if e.Parties[1].Mask != "138****09" {
		t.Errorf("shown as %q", e.Parties[1].Mask)
	}
	late := c.Person("赵敏", "13800138009", "110101199003074514")
	if tasks, _, err := c.Envelopes.Tasks(t.Context(), late, ""); err != nil || len(tasks) != 1 {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	if _, err := c.Sign(late, "13800138009", e.ID, envelope.Choice{Signature: c.Signature(late)}); err != nil {
		t.Error(err)
	}
	d.Signers[1].Phone = "13800138010"
	d.Files[0].Content = bytes.NewReader(page(t))
	e = c.send(t, d)
	other := c.Person("钱进", "13800138010", "110101199003074522")
	_, err := c.Sign(other, "13800138010", e.ID, envelope.Choice{Signature: c.Signature(other)})
	orgtest.WantOf(t, "another name on the phone", err, envelope.ErrWrongSigner)
}

// For a host's own tests: one call has everybody sign an envelope.
func TestWorldCompletes(t *testing.T) {
	c := newCast(t, nil)
	e := c.Complete(c.send(t, draft(t)))
	if e.Status != envelope.Completed || !e.Preserved() {
		t.Errorf("%+v", e)
	}
	c.result(t, e, 3)
	d := draft(t)
	d.Ordered = false
	d.Signers = []envelope.Signer{
		{Kind: envelope.Member, Name: "李娜", Phone: phoneB, Group: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 30, 30)}},
		{Kind: envelope.Member, Name: "张伟", Phone: phoneA, Group: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 30, 60)}}}
	d.Files[0].Content = bytes.NewReader(page(t))
	if e := c.Complete(c.send(t, d)); e.Status != envelope.Completed {
		t.Errorf("%+v", e)
	}
}
