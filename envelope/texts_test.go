package envelope_test

import (
	"bytes"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// wholeDraft is a draft in which every text of a command has a value.
func wholeDraft(t *testing.T) envelope.NewDraft {
	d := draft(t)
	d.Files[0].Content = bytes.NewReader(contract(t))
	d.Note, d.Marks.Watermark = "备注", "样本"
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, inputBoxes()...)
	d.Signers[0].Boxes[1].Rule.Pattern = ".*"
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SealBox, Keyword: &envelope.Keyword{Word: "盖章"}})
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13700137001", Company: "另一家"}}
	return d
}

// T37: every text of a command has a limit, and holds no characters that are not seen: a
// mebibyte, a control character or a change of direction is refused.
func TestT37Texts(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	c.Finder = words{}
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, wholeDraft(t)); err != nil {
		t.Fatal(err)
	}
	orgtest.Texts(t, 30, wholeDraft, func(d envelope.NewDraft) error {
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		return err
	})
	whole := func(t *testing.T) envelope.NewTemplate {
		n := template(t)
		n.Marks.Watermark = "样本"
		n.Roles[0].Boxes = append(n.Roles[0].Boxes, inputBoxes()...)
		return n
	}
	orgtest.Texts(t, 30, whole, func(n envelope.NewTemplate) error {
		_, err := c.Envelopes.CreateTemplate(ctx, c.boss, n)
		return err
	})
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	filled := func(*testing.T) envelope.Instance {
		i := instance("key")
		i.Subject, i.Send = "主题", false
		i.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13700137001", Company: "另一家"}}
		return i
	}
	orgtest.Texts(t, 10, filled, func(i envelope.Instance) error {
		_, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, i)
		return err
	})
	e := c.send(t, draft(t))
	type reasons struct{ Reason, Name, Phone string }
	orgtest.Texts(t, 3, func(*testing.T) reasons { return reasons{"不", "赵敏", "13700137001"} }, func(r reasons) error {
		if r.Reason != "不" {
			return c.Envelopes.Decline(ctx, c.staff, e.ID, r.Reason)
		}
		return c.Envelopes.Delegate(ctx, c.staff, e.ID, r.Name, r.Phone)
	})
}
