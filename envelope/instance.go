package envelope

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/digest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Filler is the person or company that takes a role of a template.
type Filler struct {
	Name    string // empty with Silent
	Phone   string
	Company string // for a Company
	Silent  string // id of a Permission, for a Member
}

// Instance is what a template needs to make an envelope.
type Instance struct {
	// Key, 1 to 128 bytes, makes the instance happen only once, even after an
	// interruption: the same key with the same content returns the envelope that was
	// made; with other content it returns [ErrKey]. If it is empty, each call makes
	// another.
	Key      string
	Subject  string            // if empty, the template's
	Roles    map[string]Filler // every role by its name
	Values   map[string]string // fields by their names
	CopyTo   []CopyTo
	Deadline time.Time
	Source   billing.Source // zero is billing.Portal
	Send     bool           // send it at once; otherwise it stays a draft
}

// instance records which envelope a key made.
type instance struct {
	ID       string `json:"id"` // template/digest of key
	Envelope ID     `json:"envelope"`
	Digest   string `json:"digest"` // of the instance
}

var instances = store.NewTable("envelope_instance", func(i *instance) string { return i.ID })

// Instantiate makes an envelope from one of the actor's own templates.
func (s *Service) Instantiate(ctx context.Context, actor org.Actor, template string, i Instance) (*Envelope, error) {
	var t Template
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := s.getTemplate(ctx, tx, actor, template)
		t = rec.V
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.instantiate(ctx, actor, &t, i)
}

// InstantiateAll makes an envelope from each instance (批量发起), one after the other. It
// calls each with the index of the instance, from 0, and its envelope or its error. An
// error in one instance does not stop the others; a missing right of the actor, a
// failure of the store or the end of ctx does. Every instance needs a Key: the same
// call again, after a crash or with errors corrected, continues where it stopped. It
// returns how many envelopes were made, now or before.
func (s *Service) InstantiateAll(ctx context.Context, actor org.Actor, template string, all iter.Seq[Instance], each func(index int, e *Envelope, err error)) (int, error) {
	var t Template
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := s.getTemplate(ctx, tx, actor, template)
		t = rec.V
		return err
	})
	if err != nil {
		return 0, err
	}
	made, n := 0, 0
	for i := range all {
		e, err := (*Envelope)(nil), ErrKey
		if i.Key != "" {
			e, err = s.instantiate(ctx, actor, &t, i)
		}
		if _, fault := splitRefusal(err); err != nil && fault != nil {
			return made, fault
		}
		if err == nil {
			made++
		}
		if each != nil {
			each(n, e, err)
		}
		n++
	}
	return made, ctx.Err()
}

func (s *Service) instantiate(ctx context.Context, actor org.Actor, t *Template, i Instance) (*Envelope, error) {
	memory, err := i.memory(t.ID)
	if err != nil {
		return nil, err
	}
	e, err := s.findRemembered(ctx, actor, memory)
	if err != nil {
		return nil, err
	}
	if e == nil {
		if e, err = s.draftFromTemplate(ctx, actor, t, i, memory); err != nil {
			return nil, err
		}
	}
	if i.Send && e.Status == Draft {
		return s.Send(ctx, actor, e.ID)
	}
	return e, nil
}

// memory returns the row that records an instance's key.
func (i *Instance) memory(template string) (instance, error) {
	if len(i.Key) > maxKeySize {
		return instance{}, ErrKey
	}
	return instance{ID: template + "/" + digest.Hex(i.Key), Digest: digest.Hex(i.encode()...)}, nil
}

// findRemembered returns the envelope that the key made before, or nil.
func (s *Service) findRemembered(ctx context.Context, actor org.Actor, m instance) (*Envelope, error) {
	var out *Envelope
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		rec, err := instances.Get(ctx, tx, m.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if rec.V.Digest != m.Digest {
			return ErrKey
		}
		e, v, err := s.loadFor(ctx, tx, actor, rec.V.Envelope)
		out = e.V.viewFor(v)
		return err
	})
	return out, err
}

// draftFromTemplate makes and stores the draft.
func (s *Service) draftFromTemplate(ctx context.Context, actor org.Actor, t *Template, i Instance, m instance) (*Envelope, error) {
	d := NewDraft{Subject: i.Subject, Note: t.Note, CopyTo: i.CopyTo, AllowExtra: t.AllowExtra, Deadline: i.Deadline,
		Reading: t.Reading, Methods: t.Methods, Marks: t.Marks, Source: i.Source}
	if d.Subject == "" {
		d.Subject = t.Subject
	}
	for _, r := range t.Roles {
		f, ok := i.Roles[r.Name]
		if !ok {
			return nil, &FieldError{"role " + r.Name, "", "nobody takes it", "请指定签署角色：" + r.Name}
		}
		d.Signers = append(d.Signers, Signer{Kind: r.Kind, Name: f.Name, Phone: f.Phone, Company: f.Company, Silent: f.Silent,
			Stage: r.Stage, Group: r.Group, Boxes: r.Boxes, Methods: r.Methods})
	}
	if len(i.Roles) != len(t.Roles) {
		return nil, &FieldError{"roles", "", "the template has no such role", "签署角色不存在"}
	}
	filled, err := t.fill(i.Values)
	if err != nil {
		return nil, err
	}
	e := s.newDraft(actor)
	e.Files, e.Template = t.Files, t.ID
	if err := s.fillDraft(ctx, &e, d); err != nil {
		return nil, err
	}
	e.Filled = filled
	m.Envelope = e.ID
	made, err := s.insertDraft(ctx, e, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.getTemplate(ctx, tx, actor, t.ID); err != nil || i.Key == "" {
			return err // the files of a deleted template may be swept
		}
		return instances.Insert(ctx, tx, m)
	})
	if errors.Is(err, store.ErrExists) { // another call used the key at the same time
		return s.findRemembered(ctx, actor, m)
	}
	return made, err
}

// fill turns values into the texts that the documents show.
func (t *Template) fill(values map[string]string) ([]Filled, error) {
	var out []Filled
	known := 0
	for i := range t.Fields {
		f := &t.Fields[i]
		value, ok := values[f.Name]
		if ok {
			known++
		}
		text, err := f.show(value)
		if err != nil {
			return nil, err
		}
		if text != "" {
			out = append(out, Filled{f.Box, text})
		}
	}
	if known != len(values) {
		return nil, &FieldError{"values", "", fmt.Sprintf("%d values for fields that the template has not", len(values)-known), "填写项不存在"}
	}
	return out, nil
}
