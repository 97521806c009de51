package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/store"
)

func template(t testing.TB) envelope.NewTemplate {
	field := func(name string, k envelope.FieldKind, y float64, must bool) envelope.Field {
		return envelope.Field{Name: name, Kind: k, Must: must, Box: envelope.Box{Page: 1, X: 165, Y: y}}
	}
	return envelope.NewTemplate{Name: "劳动合同", Subject: "劳动合同", Note: "请在三日内签署",
		Files: []envelope.Upload{{Name: "劳动合同.pdf", Content: bytes.NewReader(contract(t))}},
		Roles: []envelope.Role{
			{Name: "公司", Kind: envelope.Company, Boxes: []envelope.Box{box(envelope.SealBox, 60, 240)}},
			{Name: "员工", Kind: envelope.Person, Stage: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 150, 240)}},
		},
		Fields: []envelope.Field{field("编号", envelope.TextField, 20, true), field("入职日期", envelope.DateField, 30, true),
			field("月薪", envelope.NumberField, 40, false), field("试用期", envelope.CheckField, 50, false)}}
}

func instance(key string) envelope.Instance {
	return envelope.Instance{Key: key, Send: true, Roles: map[string]envelope.Filler{
		"公司": {Name: "李娜", Phone: phoneB, Company: companyName}, "员工": {Name: "王小明", Phone: phoneC}},
		Values: map[string]string{"编号": "HT-" + key, "入职日期": "2026-04-01", "月薪": "12,000.50", "试用期": "true"}}
}

// 模板: an envelope from a template has its values in the documents before anyone signs,
// and is signed like any other.
func TestTemplate(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, instance("1"))
	if err != nil || e.Status != envelope.InProgress || e.Template != tpl.ID || e.Subject != "劳动合同" || len(e.Filled) != 4 ||
		e.Filled[1].Text != "2026年04月01日" || e.Filled[3].Text != "√" {
		t.Fatalf("%+v, %v", e, err)
	}
	e = c.signBoth(t, e)
	c.result(t, e, 3)
	c.step(t, 1)
	c.keep(t, "template", e)
	copied, err := c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
	if err != nil || len(copied.Filled) != 4 {
		t.Errorf("a copy: %+v, %v", copied, err)
	}
	if list, _, err := c.Envelopes.Templates(ctx, c.boss, ""); err != nil || len(list) != 1 || list[0].ID != tpl.ID {
		t.Errorf("%+v, %v", list, err)
	}
	_, err = c.Envelopes.Instantiate(ctx, c.staff, tpl.ID, instance("2"))
	orgtest.WantOf(t, "T1 another's template", err, envelope.ErrNotFound)
	orgtest.WantOf(t, "T1 another deletes", c.Envelopes.DeleteTemplate(ctx, c.staff, tpl.ID), envelope.ErrNotFound)
	if err := c.Envelopes.DeleteTemplate(ctx, c.boss, tpl.ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, instance("2"))
	orgtest.WantOf(t, "a deleted template", err, envelope.ErrNotFound)
}

func TestTemplateRefused(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	var f *envelope.FieldError
	for what, change := range map[string]func(n *envelope.NewTemplate){
		"no name":           func(n *envelope.NewTemplate) { n.Name = " " },
		"no file":           func(n *envelope.NewTemplate) { n.Files = nil },
		"no role":           func(n *envelope.NewTemplate) { n.Roles = nil },
		"a role twice":      func(n *envelope.NewTemplate) { n.Roles[1].Name = n.Roles[0].Name },
		"a role of no kind": func(n *envelope.NewTemplate) { n.Roles[0].Kind = 0 },
		"a field twice":     func(n *envelope.NewTemplate) { n.Fields[1].Name = n.Fields[0].Name },
		"a field off":       func(n *envelope.NewTemplate) { n.Fields[0].Box.Page = 99 },
		"a field by a word": func(n *envelope.NewTemplate) { n.Fields[0].Box.Keyword = &envelope.Keyword{Word: "甲"} },
		"a long subject":    func(n *envelope.NewTemplate) { n.Subject = strings.Repeat("字", 26) },
		"a person's seal":   func(n *envelope.NewTemplate) { n.Roles[1].Boxes[0].Kind = envelope.SealBox },
	} {
		n := template(t)
		change(&n)
		if _, err := c.Envelopes.CreateTemplate(ctx, c.boss, n); !errors.As(err, &f) || f.Zh() == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(i *envelope.Instance){
		"a role open":       func(i *envelope.Instance) { delete(i.Roles, "员工") },
		"a role too many":   func(i *envelope.Instance) { i.Roles["丙"] = i.Roles["员工"] },
		"a value missing":   func(i *envelope.Instance) { delete(i.Values, "编号") },
		"no such value":     func(i *envelope.Instance) { i.Values["年薪"] = "1" },
		"no date":           func(i *envelope.Instance) { i.Values["入职日期"] = "2026-02-30" },
		"no number":         func(i *envelope.Instance) { i.Values["月薪"] = "12,00" },
		"neither nor":       func(i *envelope.Instance) { i.Values["试用期"] = "√" },
		"a control":         func(i *envelope.Instance) { i.Values["编号"] = "a\x00" },
		"a name missing":    func(i *envelope.Instance) { i.Roles["员工"] = envelope.Filler{Phone: phoneC} },
		"a glyph not there": func(i *envelope.Instance) { i.Values["编号"] = "\U0001F600" },
	} {
		i := instance("x" + what)
		change(&i)
		if _, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, i); !errors.As(err, &f) || f.Zh() == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if b := c.balance(t); b.Held != 0 {
		t.Errorf("held %+v", b)
	}
}

// 批量发起: each instance is made once, an instance with an error is reported and skipped,
// and the whole is resumed where it stopped.
func TestInstantiateAll(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	n := template(t)
	n.Files[0].Content = bytes.NewReader(page(t))
	n.Fields = nil
	n.Roles[0].Boxes[0] = box(envelope.SealBox, 30, 30)
	n.Roles[1].Boxes[0] = box(envelope.SignatureBox, 70, 70)
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, n)
	if err != nil {
		t.Fatal(err)
	}
	const all = 20
	instances := func(bad int) iter.Seq[envelope.Instance] {
		return func(yield func(envelope.Instance) bool) {
			for i := range all {
				in := instance(fmt.Sprint(i))
				in.Values = nil
				if i == bad {
					in.Subject = strings.Repeat("字", 26)
				}
				if !yield(in) {
					return
				}
			}
		}
	}
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	made, err := c.Envelopes.InstantiateAll(stop, c.boss, tpl.ID, instances(3), func(index int, e *envelope.Envelope, err error) {
		if index == 9 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || made != 9 {
		t.Fatalf("interrupted: %d made, %v", made, err)
	}
	var wrong []int
	ids := map[string]bool{}
	made, err = c.Envelopes.InstantiateAll(ctx, c.boss, tpl.ID, instances(3), func(index int, e *envelope.Envelope, err error) {
		if err != nil {
			wrong = append(wrong, index)
		} else {
			ids[string(e.ID)] = true
		}
	})
	if err != nil || made != all-1 || len(wrong) != 1 || wrong[0] != 3 {
		t.Fatalf("resumed: %d made, wrong %v, %v", made, wrong, err)
	}
	made, err = c.Envelopes.InstantiateAll(ctx, c.boss, tpl.ID, instances(-1), func(index int, e *envelope.Envelope, err error) {
		if err == nil {
			ids[string(e.ID)] = true
		}
	})
	if err != nil || made != all || len(ids) != all {
		t.Fatalf("put right: %d made, %d envelopes, %v", made, len(ids), err)
	}
	if b := c.balance(t); b.Held != all {
		t.Errorf("%+v", b)
	}
	other := instance("0")
	other.Values, other.Subject = nil, "另一份"
	_, err = c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, other)
	orgtest.WantOf(t, "a key with other content", err, envelope.ErrKey)
	if _, err := c.Envelopes.InstantiateAll(ctx, c.staff, tpl.ID, instances(-1), nil); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("T1 another's template: %v", err)
	}
}

// Two calls with the same key at the same time make one envelope.
func TestOneKeyAtOnce(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	in := instance("k")
	in.Send = false
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, in)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = string(e.ID)
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("%v", ids)
		}
	}
}

// Two processes make the same envelopes from a template at the same time, and are
// interrupted again and again: each is made once. Ten thousand in the campaign.
func TestManyInstances(t *testing.T) {
	c := newCast(t, nil)
	tpl, err := c.Envelopes.CreateTemplate(t.Context(), c.boss, template(t))
	if err != nil {
		t.Fatal(err)
	}
	n := 300
	if os.Getenv("CAMPAIGN") != "" {
		n = 10_000
	}
	instances := func(yield func(envelope.Instance) bool) {
		for i := range n {
			in := instance(fmt.Sprint(i))
			if in.Send = false; !yield(in) {
				return
			}
		}
	}
	var wg sync.WaitGroup
	for p := range 2 {
		wg.Go(func() {
			for stop := n*(p+1)/5 + 1; ; stop += n / 3 {
				ctx, cancel := context.WithCancel(t.Context())
				seen := 0
				made, err := c.Envelopes.InstantiateAll(ctx, c.boss, tpl.ID, instances, func(int, *envelope.Envelope, error) {
					if seen++; seen == stop {
						cancel()
					}
				})
				cancel()
				if err == nil && made == n {
					return
				}
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%d made, %v", made, err)
					return
				}
			}
		})
	}
	wg.Wait()
	drafts := all(t, func(after store.Cursor) ([]envelope.Envelope, store.Cursor, error) {
		return c.Envelopes.Sent(t.Context(), c.boss, envelope.Filter{Status: envelope.Draft}, after)
	})
	if len(drafts) != n {
		t.Errorf("%d envelopes of %d instances", len(drafts), n)
	}
}

// A draft from a template keeps what was filled in when it is saved again with its files, and
// loses it with them.
func TestSaveDraftKeepsWhatWasFilledIn(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
	orgtest.Must(t, err)
	i := instance("1")
	i.Send = false
	e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, i)
	orgtest.Must(t, err)
	d := draft(t)
	files := d.Files
	d.Files = nil
	if e, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d); err != nil || len(e.Filled) != 4 || e.Template != tpl.ID {
		t.Errorf("%+v, %v", e, err)
	}
	d.Files = files
	if e, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d); err != nil || len(e.Filled) != 0 || e.Template != "" {
		t.Errorf("with other files: %+v, %v", e, err)
	}
}
