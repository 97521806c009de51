package envelope_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
)

// snapshot returns a PNG picture.
func snapshot(t *testing.T) []byte {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, 60, 30))
	for i := range 60 * 30 {
		im.Set(i%60, i/60, color.RGBA{uint8(4 * (i % 60)), uint8(8 * (i / 60)), 90, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// inputBoxes are an input of every kind, on page 1 of a contract.
func inputBoxes() []envelope.Box {
	at := func(k envelope.BoxKind, x, y float64) envelope.Box {
		return envelope.Box{Kind: k, Page: 1, X: x, Y: y}
	}
	number := at(envelope.TextBox, 150, 20)
	number.Label, number.Rule = "金额", signer.Rule{Kind: signer.Number, Min: "1", Max: "1000000"}
	number.Must = true
	day := at(envelope.TextBox, 150, 30)
	day.Label, day.Rule = "交货日期", signer.Rule{Kind: signer.Date, Min: "2026-01-01"}
	lines := at(envelope.ParagraphBox, 150, 55)
	lines.Label = "备注"
	tick := at(envelope.CheckBox, 110, 80)
	tick.Name, tick.Label = "开票", "需要开具发票"
	how := at(envelope.DropdownBox, 150, 80)
	how.Options, how.Label = []string{"增值税专用发票", "增值税普通发票"}, "发票类型"
	how.Rule = signer.Rule{Required: true, When: &signer.When{Field: "开票", In: []string{signer.Ticked}}}
	yes, no := at(envelope.RadioBox, 110, 90), at(envelope.RadioBox, 120, 90)
	yes.Name, yes.Value, no.Name, no.Value = "运输", "自提", "运输", "送货"
	picture := at(envelope.PictureBox, 150, 115)
	picture.Label = "现场照片"
	licence := at(envelope.AttachmentBox, 150, 145)
	licence.Label, licence.Must = "营业执照", true
	return []envelope.Box{number, day, lines, tick, how, yes, no, picture, licence}
}

// TestInputs: M68, a party fills in every kind of box, by a template; what it brings is
// covered by its consent (T7) and delivered; every page has the sender's marks; and other
// programs find the result valid.
func TestInputs(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	corner := signer.TopLeft
	n := template(t)
	n.Fields = nil
	n.Files = []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(contract(t))}}
	n.Marks = envelope.Marks{Watermark: "仅供签署 2026", Code: &corner}
	n.Roles = []envelope.Role{{Name: "甲方", Kind: envelope.Company, Boxes: append([]envelope.Box{box(envelope.SealBox, 40, 200)}, inputBoxes()...)},
		{Name: "乙方", Kind: envelope.Person, Stage: 1, Boxes: []envelope.Box{box(envelope.SignatureBox, 150, 200)}}}
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, n)
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, envelope.Instance{Send: true, Roles: map[string]envelope.Filler{
		"甲方": {Name: "李娜", Phone: phoneB, Company: companyName}, "乙方": {Name: "王小明", Phone: phoneC}}})
	if err != nil {
		t.Fatal(err)
	}
	field := map[string]string{}
	for _, b := range e.Parties[0].Boxes {
		field[b.Label+b.Name] = b.Field
	}
	if field["运输"] != "T1-7" || field["营业执照"] != "T1-10" {
		t.Fatalf("fields %v", field)
	}
	choice := c.choice(c.staff)
	choice.Texts = map[string]string{field["金额"]: "1200.50", field["交货日期"]: "2026年3月4日", field["备注"]: "第一行\n第二行",
		field["需要开具发票开票"]: signer.Ticked, field["发票类型"]: "增值税普通发票", field["运输"]: "送货"}
	var refused *envelope.FieldError
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); !errors.As(err, &refused) || refused.Zh() != "请填写营业执照" {
		t.Errorf("without the attachment: %v", err)
	}
	licence := []byte("%PDF-1.4 not looked at")
	attach := func(box, name string, content []byte) error {
		_, err := c.Envelopes.Attach(ctx, c.staff, e.ID, field[box], envelope.Upload{Name: name, Content: bytes.NewReader(content)})
		return err
	}
	for what, err := range map[string]error{
		"into a text box":  attach("备注", "a.txt", licence),
		"no picture":       attach("现场照片", "a.png", licence),
		"without a name":   attach("营业执照", "", licence),
		"nothing":          attach("营业执照", "a.pdf", nil),
		"more than 10 MiB": attach("营业执照", "a.pdf", make([]byte, envelope.MaxFileSize+1)),
		"of the other side": func() error {
			_, err := c.Envelopes.Attach(ctx, c.partner, e.ID, field["营业执照"], envelope.Upload{Name: "a", Content: strings.NewReader("a")})
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s: attached", what)
		}
	}
	for box, f := range map[string]struct {
		name    string
		content []byte
	}{"营业执照": {"旧的执照.pdf", []byte("old")}, "现场照片": {"照片.png", snapshot(t)}} {
		if err := attach(box, f.name, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Envelopes.Detach(ctx, c.staff, e.ID, field["营业执照"]); err != nil {
		t.Fatal(err)
	}
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); !errors.As(err, &refused) || refused.Zh() != "请填写营业执照" {
		t.Errorf("taken back: %v", err)
	}
	if err := attach("营业执照", "旧的执照.pdf", []byte("old")); err != nil {
		t.Fatal(err)
	}
	for what, texts := range map[string]map[string]string{
		"no number": {"金额": "很多"}, "too much": {"金额": "1000001"}, "too early": {"交货日期": "2025-12-31"}, "no option": {"发票类型": "收据"},
		"no state": {"需要开具发票开票": "On"}, "no choice": {"运输": "空运"}, "not asked for": {"需要开具发票开票": ""}, "a file typed": {"营业执照": "x"}, "two lines": {"金额": "1\n2"},
	} {
		wrong := choice
		wrong.Texts = map[string]string{}
		for k, v := range choice.Texts {
			wrong.Texts[k] = v
		}
		for k, v := range texts {
			wrong.Texts[field[k]] = v
		}
		if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, wrong); !errors.As(err, &refused) || refused.Rule != "M68" || strings.Contains(refused.Zh(), "T1-") {
			t.Errorf("%s: %v", what, err)
		}
	}
	c.Clock.Advance(time.Hour)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); err != nil {
		t.Fatal(err)
	}
	code := c.Sandbox.Code(phoneB)
	if err := attach("营业执照", "营业执照.pdf", licence); err != nil { // instead of the old one
		t.Fatal(err)
	}
	var wrong *org.CodeError
	if _, err := c.Envelopes.Submit(ctx, c.staff, e.ID, choice, envelope.Code(code)); !errors.As(err, &wrong) {
		t.Errorf("T7: a code for another attachment: %v", err)
	}
	if _, err := c.Envelopes.Attachment(ctx, c.boss, e.ID, 1, field["营业执照"]); !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("before anybody agreed: %v", err)
	}
	if e, err = c.Sign(c.staff, phoneB, e.ID, choice); err != nil {
		t.Fatal(err)
	}
	if err := attach("营业执照", "later.pdf", licence); err == nil {
		t.Error("attached after signing")
	}
	if e, err = c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: c.Signature(c.partner)}); err != nil || e.Status != envelope.Completed {
		t.Fatal(e, err)
	}
	c.results(t, e, 3)
	blob, err := c.Envelopes.Attachment(ctx, c.partner, e.ID, 1, field["营业执照"])
	if got := content(t, blob, err); !bytes.Equal(got, licence) {
		t.Errorf("the attachment is %q", got)
	}
	c.step(t, 1)
	c.keep(t, "inputs", e)

	var packed bytes.Buffer
	if err := c.Envelopes.Download(ctx, c.partner, e.ID, &packed); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, f := range z.File {
		names += f.Name + " "
		if r, err := f.Open(); err == nil && strings.HasSuffix(f.Name, "营业执照.pdf") {
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, licence) {
				t.Errorf("packed %q, %v", got, err)
			}
		}
	}
	if want := "1-合同.pdf attachments/1-1-照片.png attachments/1-2-营业执照.pdf evidence.pdf audit.json "; names != want {
		t.Errorf("packed %s", names)
	}
	pdf, err := c.Envelopes.Document(ctx, c.boss, e.ID, 0)
	if shown := formText(t, content(t, pdf, err), field["营业执照"]); shown != fmt.Sprintf("营业执照.pdf\nSHA-256 %x", sha256.Sum256(licence)) {
		t.Errorf("the document shows %q", shown)
	}
}

// TestConditionalFile: a file that is not asked for is left out; it waits, in case it is.
func TestConditionalFile(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Files[0].Content = bytes.NewReader(contract(t))
	tick := envelope.Box{Kind: envelope.CheckBox, Page: 1, X: 110, Y: 80, Name: "代办"}
	letter := envelope.Box{Kind: envelope.AttachmentBox, Page: 1, X: 150, Y: 145, Label: "授权书", Must: true,
		Rule: signer.Rule{When: &signer.When{Field: "代办", In: []string{signer.Ticked}}}}
	stamp := envelope.Box{Kind: envelope.PictureBox, Page: 1, X: 150, Y: 110, Name: "照片"}
	why := envelope.Box{Kind: envelope.TextBox, Page: 1, X: 150, Y: 60, Must: true, Label: "照片说明",
		Rule: signer.Rule{When: &signer.When{Field: "照片", In: []string{signer.Pictured}}}}
	d.Signers[0].Boxes = append(d.Signers[0].Boxes, tick, letter, stamp, why)
	e := c.send(t, d)
	choice := c.choice(c.staff)
	long := strings.Repeat("长", 96) + ".pdf"
	for field, name := range map[string]string{"T1-3": long, "T1-4": "照片.png"} {
		if _, err := c.Envelopes.Attach(ctx, c.staff, e.ID, field, envelope.Upload{Name: name, Content: bytes.NewReader(snapshot(t))}); err != nil {
			t.Fatal(err)
		}
	}
	var refused *envelope.FieldError
	_, err := c.Envelopes.Attach(ctx, c.staff, e.ID, "T1-3", envelope.Upload{Name: "😀.pdf", Content: strings.NewReader("a")})
	if !errors.As(err, &refused) || refused.Zh() != "文件名包含无法显示的字符" {
		t.Errorf("a name that cannot be shown: %v", err)
	}
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, choice); !errors.As(err, &refused) || refused.Zh() != "请填写照片说明" {
		t.Errorf("the picture is there, and nobody says what it shows: %v", err)
	}
	if err := c.Envelopes.Detach(ctx, c.staff, e.ID, "T1-4"); err != nil {
		t.Fatal(err)
	}
	ticked := choice
	ticked.Texts = map[string]string{"T1-2": signer.Ticked}
	c.Clock.Advance(time.Hour)
	if err := c.Envelopes.RequestCode(ctx, c.staff, e.ID, ticked); err != nil {
		t.Errorf("with the box ticked: %v", err)
	}
	c.Clock.Advance(time.Hour)
	done, err := c.Sign(c.staff, phoneB, e.ID, choice)
	if err != nil {
		t.Fatal(err)
	}
	if fills := done.Parties[0].Consent.Fills; len(fills) != 0 {
		t.Errorf("agreed to %+v", fills)
	}
	for range 25 {
		_, err = c.Envelopes.Attach(ctx, c.staff, e.ID, "T1-3", envelope.Upload{Name: "a", Content: strings.NewReader("a")})
	}
	if err == nil {
		t.Error("attached after signing")
	}
}

// M68: what a draft cannot ask for is refused when it is drafted.
func TestM68InputRules(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for what, change := range map[string]func(b []envelope.Box) []envelope.Box{
		"a rule of a seal":           func(b []envelope.Box) []envelope.Box { b[0].Rule.Required = true; return b },
		"options of a text":          func(b []envelope.Box) []envelope.Box { b[1].Options = []string{"a"}; return b },
		"a dropdown without options": func(b []envelope.Box) []envelope.Box { b[5].Options = nil; return b },
		"an option twice":            func(b []envelope.Box) []envelope.Box { b[5].Options = []string{"a", "a"}; return b },
		"too many options": func(b []envelope.Box) []envelope.Box {
			b[5].Options = strings.Split(strings.Repeat("a", 101), "")
			return b
		},
		"one radio button":            func(b []envelope.Box) []envelope.Box { return append(b[:6:6], b[7:]...) },
		"the same value twice":        func(b []envelope.Box) []envelope.Box { b[6].Value = b[7].Value; return b },
		"a value of Off":              func(b []envelope.Box) []envelope.Box { b[6].Value = "Off"; return b },
		"a button without a name":     func(b []envelope.Box) []envelope.Box { b[6].Name = ""; return b },
		"a button without a value":    func(b []envelope.Box) []envelope.Box { b[6].Value = ""; return b },
		"a name twice":                func(b []envelope.Box) []envelope.Box { b[1].Name, b[2].Name = "甲", "甲"; return b },
		"a condition on nothing":      func(b []envelope.Box) []envelope.Box { b[5].Rule.When.Field = "没有"; return b },
		"a condition on itself":       func(b []envelope.Box) []envelope.Box { b[5].Name, b[5].Rule.When.Field = "自己", "自己"; return b },
		"a condition without a value": func(b []envelope.Box) []envelope.Box { b[5].Rule.When.In = nil; return b },
		"a pattern that is none":      func(b []envelope.Box) []envelope.Box { b[1].Rule = signer.Rule{Pattern: "("}; return b },
		"a range of letters":          func(b []envelope.Box) []envelope.Box { b[1].Rule = signer.Rule{Min: "1"}; return b },
		"a form of a tick":            func(b []envelope.Box) []envelope.Box { b[4].Rule.Pattern = "x"; return b },
		"a range backwards": func(b []envelope.Box) []envelope.Box {
			b[1].Rule = signer.Rule{Kind: signer.Number, Min: "2", Max: "1"}
			return b
		},
		"a costly pattern":         func(b []envelope.Box) []envelope.Box { b[1].Rule = signer.Rule{Pattern: "(?:.?){1000}"}; return b },
		"a pattern of a paragraph": func(b []envelope.Box) []envelope.Box { b[3].Rule.Pattern = "a"; return b },
		"many patterns": func(b []envelope.Box) []envelope.Box {
			for range 21 {
				b = append(b, envelope.Box{Kind: envelope.TextBox, Page: 2, X: 50, Y: 50, Rule: signer.Rule{Pattern: "a"}})
			}
			return b
		},
		"a rule of a second button": func(b []envelope.Box) []envelope.Box { b[7].Must = true; return b },
		"a condition on a file":     func(b []envelope.Box) []envelope.Box { b[9].Name, b[5].Rule.When.Field = "照", "照"; return b },
		"a small attachment":        func(b []envelope.Box) []envelope.Box { b[9].Width, b[9].Height = 60, 12; return b },
		"a kind that is none":       func(b []envelope.Box) []envelope.Box { b[1].Kind = envelope.AttachmentBox + 1; return b },
	} {
		d := draft(t)
		d.Files[0].Content = bytes.NewReader(contract(t))
		boxes := append([]envelope.Box{box(envelope.SealBox, 40, 200)}, inputBoxes()...)
		d.Signers[0].Boxes = change(boxes)
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		refusedAs(t, what, "M68", err)
	}
	for what, marks := range map[string]envelope.Marks{"a long watermark": {Watermark: strings.Repeat("水", 51)}, "two lines": {Watermark: "a\nb"},
		"no corner": {Code: func() *signer.Corner { c := signer.Corner(4); return &c }()}} {
		d := draft(t)
		d.Marks = marks
		_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		refusedAs(t, what, "M64", err)
	}
}

// formText returns the text of a field of a document.
func formText(t *testing.T, raw []byte, field string) string {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(raw), int64(len(raw)), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	form, err := f.Form()
	if err != nil {
		t.Fatal(err)
	}
	fd, _ := form.Find(field)
	s, _ := fd.Dict.Get("V").(pdf.String)
	return s.Text()
}
