package envelope

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/names"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Signer is a party as the sender names it (M66, M67).
type Signer struct {
	Kind    PartyKind
	Name    string // real name of the person, member, or company's handler (经办人)
	Phone   string // mobile phone number
	Company string // 企业名称, only for a Company
	Stage   int    // signers of one stage sign in parallel; ignored if the draft is ordered
	Group   int    // 或签: one of the signers with this stage and group, from 1, signs; 0 is none. Not in an ordered draft
	Silent  string // 静默签: id of a Permission, only for a Member; Name and Phone are then empty
	Boxes   []Box  // if empty, the signer places their own (M68)

	// Methods are how they may show their will (意愿认证方式); zero is the draft's.
	Methods Methods
}

// CopyTo is a person who gets a copy (抄送).
type CopyTo struct {
	Name     string
	Phone    string
	Company  string // edition in which they see it; empty is the personal one
	Download bool   // they may download, not only look
	AtSend   bool   // they are told at send; otherwise at completion
}

// NewDraft is what a sender fills in. A draft may be stored half filled in; only
// [Service.Send] needs it complete.
type NewDraft struct {
	Subject    string        // 主题: 1 to 25 characters
	Note       string        // 备注: at most 300 characters
	Files      []Upload      // 1 to 5 files of at most 10 MiB: PDF, PNG, JPEG
	Signers    []Signer      // 1 to 50
	CopyTo     []CopyTo      // at most 20
	Ordered    bool          // 顺序签署: each signs after the previous one
	AllowExtra bool          // 追加印章: signers may add boxes of their own
	Deadline   time.Time     // nobody can agree after it; at most 366 days after the send; zero is that
	Reading    time.Duration // how long a signer must have the documents open before they can agree (强制阅读), at most 10 minutes
	Methods    Methods       // how signers may show their will (意愿认证方式), if Signer sets none; zero is ByCode
	Marks      Marks         // watermark and QR code

	// Source is the calling system (业务系统, M58). Zero is [billing.Portal].
	Source billing.Source
}

// CreateDraft checks and stores a draft (保存至草稿, M65). The files are read and stored
// first. If the draft is refused, only content that no record names remains; a sweep
// removes it.
func (s *Service) CreateDraft(ctx context.Context, actor org.Actor, d NewDraft) (*Envelope, error) {
	e := s.newDraft(actor)
	if err := s.fillDraft(ctx, &e, d); err != nil {
		return nil, err
	}
	return s.insertDraft(ctx, e, nil)
}

// newDraft returns an empty draft, which is not stored yet.
func (s *Service) newDraft(actor org.Actor) record {
	return record{life: life{ID: ID(s.db.NewID()), Sender: actor}}
}

// insertDraft stores a new draft with the first entry of its trail. also does what else
// belongs into the same commit, and may be nil.
func (s *Service) insertDraft(ctx context.Context, e record, also func(ctx context.Context, tx *store.Tx) error) (*Envelope, error) {
	var made record
	var id string
	whole, err := digestOf(e.content)
	if err != nil {
		return nil, err
	}
	c := org.Command{Name: auditDraft, Actor: e.Sender, Right: org.ActionEnvelopeCreate, Args: []string{whole}}
	repeated, err := s.org.Carry(ctx, c, &id, func(ctx context.Context, u org.UnderWay) (err error) {
		id = string(e.ID)
		if made, err = s.keepDraft(ctx, u.Tx(), e, record{}); err != nil {
			return err
		}
		if err := envelopes.Insert(ctx, u.Tx(), made); err != nil || also == nil {
			return err
		}
		return also(ctx, u.Tx())
	})
	if err != nil {
		return nil, err
	}
	if repeated {
		return s.Get(ctx, e.Sender, ID(id))
	}
	return made.viewFor(viewer{sender: true}), nil
}

// maxSaid is how many bytes all savings of a draft have together, without files.
const maxSaid = 64 << 20

// keepDraft replaces what a draft holds, by an event.
func (s *Service) keepDraft(ctx context.Context, tx *store.Tx, e, was record) (record, error) {
	evs, err := decide(&was.life, draftCommand{ID: e.ID, Sender: e.Sender, Content: e.content}, tx.Now())
	if err != nil {
		return was, err
	}
	said, err := json.Marshal(e.content)
	if err != nil {
		return was, err
	}
	if was.Upkeep.Said += len(said); was.Upkeep.Said > maxSaid { // the trail has all of it (T28)
		return was, &FieldError{"draft", "M65", fmt.Sprintf("it was saved with more than %d MiB in all", maxSaid>>20), "草稿保存次数过多，请复制为新草稿"}
	}
	was.Upkeep.Phones, was.Upkeep.ReaderPhones = e.Upkeep.Phones, e.Upkeep.ReaderPhones
	return s.applyEvents(ctx, tx, was, e.Sender, evs)
}

// SaveDraft replaces what a draft holds. If Files is nil, the draft keeps its files, with what
// was filled in from a template; SaveDraft then returns [ErrEdited] if another call saved the draft meanwhile. Boxes
// are checked against the files that the draft then has. The agreement of a [Service.Void] is not
// edited.
func (s *Service) SaveDraft(ctx context.Context, actor org.Actor, id ID, d NewDraft) (*Envelope, error) {
	e, err := s.loadDraft(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if e.Voids != "" { // it is what Void made of it, or nothing (T38)
		return nil, &FieldError{"draft", "", "an agreement that voids an envelope is not edited", "解除协议不能修改，请重新发起解约"}
	}
	read := e.Events
	if err := s.fillDraft(ctx, &e, d); err != nil {
		return nil, err
	}
	said := e.content
	if d.Files == nil {
		said.Files = nil // as they are
	}
	whole, err := digestOf(said)
	if err != nil {
		return nil, err
	}
	var saved record
	repeated, err := s.changeDraft(ctx, actor, auditSave, []string{string(id), whole}, func(ctx context.Context, u org.UnderWay, rec store.Rec[record]) (err error) {
		if d.Files == nil && rec.V.Events != read {
			return ErrEdited // it may have other files now
		}
		if rec.V, err = s.keepDraft(ctx, u.Tx(), e, rec.V); err != nil {
			return err
		}
		saved = rec.V
		return envelopes.Update(ctx, u.Tx(), rec)
	})
	if err != nil {
		return nil, err
	}
	if repeated {
		return s.Get(ctx, actor, id)
	}
	return saved.viewFor(viewer{sender: true}), nil
}

// CopyDraft makes a new draft from one of the actor's own envelopes, in any state: with
// the same files as they were before anyone signed, and the same signers and boxes. A
// deadline is not copied. It returns [ErrGone] if one of them has closed their account.
func (s *Service) CopyDraft(ctx context.Context, actor org.Actor, id ID) (*Envelope, error) {
	e, err := s.loadOwn(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := s.newDraft(actor)
	out.content = content{From: e.From, Subject: e.Subject, Note: e.Note, Source: e.Source, AllowExtra: e.AllowExtra,
		Reading: e.Reading, Methods: e.Methods, Marks: e.Marks, Filled: e.Filled, Template: e.Template}
	for _, f := range e.Files {
		out.Files = append(out.Files, File{Name: f.Name, Uploaded: f.Uploaded, Clean: f.Clean, Head: f.Clean, Pages: f.Pages, Notes: f.Notes})
	}
	for i, p := range e.Parties {
		q := partyRecord{Kind: p.Kind, Stage: p.Stage, Group: p.Group, Silent: p.Silent, Name: p.Name, Company: p.Company, Mask: p.Mask,
			Methods: p.Methods}
		phone, err := s.phoneAgain(ctx, p.PersonID, "party", taskID(string(id), i+1), e.Upkeep.Phones[i])
		if err != nil {
			return nil, err
		}
		q.Mask = phone.Mask()
		if q.PhoneIx, err = s.encryptPhone(&out.Upkeep.Phones, "party", taskID(string(out.ID), i+1), phone); err != nil {
			return nil, err
		}
		for _, b := range p.Boxes {
			if b.visible() {
				b.Field = ""
				q.Boxes = append(q.Boxes, b)
			}
		}
		out.Parties = append(out.Parties, q)
	}
	for i, r := range e.Readers {
		phone, err := s.phoneAgain(ctx, r.PersonID, "reader", readerID(string(id), i+1), e.Upkeep.ReaderPhones[i])
		if err != nil {
			return nil, err
		}
		r.Mask, r.PersonID = phone.Mask(), ""
		if r.PhoneIx, err = s.encryptPhone(&out.Upkeep.ReaderPhones, "reader", readerID(string(out.ID), i+1), phone); err != nil {
			return nil, err
		}
		out.Readers = append(out.Readers, r)
	}
	return s.insertDraft(ctx, out, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err == nil && !slices.EqualFunc(rec.V.Files, e.Files, func(a, b File) bool { return a.Clean == b.Clean && a.Uploaded == b.Uploaded }) {
			return ErrEdited // no record names the old files any more: they may be swept
		}
		if errors.Is(err, store.ErrNotFound) {
			return ErrNotFound
		}
		return err
	})
}

// encryptPhone appends the ciphertext of a phone to those of a record, and returns its
// keyed index.
func (s *Service) encryptPhone(to *[]secret.Ciphertext, column, id string, phone secret.Text) (index string, err error) {
	encrypted, index, err := s.org.EncryptPhone("envelope", column, id, phone)
	*to = append(*to, encrypted)
	return index, err
}

// DeleteDraft removes a draft with its trail. A sent envelope is never removed.
func (s *Service) DeleteDraft(ctx context.Context, actor org.Actor, id ID) error {
	_, err := s.changeDraft(ctx, actor, auditDelete, []string{string(id)}, func(ctx context.Context, u org.UnderWay, rec store.Rec[record]) error {
		tx := u.Tx()
		for ev, err := range events.All(ctx, tx, store.Where("envelope", id), store.Asc("seq")) {
			if err != nil {
				return err
			}
			if err := events.Delete(ctx, tx, ev); err != nil {
				return err
			}
		}
		if err := envelopes.Delete(ctx, tx, rec); err != nil {
			return err
		}
		return u.Record(ctx, "envelope/"+string(id), rec.V, nil)
	})
	return err
}

// loadDraft returns one of the actor's own drafts.
func (s *Service) loadDraft(ctx context.Context, actor org.Actor, id ID) (record, error) {
	e, _, err := s.load(ctx, actor, id)
	if err != nil {
		return e, err
	}
	return e, checkDraft(&e, actor)
}

func checkDraft(e *record, actor org.Actor) error {
	switch {
	case e.Sender != actor:
		return ErrNotFound
	case e.Status != Draft:
		return &StateError{e.Status, "edit"}
	}
	return nil
}

// changeDraft carries out a sender's command on their own draft, whose id is the first
// argument. It does not call change for a command that was repeated under its key.
func (s *Service) changeDraft(ctx context.Context, actor org.Actor, name string, args []string, change func(context.Context, org.UnderWay, store.Rec[record]) error) (repeated bool, err error) {
	c := org.Command{Name: name, Actor: actor, Right: org.ActionEnvelopeCreate, Args: args}
	return s.org.Carry(ctx, c, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, err := envelopes.Get(ctx, u.Tx(), args[0])
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if err := checkDraft(&rec.V, actor); err != nil {
			return err
		}
		return change(ctx, u, rec)
	})
}

// fillDraft puts what the sender filled in into a draft. It reads and stores the files,
// so it runs outside any transaction.
func (s *Service) fillDraft(ctx context.Context, e *record, d NewDraft) error {
	st, err := s.checkSender(ctx, e.Sender)
	if err != nil {
		return err
	}
	if err := d.check(st); err != nil {
		return err
	}
	c := content{From: st.Person.Name, Subject: d.Subject, Note: d.Note, Source: sourceOf(d.Source), AllowExtra: d.AllowExtra, Files: e.Files,
		Template: e.Template, Deadline: d.Deadline.UTC().Truncate(time.Microsecond), Reading: d.Reading, Methods: d.Methods, Marks: d.Marks.clone(), Filled: e.Filled, Voids: e.Voids}
	if st.Company != nil {
		c.From = st.Company.Name
	}
	e.Upkeep.Phones, e.Upkeep.ReaderPhones = nil, nil
	for i, g := range d.Signers {
		if g.Silent != "" {
			if g, err = s.nameSilent(ctx, e.Sender, g); err != nil {
				return err
			}
		}
		p, phone, err := newParty(c.From, i, g, d.Ordered)
		if err != nil {
			return err
		}
		if p.PhoneIx, err = s.encryptPhone(&e.Upkeep.Phones, "party", taskID(string(e.ID), i+1), phone); err != nil {
			return err
		}
		c.Parties = append(c.Parties, p)
	}
	for i, g := range d.CopyTo {
		phone, err := org.ParsePhone(g.Phone)
		if err != nil {
			return err
		}
		r := readerRecord{Name: g.Name, Company: g.Company, Mask: phone.Mask(), Download: g.Download, AtSend: g.AtSend}
		if r.PhoneIx, err = s.encryptPhone(&e.Upkeep.ReaderPhones, "reader", readerID(string(e.ID), i+1), phone); err != nil {
			return err
		}
		c.Readers = append(c.Readers, r)
	}
	if d.Files != nil {
		c.Files, c.Template, c.Filled = nil, "", nil
	}
	for _, u := range d.Files {
		f, err := s.takeUpload(ctx, u)
		if err != nil {
			return err
		}
		c.Files = append(c.Files, f)
	}
	e.content = c
	return e.checkBoxes()
}

// sourceOf returns the calling system; the default is the portal.
func sourceOf(s billing.Source) billing.Source { return cmp.Or(s, billing.Portal) }

// checkSender checks that the actor may draft, early, before files are uploaded.
func (s *Service) checkSender(ctx context.Context, actor org.Actor) (st org.Standing, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err = s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate)
		return err
	})
	return st, err
}

// check applies M63, M64 and M67 to what was typed.
func (d *NewDraft) check(sender org.Standing) error {
	switch n := utf8.RuneCountInString(d.Subject); {
	case n > MaxSubject:
		return &FieldError{"subject", "M64", fmt.Sprintf("%d characters, more than %d", n, MaxSubject), "主题不能超过25个字"}
	case utf8.RuneCountInString(d.Note) > MaxNote:
		return &FieldError{"note", "M64", fmt.Sprintf("more than %d characters", MaxNote), "备注不能超过300个字"}
	case !printable(strings.ReplaceAll(d.Note, "\n", "")):
		return &FieldError{"note", "M64", "it holds control characters", "备注包含无效字符"}
	case !printable(d.Subject):
		return &FieldError{"subject", "M64", "it holds control characters", "主题包含无效字符"}
	case len(d.Files) > MaxFiles:
		return &FieldError{"files", "M63", fmt.Sprintf("%d, more than %d", len(d.Files), MaxFiles), "最多上传5个文件"}
	case len(d.Signers) > maxParties:
		return &FieldError{"signers", "M67", fmt.Sprintf("more than %d", maxParties), "签署人过多"}
	case len(d.CopyTo) > maxReaders:
		return &FieldError{"copies", "M67", fmt.Sprintf("more than %d", maxReaders), "抄送人过多"}
	case !datable(d.Deadline):
		return ErrDeadline
	case d.Reading < 0 || d.Reading > maxReading:
		return &FieldError{"reading", "M73", "at most 10 minutes", "强制阅读时间不能超过10分钟"}
	case d.Source != 0 && d.Source != billing.Portal && d.Source != billing.API:
		return &FieldError{"source", "M58", "it is unknown", "业务系统无效"}
	}
	if err := d.Methods.check("methods"); err != nil {
		return err
	}
	if err := d.Marks.check(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, g := range d.Signers {
		field := fmt.Sprintf("signer %d", i+1)
		if err := g.Methods.check(field); err != nil {
			return err
		}
		if g.Silent != "" {
			if err := g.checkSilent(field); err != nil {
				return err
			}
		} else if err := checkName(field, g.Name); err != nil {
			return err
		}
		switch {
		case g.Kind != Person && g.Kind != Company && g.Kind != Member:
			return &FieldError{field, "M67", "its kind is not set", "请选择签署方类型"}
		case g.Kind == Company && (strings.TrimSpace(g.Company) == "" || !printable(g.Company) || utf8.RuneCountInString(g.Company) > maxCompany):
			return &FieldError{field, "M67", "its company is required", "请填写企业名称"}
		case g.Kind == Member && sender.Company == nil:
			return &FieldError{field, "M67", "the sender acts for no company", "个人版不能添加企业成员"}
		case g.Kind != Company && g.Company != "":
			return &FieldError{field, "M67", "only a company has a company's name", "该签署方不能填写企业名称"}
		case g.Group < 0 || d.Ordered && g.Group != 0:
			return &FieldError{field, "M66", "an ordered draft has no groups", "顺序签署不能设置或签"}
		}
		key := g.Company + "/" + digitsOf(g.Phone)
		if g.Kind == Member {
			key = sender.Company.Name + "/" + digitsOf(g.Phone) + g.Silent
		}
		if seen[key] {
			return &FieldError{field, "M67", "it stands twice", "签署人重复"}
		}
		seen[key] = true
	}
	readers := map[string]bool{}
	for i, c := range d.CopyTo {
		field := fmt.Sprintf("copy %d", i+1)
		if err := checkName(field, c.Name); err != nil {
			return err
		}
		if utf8.RuneCountInString(c.Company) > maxCompany || !printable(c.Company) {
			return &FieldError{field, "M67", fmt.Sprintf("its company has at most %d printable characters", maxCompany), "企业名称无效"}
		}
		if key := c.Company + "/" + digitsOf(c.Phone); readers[key] || seen[key] {
			return &FieldError{field, "M67", "it stands twice", "抄送人与其他参与人重复"}
		} else {
			readers[key] = true
		}
	}
	return nil
}

// digitsOf returns a phone as it is compared, whatever its spelling; one that is none is
// refused elsewhere.
func digitsOf(phone string) string {
	number, err := org.ParsePhone(phone)
	if err != nil {
		return phone
	}
	return number.Reveal()
}

// datable reports whether a time can be written down: years 1 to 9999.
func datable(t time.Time) bool {
	return !t.Before(time.Time{}) && t.Before(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
}

// checkName checks that a person's name is valid.
func checkName(field, name string) error {
	if strings.TrimSpace(name) == "" || !printable(name) || names.Mixed(name) || utf8.RuneCountInString(name) > 50 {
		return &FieldError{field, "M67", "its name has 1 to 50 characters, of one alphabet", "请填写签署人姓名"}
	}
	return nil
}

// ready checks what Send requires of a draft.
func (e *record) ready() error {
	switch {
	case strings.TrimSpace(e.Subject) == "":
		return &FieldError{"subject", "M64", "it is required", "请填写主题"}
	case len(e.Files) == 0:
		return &FieldError{"files", "M63", "at least one is required", "请上传文件"}
	case len(e.Parties) == 0:
		return &FieldError{"signers", "M67", "at least one is required", "请添加签署人"}
	}
	return nil
}

// printable is what every text of a command is (T37).
func printable(s string) bool { return plain.Printable(s, "　") }

// newParty returns a party as the sender named it, and its phone.
func newParty(from string, i int, g Signer, ordered bool) (partyRecord, secret.Text, error) {
	phone, err := org.ParsePhone(g.Phone)
	if err != nil {
		return partyRecord{}, phone, err
	}
	p := partyRecord{Kind: g.Kind, Name: g.Name, Company: g.Company, Mask: phone.Mask(), Stage: g.Stage, Group: g.Group, Silent: g.Silent,
		Methods: g.Methods}
	if g.Kind == Member {
		p.Company = from
	}
	if ordered {
		p.Stage = i
	}
	for _, b := range g.Boxes {
		p.Boxes = append(p.Boxes, b.sized())
	}
	return p, phone, nil
}

// DefaultSigners returns who signs first unless the sender changes it (M66): the
// sender, in the block 企业内部流程 of their company, or as a person in the personal edition.
func (s *Service) DefaultSigners(ctx context.Context, actor org.Actor) ([]Signer, error) {
	out := Signer{Kind: Person}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate)
		if err != nil {
			return err
		}
		_, phone, err := s.org.Reach(ctx, tx, actor.Person)
		if err != nil {
			return err
		}
		out.Name, out.Phone = st.Person.Name, phone.Reveal()
		if st.Company != nil {
			out.Kind = Member
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []Signer{out}, nil
}
