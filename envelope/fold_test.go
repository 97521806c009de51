package envelope_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

func encoded(t interface{ Fatal(...any) }, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stored is an event as it is read back: its body and its detail as JSON.
func stored(t interface{ Fatal(...any) }, ev envelope.Event) (out envelope.Event) {
	if err := json.Unmarshal(encoded(t, ev), &out); err != nil {
		t.Fatal(err)
	}
	if ev.Detail != nil {
		out.Detail = new(envelope.Detail)
		if err := json.Unmarshal(encoded(t, ev.Detail), out.Detail); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// anyContent draws what a sender fills in.
func anyContent(t *rapid.T) envelope.Content {
	c := envelope.Content{From: "某公司", Subject: rapid.SampledFrom([]string{"", "采购合同"}).Draw(t, "subject"), Source: billing.API,
		Reading: time.Duration(rapid.IntRange(0, 1).Draw(t, "reading")) * time.Minute, Methods: envelope.Methods(rapid.IntRange(0, 7).Draw(t, "methods"))}
	if rapid.Bool().Draw(t, "deadline") {
		c.Deadline = envelopetest.Start.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
	}
	for i := range rapid.IntRange(1, 2).Draw(t, "files") {
		c.Files = append(c.Files, envelope.File{Name: fmt.Sprint(i, ".pdf"), Uploaded: store.Digest{1, byte(i)}, Head: store.Digest{2, byte(i)}, Pages: 3})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "parties") {
		c.Parties = append(c.Parties, envelope.PartyRecord{Kind: envelope.PartyKind(rapid.IntRange(1, 3).Draw(t, "kind")), Name: fmt.Sprint("人", i),
			PhoneIx: fmt.Sprint("ix", i), Mask: "138****01", Stage: rapid.IntRange(0, 2).Draw(t, "stage"), Group: rapid.IntRange(0, 1).Draw(t, "group"),
			Boxes: []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 30.5, Width: 40, Height: 16}}})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "readers") {
		c.Readers = append(c.Readers, envelope.ReadRecord{Name: fmt.Sprint("读", i), PhoneIx: fmt.Sprint("rx", i)})
	}
	return c
}

// anyCommand draws a command, valid or not, for a state.
func anyCommand(t *rapid.T, e *envelope.Life) envelope.Command {
	party := rapid.IntRange(0, len(e.Parties)+1).Draw(t, "party")
	heads := make([]store.Digest, len(e.Files))
	for i := range heads {
		heads[i] = store.Digest{byte(rapid.IntRange(3, 200).Draw(t, "head")), byte(i)}
	}
	if rapid.IntRange(0, 20).Draw(t, "lost") == 0 {
		heads = heads[:0]
	}
	if rapid.Bool().Draw(t, "go on") { // the command that its life waits for
		for i, p := range e.Parties {
			if e.Status != envelope.InProgress || p.State != envelope.Active && p.State != envelope.Signing {
				continue
			}
			if party = i + 1; p.State == envelope.Signing && len(heads) > 0 {
				return envelope.SignCommand{Party: party, Heads: heads}
			}
			if p.OpenedAt.IsZero() {
				return envelope.OpenCommand{Party: party}
			}
			return envelope.AgreeCommand{Party: party, Person: cmp.Or(p.PersonID, "somebody"), Consent: envelope.Consent{Method: e.Methods & -e.Methods, At: envelopetest.Start}}
		}
	}
	person := fmt.Sprint("person", party)
	switch rapid.IntRange(0, 15).Draw(t, "command") {
	case 0:
		return envelope.DraftCommand{ID: "e", Sender: org.Actor{Person: "p", Org: "o"}, Content: anyContent(t)}
	case 1, 2:
		parties := slices.Clone(e.Parties)
		for i := range parties {
			parties[i].Boxes = append(slices.Clone(parties[i].Boxes), envelope.Box{Kind: envelope.SignatureBox, Field: fmt.Sprint("S", i)})
			if rapid.Bool().Draw(t, "known") {
				parties[i].PersonID = org.PersonID(fmt.Sprint("person", i+1))
			}
		}
		return envelope.SendCommand{Layouts: heads, Parties: parties, Readers: slices.Clone(e.Readers), OnDemand: rapid.Bool().Draw(t, "on demand")}
	case 3:
		return envelope.KnowCommand{Party: party, Reader: rapid.IntRange(0, 3).Draw(t, "reader"), Person: org.PersonID(person)}
	case 4:
		return envelope.OpenCommand{Party: party, Person: org.PersonID(person)}
	case 5, 6:
		return envelope.AgreeCommand{Party: party, Person: org.PersonID(person), Org: "o2", Consent: envelope.Consent{Binding: store.Digest{9}, At: envelopetest.Start,
			Method: 1 << rapid.IntRange(0, 2).Draw(t, "method"), Fills: []envelope.Fill{{Field: "T1-1", Text: "一百"}},
			Stamps: []envelope.Stamp{{Box: envelope.Box{Kind: envelope.SealBox, Edge: &envelope.Edge{At: 0.5}}, Seal: "s"}}}}
	case 7:
		return envelope.ReleaseCommand{Party: party, Reason: "印章已停用"}
	case 8, 9:
		return envelope.SignCommand{Party: party, Heads: heads}
	case 10:
		return envelope.RemindCommand{Party: party}
	case 11:
		return envelope.DelegateCommand{Party: party, Person: org.PersonID(person), To: envelope.PartyRecord{Name: "新", PhoneIx: fmt.Sprint("new", rapid.IntRange(0, 5).Draw(t, "to")), Mask: "139****02"}}
	case 12:
		return envelope.ExtendCommand{Until: envelopetest.Start.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "until")) * time.Hour)}
	case 13:
		return envelope.ArchiveCommand{Heads: heads, RenewBy: envelopetest.Start.Add(9000 * time.Hour)}
	case 14:
		return envelope.ReportCommand{Digest: store.Digest{7}, Audit: store.Digest{8}}
	}
	return []envelope.Command{envelope.DeclineCommand{Party: party, Reason: "不"}, envelope.WithdrawCommand{Reason: "改"}, envelope.ExpireCommand{},
		envelope.VoidCommand{By: "v"}}[rapid.IntRange(0, 3).Draw(t, "end")]
}

// TestFold: for 2,000 random histories, folding the events as they are read back gives,
// after every step, the same state as the steps.
func TestFold(t *testing.T) {
	ends := map[envelope.Status]int{}
	histories := 0
	one := func(t *rapid.T) {
		var e envelope.Life
		var history []envelope.Dated
		now := envelopetest.Start
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			c := envelope.Command(envelope.DraftCommand{ID: "e", Sender: org.Actor{Person: "p", Org: "o"}, Content: anyContent(t)})
			if step > 0 {
				c = anyCommand(t, &e)
			}
			before := encoded(t, e)
			evs, err := envelope.Decide(&e, c, now)
			if err != nil {
				evs = nil
			}
			was := e
			for _, ev := range evs {
				if e, err = envelope.Apply(e, ev, now); err != nil {
					t.Fatalf("%T was decided and does not apply: %v", c, err)
				}
				d := envelope.Dated{At: now}
				d.Event = stored(t, ev)
				history = append(history, d)
			}
			if !bytes.Equal(before, encoded(t, was)) {
				t.Fatalf("%T changed the state before it", c)
			}
			folded, err := envelope.Fold(history)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := encoded(t, folded), encoded(t, e); !bytes.Equal(got, want) {
				t.Fatalf("after %T:\n%s\nfolded:\n%s", c, want, got)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "pass")) * time.Hour)
		}
		histories++
		ends[e.Status]++
	}
	for histories < 2000 {
		rapid.Check(t, one)
		if t.Failed() {
			return
		}
	}
	for s := envelope.Draft; s <= envelope.Voided; s++ {
		if ends[s] == 0 {
			t.Errorf("none of %d histories ended %v: %v", histories, s, ends)
		}
	}
	t.Logf("%d histories: %v", histories, ends)
}

// FuzzApply: any event on any state gives a state or an error, and so does any command.
func FuzzApply(f *testing.F) {
	for name, e := range machineStates() {
		for _, c := range machineCommands() {
			evs, err := envelope.Decide(&e, c, envelopetest.Start)
			if err != nil || name != "group active" && name != "draft" && name != "completed" {
				continue
			}
			for _, ev := range evs {
				f.Add(encoded(f, e), encoded(f, ev), encoded(f, ev.Detail))
			}
		}
	}
	for _, kind := range []envelope.EventKind{envelope.EventDrafted, envelope.EventSent, envelope.EventKnown, envelope.EventConsented, envelope.EventSigned,
		envelope.EventDelegated, envelope.EventArchived, envelope.EventEvidence, envelope.EventExtended, "other"} {
		f.Add([]byte(`{}`), []byte(`{"kind":"`+kind+`","party":-1}`), []byte(`{}`))
		f.Add([]byte(`{"parties":[{}]}`), []byte(`{"kind":"`+kind+`","party":1}`), []byte(`null`))
	}
	f.Fuzz(func(t *testing.T, state, body, detail []byte) {
		var e envelope.Life
		var ev envelope.Event
		if json.Unmarshal(state, &e) != nil || json.Unmarshal(body, &ev) != nil || json.Unmarshal(detail, &ev.Detail) != nil {
			return
		}
		before := encoded(t, e)
		next, err := envelope.Apply(e, ev, envelopetest.Start)
		if err == nil && next.Events != e.Events+1 || err != nil && next.Events != e.Events {
			t.Errorf("%d events after %d, %v", next.Events, e.Events, err)
		}
		for _, c := range machineCommands() {
			evs, err := envelope.Decide(&next, c, envelopetest.Start)
			after := next
			for _, ev := range evs {
				if err != nil {
					break
				}
				after, err = envelope.Apply(after, ev, envelopetest.Start)
			}
		}
		if !bytes.Equal(before, encoded(t, e)) {
			t.Error("the state before was changed")
		}
	})
}

// TestFoldOfTheService: after every step of random histories, what the service stores
// is the fold of the events that it wrote. Trail refuses anything else.
func TestFoldOfTheService(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	password := envelope.Password(secret.New(envelopetest.Password))
	r := rand.New(rand.NewPCG(4, 2))
	ends, done, unknown := map[envelope.Status]int{}, map[string]int{}, 0
	for round := range rounds(t, 300) {
		if err := c.fund(ctx); err != nil {
			t.Fatal(err)
		}
		d := draft(t)
		d.Ordered, d.Methods = r.IntN(2) == 0, envelope.ByPassword
		if r.IntN(3) == 0 {
			d.Deadline = c.Clock.Now().Add(time.Duration(1+r.IntN(5)) * time.Hour)
		}
		if r.IntN(3) == 0 {
			d.CopyTo = []envelope.CopyTo{{Name: "张伟", Phone: phoneA, AtSend: true}}
		}
		late := ""
		if r.IntN(40) == 0 { // a signer without an account
			unknown++
			late = fmt.Sprintf("1390000%04d", unknown)
			d.Signers = append(d.Signers, envelope.Signer{Kind: envelope.Person, Name: "赵敏", Phone: late, Boxes: []envelope.Box{box(envelope.SignatureBox, 60, 20)}})
		}
		e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 + r.IntN(10) {
			what, err := "", error(nil)
			switch n := r.IntN(14); {
			case n < 4:
				what = "send"
				_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
			case n == 4:
				what = "save"
				d.Files, d.Note = nil, fmt.Sprint("第", r.IntN(9), "稿")
				_, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d)
			case n == 5:
				what, err = "open", c.Envelopes.MarkOpened(ctx, []org.Actor{c.staff, c.partner}[r.IntN(2)], e.ID)
			case n == 6 && r.IntN(4) == 0:
				what, err = "withdraw", c.Envelopes.Withdraw(ctx, c.boss, e.ID, "改主意")
			case n == 7 && r.IntN(4) == 0:
				what, err = "decline", c.Envelopes.Decline(ctx, c.staff, e.ID, "不同意")
			case n == 8:
				what, err = "remind", c.Envelopes.Remind(ctx, c.boss, e.ID, 1+r.IntN(2))
			case n == 9:
				what, err = "extend", c.Envelopes.Extend(ctx, c.boss, e.ID, c.Clock.Now().Add(time.Duration(1+r.IntN(9))*time.Hour))
			case n == 10:
				what, err = "delegate", c.Envelopes.Delegate(ctx, c.staff, e.ID, "张伟", phoneA)
			case n == 11 && r.IntN(4) == 0:
				c.Clock.Advance(time.Hour)
				what = "step"
				_, err = c.Envelopes.Step(ctx)
			case n == 11 && late != "":
				what = "known"
				c.Person("赵敏", late, citizenID(unknown))
				late = ""
				_, err = c.Envelopes.Step(ctx)
			case n > 11 || round%8 == 0: // signatures take long
				if round%8 != 0 {
					continue
				}
				who := []org.Actor{c.staff, c.partner, c.boss}[r.IntN(3)]
				what = "submit"
				_, err = c.Envelopes.Submit(ctx, who, e.ID, c.choice(who), password)
			default:
				continue
			}
			if err == nil {
				done[what]++
			}
			if _, err := c.Envelopes.Trail(ctx, c.boss, e.ID); err != nil {
				t.Fatalf("round %d, after %s: %v", round, what, err)
			}
		}
		if e, err = c.Envelopes.Get(ctx, c.boss, e.ID); err != nil {
			t.Fatal(err)
		}
		ends[e.Status]++
	}
	t.Logf("done %v, ended %v", done, ends)
}

// citizenID returns the identity number of a person born on 1 January 1980.
func citizenID(n int) string {
	body := fmt.Sprintf("11010119800101%03d", n)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}
