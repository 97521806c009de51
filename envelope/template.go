package envelope

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Limits of templates.
const (
	maxFields  = 100 // of a template
	maxKeySize = 128 // bytes of Instance.Key
)

// FieldKind is the kind of value that a template's field takes.
type FieldKind int

// The kinds. The zero value is invalid.
const (
	TextField   FieldKind = iota + 1 // a line of at most 100 characters
	DateField                        // 2006-01-02, shown as 2006年01月02日
	NumberField                      // digits, perhaps with a sign, a point and thousands commas
	CheckField                       // true or false, shown as √ or nothing
)

var fieldKindNames = [...]string{
	TextField:   "text",
	DateField:   "date",
	NumberField: "number",
	CheckField:  "check",
}

// String returns the kind in English.
func (k FieldKind) String() string { return enum.Name("FieldKind", fieldKindNames[:], k) }

// Field is what the sender fills in when they make an envelope from a template.
type Field struct {
	Name string    `json:"name"` // unique in the template, 1 to 50 characters
	Kind FieldKind `json:"kind"`
	Must bool      `json:"must,omitzero"`
	Box  Box       `json:"box"` // its place; its kind is ignored
}

// Role is a party of a template, without a person yet.
type Role struct {
	Name  string    `json:"name"` // such as 甲方; unique in the template, 1 to 50 characters
	Kind  PartyKind `json:"kind"`
	Stage int       `json:"stage,omitzero"`
	Group int       `json:"group,omitzero"`
	Boxes []Box     `json:"boxes,omitempty"`

	Methods Methods `json:"methods,omitzero"` // how its signer may show their will; zero: as the template says
}

// NewTemplate is what a template is made from.
type NewTemplate struct {
	Name       string   // 1 to 50 characters
	Subject    string   // of its envelopes, unless an Instance has its own
	Note       string   // 备注
	Files      []Upload // 1 to 5
	Roles      []Role   // 1 to 50
	Fields     []Field  // at most 100
	AllowExtra bool
	Reading    time.Duration
	Methods    Methods // how signers may show their will, unless a Role has its own; zero is ByCode
	Marks      Marks
}

// Template is an envelope with roles and fields instead of persons and values (模板).
type Template struct {
	ID         string        `json:"id"`
	Owner      org.Actor     `json:"owner"`
	Name       string        `json:"name"`
	Subject    string        `json:"subject"`
	Note       string        `json:"note,omitzero"`
	Files      []File        `json:"files"`
	Roles      []Role        `json:"roles"`
	Fields     []Field       `json:"fields,omitempty"`
	AllowExtra bool          `json:"allow_extra,omitzero"`
	Reading    time.Duration `json:"reading_ns,omitzero"`
	Methods    Methods       `json:"methods,omitzero"`
	Marks      Marks         `json:"marks,omitzero"`
	At         time.Time     `json:"at"`
}

var templates = store.NewTable("envelope_template", func(t *Template) string { return t.ID },
	store.Text("owner", func(t *Template) string { return owner(t.Owner) }),
	store.Time("at", func(t *Template) time.Time { return t.At })).
	Index("by_owner", "owner", "at")

// CreateTemplate checks and stores a template. Its files are read and stored first.
func (s *Service) CreateTemplate(ctx context.Context, actor org.Actor, n NewTemplate) (*Template, error) {
	st, err := s.checkSender(ctx, actor)
	if err != nil {
		return nil, err
	}
	if err := n.check(st); err != nil {
		return nil, err
	}
	t := Template{ID: s.db.NewID(), Owner: actor, Name: n.Name, Subject: n.Subject, Note: n.Note, Roles: n.Roles, Fields: n.Fields,
		AllowExtra: n.AllowExtra, Reading: n.Reading, Methods: n.Methods, Marks: n.Marks.clone()}
	for _, u := range n.Files {
		f, err := s.takeUpload(ctx, u)
		if err != nil {
			return nil, err
		}
		t.Files = append(t.Files, f)
	}
	if err := t.checkBoxes(); err != nil {
		return nil, err
	}
	said := t
	said.ID = ""
	whole, err := digestOf(said)
	if err != nil {
		return nil, err
	}
	asked := org.Command{Name: auditTemplate, Actor: actor, Right: org.ActionEnvelopeCreate, Args: []string{whole}}
	_, err = s.org.Carry(ctx, asked, &t, func(ctx context.Context, u org.UnderWay) error {
		t.At = u.Tx().Now()
		if err := templates.Insert(ctx, u.Tx(), t); err != nil {
			return err
		}
		return u.Record(ctx, "template/"+t.ID, nil, t)
	})
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// check checks what is checked in a draft too, and the roles and fields.
func (n *NewTemplate) check(sender org.Standing) error {
	bad := func(field, reason, zh string) error { return &FieldError{field, "", reason, zh} }
	label := func(s string) bool {
		return strings.TrimSpace(s) != "" && printable(s) && utf8.RuneCountInString(s) <= 50
	}
	d := NewDraft{Subject: n.Subject, Note: n.Note, Files: n.Files, Reading: n.Reading, Methods: n.Methods, Marks: n.Marks}
	if err := d.check(sender); err != nil {
		return err
	}
	switch {
	case !label(n.Name):
		return bad("name", "it has 1 to 50 characters", "请填写模板名称")
	case len(n.Files) == 0:
		return bad("files", "at least one is required", "请上传文件")
	case len(n.Roles) == 0 || len(n.Roles) > maxParties:
		return bad("roles", fmt.Sprintf("1 to %d", maxParties), "请添加签署角色")
	case len(n.Fields) > maxFields:
		return bad("fields", fmt.Sprintf("more than %d", maxFields), "填写项过多")
	}
	seen := map[string]bool{}
	for _, r := range n.Roles {
		switch {
		case !label(r.Name) || seen["role "+r.Name]:
			return bad("role "+r.Name, "its name is missing, or stands twice", "签署角色名称为空或重复")
		case r.Kind < Person || r.Kind > Member || r.Kind == Member && sender.Company == nil || r.Group < 0:
			return bad("role "+r.Name, "its kind is not one", "请选择签署方类型")
		}
		if err := r.Methods.check("role " + r.Name); err != nil {
			return err
		}
		seen["role "+r.Name] = true
	}
	for _, f := range n.Fields {
		if !label(f.Name) || seen["field "+f.Name] || f.Kind < TextField || f.Kind > CheckField {
			return bad("field "+f.Name, "its name is missing, or stands twice, or it has no kind", "填写项名称为空或重复")
		}
		seen["field "+f.Name] = true
	}
	return nil
}

// checkBoxes checks that every box of a template is possible, and gives each its size.
func (t *Template) checkBoxes() error {
	e := content{Files: t.Files}
	for i := range t.Roles {
		p := partyRecord{Kind: t.Roles[i].Kind}
		for _, b := range t.Roles[i].Boxes {
			b.Field, b.Found = "", nil
			p.Boxes = append(p.Boxes, b.sized())
		}
		t.Roles[i].Boxes = p.Boxes
		e.Parties = append(e.Parties, p)
	}
	if err := e.checkBoxes(); err != nil {
		return err
	}
	for i := range t.Fields {
		b := t.Fields[i].Box
		b.Kind, b.Field = TextBox, ""
		t.Fields[i].Box = b.sized()
		if b.Keyword != nil {
			return &FieldError{"field " + t.Fields[i].Name, "", "no word says where it is", "填写项不能按关键字定位"}
		}
		if err := e.checkBox(Person, t.Fields[i].Box); err != nil {
			return err
		}
	}
	return nil
}

// Templates lists the actor's own templates, newest first.
func (s *Service) Templates(ctx context.Context, actor org.Actor, after store.Cursor) ([]Template, store.Cursor, error) {
	return listPage(ctx, s, actor, org.ActionEnvelopeCreate, templates, func(org.Standing) []store.Clause {
		return []store.Clause{store.Where("owner", owner(actor)), store.Desc("at"), store.After(after)}
	}, whole)
}

// DeleteTemplate deletes one of the actor's own templates; the envelopes made from it
// stay.
func (s *Service) DeleteTemplate(ctx context.Context, actor org.Actor, id string) error {
	asked := org.Command{Name: auditUntemplate, Actor: actor, Right: org.ActionEnvelopeCreate, Args: []string{id}}
	_, err := s.org.Carry(ctx, asked, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, err := s.getTemplate(ctx, u.Tx(), actor, id)
		if err != nil {
			return err
		}
		if err := templates.Delete(ctx, u.Tx(), rec); err != nil {
			return err
		}
		return u.Record(ctx, "template/"+id, rec.V, nil)
	})
	return err
}

// getTemplate loads one of the actor's own templates.
func (s *Service) getTemplate(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (store.Rec[Template], error) {
	if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate); err != nil {
		return store.Rec[Template]{}, err
	}
	rec, err := templates.Get(ctx, tx, id)
	if err != nil {
		return rec, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.Owner != actor {
		return store.Rec[Template]{}, ErrNotFound
	}
	return rec, nil
}

var number = regexp.MustCompile(`^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?$`)

// show converts a value into the text shown in the document.
func (f *Field) show(value string) (string, error) {
	bad := func(zh string) (string, error) {
		return "", &FieldError{"field " + f.Name, "", "its value is not what it takes", f.Name + zh}
	}
	if value == "" {
		if f.Must {
			return bad("为必填项")
		}
		return "", nil
	}
	switch f.Kind {
	case TextField:
		if utf8.RuneCountInString(value) > maxText || !printable(value) {
			return bad(fmt.Sprintf("不能超过%d个字", maxText))
		}
	case DateField:
		at, err := time.Parse(time.DateOnly, value)
		if err != nil {
			return bad("须为日期，如 2026-03-04")
		}
		return at.Format(dayFormat), nil
	case NumberField:
		if len(value) > 40 || !number.MatchString(value) {
			return bad("须为数字")
		}
	case CheckField:
		switch value {
		case "true":
			return "√", nil
		case "false":
			return "", nil
		}
		return bad("须为 true 或 false")
	}
	return value, nil
}
