package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// Each viewer gets what the table at Envelope shows.
func TestViews(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	reader := c.Person("赵敏", "13800138009", "110101199003074514")
	d := draft(t)
	d.Note, d.Ordered = "请尽快签署", false
	text := box(envelope.TextBox, 70, 92)
	text.Label = "金额"
	d.Signers[1].Boxes = append(d.Signers[1].Boxes, text)
	d.Signers[1].Methods = envelope.ByCode | envelope.ByPassword
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13800138009", AtSend: true}, {Name: "钱进", Phone: "13800138010"}}
	e := c.send(t, d)
	signed, err := c.Sign(c.staff, phoneB, e.ID, c.choice(c.staff))
	if err != nil {
		t.Fatal(err)
	}
	sees := func(a org.Actor) *envelope.Envelope {
		t.Helper()
		got, err := c.Envelopes.Get(ctx, a, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	sender, first, second, copied := sees(c.boss), sees(c.staff), sees(c.partner), sees(reader)
	for who, v := range map[string]*envelope.Envelope{"sender": sender, "first": first, "second": second, "reader": copied, "who submitted": signed} {
		if v.Subject != "采购合同" || v.Note != d.Note || v.Status != envelope.InProgress || len(v.Files) != 1 || v.SentAt.IsZero() {
			t.Errorf("%s: %+v", who, v)
		}
		if done, all := v.Progress(); done != 1 || all != 2 || v.Parties[0].Name != "李娜" || v.Parties[0].Company != companyName || v.Parties[0].State != envelope.Signed {
			t.Errorf("%s: %d of %d, %+v", who, done, all, v.Parties)
		}
	}
	named := func(p envelope.Party) bool { return p.Mask != "" && len(p.Boxes) > 0 }
	whole := func(p envelope.Party) bool { return named(p) && p.PersonID != "" }
	bare := func(p envelope.Party) bool {
		return p.Mask == "" && p.PersonID == "" && p.OrgID == "" && p.Consent == nil && p.OpenedAt.IsZero() && p.Reminded == 0 && p.Silent == "" && p.Methods == 0
	}
	label := func(p envelope.Party) (out string) {
		for _, b := range p.Boxes {
			out += b.Label
		}
		return out
	}
	switch {
	case !whole(sender.Parties[0]) || !named(sender.Parties[1]) || sender.Parties[0].Consent == nil || label(sender.Parties[1]) != "金额" || len(sender.Readers) != 2 || sender.Readers[1].Mask == "":
		t.Errorf("the sender: %+v", sender)
	case !whole(first.Parties[0]) || first.Parties[0].Consent == nil || !bare(first.Parties[1]) || label(first.Parties[1]) != "" || len(first.Parties[1].Boxes) != 2 || first.Readers != nil:
		t.Errorf("the first party: %+v", first)
	case !whole(signed.Parties[0]) || !bare(signed.Parties[1]):
		t.Errorf("the answer of Submit: %+v", signed)
	case !bare(second.Parties[0]) || len(second.Parties[0].Boxes) == 0 || !whole(second.Parties[1]) || label(second.Parties[1]) != "金额" || second.Accepts(2) != d.Signers[1].Methods:
		t.Errorf("the second party: %+v", second)
	case !bare(copied.Parties[0]) || !bare(copied.Parties[1]) || copied.Parties[0].Boxes != nil || len(copied.Readers) != 1 || copied.Readers[0].Name != "赵敏":
		t.Errorf("the reader: %+v", copied)
	}
	// No view contains a phone.
	for who, v := range map[string]*envelope.Envelope{"sender": sender, "first": first, "second": second, "reader": copied} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{phoneA, phoneB, phoneC, "13800138009", "PhoneIx", "phone_ix", "Upkeep", "Lease"} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s sees %s", who, secret)
			}
		}
	}
	// A view is a copy.
	sender.Parties[0].Boxes[0].X, sender.Parties[0].Consent.Stamps[0].X = 999, 999
	if again := sees(c.boss); again.Parties[0].Boxes[0].X == 999 || again.Parties[0].Consent.Stamps[0].X == 999 {
		t.Error("a view reaches what is stored")
	}
}

// T18: changes of the details beside the trail, and of the record itself, are detected;
// and the trail has no personal data of the details.
func TestT18TrailDetails(t *testing.T) {
	for name, change := range map[string]func(context.Context, *cast, string) error{
		"a detail": func(ctx context.Context, c *cast, id string) error {
			return envelope.ChangeDetail(ctx, c.DB, id, 1, "李娜", "李四")
		},
		"a detail that is gone": func(ctx context.Context, c *cast, id string) error {
			return envelope.ChangeDetail(ctx, c.DB, id, 1, "", "")
		},
		"the record": func(ctx context.Context, c *cast, id string) error {
			return envelope.ChangeNote(ctx, c.DB, id, "另一备注")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, ctx := newCast(t, nil), t.Context()
			e := c.send(t, draft(t))
			trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range trail {
				for _, personal := range []string{"李娜", "王小明", "138****", phoneB} {
					if strings.Contains(string(entry.Body), personal) {
						t.Errorf("entry %d holds %s: %s", entry.Seq, personal, entry.Body)
					}
				}
			}
			if err := change(ctx, c, string(e.ID)); err != nil {
				t.Fatal(err)
			}
			var broken *audit.BrokenError
			if _, err := c.Envelopes.Trail(ctx, c.boss, e.ID); !errors.As(err, &broken) {
				t.Errorf("%s was changed: %v", name, err)
			}
		})
	}
}

// T24: a sender who has no message sent, because the turn of the others comes later, does not
// learn which phones and names are accounts; only who opened it is known to them.
func TestT24SenderLearnsNothing(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	spy := c.stranger(t, 1)
	sender := c.people[spy.Name]
	d := draft(t)
	d.Signers = []envelope.Signer{spy, {Kind: envelope.Person, Name: "王小明", Phone: phoneC}, {Kind: envelope.Person, Name: "李小明", Phone: phoneB}}
	d.CopyTo = []envelope.CopyTo{{Name: "张伟", Phone: phoneA, AtSend: true}}
	e, err := c.Envelopes.CreateDraft(ctx, sender, d)
	orgtest.Must(t, err)
	e, err = c.Envelopes.Send(ctx, sender, e.ID)
	orgtest.Must(t, err)
	if e.Parties[1].PersonID != "" || e.Parties[2].PersonID != "" || e.Readers[0].PersonID != "" {
		t.Errorf("%+v, %+v", e.Parties, e.Readers)
	}
	ch := c.choice(sender)
	ch.Extra = []envelope.Box{box(envelope.SignatureBox, 30, 30)}
	_, err = c.Sign(sender, spy.Phone, e.ID, ch)
	orgtest.Must(t, err)
	orgtest.Must(t, c.Envelopes.MarkOpened(ctx, c.partner, e.ID))
	if e, err = c.Envelopes.Get(ctx, sender, e.ID); err != nil || e.Parties[1].PersonID != c.partner.Person {
		t.Errorf("who opened it: %+v, %v", e.Parties[1], err)
	}
}
