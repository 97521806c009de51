package envelope

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Signer is a party as the sender names it (M66, M67).
type Signer struct {
	Kind    PartyKind
	Name    string // real name of the person or of the company's handler (经办人)
	Phone   string // mobile phone number
	Company string // 企业名称, for a Company
	Stage   int    // signers of one stage sign at once; ignored when the draft is ordered
	Boxes   []Box  // none lets the signer place his own (M68)
}

// NewDraft is what a sender fills in.
type NewDraft struct {
	Subject    string   // 主题: 1 to 25 characters
	Note       string   // 备注: at most 300 characters
	Files      []Upload // 1 to 5 files of at most 10 MiB: PDF, PNG, JPEG
	Signers    []Signer // 1 to 50
	Ordered    bool     // 顺序签署: each signs after the one before
	AllowExtra bool     // 追加印章: signers may add boxes of their own
	Source     Source
}

// CreateDraft checks and stores a draft (草稿). The files are read and stored
// first; nothing remains of a draft that is refused but content that no record
// names, which a sweep removes.
func (s *Service) CreateDraft(ctx context.Context, actor org.Actor, d NewDraft) (*Envelope, error) {
	if err := s.mayCreate(ctx, actor); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	e := Envelope{ID: s.db.NewID(), Sender: actor, Subject: d.Subject, Note: d.Note, Source: d.Source,
		Status: Draft, AllowExtra: d.AllowExtra}
	for i, g := range d.Signers {
		p, err := s.party(e.ID, i, g, d.Ordered)
		if err != nil {
			return nil, err
		}
		e.Parties = append(e.Parties, p)
	}
	for _, u := range d.Files {
		f, err := s.take(ctx, u)
		if err != nil {
			return nil, err
		}
		e.Files = append(e.Files, f)
	}
	if err := e.checkBoxes(); err != nil {
		return nil, err
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate)
		if err != nil {
			return err
		}
		made := e
		made.From = st.Person.Name
		if st.Company != nil {
			made.From = st.Company.Name
		}
		made.CreatedAt = tx.Now()
		made.Events = 1
		if err := envelopes.Insert(ctx, tx, made); err != nil {
			return err
		}
		e = made
		return s.record(ctx, tx, &made, actor, 1, Event{Kind: EventDrafted, Heads: made.heads()})
	})
	if err != nil {
		return nil, err
	}
	return &e, nil
}

// mayCreate asks early, so that nobody uploads in vain.
func (s *Service) mayCreate(ctx context.Context, actor org.Actor) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate)
		return err
	})
}

func (e *Envelope) heads() []store.Digest {
	out := make([]store.Digest, len(e.Files))
	for i, f := range e.Files {
		out[i] = f.Head
	}
	return out
}

// check applies M63, M64 and M67 to what was typed.
func (d *NewDraft) check() error {
	switch n := utf8.RuneCountInString(d.Subject); {
	case strings.TrimSpace(d.Subject) == "":
		return &FieldError{"subject", "M64", "it is required", "请填写主题"}
	case n > MaxSubject:
		return &FieldError{"subject", "M64", fmt.Sprintf("%d characters, more than %d", n, MaxSubject), "主题不能超过25个字"}
	case utf8.RuneCountInString(d.Note) > MaxNote:
		return &FieldError{"note", "M64", fmt.Sprintf("more than %d characters", MaxNote), "备注不能超过300个字"}
	case !printable(d.Subject) || !utf8.ValidString(d.Note):
		return &FieldError{"subject", "M64", "it holds control characters", "主题包含无效字符"}
	case len(d.Files) == 0:
		return &FieldError{"files", "M63", "at least one is required", "请上传文件"}
	case len(d.Files) > MaxFiles:
		return &FieldError{"files", "M63", fmt.Sprintf("%d, more than %d", len(d.Files), MaxFiles), "最多上传5个文件"}
	case len(d.Signers) == 0:
		return &FieldError{"signers", "M67", "at least one is required", "请添加签署人"}
	case len(d.Signers) > MaxParties:
		return &FieldError{"signers", "M67", fmt.Sprintf("more than %d", MaxParties), "签署人过多"}
	case d.Source != Portal && d.Source != API:
		return &FieldError{"source", "M58", "it is unknown", "业务系统无效"}
	}
	seen := map[string]bool{}
	for i, g := range d.Signers {
		field := fmt.Sprintf("signer %d", i+1)
		switch {
		case g.Kind != Person && g.Kind != Company:
			return &FieldError{field, "M67", "its kind is not set", "请选择签署方类型"}
		case strings.TrimSpace(g.Name) == "" || !printable(g.Name) || utf8.RuneCountInString(g.Name) > 50:
			return &FieldError{field, "M67", "its name has 1 to 50 characters", "请填写签署人姓名"}
		case g.Kind == Company && (strings.TrimSpace(g.Company) == "" || !printable(g.Company)):
			return &FieldError{field, "M67", "its company is required", "请填写企业名称"}
		case g.Kind == Person && g.Company != "":
			return &FieldError{field, "M67", "a person signs for no company", "个人签署方不能填写企业名称"}
		}
		key := g.Company + "/" + g.Phone
		if seen[key] {
			return &FieldError{field, "M67", "it stands twice", "签署人重复"}
		}
		seen[key] = true
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '　' }) < 0
}

func (s *Service) party(envelope string, i int, g Signer, ordered bool) (Party, error) {
	phone, err := org.ParsePhone(g.Phone)
	if err != nil {
		return Party{}, err
	}
	p := Party{Kind: g.Kind, Name: g.Name, Company: g.Company, Mask: phone.Mask(), Stage: g.Stage}
	if ordered {
		p.Stage = i
	}
	for _, b := range g.Boxes {
		p.Boxes = append(p.Boxes, b.sized())
	}
	p.Phone, p.PhoneIx, err = s.org.SealPhone("envelope", "party", taskID(envelope, i+1), phone)
	return p, err
}

// checkBoxes applies what a box must be, whatever the page: kind, file and page
// exist. Whether it lies on its page is found when it is laid out.
func (e *Envelope) checkBoxes() error {
	total := 0
	for i, p := range e.Parties {
		total += len(p.Boxes)
		for _, b := range p.Boxes {
			if err := e.checkBox(p.Kind, b); err != nil {
				err.Field = fmt.Sprintf("signer %d, %s", i+1, err.Field)
				return err
			}
		}
	}
	if total > MaxBoxes {
		return &FieldError{"boxes", "M68", fmt.Sprintf("more than %d", MaxBoxes), "签署位置过多"}
	}
	return nil
}

func (e *Envelope) checkBox(kind PartyKind, b Box) *FieldError {
	bad := func(reason, zh string) *FieldError { return &FieldError{"box", "M68", reason, zh} }
	switch {
	case b.Kind != SignatureBox && b.Kind != SealBox:
		return bad("its kind is not set", "请选择签署位置类型")
	case b.Kind == SealBox && kind == Person:
		return bad("a person has no company seal", "个人签署方不能使用企业印章")
	case b.File < 0 || b.File >= len(e.Files):
		return bad("there is no such file", "签署位置所在文件不存在")
	case b.Page < 1 || b.Page > e.Files[b.File].Pages:
		return bad("there is no such page", "签署位置所在页不存在")
	case !(b.Width >= 5 && b.Width <= 200 && b.Height >= 5 && b.Height <= 200):
		return bad("its size is 5 to 200 mm", "签署位置大小超出范围")
	}
	return nil
}
